"""Keys of machine clients: shown once, kept as a digest, bound to one feed, ended at once; no page opens to them."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from tests import apps
from tests.intake import machines
from tests.intake.machines import FHIR, RECORDS, Machine
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake import feeds_command, services
from yifang.apps.intake.models import FeedKey
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.formats.storage import to_json
from yifang.kernel import clock
from yifang.kernel.errors import YifangError

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(monkeypatch) -> apps.County:
    machines.without_a_socket(monkeypatch)
    return apps.county()


@pytest.fixture
def yifang(county, capsys):
    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        feeds_command.configure(parser)
        with apps.as_jobs():
            assert feeds_command.run(parser.parse_args(("key", *words))) == 0
        return capsys.readouterr().out

    return run


def status(written: str, **headers: str) -> int:
    return Machine(written).post(RECORDS, to_json(apps.hfmd()), **headers).status_code


def test_a_key_is_shown_once_and_only_its_digest_is_kept(yifang):
    written = yifang("add", "hospital-his", "集成平台").split()[-1]
    _, id, secret = written.split(".")
    assert status(written) == 201
    kept = FeedKey.objects.get()
    assert (kept.id.hex, kept.feed.code, kept.used_on) == (id, "hospital-his", clock.today())
    listed = yifang("list", "hospital-his") + yifang("list", "hospital-his", "--json")
    assert id in listed
    assert secret not in listed
    with connection.cursor() as cursor:
        keys = "(SELECT string_agg(k::text, '') FROM intake_feedkey k)"
        cursor.execute(f"SELECT string_agg(e::text, '') || {keys} FROM ledger_entry e")
        assert secret not in cursor.fetchone()[0]
    assert Entry.objects.get(kind="intake.key_made").facts == {"feed": str(kept.feed_id)}


def test_a_revoked_key_opens_nothing_from_then_on(yifang):
    written = yifang("add", "hospital-his", "his").split()[-1]
    assert status(written) == 201
    yifang("revoke", "hospital-his", "his")
    answer = Machine(written).post(RECORDS, to_json(apps.hfmd("X")))
    assert (answer.status_code, answer.json()["code"]) == (401, "intake.api_key_revoked")
    assert Entry.objects.latest("id").kind == "intake.key_revoked"
    told = json.loads(yifang("list", "hospital-his", "--json"))
    assert told["state"] == "revoked"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "hospital-his", "his"), "key_taken"),
        (("add", "hospital-his", "x", "--days", "0"), "key_days"),
        (("add", "hospital-his", "x", "--days", "99999"), "key_days"),
        (("revoke", "hospital-his", "nobody"), "no_key"),
        (("revoke", "hospital-his", ""), "no_key"),
        (("revoke", "other_hospital-his", "his"), "no_key"),
    ],
)
def test_what_is_no_use_is_refused(yifang, words, code):
    yifang("add", "hospital-his", "his")
    with pytest.raises(YifangError) as refused:
        yifang(*words)
    assert refused.value.code == f"intake.{code}"


def wrong_keys(written: str) -> dict[str, str]:
    start, id, secret = written.split(".")
    return {
        "none": "", "another scheme": "Basic eWY6MQ==", "no key": "Bearer", "nonsense": "Bearer x",
        "another secret": f"Bearer {start}.{id}.{secret[::-1]}", "another id": f"Bearer {start}.{'0' * 32}.{secret}",
        "another version": f"Bearer yf2.{id}.{secret}", "cut": f"Bearer {written[:-1]}",
    }  # fmt: skip


@pytest.mark.parametrize("which", wrong_keys("a.b.c"))
@pytest.mark.parametrize("url", [RECORDS, FHIR])
def test_a_wrong_key_hears_why_before_anything_is_read(county, which, url):
    wrong = wrong_keys(machines.key(county.feeds["hospital"]))[which]
    answer = Machine().post(url, b"not even JSON", "text/plain", **({"Authorization": wrong} if wrong else {}))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith('Bearer realm="yifang"')
    body = answer.json()
    if url == FHIR:
        assert body["issue"][0]["code"] == "login"
    else:
        assert answer["Content-Type"] == "application/problem+json"
        assert body["code"] in ("intake.api_key_missing", "intake.api_key_refused")
        assert body["type"] == f"urn:yifang:problem:{body['code']}"


def test_an_expired_key_and_a_closed_feed(county):
    feed = county.feeds["hospital"]
    written = machines.key(feed)
    FeedKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert status(written) == 401
    FeedKey.objects.update(expires_at=clock.now() + timedelta(days=1))
    with apps.as_jobs():
        services.set_active(feed, False, NODE)
    answer = Machine(written).post(RECORDS, to_json(apps.hfmd()))
    assert (answer.status_code, answer.json()["code"]) == (403, "intake.api_feed_closed")


def test_a_session_opens_no_door_and_a_key_no_page(county, client):
    client.force_login(county.users["hospital_desk"])
    assert client.post(RECORDS, "{}", content_type="application/json").status_code == 401
    machine = Machine(machines.key(county.feeds["hospital"]))
    assert machine.client.get("/intake/", headers={"Authorization": f"Bearer {machine.written}"}).status_code == 302
    answer = machine.post(RECORDS, to_json(apps.hfmd()))
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


def test_the_web_role_reads_which_keys_there_are_but_not_what_they_are_checked_against(county):
    machines.key(county.feeds["hospital"])
    with enter(county.viewer("hospital_desk")):
        assert FeedKey.objects.defer("digest").values_list("name", flat=True).get() == "his"
        with pytest.raises(ProgrammingError), transaction.atomic():
            list(FeedKey.objects.values_list("digest"))
        with pytest.raises(ProgrammingError), transaction.atomic():
            FeedKey.objects.update(name="x")
    with enter(county.viewer("other_hospital_desk")):
        assert not FeedKey.objects.defer("digest").exists()
