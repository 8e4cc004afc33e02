"""追踪复诊: a result after the report asks for a correction, which ends it; suspected for too long is listed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tests import apps
from tests.reporting import cards
from tests.reporting.test_suspicions import take
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState
from yifang.apps.reporting.queries import followups as queries
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock

pytestmark = [pytest.mark.django_db]

BOY = apps.person()


def ev(key: str, value: str = "阳性"):
    """The decisive result of hand, foot and mouth disease, after the visit."""
    return apps.record(
        key, kind="lab_report", who=BOY, results=(apps.result("EV71核酸", value),), complaint="手足皮疹,口腔疱疹",
    )  # fmt: skip


def reported(county: apps.County, state: CardState = CardState.SUBMITTED, **changes) -> Card:
    card = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.save_draft(card.id, {**cards.answers(card), **cards.MENDS, **changes}, doctor)
    return cards.brought(county, state, card)


def waiting() -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind="card_follow_up", state__in=(WorkState.OPEN, WorkState.CLAIMED)))


@pytest.mark.parametrize(("value", "asks"), [("阳性", 1), ("阴性", 0)])
def test_a_later_result_asks_for_a_correction(value: str, asks: int, county, sign_in) -> None:
    card = reported(county)
    assert card.case_class == "clinical"
    take(county, ev("L9", value))
    assert len(waiting()) == asks
    desk = county.viewer("hospital_desk")
    with enter(desk):
        assert [one.id for one in queries.to_correct(desk)] == [card.id] * asks
        assert queries.badge(desk) == asks
    page = sign_in("hospital_desk").get(reverse("reporting:followups")).content.decode()
    assert (reverse("reporting:card", args=[card.id]) in page) is bool(asks)
    take(county, ev("L10", value))
    assert len(waiting()) == asks, "asked once"


def test_a_correction_ends_it(county) -> None:
    card = reported(county)
    take(county, ev("L9"))
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.correct(card.id, {"case_class": "2"}, "病原检出", desk)
    apps.deliver()
    assert waiting() == []
    assert WorkItem.objects.get(kind="card_follow_up").outcome == "corrected"


def test_a_reason_ends_it_for_good(county, sign_in) -> None:
    card = reported(county)
    take(county, ev("L9"))
    client = sign_in("hospital_desk")
    assert client.post(reverse("reporting:followup_keep", args=[card.id]), {"reason": " "}).status_code == 400
    client.post(reverse("reporting:followup_keep", args=[card.id]), {"reason": "标本来自另一次就诊"})
    assert waiting() == []
    assert WorkItem.objects.get(kind="card_follow_up").proof == "标本来自另一次就诊"
    take(county, ev("L11"))
    assert waiting() == [], "answered once"


def test_suspected_for_too_long_is_listed(county) -> None:
    card = reported(county)
    desk = county.viewer("hospital_desk")
    Card.objects.update(case_class="suspected")
    for days, listed in ((queries.days_suspected() - 1, 0), (queries.days_suspected() + 1, 1)):
        Card.objects.update(diagnosed_at=clock.now() - timedelta(days=days))
        with enter(desk):
            assert [one.id for one in queries.long_suspected(desk)] == [card.id] * listed
    other = county.viewer("other_hospital_desk")
    with enter(other):
        assert queries.long_suspected(other) == []
