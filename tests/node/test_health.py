"""`/healthz` says 200 when web, database and jobs are up, else 503 and which part is down."""

import json

import pytest
from django.db import connection
from django.test import Client, RequestFactory

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
    assert answer.json() == {"ok": status == 200, "web": "up", "database": "up", "jobs": jobs}
    assert answer["Cache-Control"] == "no-store"


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
