"""How two versions of a card are told side by side.

What was changed is found in the answers themselves, not in their masks: a name corrected from 张三 to 张四 is a change
even for those who see 张* twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import queries, versions
from yifang.apps.reporting.models import Card, CardVersion, Revision
from yifang.apps.reporting.presenting import cards, words
from yifang.apps.reporting.presenting.district import CLASSES
from yifang.apps.reporting.rules import form_of
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Side:
    """A field in both versions; `hidden` where both look alike only because they are masked."""

    label: str
    before: str
    after: str
    differs: bool
    hidden: bool


def sides(before: CardVersion, after: CardVersion, viewer: Viewer, *, whole: bool) -> Sequence[tuple[Any, list[Side]]]:
    """Section by section the fields that differ, or all that either version answers."""
    changed = {one.field for one in versions.diff(before, after)}
    reporter = {"report_org": str(after.card.organisation)}  # of whom the answers hold the code
    old, new = ({**queries.answers(one, viewer, identity=False), **reporter} for one in (before, after))
    form = form_of(load())
    found = []
    for title, names in _sections():
        lines = []
        for name in names:
            field = form.field(name)
            if field is None or (name not in changed if not whole else not (old.get(name) or new.get(name))):
                continue
            told = cards.said(field, old), cards.said(field, new)
            lines.append(Side(words.word(field.label), *told, name in changed, name in changed and told[0] == told[1]))
        if lines:
            found.append((title, lines))
    return found


@dataclass(frozen=True, slots=True)
class Revised:
    """A correction in a list, and what the card said before."""

    row: Revision
    before: str


def revisions(card: Card) -> list[Revised]:
    """The corrections of a card, the latest first."""
    return [
        Revised(one, " · ".join(filter(None, (
            words.disease(one.previous_disease) if one.previous_disease != card.disease else "",
            str(CLASSES.get(one.previous_class, "")) if one.previous_class != card.case_class else "",
        ))))
        for one in card.revisions.order_by("-version")
    ]  # fmt: skip


def _sections() -> list[tuple[Any, list[str]]]:
    form = form_of(load())
    made = [
        (title, [one.id for one in form.fields.values() if one.group == key])
        for key, title in cards.SECTIONS.items()
        if key != "supplement"
    ]
    return made + [(words.word(one.name), [field.id for field in one.fields]) for one in form.supplements]
