"""Every case counted: by each kind of day and place, through corrections and withdrawals, and against a recount."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests import apps
from tests.surveillance import cases
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance import counting
from yifang.apps.surveillance.counting.selection import Selection, official
from yifang.apps.surveillance.models import Count, DayKind, PlaceKind
from yifang.apps.surveillance.queries import numbers
from yifang.kernel import clock

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def county(db):
    return apps.county()


def change(case: Case, **values) -> None:
    """Change a case as reporting does: the row and its ledger entry."""
    with apps.as_jobs():
        Case.objects.filter(id=case.id).update(**values)
        append(Change("reporting.case_changed", "case", case.id), NODE)


def number(county, chosen: Selection, who: str = "epidemiologist") -> int:
    viewer = county.viewer(who)
    with enter(viewer):
        return numbers.total(chosen, viewer)


def test_a_case_is_counted_by_every_day_it_has_and_both_places(county):
    made = cases.case(county, "measles", residence="310104001")
    change(made, onset_date=date(2026, 3, 1), audited_on=date(2026, 3, 9), case_class="clinical")
    apps.deliver()
    with apps.as_jobs():
        found = set(Count.objects.filter(number=1).values_list("day_kind", "place_kind", "county", "area"))
        assert counting.verify().holds
    assert ("onset", "residence", "310104", "310104001") in found
    assert ("audit", "reporting", "310112", "310112") in found
    assert {day for day, *_ in found} == {"onset", "diagnosis", "entry", "audit"}


def test_the_official_figure_counts_audited_clinical_and_confirmed_by_residence_and_audit_day(county):
    for values in (
        {"case_class": "confirmed", "audited_on": date(2026, 5, 2)},
        {"case_class": "clinical", "audited_on": date(2026, 5, 3)},
        {"case_class": "suspected", "audited_on": date(2026, 5, 3)},
        {"case_class": "confirmed", "audited_on": None},
        {"case_class": "confirmed", "audited_on": date(2026, 6, 1)},
        {"case_class": "carrier", "audited_on": date(2026, 5, 3)},
    ):
        change(cases.case(county, "measles"), onset_date=date(2026, 4, 28), **values)
    change(cases.case(county, "polio"), case_class="clinical", audited_on=date(2026, 5, 2))
    change(cases.case(county, "hiv_aids", subtype="hiv"), case_class="confirmed", audited_on=date(2026, 5, 2))
    apps.deliver()
    may = official(apps.DISTRICT, date(2026, 5, 1), date(2026, 5, 31))
    assert number(county, may) == 2
    assert number(county, replace(may, official=False)) == 4  # the clinical polio and the HIV infection too
    assert number(county, replace(may, day=DayKind.ONSET, classes=(), since=YEAR[0])) == 6


def test_a_correction_and_an_exclusion_are_followed_within_a_delivery(county):
    made = cases.case(county, "measles")
    change(made, audited_on=date(2026, 5, 2))
    apps.deliver()
    whole = official(apps.DISTRICT, *YEAR)
    assert number(county, whole) == 1
    change(made, disease="rubella", onset_date=date(2026, 4, 1))
    apps.deliver()
    assert number(county, replace(whole, names=("measles",))) == 0
    assert number(county, replace(whole, names=("rubella",))) == 1
    change(made, excluded=True)
    apps.deliver()
    assert number(county, whole) == 0
    with apps.as_jobs():
        assert counting.verify().holds
        while counting.compact() is not None:
            pass
        assert not Count.objects.exists()  # everything that was counted was taken back


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_counts_are_a_recount(county, seed):
    chance = random.Random(seed)
    made = [cases.case(county, "measles") for _ in range(6)]
    apps.deliver()
    for _ in range(40):
        one = chance.choice(made)
        change(
            one,
            disease=chance.choice(["measles", "rubella", "hfmd"]), case_class=chance.choice(["clinical", "suspected"]),
            sex=chance.choice(["male", "female"]), age_days=chance.choice([None, 10, 400, 12_000, 40_000]),
            residence_area=chance.choice(["310112001", "310112", "310104002", "441900101", "310112001001"]),
            onset_date=date(2026, 1, 1) + timedelta(days=chance.randrange(300)),
            audited_on=chance.choice([None, date(2026, 7, 7)]), excluded=chance.random() < 0.2,
            death_audited_on=chance.choice([None, None, date(2026, 8, 8)]),
        )  # fmt: skip
        if chance.random() < 0.5:
            apps.deliver()
        if chance.random() < 0.2:
            with apps.as_jobs():
                counting.compact(most=chance.randrange(1, 50))
    apps.deliver()
    with apps.as_jobs():
        found = counting.verify()
        by_hand = Counter(
            (row.disease, row.onset_date.replace(day=1)) for row in Case.objects.filter(excluded=False)
            if row.residence_area.startswith("310112")
        )  # fmt: skip
    assert found.holds
    assert found.waiting == 0
    viewer = county.viewer("epidemiologist")
    whole = Selection(apps.DISTRICT, *YEAR, day=DayKind.ONSET, official=False)
    with enter(viewer):
        seen = numbers.by_name_and_step(whole, viewer, "month")
    assert {(name, month): n for name, months in seen.items() for month, n in months.items()} == dict(by_hand)


def test_verify_names_what_was_tampered_with(county):
    cases.case(county, "measles")
    apps.deliver()
    with apps.as_jobs():
        Count.objects.filter(day_kind="onset", place_kind=PlaceKind.RESIDENCE).update(number=3)
        found = counting.verify()
    assert not found.holds
    assert [(one.counted, one.recounted) for one in found.differences] == [(3, 1)]
    assert found.differences[0].key["day_kind"] == "onset"


def test_verify_tells_of_cases_that_are_not_counted_yet(county):
    made = cases.case(county, "measles")
    with apps.as_jobs():
        assert counting.verify().waiting == 1
    apps.deliver()
    change(made, case_class="clinical")
    with apps.as_jobs():
        assert counting.verify().waiting == 1


def test_numbers_are_seen_from_where_they_are_counted(county):
    made = cases.case(county, "measles", residence="310104001")
    change(made, audited_on=date(2026, 5, 2))
    apps.deliver()
    chosen = official(apps.RESIDENCE, *YEAR)
    assert number(county, chosen, "residence_epidemiologist") == 1
    assert number(county, chosen, "epidemiologist") == 0  # another county's, by residence
    assert number(county, replace(chosen, area=apps.DISTRICT, place=PlaceKind.REPORTING)) == 1
    assert number(county, replace(chosen, area=apps.CITY), "residence_epidemiologist") == 1


def test_nobody_reads_the_counts_without_a_scope_or_counts_what_they_may_not(county):
    change(cases.case(county, "hiv_aids"), audited_on=date(2026, 5, 2))
    apps.deliver()
    viewer = county.viewer("epidemiologist")
    with enter(replace(viewer, scopes=(), count_groups=viewer.count_groups)):
        assert not Count.objects.exists()
    with enter(replace(viewer, count_groups=("ordinary",))):
        assert not Count.objects.exists()


def test_pictures_have_their_steps_areas_ages_and_sexes(county):
    for residence, sex, age in (("310112001", "male", 2000), ("310112001", "female", 30_000), ("310112", "female", 50)):
        made = cases.case(county, "measles", residence=residence)
        change(
            made, audited_on=date(2026, 5, 2), sex=sex, age_days=age, onset_date=date(2026, 4, 30),
            diagnosed_at=datetime(2026, 5, 1, 1, tzinfo=clock.CHINA),
        )  # fmt: skip
    apps.deliver()
    viewer, whole = county.viewer("epidemiologist"), official(apps.DISTRICT, *YEAR)
    with enter(viewer):
        assert numbers.by_step(whole, viewer, "week") == {date(2026, 4, 27): 3}
        assert numbers.by_step(replace(whole, day=DayKind.ONSET), viewer, "month") == {date(2026, 4, 1): 3}
        assert numbers.by_area(whole, viewer) == {"310112001": 2, "310112": 1}
        assert numbers.by_area_and_step(whole, viewer, "year")["310112001"] == {date(2026, 1, 1): 2}
        assert numbers.by_age_and_sex(whole, viewer) == {(5, "male"): 1, (80, "female"): 1, (0, "female"): 1}
        assert numbers.by_name(whole, viewer) == {"measles": 3}
        assert numbers.by_class(whole, viewer) == {"confirmed": 3}


def test_visits_are_counted_by_syndrome_and_withdrawn_with_their_record(county):
    hospital = county.organisations["hospital"]
    ill = apps.record("V1", who=apps.person(), complaint="发热3天，体温39℃，伴咳嗽、咽痛")
    well = apps.record("V2", who=apps.person(), complaint="否认发热，无咳嗽，体检")
    apps.receive(hospital, ill, well)
    apps.deliver()
    viewer, today = county.viewer("epidemiologist"), clock.today()
    visits = Selection(apps.DISTRICT, today - timedelta(days=2), today, day=DayKind.ONSET, place=PlaceKind.REPORTING)
    syndromes, every = replace(visits, sort="syndrome"), replace(visits, sort="visit")
    with enter(viewer):
        assert numbers.by_name(syndromes, viewer).get("ili") == 1
        assert numbers.total(every, viewer) == 2
    apps.receive(hospital, apps.cancelled(ill))
    apps.deliver()
    with enter(viewer):
        assert numbers.by_name(syndromes, viewer) == {}
        assert numbers.total(every, viewer) == 1
    with apps.as_jobs():
        assert counting.verify().holds
