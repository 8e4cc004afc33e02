"""`yifang backup FILE`: the database and the keys in one file, while the node runs.

The file is encrypted when `YIFANG_BACKUP_PASSPHRASE` is set, else only 0600: it holds the keys of identities. It
appears under its name when it is whole, and never overwrites. `restore.py` reads it.
"""

import argparse
import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from yifang.kernel.errors import ConfigError, UserError
from yifang.node import archive, binaries, database, secrets
from yifang.node.config import Config

HELP = "备份数据库和密钥 · back up database and keys"
PASSPHRASE = "YIFANG_BACKUP_PASSPHRASE"
MANIFEST, DUMP = "manifest.json", "database.dump"
# files of the data folder that go with the database
KEPT = (secrets.FILE, "ledger-anchor.json", "relay-keys.json", "relay-ca.pem")


def configure(parser: argparse.ArgumentParser) -> None:
    """The file to make."""
    parser.add_argument("file", type=Path, help="备份文件 · the file to make")


def run(args: argparse.Namespace) -> int:
    """Make the backup and say where it is."""
    make(args.config, args.file, os.environ.get(PASSPHRASE, ""))
    sealed = "加密 encrypted" if os.environ.get(PASSPHRASE) else f"未加密 not encrypted ({PASSPHRASE})"
    print(f"{args.file}: {args.file.stat().st_size:,} B, {sealed}")
    return 0


def make(config: Config, file: Path, passphrase: str = "") -> None:
    """Write the backup of the node to `file`.

    Raises UserError when it exists or cannot be written, ConfigError when a tool fails.
    """
    if file.exists():
        raise UserError("node.backup_exists", path=file)
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".yifang-backup-") as folder:
            _collect(config, Path(folder))
            whole = Path(folder) / "whole"
            with open(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                _pack(Path(folder), target, passphrase)
                target.flush()
                os.fsync(target.fileno())
            os.link(whole, file)  # fails where a file of that name has appeared meanwhile
    except FileExistsError:
        raise UserError("node.backup_exists", path=file) from None
    except OSError as wrong:
        raise UserError("node.backup_folder", path=file, reason=wrong.strerror or wrong) from None


def tool(name: str, arguments: Sequence[str], params: dict[str, str]) -> None:
    """Run pg_dump or pg_restore of the embedded PostgreSQL (it serves older servers too), signed in by `params`.

    Raises ConfigError with the tool's words.
    """
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    # in the environment, for a command line is everybody's to read
    known = {names.get(key, f"PG{key.upper()}"): value for key, value in params.items()}
    done = subprocess.run(
        [binaries.embedded().program(name), *arguments], env={**os.environ, **known}, capture_output=True, text=True
    )
    if done.returncode:
        raise ConfigError("node.backup_failed", tool=name, reason=done.stderr.strip() or done.returncode)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _collect(config: Config, folder: Path) -> None:
    secrets.load(config.data)
    # files before the database: an anchor newer than the ledger would look like a ledger cut short
    for name in KEPT:
        if (config.data / name).exists():
            (folder / name).write_bytes((config.data / name).read_bytes())
    with database.running(config) as running:
        # who may do what is written again after a restore, for roles have other names in another database
        left_out = ("--no-owner", "--no-privileges", "--no-policies")
        tool("pg_dump", ["--format=custom", f"--file={folder / DUMP}", *left_out], running.params("owner"))
    manifest = {
        "format": 1,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "node": config.name,
        "sha256": {path.name: digest(path) for path in folder.iterdir()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _pack(folder: Path, target: BinaryIO, passphrase: str) -> None:
    stream = archive.Encrypting(target, passphrase) if passphrase else target
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        for name in (MANIFEST, *KEPT, DUMP):
            if (folder / name).exists():
                tar.add(folder / name, arcname=name)
    if isinstance(stream, archive.Encrypting):
        stream.close()
