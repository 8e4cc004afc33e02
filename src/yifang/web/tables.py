"""Lists: what a table shows, and keyset pages of it.

A keyset page continues after a row's own key instead of counting rows, so page 400 costs what page 1 does and a row
that arrives meanwhile neither repeats nor hides another. Knows no database: a query hands over `size + 1` rows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from django.http import QueryDict

T = TypeVar("T")
# Numbers beside a list stop here: counting everything would cost what the keyset pages save.
MOST_COUNTED = 1000
Kind = Literal["text", "identity", "number", "date", "state", "clock", "actions"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the row a page continues from; `backwards` reads towards the beginning."""

    values: tuple[Any, ...]
    backwards: bool = False

    def token(self) -> str:
        """Opaque text for a URL; `read_cursor` reads it."""
        tagged = ["<" if self.backwards else ">", *(_tag(value) for value in self.values)]
        return base64.urlsafe_b64encode(json.dumps(tagged).encode()).decode().rstrip("=")


def _tag(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", str(value)]
    return ["", value]


_READ: Mapping[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
    "": lambda value: value,
}


def read_cursor(token: str) -> Cursor | None:
    """The cursor of a token; None for an empty or broken one, which then shows the first page."""
    if not token:
        return None
    try:
        direction, *tagged = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        values = tuple(_READ[tag](value) for tag, value in tagged)
    except (ValueError, KeyError, TypeError):
        return None
    if direction not in ("<", ">") or not all(isinstance(v, (str, int, float, date, UUID)) for v in values):
        return None
    return Cursor(values, backwards=direction == "<")


def read_place(token: str, *, instants: bool) -> Cursor | None:
    """The cursor of a list ordered by a time and an id, the time an aware instant or, without `instants`, a day.

    None for the beginning, and for a token of another list, which is no place in this one.
    """
    cursor = read_cursor(token)
    if cursor is None or len(cursor.values) != 2:
        return None
    at, id = cursor.values
    if not isinstance(at, date) or not isinstance(id, UUID) or isinstance(at, datetime) is not instants:
        return None
    return None if isinstance(at, datetime) and at.tzinfo is None else cursor


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in the order of the list, and the tokens of the pages before and after; empty where there is none."""

    rows: Sequence[T]
    before: str = ""
    after: str = ""


def page(rows: Sequence[T], size: int, key: Callable[[T], tuple[Any, ...]], cursor: Cursor | None = None) -> Page[T]:
    """Cut a page from up to `size + 1` rows.

    `rows` come in the direction of reading: a backwards query hands them nearest first, and they are turned round here.
    `key` gives the values of a row's place in the order, the same that the query compares with `cursor.values`.
    """
    backwards = cursor is not None and cursor.backwards
    more = len(rows) > size
    kept = list(rows[:size])
    if backwards:
        kept.reverse()
    if not kept:
        return Page(kept)
    has_before = more if backwards else cursor is not None
    has_after = True if backwards else more
    return Page(
        kept,
        before=Cursor(key(kept[0]), backwards=True).token() if has_before else "",
        after=Cursor(key(kept[-1])).token() if has_after else "",
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A heading. `kind` sets alignment; on a phone identity leads. A `minor` one yields to a detail open beside."""

    label: Any
    kind: Kind = "text"
    hint: Any = ""
    minor: bool = False


@dataclass(frozen=True, slots=True)
class BulkAction:
    """A button of the bar that appears when rows are picked. It posts the picked keys as `pick` to `url`.

    `target` is the id of the element that takes the answer (a preview); empty posts the whole page.
    """

    label: Any
    url: str
    icon: str = ""
    target: str = ""
    tone: Literal["", "primary", "danger"] = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """What stands where nothing is: say what would appear here, and what one can do."""

    title: Any
    text: Any = ""
    icon: str = "inbox"
    url: str = ""
    action: Any = ""


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """A row on its way to the template; `row` is the page's own object."""

    row: T
    key: str
    url: str
    changed: datetime | None
    opens_in: str


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Everything `{% datatable table %}` needs. The page's own `row_template` writes the `<td>`s of one row.

    It is handed `row` and `line`; its first cell holds `<a {% rowlink line %}>…</a>` where rows can be opened.
    `opens_in` is the id of the element beside the list that takes the detail (`detail` in a split page), empty opens a
    page; `opened` is the key of the row whose detail is shown, `picked` are keys ticked already.
    """

    id: str
    caption: Any
    columns: Sequence[Column]
    page: Page[T]
    row_template: str
    key: Callable[[T], Any]
    empty: Empty
    url: Callable[[T], str] | None = None
    changed: Callable[[T], datetime | None] | None = None
    opens_in: str = ""
    opened: str = ""
    bulk: Sequence[BulkAction] = ()
    picked: frozenset[str] = field(default_factory=frozenset)

    def lines(self) -> Iterator[Line[T]]:
        for row in self.page.rows:
            yield Line(
                row,
                str(self.key(row)),
                self.url(row) if self.url else "",
                self.changed(row) if self.changed else None,
                self.opens_in,
            )


def number(count: int) -> str:
    """A count in words. Queries count to one beyond `MOST_COUNTED` and no further: that reads 1000+."""
    return str(count) if count <= MOST_COUNTED else f"{MOST_COUNTED}+"


def with_query(query: QueryDict, **changes: str) -> str:
    """The query string with some values replaced; an empty value takes the name away. Starts with “?”."""
    copy = query.copy()
    for name, value in changes.items():
        if value:
            copy[name] = value
        else:
            copy.pop(name, None)
    return "?" + copy.urlencode()
