"""A node with one link upwards, on which there is something to see in every list."""

from __future__ import annotations

from tests.reporting import cards
from yifang.apps.relay.models import Arrival, Batch, Conflict, Outgoing, Peer, Waiting
from yifang.apps.reporting.models import CardState
from yifang.kernel import clock
from yifang.kernel.ids import new_id


def peer(**more) -> Peer:
    return Peer.objects.create(
        node="a1b2c3d4e5f60718", name="甲区疾控中心", role="district", side="up", transport="https",
        url="https://district.example", keys=[{"id": "1", "sign": "", "seal": ""}], out_epoch=1,
        joined_at=clock.now(), release="0.1.0", **more,
    )  # fmt: skip


def filled(county) -> Peer:
    now = clock.now()
    card = cards.brought(county, CardState.SUBMITTED)
    link = peer(sent_at=now, heard_at=now, out_number=2, out_acked=1)
    Outgoing.objects.create(
        peer=link, seq=5, kind="card", what="reporting.card_entered", subject=card.id, at=now, role="node"
    )
    Batch.objects.create(peer=link, epoch=1, number=1, size=2000, entries=3, made_at=now, sent_at=now, acked_at=now)
    Batch.objects.create(peer=link, epoch=1, number=2, size=3000, entries=4, made_at=now, sent_at=now)
    Arrival.objects.create(peer=link, epoch=1, number=1, size=900, received_at=now, entries=7, applied_at=now)
    Waiting.objects.create(
        peer=link, kind="vectors", subject=new_id(), order=1, sealed=b"", code="relay.unknown_kind",
        params={"kind": "vectors"}, first_at=now, next_try_at=now,
    )  # fmt: skip
    said = {"state": "submitted", "version": 3, "entered": True}
    Conflict.objects.create(
        peer=link, kind="card", subject=card.id, ours=said, theirs=said | {"state": "audited", "version": 2},
        kept=said | {"state": "audited"}, found_at=now,
    )  # fmt: skip
    return link
