"""Reporting in good faith is never punished; who missed something is told to the hospital's own desk alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting.test_national import export, row
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, Suspicion, SuspicionState
from yifang.apps.reporting.queries import departments, desk
from yifang.kernel import clock

pytestmark = pytest.mark.django_db


def test_a_report_that_is_excluded_later_counts_against_nobody(county, entered):
    """Late or not, what turned out to be another disease stands in no list of what was done badly."""
    card = entered()
    Card.objects.filter(id=card.id).update(report_due_at=clock.now() - timedelta(days=1), late_reason="")
    reviewer, district = county.viewer("hospital_desk"), county.viewer("epidemiologist")
    with enter(reviewer):
        assert [one.id for one in desk.desk_rows(reviewer, "late")] == [card.id]
    with enter(district):
        services.delete(card.id, "排除", district)
    apps.deliver()
    with enter(reviewer):
        assert desk.desk_rows(reviewer, "late") == []
        assert desk.desk_rows(reviewer, "candidates") == []
        (line,) = departments.this_month(reviewer)
        assert (line.overdue, line.waiting) == (0, 0)


def test_who_missed_something_is_named_to_the_hospitals_own_desk_only(county, sign_in):
    """The district sees hospital and department of a card, never by whom a suspicion was left unanswered."""
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    one = Suspicion.objects.get()
    Suspicion.objects.update(due_at=clock.now() - timedelta(hours=1))
    own = sign_in("hospital_desk").get("/desk/?tab=candidates").content.decode()
    assert str(one.id) in own
    for name in ("epidemiologist", "duty_officer", "city_epidemiologist", "other_hospital_desk"):
        viewer = county.viewer(name)
        with enter(viewer):
            assert not Suspicion.objects.exists(), name  # the database itself shows them none
        for page in ("/desk/?tab=candidates", "/audit/", "/cases/"):
            told = sign_in(name).get(page).content.decode()
            assert str(one.id) not in told
            assert county.users["clinician"].display_name not in told


# -- in the national system already: silent, only tracked


@pytest.fixture
def nidris(county):
    from yifang.apps.intake.models import Feed

    with apps.as_jobs():
        return Feed.objects.create(code="nidris", name="导出", organisation=county.cdc)


def entered_there(feed, **changes: str) -> None:
    from yifang.apps.intake.services import take_bytes

    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
    said = {
        "name": "陈小宝", "id_no": f"'{apps.id_no()}", "onset_date": now[:10], "diagnosis_datetime": now,
        "entry_time": now, "county_audit_time": ".", "audit_state": "未审核卡", **changes,
    }  # fmt: skip
    with apps.as_jobs():
        take_bytes(export(row("1", **said)), f"{len(changes)}.csv", feed, NODE)
    apps.deliver()


def test_what_the_hospital_entered_nationally_is_silent_here_and_tracked(county, nidris):
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    entered_there(nidris)
    one = Suspicion.objects.get()
    assert one.state == SuspicionState.TRACKED
    reviewer = county.viewer("hospital_desk")
    with enter(reviewer):
        assert desk.desk_rows(reviewer, "to_report") == []
    entered_there(nidris, audit_state="已删除卡", delete_time=clock.now().strftime("%Y-%m-%d %H:%M"))
    one.refresh_from_db()
    assert one.state == SuspicionState.OPEN  # it is gone there: it waits for its doctor again


def test_another_hospitals_card_does_not_answer_for_this_one(county, nidris):
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    entered_there(nidris, report_org="浦江中心医院")
    assert Suspicion.objects.get().state == SuspicionState.OPEN
