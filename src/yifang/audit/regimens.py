"""One regimen written as several orders: a pharmacy sends a line a drug, and no line alone is a treatment.

The orders of a person within the pack's window are put together and read once more as if they were one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from yifang.formats.canonical import Record
from yifang.knowledge import Knowledge

_DAYS = 30  # where no rule of the pack says how long a regimen may be spread


def window_of(knowledge: Knowledge) -> timedelta:
    """How long the drugs of one regimen may lie apart: the longest of the pack."""
    return timedelta(days=max((rule.window_days or _DAYS for rule in knowledge.triggers.drug), default=_DAYS))


def rules_of_many(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """The drug rules that one drug alone does not meet, with the names of their drugs and of products of them."""
    products = knowledge.spellings.products
    return {
        rule.id: (*rule.names, *(one.id for one in products if set(one.parts) & set(rule.names)))
        for rule in knowledge.triggers.drug
        if rule.combination or rule.combination_min
    }


def put_together(orders: Iterable[tuple[datetime, Record]], window: timedelta) -> Iterator[Record]:
    """Orders of one person as one record each that begins with the first; an order that stands alone gives none."""
    group: list[Record] = []
    began: datetime | None = None
    for at, record in sorted(orders, key=lambda pair: (pair[0], pair[1].key)):
        if began is None or at - began > window:
            yield from _one(group)
            group, began = [], at
        group.append(record)
    yield from _one(group)


def _one(group: list[Record]) -> Iterator[Record]:
    if len(group) > 1:
        drugs = tuple(drug for record in group for drug in record.drugs)
        diagnoses = tuple(dict.fromkeys(one for record in group for one in record.diagnoses))
        yield replace(group[0], drugs=drugs, diagnoses=diagnoses)
