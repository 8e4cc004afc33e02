"""How two cards are told while they are merged: what differs, what is chosen, and the card that comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import pairing, queries
from yifang.apps.reporting.models import Duplicate
from yifang.apps.reporting.presenting import cards, words
from yifang.apps.reporting.rules import form_of
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Line:
    """A field that differs: both answers, and whether the later card's is taken."""

    field: str
    label: str
    earlier: str
    later: str
    taken: bool


def proposed(pair: Duplicate) -> list[str]:
    """The fields proposed to be taken from the later card."""
    return [name for name, side in pairing.offered(pair).items() if side == "later"]


def chosen(pair: Duplicate, posted: Mapping[str, Any]) -> list[str]:
    """The fields for which the form says the later card's answer."""
    return [name for name in pairing.offered(pair) if posted.get(f"take-{name}") == "later"]


def opened(pair: Duplicate, viewer: Viewer) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers of both cards, identity open; leaves an access entry of each."""
    mine, theirs = (
        queries.answers(queries.version_for(card, viewer), viewer, identity=True) for card in (pair.earlier, pair.later)
    )
    return mine, theirs


def lines(mine: Mapping[str, Any], theirs: Mapping[str, Any], taken: Sequence[str]) -> list[Line]:
    """Every field that differs, in the order of the form."""
    form = form_of(load())
    return [
        Line(name, words.word(field.label), cards.said(field, mine), cards.said(field, theirs), name in taken)
        for name in pairing.differing(mine, theirs)
        if (field := form.field(name)) is not None
    ]


def result(pair: Duplicate, answers: Mapping[str, Any]) -> Sequence[cards.Section]:
    """The card that would come out, section by section."""
    return cards.sections(answers, str(pair.earlier.organisation))
