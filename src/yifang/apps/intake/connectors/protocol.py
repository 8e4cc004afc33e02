"""What every connector offers, and the small things that go between it and the loop.

A source yields *parts*: rows of a table (`Rows`, read by a mapping) or documents (`Document`, read as a file would
be), each in the order of a watermark. A connector keeps nothing and knows no database of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from yifang.apps.intake.connectors.settings import Settings

Level = Literal["good", "note", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source as it stands now; `kind` is coarse: text, number, date, instant, time, bool, bytes."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in the order of their watermark, which stands at place `cursor` of each."""

    header: list[str]
    rows: Sequence[tuple[Any, ...]]
    cursor: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document, the watermark at which it was found, and what it is known by; its bytes are read when it is new."""

    name: str
    at: Any
    key: str
    read: Callable[[], bytes]


Part = Rows | Sequence[Document]


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that `yifang connect test` sees; `code` names its words in `kernel.messages`, with the mend if bad."""

    level: Level
    code: str
    params: dict[str, Any] = field(default_factory=dict)


class SourceFailed(Exception):
    """The source could not be asked. `reason` says why as far as it may be shown: no password, no row's content.

    `code` is a message of `kernel.messages`: `intake.view_away` passes by itself, the others want somebody.
    """

    def __init__(self, reason: str, code: str = "intake.view_away") -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


class Source(Protocol):
    """An open source. Everything raises SourceFailed."""

    def columns(self) -> list[Column]:
        """The columns that are there now; none where the source has documents, or says its fields row by row."""

    def parts(self, since: Any, most: int | None) -> Iterator[Part]:
        """What has a watermark of `since` or later (None: everything), at most `most` rows or documents."""

    def sights(self, since: Any) -> Iterator[Sight]:
        """Server, version, how much waits since the watermark, rights, index, clock: whatever can be asked."""


class Connector(Protocol):
    """One kind of source."""

    name: str
    title: Any
    about: Any
    settings: type[Settings]
    of_the_node: frozenset[str]
    """Settings that name something on this machine: only the node's administrator sets them, by `yifang connect`."""

    def shown(self, settings: Any) -> str:
        """The source for people: kind, server and place in it; neither user nor password."""

    def opened(self, settings: Any) -> AbstractContextManager[Source]:
        """The source, for as long as it is asked."""
