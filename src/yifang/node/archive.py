"""The file of a backup: a tar, encrypted as a stream when there is a passphrase.

Encrypted it is a head (mark, salt, nonce prefix) and chunks of AES-256-GCM whose nonces carry a counter and a flag on
the last one (the STREAM construction of Hoang, Reyhanitabar, Rogaway, Vizár 2015), so that a chunk left out, moved or
cut off is found. The key comes from the passphrase by scrypt.
"""

import hashlib
import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = b"YIFANG-BACKUP-1\n"
_CHUNK = 1 << 20
_SEALED = _CHUNK + 16  # with GCM's tag


class Damaged(Exception):
    """The file is no backup, is cut off or was changed; the text says which."""


class WrongPassphrase(Exception):
    """The first chunk does not open."""


class Encrypting(io.RawIOBase):
    """A stream to write to; `close` writes the last chunk (and leaves `target` open)."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        salt, self._prefix = os.urandom(16), os.urandom(7)
        target.write(MARK + salt + self._prefix)
        self._target, self._cipher = target, AESGCM(_key(passphrase, salt))
        self._waiting, self._count = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[override, no-untyped-def]
        """Take any number of bytes; whole chunks go out, except one that may be the last."""
        self._waiting += data
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._prefix, self._count, last), chunk, MARK))
        self._count += 1


class Decrypting(io.RawIOBase):
    """A stream to read from. Raises WrongPassphrase at the first chunk, Damaged at a later one."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        head = source.read(len(MARK) + 23)
        if len(head) < len(MARK) + 23 or not head.startswith(MARK):
            raise Damaged("not an encrypted backup")
        salt, self._prefix = head[len(MARK) : -7], head[-7:]
        self._source, self._cipher = source, AESGCM(_key(passphrase, salt))
        self._open, self._count, self._ended = b"", 0, False
        self._next = source.read(_SEALED)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[override, no-untyped-def]
        while not self._open and not self._ended:
            self._advance()
        size = min(len(buffer), len(self._open))
        buffer[:size], self._open = self._open[:size], self._open[size:]
        return size

    def _advance(self) -> None:
        sealed, self._next = self._next, self._source.read(_SEALED)
        self._ended = not self._next
        try:
            self._open = self._cipher.decrypt(_nonce(self._prefix, self._count, self._ended), sealed, MARK)
        except (InvalidTag, ValueError):
            raise (WrongPassphrase() if self._count == 0 else Damaged("cut off or changed")) from None
        self._count += 1


def is_encrypted(source: BinaryIO) -> bool:
    """Whether the file is an encrypted backup; leaves the position at the start."""
    found = source.read(len(MARK)) == MARK
    source.seek(0)
    return found


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32)


def _nonce(prefix: bytes, count: int, last: bool) -> bytes:
    return prefix + count.to_bytes(4, "big") + bytes([last])
