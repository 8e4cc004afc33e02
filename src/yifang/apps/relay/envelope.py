"""What goes over the wire or lies in a folder: a signed head, and for a batch a body sealed for the receiver. Pure.

    YFR1 ⟨length of the head, 4 bytes⟩ ⟨head: JSON⟩ ⟨signature: 64 bytes⟩ ⟨body⟩

The signature (Ed25519) covers head and body. The body is zlib over JSON, sealed through `kernel.sealing` (AES-256-GCM,
SM4-GCM by configuration) with a key that X25519 and HKDF-SHA256 make for this batch alone, and bound to its head. A
receiver ignores what it does not know in a head; `v` grows only when an older release could not read the rest.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yifang.apps.relay.keys import public_of
from yifang.kernel.errors import UserError
from yifang.kernel.sealing import AES, SealBroken, Sealing

VERSION = 1
MAGIC = b"YFR1"
MOST = 12 * 1024 * 1024  # bytes of one envelope
_MOST_OPENED = 128 * 1024 * 1024  # bytes that a body may unfold to
_LENGTH = struct.Struct(">I")
_SIGNATURE = 64
Head = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One that was read and whose signature is good; `body` is still sealed."""

    head: Head
    body: bytes
    signed: bytes  # the head as its bytes are


def write(head: Head, body: bytes, signer: Ed25519PrivateKey, key: str) -> bytes:
    """The envelope, signed with the key of that id."""
    written = json.dumps({**head, "v": VERSION, "signed_by": key}, ensure_ascii=False).encode()
    return _put(written, body, signer)


def seal(
    head: Head, entries: Sequence[Any], receiver: Mapping[str, str], cipher: str = AES
) -> tuple[dict[str, Any], bytes]:
    """The head that says how, and the body of a batch, for the receiver's public key."""
    once = X25519PrivateKey.generate()
    public = base64.b64encode(once.public_key().public_bytes_raw()).decode()
    head = {**head, "sealed_for": receiver["id"], "once": public, "packing": "zlib"}
    shared = once.exchange(X25519PublicKey.from_public_bytes(base64.b64decode(receiver["seal"])))
    plain = zlib.compress(json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode(), 6)
    return head, _sealing(shared, head, cipher).seal(plain, _context(head))


def open_body(envelope: Envelope, opener: X25519PrivateKey) -> list[Any]:
    """The entries. Raises UserError `relay.broken` where it was not sealed for us, or changed on the way."""
    head = envelope.head
    try:
        shared = opener.exchange(X25519PublicKey.from_public_bytes(base64.b64decode(head["once"])))
        plain = _sealing(shared, head, AES).open(envelope.body, _context(head))
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(plain, _MOST_OPENED)
        if unpacker.unconsumed_tail:
            raise ValueError("too much")
        entries = json.loads(unpacked)
        if not isinstance(entries, list):
            raise ValueError("no list")
    except (SealBroken, KeyError, TypeError, ValueError, zlib.error) as error:
        raise UserError("relay.broken", reason=type(error).__name__) from None
    return entries


def head_of(data: bytes) -> Head:
    """The head, believed by nobody yet: who it says it is from. Raises UserError `relay.broken`, `relay.newer`."""
    return _take(data)[0]


def read(data: bytes, keys: Sequence[Mapping[str, str]]) -> Envelope:
    """The envelope, its signature held against the sender's keys.

    Raises UserError `relay.broken`, `relay.newer` (a version this release cannot read), `relay.signature`.
    """
    head, written, signature, body = _take(data)
    key = next((one for one in keys if one["id"] == head.get("signed_by")), None)
    if key is None:
        raise UserError("relay.signature", sender=str(head.get("from", "?"))[:32])
    try:
        public_of(key).verify(signature, MAGIC + written + body)
    except (InvalidSignature, ValueError):
        raise UserError("relay.signature", sender=str(head.get("from", "?"))[:32]) from None
    return Envelope(head, body, written)


def _put(written: bytes, body: bytes, signer: Ed25519PrivateKey) -> bytes:
    return MAGIC + _LENGTH.pack(len(written)) + written + signer.sign(MAGIC + written + body) + body


def _take(data: bytes) -> tuple[Head, bytes, bytes, bytes]:
    if len(data) > MOST:
        raise UserError("relay.broken", reason="size")
    try:
        if data[:4] != MAGIC:
            raise ValueError("magic")
        (length,) = _LENGTH.unpack(data[4:8])
        written, rest = data[8 : 8 + length], data[8 + length :]
        head = json.loads(written)
        if not isinstance(head, dict) or len(rest) < _SIGNATURE:
            raise ValueError("head")
    except (ValueError, struct.error) as error:
        raise UserError("relay.broken", reason=str(error)[:40] if str(error) in ("magic", "head") else "head") from None
    if not isinstance(head.get("v"), int) or head["v"] > VERSION:
        raise UserError("relay.newer", version=str(head.get("v"))[:8], ours=VERSION)
    return head, written, rest[:_SIGNATURE], rest[_SIGNATURE:]


def _context(head: Head) -> str:
    return f"relay:{head['from']}:{head['to']}:{head['epoch']}:{head['number']}"


def _sealing(shared: bytes, head: Head, cipher: str) -> Sealing:
    derived = HKDF(hashes.SHA256(), 32, base64.b64decode(head["once"]), _context(head).encode()).derive(shared)
    return Sealing({"1": derived}, "1", b"", cipher)
