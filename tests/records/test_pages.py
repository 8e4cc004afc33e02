"""The person's page and the record's page: who sees them, what is masked, what is written down."""

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.records import queries
from yifang.apps.records.models import Person, Record
from yifang.kernel.errors import NotAllowed, NotFound

pytestmark = pytest.mark.django_db
NAME = "陈小宝"


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def record(county) -> Record:
    (stored,) = apps.receive(county.hospital, apps.hfmd())
    return Record.objects.get(id=stored)


def sees(viewer, act) -> bool:
    try:
        with enter(viewer):
            act()
    except (NotFound, NotAllowed):
        return False
    return True


# The record itself is its doctor's and the desk's; what others see of the person comes with suspicions, cards, cases.
@pytest.mark.parametrize("name", apps.CAST)
def test_who_sees_a_record_and_its_person(county, record, name):
    viewer = county.viewer(name)
    within_the_hospital = {"clinician", "hospital_desk", "hospital_lab"}
    assert sees(viewer, lambda: queries.record(record.id, viewer)) == (name in within_the_hospital)
    assert sees(viewer, lambda: queries.person(record.person_id, viewer)) == (name in {"clinician", "hospital_desk"})


def test_every_look_is_in_the_access_stream(county, record):
    desk = county.viewer("hospital_desk")
    with enter(desk), apps.listening("access") as heard:
        queries.person(record.person_id, desk)
        queries.record(record.id, desk)
    assert [(one.kind, one.subject) for one in heard.entries] == [
        ("person.viewed", record.person_id),
        ("record.viewed", record.id),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NAME, True),
        (" 陈小宝 ", True),
        (apps.id_no(), True),
        (apps.id_no().lower(), True),
        ("13800000001", True),
        ("+86 138-0000-0001", True),
        ("陈小", False),
        ("1380000", False),
        (apps.id_no(order=9), False),
        ("", False),
    ],
)
def test_people_are_found_by_exact_name_number_or_telephone(county, record, text, found):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        assert [one.id for one in queries.look_up(desk, text)] == ([record.person_id] if found else [])


@pytest.mark.parametrize(
    "name", ["other_hospital_desk", "neighbour_epidemiologist", "bureau", "grid_worker", "stranger"]
)
def test_a_look_up_finds_nothing_that_the_viewer_may_not_see(county, record, name):
    viewer = county.viewer(name)
    with enter(viewer):
        assert queries.look_up(viewer, NAME) == []


def test_a_look_up_is_written_down_without_its_text(county, record):
    desk = county.viewer("hospital_desk")
    with enter(desk), apps.listening("access") as heard:
        queries.searched(desk, len(queries.look_up(desk, NAME)))
    (entry,) = heard.entries
    assert (entry.kind, entry.facts, entry.actor) == ("person.searched", {"found": 1}, desk.user_id)


def test_the_time_line_runs_from_the_latest_back(county, record):
    earlier = apps.clock.now() - apps.timedelta(days=3)
    apps.receive(county.hospital, apps.hfmd("HFMD0", at=earlier, diagnoses=(("J06.900", "急性上呼吸道感染"),)))
    desk = county.viewer("hospital_desk")
    with enter(desk):
        line = queries.time_line(record.person_id, desk)
    assert [("手足口病" in str(one.detail), one.kind) for one in line if one.kind == "encounter"] == [
        (True, "encounter"),
        (False, "encounter"),
    ]


@pytest.fixture
def signed_in(county, client):
    def sign_in(name: str):
        client.force_login(county.users[name])
        return client

    return sign_in


def test_the_person_page_is_masked_until_a_purpose_is_given(county, record, signed_in):
    client = signed_in("hospital_desk")
    page = client.get(f"/persons/{record.person_id}").content.decode()
    assert "陈*宝" in page
    assert NAME not in page
    assert apps.id_no() not in page
    asked = client.post(f"/persons/{record.person_id}/identity")
    assert (asked.status_code, asked.url.split("?")[0]) == (302, f"/purpose/{record.person_id}")
    client.post(asked.url, {"purpose": "verification", "next": f"/persons/{record.person_id}"})
    opened = client.post(f"/persons/{record.person_id}/identity", headers={"HX-Request": "true"})
    assert NAME in opened.content.decode()
    assert apps.id_no() in opened.content.decode()


def test_a_person_out_of_sight_offers_the_glass_to_who_may_break_it(county, record, signed_in):
    answer = signed_in("other_hospital").get(f"/persons/{record.person_id}")
    assert answer.status_code == 404
    assert f"/break-glass/{record.person_id}" in answer.content.decode()
    nobody = signed_in("other_hospital").get(f"/persons/{county.hospital.id}")
    assert nobody.status_code == 404
    assert f"/break-glass/{county.hospital.id}" in nobody.content.decode()  # the same, so that nothing is given away
    assert "break-glass" not in signed_in("other_hospital_desk").get(f"/persons/{record.person_id}").content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_record_page_shows_its_parts(county, record, signed_in, language):
    client = signed_in("clinician")
    client.cookies["django_language"] = language
    page = client.get(f"/records/{record.id}").content.decode()
    for part in ("手足口病", "B08.401", "发热2天", 'id="at-DG1-1"'):
        assert part in page
    assert NAME not in page


def test_a_superseded_version_says_so(county, record, signed_in):
    apps.receive(county.hospital, apps.hfmd(complaint="发热3天，手足皮疹2天"))
    page = signed_in("hospital_desk").get(f"/records/{record.id}").content.decode()
    assert "已被新版本替代" in page


def test_one_person_is_found_across_hospitals_by_number_only(county):
    apps.receive(county.hospital, apps.hfmd("A"), apps.hfmd("B", who=apps.person(number="")))
    apps.receive(county.other_hospital, apps.hfmd("A"), apps.hfmd("B", who=apps.person(number="")))
    with_number = Person.objects.filter(organisation=None)
    assert with_number.count() == 1
    # without a number: the first hospital knows the child from the record with one, the other makes its own only once
    assert Person.objects.count() == 1
