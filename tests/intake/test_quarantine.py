"""What could not be read is mended and replayed, discarded, reopened; who may do so, and what is left behind."""

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake import services
from yifang.apps.intake.models import Quarantined, QuarantineState
from yifang.apps.intake.services import quarantine
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.apps.work.models import WorkItem
from yifang.formats.canonical import Item, Refusal
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState

pytestmark = pytest.mark.django_db
ORIGINAL = b"MHS|^~\\&|LIS|a segment nobody knows"


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def waiting(county) -> Quarantined:
    refusal = Refusal("hl7.no_header", "MSH")
    with apps.as_jobs():
        batch = services.open_batch(county.feeds["hospital"], "a.hl7", b"d" * 32)
        services.take(batch, [Item(0, "hl7v2", (), refusal, ORIGINAL)], NODE)
    apps.deliver()
    return Quarantined.objects.get()


def test_a_mended_item_is_read_again_by_the_jobs_process(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.mend(waiting.id, apps.hl7_report(), desk)
    assert Record.objects.count() == 0  # the page itself stores nothing
    assert apps.run_deferred() == 1
    waiting.refresh_from_db()
    assert (waiting.state, Record.objects.count()) == (QuarantineState.REPLAYED, 1)
    assert waiting.batch.records == 1
    assert waiting.answered_by_id == desk.user_id
    apps.deliver()
    assert not WorkItem.objects.get(kind="quarantine_mend").is_open


def test_the_original_bytes_stay_beside_the_mend(county, waiting):
    desk, report = county.viewer("hospital_desk"), apps.hl7_report()
    with enter(desk):
        services.mend(waiting.id, report, desk)
    waiting.refresh_from_db()
    assert quarantine.bytes_of(waiting) == report
    waiting.mended = None
    assert quarantine.bytes_of(waiting) == ORIGINAL


def test_replaying_twice_stores_once(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.mend(waiting.id, apps.hl7_report(), desk)
        services.mend(waiting.id, None, desk)
    assert apps.run_deferred() == 2
    assert Record.objects.count() == 1


def test_a_mend_that_cannot_be_read_either_stays_with_its_new_reason(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.mend(waiting.id, b"\x00\x01\x02\x03\xff\xfe" * 50, desk)
    apps.run_deferred()
    apps.deliver()
    waiting.refresh_from_db()
    assert waiting.state == QuarantineState.OPEN
    assert waiting.code != "hl7.no_header"
    assert WorkItem.objects.get(kind="quarantine_mend").is_open


def test_a_mend_with_two_messages_of_which_one_is_broken_stores_neither(county, waiting):
    desk = county.viewer("hospital_desk")
    two = b'{"resourceType":"Patient","id":"p1","name":[{"text":"\xe9\x99\x88"}]}\n{"resourceType": broken\n'
    with enter(desk):
        services.mend(waiting.id, two, desk)
    apps.run_deferred()
    waiting.refresh_from_db()
    assert (waiting.state, Record.objects.count()) == (QuarantineState.OPEN, 0)


def test_discarding_asks_for_a_reason_and_can_be_taken_back(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        with pytest.raises(UserError, match="Say why"):
            services.discard(waiting.id, "  ", desk)
        services.discard(waiting.id, "测试消息", desk)
        with pytest.raises(WrongState):
            services.mend(waiting.id, ORIGINAL, desk)
        services.reopen(waiting.id, desk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.note) == (QuarantineState.OPEN, "")


def test_the_last_discarded_item_ends_the_work(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.discard(waiting.id, "测试消息", desk)
    apps.deliver()
    assert not WorkItem.objects.get(kind="quarantine_mend").is_open


def test_a_reopened_item_opens_the_work_again(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.discard(waiting.id, "测试消息", desk)
    apps.deliver()
    with enter(desk):
        services.reopen(waiting.id, desk)
    apps.deliver()
    assert [one.is_open for one in WorkItem.objects.filter(kind="quarantine_mend").order_by("starts_at")] == [
        False,
        True,
    ]


def test_opening_the_bytes_is_an_access_entry(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk), apps.listening("access") as heard:
        assert services.open_original(waiting.id, desk)[1] == ORIGINAL
    assert [(one.kind, one.subject, one.actor) for one in heard.entries] == [
        ("quarantine.opened", waiting.id, desk.user_id)
    ]


MENDS = {"hospital_desk"}
LOOKS = MENDS | {"hospital_lab"}


@pytest.mark.parametrize("name", apps.CAST)
def test_who_may_look_and_mend(county, waiting, name):
    viewer = county.viewer(name)

    def may(act) -> bool:
        try:
            with enter(viewer):
                act()
        except (NotAllowed, NotFound):
            return False
        return True

    assert may(lambda: services.open_original(waiting.id, viewer)) == (name in LOOKS)
    assert may(lambda: services.mend(waiting.id, ORIGINAL, viewer)) == (name in MENDS)
    assert may(lambda: services.discard(waiting.id, "测试", viewer)) == (name in MENDS)


def test_the_ledger_never_holds_the_bytes(county, waiting):
    desk = county.viewer("hospital_desk")
    with enter(desk), apps.listening() as heard:
        services.mend(waiting.id, apps.hl7_report(), desk)
    assert heard.kinds == ["intake.mended"]
    said = str([(one.facts, one.fields, one.digest) for one in heard.entries])
    assert "陈小宝" not in said
    assert "MSH" not in said
