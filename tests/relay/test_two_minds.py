"""Both nodes changed a card before they heard of each other; forged and replayed requests; what may not be said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.relay import truth
from tests.relay.loop import at, do, submitted
from tests.relay.nodes import answered_by, settle
from yifang.apps.relay import inbox, jobs, keys, pairing
from yifang.apps.relay.models import Arrival, Conflict, Peer, Shared, Waiting
from yifang.apps.relay.transport import https
from yifang.apps.reporting import services
from yifang.apps.reporting.models import CardState
from yifang.kernel import clock
from yifang.kernel.errors import NotFound, UserError

pytestmark = pytest.mark.django_db
MOVED = {"residence_detail": "示范路77弄7号"}


@pytest.mark.parametrize(
    ("who", "order", "there", "here", "state"),
    [
        ("correct_audit", 21, lambda card: lambda who: services.audit(card, who),
         lambda card: lambda who: services.correct(card, MOVED, "住址有误", who), CardState.AUDITED),
        ("delete_return", 22, lambda card: lambda who: services.return_by_district(card, "信息不完整", "", who),
         lambda card: lambda who: services.delete(card, "误报", who), CardState.DELETED),
        ("delete_audit", 23, lambda card: lambda who: services.audit(card, who),
         lambda card: lambda who: services.delete(card, "误报", who), CardState.DELETED),
    ],
)  # fmt: skip
def test_what_both_changed_ends_alike_and_is_told(chain, who, order, there, here, state):
    hospital, district, _ = chain
    card = submitted(hospital, name="两头", order=order)
    settle(hospital, district)
    do(district, "epidemiologist", there(card.id))
    do(hospital, "hospital_desk", here(card.id))
    settle(hospital, district)
    assert [at(node, card.id).state for node in (hospital, district)] == [state, state]
    truth.same_cards(hospital, district)
    truth.same_steps(hospital, district)
    with district.on():
        assert Conflict.objects.filter(subject=card.id).count() == 1


def test_nobody_speaks_for_another_hospital(chain):
    hospital, district, _ = chain
    with district.on():
        Peer.objects.filter(side="down").update(organisations=["H31011202"])
    card = submitted(hospital, name="冒名", order=24)
    settle(hospital, district)
    assert at(district, card.id) is None
    with district.on():
        waiting = Waiting.objects.get(subject=card.id)
        assert (waiting.code, waiting.params) == ("relay.not_theirs", {"organisation": "H31011201"})
        Peer.objects.filter(side="down").update(organisations=["H31011201"])
    with district.on("jobs"):  # mended: it is taken by itself
        assert inbox.retry_waiting(Peer.objects.get(side="down").id, now=True) == 1
    district.deliver()
    assert at(district, card.id).state == CardState.SUBMITTED


def test_a_hospital_makes_no_case_at_the_district(chain):
    from yifang.apps.relay.kinds import cases
    from yifang.kernel.ids import new_id
    from yifang.kernel.protocols import RelayEntry

    _, district, _ = chain
    with district.on("jobs"):
        peer = Peer.objects.get(side="down")
        forged = RelayEntry("case", new_id(), [(1, "reporting.case_made", "", "", {})], 0, {})
        assert [code for _, code, _ in cases.take([forged], peer)] == ["relay.not_theirs"]


def test_an_unknown_kind_waits_and_unknown_fields_are_kept(chain):
    from yifang.apps.relay.models import Batch
    from yifang.kernel import protocols

    hospital, district, _ = chain
    card = submitted(hospital, name="后来", order=25)
    hospital.deliver()
    later = protocols.Relayed(
        "vectors", "蚊媒", frozenset(), lambda subjects, peer: subjects,
        lambda subjects, peer: {one: {"traps": 3} for one in subjects}, lambda entries, peer: [],
    )  # fmt: skip
    with hospital.on("jobs"):
        from yifang.apps.relay.models import Outgoing

        row = Outgoing.objects.filter(subject=card.id).first()
        Outgoing.objects.create(
            peer=row.peer, seq=1, kind="vectors", what="x.y", subject=card.id, at=row.at, role="node"
        )
        kind = next(one for one in protocols.relayed if one.name == "card")
        whole = protocols.relayed._items
        newer = protocols.Relayed(
            "card", "", kind.ledger, kind.concerned,
            lambda subjects, peer: {id: {**body, "mood": "calm"} for id, body in kind.build(subjects, peer).items()},
            kind.take,
        )  # fmt: skip
        protocols.relayed._items = [newer, later, *(one for one in whole if one.name != "card")]
        try:
            from yifang.apps.relay import outbox

            assert isinstance(outbox.make_batch(row.peer_id), Batch)
        finally:
            protocols.relayed._items = whole
    settle(hospital, district)
    with district.on():
        assert Waiting.objects.get(kind="vectors").code == "relay.unknown_kind"
        from yifang.apps.relay import outbox

        assert outbox.open_extra(Shared.objects.get(kind="card", subject=card.id)) == {"mood": "calm"}
        Waiting.objects.all().delete()
        assert at(district, card.id) is not None


def test_a_request_is_answered_once_by_a_clock_not_too_far_and_under_a_good_signature(chain):
    hospital, district, _ = chain
    send, kept = answered_by(district), []

    def keeping(url, body):
        kept.append((url, body))
        return send(url, body)

    hospital.turn(send=keeping)
    assert send(*kept[0])[0] == 403  # the same once more
    assert b"relay.replayed" in send(*kept[0])[1]
    body = bytearray(kept[0][1])
    body[-1] ^= 1
    assert b"relay.signature" in send(kept[0][0], bytes(body))[1]
    with clock.frozen(clock.now() + timedelta(hours=3)), hospital.on("jobs"):
        peer = Peer.objects.get(side="up")
        late = https.frame(inbox.receipt(peer))
    status, told = send(kept[0][0], late)
    assert (status, b"relay.clock" in told) == (403, True)


def test_a_clock_that_is_wrong_is_allowed_for_and_told(chain):
    hospital, district, _ = chain
    submitted(hospital, name="时差", order=26)
    with clock.frozen(clock.now() + timedelta(hours=5)):
        hospital.deliver()
        with hospital.on("jobs"):
            peer = Peer.objects.get(side="up")

            def send(url, body):
                with clock.frozen(clock.now() - timedelta(hours=5)):
                    return answered_by(district)(url, body)

            jobs.turn(peer, send)
            peer.refresh_from_db()
            assert peer.error == "relay.clock"
            assert peer.error_params == {"minutes": 300}
            Peer.objects.filter(id=peer.id).update(next_try_at=None)
            assert https.exchange(peer, send)
    with hospital.on():
        Peer.objects.update(clock_offset=0, next_try_at=None)


def test_keys_change_while_batches_go_on(chain):
    hospital, district, _ = chain
    with hospital.on("jobs"):
        before = keys.node_keys().newest.id
        pairing.rotate()
        after = keys.node_keys().newest.id
    first = submitted(hospital, name="换钥", order=27)
    settle(hospital, district)
    second = submitted(hospital, name="换钥二", order=28)
    settle(hospital, district)
    with district.on():
        assert [one["id"] for one in Peer.objects.get(side="down").keys] == [before, after]
    with hospital.on():
        assert Peer.objects.get(side="up").knows == after
    assert all(at(district, one.id) is not None for one in (first, second))


def test_too_much_at_once_is_asked_to_wait(chain, monkeypatch):
    hospital, district, _ = chain
    monkeypatch.setattr(inbox, "FULL", 0)
    submitted(hospital, name="拥挤", order=29)
    hospital.deliver()
    hospital.turn(district)
    with hospital.on():
        peer = Peer.objects.get(side="up")
        assert peer.error == ""
        assert peer.next_try_at > clock.now()
    with district.on():
        assert not Arrival.objects.filter(applied_at__isnull=True).exists()
    monkeypatch.undo()
    settle(hospital, district)


def test_a_wrong_fingerprint_joins_nobody(chain):
    hospital, district, _ = chain
    with district.on("jobs"):
        invitation = pairing.invite("hospital", ["H31011202"], url="https://x")
    with hospital.on("jobs"), pytest.raises(UserError, match="fingerprint"):
        pairing.join(invitation, "0000 0000")
    with district.on("jobs"), pytest.raises(NotFound):
        pairing.admit({**invitation, "role": "hospital", "token": "none"}, pairing.own_fingerprint())
