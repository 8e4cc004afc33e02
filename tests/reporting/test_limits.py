"""What is typed after a report only ever makes a legal limit stricter; a return stops neither clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.clock import CHINA

pytestmark = [pytest.mark.django_db]

S = CardState


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


START = at("2026-11-23T10:00")  # diagnosed 09:00, due 09:00 the next day
OPEN = (WorkState.OPEN, WorkState.CLAIMED)
CHOLERA = {"disease": "cholera", "case_class": "2", "disease_subtype": "", "acute_chronic": ""}


def due_of(card: Card, kind: str) -> datetime:
    return WorkItem.objects.get(kind=kind, subject=card.id, state__in=OPEN).due_at


@pytest.mark.parametrize("state", [S.RETURNED_BY_HOSPITAL, S.RETURNED_BY_DISTRICT])
@pytest.mark.parametrize("step", ["save", "report"])
@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({"diagnosis_datetime": "2026-11-23T09:59"}, "2026-11-24T09:00"),  # later: not looser
        ({"diagnosis_datetime": "2026-11-23T06:00"}, "2026-11-24T06:00"),  # earlier: stricter
        (CHOLERA, "2026-11-23T11:00"),  # two hours
        ({}, "2026-11-24T09:00"),
    ],
)
def test_a_returned_card_typed_anew(state: CardState, step: str, changes: dict[str, str], due: str) -> None:
    county = apps.county()
    doctor = county.viewer("clinician")
    with clock.frozen(START):
        card = cards.brought(county, S.HOSPITAL_REVIEW)
        desk, cdc = county.viewer("hospital_desk"), county.viewer("epidemiologist")
        if state == S.RETURNED_BY_HOSPITAL:
            with enter(desk):
                services.return_by_hospital(card.id, "查", desk)
        else:  # sent on, not entered yet: the report clock runs
            with enter(desk):
                services.approve(card.id, desk)
            with enter(cdc):
                services.return_by_district(card.id, "诊断不符", "", cdc)
        given = {**cards.answers(card), **changes}
        with enter(doctor):
            if step == "save":
                services.save_draft(card.id, given, doctor)
            services.report(card.id, doctor, given)
        apps.deliver()
    card = Card.objects.get()
    assert card.report_due_at == at(due)
    assert due_of(card, "card_review") == at(due)


def test_a_stricter_disease_saved_and_taken_back_leaves_the_stricter_limit_of_what_was_reported() -> None:
    county = apps.county()
    desk, doctor = county.viewer("hospital_desk"), county.viewer("clinician")
    with clock.frozen(START):
        card = cards.brought(county, S.RETURNED_BY_HOSPITAL)
        first = card.report_due_at
        with enter(doctor):
            services.report(card.id, doctor, {**cards.answers(card), **CHOLERA})
        with enter(desk):
            services.return_by_hospital(card.id, "不是霍乱", desk)
        with enter(doctor):
            again = services.report(card.id, doctor, {**cards.answers(card), "disease": "hfmd", "case_class": "1"})
    assert first is not None
    assert again.report_due_at == at("2026-11-23T11:00") < first


def test_a_draft_is_free() -> None:
    county = apps.county()
    doctor = county.viewer("clinician")
    with clock.frozen(START):
        card = cards.blank(county)
        for diagnosed in ("2026-11-23T06:00", "2026-11-23T09:30"):
            with enter(doctor):
                card, _ = services.save_draft(card.id, {"diagnosis_datetime": diagnosed}, doctor)
            assert card.report_due_at == at(diagnosed) + timedelta(hours=24)


@pytest.mark.parametrize(
    ("changes", "hours"),
    [(CHOLERA, 2), ({"case_class": "2"}, 24), ({"disease": "varicella"}, 24)],
)
def test_a_correction_before_the_audit_makes_its_limit_stricter_and_the_item_with_it(
    changes: dict[str, str], hours: int
) -> None:
    county = apps.county()
    desk = county.viewer("hospital_desk")
    with clock.frozen(START):
        card = cards.brought(county, S.SUBMITTED)
        entered = card.entered_at
        assert entered is not None
        assert due_of(card, "card_audit") == entered + timedelta(hours=24)
        with enter(desk):
            services.correct(card.id, changes, "检验结果", desk)
        apps.deliver()
    card = Card.objects.get()
    assert card.audit_due_at == entered + timedelta(hours=hours)
    assert due_of(card, "card_audit") == entered + timedelta(hours=hours)


def test_the_way_back_to_a_looser_disease_keeps_the_stricter_audit() -> None:
    county = apps.county()
    desk = county.viewer("hospital_desk")
    with clock.frozen(START):
        card = cards.brought(county, S.SUBMITTED)
        with enter(desk):
            services.correct(card.id, CHOLERA, "检验结果", desk)
            card = services.correct(card.id, {"disease": "hfmd", "case_class": "1"}, "检验更正", desk)
    assert card.entered_at is not None
    assert card.audit_due_at == card.entered_at + timedelta(hours=2)


def test_what_was_audited_keeps_the_limit_that_it_was_audited_under() -> None:
    county = apps.county()
    cdc = county.viewer("epidemiologist")
    with clock.frozen(START):
        card = cards.brought(county, S.AUDITED)
        with enter(cdc):
            assert services.correct(card.id, CHOLERA, "检验结果", cdc).audit_due_at == card.audit_due_at


def test_a_return_by_the_district_stops_neither_clock() -> None:
    county = apps.county()
    desk, doctor = county.viewer("hospital_desk"), county.viewer("clinician")
    with clock.frozen(START):
        card = cards.brought(county, S.RETURNED_BY_DISTRICT)
        limits = (card.report_due_at, card.audit_due_at)
    with clock.frozen(START + timedelta(hours=30)):
        with enter(doctor):
            services.report(card.id, doctor)
        with enter(desk):
            card = services.approve(card.id, desk)
        apps.deliver()
        assert (card.report_due_at, card.audit_due_at) == limits
        assert due_of(card, "card_audit") == card.audit_due_at
