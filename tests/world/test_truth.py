"""The truth hangs together: outbreaks of the promised size and place, cases with reasons, decoys that are no cases."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from yifang.knowledge import load
from yifang.world import county, outbreaks, seasons, truth
from yifang.world.county import County, Scale
from yifang.world.encounters import Encounters
from yifang.world.epidemics import Epidemics
from yifang.world.outbreaks import later


@pytest.fixture(scope="module")
def large() -> County:
    """Large enough for outbreaks of full size; nothing of it is written."""
    return county.found(Scale(7, date(2026, 11, 26), 60_000, 60_000, 365))


def test_the_planted_outbreaks_have_their_real_sizes(large: County) -> None:
    found = {one.id: one for one in outbreaks.planned(large)}
    people = large.people

    noro = found["OB-NORO-SCHOOL"]
    assert noro.disease == "other_infectious_diarrhoea"
    assert len(noro.cases) >= 40
    assert (noro.last_day - noro.first_day).days < 5
    assert len(noro.units) >= 4
    assert {people.places.schools[people.places.classes[people.classroom[c.person]].school].organisation.code
            for c in noro.cases} == {noro.unit}  # fmt: skip
    assert seasons.school_is_open(noro.first_day)

    well = found["OB-HEPA-WELL"]
    assert (len(well.cases), (well.last_day - well.first_day).days < 28) == (12, True)
    homes = {people.places.villages[people.village[case.person]].area.code for case in well.cases}
    assert homes == {well.unit}

    sheep = found["OB-BRUCELLA"]
    assert (len(sheep.cases), len(sheep.units)) == (8, 2)
    assert (sheep.last_day - sheep.first_day).days < 61
    assert all(people.herder[case.person] for case in sheep.cases)

    assert [len(found["OB-PLAGUE"].cases), found["OB-PLAGUE"].cases[0].visits] == [1, True]

    season = found["OB-FLU-SEASON"]
    young = [case.onset.toordinal() for case in season.cases if people.band[case.person] in (1, 2, 3)]
    old = [case.onset.toordinal() for case in season.cases if people.band[case.person] >= 4]
    assert sum(young) / len(young) + 5 < sum(old) / len(old), "schools first"


def test_nobody_is_twice_in_one_outbreak_of_a_place(large: County) -> None:
    for one in outbreaks.planned(large):
        persons = [case.person for case in one.cases]
        assert one.kind == "season" or len(persons) == len(set(persons)), one.id
        assert all(one.first_day <= case.onset <= one.last_day for case in one.cases)


def test_a_day_is_the_same_whether_or_not_other_days_were_asked(large: County) -> None:
    day = date(2026, 3, 3)
    planned = outbreaks.planned(large)
    alone = Epidemics(large, planned).cases(day)
    after = Epidemics(large, planned)
    for back in range(30, 0, -1):
        after.cases(day - timedelta(days=back))
    assert after.cases(day) == alone


def test_background_follows_ages_and_season(large: County) -> None:
    epidemics = Epidemics(large, [])
    june = [case for at in range(30) for case in epidemics.cases(date(2026, 6, 1) + timedelta(days=at))]
    january = [case for at in range(30) for case in epidemics.cases(date(2026, 1, 1) + timedelta(days=at))]

    def count(cases: list, disease: str) -> int:
        return sum(case.illness.id == disease for case in cases)

    assert count(june, "hfmd") > count(january, "hfmd")
    assert count(january, "influenza") > count(june, "influenza")
    assert all(large.people.band[case.person] <= 4 for case in june if case.illness.id == "hfmd")
    assert all(case.onset <= case.seen for case in june)


def test_cases_say_why_nothing_is_expected(made: Path) -> None:
    told = truth.read(made)
    for case in told.cases:
        assert case.disease in load().diseases
        assert case.expected == (case.reason == "")
        assert case.expected == any(visit.evidence for visit in case.visits)
        if case.reason == "never_visited":
            assert not case.visits
        elif case.reason:
            assert case.reason in truth.REASONS
            assert case.visits
    assert {case.reason for case in told.cases} >= {"", "never_visited", "without_code_or_words"}


def test_outbreaks_name_their_cases(made: Path) -> None:
    told = truth.read(made)
    for outbreak in told.outbreaks:
        mine = [case for case in told.cases if case.outbreak == outbreak.id]
        persons = set(outbreak.cases)
        assert {case.person for case in mine} <= persons
        assert all(case.disease == outbreak.disease for case in mine)
        assert all(outbreak.first_day <= case.onset <= outbreak.last_day for case in mine)


def test_decoys_are_no_cases_and_say_what_they_are_not(made: Path) -> None:
    told = truth.read(made)
    cases = {visit.number for case in told.cases for visit in case.visits}
    assert told.decoys
    for decoy in told.decoys:
        assert decoy.visit not in cases
        assert decoy.diseases
        assert set(decoy.diseases) <= set(load().diseases)


def test_after_the_year_new_outbreaks_come(small: County) -> None:
    day = small.scale.until + timedelta(days=70)
    found = later(small, day)
    assert len({one.id for one in found}) == len(found) >= 2
    assert [one.id for one in later(small, day)] == [one.id for one in found]
    assert all(one.first_day > small.scale.until for one in found)


def test_nobody_is_ill_before_birth(large: County) -> None:
    epidemics = Epidemics(large, outbreaks.planned(large))
    encounters = Encounters(large, epidemics)
    born = large.people.birth
    assert all(born[c.person] <= c.onset.toordinal() for one in outbreaks.planned(large) for c in one.cases)
    for at in (0, 1, 2, 200):
        day = large.scale.first_day + timedelta(days=at)
        assert all(born[case.person] <= case.onset.toordinal() for case in epidemics.cases(day))
        seen = encounters.visits(day)
        assert all(one.visit.who.birth <= day for one in seen)
        assert len({one.visit.number for one in seen}) == len(seen)
