"""The match queue as people meet it: who may answer which text, and what the answer does to cards past and to come."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from tests import apps
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import enter
from yifang.apps.places import queries, services
from yifang.apps.places.models import MatchState, Mention, PlaceMatch
from yifang.apps.places.policies import MATCHERS
from yifang.apps.places.services import Bearer, match_text
from yifang.apps.work import queries as work
from yifang.apps.work.models import WorkItem
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id

pytestmark = [pytest.mark.django_db]
SIGNED_IN = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def waiting(county: apps.County, *hospitals: str, text: str = "申小", area: str = apps.DISTRICT) -> PlaceMatch:
    for name in hospitals or ("hospital",):
        with apps.as_jobs():
            match_text(text, area, Bearer("card", new_id(), county.organisations[name]))
    apps.deliver()
    return PlaceMatch.objects.get(text=text)


def client(county: apps.County, name: str) -> Client:
    made = Client()
    made.force_login(county.users[name], backend=SIGNED_IN)
    return made


def test_the_policy_names_the_roles_that_may_match():
    assert set(MATCHERS) == {key for key, role in ROLES.items() if "place.match" in role.may}


@pytest.mark.parametrize(
    ("hospitals", "area", "sees", "answers"),
    [
        (("hospital",), apps.DISTRICT, "hospital_desk epidemiologist duty_officer city_epidemiologist",
         "hospital_desk epidemiologist duty_officer city_epidemiologist"),
        # two hospitals write it: both see it, the district answers
        (("hospital", "other_hospital"), apps.DISTRICT,
         "hospital_desk other_hospital_desk epidemiologist duty_officer city_epidemiologist",
         "epidemiologist duty_officer city_epidemiologist"),
        # a child of the next district: both districts know its schools
        (("hospital",), apps.RESIDENCE,
         "hospital_desk epidemiologist duty_officer residence_epidemiologist city_epidemiologist",
         "hospital_desk epidemiologist duty_officer residence_epidemiologist city_epidemiologist"),
    ],
)  # fmt: skip
def test_who_sees_and_who_answers(county, hospitals, area, sees, answers):
    match = waiting(county, *hospitals, area=area)
    for name in apps.CAST:
        viewer = county.viewer(name)
        with enter(viewer):
            seen = PlaceMatch.objects.filter(id=match.id).exists()
            assert seen is (name in sees.split() or name == "hiv_officer"), name
            if not viewer.can("place.match"):
                with pytest.raises(NotAllowed):
                    services.answer(match.id, county.school.id, viewer)
            elif not seen:
                with pytest.raises(NotFound):
                    services.answer(match.id, county.school.id, viewer)
            elif name not in answers.split() and name != "hiv_officer":
                with pytest.raises(NotAllowed):
                    services.answer(match.id, county.school.id, viewer)
            else:
                assert services.may_answer(match, viewer)


def test_a_hospital_sees_only_its_own_records_behind_a_text(county):
    match = waiting(county, "hospital", "hospital", "other_hospital")
    for name, expected in (("hospital_desk", [(county.hospital.name, 2)]), ("epidemiologist", 2)):
        with enter(county.viewer(name)) as viewer:
            found = queries.bearers(match.id, viewer)
            assert (len(found) if isinstance(expected, int) else found) == expected


def test_the_web_may_change_the_answer_and_nothing_else(county):
    match = waiting(county)
    for statement in (
        "UPDATE places_placematch SET text = 'x'", "UPDATE places_placematch SET shared = false",
        "DELETE FROM places_placematch", "UPDATE places_mention SET scopes = '{}'",
        "INSERT INTO places_placematch (id, text, area_code, state, shared, first_seen) "
        f"VALUES ('{new_id()}', 'x', '', 'open', false, now())",
    ):  # fmt: skip
        denied = pytest.raises(ProgrammingError, match="permission denied")
        with enter(county.viewer("epidemiologist")), denied, transaction.atomic():
            connection.cursor().execute(statement)
    assert PlaceMatch.objects.get().text == match.text


# -- the work item


@pytest.mark.parametrize(
    ("hospitals", "area", "desks"),
    [
        (("hospital",), apps.DISTRICT, {("hospital", "hospital_desk"), ("area:310112", "epidemiologist")}),
        (("hospital",), apps.RESIDENCE, {("hospital", "hospital_desk"), ("area:310104", "epidemiologist")}),
        (("hospital",), "330106", {("hospital", "hospital_desk"), ("area:310112", "epidemiologist")}),  # nobody there
    ],
)
def test_a_text_that_waits_is_somebodys_work(county, hospitals, area, desks):
    match = waiting(county, *hospitals, area=area)
    item = WorkItem.objects.get(subject=match.id)
    assert (item.kind, item.title, item.state) == ("place_match", "申小", "open")
    expected = {(county.hospital.scope if scope == "hospital" else scope, role) for scope, role in desks}
    assert set(item.desks.values_list("scope", "role")) == expected
    with enter(county.viewer("hospital_desk")):
        assert work.url_of(item) == f"/places/{match.id}/?work={item.id}"


def test_what_a_second_hospital_bears_leaves_the_desk_of_the_first(county):
    match = waiting(county)
    waiting(county, "other_hospital")
    item = WorkItem.objects.get(subject=match.id)
    assert list(item.desks.filter(open=True).values_list("role", flat=True)) == ["epidemiologist"]
    for name, number in (("hospital_desk", 0), ("epidemiologist", 1)):
        with enter(county.viewer(name)) as viewer:
            assert (work.badge(viewer), queries.waiting(viewer)) == (number, number)


def test_the_work_item_follows_the_answer(county):
    match = waiting(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(match.id, county.school.id, viewer)
    apps.deliver()
    assert list(WorkItem.objects.values_list("state", "outcome")) == [("done", "matched")]
    with enter(county.viewer("epidemiologist")) as viewer:
        services.reopen(match.id, viewer)
    apps.deliver()
    assert set(WorkItem.objects.values_list("state", flat=True)) == {"done", "open"}
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(match.id, None, viewer)
    apps.deliver()
    assert set(WorkItem.objects.values_list("outcome", flat=True)) == {"matched", "not_a_place"}


def test_a_question_that_no_record_asks_any_more_is_nobodys_work(county):
    match = waiting(county)
    with apps.as_jobs():
        mention = Mention.objects.get()
        services.forget(Bearer("card", mention.subject, county.hospital))
    apps.deliver()
    assert WorkItem.objects.get(subject=match.id).state == "cancelled"


# -- answering


def test_an_answer_is_written_with_who_and_when(county):
    match = waiting(county)
    with apps.listening() as heard, enter(county.viewer("hospital_desk")) as viewer:
        services.answer(match.id, county.school.id, viewer)
    match.refresh_from_db()
    assert (match.state, match.organisation, match.answered_by) == ("matched", county.school, viewer.user_id)
    assert heard.kinds == ["places.matched"]
    assert heard.entries[0].facts == {"organisation": str(county.school.id), "place": None}
    assert "申小" not in str(heard.entries[0].facts)


def test_the_class_in_the_text_is_taken_along(county):
    match = waiting(county, text="申小三年级2班")
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(match.id, county.school.id, viewer)
    assert PlaceMatch.objects.get().place == county.places["school_class"]


@pytest.mark.parametrize("state", MatchState)
def test_answering_and_taking_back_follow_the_table_of_states(county, state):
    match = waiting(county)
    PlaceMatch.objects.update(state=state)
    with enter(county.viewer("epidemiologist")) as viewer:
        verbs = {
            services.answer: (county.school.id, viewer) if state == MatchState.OPEN else None,
            services.reopen: (viewer,) if state != MatchState.OPEN else None,
        }
        for verb, allowed in verbs.items():
            if allowed is None:
                given = (county.school.id, viewer) if verb is services.answer else (viewer,)
                with pytest.raises(WrongState):
                    verb(match.id, *given)
        verb, given = next((verb, given) for verb, given in verbs.items() if given)
        assert verb(match.id, *given).state in MatchState.values


def test_an_organisation_that_is_not_there_is_refused(county):
    match = waiting(county)
    with enter(county.viewer("epidemiologist")) as viewer, pytest.raises(UserError):
        services.answer(match.id, new_id(), viewer)


# -- the page


def test_the_page_offers_what_the_text_may_mean(county):
    match = waiting(county, "hospital", "hospital", text="春申实小")
    page = client(county, "hospital_desk").get(f"/places/{match.id}/").content.decode()
    for words in ("春申实小", "梅陇人民医院 · 2 条记录", "春申实验小学", "字面相似 80%", "没有对应单位"):
        assert words in page
    answered = client(county, "hospital_desk").post(f"/places/{match.id}/answer", {"organisation": county.school.id})
    assert answered.status_code == 302
    page = client(county, "hospital_desk").get(f"/places/{match.id}/").content.decode()
    assert "退回重新匹配" in page
    assert "hospital desk" in page


def test_beside_the_list_only_the_text_is_fetched(county):
    match = waiting(county)
    asked = {"hx-request": "true", "hx-target": "detail"}
    page = client(county, "hospital_desk").get(f"/places/{match.id}/", headers=asked)
    assert page.status_code == 200
    assert "没有对应单位" in page.content.decode()
    assert "data-row" not in page.content.decode()


def test_another_organisation_can_be_looked_for(county):
    match = waiting(county, text="某工地")
    page = client(county, "epidemiologist").get(f"/places/{match.id}/?q=苏河").content.decode()
    assert "苏河中学" in page
    assert "名单里没有相近的名称" in page


@pytest.mark.parametrize(
    ("data", "status"),
    [({"organisation": "none"}, 302), ({}, 400), ({"organisation": "x"}, 400), ({"organisation": str(new_id())}, 400)],
)
def test_what_may_be_sent(county, data, status):
    match = waiting(county)
    assert client(county, "epidemiologist").post(f"/places/{match.id}/answer", data).status_code == status


@pytest.mark.parametrize(
    ("name", "status"), [("clinician", 403), ("bureau", 403), ("neighbour_epidemiologist", 404), ("stranger", 403)]
)
def test_outsiders_are_refused_whatever_they_send(county, name, status):
    match = waiting(county)
    for url in (f"/places/{match.id}/answer", f"/places/{match.id}/reopen"):
        assert client(county, name).post(url, {"organisation": "none"}).status_code == status
    if status == 403:
        assert client(county, name).post(f"/places/{match.id}/answer", {}).status_code == 403
        assert client(county, name).get("/places/").status_code == 403


def test_an_empty_queue_says_what_would_come_here_and_in_english(county):
    desk = client(county, "hospital_desk")
    assert "没有待匹配的地点" in desk.get("/places/").content.decode()
    desk.post("/i18n/setlang/", {"language": "en", "next": "/places/"})
    page = desk.get("/places/").content.decode()
    assert "No places await a match" in page
    assert not any("一" <= letter <= "鿿" for letter in page.split("<h1")[1].split("</h1>")[0])


def test_pages_follow_one_another(county, monkeypatch):
    from yifang.apps.places import views

    monkeypatch.setattr(views, "SIZE", 2)
    for number in range(5):
        waiting(county, text=f"工地{number}号")
    seen, url = [], "/places/"
    while url:
        page = client(county, "epidemiologist").get(url).context["table"].page
        seen += [line.match.text for line, _area in page.rows]
        url = f"/places/?at={page.after}" if page.after else ""
    assert seen == [f"工地{number}号" for number in range(5)]
