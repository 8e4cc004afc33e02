"""Thresholds of units, series against their past, and strong suspicions: each raises one signal with its reasons."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation, Place
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance import counting, services
from yifang.apps.surveillance.models import SeriesDue, Signal
from yifang.apps.work.models import WorkItem
from yifang.detect import moving_percentile
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

NOON = datetime(2026, 11, 20, 4, tzinfo=clock.UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def county(db):
    with clock.frozen(NOON):
        yield apps.county()


def change(one: Case, **values) -> None:
    with apps.as_jobs():
        Case.objects.filter(id=one.id).update(**values)
        append(Change("reporting.case_changed", "case", one.id), NODE)


def school_of(county) -> Organisation:
    return Organisation.objects.filter(kind="school").first()


def watch_series() -> None:
    with apps.as_jobs():
        while services.judge_due():
            pass


def history(name: str, daily: dict[date, int], sort: str = "disease", **more) -> None:
    """Counts of days past, as a published table gives them."""
    with apps.as_jobs():
        facts = [
            counting.Fact(
                subject=new_id(), sort=sort, name=name, case_class="clinical", sex="unknown", age=-1,
                residence_area=apps.DISTRICT, report_area=apps.DISTRICT, onset_day=day, number=number, **more,
            )
            for day, number in daily.items()
        ]  # fmt: skip
        services.note(counting.count_facts(facts, [one.subject for one in facts]))


def test_so_many_cases_in_a_school_within_the_window_are_a_signal_with_its_rule(county):
    school = school_of(county)
    made = [case(county, "varicella") for _ in range(5)]
    for back, one in enumerate(made[:2]):
        change(one, school=school, onset_date=TODAY - timedelta(days=back))
    change(made[2], school=school, onset_date=TODAY - timedelta(days=20))  # long before the others
    apps.deliver()
    assert not Signal.objects.exists()
    change(made[2], onset_date=TODAY - timedelta(days=3))
    apps.deliver()
    assert Signal.objects.get().explanation["rule"] == "thresholds.cluster.cl_general"  # what holds for any disease
    for one in made[3:]:
        change(one, school=school, onset_date=TODAY - timedelta(days=4))
    apps.deliver()
    signal = Signal.objects.get()
    assert (signal.method, signal.disease, signal.unit, signal.area_code) == (
        "threshold", "varicella", school.scope, apps.DISTRICT
    )  # fmt: skip
    assert (signal.observed, signal.limit, signal.window_days) == (5, 5.0, 7)
    assert signal.explanation["rule"] == "thresholds.cluster.cl_varicella"
    assert signal.explanation["unit"]["name"] == school.name
    assert (signal.due_at - signal.raised_at) == timedelta(hours=24)
    assert signal.cases.count() == 5
    assert WorkItem.objects.filter(subject=signal.id, kind="signal_answer").exists()


def test_more_cases_join_it_and_reach_the_next_rule(county):
    school = school_of(county)
    for number in range(10):
        change(case(county, "varicella"), school=school, onset_date=TODAY - timedelta(days=number % 6))
        apps.deliver()
    signal = Signal.objects.get()
    assert (signal.observed, signal.limit) == (10, 10.0)
    assert signal.explanation["rule"] == "thresholds.event_report.er_varicella"
    assert "thresholds.cluster.cl_varicella" in signal.explanation["rules"]


def test_a_class_and_a_village_are_units_and_an_unresolved_one_is_told(county):
    school = school_of(county)
    room = Place.objects.filter(kind="class").first() or Place.objects.create(
        kind="class", code="K1", name="小一班", organisation=school, area_code=apps.DISTRICT
    )
    for _ in range(2):
        change(case(county, "hfmd"), place=room, onset_date=TODAY)
    for _ in range(3):
        change(case(county, "hfmd"), residence_area="310112001001", onset_date=TODAY - timedelta(days=2))
    change(case(county, "hfmd"), unit_unresolved=True, onset_date=TODAY)
    apps.deliver()
    found = {signal.unit: signal for signal in Signal.objects.all()}
    assert set(found) == {room.scope, "area:310112001001"}
    assert found[room.scope].explanation["rule"] == "thresholds.cluster.cl_hfmd_class"
    assert found[room.scope].explanation["unresolved"] == 1


def test_the_same_person_counts_once_and_old_cases_raise_nothing(county):
    school = school_of(county)
    made = [case(county, "measles") for _ in range(2)]
    for one in made:
        change(one, school=school, person=made[0].person, onset_date=TODAY)
    apps.deliver()
    assert not Signal.objects.exists()
    for one in [case(county, "measles") for _ in range(2)]:
        change(one, school=school, onset_date=TODAY - timedelta(days=200), entered_on=TODAY - timedelta(days=199))
    apps.deliver()
    assert not Signal.objects.exists()


def test_a_disease_above_its_season_is_a_signal_with_its_past(county):
    random = np.random.default_rng(1)
    days = [TODAY - timedelta(days=back) for back in range(8, 5 * 366 + 60)]
    history("scarlet_fever", dict(zip(days, (int(n) for n in random.poisson(0.5, len(days))), strict=True)))
    watch_series()
    assert not Signal.objects.exists()
    for _ in range(14):
        change(case(county, "scarlet_fever"), onset_date=TODAY - timedelta(days=1))
    apps.deliver()
    watch_series()
    signal = Signal.objects.get()
    assert (signal.method, signal.observed, signal.window_days) == ("moving_percentile", 14, 7)
    series = signal.explanation["series"]
    assert (series["step"], series["observed"][-1], series["upperbound"][-1]) == ("week", 14.0, signal.limit)
    with apps.as_jobs():
        counts, since = counting.daily(
            "disease", ["scarlet_fever"], apps.DISTRICT, "onset", "residence", TODAY - timedelta(days=1960), TODAY
        )
    alert = load().disease("scarlet_fever").alert
    by_hand = moving_percentile(
        np.array(counts["scarlet_fever"][-(TODAY - since).days - 1 :], dtype=float),
        freq=365.25,
        block=7,
        b=5,
        percentile=alert.percentile,
    )
    assert by_hand.alarm[-1]
    assert signal.limit == round(float(by_hand.upperbound[-1]), 3)
    assert signal.cases.count() == 14
    assert signal.explanation["fallback"] is False


def test_without_years_of_history_the_fallback_says_so(county):
    history("scarlet_fever", {TODAY - timedelta(days=back): 1 for back in range(3, 60)})
    for _ in range(9):
        change(case(county, "scarlet_fever"), onset_date=TODAY)
    apps.deliver()
    watch_series()
    signal = Signal.objects.get()
    assert (signal.method, signal.explanation["fallback"]) == ("ears_c2", True)


def test_what_was_closed_is_not_raised_again_for_the_same(county):
    history("scarlet_fever", {TODAY - timedelta(days=back): 1 for back in range(3, 60)})
    made = [case(county, "scarlet_fever") for _ in range(10)]
    for one in made[:9]:
        change(one, onset_date=TODAY)
    apps.deliver()
    watch_series()
    signal = Signal.objects.get()
    duty = county.viewer("duty_officer")
    from yifang.apps.accounts.viewers import enter

    with enter(duty):
        services.answer(signal.id, duty, "closed", conclusion="sporadic")
    change(made[0], case_class="suspected")
    apps.deliver()
    watch_series()
    assert Signal.objects.count() == 1
    change(made[9], onset_date=TODAY)
    apps.deliver()
    watch_series()
    assert Signal.objects.count() == 2  # ten are more than what was concluded upon


def test_a_syndrome_above_the_last_weeks_is_a_signal(county):
    history("ili", {TODAY - timedelta(days=back): 3 + back % 2 for back in range(1, 28)}, sort="syndrome")
    hospital = county.organisations["hospital"]
    for number in range(20):
        apps.receive(hospital, apps.record(f"F{number}", complaint="发热39℃，咳嗽2天", at=NOON - timedelta(hours=1)))
    apps.deliver()
    watch_series()
    signal = Signal.objects.get(disease="ili")
    assert (signal.sort, signal.method, signal.observed) == ("syndrome", "ears_c2", 20)
    assert signal.group == "ordinary"
    assert not SeriesDue.objects.exists()


def test_a_strong_suspicion_of_a_watched_disease_is_a_signal_before_it_is_a_case(county):
    apps.receive(county.organisations["hospital"], apps.cholera_report(at=NOON))
    apps.deliver()
    signal = Signal.objects.get(disease="cholera")
    assert (signal.method, signal.observed, signal.cases.count()) == ("single_case", 1, 0)
    assert len(signal.explanation["suspicions"]) == 1
    case(county)
    apps.deliver()
    signal = Signal.objects.get(disease="cholera")
    assert (signal.observed, signal.cases.count()) == (2, 1)


def test_a_suspicion_taken_back_leaves_its_signal(county):
    hospital = county.organisations["hospital"]
    report = apps.cholera_report(at=NOON)
    apps.receive(hospital, report)
    apps.deliver()
    apps.receive(hospital, apps.cancelled(report))
    apps.deliver()
    signal = Signal.objects.get(disease="cholera")
    assert (signal.observed, signal.explanation["suspicions"], signal.has_fallen) == (0, [], True)


def test_history_replayed_tells_when_each_rule_would_have_spoken(county):
    school = school_of(county)
    first = TODAY - timedelta(days=100)
    for back in range(6):
        at = datetime(2026, 8, 12, 1, tzinfo=clock.UTC) + timedelta(days=back)
        change(
            case(county, "varicella"), school=school, onset_date=first + timedelta(days=back), diagnosed_at=at,
            entered_on=first + timedelta(days=back),
        )  # fmt: skip
    apps.deliver()
    assert not Signal.objects.exists()  # old cases are no news
    with apps.as_jobs():
        alarms = services.replay(first - timedelta(days=30), TODAY)
        again = services.replay(first - timedelta(days=30), TODAY)
    (one,) = [alarm for alarm in alarms if alarm.method == "threshold"]
    assert (one.name, one.unit, one.first_day) == ("varicella", school.scope, first)
    assert one.raised == date(2026, 8, 14)  # with the third, by the rule for any disease
    assert alarms == again
