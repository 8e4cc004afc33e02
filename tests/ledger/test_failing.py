"""An entry that a subscriber cannot take: waited for, then set aside, and no value of anybody on the way.

Like the tests of the ledger these commit, for the pump seals what other transactions finished.
"""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.test import Client

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger import failing, jobs, queries, subscriptions
from yifang.apps.ledger.failing import ATTEMPTS, wait_after
from yifang.apps.ledger.models import Cursor, Failure
from yifang.apps.ledger.services import NODE, Change, append
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, place_of
from yifang.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 11, 20, 12, tzinfo=clock.CHINA)
SECRET = "陈小宝 310112202105040011"
A, B, C = (new_id() for _ in range(3))


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No subscriber but those of the test."""
    monkeypatch.setattr(subscriptions, "_subscribers", {})


class Reader:
    """A subscriber that cannot take the numbers in `bad`."""

    def __init__(self, name: str, *bad: int) -> None:
        self.name = name
        self.taken: list[int] = []
        self.tries: list[list[int]] = []
        self.bad = set(bad)
        subscriptions.subscribe(name, ["test.happened"], self.take)

    def take(self, batch) -> None:
        numbers = [one.facts["number"] for one in batch]
        self.tries.append(numbers)
        Cursor.objects.create(name=f"{self.name} {len(self.tries)}")  # must go with the failure
        if self.bad & set(numbers):
            raise ValueError(SECRET)
        self.taken += numbers


def write(*subjects: UUID | None) -> None:
    for number, subject in enumerate(subjects):
        with transaction.atomic():
            append(Change("test.happened", "test", subject, facts={"number": number}), NODE)


def run(after: timedelta = timedelta()) -> None:
    with clock.frozen(START + after):
        jobs.run_once()


def run_until_aside() -> timedelta:
    """Let the waits pass. Returns when the last try was."""
    passed = timedelta()
    run()
    for attempts in range(1, ATTEMPTS):
        passed += wait_after(attempts)
        run(passed)
    return passed


def test_the_waits_grow_to_an_hour():
    waits = [wait_after(attempts) for attempts in range(1, 40)]
    assert waits[:4] == [timedelta(seconds=one) for one in (0.5, 2, 8, 32)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)


def test_the_good_ones_before_it_are_taken_and_others_go_on():
    bad, good = Reader("bad", 3), Reader("good")
    write(*[new_id() for _ in range(6)])
    run()
    assert good.taken == [0, 1, 2, 3, 4, 5]
    assert bad.taken == [0, 1, 2]
    assert not Cursor.objects.filter(name="bad 1").exists(), "what it wrote goes when it fails"
    run(timedelta(seconds=0.1))
    assert len(bad.tries) == 5, "a batch, three good ones, the bad one; then it waits"


def test_one_that_passes_is_taken_once_and_in_order():
    bad = Reader("bad", 3)
    write(*[A] * 6)
    run()
    bad.bad.clear()
    run(wait_after(1))
    assert bad.taken == [0, 1, 2, 3, 4, 5]
    assert not Failure.objects.exists()


def test_after_so_many_tries_it_is_set_aside_and_the_others_go_on():
    bad = Reader("bad", 1)
    write(B, A, B, A, C)
    run_until_aside()
    assert bad.taken == [0, 2, 4], "3 is of the same subject as 1: it waits behind it"
    stood = list(Failure.objects.order_by("seq").values_list("attempts", "aside", "subject"))
    assert stood == [(ATTEMPTS, True, A), (0, True, A)]
    assert failing.set_aside() == 1


def test_what_comes_later_of_the_same_subject_waits_and_then_follows_in_order():
    bad = Reader("bad", 1)
    write(B, A, A, C)
    passed = run_until_aside()
    with transaction.atomic():
        append(Change("test.happened", "test", A, facts={"number": 9}), NODE)
    run(passed + timedelta(seconds=1))
    assert bad.taken == [0, 3]
    bad.bad.clear()
    run(passed + wait_after(ATTEMPTS))
    assert bad.taken == [0, 3, 1, 2, 9]
    assert not Failure.objects.exists()


def test_without_a_subject_there_is_nothing_to_wait_behind():
    bad = Reader("bad", 1)
    write(None, None, None)
    run_until_aside()
    assert bad.taken == [0, 2]


def test_it_is_tried_on_later_and_later():
    bad = Reader("bad", 0)
    write(A)
    passed = run_until_aside()
    for attempts in range(ATTEMPTS, ATTEMPTS + 3):
        tried = len(bad.tries)
        run(passed + wait_after(attempts) - timedelta(seconds=1))
        assert len(bad.tries) == tried
        passed += wait_after(attempts)
        run(passed)
        assert len(bad.tries) == tried + 1
    assert Failure.objects.get().attempts == ATTEMPTS + 3


def test_two_that_cannot_be_taken_are_both_set_aside():
    bad = Reader("bad", 0, 1)
    write(A, B, C)
    passed = run_until_aside()
    for attempts in range(1, ATTEMPTS + 1):
        passed += wait_after(attempts)
        run(passed)
    assert bad.taken == [2]
    assert set(Failure.objects.values_list("subject", flat=True)) == {A, B}


def test_a_lost_database_is_nobodys_failure(monkeypatch):
    Reader("bad", 0)
    write(A)
    monkeypatch.setattr(connections["default"], "is_usable", lambda: False)
    with pytest.raises(OperationalError, match="ValueError yifang"):
        run()
    assert not Failure.objects.exists()


def test_no_value_of_anybody_stands_in_the_table_or_the_log(caplog, capsys):
    Reader("bad", 0)
    write(A)
    run()
    told = Failure.objects.get().error
    assert told.startswith("ValueError yifang.apps.ledger.subscriptions:")
    shown = capsys.readouterr()
    for text in (told, caplog.text, shown.out, shown.err):
        assert "陈小宝" not in text


def test_the_place_of_an_error_is_without_its_words():
    with pytest.raises(IntegrityError, match="陈小宝") as caught, transaction.atomic():
        Cursor.objects.bulk_create([Cursor(name="陈小宝"), Cursor(name="陈小宝")])
    assert place_of(caught.value).startswith("IntegrityError ")
    assert "陈小宝" not in place_of(caught.value)
    assert place_of(ValueError("陈小宝")) == "ValueError"


# -- the page


@pytest.fixture
def county():
    return apps.county()


def stuck(name: str = "bad") -> Failure:
    Reader(name, 0)
    write(A, A)
    run_until_aside()
    return Failure.objects.get(attempts=ATTEMPTS)


def test_the_administrator_sees_it_and_tries_again(county):
    failure = stuck()
    client = Client()
    client.force_login(county.users["administrator"], backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get("/ledger/").content.decode()
    for words in ("未能处理的记录", "ValueError", "现在重试", "1 条未能处理"):
        assert words in page
    with apps.listening() as heard:
        assert client.post(f"/ledger/failures/{failure.id}/retry").status_code == 302
    assert heard.kinds == ["ledger.retried"]
    assert heard.entries[0].facts == {"subscriber": "bad", "seq": failure.seq, "attempts": ATTEMPTS}
    failure.refresh_from_db()
    assert failure.next_try_at <= clock.now()


def test_the_page_in_english(county):
    stuck()
    client = Client()
    client.force_login(county.users["auditor"], backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/i18n/setlang/", {"language": "en", "next": "/ledger/"})
    page = client.get("/ledger/").content.decode()
    assert "Entries that could not be handled" in page
    assert "/retry" not in page, "the auditor looks only"


@pytest.mark.parametrize("name", ["auditor", "epidemiologist", "hospital_desk"])
def test_only_the_administrator_may_try_again(county, name):
    failure = stuck()
    with enter(county.viewer(name)) as viewer, pytest.raises(NotAllowed):
        failing.retry(failure.id, viewer)


def test_one_that_was_taken_meanwhile_is_not_found(county):
    with enter(county.viewer("administrator")) as viewer, pytest.raises(NotFound):
        failing.retry(1, viewer)


def test_nobody_else_sees_the_table(county):
    stuck()
    with enter(county.viewer("epidemiologist")):
        assert not Failure.objects.exists()
    with enter(county.viewer("administrator")) as viewer:
        assert [(one.failure.attempts, one.behind) for one in queries.stuck(viewer)] == [(ATTEMPTS, 1)]
