"""Clocks, ladders, owners and ends of work items."""

from datetime import datetime, timedelta

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE
from yifang.apps.work import clocks, queries, services
from yifang.apps.work.escalating import escalate_due
from yifang.apps.work.models import TRANSITIONS, Desk, WorkItem, WorkState
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load
from yifang.knowledge.models.work import Clock, Rung


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CHINA)


@pytest.mark.parametrize(
    ("rule", "starts", "due"),
    [
        (Clock(hours=2), "2026-10-01 23:30", "2026-10-02 01:30"),  # a legal clock runs through night and National Day
        (Clock(hours=24), "2026-10-02 09:00", "2026-10-03 09:00"),
        (Clock(working_days=1), "2026-09-25 16:00", "2026-09-28 17:30"),  # over a week-end
        (Clock(working_days=2), "2026-11-17 08:00", "2026-11-19 17:30"),
    ],
)
def test_when_an_item_falls_due(rule, starts, due):
    if rule.working_days and not load().calendar.is_working_day(at(due).date()):
        due = clocks.due(rule, at(starts)).strftime("%Y-%m-%d 17:30")
    assert clocks.due(rule, at(starts)) == at(due)


@pytest.mark.parametrize(
    ("rung", "climbs"),
    [(0, "2026-11-20 10:00"), (1, "2026-11-20 12:00"), (2, "2026-11-21 08:00"), (3, None)],
)
def test_when_a_rung_is_climbed(rung, climbs):
    ladder = [
        Rung(after_fraction=0.5, to_role="hospital_desk"),
        Rung(after_fraction=1.0, to_role="hospital_desk"),
        Rung(after_hours=24, to_role="bureau"),
    ]
    found = clocks.escalation(ladder, rung, at("2026-11-20 08:00"), at("2026-11-20 12:00"))
    assert found == (at(climbs) if climbs else None)


NOON = at("2026-11-20 12:00")


@pytest.fixture
def county(db):
    with clock.frozen(NOON):
        yield apps.county()


def opened(county, kind="signal_answer", *, desks=None, **more) -> WorkItem:
    subject = new_id()
    desks = desks or [DeskAt(f"area:{apps.DISTRICT}", role) for role in ("epidemiologist", "duty_officer")]
    with apps.as_jobs():
        open_item(kind, "signal", subject, desks, NODE, **{"title": "霍乱", "urgent": True, **more})
    return WorkItem.objects.get(subject=subject)


def climb(hours: float) -> int:
    with clock.frozen(NOON + timedelta(hours=hours)), apps.as_jobs():
        return escalate_due(NODE)


def desks_of(item) -> set[tuple[str, str]]:
    return set(item.desks.values_list("scope", "role"))


def test_a_late_item_climbs_its_ladder_one_rung_at_a_time(county):
    item = opened(county)
    assert item.due_at == NOON + timedelta(hours=2)
    assert climb(0.5) == 0
    assert climb(1) == 1  # half the clock: the duty officer, who has a desk already
    assert desks_of(item) == {(f"area:{apps.DISTRICT}", role) for role in ("epidemiologist", "duty_officer")}
    with enter(county.viewer("bureau")) as viewer:
        assert queries.mine(viewer) == []
    assert climb(2) == 1
    with enter(county.viewer("bureau")) as viewer:
        assert [one.id for one in queries.mine(viewer)] == [item.id]
    assert climb(9) == 0  # above the last rung


@pytest.mark.parametrize(
    ("scope", "role", "hours", "expected"),
    [
        ("user", "clinician", 0.5, "hospital_desk"),
        ("dept", "clinician", 0.5, "hospital_desk"),
    ],
)
def test_a_doctors_item_climbs_to_the_desk_of_the_own_hospital(county, scope, role, hours, expected):
    scopes = {"user": f"user:{county.users['clinician'].pk}", "dept": f"dept:{county.hospital.id}:儿科"}
    item = opened(county, "suspicion_review", desks=[DeskAt(scopes[scope], role)])
    climb(hours)
    assert (county.hospital.scope, expected) in desks_of(item)


def test_what_is_late_in_a_hospital_climbs_to_the_district(county):
    item = opened(county, "card_entry", desks=[DeskAt(county.hospital.scope, "hospital_desk")])
    climb(1.6)
    climb(2.1)
    assert (f"area:{apps.DISTRICT}", "duty_officer") in desks_of(item)


