"""Every event of a card and what it makes of its case: a table, and what the ledger tells the apps that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState, Case, Duplicate
from yifang.kernel import clock

pytestmark = [pytest.mark.django_db]

S = CardState


@dataclass(frozen=True)
class Event:
    """What is done to an audited card (`two`: to the later one of two of the same child), and what follows."""

    do: Callable[[apps.County, Card], None]
    cases: list[tuple[str, bool, int]]  # (disease, excluded, live cards) in the order they were made
    told: tuple[str, ...]  # of cases, in order
    two: bool = False


def _correct(**changes: Any) -> Callable[[apps.County, Card], None]:
    def do(county: apps.County, card: Card) -> None:
        by = county.viewer("epidemiologist")
        with enter(by):
            services.correct(card.id, changes, "订正", by)

    return do


def _delete(county: apps.County, card: Card) -> None:
    by = county.viewer("epidemiologist")
    with enter(by):
        services.delete(card.id, "误报", by)


def _undo(county: apps.County, card: Card) -> None:
    by = county.viewer("epidemiologist")
    with enter(by):
        services.undo_audit([card.id], by)


def _mend_entry(county: apps.County, card: Card) -> None:
    by = county.viewer("epidemiologist")
    with enter(by):
        services.correct_entry(card.id, by, national_card_id="N-777777", entered_at=clock.now(), reason="抄错")


def _merge(county: apps.County, card: Card) -> None:
    by = county.viewer("epidemiologist")
    with enter(by):
        services.merge(Duplicate.objects.get().id, by)


def _merge_and_back(county: apps.County, card: Card) -> None:
    _merge(county, card)
    apps.deliver()
    by = county.viewer("epidemiologist")
    with enter(by):
        services.unmerge(Duplicate.objects.get().id, by)


def _there_and_back(county: apps.County, card: Card) -> None:
    _correct(disease="varicella")(county, card)
    apps.deliver()
    _correct(disease="hfmd", revised_from_disease="")(county, Card.objects.get(id=card.id))


OTHER_DISEASE, OTHER_CLASS = _correct(disease="varicella"), _correct(case_class="2")
EVENTS: dict[str, Event] = {
    "another class": Event(OTHER_CLASS, [("hfmd", False, 1)], ("changed",)),
    "another disease": Event(OTHER_DISEASE, [("hfmd", True, 0), ("varicella", False, 1)], ("made", "excluded")),
    "another disease and back": Event(
        _there_and_back, [("hfmd", True, 0), ("varicella", True, 0), ("hfmd", False, 1)],
        ("made", "excluded", "made", "excluded"),
    ),
    "deleted": Event(_delete, [("hfmd", True, 0)], ("excluded",)),
    "audit undone": Event(_undo, [("hfmd", False, 1)], ("changed",)),
    "entry mended, same day": Event(_mend_entry, [("hfmd", False, 1)], ()),
    "another person": Event(
        _correct(id_no=apps.id_no(order=9)), [("hfmd", True, 0), ("hfmd", False, 1)], ("made", "excluded")
    ),
    "of two cards one deleted": Event(_delete, [("hfmd", False, 1), ("hfmd", True, 0)], ("excluded",), two=True),
    "of two cards one another disease": Event(
        OTHER_DISEASE, [("hfmd", False, 1), ("hfmd", True, 0), ("varicella", False, 1)], ("made", "excluded"), two=True
    ),
    "merged": Event(_merge, [("hfmd", False, 1), ("hfmd", True, 0)], ("joined", "excluded"), two=True),
    "merged and back": Event(
        _merge_and_back, [("hfmd", False, 1), ("hfmd", False, 1)], ("joined", "excluded", "joined", "changed"), two=True
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_a_card_and_its_case(name: str) -> None:
    event = EVENTS[name]
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    if event.two:
        # The same child, but nothing proves it: two persons and two cases for the node until somebody judges.
        other = cards.blank(county, doctor="other_hospital", **cards.ELSEWHERE)
        card = cards.brought(county, S.AUDITED, other, desk="other_hospital_desk")
    with apps.listening() as heard:
        event.do(county, card)
        apps.deliver()
    found = [
        (one.disease, one.excluded, sum(_counts(each) for each in one.cards.all()))
        for one in Case.objects.order_by("created_at", "id")
    ]
    assert found == event.cases
    told = [kind.removeprefix("reporting.case_") for kind in heard.kinds if kind.startswith("reporting.case_")]
    assert told == list(event.told)
    assert all(one.excluded is False for one in Case.objects.filter(cards__in=Card.objects.filter(state=S.AUDITED)))


def _counts(card: Card) -> bool:
    return card.state != S.DELETED and card.merged_into_id is None and card.entered_at is not None
