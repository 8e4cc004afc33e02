"""Who is linked while records come in, who is found afterwards, and what waits for a person."""

from __future__ import annotations

import pytest

from tests import apps
from tests.records.people import BORN, THERE, alike, child, insured, say, sent
from yifang.apps.ledger.models import Entry
from yifang.apps.records import linking
from yifang.apps.records.models import PairState, Person, PersonIdentity, PersonKey, PersonMerge, PersonPair, Record

pytestmark = pytest.mark.django_db
NUMBER, OTHER = apps.id_no(), apps.id_no(order=9)


@pytest.fixture
def county() -> apps.County:
    return apps.county()


# what the first hospital says, what the other says later → how many persons, how many pairs wait
MENTIONS = {
    "the same number": (child(number=NUMBER), child(number=NUMBER, **THERE), 1, 0),
    "the same number, a homophone": (child(number=NUMBER), child("陈晓宝", NUMBER, **THERE), 1, 0),
    "telephone": (child(), child(address="别处9弄9号"), 1, 0),
    "address": (child(), child(phone="13900000077"), 1, 0),
    "insurance number": (insured(child(), "A12345"), insured(child(**THERE), "A12345"), 1, 0),
    "a number only here": (child(number=NUMBER), child(), 1, 0),
    "name and birth alone": (child(), child(**THERE), 2, 1),
    "a homophone and the telephone": (child(), child("陈晓宝"), 2, 1),
    "perhaps twins": (child("陈小宝"), child("陈小明"), 2, 1),
    "twins of other names": (child("陈小宝"), child("陈梦涵"), 2, 0),
    "two numbers": (child(number=NUMBER), child(number=OTHER), 2, 0),
    "other sex": (child(), apps.person("陈小宝", BORN, "female", number=""), 2, 1),
    "strangers": (child(), child("王大伟", **THERE), 2, 0),
}


@pytest.mark.parametrize("name", MENTIONS)
def test_two_hospitals(county, name):
    here, there, persons, waiting = MENTIONS[name]
    sent(county.hospital, "A1", here)
    sent(county.other_hospital, "B1", there)
    apps.deliver()
    assert Person.objects.filter(merged_into=None).count() == persons
    assert list(PersonPair.objects.values_list("state", flat=True)) == [PairState.OPEN] * waiting


def test_a_pair_tells_terms_and_no_values(county):
    pair = alike(county)
    assert pair.rule == "name_birth"
    assert {"name", "birth_date", "sex"} <= set(pair.evidence["agree"])
    assert {"phone", "address"} <= set(pair.evidence["differ"])
    told = str(pair.evidence) + str(list(Entry.objects.filter(subject_kind="pair").values_list("facts", flat=True)))
    for secret in ("陈", "1380000", "示范", BORN.isoformat()):
        assert secret not in told
    assert pair.one_id < pair.other_id, "the one known first"


def test_a_second_run_changes_nothing(county):
    alike(county)
    before = (PersonPair.objects.count(), PersonKey.objects.count(), Entry.objects.count())
    with apps.as_jobs():
        linking.look(list(Person.objects.values_list("id", flat=True)))
    assert (PersonPair.objects.count(), PersonKey.objects.count(), Entry.objects.count()) == before


def test_persons_of_before_the_index_are_looked_at_too(county):
    alike(county)
    PersonPair.objects.all().delete()
    PersonKey.objects.all().delete()
    with apps.as_jobs():
        last = linking.missing()
        assert last == Person.objects.order_by("id").last().id
        assert linking.missing(last) is None
        assert linking.missing() is None, "all have keys now"
    assert PersonPair.objects.get().state == PairState.OPEN


def test_a_number_that_becomes_known_links_by_itself(county):
    first = sent(county.hospital, "A1", child(number=NUMBER))
    second = sent(county.other_hospital, "B1", child(**THERE))
    apps.deliver()
    assert PersonPair.objects.get().state == PairState.OPEN
    sent(county.other_hospital, "B2", child(number=NUMBER, **THERE))
    apps.deliver()
    pair = PersonPair.objects.get()
    assert (pair.state, pair.answered_by) == (PairState.SAME, None)
    assert set(Record.objects.values_list("person", flat=True)) == {first.person_id}
    assert Person.objects.get(id=second.person_id).merged_into_id == first.person_id
    said = Entry.objects.get(kind="records.persons_merged")
    assert said.facts["survivor"] == str(first.person_id)
    assert said.facts["answered_by"] is None


