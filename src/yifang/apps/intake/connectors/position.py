"""How far a view was read: the last value of its cursor column, and where to begin the next time. Pure.

Who commits late has an earlier value than what was read already; so each reading begins an overlap before the last
value, and leaves out what it took then.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

Json = dict[str, str]


def dumped(value: Any) -> Json:
    """A value of a cursor column as JSON. Raises TypeError for a type that orders nothing."""
    if isinstance(value, datetime):
        return {"kind": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"kind": "date", "value": value.isoformat()}
    if isinstance(value, bool):
        raise TypeError("bool")
    if isinstance(value, int | Decimal):
        return {"kind": "number", "value": str(value)}
    if isinstance(value, str):
        return {"kind": "text", "value": value}
    raise TypeError(type(value).__name__)


def loaded(found: Json) -> Any:
    """The value again; None for none."""
    if not found:
        return None
    kind, value = found["kind"], found["value"]
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    return _number(value) if kind == "number" else value


def _number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def typed(text: str) -> Json:
    """A value as a person types it, to begin from: a number, a day or a time; anything else is a text."""
    for kind in (int, date.fromisoformat, datetime.fromisoformat):
        try:
            value = kind(text)
        except ValueError:
            continue
        # a column of times compares with a time, also where it was typed as a day
        return dumped(datetime(value.year, value.month, value.day) if type(value) is date else value)
    return dumped(text)


def reached(last: Any, now: datetime) -> Any:
    """How far a reading has come whose last row says `last`: no further than the clock of the node's zone (`now`).

    A row that is dated ahead, by a slip of the year or a clock, must not hide those that come after it.
    """
    if isinstance(last, datetime):
        return min(last, now if last.tzinfo else now.replace(tzinfo=None))
    return min(last, now.date()) if isinstance(last, date) else last


def begin(last: Any, overlap: int) -> Any:
    """Where the next reading begins: `overlap` seconds (of a day column whole days) or numbers before the last."""
    if isinstance(last, datetime):
        return last - timedelta(seconds=overlap)
    if isinstance(last, date):
        return last - timedelta(days=max(1, -(-overlap // 86400)))
    if isinstance(last, int | Decimal):
        return last - overlap
    return last


def kept(seen: dict[str, str], last: Any, overlap: int) -> dict[str, str]:
    """Of what was taken (digest of a row → its cursor's text) that which the next reading meets again."""
    if isinstance(last, str):
        return {row: value for row, value in seen.items() if value == last}
    lower, kind = begin(last, overlap), dumped(last)["kind"]
    return {row: value for row, value in seen.items() if loaded({"kind": kind, "value": value}) >= lower}
