"""`/healthz` says 200 when web, database and jobs are up, else 503 and which part is down."""

import json

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from yifang.apps.ledger.models import Failure
from yifang.kernel import clock
from yifang.node import health


@pytest.mark.parametrize(
    ("heartbeat", "status", "jobs"),
    [
        (None, 503, "down"),
        ("1 second", 200, "up"),
        ("1 hour", 503, "down"),
    ],
)
@pytest.mark.django_db
def test_jobs_are_up_while_their_heartbeat_is_fresh(heartbeat, status, jobs):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        if heartbeat:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)", [heartbeat]
            )
    answer = Client().get("/healthz")
    assert answer.status_code == status
    up = {"web": "up", "database": "up", "jobs": jobs, "ledger": "up", "work": "up", "relay": "up"}
    assert answer.json() == {"ok": status == 200, **up}
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_what_needs_somebody_degrades_and_does_not_stop(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    now = clock.now()
    for seq, error in ((1, "ValueError yifang.x:1"), (2, "")):  # the second only waits behind the first
        Failure.objects.create(subscriber="x", seq=seq, error=error, aside=True, first_at=now, next_try_at=now)
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert (answer.json()["ledger"], answer.json()["needs"]) == ("degraded", {"ledger": 1})


def test_without_a_database_it_says_so(monkeypatch):
    def refuse():
        from django.db import OperationalError

        raise OperationalError("gone")

    monkeypatch.setattr(health.connection, "cursor", refuse)
    middleware = health.HealthMiddleware(lambda request: pytest.fail("passed on"))
    answer = middleware(RequestFactory().get("/healthz"))
    assert answer.status_code == 503
    assert json.loads(answer.content) == {"ok": False, "web": "up", "database": "down", "jobs": "unknown"}


def test_every_other_address_passes():
    middleware = health.HealthMiddleware(lambda request: request.path)
    assert middleware(RequestFactory().get("/healthz/more")) == "/healthz/more"
