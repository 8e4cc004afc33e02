"""Two persons become one and two again: nothing is lost, and a split brings every row back to where it was."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from tests import apps
from tests.records.people import THERE, alike, asked, child, pointing, say, sent
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.records import merging, pairs, queries
from yifang.apps.records.models import PairState, Person, PersonMerge, PersonPair, Record
from yifang.apps.reporting.models import Card, CardState, Case, Duplicate, Suspicion
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

pytestmark = pytest.mark.django_db
S = CardState


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def test_everything_moves_and_comes_back(county):
    cards.brought(county, S.AUDITED)
    cards.brought(
        county, S.AUDITED, cards.blank(county, doctor="other_hospital", **cards.ELSEWHERE), desk="other_hospital_desk"
    )
    sent(county.other_hospital, "B1", child(**THERE))
    apps.deliver()
    pair = PersonPair.objects.get()
    before = pointing()
    assert Case.objects.values("person").distinct().count() == 2
    say(pair, "same")
    survivor = Person.objects.get(merged_into=None)
    alias = Person.objects.exclude(merged_into=None).get()
    assert alias.merged_into_id == survivor.id
    for model in (Record, Suspicion, Card, Case):
        assert not model.objects.filter(person=alias).exists(), model
    merge = PersonMerge.objects.get()
    assert (merge.alias_id, merge.survivor_id, merge.pair_id) == (alias.id, survivor.id, pair.id)
    say(pair, "open")
    assert pointing() == before
    assert PersonMerge.objects.get().undone_at is not None
    kinds = list(Entry.objects.filter(subject=alias.id).values_list("kind", flat=True).order_by("id"))
    assert kinds[-2:] == ["records.persons_merged", "records.persons_split"]


def test_two_cases_of_one_illness_stay_until_the_district_merges_their_cards(county):
    first = cards.brought(county, S.AUDITED, cards.blank(county))
    # Another name: the cards themselves are not alike enough to be suspected.
    given = {**cards.ELSEWHERE, "name": "欧阳念慈", "guardian_name": "欧阳母"}
    second = cards.brought(
        county, S.AUDITED, cards.blank(county, doctor="other_hospital", **given), desk="other_hospital_desk"
    )
    assert not Duplicate.objects.exists()
    pair = asked(first.person, second.person)
    say(pair, "same")
    assert Case.objects.filter(excluded=False).count() == 2
    found = Duplicate.objects.get()
    assert {found.earlier_id, found.later_id} == {first.id, second.id}
    assert Entry.objects.filter(kind="reporting.duplicate_found").count() == 1
    say(pair, "different")
    assert not Duplicate.objects.exists(), "not one person: not one illness"


def test_one_question_for_each_though_both_hospitals_asked_that_day(county):
    """Two suspicions of one hospital, disease and day would be one row for one person: both stay, told apart."""
    one, other = sent(county.hospital, "A1", child()), sent(county.hospital, "A2", child("陈小明"))
    apps.deliver()
    assert Suspicion.objects.values("episode").distinct().count() == 1
    pair = PersonPair.objects.get()
    before = pointing()
    say(pair, "same")
    assert Suspicion.objects.filter(person=min(one.person_id, other.person_id)).count() == 2
    assert Suspicion.objects.values("episode").distinct().count() == 2
    say(pair, "different")
    assert pointing() == before


def test_records_that_come_in_by_the_alias_go_back_with_it(county):
    pair = alike(county)
    say(pair, "same")
    merge = PersonMerge.objects.get()
    late = sent(county.other_hospital, "B2", child(**THERE))
    own = sent(county.hospital, "A2", child())
    apps.deliver()
    assert (late.person_id, late.found_as) == (merge.survivor_id, merge.alias_id)
    assert (own.person_id, own.found_as) == (merge.survivor_id, None)
    say(pair, "different")
    late.refresh_from_db()
    own.refresh_from_db()
    assert (late.person_id, late.found_as) == (merge.alias_id, None)
    assert own.person_id == merge.survivor_id
    of_alias = Suspicion.objects.filter(person=merge.alias_id)
    assert {one.record.person_id for one in of_alias} == {merge.alias_id}


def test_a_record_that_arrived_while_they_were_merged_follows(county):
    pair = alike(county)
    say(pair, "same")
    merge = PersonMerge.objects.get()
    record = sent(county.other_hospital, "B2", child(**THERE))
    Record.objects.filter(id=record.id).update(person=merge.alias_id, found_as=None)  # read before, written after
    apps.deliver()
    record.refresh_from_db()
    assert (record.person_id, record.found_as) == (merge.survivor_id, merge.alias_id)


@pytest.mark.parametrize("seed", range(12))
def test_any_merges_taken_back_in_any_order_leave_everything_where_it_was(county, seed):
    rng = random.Random(seed)
    names = ("陈甲一", "王乙二", "李丙三", "赵丁四", "周戊五")
    for number, name in enumerate(names):
        for visit in range(rng.randrange(1, 4)):
            where = county.hospital if number % 2 else county.other_hospital
            sent(
                where,
                f"{number}-{visit}",
                child(name, phone=f"1370000000{number}", address=f"南路{number}弄{number}号"),
            )
    apps.deliver()
    people = list(Person.objects.order_by("id"))
    assert len(people) == len(names)
    before = pointing()
    chosen = rng.sample(list(combinations(people, 2)), 5)
    made = [asked(one, other) for one, other in chosen]
    for pair in made:
        if PersonPair.objects.get(id=pair.id).state == PairState.OPEN:  # else they were one by then
            say(pair, "same")
        if rng.random() < 0.3:
            undo(rng.choice(made), rng)
    assert Person.objects.filter(merged_into__merged_into__isnull=False).count() == 0, "no chains"
    rng.shuffle(made)
    for pair in made:
        undo(pair, rng)
    assert pointing() == before


def undo(pair: PersonPair, rng: random.Random) -> None:
    if PersonPair.objects.get(id=pair.id).state == PairState.SAME:
        say(pair, rng.choice(("open", "different")))


def test_who_has_a_number_remains_else_who_was_known_first(county):
    one = sent(county.hospital, "A1", child())
    other = sent(county.other_hospital, "B1", child("陈小明", apps.id_no(), **THERE))
    apps.deliver()
    say(asked(one.person, other.person), "same")
    assert Person.objects.get(merged_into=None).id == other.person_id


def test_settling_twice_does_nothing(county):
    pair = alike(county)
    say(pair, "same")
    count = Entry.objects.count()
    with apps.as_jobs():
        merging.settle(PersonPair.objects.get(id=pair.id))
    assert (PersonMerge.objects.count(), Entry.objects.count()) == (1, count)


def test_whoever_sees_the_one_sees_the_other_name_and_finds_it(county):
    pair = alike(county)
    desk, other_desk = county.viewer("hospital_desk"), county.viewer("other_hospital_desk")
    with enter(desk):
        assert queries.look_up(desk, "13900000077") == []
    say(pair, "same")
    survivor = Person.objects.get(merged_into=None)
    for viewer in (desk, other_desk):
        with enter(viewer):
            assert [one.id for one in queries.look_up(viewer, "13900000077")] == [survivor.id]
            assert [one.alias_id for one in queries.aliases(survivor.id)] == [PersonMerge.objects.get().alias_id]
    stranger = county.viewer("neighbour_epidemiologist")
    with enter(stranger):
        assert queries.look_up(stranger, "13900000077") == []


ANSWERS = {
    "hospital_desk": None, "other_hospital_desk": NotFound, "clinician": NotAllowed, "duty_officer": NotAllowed,
    "neighbour_epidemiologist": NotFound, "stranger": NotAllowed, "administrator": NotAllowed,
}  # fmt: skip


@pytest.mark.parametrize(("name", "refused"), ANSWERS.items())
def test_who_answers(county, name, refused):
    """Two names at one hospital: its desk sees both, and so says what is true."""
    sent(county.hospital, "A1", child())
    sent(county.hospital, "A2", child("陈小明"))
    apps.deliver()
    pair = PersonPair.objects.get()
    viewer = county.viewer(name)
    with enter(viewer):
        if refused:
            with pytest.raises(refused):
                pairs.answer(pair.id, viewer, "same")
            return
        with pytest.raises(UserError):
            pairs.answer(pair.id, viewer, "withdrawn")
        assert [one.id for one in queries.person_pairs(viewer)] == [pair.id]
        pairs.answer(pair.id, viewer, "same")
        with pytest.raises(WrongState):
            pairs.answer(pair.id, viewer, "same")
    apps.deliver()
    assert PersonPair.objects.get().answered_by_id == viewer.user_id
    assert Person.objects.filter(merged_into=None).count() == 1
    with enter(viewer):
        assert [one.id for one in queries.person_pairs(viewer, "same")] == [pair.id]
        pairs.answer(pair.id, viewer, "different")
    apps.deliver()
    assert Person.objects.filter(merged_into=None).count() == 2


def test_a_pair_is_listed_once_somebody_sees_both(county):
    """Two hospitals, each with its own: nobody sees both, until cards bring both before the district."""
    cards.brought(county, S.SUBMITTED, cards.blank(county))
    sent(county.other_hospital, "B1", child(**THERE))
    apps.deliver()
    pair = PersonPair.objects.get()
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        assert queries.person_pairs(cdc) == []
    other = cards.blank(county, doctor="other_hospital", **cards.ELSEWHERE)
    cards.brought(county, S.SUBMITTED, other, desk="other_hospital_desk")
    apps.deliver()
    with enter(cdc):
        assert [one.id for one in queries.person_pairs(cdc)] == [pair.id]
        assert queries.person_pairs_waiting(cdc) == 1