def test_a_telephone_that_becomes_known_links_by_itself(county):
    alike(county)
    sent(county.other_hospital, "B2", child(phone="13800000001", address=""))
    apps.deliver()
    assert PersonPair.objects.get().state == PairState.SAME
    assert Person.objects.filter(merged_into=None).count() == 1


def test_what_was_answered_is_not_asked_or_linked_again(county):
    pair = alike(county)
    say(pair, "different")
    sent(county.other_hospital, "B2", child(phone="13800000001"))
    apps.deliver()
    assert PersonPair.objects.get().state == PairState.DIFFERENT
    assert not PersonMerge.objects.exists()


def test_an_open_pair_is_withdrawn_when_numbers_part_them(county):
    pair = alike(county)
    sent(county.hospital, "A2", child(number=NUMBER))
    sent(county.other_hospital, "B2", child(number=OTHER, **THERE))
    apps.deliver()
    assert PersonPair.objects.get(id=pair.id).state == PairState.WITHDRAWN


def test_an_answer_that_comes_too_late_for_the_numbers_merges_nobody(county):
    pair = alike(county)
    sent(county.hospital, "A2", child(number=NUMBER))
    sent(county.other_hospital, "B2", child(number=OTHER, **THERE))
    say(pair, "same")  # before anything was delivered
    assert PersonPair.objects.get(id=pair.id).state == PairState.WITHDRAWN
    assert not PersonMerge.objects.exists()


def test_who_fits_two_persons_is_a_person_of_their_own_until_somebody_looks(county):
    sent(county.hospital, "A1", child(number=NUMBER))
    sent(county.other_hospital, "B1", child(number=OTHER))
    sent(county.residence_hospital, "C1", child())
    apps.deliver()
    assert Person.objects.filter(merged_into=None).count() == 3
    assert {pair.forbidden for pair in PersonPair.objects.filter(state=PairState.OPEN)} == {"ambiguous"}
    assert PersonPair.objects.count() == 2


def test_a_parents_number_is_not_the_childs(county):
    father = apps.id_no(birth=BORN.replace(year=1990))
    sent(county.hospital, "A1", child(number=father))
    sent(county.hospital, "A2", child(number=NUMBER))
    sent(county.other_hospital, "F1", apps.person("陈大宝", BORN.replace(year=1990), number=father, **THERE))
    apps.deliver()
    assert Person.objects.count() == 2
    assert PersonIdentity.objects.filter(id_no_key__isnull=False).count() == 2
    assert Record.objects.filter(person__masked_name="陈*宝", person__birth_date=BORN).count() == 2


def test_a_mistyped_number_takes_no_good_ones_place(county):
    sent(county.hospital, "A1", child(number=NUMBER))
    wrong = NUMBER[:16] + str((int(NUMBER[16]) + 1) % 10) + NUMBER[17]
    sent(county.hospital, "A2", child(number=wrong))
    assert Person.objects.get().masked_id_no[-2:] == NUMBER[-2:]


def test_a_chunk_takes_a_few_statements(county, django_assert_max_num_queries):
    people = [child(f"陈{sign}{other}", phone=f"139{number:08}") for number, (sign, other) in enumerate(
        (a, b) for a in "一二三四五六七八" for b in "甲乙丙丁戊己庚辛"
    )]  # fmt: skip
    from yifang.apps.records import people as finding
    from yifang.apps.records.identity import identity_of

    known = [finding.Known(identity_of(one), "male", BORN, "310112", str(n)) for n, one in enumerate(people)]
    with apps.as_jobs():
        with django_assert_max_num_queries(6):
            finding.find(known, county.hospital)
        with django_assert_max_num_queries(4):
            finding.find(known, county.hospital)


def test_what_a_number_under_two_names_does_is_as_before(county):
    sent(county.hospital, "A1", child(number=NUMBER))
    sent(county.hospital, "A2", child("李大山", NUMBER))
    apps.deliver()
    assert Entry.objects.filter(kind="records.identity_conflict").count() == 1
    assert not PersonMerge.objects.exists()
