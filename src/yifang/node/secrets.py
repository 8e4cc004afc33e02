"""The secrets of a node: one file, 0600, in the data folder, made with random values when absent.

It holds Django's signing key, the passwords of the database roles, and the keys that protect identities: a ring of
cipher keys (new data uses `current`, old ones stay to read old data) and the key of the blind index.
Lose the file and encrypted identities are lost: `yifang backup` carries it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets as random
import tempfile
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from yifang.kernel.errors import ConfigError

FILE = "secrets.json"
DATABASE_ROLES = ("admin", "owner", "web", "jobs")


def _key() -> str:
    return base64.b64encode(random.token_bytes(32)).decode()


@dataclass(frozen=True)
class Secrets:
    """Everything a node must keep to itself. Keys are base64 of 32 bytes."""

    node: str = field(default_factory=lambda: random.token_hex(6))  # names this node's folder outside the data folder
    django: str = field(default_factory=lambda: random.token_urlsafe(50))
    passwords: dict[str, str] = field(
        default_factory=lambda: {role: random.token_urlsafe(24) for role in DATABASE_ROLES}
    )
    ciphers: dict[str, str] = field(default_factory=lambda: {"1": _key()})
    current: str = "1"
    index: str = field(default_factory=_key)

    def cipher_keys(self) -> dict[str, bytes]:
        """The ring: key id → 32 bytes."""
        return {name: base64.b64decode(key) for name, key in self.ciphers.items()}

    def index_key(self) -> bytes:
        """The 32-byte key of the blind index (HMAC)."""
        return base64.b64decode(self.index)


def load(data: Path) -> Secrets:
    """The node's secrets, made at the first call.

    Raises ConfigError when the file is open to others (with the `chmod`), damaged, or the folder cannot be written.
    """
    path = data / FILE
    try:
        if not path.exists():
            make_data_folder(data)
            _write(path, Secrets(), replace_old=False)
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise ConfigError("node.data_unusable", path=data, reason=wrong.strerror) from None
    if mode & 0o077:
        raise ConfigError("node.secrets_open", path=path, mode=oct(mode)[2:])
    try:
        read = Secrets(**json.loads(text))
        if any(len(key) != 32 for key in (*read.cipher_keys().values(), read.index_key())):
            raise ValueError("a key is not 32 bytes")
        if read.current not in read.ciphers or set(DATABASE_ROLES) - set(read.passwords):
            raise ValueError("a key or password is missing")
    except (ValueError, TypeError, AttributeError) as broken:
        raise ConfigError("node.secrets_damaged", path=path, reason=broken) from None
    return read


def latest(data: Path) -> Secrets:
    """The secrets as the file is now, the same object while it stays the same."""
    folder = str(data)  # asked for each sealed value: a path object made anew each time would cost more than the rest
    found = os.stat(f"{folder}/{FILE}")
    return _as_of(folder, found.st_ino, found.st_mtime_ns)


@lru_cache(maxsize=4)
def _as_of(folder: str, number: int, changed: int) -> Secrets:
    return load(Path(folder))


def rotate(data: Path) -> Secrets:
    """Add a cipher key and make it current; old keys stay. Running processes use it from their next look (`latest`)."""
    old = load(data)
    name = str(max(map(int, old.ciphers)) + 1)
    new = replace(old, ciphers={**old.ciphers, name: _key()}, current=name)
    _write(data / FILE, new, replace_old=True)
    return new


def make_data_folder(data: Path) -> None:
    """Make the data folder; others may pass through it (never list it) so that PostgreSQL can when root starts it."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            data.chmod(data.stat().st_mode & 0o777 | 0o011)
    except OSError as wrong:
        raise ConfigError("node.data_unusable", path=data, reason=wrong.strerror) from None


def _write(path: Path, secrets: Secrets, *, replace_old: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")  # mkstemp gives 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(secrets), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    if replace_old:
        os.replace(name, path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)  # what is sealed with a new key must never outlive it
        os.close(folder)
        return
    # two processes may start a fresh node at once: link() lets the first win, and both then read its file
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    os.unlink(name)
