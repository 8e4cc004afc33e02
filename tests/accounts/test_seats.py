"""Seats, viewers and the page that runs inside one: who is who, which seat acts, why they look."""

from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.utils import translation

from tests import apps
from yifang.apps.accounts import policy, purposes, queries, services
from yifang.apps.accounts.models import Seat, User, Visibility
from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import enter, viewer_of
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.kernel.ids import new_id

PASSWORD = "correct horse battery"
SCOPES = {
    "clinician": ("dept:{hospital}:儿科", "case"),
    "hospital_desk": ("org:{hospital}", "case"),
    "epidemiologist": ("area:310112", "case"),
    "city_epidemiologist": ("area:310100", "case"),
    "bureau": ("area:310112", "count"),
    "grid_worker": ("place:{grid}", "task"),
    "school_nurse": ("org:{school}", "case"),
    "administrator": ("node", "none"),
    "auditor": ("node", "none"),
}


@pytest.fixture
def county(db):
    return apps.county(PASSWORD)


def sign_in(county, name, client=None):
    client = client or Client()
    client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize(("name", "expected"), SCOPES.items())
def test_from_which_scope_a_seat_looks_and_what_it_sees_of_ordinary_diseases(county, name, expected):
    scope, level = expected
    viewer = county.viewer(name)
    names = {
        "hospital": county.hospital.id, "school": county.school.id, "grid": county.places["grid"].id,
        "me": county.users[name].pk,
    }  # fmt: skip
    assert viewer.scopes[-1] == scope.format(**names)
    assert viewer.scopes[0] == f"user:{county.users[name].pk}"
    assert ("ordinary" in viewer.case_groups) is (level == "case")
    assert ("ordinary" in viewer.task_groups) is (level in ("case", "task"))
    assert ("ordinary" in viewer.count_groups) is (level in ("case", "count"))


HIV = {
    "clinician": "case", "hospital_desk": "case", "epidemiologist": "count", "hiv_officer": "case",
    "duty_officer": "count", "school_nurse": "none", "grid_worker": "none", "bureau": "count", "administrator": "none",
}  # fmt: skip


@pytest.mark.parametrize(("name", "level"), HIV.items())
def test_what_a_seat_sees_of_hiv(county, name, level):
    viewer = county.viewer(name)
    assert ("hiv" in viewer.case_groups) is (level == "case")
    assert ("hiv" in viewer.count_groups) is (level in ("case", "count"))


def test_without_a_viewer_the_web_role_sees_no_row(county):
    from django.db import connection, transaction

    Visibility.objects.create(scope="area:310112", kind="case", subject=new_id(), day=clock.today(), reason="case")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE web")
        assert not Visibility.objects.exists()
        cursor.execute("SET LOCAL ROLE NONE")


@pytest.mark.parametrize(
    ("scope", "role", "names"),
    [
        ("dept:{hospital}:儿科", "clinician", {"clinician", "colleague"}),
        ("org:{hospital}", "hospital_desk", {"hospital_desk"}),
        ("org:{hospital}", "clinician", set()),  # a doctor looks from the department
        ("area:310112", "epidemiologist", {"epidemiologist", "hiv_officer"}),
        ("area:310112", "clinician", set()),
        ("area:310104", "epidemiologist", {"residence_epidemiologist"}),
        ("place:{grid}", "grid_worker", {"grid_worker"}),
        ("nowhere", "clinician", set()),
    ],
)
def test_who_sits_at_a_desk(county, scope, role, names):
    scope = scope.format(hospital=county.hospital.id, grid=county.places["grid"].id)
    assert {seat.user.username for seat in queries.at_desk(scope, role)} == names


@pytest.mark.parametrize(
    ("since", "until", "valid"), [(-1, None, True), (0, 0, True), (1, None, False), (-9, -1, False), (-9, 9, True)]
)
def test_a_seat_holds_from_its_first_day_to_its_last(county, since, until, valid):
    today = clock.today()
    Seat.objects.filter(user=county.users["auditor"]).update(
        since=today + timedelta(days=since), until=None if until is None else today + timedelta(days=until)
    )
    assert bool(queries.seats_of(county.users["auditor"])) is valid


def test_changing_seat_changes_what_one_sees_and_only_to_ones_own(county):
    user = county.users["clinician"]
    with apps.as_jobs():
        second = services.give_seat(user, "hospital_desk", NODE, organisation=county.hospital, department="公卫科")
    client = sign_in(county, "clinician")
    assert client.get("/work/").context["seat"].role == "clinician"
    assert client.post("/seat", {"seat": str(second.id)}).status_code == 302
    assert client.get("/work/").context["seat"].role == "hospital_desk"
    answer = client.post("/seat", {"seat": str(county.seats["epidemiologist"].id)})
    assert answer.status_code == 403
    assert client.get("/work/").context["seat"].role == "hospital_desk"
    assert client.get("/seat").status_code == 405


