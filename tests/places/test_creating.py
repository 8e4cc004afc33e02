"""A text that names a school or employer which is not on the list yet: the CDC of its area puts it there."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from tests import apps
from tests.places.test_answers import client, waiting
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import enter
from yifang.apps.places import services
from yifang.apps.places.models import Organisation
from yifang.apps.places.policies import CREATORS
from yifang.apps.work.models import WorkItem
from yifang.kernel.errors import NotAllowed, NotFound, UserError

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def test_the_policy_names_the_roles_that_may_put_a_place_on_the_list():
    assert set(CREATORS) == {key for key, role in ROLES.items() if "place.create" in role.may}


def test_a_place_is_made_of_the_text_and_answers_it(county):
    match = waiting(county, text="新办实验小学三(2)班")
    with apps.listening() as heard, enter(county.viewer("epidemiologist")) as viewer:
        services.create(match.id, " 新办实验小学 ", "school", "", viewer)
    made = Organisation.objects.get(name="新办实验小学")
    match.refresh_from_db()
    assert (made.kind, made.area_code, made.active, made.code[:7]) == ("school", apps.DISTRICT, True, "N310112")
    assert (match.state, match.organisation, match.answered_by) == ("matched", made, viewer.user_id)
    assert heard.kinds == ["places.organisation_made", "places.created"]
    assert "新办" not in str([one.facts for one in heard.entries])
    apps.deliver()
    assert list(WorkItem.objects.values_list("state", "outcome")) == [("done", "created")]


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("epidemiologist", None), ("duty_officer", None), ("city_epidemiologist", None),
        ("hospital_desk", NotAllowed), ("clinician", NotAllowed), ("bureau", NotAllowed),
        ("residence_epidemiologist", NotFound), ("neighbour_epidemiologist", NotFound),
    ],
)  # fmt: skip
def test_the_cdc_of_its_area_makes_it(county, name, refused):
    match = waiting(county)
    with enter(county.viewer(name)) as viewer:
        if refused is None:
            assert services.create(match.id, "新小学", "school", "S9", viewer).organisation.code == "S9"
        else:
            with pytest.raises(refused):
                services.create(match.id, "新小学", "school", "S9", viewer)


def test_the_hospitals_cdc_makes_no_place_in_the_county_of_residence(county):
    match = waiting(county, area=apps.RESIDENCE)
    with enter(county.viewer("epidemiologist")) as viewer, pytest.raises(NotAllowed) as refused:
        services.create(match.id, "新小学", "school", "", viewer)
    assert refused.value.code == "places.outside"


@pytest.mark.parametrize(
    ("name", "kind", "code", "refused"),
    [
        ("", "school", "", "new_name"), ("新小学", "hospital", "", "new_kind"), ("新小学", "", "", "new_kind"),
        ("春申实验小学", "school", "", "name_taken"), ("春申 实验小学", "worksite", "", "name_taken"),
        ("新小学", "school", "S31011201", "code_taken"), ("新小学", "school", "S31011201-32", "code_taken"),
        ("新小学", "school", "S 9", "line_code"),
    ],
)  # fmt: skip
def test_what_is_there_already_is_not_made_again(county, name, kind, code, refused):
    match = waiting(county)
    with enter(county.viewer("epidemiologist")) as viewer, pytest.raises(UserError) as wrong:
        services.create(match.id, name, kind, code, viewer)
    assert wrong.value.code == f"places.{refused}"


@pytest.mark.parametrize(
    ("name", "kind", "area", "taken"),
    [
        ("epidemiologist", "school", "310112", True), ("city_epidemiologist", "school", "310112", True),
        ("epidemiologist", "school", "310104", False), ("epidemiologist", "hospital", "310112", False),
        ("hospital_desk", "school", "310112", False), ("bureau", "school", "310112", False),
    ],
)  # fmt: skip
def test_the_database_lets_the_web_make_a_school_of_the_own_area_and_change_none(county, name, kind, area, taken):
    made = Organisation(code="X1", name="甲", kind=kind, area_code=area)
    with enter(county.viewer(name)):
        if taken:
            made.save(force_insert=True)
        else:
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                made.save(force_insert=True)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Organisation.objects.update(name="乙")


def test_the_page_makes_a_place_for_those_who_may(county):
    match = waiting(county, text="新办小学三(2)班")
    assert "登记新单位" not in client(county, "hospital_desk").get(f"/places/{match.id}/").content.decode()
    page = client(county, "epidemiologist").get(f"/places/{match.id}/").content.decode()
    assert 'value="新办小学"' in page
    given = {"name": "新办小学", "kind": "school", "code": ""}
    for name, data, status in (
        ("hospital_desk", given, 403), ("hospital_desk", {}, 403), ("neighbour_epidemiologist", {}, 404),
        ("epidemiologist", {}, 400), ("epidemiologist", given, 302), ("epidemiologist", given, 409),
    ):  # fmt: skip
        assert client(county, name).post(f"/places/{match.id}/create", data).status_code == status, name
    assert Organisation.objects.filter(name="新办小学").count() == 1
