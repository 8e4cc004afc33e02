"""`yifang restore FILE`: a backup into an empty data folder and an empty database.

The keys come back with the data. What the roles may do and anything newer than the backup is brought up to date
afterwards, as at every start. When it fails, the data folder is as empty as before.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from yifang.kernel.errors import ConfigError, UserError
from yifang.node import archive, database, lock, secrets
from yifang.node.backup import DUMP, KEPT, MANIFEST, PASSPHRASE, digest, tool
from yifang.node.config import Config
from yifang.node.lifeline import PARENT
from yifang.node.postgres import Embedded

HELP = "把备份恢复到空的节点 · restore a backup into an empty node"
_COUNT = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def configure(parser: argparse.ArgumentParser) -> None:
    """The file to read."""
    parser.add_argument("file", type=Path, help="备份文件 · the backup")


def run(args: argparse.Namespace) -> int:
    """Restore and say so."""
    made = restore(args.config, args.file, os.environ.get(PASSPHRASE, ""))
    print(f"已恢复 restored: {args.file} ({made['node']}, {made['made']}) → {args.config.data}")
    return 0


def restore(config: Config, file: Path, passphrase: str = "") -> dict[str, Any]:
    """Restore `file`; returns its manifest.

    Raises UserError for a wrong file or place, ConfigError when a tool fails.
    """
    if (config.data / secrets.FILE).exists():
        place = {"zh": "数据目录", "en": "data folder"}
        raise UserError("node.restore_not_empty", place=place, what=config.data / secrets.FILE)
    secrets.make_data_folder(config.data)
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".restore-") as unpacked:
        manifest = _unpack(file, Path(unpacked), passphrase)
        with lock.held(config.data):
            try:
                for name in KEPT:
                    if (Path(unpacked) / name).exists():
                        os.replace(Path(unpacked) / name, config.data / name)
                        (config.data / name).chmod(0o600)
                _fill(config, Path(unpacked) / DUMP)
            except BaseException:
                _empty(config)
                raise
    return manifest


def _unpack(file: Path, folder: Path, passphrase: str) -> dict[str, Any]:
    try:
        source = file.open("rb")
    except OSError:
        raise UserError("node.backup_missing", path=file) from None
    with source:
        try:
            sealed = archive.is_encrypted(source)
            if sealed and not passphrase:
                raise archive.WrongPassphrase
            with tarfile.open(fileobj=archive.Decrypting(source, passphrase) if sealed else source, mode="r|") as tar:
                tar.extractall(folder, filter="data")
            manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            for name, expected in manifest["sha256"].items():
                if digest(folder / name) != expected:
                    raise archive.Damaged(f"{name} was changed")
            if not {secrets.FILE, DUMP} <= manifest["sha256"].keys():
                raise archive.Damaged(f"{secrets.FILE} or {DUMP} is missing")
        except archive.WrongPassphrase:
            raise UserError("node.backup_passphrase", path=file) from None
        except (archive.Damaged, tarfile.TarError, EOFError, ValueError, LookupError, OSError) as wrong:
            raise UserError("node.backup_damaged", path=file, reason=wrong) from None
    return manifest


def _fill(config: Config, dump: Path) -> None:
    target = database.of(config)
    target.start()
    try:
        with psycopg.connect(target.dsn("owner")) as owner:
            found = owner.execute(_COUNT).fetchone()
        if found and found[0]:
            place = {"zh": "数据库", "en": "database"}
            what = {"zh": f"{found[0]} 张表", "en": f"{found[0]} tables"}
            raise UserError("node.restore_not_empty", place=place, what=what)
        arguments = ["--no-owner", "--no-privileges", "--no-policies", "--exit-on-error", "--single-transaction"]
        params = target.params("owner")
        tool("pg_restore", [*arguments, f"--dbname={params['dbname']}", str(dump)], params)
        environment = {**os.environ, **config.environment(), "YIFANG_DB_ROLE": "owner", PARENT: str(os.getpid())}
        done = subprocess.run([sys.executable, "-m", "yifang.cli", "migrate"], env=environment)
        if done.returncode:
            raise ConfigError("node.migrate_failed", code=done.returncode)
    finally:
        target.stop()


def _empty(config: Config) -> None:
    """Take away what this restore made; it began with nothing here."""
    if not config.database_url and (config.data / secrets.FILE).exists():
        target = database.of(config)
        if isinstance(target, Embedded):
            shutil.rmtree(target.cluster, ignore_errors=True)
    for name in KEPT:
        (config.data / name).unlink(missing_ok=True)