@pytest.mark.parametrize("path", ["/accounts/login/"])
def test_what_a_visitor_may_open(db, path):
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/work/", "/signals/", "/ledger/", "/seat", "/accounts/password/change/", "/search/"]
)
def test_everything_else_leads_to_the_sign_in_page(db, path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_htmx_is_led_there_too(db):
    answer = Client().get("/work/", headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login/")


def test_signing_in_and_out_and_failing_are_in_the_access_stream_without_the_name(county):
    client = Client()
    before = Entry.objects.count()
    client.post("/accounts/login/", {"login": "clinician", "password": "wrong wrong wrong"})
    client.post("/accounts/login/", {"login": "my secret password", "password": "x"})
    assert client.post("/accounts/login/", {"login": "clinician", "password": PASSWORD}).status_code == 302
    client.post("/accounts/logout/")
    entries = list(Entry.objects.order_by("id")[before:])
    me = county.users["clinician"].pk
    assert [(one.kind, one.actor) for one in entries] == [
        ("accounts.sign_in_failed", me), ("accounts.sign_in_failed", None), ("accounts.signed_in", me),
        ("accounts.signed_out", me),
    ]  # fmt: skip
    assert {one.stream for one in entries} == {"access"}
    assert "secret" not in str([one.facts for one in entries])


def test_five_wrong_passwords_lock_the_account_for_this_address(county):
    client = Client()
    for _ in range(5):
        client.post("/accounts/login/", {"login": "clinician", "password": "wrong wrong wrong"})
    answer = client.post("/accounts/login/", {"login": "clinician", "password": PASSWORD})
    assert answer.status_code in (403, 429)
    assert "锁定" in answer.content.decode()


def test_no_more_than_three_browsers_at_once(county):
    clients = []
    for _ in range(policy.SESSIONS + 1):
        client = Client()
        client.post("/accounts/login/", {"login": "clinician", "password": PASSWORD})
        clients.append(client)
    assert [client.get("/work/").status_code for client in clients] == [302, 200, 200, 200]


def test_a_view_that_raises_leaves_nothing_behind(county):
    client = sign_in(county, "clinician")
    with apps.listening() as heard:
        answer = client.post("/break-glass/" + str(new_id()), {"reason": "抢救", "note": ""})
    assert answer.status_code == 400
    assert "请写明紧急情况" in answer.content.decode()
    assert heard.entries == []
    assert not Visibility.objects.filter(reason__startswith="glass:").exists()


def test_an_error_of_htmx_is_words_for_a_toast(county):
    answer = sign_in(county, "clinician").get("/ledger/", headers={"hx-request": "true"})
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("choice", "note", "purpose"),
    [
        ("treatment", "", "asked:treatment"),
        ("other", " 上级  检查 ", "asked:other: 上级 检查"),
        ("other", "", None),
        ("curiosity", "x", None),
    ],
)
def test_a_purpose_is_one_of_the_list_and_other_needs_words(choice, note, purpose):
    if purpose is None:
        with pytest.raises(UserError):
            purposes.asked(choice, note)
    else:
        assert purposes.asked(choice, note) == purpose


def test_a_purpose_holds_for_its_subject_and_half_an_hour(county):
    request = RequestFactory().get("/")
    request.session, request.viewer = {}, county.viewer("clinician")
    subject = new_id()
    with clock.frozen(clock.now()):
        purposes.keep(request, subject, "asked:treatment")
        assert purposes.of_request(request, {"person": subject}) == "asked:treatment"
        assert purposes.of_request(request, {"person": new_id()}) == ""
        with clock.frozen(clock.now() + timedelta(minutes=31)):
            assert purposes.of_request(request, {"person": subject}) == ""


def test_asking_and_going_on(county):
    client, subject = sign_in(county, "clinician"), new_id()
    page = client.get(f"/purpose/{subject}?next=/work/")
    assert "说明目的" in page.content.decode()
    answer = client.post(f"/purpose/{subject}", {"purpose": "treatment", "next": "/work/"})
    assert answer["Location"] == "/work/"
    answer = client.post(f"/purpose/{subject}", {"purpose": "treatment", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("username", "password", "code"),
    [
        ("clinician", PASSWORD, "accounts.user_taken"),
        ("new", "short", "accounts.password_weak"),
        ("new", "1234567890123", "accounts.password_weak"),
    ],
)
def test_opening_an_account_says_what_is_wrong(county, username, password, code):
    with pytest.raises(UserError) as refused:
        services.create_user(username, "新人", password, NODE)
    assert refused.value.code == code
    assert refused.value.render("zh")


def test_an_account_with_a_seat_can_sign_in(county):
    with apps.as_jobs():
        user = services.create_user("new", "新人", PASSWORD, NODE)
        services.give_seat(user, "bureau", NODE, organisation=county.bureau)
        with pytest.raises(UserError):
            services.give_seat(user, "grid_worker", NODE)
    assert viewer_of(queries.seats_of(user)[0]).scopes[-1] == "area:310112"
    client = Client()
    assert client.post("/accounts/login/", {"login": "new", "password": PASSWORD}).status_code == 302
    assert client.get("/work/").status_code == 200


def test_roles_of_the_house_and_of_the_work_pack_are_the_same():
    from yifang.knowledge import load

    assert {role.id: (role.zh, role.en) for role in load().work.roles} == {
        key: (role.zh, role.en) for key, role in ROLES.items()
    }


def test_who_may_break_the_glass_is_the_same_in_roles_and_pack():
    assert {key for key in ROLES if policy.may_break_glass(key)} == {
        key for key, role in ROLES.items() if "glass.open" in role.may
    }


@pytest.mark.parametrize("path", ["password/reset/", "signup/", "email/", "login/code/confirm/"])
def test_no_page_promises_mail_or_an_account(county, client, path):
    client.force_login(county.users["clinician"])
    assert client.get(f"/accounts/{path}").status_code == 404


def test_a_user_name_is_shown_as_the_persons_name():
    assert str(User(username="x", display_name="王一")) == "王一"


def test_entering_nests_and_restores(county):
    with enter(county.viewer("clinician")):
        with enter(county.viewer("epidemiologist")):
            assert _told() == "epidemiologist"
        assert _told() == "clinician"
    assert _told() == ""


def _told() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('yifang.role', true), '')")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "密码太短"), ("en", "too short")])
def test_a_short_password_is_told_in_the_readers_language(language, said):
    with translation.override(language), pytest.raises(ValidationError, match=said):
        validate_password("a1b2c3")
