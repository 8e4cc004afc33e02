"""The two legal clocks: from diagnosis to entry, from entry to audit. Nothing but entry and audit stops them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import clocks, services
from yifang.apps.reporting.models import Card, CardState
from yifang.kernel import clock
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import UserError, WrongState
from yifang.knowledge import load


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("disease", "subtype", "diagnosed", "due"),
    [
        ("cholera", "", "2026-11-23T09:00", "2026-11-23T11:00"),
        ("plague", "", "2026-11-22T23:30", "2026-11-23T01:30"),  # a night
        ("sars", "", "2026-10-01T08:00", "2026-10-01T10:00"),  # a holiday
        ("hfmd", "", "2026-11-21T17:00", "2026-11-22T17:00"),  # a Saturday
        ("influenza", "", "2026-02-17T20:00", "2026-02-18T20:00"),  # 春节
        ("anthrax", "", "2026-11-23T09:00", "2026-11-24T09:00"),
        ("anthrax", "anthrax_inhalational", "2026-11-23T09:00", "2026-11-23T11:00"),  # 肺炭疽 is managed as class A
        ("afp", "", "2026-11-23T09:00", "2026-11-23T21:00"),
        ("unknown_pneumonia", "", "2026-11-23T09:00", "2026-11-23T11:00"),
    ],
)
def test_the_report_is_due(disease: str, subtype: str, diagnosed: str, due: str) -> None:
    assert clocks.report_due(load().disease(disease).for_subtype(subtype), at(diagnosed)) == at(due)


@pytest.mark.parametrize(
    ("disease", "subtype", "hours"),
    [
        ("hfmd", "", 24),
        ("cholera", "", 2),
        ("anthrax", "anthrax_inhalational", 2),
        ("anthrax", "", 24),
        ("mers", "", 2),
    ],
)
def test_the_audit_is_due(disease: str, subtype: str, hours: int) -> None:
    entered = at("2026-10-01T23:00")
    due = clocks.audit_due(load().disease(disease).for_subtype(subtype), entered, load())
    assert due == entered + timedelta(hours=hours)


@pytest.mark.django_db
def test_only_the_entry_stops_the_report_clock() -> None:
    county = apps.county()
    with clock.frozen(at("2026-11-23T10:00")):
        card = cards.brought(county, CardState.HOSPITAL_REVIEW)
        due = card.report_due_at
        assert due == at("2026-11-24T09:00")
    for moment in ("2026-11-23T20:00", "2026-11-24T08:00"):
        with clock.frozen(at(moment)):
            desk, doctor = county.viewer("hospital_desk"), county.viewer("clinician")
            with enter(desk):
                services.return_by_hospital(card.id, "查", desk)
            with enter(doctor):
                services.report(card.id, doctor)
            assert Card.objects.get(id=card.id).report_due_at == due
    with clock.frozen(at("2026-11-24T10:00")), enter(desk):
        services.approve(card.id, desk)
        assert clocks.is_late(card.report_due_at, None, clock.now())
        with pytest.raises(UserError, match="reason"):
            services.record_entry(card.id, desk, national_card_id="N-000001", entered_at=at("2026-11-24T09:01"))
        done = services.record_entry(
            card.id, desk, national_card_id="N-000001", entered_at=at("2026-11-24T09:01"), late_reason="网络故障"
        )
        assert (done.late_reason, done.audit_due_at) == ("网络故障", at("2026-11-25T09:01"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "entered", "wrong"),
    [
        ("", "2026-11-23T09:30", "number"),
        ("12345", "2026-11-23T09:30", "number"),
        ("编号123456", "2026-11-23T09:30", "number"),
        ("N-000001", None, "entry time"),
        ("N-000001", "2026-11-23T08:59", "entry time"),  # before the diagnosis
        ("N-000001", "2026-11-23T10:01", "entry time"),  # in the future
    ],
)
def test_an_entry_that_cannot_be(number: str, entered: str | None, wrong: str) -> None:
    county = apps.county()
    desk = county.viewer("hospital_desk")
    with clock.frozen(at("2026-11-23T10:00")):
        card = cards.brought(county, CardState.HOSPITAL_REVIEW)
        with enter(desk):
            services.approve(card.id, desk)
            with pytest.raises(UserError, match=wrong):
                services.record_entry(
                    card.id, desk, national_card_id=number, entered_at=at(entered) if entered else None
                )
        assert Card.objects.get(id=card.id).entered_at is None


@pytest.mark.django_db
def test_a_national_number_is_given_once_and_said_without_naming_the_other_card() -> None:
    county = apps.county()
    first = cards.brought(county, CardState.SUBMITTED)
    desk = county.viewer("hospital_desk")
    second = cards.brought(county, CardState.HOSPITAL_REVIEW, cards.blank(county, name="乙", order=7))
    with enter(desk):
        services.approve(second.id, desk)
        with pytest.raises(UserError) as taken:
            services.record_entry(
                second.id, desk, national_card_id=first.national_card_id, entered_at=clock.now(), late_reason="x"
            )
        assert taken.value.code == "reporting.entry_taken"
        again = services.record_entry(first.id, desk, national_card_id=first.national_card_id, entered_at=clock.now())
        assert again.entered_at == first.entered_at
        with pytest.raises(WrongState):
            services.record_entry(first.id, desk, national_card_id="N-999999", entered_at=clock.now())


@pytest.mark.django_db
def test_a_late_card_is_explained_afterwards_a_punctual_one_needs_nothing() -> None:
    county = apps.county()
    desk = county.viewer("hospital_desk")
    with clock.frozen(at("2026-11-23T10:00")):
        card = cards.brought(county, CardState.HOSPITAL_REVIEW)
        with enter(desk), pytest.raises(WrongState):
            services.explain_late(card.id, "忙", desk)
    with clock.frozen(at("2026-11-25T10:00")), enter(desk):
        assert services.explain_late(card.id, "系统停机", desk).late_reason == "系统停机"
