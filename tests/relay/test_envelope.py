"""The envelope: what a later release must still read, what nobody may read or forge, keys that change."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from yifang.apps.relay import envelope, keys
from yifang.kernel.errors import UserError
from yifang.kernel.sealing import SM4

GOLDEN = Path(__file__).parent / "golden"
HEAD = {"kind": "batch", "from": "aa", "to": "bb", "epoch": 1, "number": 7}


def _pair(id: str = "k1") -> tuple[Ed25519PrivateKey, X25519PrivateKey, dict[str, str]]:
    signer, opener = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    public = {
        "id": id,
        "sign": base64.b64encode(signer.public_key().public_bytes_raw()).decode(),
        "seal": base64.b64encode(opener.public_key().public_bytes_raw()).decode(),
    }
    return signer, opener, public


def _batch(entries, signer, receiver, **more) -> bytes:
    head, body = envelope.seal({**HEAD, **more}, entries, receiver)
    return envelope.write(head, body, signer, "k1")


def test_version_1_is_read_as_it_was_written():
    """Files of the first release: a later one that cannot read them loses what lies on a gateway's disk."""
    held = json.loads((GOLDEN / "keys.json").read_text())
    opener = X25519PrivateKey.from_private_bytes(base64.b64decode(held["opener"]))
    read = envelope.read((GOLDEN / "batch-v1.yfb").read_bytes(), [held["sender"]])
    assert (read.head["number"], read.head["entries"]) == (7, 2)
    assert envelope.open_body(read, opener) == json.loads((GOLDEN / "entries.json").read_text())
    told = envelope.read((GOLDEN / "receipt-v1.yfr").read_bytes(), [held["sender"]]).head
    assert (told["applied"], told["missing"], told["knows"]) == (6, [8], "k1")


def test_what_a_head_holds_beyond_this_release_is_passed_over():
    signer, opener, public = _pair()
    data = _batch([{"k": "card"}], signer, public, weather="fine")
    assert envelope.open_body(envelope.read(data, [public]), opener) == [{"k": "card"}]


@pytest.mark.parametrize("cipher", ["aes-256-gcm", SM4])
def test_both_ciphers_open(cipher):
    signer, opener, public = _pair()
    head, body = envelope.seal(HEAD, [1, 2], public, cipher)
    assert envelope.open_body(envelope.read(envelope.write(head, body, signer, "k1"), [public]), opener) == [1, 2]


def test_a_later_version_says_so_and_is_not_half_read():
    signer, _, public = _pair()
    data = _batch([], signer, public)
    newer = data.replace(b'"v": 1', b'"v": 9')
    with pytest.raises(UserError, match="version 9") as told:
        envelope.read(newer, [public])
    assert told.value.code == "relay.newer"


@pytest.mark.parametrize("place", [9, 60, -1, -40])
def test_a_changed_byte_is_noticed(place):
    signer, _, public = _pair()
    data = bytearray(_batch(["x"], signer, public))
    data[place] ^= 1
    with pytest.raises(UserError) as told:
        envelope.read(bytes(data), [public])
    assert told.value.code in ("relay.signature", "relay.broken")


def test_another_node_cannot_open_it_nor_a_batch_stand_for_another():
    signer, opener, public = _pair()
    _, stranger, _ = _pair("k2")
    read = envelope.read(_batch(["x"], signer, public), [public])
    with pytest.raises(UserError):
        envelope.open_body(read, stranger)
    moved = envelope.Envelope({**read.head, "number": 8}, read.body, read.signed)
    with pytest.raises(UserError):
        envelope.open_body(moved, opener)


@pytest.mark.parametrize(
    "data", [b"", b"YFR1", b"YFR1\xff\xff\xff\xff{}", b"PK\x03\x04" * 20, b"YFR1\x00\x00\x00\x02[]" + b"0" * 70]
)
def test_what_is_no_envelope_is_said_to_be_none(data):
    with pytest.raises(UserError) as told:
        envelope.read(data, [])
    assert told.value.code == "relay.broken"


def test_a_new_key_is_believed_only_under_the_signature_of_a_known_one(settings, tmp_path):
    from dataclasses import replace

    settings.YIFANG = replace(settings.YIFANG, data=tmp_path)
    old = keys.node_keys()
    known = [dict(old.newest.public)]
    new = keys.rotate()
    (announced,) = new.after(old.newest.id)
    assert keys.believed(announced, known) == dict(new.newest.public)
    assert keys.believed({**announced, "key": {**announced["key"], "seal": known[0]["seal"]}}, known) is None
    assert keys.believed({**announced, "by": "other"}, known) is None
    assert (tmp_path / keys.FILE).stat().st_mode & 0o077 == 0


def test_a_key_file_open_to_others_is_refused_with_the_mend(settings, tmp_path):
    from dataclasses import replace

    from yifang.kernel.errors import ConfigError

    settings.YIFANG = replace(settings.YIFANG, data=tmp_path)
    keys.node_keys()
    (tmp_path / keys.FILE).chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        keys._as_of(str(tmp_path / keys.FILE), 0, 0)
