"""The administrative divisions of China down to township: 44,703 rows of `packs/regions.csv`, read when first asked.

Source and confidence stand in the comment lines of the file. Villages and grids are local and live in the places app.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from yifang.kernel import areas
from yifang.kernel.digest import sha256
from yifang.kernel.errors import NotFound

REGIONS_CSV = "regions.csv"
# City-level rows of the statistical code that no address names.
_PLACEHOLDERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@dataclass(frozen=True, slots=True)
class Region:
    """One division; `parent` is None for a province."""

    code: str
    name: str
    level: areas.Level
    parent: str | None


class Regions:
    """The tree of divisions. Asking costs one reading of the file (some 50 ms), once.

    `more` are files of the same form whose rows a region adds: what was founded since, or a county that is made up.
    """

    def __init__(self, path: Path, more: Sequence[Path] = ()) -> None:
        self._path, self._more = path, tuple(more)

    @cached_property
    def _bytes(self) -> bytes:
        added = []
        for path in self._more:
            lines = [line for line in path.read_bytes().splitlines() if line and not line.startswith(b"#")]
            added += [*lines[1:], b""]
        return self._path.read_bytes().rstrip(b"\n") + b"\n" + b"\n".join(added)

    @cached_property
    def digest(self) -> str:
        """SHA-256 hex of the file."""
        return sha256(self._bytes)

    @cached_property
    def _rows(self) -> dict[str, Region]:
        lines = (line for line in self._bytes.decode("utf-8").splitlines() if line and not line.startswith("#"))
        rows = csv.reader(lines)
        next(rows)  # the header
        known: dict[str, areas.Level] = {level: level for level in areas.LEVELS}
        return {code: Region(code, name, known[level], parent or None) for code, name, level, parent in rows}

    @cached_property
    def _children(self) -> dict[str | None, list[Region]]:
        tree: dict[str | None, list[Region]] = {}
        for region in self._rows.values():
            tree.setdefault(region.parent, []).append(region)
        return tree

    def __contains__(self, code: object) -> bool:
        if "_rows" in self.__dict__:
            return code in self._rows
        # Checking a handful of references must not cost the parsing of the whole file.
        return isinstance(code, str) and code.isdigit() and f"\n{code},".encode() in self._bytes

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Region]:
        return iter(self._rows.values())

    def __getitem__(self, code: str) -> Region:
        """The division of that code. Raises NotFound `knowledge.no_region`."""
        try:
            return self._rows[code]
        except KeyError:
            raise NotFound("knowledge.no_region", code=code) from None

    def get(self, code: str) -> Region | None:
        """The division of that code, None where the list has none."""
        return self._rows.get(code)

    def children(self, code: str | None = None) -> tuple[Region, ...]:
        """The divisions directly below, in code order; without a code the provinces."""
        return tuple(self._children.get(code, ()))

    def path(self, code: str) -> tuple[Region, ...]:
        """The division and each one above it, from the province down; a code below township starts at its township.

        Empty where nothing of it is known.
        """
        region = next((found for up in areas.ancestors(code) if (found := self._rows.get(up))), None)
        chain: list[Region] = []
        while region is not None:
            chain.append(region)
            region = self._rows.get(region.parent) if region.parent else None
        return tuple(reversed(chain))

    def full_name(self, code: str) -> str:
        """The names from the province down, joined: 上海市闵行区莘庄镇; empty for an unknown code."""
        return "".join(region.name for region in self.path(code) if region.name not in _PLACEHOLDERS)
