"""Zero reports: who may order them, when units are asked, and that “none” is not said over cards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting.models import CardState, ZeroOrder, ZeroReport
from yifang.apps.reporting.queries import zero as reads
from yifang.apps.reporting.services import zero
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError, WrongState

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def ordered(county, who="epidemiologist", **more):
    today = clock.today()
    given = {
        "disease": "hfmd", "cadence": "day", "due_hours": 48, "since": today - DAY, "until": today + DAY,
        "units": [county.hospital.id, county.other_hospital.id], "reason": "暴发处置", **more,
    }  # fmt: skip
    viewer = county.viewer(who)
    with enter(viewer):
        return zero.order(viewer, **given)


def asked() -> int:
    with apps.as_jobs():
        return zero.ask_due()


def answer(county, report, who="hospital_desk", **said):
    viewer = county.viewer(who)
    with enter(viewer):
        return zero.answer(report.id, viewer, **said)


def test_each_unit_is_asked_once_for_each_period_that_is_over(county):
    ordered(county)
    assert (asked(), asked()) == (2, 0)
    report = ZeroReport.objects.get(organisation=county.hospital)
    assert report.period == clock.today() - DAY
    item = WorkItem.objects.get(subject=report.id)
    assert (item.kind, item.due_at, item.desks.get().role) == ("zero_report", report.due_at, "hospital_desk")


def test_a_week_begins_on_monday_and_is_asked_about_when_it_is_over(county):
    order = ordered(county, cadence="week", since=clock.today() - 10 * DAY, until=clock.today() + 10 * DAY)
    days = list(zero.periods(order))
    assert {one.weekday() for one in days} == {0}
    over = [one for one in days if zero.bounds(order, one)[1] <= clock.now()]
    assert asked() == 2 * len(over)


def test_none_is_none_and_ends_the_work(county):
    ordered(county)
    asked()
    report = ZeroReport.objects.get(organisation=county.hospital)
    answer(county, report, none=True)
    report.refresh_from_db()
    assert (report.number, WorkItem.objects.get(subject=report.id).state) == (0, WorkState.DONE)
    with pytest.raises(WrongState):
        answer(county, report, none=True)
    other = ZeroReport.objects.get(organisation=county.other_hospital)
    assert other.number is None
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        (kept,) = reads.orders(cdc)
        assert (kept.units, kept.asked, kept.answered, kept.in_time, kept.zero) == (2, 2, 1, 1, 1)


def test_cards_of_the_period_are_the_answer_and_zero_is_refused(county):
    ordered(county)
    asked()
    report = ZeroReport.objects.get(organisation=county.hospital)
    with pytest.raises(UserError, match="No card of your unit"):
        answer(county, report, none=False)
    at = clock.now() - DAY
    card = cards.blank(county, diagnosis_datetime=cards.local(at), onset_date=(at - 2 * DAY).date().isoformat())
    cards.brought(county, CardState.HOSPITAL_REVIEW, card)
    with pytest.raises(UserError, match="cannot report zero"):
        answer(county, report, none=True)
    assert answer(county, report, none=False).cards == [str(card.id)]


def test_a_syndrome_has_no_cards_and_takes_a_number(county):
    ordered(county, disease="", syndrome="ili")
    asked()
    report = ZeroReport.objects.get(organisation=county.hospital)
    with pytest.raises(UserError, match="number of cases"):
        answer(county, report, none=False)
    assert answer(county, report, none=False, number=7).number == 7


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"disease": "moon"}, ["subject"]), ({"syndrome": "ili"}, ["subject"]), ({"cadence": "year"}, ["cadence"]),
        ({"due_hours": 0}, ["due_hours"]), ({"units": []}, ["units"]), ({"reason": " "}, ["reason"]),
        ({"until": None}, ["until"]), ({"due_hours": 99, "reason": ""}, ["due_hours", "reason"]),
    ],
)  # fmt: skip
def test_everything_wrong_with_an_order_is_said_at_once(county, more, wrong):
    if "until" in more:
        more = {"until": clock.today() - DAY}
    with pytest.raises(UserError) as refused:
        ordered(county, **more)
    assert refused.value.params["wrong"] == wrong


def test_a_unit_of_another_county_is_not_asked_and_no_unit_answers_for_another(county):
    with pytest.raises(UserError):
        ordered(county, units=[county.residence_hospital.id])
    with pytest.raises(NotAllowed):
        ordered(county, who="hospital_desk")
    ordered(county)
    asked()
    with pytest.raises(Exception, match="no such zero report"):
        answer(county, ZeroReport.objects.get(organisation=county.other_hospital), none=True)


@pytest.mark.parametrize("disease", ["hiv_aids", "syphilis", "hepatitis_b"])
def test_a_sensitive_disease_is_refused_and_it_is_said_why(county, sign_in, disease):
    with pytest.raises(UserError, match="sensitive disease"):
        ordered(county, disease=disease)
    sent = sign_in("epidemiologist").post("/zero/new", {"subject": f"disease:{disease}", "cadence": "day"})
    assert sent.status_code == 422
    assert "不出现敏感病种" in sent.content.decode()
    assert not ZeroOrder.objects.exists()


def test_the_pages(county, sign_in):
    district, desk = sign_in("epidemiologist"), sign_in("hospital_desk")
    assert "还没有布置零报告" in district.get("/zero/").content.decode()
    assert "没有待报的零报告" in desk.get("/zero/").content.decode()
    wrong = district.post("/zero/new", {"subject": "disease:hfmd", "cadence": "day", "due_hours": "10"})
    assert wrong.status_code == 422
    assert "报告单位、布置依据" in wrong.content.decode()
    sent = {
        "subject": "disease:hfmd", "cadence": "day", "due_hours": "48", "reason": "暴发处置",
        "units": str(county.hospital.id), "since": (clock.today() - DAY).isoformat(),
        "until": clock.today().isoformat(),
    }  # fmt: skip
    assert district.post("/zero/new", sent).status_code == 302
    asked()
    order, report = ZeroOrder.objects.get(), ZeroReport.objects.get()
    assert "手足口病" in desk.get("/zero/").content.decode()
    assert desk.post(f"/zero/reports/{report.id}/answer", {"answer": "none"}).status_code == 302
    page = district.get(f"/zero/{order.id}?which=zero").content.decode()
    assert "梅陇人民医院" in page
    assert "100.0%" in district.get("/zero/").content.decode()
    assert district.post(f"/zero/{order.id}/stop").status_code == 302
    assert asked() == 0
