"""One identity number under two names: both are kept, the hospital is asked, and nobody is overwritten."""

from __future__ import annotations

from datetime import date

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.records import conflicts, identity
from yifang.apps.records.models import IdentityConflict, Person, PersonIdentity, Record
from yifang.apps.work.models import WorkItem
from yifang.kernel.errors import NotAllowed, NotFound, UserError

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> apps.County:
    return apps.county()


BORN = date(2021, 5, 4)


def someone(name: str, born: date = BORN):
    from dataclasses import replace

    return replace(apps.person("陈小宝", BORN), name=name)


def named(person_id) -> str:
    return identity.unseal(person_id, PersonIdentity.objects.get(person_id=person_id).sealed).name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("张三", "张三", True),
        ("张三", " 张 三 ", True),
        ("阿依古丽·买买提", "阿依古丽•买买提", True),
        ("John Smith", "JOHN SMITH", True),
        ("张三", "", True),
        ("张三", "张*", True),
        ("张三", "张山", False),
        ("王芳之子", "王芳", False),
    ],
)
def test_which_names_may_be_one(one, other, same):
    assert identity.same_name(one, other) is same


def test_the_second_name_overwrites_nobody(county):
    first, second = apps.receive(
        county.hospital, apps.hfmd("A", who=someone("陈小宝")), apps.hfmd("B", who=someone("李大山"))
    )
    one, other = (Record.objects.get(id=stored).person_id for stored in (first, second))
    assert one != other
    assert (named(one), named(other)) == ("陈小宝", "李大山")
    assert (Person.objects.get(id=one).masked_name, Person.objects.get(id=other).masked_name) == ("陈*宝", "李*山")
    found = IdentityConflict.objects.get()
    assert (found.person_id, found.holder_id, found.state) == (other, one, "open")


def test_they_are_found_again_each_as_themselves_and_asked_about_once(county):
    for round in range(3):
        apps.receive(county.hospital, apps.hfmd(f"A{round}", who=someone("陈小宝")))
        apps.receive(county.hospital, apps.hfmd(f"B{round}", who=someone("李大山")))
    assert Person.objects.count() == 2
    assert IdentityConflict.objects.count() == 1
    item = WorkItem.objects.get(kind="identity_conflict")
    assert (item.subject, item.state) == (IdentityConflict.objects.get().person_id, "open")
    assert "陈" not in item.title + item.title_en


def test_what_is_newly_known_under_the_same_name_is_still_learnt(county):
    apps.receive(county.hospital, apps.hfmd("A", who=someone("陈小宝")))
    apps.receive(county.hospital, apps.hfmd("B", who=someone("")))
    assert Person.objects.count() == 1
    assert named(Person.objects.get().id) == "陈小宝"


def test_a_corrected_record_moves_to_the_right_person(county):
    apps.receive(county.hospital, apps.hfmd("A", who=someone("陈小宝")), apps.hfmd("B", who=someone("李大山")))
    apps.receive(county.hospital, apps.hfmd("B", who=someone("陈小宝")))
    persons = set(Record.objects.filter(current=True).values_list("person_id", flat=True))
    assert persons == {IdentityConflict.objects.get().holder_id}


def disputed(county):
    apps.receive(county.hospital, apps.hfmd("A", who=someone("陈小宝")), apps.hfmd("B", who=someone("李大山")))
    return IdentityConflict.objects.get().person_id


ANSWERS = {
    "hospital_desk": None, "clinician": NotAllowed, "epidemiologist": NotAllowed, "other_hospital_desk": NotFound,
    "stranger": NotAllowed,
}  # fmt: skip


@pytest.mark.parametrize(("name", "refused"), ANSWERS.items())
def test_who_answers(county, name, refused):
    person = disputed(county)
    with enter(county.viewer(name)) as viewer:
        if refused:
            with pytest.raises(refused):
                conflicts.answer(person, viewer, "two_people")
            return
        with pytest.raises(UserError):
            conflicts.answer(person, viewer, "maybe")
        conflicts.answer(person, viewer, "two_people")
        assert not WorkItem.objects.filter(kind="identity_conflict", state="open").exists()
        conflicts.answer(person, viewer, "one_person")


def test_the_page_says_so_and_takes_the_answer(county, client):
    person = disputed(county)
    client.force_login(county.users["hospital_desk"], backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/persons/{person}").content.decode()
    assert "证件号与姓名不一致" in page
    assert "陈小宝" not in page
    answer = client.post(f"/persons/{person}/conflict", {"state": "two_people"})
    assert answer["Location"] == f"/persons/{person}"
    assert IdentityConflict.objects.get().state == "two_people"