def test_an_ended_item_climbs_no_more(county):
    item = opened(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.end("signal_answer", item.subject, viewer, outcome="verifying_desk")
    assert climb(9) == 0


def test_one_open_item_of_a_kind_about_a_subject(county):
    item = opened(county)
    with apps.as_jobs():
        open_item("signal_answer", "signal", item.subject, [DeskAt(f"area:{apps.DISTRICT}", "bureau")], NODE)
    assert WorkItem.objects.filter(subject=item.subject).count() == 1
    assert (f"area:{apps.DISTRICT}", "bureau") not in desks_of(item)


@pytest.mark.parametrize(
    ("asked", "changed"),
    [
        ({"due_at": NOON + timedelta(hours=1)}, ["due_at"]),
        ({"due_at": NOON + timedelta(hours=30)}, []),  # never looser
        ({"urgent": True}, ["due_at", "urgent"]),  # two hours instead of a day
        ({"urgent": True, "due_at": NOON + timedelta(hours=30)}, ["urgent"]),
        ({"title": "伤寒"}, ["title"]),
        ({"title": "霍乱"}, []),
        ({}, []),
    ],
    ids=str,
)
def test_what_is_asked_again_makes_an_open_item_stricter_and_never_looser(county, asked, changed):
    item = opened(county, urgent=False)
    assert item.due_at == NOON + timedelta(hours=24)
    before = {name: getattr(item, name) for name in ("title", "due_at", "urgent")}
    with apps.listening() as heard, apps.as_jobs():
        open_item("signal_answer", "signal", item.subject, [], NODE, **asked)
    item.refresh_from_db()
    after = {name: getattr(item, name) for name in before}
    assert [name for name in before if before[name] != after[name]] == changed
    assert item.due_at == min(NOON + timedelta(hours=24), asked.get("due_at") or item.due_at)
    assert set(item.desks.values_list("due_at", flat=True)) == {item.due_at}, "lists are ordered by the desk's deadline"
    assert heard.kinds == (["work.rescheduled"] if changed else [])
    if changed:
        assert heard.entries[0].fields == changed
        assert set(heard.entries[0].scopes) == {f"area:{apps.DISTRICT}"}


def test_an_earlier_deadline_brings_the_next_rung_forward(county):
    item = opened(county, urgent=False)
    assert item.next_escalation_at == NOON + timedelta(hours=12)
    with apps.as_jobs():
        open_item("signal_answer", "signal", item.subject, [], NODE, due_at=NOON + timedelta(hours=4))
    assert climb(2) == 1


def test_an_item_that_becomes_urgent_starts_at_the_foot_of_the_urgent_ladder(county):
    item = opened(county, urgent=False)
    climb(12)
    with clock.frozen(NOON + timedelta(hours=12)), apps.as_jobs():
        open_item("signal_answer", "signal", item.subject, [], NODE, urgent=True)
    item.refresh_from_db()
    assert (item.rung, item.next_escalation_at) == (0, NOON + timedelta(hours=13))


def test_a_viewer_who_holds_the_item_makes_it_stricter_at_every_desk(county):
    item = opened(county, urgent=False)
    with enter(county.viewer("epidemiologist")) as viewer:
        open_item("signal_answer", "signal", item.subject, [], viewer, due_at=NOON + timedelta(hours=3))
    assert set(item.desks.values_list("due_at", flat=True)) == {NOON + timedelta(hours=3)}


def test_a_viewer_may_open_an_item_at_a_desk_they_do_not_sit_at(county):
    subject = new_id()
    with enter(county.viewer("clinician")) as viewer:
        open_item("card_review", "card", subject, [DeskAt(county.hospital.scope, "hospital_desk")], viewer)
        assert not WorkItem.objects.filter(subject=subject).exists()
    with enter(county.viewer("hospital_desk")):
        assert WorkItem.objects.filter(subject=subject).exists()


def test_ending_closes_the_desks_of_other_roles_and_tells_their_pages(county):
    desks = [
        DeskAt(f"user:{county.users['clinician'].pk}", "clinician"),
        DeskAt(county.hospital.scope, "hospital_desk"),
    ]
    item = opened(county, "card_correct", desks=desks)
    with apps.listening() as heard, enter(county.viewer("clinician")) as viewer:
        assert services.end("card_correct", item.subject, viewer, outcome="resubmitted") == 1
    assert not Desk.objects.filter(item=item, open=True).exists()
    assert {desk.scope for desk in desks} == set(heard.entries[-1].scopes)
    with enter(county.viewer("hospital_desk")) as viewer:
        assert queries.badge(viewer) == 0


def test_who_is_not_at_the_desk_ends_nothing(county):
    item = opened(county)
    with enter(county.viewer("neighbour_epidemiologist")) as viewer:
        assert services.end("signal_answer", item.subject, viewer, outcome="x") == 0
    item.refresh_from_db()
    assert item.state == "open"


def test_taking_what_a_colleague_has_is_refused(county):
    desks = [DeskAt(f"dept:{county.hospital.id}:儿科", "clinician")]
    item = opened(county, "suspicion_review", desks=desks)
    with enter(county.viewer("clinician")) as viewer:
        services.claim(item.id, viewer)
    with enter(county.viewer("colleague")) as viewer:
        for refused in (services.claim, services.release):
            with pytest.raises(NotAllowed):
                refused(item.id, viewer)
        assert queries.mine(viewer) == []
        assert [one.id for one in queries.mine(viewer, whose="colleagues")] == [item.id]


def test_handing_over_keeps_the_clock_and_goes_only_to_who_sits_there(county):
    desks = [DeskAt(f"dept:{county.hospital.id}:儿科", "clinician")]
    item = opened(county, "suspicion_review", desks=desks)
    with enter(county.viewer("clinician")) as viewer:
        services.hand_over(item.id, county.users["colleague"], viewer)
    item.refresh_from_db()
    assert (item.owner, item.due_at) == (county.users["colleague"], NOON + timedelta(hours=2))
    with enter(county.viewer("colleague")) as viewer:
        for name in ("other_department", "other_hospital", "hospital_desk", "stranger"):
            with pytest.raises(UserError):
                services.hand_over(item.id, county.users[name], viewer)


def test_a_seat_that_has_ended_is_no_desk(county):
    seat = county.seats["colleague"]
    seat.until = clock.today() - timedelta(days=1)
    seat.save()
    item = opened(county, "suspicion_review", desks=[DeskAt(f"dept:{county.hospital.id}:儿科", "clinician")])
    with enter(county.viewer("clinician")) as viewer, pytest.raises(UserError):
        services.hand_over(item.id, county.users["colleague"], viewer)


@pytest.mark.parametrize("state", WorkState)
def test_claiming_follows_the_table_of_states(county, state):
    item = opened(county)
    WorkItem.objects.filter(id=item.id).update(state=state)
    with enter(county.viewer("epidemiologist")) as viewer:
        if WorkState.CLAIMED in TRANSITIONS[state]:
            assert services.claim(item.id, viewer).state == "claimed"
        else:
            with pytest.raises(WrongState):
                services.claim(item.id, viewer)


def test_an_unknown_item_is_not_found(county):
    with enter(county.viewer("epidemiologist")) as viewer, pytest.raises(NotFound):
        services.claim(new_id(), viewer)


@pytest.mark.parametrize(
    ("name", "purpose"), [("epidemiologist", True), ("duty_officer", True), ("neighbour_epidemiologist", False)]
)
def test_the_purpose_comes_from_an_open_item_at_ones_own_desk(county, name, purpose):
    item = opened(county)
    with enter(county.viewer(name)) as viewer:
        assert bool(queries.purpose_of(viewer, str(item.id))) is purpose
        assert queries.purpose_of(viewer, "not an id") is None
    with enter(county.viewer("epidemiologist")) as viewer:
        services.end("signal_answer", item.subject, viewer, outcome="x")
        assert queries.purpose_of(viewer, str(item.id)) is None


def test_an_item_at_two_desks_of_one_viewer_is_shown_and_counted_once(county):
    user = f"user:{county.users['clinician'].pk}"
    desks = [DeskAt(user, "clinician"), DeskAt(f"dept:{county.hospital.id}:儿科", "clinician")]
    item = opened(county, "suspicion_review", desks=desks)
    with enter(county.viewer("clinician")) as viewer:
        assert [one.id for one in queries.mine(viewer)] == [item.id]
        assert queries.waiting(viewer).total == queries.badge(viewer) == 1
