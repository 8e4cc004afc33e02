"""The hospital's part of a public-health event: first report in two hours, daily while grave, closed by the last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.care.giving import browser, filled
from yifang.apps.accounts.viewers import enter
from yifang.apps.care import services
from yifang.apps.care.models import Matter, MatterState
from yifang.apps.forms.services import Unfilled
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed

pytestmark = pytest.mark.django_db
AGO = timedelta(minutes=50)


def told(at=None) -> str:
    return (at or clock.now()).astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")


def do(county, name, verb, *args):
    viewer = county.viewer(name)
    with enter(viewer):
        return verb(*args, viewer)


def found(county) -> Matter:
    given = {
        "confirmed_at": told(clock.now() - AGO),
        "title": "苏河中学发热",
        "category": "infectious",
        "place": "苏河中学",
    }
    return do(county, "hospital_desk", services.open_matter, "event_report", filled(**given))


def initial(county, matter, grade, **more) -> Matter:
    given = {"at": told(), "exposed": 800, "cases": 31, "deaths": 0, "symptoms": "发热", "grade": grade,
             "measures": "隔离、消毒", **more}  # fmt: skip
    return do(county, "hospital_desk", services.take, matter.id, "initial", filled(**given))


def progress(county, matter, grade) -> Matter:
    given = {"at": told(), "cases": 40, "deaths": 0, "grade": grade, "change": "新增9例"}
    return do(county, "hospital_desk", services.take, matter.id, "progress", filled(**given))


def final(county, matter) -> Matter:
    given = {"at": told(), "conclusion": "ended", "cases": 40, "deaths": 0, "cause": "流感", "text": "已终止"}
    return do(county, "hospital_desk", services.take, matter.id, "final", filled(**given))


def waits(kind: str) -> WorkItem:
    apps.deliver()
    return WorkItem.objects.get(kind=kind, state=WorkState.OPEN)


def test_the_two_hours_run_from_when_the_event_was_found_not_from_when_it_was_typed(county):
    matter = found(county)
    item = waits("event_initial")
    assert abs(item.due_at - (clock.now() - AGO + timedelta(hours=2))) < timedelta(minutes=2)
    assert matter.waiting == ["initial"]


@pytest.mark.parametrize(("grade", "daily"), [("general", False), ("larger", False), ("major", True),
                                              ("extraordinary", True)])  # fmt: skip
def test_a_grave_event_is_reported_on_daily_until_it_is_closed(county, grade, daily):
    matter = initial(county, found(county), grade)
    apps.deliver()
    assert ("progress" in matter.waiting) == daily
    assert waits("event_received").desks.first().role == "duty_officer"
    if daily:
        first = waits("event_progress")
        assert first.due_at - first.starts_at == timedelta(hours=24)
        again = progress(county, matter, grade)
        assert "progress" in again.waiting
        assert waits("event_progress").id != first.id
        assert "progress" not in progress(county, matter, "general").waiting, "no longer grave: no longer daily"


def test_an_event_that_grows_grave_is_asked_about_daily_from_then(county):
    matter = initial(county, found(county), "general")
    assert "progress" in progress(county, matter, "major").waiting


def test_without_the_final_report_it_is_not_closed(county):
    matter = initial(county, found(county), "major")
    do(county, "duty_officer", services.take, matter.id, "received", filled(note="已知悉"))
    matter.refresh_from_db()
    assert (matter.state, "final" in matter.waiting) == (MatterState.OPEN, True)
    closed = final(county, matter)
    assert (closed.state, closed.outcome) == (MatterState.CLOSED, "ended")
    assert not WorkItem.objects.filter(subject=matter.id, state=WorkState.OPEN).exists()


def test_who_may_not_and_what_does_not_add_up(county):
    with pytest.raises(NotAllowed):
        do(county, "clinician", services.open_matter, "event_report", filled(title="x"))
    with pytest.raises(Unfilled):
        initial(county, found(county), "general", cases=1, deaths=2)


def test_the_page_offers_it_to_the_desk(county):
    client = browser(county, "hospital_desk")
    page = client.get("/matters/?kind=event_report").content.decode()
    assert "突发公共卫生事件报告" in page
    form = client.get("/matters/new/event_report").content.decode()
    assert "从这一刻起2小时内初次报告" in form
