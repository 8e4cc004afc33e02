"""Whether a database already has what this version of the program wants of it, so that a second start need not migrate.

The answer is a stamp in the data folder: the program's files and libraries, and which database they were brought to.
A changed file, another library, a database dropped and made again: each makes it stale. Wrongly stale costs seconds.
"""

import hashlib
import sysconfig
from pathlib import Path

import psycopg

import yifang
from yifang.node.config import Config
from yifang.node.database import Database

_MARK = """SELECT system_identifier::text || '/' || oid
FROM pg_control_system(), pg_database WHERE datname = current_database()"""


def is_fresh(config: Config, database: Database) -> bool:
    """Whether `yifang migrate` has nothing to do. The database must answer."""
    stamp = _file(config)
    return stamp.exists() and stamp.read_text() == _stamp(database) and (config.data / "static").is_dir()


def remember(config: Config, database: Database) -> None:
    """Note that everything is up to date now."""
    _file(config).write_text(_stamp(database))


def _file(config: Config) -> Path:
    return config.data / "migrated"


def _stamp(database: Database) -> str:
    digest = hashlib.sha256()
    package = Path(yifang.__file__).parent
    for path in sorted(package.rglob("*")):
        if path.suffix not in (".pyc", ".mo") and path.is_file():
            stat = path.stat()
            digest.update(f"{path.relative_to(package)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    for path in sorted(Path(sysconfig.get_paths()["purelib"]).glob("*.dist-info")):
        digest.update(f"{path.name}\n".encode())
    with psycopg.connect(database.dsn("owner")) as owner:
        mark = owner.execute(_MARK).fetchone()
    return f"{digest.hexdigest()} {mark[0] if mark else ''}"
