"""When a doctor may be interrupted: once an episode, when a diagnosis is saved or the visit is closed, never else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from tests.reporting.test_suspicions import code_only, hfmd, take
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Interruption, InterruptionState, Suspicion
from yifang.apps.reporting.queries import interruptions as queries
from yifang.apps.reporting.services import interruptions
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound

pytestmark = [pytest.mark.django_db]

WHO = apps.person("林小雨", apps.date(2016, 9, 1), "female")


def result(key: str, visit: str = "V1", days: int = 0, value: str = "阳性", **more):
    """A laboratory report of a visit, without a diagnosis."""
    at = clock.now() + timedelta(days=days, hours=-1)
    results = (apps.result("甲型流感病毒抗原", value, at=at),)
    one = apps.record(key, kind="lab_report", who=WHO, at=at, results=results, **more)
    return replace(one, encounter=replace(one.encounter, id=visit))


def visit(key: str = "V1", *diagnoses: tuple[str, str], days: int = 0, closed: bool = False, **more):
    at = clock.now() + timedelta(days=days, hours=-1)
    one = apps.record(key, who=WHO, at=at, diagnoses=diagnoses, **more)
    end = apps.moment(clock.now()) if closed else None
    return replace(one, encounter=replace(one.encounter, end=end))


FLU = ("J10.101", "流行性感冒")
COLD = ("J06.900", "急性上呼吸道感染")
MOMENTS = {
    "a result alone": ([result("L1")], 0),
    "a visit without a diagnosis": ([result("L1"), visit(complaint="发热")], 0),
    "a diagnosis saved": ([visit("V1", FLU)], 1),
    "the result first, then any diagnosis": ([result("L1"), visit("V1", COLD)], 1),
    "the visit closed without a diagnosis": ([result("L1"), visit(closed=True)], 1),
    "a diagnosis and then the end": ([visit("V1", FLU), visit("V1", FLU, closed=True)], 1),
    "the result after the end": ([visit("V1", COLD, closed=True), result("L1")], 0),
    "a diagnosis of another visit": ([result("L1", visit="V1"), visit("V2", COLD)], 0),
    "a result of no visit": ([result("L1", visit=""), visit("V2", COLD)], 1),
    "a decoy": ([apps.preoperative_screening()], 0),
    "a diagnosis in doubt": ([visit("V1", ("J11.100", "流感?"))], 1),
    "two diseases at one moment": ([visit("V1", FLU, ("B01.900", "水痘"))], 1),
}  # fmt: skip


@pytest.mark.parametrize("case", MOMENTS)
def test_at_which_moments(case: str) -> None:
    county = apps.county()
    records, expected = MOMENTS[case]
    for one in records:
        take(county, one)
    assert Interruption.objects.count() == expected
    with enter(county.viewer("clinician")) as doctor:
        due = queries.due_for(doctor)
        assert len(due) == expected
        if expected:
            assert len(due[0].suspicions) == Suspicion.objects.count()


def test_once_an_episode_and_again_in_the_next() -> None:
    county = apps.county()
    with clock.frozen(clock.now() - timedelta(days=30)):
        take(county, visit("V1", FLU))
        doctor = county.viewer("clinician")
        with enter(doctor):
            (due,) = queries.due_for(doctor, person=Suspicion.objects.get().person_id)
            assert interruptions.shown(due.interruption.id, doctor, where="window")
            assert not interruptions.shown(due.interruption.id, doctor, where="cds"), "shown once is shown"
            assert queries.due_for(doctor) == []
    for days in range(-29, -17, 3):  # further visits and another disease within the episode
        with clock.frozen(clock.now() + timedelta(days=days)):
            take(county, visit(f"V{days}", FLU, ("B01.900", "水痘")))
    assert Suspicion.objects.filter(disease="varicella").exists()
    assert Interruption.objects.count() == 1
    take(county, visit("V9", FLU))
    assert Interruption.objects.filter(state=InterruptionState.DUE).count() == 1


def test_what_was_answered_first_interrupts_nobody() -> None:
    county = apps.county()
    take(county, visit("V1", FLU))
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.dismiss(Suspicion.objects.get().id, doctor, code="not_the_disease")
        assert queries.due_for(doctor) == []
    assert Interruption.objects.get().state == InterruptionState.PASSED
    take(county, apps.cancelled(visit("V1", FLU)))
    assert Interruption.objects.get().state == InterruptionState.PASSED


def test_the_hospitals_system_may_say_the_moment_itself() -> None:
    county = apps.county()
    take(county, result("L1"))
    doctor = county.viewer("clinician")
    with enter(doctor):
        person = Suspicion.objects.get().person_id
        (made,) = interruptions.at_moment(person, "closed", doctor, visit="V1")
        assert made.record_id is None
        assert interruptions.at_moment(person, "closed", doctor, visit="V1") == []
        assert [one.interruption.id for one in queries.due_for(doctor, person=person)] == [made.id]
    take(county, visit("V1", COLD))
    assert Interruption.objects.count() == 1


def test_who_may() -> None:
    county = apps.county()
    take(county, visit("V1", FLU))
    made = Interruption.objects.get()
    for name in ("other_department", "other_hospital"):
        viewer = county.viewer(name)
        with enter(viewer):
            assert queries.due_for(viewer) == []
            with pytest.raises(NotFound):
                interruptions.shown(made.id, viewer, where="window")
    bureau = county.viewer("bureau")
    with enter(bureau), pytest.raises(NotAllowed):
        queries.due_for(bureau)


def test_what_they_came_to() -> None:
    county = apps.county()
    people = [apps.person(order=number) for number in range(1, 5)]
    for number, who in enumerate(people):
        take(county, hfmd(f"H{number}", who=who))
    take(county, replace(code_only("A"), person=apps.person(order=9)))
    doctor, desk = county.viewer("clinician"), county.viewer("hospital_desk")
    first, second, third, *_ = Suspicion.objects.filter(disease="hfmd").order_by("found_at", "id")
    with enter(doctor):
        services.dismiss(first.id, doctor, code="past")
        for one in (second, third):
            card = services.draft_from_suspicion(one.id, doctor)
            services.report(card.id, doctor, {**cards.answers(card), **cards.MENDS})
    with enter(desk):
        said = queries.yield_of(queries.made(desk, clock.today() - timedelta(days=1), clock.today()))
    assert (said.made, said.card, said.dismissed, said.waiting) == (4, 2, 1, 1)
    assert said.share == pytest.approx(2 / 3)
