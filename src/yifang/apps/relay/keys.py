"""The relay's own keys: one file, 0600, in the data folder: who this node is, and its rings of key pairs.

A pair is an Ed25519 key that signs and an X25519 key that batches are sealed for. `rotate` adds a pair; the newest is
announced to every peer under the signature of the one before, and used towards a peer once it has said to know it.
Old pairs stay to open what was sealed for them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets as random
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings

from yifang.kernel.digest import canonical_json
from yifang.kernel.errors import ConfigError

FILE = "relay-keys.json"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """One signing and one sealing key with their public halves; `vouched` is the announcement by the pair before."""

    id: str
    signer: Ed25519PrivateKey
    opener: X25519PrivateKey
    public: Mapping[str, str]  # id, sign, seal
    vouched: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """`node` names this node to others; `pairs` are oldest first."""

    node: str
    pairs: Sequence[Pair]

    @property
    def newest(self) -> Pair:
        return self.pairs[-1]

    def known_to(self, knows: str) -> Pair:
        """The pair to sign with for a peer that knows the key of that id: the first where it named none."""
        return next((pair for pair in self.pairs if pair.id == knows), self.pairs[0])

    def pair(self, key: str) -> Pair | None:
        return next((pair for pair in self.pairs if pair.id == key), None)

    def after(self, knows: str) -> list[Mapping[str, Any]]:
        """The announcements that a peer which knows that key lacks, in order; all where the key was lost here."""
        place = next((index for index, pair in enumerate(self.pairs) if pair.id == knows), -1)
        return [pair.vouched for pair in self.pairs[place + 1 :] if pair.vouched]


def node_keys() -> NodeKeys:
    """The keys as the file is now; made at the first call. Raises ConfigError where it is open to others or damaged."""
    path = settings.YIFANG.data / FILE
    with suppress(FileNotFoundError):
        found = os.stat(path)
        return _as_of(str(path), found.st_ino, found.st_mtime_ns)
    first = {"node": random.token_hex(8), "pairs": [_made()]}
    _write(path, first, replace=False)
    found = os.stat(path)
    return _as_of(str(path), found.st_ino, found.st_mtime_ns)


def rotate() -> NodeKeys:
    """Add a pair, vouched for by the newest one."""
    path = settings.YIFANG.data / FILE
    now = node_keys()
    held = json.loads(path.read_text(encoding="utf-8"))
    made = _made()
    public = _public(made)
    signature = now.newest.signer.sign(_announced(public, now.newest.id))
    made["vouched"] = {"key": public, "by": now.newest.id, "signature": _text(signature)}
    _write(path, {**held, "pairs": [*held["pairs"], made]}, replace=True)
    return node_keys()


def believed(announced: Mapping[str, Any], keys: Sequence[Mapping[str, str]]) -> Json | None:
    """The key of an announcement that a known key vouches for, None where it is forged or not understood."""
    try:
        key, by = dict(announced["key"]), announced["by"]
        voucher = next(one for one in keys if one["id"] == by)
        public_of(voucher).verify(base64.b64decode(announced["signature"]), _announced(key, by))
    except (KeyError, TypeError, ValueError, StopIteration, InvalidSignature):
        return None
    return key


def public_of(key: Mapping[str, str]) -> Ed25519PublicKey:
    """The signing half of a public key."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(key["sign"]))


def fingerprint(node: str, key: Mapping[str, str]) -> str:
    """What two people read to each other: 40 hex digits in groups of four, over the node's name and both keys."""
    digest = hashlib.sha256(canonical_json([node, key["id"], key["sign"], key["seal"]])).hexdigest()[:40]
    return " ".join(digest[place : place + 4] for place in range(0, 40, 4)).upper()


def _announced(key: Mapping[str, str], by: str) -> bytes:
    return b"yifang relay key\x1e" + canonical_json([by, key["id"], key["sign"], key["seal"]])


def _made() -> Json:
    return {
        "id": random.token_hex(4),
        "sign": _text(Ed25519PrivateKey.generate().private_bytes_raw()),
        "seal": _text(X25519PrivateKey.generate().private_bytes_raw()),
    }


def _public(pair: Mapping[str, Any]) -> dict[str, str]:
    signer = Ed25519PrivateKey.from_private_bytes(base64.b64decode(pair["sign"]))
    opener = X25519PrivateKey.from_private_bytes(base64.b64decode(pair["seal"]))
    return {
        "id": pair["id"],
        "sign": _text(signer.public_key().public_bytes_raw()),
        "seal": _text(opener.public_key().public_bytes_raw()),
    }


@lru_cache(maxsize=8)
def _as_of(path: str, number: int, changed: int) -> NodeKeys:
    if os.stat(path).st_mode & 0o077:
        raise ConfigError("relay.keys_open", path=path)
    try:
        held = json.loads(Path(path).read_text(encoding="utf-8"))
        pairs = [
            Pair(
                one["id"], Ed25519PrivateKey.from_private_bytes(base64.b64decode(one["sign"])),
                X25519PrivateKey.from_private_bytes(base64.b64decode(one["seal"])), _public(one), one.get("vouched"),
            )
            for one in held["pairs"]
        ]  # fmt: skip
        return NodeKeys(held["node"], pairs)
    except (ValueError, KeyError, TypeError) as broken:
        raise ConfigError("relay.keys_damaged", path=path, reason=type(broken).__name__) from None


def _write(path: Path, held: Json, *, replace: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".relay-keys-")  # mkstemp gives 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(held, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(name, path)
            return
        with suppress(FileExistsError):  # another process was first: both then read its file
            os.link(name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
