"""A file becomes a batch: by content, in chunks that cannot be half done, resumed where it was killed."""

from types import SimpleNamespace

import pytest
from django.db import DataError, OperationalError

from tests import apps
from yifang.apps.intake import services
from yifang.apps.intake.models import Batch, BatchState, Quarantined, QuarantineState
from yifang.apps.intake.services import batches
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.apps.work.models import WorkItem
from yifang.formats.canonical import Item, Refusal

pytestmark = pytest.mark.django_db
UNREADABLE = Refusal("intake.nothing_read", "MSH[1]")


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def item(index: int, *records, refusal: Refusal | None = None) -> Item:
    return Item(index, "hl7v2", records, refusal, f"item {index}".encode())


def opened(county: apps.County, digest: bytes = b"d" * 32) -> Batch:
    return services.open_batch(county.feeds["hospital"], "a.hl7", digest)


def counts(batch: Batch) -> tuple[int, int, int, int]:
    return batch.items, batch.records, batch.repeats, batch.refused


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item(0, apps.hfmd("A"))], (1, 1, 0, 0)),
        ([item(0, apps.hfmd("A"), apps.influenza("B"))], (1, 2, 0, 0)),
        ([item(0, apps.hfmd("A")), item(1, apps.hfmd("A"))], (2, 1, 1, 0)),
        ([item(0, apps.hfmd("A")), item(1, refusal=UNREADABLE)], (2, 1, 0, 1)),
        ([item(0, apps.hfmd("A")), item(1, apps.cancelled(apps.hfmd("A")))], (2, 2, 0, 0)),
        ([item(0)], (1, 0, 0, 0)),
    ],
    ids=["one record", "two people in one item", "a repeat", "one unreadable", "a withdrawal", "nothing in it"],
)
@pytest.mark.parametrize("chunk", [1, 500])
def test_every_item_is_accounted_for(county, items, expected, chunk):
    with apps.as_jobs():
        batch = services.take(opened(county), items, NODE, chunk=chunk)
    assert counts(batch) == expected
    assert (batch.state, batch.next_index) == (BatchState.DONE, len(items))
    assert Record.objects.filter(batch=batch.id).count() == expected[1]
    assert Quarantined.objects.filter(batch=batch).count() == expected[3]


def test_the_same_bytes_through_the_same_feed_are_the_same_batch(county):
    data = apps.hl7_report("R1")
    with apps.as_jobs():
        first = services.take_bytes(data, "a.hl7", county.feeds["hospital"], NODE)
        with apps.listening() as heard:
            again = services.take_bytes(data, "b.hl7", county.feeds["hospital"], NODE)
        elsewhere = services.take_bytes(data, "a.hl7", county.feeds["other_hospital"], NODE)
    assert (again.id, counts(again), heard.kinds) == (first.id, counts(first), [])
    assert elsewhere.id != first.id
    assert elsewhere.records == first.records  # another hospital's record is another record


@pytest.mark.parametrize("killed_after", range(1, 6))
def test_a_killed_batch_goes_on_where_it_stopped(county, killed_after):
    def items(stop: int | None):
        for index in range(6):
            if index == stop:
                raise KeyboardInterrupt  # what a kill leaves: the chunks before, committed
            yield item(index, apps.hfmd(f"K{index}")) if index != 4 else item(index, refusal=UNREADABLE)

    batch = opened(county)
    with apps.as_jobs():
        with pytest.raises(KeyboardInterrupt):
            services.take(batch, items(killed_after), NODE, chunk=1)
        batch.refresh_from_db()
        assert (batch.state, batch.next_index) == (BatchState.RECEIVING, killed_after)
        with apps.listening() as heard:
            done = services.take(batch, items(None), NODE, chunk=2)  # the size of a chunk may change meanwhile
    assert counts(done) == (6, 5, 0, 1)
    assert heard.kinds.count("intake.batch_done") == 1
    assert Record.objects.count() == 5


def test_two_takers_of_one_batch_share_it(county):
    """The second has read the batch before the first stored anything: the lock shows it what is there."""
    stale = opened(county)
    items = [item(index, apps.hfmd(f"S{index}")) for index in range(3)]
    with apps.as_jobs():
        services.take(opened(county), items, NODE, chunk=1)
        done = services.take(stale, items, NODE, chunk=2)
    assert counts(done) == (3, 3, 0, 0)


def test_one_record_that_cannot_be_stored_is_quarantined_and_the_others_are_stored(county):
    broken = apps.hfmd("B", complaint="发热\x00皮疹")  # PostgreSQL holds no NUL
    items = [item(0, apps.hfmd("A")), item(1, apps.influenza("C"), broken), item(2, apps.tuberculosis("D"))]
    with apps.as_jobs():
        batch = services.take(opened(county), items, NODE)
    assert counts(batch) == (3, 2, 0, 1)
    quarantined = Quarantined.objects.get()
    assert (quarantined.index, quarantined.code) == (1, "intake.not_storable")
    assert services.quarantine.bytes_of(quarantined) == b"item 1"


def test_original_bytes_are_sealed(county):
    with apps.as_jobs():
        services.take(opened(county), [item(0, refusal=UNREADABLE)], NODE)
    assert b"item 0" not in bytes(Quarantined.objects.get().sealed)


@pytest.mark.parametrize("fails", [1, 3])
def test_a_database_that_goes_away_is_tried_again(monkeypatch, fails):
    """Outside of any transaction, as in the command and the watch."""
    left = [OperationalError("terminating connection")] * fails
    outside = SimpleNamespace(in_atomic_block=False, close=lambda: None)
    monkeypatch.setattr(batches, "connection", outside)
    monkeypatch.setattr(batches.time, "sleep", lambda seconds: None)

    def step() -> str:
        if left:
            raise left.pop()
        return "stored"

    assert batches.patiently(step) == "stored"


def test_bad_content_is_not_tried_again(monkeypatch):
    tried = []

    def step() -> None:
        tried.append(1)
        raise DataError("invalid input")

    with pytest.raises(DataError):
        batches.patiently(step)
    assert len(tried) == 1


def test_the_ledger_holds_one_entry_a_chunk_and_one_for_the_batch(county):
    items = [item(index, apps.hfmd(f"L{index}")) for index in range(4)]
    with apps.as_jobs(), apps.listening() as heard:
        services.take(opened(county), items, NODE, chunk=2)
    assert heard.kinds == ["records.received", "records.received", "intake.batch_done"]
    assert all(entry.scopes == [county.hospital.scope] for entry in heard.entries)


def test_a_filling_quarantine_opens_one_item_at_the_desk(county):
    with apps.as_jobs():
        services.take(opened(county), [item(0, refusal=UNREADABLE)], NODE)
        services.take(opened(county, b"e" * 32), [item(0, refusal=UNREADABLE)], NODE)
    apps.deliver()
    assert [(one.kind, one.subject) for one in WorkItem.objects.all()] == [
        ("quarantine_mend", county.feeds["hospital"].id)
    ]
    assert Quarantined.objects.filter(state=QuarantineState.OPEN).count() == 2


def test_a_file_that_cannot_be_opened_is_accounted_for(county, tmp_path):
    refused = PermissionError(13, "Permission denied")
    with apps.as_jobs():
        first = services.take_unopened(tmp_path / "x.hl7", county.feeds["hospital"], refused, NODE)
        again = services.take_unopened(tmp_path / "x.hl7", county.feeds["hospital"], refused, NODE)
    assert (counts(first), again.id) == ((1, 0, 0, 1), first.id)
    assert Quarantined.objects.get().params == {"reason": "Permission denied"}
