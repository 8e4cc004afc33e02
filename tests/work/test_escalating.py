"""Who is told of a late item: somebody who sits there, whatever the ladder says, or the node is loud about it."""

from datetime import date, timedelta

import pytest

from tests import apps
from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.queries import at_desk
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE
from yifang.apps.places.models import Place
from yifang.apps.work import queries
from yifang.apps.work.escalating import escalate_due, unattended
from yifang.apps.work.models import WorkItem
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

KINDS = load().work.kinds
RUNGS = [
    pytest.param(kind, urgent, rung, id=f"{kind.id}{' urgent' if urgent else ''} → {ladder[rung].to_role}")
    for kind in KINDS
    for urgent in ((False, True) if kind.urgent else (False,))
    for ladder in (kind.for_urgency(urgent)[1],)
    for rung in range(len(ladder))
]


@pytest.fixture
def county(db):
    return apps.county()


def scope_of(county, role: str) -> str:
    """Where the role of a kind finds its items."""
    return {
        "clinician": f"user:{county.users['clinician'].pk}",
        "hospital_desk": county.hospital.scope,
        "hospital_lab": county.hospital.scope,
        "infection_control": county.hospital.scope,
        "epidemiologist": f"area:{apps.DISTRICT}",
        "duty_officer": f"area:{apps.DISTRICT}",
        "grid_worker": county.places["grid"].scope,
    }[role]


def late(county, kind: str, desks: list[DeskAt], *, urgent=False, rung=0) -> WorkItem:
    """An item that has reached the rung."""
    subject = new_id()
    with apps.as_jobs():
        open_item(kind, "card", subject, desks, NODE, urgent=urgent)
    item = WorkItem.objects.get(subject=subject)
    item.rung, item.next_escalation_at = rung, clock.now() - timedelta(minutes=1)
    item.save()
    return item


def climb() -> int:
    with apps.as_jobs():
        return escalate_due(NODE)


def sits(county, name: str, role: str, **at) -> Seat:
    return Seat.objects.create(user=county.users[name], role=role, since=date(2020, 1, 1), **at)


def empty(*names: str) -> None:
    Seat.objects.filter(user__username__in=names).update(until=clock.today() - timedelta(days=1))


def test_the_roles_of_the_pack_are_the_roles_of_the_house():
    assert {(role.id, role.zh, role.en, role.sees_as or "") for role in load().work.roles} == {
        (role.key, role.zh, role.en, role.pack_role) for role in ROLES.values()
    }


@pytest.mark.parametrize(("kind", "urgent", "rung"), RUNGS)
def test_every_rung_of_the_pack_finds_somebody(county, kind, urgent, rung):
    item = late(county, kind.id, [DeskAt(scope_of(county, kind.role), kind.role)], urgent=urgent, rung=rung)
    with apps.listening() as heard:
        assert climb() == 1
    told = [desk for desk in item.desks.all() if at_desk(desk.scope, desk.role).exists()]
    to_role = kind.for_urgency(urgent)[1][rung].to_role
    assert any(desk.role == to_role or desk.escalated for desk in told)
    assert heard.kinds == ["work.escalated"]
    assert heard.entries[0].facts["told"]
    assert unattended() == 0


@pytest.mark.parametrize(
    ("kind", "at", "vacant", "told"),
    [
        # the ladder's own role where the item lies
        ("suspicion_review", ("user", "clinician"), (), []),  # a reminder: the doctor has it
        ("suspicion_review", ("dept", "clinician"), (), []),
        ("quarantine_mend", ("hospital", "hospital_desk"), (), [("node", "administrator")]),
        ("grid_visit", ("grid", "grid_worker"), (), [("area:310112", "duty_officer")]),  # no township office is seated
        # the doctor is gone: not the department, which may not see it, but the hospital's desk
        ("suspicion_review", ("user", "clinician"), ("clinician",), [("hospital", "hospital_desk")]),
        # no infection control is seated: the desk has it already, so the district
        ("card_correct", ("hospital", "hospital_desk"), (), []),
        # nobody in the district: the area above it
        ("card_audit", ("area:310112", "epidemiologist"), ("epidemiologist", "hiv_officer", "duty_officer", "bureau"),
         [("area:310100", "epidemiologist")]),
        ("signal_answer", ("area:310112", "epidemiologist"), ("duty_officer",), [("area:310112", "bureau")]),
        # nor above: those who keep the node
        ("card_audit", ("area:310112", "epidemiologist"),
         ("epidemiologist", "hiv_officer", "duty_officer", "bureau", "city_epidemiologist"),
         [("node", "administrator")]),
    ],
)  # fmt: skip
def test_who_is_told(county, kind, at, vacant, told):
    scopes = {
        "user": f"user:{county.users['clinician'].pk}",
        "dept": f"dept:{county.hospital.id}:儿科",
        "hospital": county.hospital.scope,
        "grid": county.places["grid"].scope,
    }
    item = late(county, kind, [DeskAt(scopes.get(at[0], at[0]), at[1])])
    empty(*vacant)
    climb()
    added = item.desks.filter(escalated=True).values_list("scope", "role")
    assert list(added) == [(scopes.get(scope, scope), role) for scope, role in told]


def test_without_infection_control_what_is_late_at_the_desk_goes_to_the_district(county):
    item = late(county, "card_review", [DeskAt(county.hospital.scope, "hospital_desk")], rung=1)
    empty("infection_control")
    climb()
    assert (f"area:{apps.DISTRICT}", "duty_officer") in set(item.desks.values_list("scope", "role"))


def test_a_visit_climbs_to_the_township_office_of_the_grid(county):
    office = sits(county, "stranger", "township", area_code="310112003")
    item = late(county, "grid_visit", [DeskAt(county.places["grid"].scope, "grid_worker")])
    climb()
    assert item.desks.get(escalated=True).scope == f"area:{office.area_code}"


def test_what_stands_in_a_class_climbs_to_the_schools_area(county):
    place: Place = county.places["school_class"]
    sits(county, "stranger", "class_teacher", place=place)
    item = late(county, "grid_visit", [DeskAt(place.scope, "class_teacher")])
    climb()
    assert item.desks.get(escalated=True).scope == f"area:{apps.DISTRICT}"


def test_every_administrator_of_the_node_finds_what_climbed_to_them(county):
    item = late(county, "quarantine_mend", [DeskAt(county.hospital.scope, "hospital_desk")])
    climb()
    sits(county, "stranger", "administrator")  # came later
    with enter(county.viewer("administrator")) as viewer:
        assert [one.id for one in queries.mine(viewer)] == [item.id]
        assert [seat.user for seat in queries.colleagues(item, viewer)] == [county.users["stranger"]]
    with enter(county.viewer("auditor")) as viewer:
        assert queries.mine(viewer) == []


def test_where_nobody_is_left_the_ledger_and_the_health_say_so_until_somebody_comes(county):
    item = late(county, "card_audit", [DeskAt(f"area:{apps.DISTRICT}", "epidemiologist")])
    Seat.objects.update(until=clock.today() - timedelta(days=1))
    with apps.listening() as heard:
        assert climb() == 0
        with clock.frozen(clock.now() + timedelta(hours=2)):
            assert climb() == 0
    assert heard.kinds == ["work.nobody"], "said once, not every hour"
    assert unattended() == 1
    sits(county, "stranger", "administrator")
    with clock.frozen(clock.now() + timedelta(hours=4)):
        assert climb() == 1
    assert unattended() == 0
    assert item.desks.filter(scope="node").exists()
