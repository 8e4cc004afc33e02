"""`yifang accounts …`: opening, seating, ending, resetting, closing, listing; each a ledger entry without password."""

from __future__ import annotations

import argparse
import io
import json

import pytest
from django.test import Client

from tests import apps
from yifang.apps.accounts import command
from yifang.apps.accounts.models import User
from yifang.apps.ledger.models import Entry
from yifang.kernel.errors import UserError

PASSWORD = "correct horse battery"


@pytest.fixture
def county(db):
    return apps.county(PASSWORD)


@pytest.fixture
def yifang(county, capsys, monkeypatch):
    """Runs `yifang accounts …` as its process would, with the rights of the jobs role; gives what it printed."""

    def run(*words: str, stdin: str = "") -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        parser = argparse.ArgumentParser()
        command.configure(parser)
        with apps.as_jobs():
            assert command.run(parser.parse_args(words)) == 0
        return capsys.readouterr().out

    return run


def sign_in(name: str, password: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": name, "password": password})
    return client


def last_entry() -> Entry:
    return Entry.objects.filter(stream="change").latest("id")


def test_a_new_account_signs_in_with_the_printed_password_and_must_change_it(yifang):
    said = yifang("add", "wang", "王一")
    password = said.strip().rpartition("：")[2]
    yifang("seat", "wang", "bureau", "--organisation", "B310112")
    client = sign_in("wang", password)
    assert client.get("/work/")["Location"] == "/accounts/password/change/"
    assert client.get("/work/", headers={"X-Requested-With": "live"}).status_code == 401
    assert client.get("/accounts/password/change/").status_code == 200
    words = {"oldpassword": password, "password1": "sunny autumn lake", "password2": "sunny autumn lake"}
    changed = client.post("/accounts/password/change/", words)
    assert (changed.status_code, changed["Location"]) == (302, "/")
    assert (last_entry().kind, last_entry().actor) == (
        "accounts.password_changed",
        User.objects.get(username="wang").pk,
    )
    assert client.get("/work/").status_code == 200
    assert sign_in("wang", "sunny autumn lake").get("/work/").status_code == 200
    everything = str([(one.facts, one.purpose) for one in Entry.objects.all()])
    assert password not in everything
    assert "sunny" not in everything


def test_a_password_from_standard_input_is_not_printed(yifang):
    said = yifang("add", "wang", "王一", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert PASSWORD not in said
    assert User.objects.get(username="wang").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        (("add", "clinician", "某"), "", "accounts.user_taken"),
        (("add", "wang", "某", "--password-stdin"), "", "accounts.no_password"),
        (("add", "wang", "某", "--password-stdin"), "12345678901\n", "accounts.password_weak"),
        (("seat", "nobody", "bureau"), "", "accounts.no_user"),
        (("seat", "clinician", "bureau"), "", "accounts.seat_place"),
        (("seat", "clinician", "bureau", "--organisation", "X"), "", "accounts.no_organisation"),
        (("seat", "clinician", "grid_worker", "--place", "X"), "", "accounts.no_place"),
        (("end", "clinician", "zzz"), "", "accounts.no_seat_of"),
        (("reset", "nobody"), "", "accounts.no_user"),
        (("list", "nobody"), "", "accounts.no_user"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_done(yifang, words, stdin, code):
    before = Entry.objects.count()
    with pytest.raises(UserError) as refused:
        yifang(*words, stdin=stdin)
    assert refused.value.code == code
    assert refused.value.render("zh") != refused.value.render("en")
    assert Entry.objects.count() == before


def test_a_seat_ends_at_once(yifang, county):
    client = sign_in("bureau", PASSWORD)
    assert client.get("/work/").status_code == 200
    yifang("end", "bureau", str(county.seats["bureau"].id))
    assert client.get("/work/").status_code == 403
    assert (last_entry().kind, last_entry().subject) == ("accounts.seat_ended", county.seats["bureau"].id)
    with pytest.raises(UserError):
        yifang("end", "bureau", str(county.seats["bureau"].id))


def test_a_lock_out_is_shown_and_lifted(yifang):
    for _ in range(5):
        sign_in("bureau", "wrong wrong wrong")
    assert sign_in("bureau", PASSWORD).get("/work/").status_code == 302
    assert "已锁定至" in yifang("list", "bureau")
    assert json.loads(yifang("list", "bureau", "--json"))["locked"]
    yifang("reset", "bureau", "--keep-password")
    assert last_entry().kind == "accounts.lock_lifted"
    assert "已锁定" not in yifang("list", "bureau")
    assert sign_in("bureau", PASSWORD).get("/work/").status_code == 200
    assert "没有被锁定" in yifang("reset", "bureau", "--keep-password")


def test_a_reset_gives_another_password_lifts_the_lock_and_ends_sessions(yifang):
    client = sign_in("bureau", PASSWORD)
    for _ in range(5):
        sign_in("bureau", "wrong wrong wrong")
    yifang("reset", "bureau", "--password-stdin", stdin="quiet river stone\n")
    assert client.get("/work/")["Location"].startswith("/accounts/login/")
    assert sign_in("bureau", PASSWORD).get("/work/")["Location"].startswith("/accounts/login/")
    assert sign_in("bureau", "quiet river stone").get("/work/")["Location"] == "/accounts/password/change/"
    assert Entry.objects.filter(kind="accounts.password_reset").latest("id").facts["lifted"] is True


def test_a_closed_account_is_out_at_once_and_comes_back(yifang):
    client = sign_in("bureau", PASSWORD)
    yifang("disable", "bureau")
    assert client.get("/work/").status_code == 302
    assert sign_in("bureau", PASSWORD).get("/work/").status_code == 302
    assert "已停用" in yifang("list", "bureau")
    yifang("enable", "bureau")
    assert sign_in("bureau", PASSWORD).get("/work/").status_code == 200
    kinds = list(Entry.objects.filter(stream="change").order_by("id").values_list("kind", flat=True))
    assert kinds[-2:] == ["accounts.user_disabled", "accounts.user_enabled"]


def test_the_list_names_everybody_with_their_seats(yifang, county):
    said = yifang("list")
    assert all(f"{name}  " in said for name in county.users)
    assert str(county.seats["clinician"].id) in said
    assert "临床医生 · 梅陇人民医院 儿科" in said
    assert "没有岗位" in said  # the stranger
    assert len(yifang("list", "--json").splitlines()) == len(county.users)


@pytest.mark.parametrize(
    "kind",
    ["user_created", "seat_given", "seat_ended", "password_changed", "password_reset", "lock_lifted", "user_disabled",
     "user_enabled", "glass_told", "glass_noted"],
)  # fmt: skip
def test_the_ledger_has_words_for_it(kind):
    from yifang.kernel.messages import render

    assert render(f"ledger.kind.accounts.{kind}", {}, "zh") != render(f"ledger.kind.accounts.{kind}", {}, "en")
