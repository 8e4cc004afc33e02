"""The visit of a grid worker: sent from a case, a door and a task, never the disease."""

from __future__ import annotations

import pytest

from tests import apps
from tests.reporting.district import GROWN
from yifang.apps.reporting.services import grid


def test_a_grid_worker_gets_a_door_and_a_task_and_no_disease(entered, county, sign_in):
    card = entered()
    district, worker = sign_in("epidemiologist"), sign_in("grid_worker")
    sent = {"place": str(county.places["grid"].id), "task": "contact"}
    assert district.post(f"/cases/{card.case_id}/visit", sent).status_code == 302
    assert district.post(f"/cases/{card.case_id}/visit", sent).status_code == 409, "one visit at a time"
    assert "已派网格上门" in district.get(f"/cases/{card.case_id}").content.decode()
    work = worker.get("/work/").content.decode()
    assert "上门联系" in work
    url = f"/visits/{card.case_id}"
    assert url in work
    with apps.listening("access") as heard:
        page = worker.get(url).content.decode()
    assert heard.kinds == ["work.address_opened"]
    for shown, words in (
        (True, "示范路1弄2号"),
        (True, "陈家长"),
        (False, "手足口"),
        (False, "陈小宝"),
        (False, "梅陇人民医院"),
    ):
        assert (words in page) is shown, words
    assert sign_in("clinician").get(url).status_code == 404
    assert worker.post(url, {"outcome": "x"}).status_code == 400
    assert worker.post(url, {"outcome": "not_at_home", "note": "留了条"}).status_code == 302
    assert worker.get(url).status_code == 404, "a finished visit shows its address no more"
    apps.deliver()
    assert "网格上门结果：无人在家" in district.get(f"/cases/{card.case_id}").content.decode()
    assert district.post(f"/cases/{card.case_id}/visit", sent).status_code == 302


@pytest.mark.parametrize(
    ("group", "may"),
    [
        ("ordinary", True), ("tb", True), ("hiv", False), ("std", False), ("bloodborne_hepatitis", False),
        ("leprosy", False),
    ],
)  # fmt: skip
def test_what_the_pack_hides_from_the_grid_is_never_given_to_it(group, may):
    assert grid.may_be_sent(group) is may


def test_tuberculosis_is_only_help_with_follow_up(entered, county, sign_in):
    card = entered(apps.tuberculosis(), **GROWN, disease_subtype="tb_pos", case_class="2")
    district = sign_in("epidemiologist")
    place = str(county.places["grid"].id)
    assert [code for code, _label in district.get(f"/cases/{card.case_id}").context["grid_tasks"]] == ["follow_up"]
    assert district.post(f"/cases/{card.case_id}/visit", {"place": place, "task": "contact"}).status_code == 400
    assert district.post(f"/cases/{card.case_id}/visit", {"place": place, "task": "follow_up"}).status_code == 302


def test_only_who_assigns_sends_and_only_to_a_grid_nearby(entered, county, sign_in):
    card = entered()
    sent = {"place": str(county.places["grid"].id), "task": "contact"}
    assert sign_in("hospital_desk").post(f"/cases/{card.case_id}/visit", sent).status_code == 403
    assert sign_in("neighbour_epidemiologist").post(f"/cases/{card.case_id}/visit", sent).status_code == 404
    wrong = {**sent, "place": str(county.places["school_class"].id)}
    assert sign_in("epidemiologist").post(f"/cases/{card.case_id}/visit", wrong).status_code == 400
