"""Sealing of identities: authenticated encryption with a ring of keys, and the keyed hash of the blind index.

One small interface, so that a certified module can take its place. What is sealed is bound to its `context` (which row
it belongs to): moved to another row it does not open. Not for passwords, and not for the ledger's chain.
"""

from __future__ import annotations

import hmac
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AES, SM4 = "aes-256-gcm", "sm4-gcm"
_IDS = {AES: 1, SM4: 2}
_NAMES = {number: name for name, number in _IDS.items()}
_NONCE, _TAG = 12, 16


class SealBroken(ValueError):
    """The bytes were changed, belong to another row, or their key is not in the ring."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """`ring` holds every key that may still open data (id → 32 bytes); new data is sealed with `current`."""

    ring: Mapping[str, bytes]
    current: str
    index_key: bytes
    cipher: str = AES

    @property
    def head(self) -> bytes:
        """With what begins whatever is sealed now: cipher number and key id. Other beginnings are of an earlier key."""
        key_id = self.current.encode()
        return bytes([_IDS[self.cipher], len(key_id)]) + key_id

    def seal(self, plain: bytes, context: str) -> bytes:
        """The sealed bytes: cipher number, key id, nonce, ciphertext, tag."""
        nonce = os.urandom(_NONCE)
        return self.head + nonce + _encrypt(self.cipher, self.ring[self.current], nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plain bytes. Raises SealBroken."""
        sealed = bytes(sealed)
        try:
            cipher, start = _NAMES[sealed[0]], 2 + sealed[1]
            key = self.ring[sealed[2:start].decode()]
            nonce, body = sealed[start : start + _NONCE], sealed[start + _NONCE :]
            return _decrypt(cipher, key, nonce, body, context.encode())
        except (KeyError, IndexError, UnicodeDecodeError, InvalidTag, ValueError) as error:
            raise SealBroken(f"{context}: {type(error).__name__}") from None

    def digest(self, kind: str, content: bytes) -> str:
        """The keyed hex digest of content: the same after sealing anew, and nobody without the key can try one out."""
        return hmac.new(self.index_key, f"{kind}\x1e".encode() + content, sha256).hexdigest()

    def index(self, kind: str, value: str) -> bytes:
        """The 32-byte keyed hash under which `value` is found: exact only, after width, case and blanks are folded."""
        folded = "".join(unicodedata.normalize("NFKC", value).upper().split())
        return hmac.new(self.index_key, f"{kind}\x1f{folded}".encode(), sha256).digest()


_aes = lru_cache(maxsize=16)(AESGCM)  # its set-up costs more than sealing an identity


def _encrypt(cipher: str, key: bytes, nonce: bytes, plain: bytes, context: bytes) -> bytes:
    if cipher == AES:
        return _aes(key).encrypt(nonce, plain, context)
    encryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(context)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def _decrypt(cipher: str, key: bytes, nonce: bytes, body: bytes, context: bytes) -> bytes:
    if cipher == AES:
        return _aes(key).decrypt(nonce, body, context)
    decryptor = Cipher(algorithms.SM4(key[:16]), modes.GCM(nonce, body[-_TAG:])).decryptor()
    decryptor.authenticate_additional_data(context)
    return decryptor.update(body[:-_TAG]) + decryptor.finalize()
