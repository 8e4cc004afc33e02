"""The ledger: nothing is lost, nothing changes unnoticed, subscribers hear all in order, a failing one alone waits.

These tests commit, on connections of their own: what they are about is what other transactions see.
"""

import threading
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from yifang.apps.accounts import grants
from yifang.apps.ledger import command, jobs, seal, subscriptions
from yifang.apps.ledger.models import Cursor, Entry, Seal
from yifang.apps.ledger.services import NODE, Change, Node, append, looked, together
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.ledger.verifying import CHUNK, anchored, verify
from yifang.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No subscriber but those of the test."""
    monkeypatch.setattr(subscriptions, "_subscribers", {})


def write(count: int = 1, kind: str = "test.happened") -> None:
    for number in range(count):
        with transaction.atomic():
            append(Change(kind, "test", new_id(), facts={"number": number}, scopes=["org:1"]), NODE)


def sealed(count: int = 9) -> None:
    write(count)
    with transaction.atomic():
        looked("test.looked", "test", new_id(), Node(user_id=7, role="clinician", purpose="treatment"))
    seal.seal_pending()


def faults(anchor=None) -> list[tuple[str, str, int | None]]:
    return [(fault.what, fault.stream, fault.seq) for fault in verify(anchor)]


def run_sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


ENTRY = "(SELECT entry_id FROM ledger_seal WHERE stream = 'change' AND seq = {})"


def test_a_whole_ledger_has_no_fault():
    sealed()
    assert faults() == []
    assert [one.seq for one in Seal.objects.filter(stream="change").order_by("seq")] == list(range(1, 10))


COLUMNS = {
    "at": "at - interval '1 second'", "kind": "'test.other'", "subject": "gen_random_uuid()", "actor": "99",
    "role": "'bureau'", "purpose": "'curiosity'", "scopes": "'{}'", "fields": "'{name}'",
    "facts": "'{\"number\": 100}'",
    "digest": "'00'", "subject_kind": "'card'", "xid": "xid + 1", "stream": "'access'",
}  # fmt: skip


@pytest.mark.parametrize(("column", "value"), COLUMNS.items())
def test_a_change_to_any_column_is_found_and_named(column, value):
    sealed()
    run_sql(f"UPDATE ledger_entry SET {column} = {value} WHERE id = {ENTRY.format(4)}")
    assert faults() == [("edited", "change", 4)]


def test_a_change_in_the_access_stream_is_found_too():
    sealed()
    run_sql("UPDATE ledger_entry SET actor = 8 WHERE stream = 'access'")
    assert faults() == [("edited", "access", 1)]


def swap(a: int, b: int) -> list[str]:
    return [
        f"UPDATE ledger_seal SET seq = -1 WHERE stream = 'change' AND seq = {a}",
        f"UPDATE ledger_seal SET seq = {a} WHERE stream = 'change' AND seq = {b}",
        f"UPDATE ledger_seal SET seq = {b} WHERE stream = 'change' AND seq = -1",
    ]


TAMPERED = [
    ("entry removed", [f"DELETE FROM ledger_entry WHERE id = {ENTRY.format(4)}"], [("removed", 4)]),
    ("first entry removed", [f"DELETE FROM ledger_entry WHERE id = {ENTRY.format(1)}"], [("removed", 1)]),
    ("last entry removed", [f"DELETE FROM ledger_entry WHERE id = {ENTRY.format(9)}"], [("removed", 9)]),
    (
        "entry and seal removed",
        [
            f"DELETE FROM ledger_entry WHERE id = {ENTRY.format(4)}",
            "DELETE FROM ledger_seal WHERE stream = 'change' AND seq = 4",
        ],
        [("removed", 4), ("unproven", 5)],
    ),
    ("neighbours swapped", swap(4, 5), [("reordered", 4), ("reordered", 5)]),
    ("two far apart swapped", swap(2, 8), [("reordered", 2), ("reordered", 8)]),
    ("seal changed", ["UPDATE ledger_seal SET hash = '\\x00' WHERE stream = 'change' AND seq = 4"], [("edited", 4)]),
    (
        "two edited",
        [f"UPDATE ledger_entry SET role = 'x' WHERE id IN ({ENTRY.format(4)}, {ENTRY.format(5)})"],
        [("edited", 4), ("edited", 5)],
    ),
    (
        "contents of two swapped",
        [
            f"UPDATE ledger_entry SET facts = '{{\"number\": 7}}' WHERE id = {ENTRY.format(2)}",
            f"UPDATE ledger_entry SET facts = '{{\"number\": 1}}' WHERE id = {ENTRY.format(8)}",
        ],
        [("edited", 2), ("edited", 8)],
    ),
]


@pytest.mark.parametrize(("statements", "expected"), [one[1:] for one in TAMPERED], ids=[one[0] for one in TAMPERED])
def test_what_a_superuser_does_is_found_and_only_that_is_named(statements, expected):
    sealed()
    run_sql(*statements)
    assert faults() == [(what, "change", seq) for what, seq in expected]


def test_a_cut_end_is_known_from_the_anchor(tmp_path):
    sealed()
    anchor = tmp_path / "anchor.json"
    seal.write_anchor(anchor)
    assert anchored(anchor)["change"][0] == 9
    run_sql(
        "DELETE FROM ledger_entry WHERE id IN (SELECT entry_id FROM ledger_seal WHERE stream = 'change' AND seq > 7)",
        "DELETE FROM ledger_seal WHERE stream = 'change' AND seq > 7",
    )
    assert faults() == []
    assert faults(anchor) == [("cut", "change", 8), ("cut", "change", 9)]


def test_a_chain_written_anew_is_known_from_the_anchor(tmp_path):
    sealed()
    anchor = tmp_path / "anchor.json"
    seal.write_anchor(anchor)
    run_sql(f"UPDATE ledger_entry SET role = 'x' WHERE id = {ENTRY.format(4)}", "DELETE FROM ledger_seal")
    seal.seal_pending()
    assert faults() == []
    assert faults(anchor) == [("rewritten", "change", 9)]


def test_an_entry_put_in_afterwards_is_named():
    sealed()
    run_sql(
        """INSERT INTO ledger_entry (stream, at, xid, kind, subject_kind, role, purpose, scopes, fields, facts, digest)
        SELECT stream, at, xid - 1, kind, subject_kind, role, purpose, scopes, fields, facts, digest
        FROM ledger_entry WHERE stream = 'change' ORDER BY id LIMIT 1"""
    )
    found = list(verify())
    assert [fault.what for fault in found] == ["unsealed"]
    assert found[0].entry == Entry.objects.order_by("-id").first().id


@pytest.mark.parametrize("role", ["web", "jobs"])
@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_entry SET kind = 'x'", "DELETE FROM ledger_entry", "UPDATE ledger_seal SET seq = 1",
                  "DELETE FROM ledger_seal", "TRUNCATE ledger_entry"]
)  # fmt: skip
def test_no_process_of_the_node_may_change_it(role, statement):
    sealed(1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
        with pytest.raises(Exception, match="permission denied"):
            cursor.execute(statement)
        transaction.set_rollback(True)


def test_the_command_names_what_it_finds_and_ends_with_1(capsys, tmp_path):
    sealed()
    anchor = tmp_path / "anchor.json"
    seal.write_anchor(anchor)
    arguments = command.argparse.Namespace(json=False, anchor=anchor)
    assert command.run(arguments) == 0
    assert "变更：核对 9 条，完整。" in capsys.readouterr().out
    run_sql(f"UPDATE ledger_entry SET role = 'x' WHERE id = {ENTRY.format(4)}")
    assert command.run(arguments) == 1
    entry = Seal.objects.get(stream="change", seq=4).entry_id
    assert f"变更第 4 号（条目 {entry}）被改动" in capsys.readouterr().out


# -- nothing is lost


def test_a_late_committer_is_sealed_and_heard_after_those_who_overtook_it():
    heard = []
    subscriptions.subscribe("test", ["test.happened"], lambda batch: heard.extend(one.facts["number"] for one in batch))
    params = connection.get_connection_params()
    params.pop("cursor_factory", None)
    slow = psycopg.connect(**{**params, "context": None} if "context" in params else params)
    try:
        slow.execute(
            """INSERT INTO ledger_entry
            (stream, at, xid, kind, subject_kind, role, purpose, scopes, fields, facts, digest)
            VALUES ('change', now(), yf_xid(), 'test.happened', 'test', 'node', '', '{}', '{}', '{"number": -1}', '')"""
        )
        write(3)
        jobs.run_once()
        assert heard == [], "the oldest running transaction holds back what came after it"
        slow.commit()
        jobs.run_once()
        assert sorted(heard) == [-1, 0, 1, 2]
        assert heard[0] == -1
        assert faults() == []
    finally:
        slow.close()


def test_two_sealers_at_once_make_one_chain():
    write(300)
    done = []

    def sealing():
        from django.db import connections

        for _ in range(20):
            done.append(sum(seal.seal_pending(limit=40).values()))
        connections.close_all()

    threads = [threading.Thread(target=sealing) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    while sum(seal.seal_pending().values()):
        pass
    assert faults() == []
    assert Seal.objects.filter(stream="change").count() == 300


def test_a_large_ledger_is_verified_in_chunks():
    count = 5 * CHUNK
    run_sql(
        f"""INSERT INTO ledger_entry
        (stream, at, xid, kind, subject_kind, subject, role, purpose, scopes, fields, facts, digest)
        SELECT 'change', now(), yf_xid(), 'test.happened', 'test', gen_random_uuid(), 'node', '', '{{area:310112}}',
        '{{}}', jsonb_build_object('number', n), md5(n::text) FROM generate_series(1, {count}) n"""
    )
    while sum(seal.seal_pending().values()):
        pass
    assert faults() == []
    run_sql(f"UPDATE ledger_entry SET role = 'x' WHERE id = {ENTRY.format(count - 1)}")
    assert faults() == [("edited", "change", count - 1)]


def test_after_a_restore_into_a_new_cluster_the_order_goes_on():
    sealed()
    # As a new cluster finds it: every transaction of the ledger lies in the future.
    run_sql("UPDATE ledger_entry SET xid = xid + 1000000", "UPDATE ledger_seal SET xid = xid + 1000000")
    base = _base()
    with transaction.atomic():
        grants.apply()
    try:
        assert _base() > base
        write(2)
        seal.seal_pending()
        numbers = list(Seal.objects.filter(stream="change").order_by("xid", "entry_id").values_list("seq", flat=True))
        assert numbers == list(range(1, 12))
        with transaction.atomic():
            lifted = _base()
            grants.apply()
        assert _base() == lifted, "a start without a restore lifts nothing"
    finally:
        run_sql(
            f"CREATE OR REPLACE FUNCTION yf_xid_base() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT {base}::bigint'"
        )


def _base() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT yf_xid_base()")
        return cursor.fetchone()[0]


# -- subscribers


def test_every_subscriber_hears_its_kinds_once_and_in_order():
    heard = {"one": [], "other": []}
    subscriptions.subscribe("one", ["test.happened"], lambda batch: heard["one"].extend(batch))
    subscriptions.subscribe("other", ["test.else"], lambda batch: heard["other"].extend(batch), batch=2)
    write(5)
    write(5, "test.else")
    jobs.run_once()
    jobs.run_once()
    for name in heard:
        assert [one.facts["number"] for one in heard[name]] == [0, 1, 2, 3, 4]
        assert [one.seq for one in heard[name]] == sorted({one.seq for one in heard[name]})
    assert {cursor.seq for cursor in Cursor.objects.all()} == {10}


def test_a_name_is_one_handlers_only():
    def handler(batch):
        """Nothing."""

    subscriptions.subscribe("test", ["a"], handler)
    subscriptions.subscribe("test", ["a"], handler)
    with pytest.raises(ValueError, match="registered already"):
        subscriptions.subscribe("test", ["a"], lambda batch: None)


def test_an_entry_outside_a_transaction_is_a_mistake_in_the_code():
    with pytest.raises(RuntimeError):
        append(Change("test.happened", "test", None), NODE)


@pytest.mark.django_db
def test_what_is_said_together_is_written_once_and_in_order():
    with CaptureQueriesContext(connection) as asked, transaction.atomic(), together():
        append(Change("test.one", "card", None), NODE)
        with together():
            append(Change("test.two", "card", None), NODE)
        append(Change("test.three", "card", None), NODE)
    assert sum("INSERT INTO ledger_entry" in one["sql"] for one in asked) == 1
    kinds = Entry.objects.filter(kind__startswith="test.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["test.one", "test.two", "test.three"]


@pytest.mark.django_db
def test_what_is_said_before_a_failure_is_not_written_and_the_next_is():
    with suppress(ValueError), transaction.atomic(), together():
        append(Change("test.one", "card", None), NODE)
        raise ValueError("broken")
    with transaction.atomic():
        append(Change("test.two", "card", None), NODE)
    assert list(Entry.objects.filter(kind__startswith="test.").values_list("kind", flat=True)) == ["test.two"]


def test_what_is_heard_is_what_was_said():
    heard: list[Heard] = []
    subscriptions.subscribe("test", ["test.happened"], heard.extend)
    subject = new_id()
    with transaction.atomic():
        append(Change("test.happened", "test", subject, facts={"of": subject}), replace(NODE, user_id=5))
    jobs.run_once()
    assert (heard[0].subject, heard[0].actor, heard[0].facts) == (subject, 5, {"of": str(subject)})
