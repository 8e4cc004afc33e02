"""The pages of the links: empty on a node by itself; with a peer each number opens its list, each trouble has words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.relay.models import Arrival, Batch, Conflict, Outgoing, Peer, Waiting
from yifang.apps.reporting.models import CardState
from yifang.kernel import clock
from yifang.kernel.ids import new_id

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TABS = ("waiting", "receipts", "sent", "came", "aside", "conflicts")


@pytest.fixture
def county(db):
    return apps.county()


def _sign_in(client, county, who):
    client.force_login(county.users[who], backend=BACKEND)
    return client


def _peer(**more) -> Peer:
    return Peer.objects.create(
        node="a1b2c3d4e5f60718", name="甲区疾控中心", role="district", side="up", transport="https",
        url="https://district.example", keys=[{"id": "1", "sign": "", "seal": ""}], out_epoch=1,
        joined_at=clock.now(), release="0.1.0", **more,
    )  # fmt: skip


def _filled(county) -> Peer:
    now = clock.now()
    card = cards.brought(county, CardState.SUBMITTED)
    peer = _peer(sent_at=now, heard_at=now, out_number=2, out_acked=1)
    Outgoing.objects.create(
        peer=peer, seq=5, kind="card", what="reporting.card_entered", subject=card.id, at=now, role="node"
    )
    Batch.objects.create(peer=peer, epoch=1, number=1, size=2000, entries=3, made_at=now, sent_at=now, acked_at=now)
    Batch.objects.create(peer=peer, epoch=1, number=2, size=3000, entries=4, made_at=now, sent_at=now)
    Arrival.objects.create(peer=peer, epoch=1, number=1, size=900, received_at=now, entries=7, applied_at=now)
    Waiting.objects.create(
        peer=peer, kind="vectors", subject=new_id(), order=1, sealed=b"", code="relay.unknown_kind",
        params={"kind": "vectors"}, first_at=now, next_try_at=now,
    )  # fmt: skip
    said = {"state": "submitted", "version": 3, "entered": True}
    Conflict.objects.create(
        peer=peer, kind="card", subject=card.id, ours=said, theirs=said | {"state": "audited", "version": 2},
        kept=said | {"state": "audited"}, found_at=now,
    )  # fmt: skip
    return peer


def test_a_node_by_itself_is_told_that_it_needs_no_other(client, county):
    text = _sign_in(client, county, "hospital_desk").get("/relay/").content.decode()
    assert "还没有连接别的节点" in text


def test_each_number_opens_its_list(client, county):
    peer = _filled(county)
    _sign_in(client, county, "hospital_desk")
    text = client.get("/relay/").content.decode()
    assert "甲区疾控中心" in text
    for tab in TABS:
        assert f"/relay/{peer.id}/{tab}" in text or tab == "waiting"
        assert client.get(f"/relay/{peer.id}/{tab}").status_code == 200
    assert "登记网报卡号" in client.get(f"/relay/{peer.id}/waiting").content.decode()
    assert "升级后自动处理" in client.get(f"/relay/{peer.id}/aside").content.decode()


def test_the_administrator_sees_the_link_and_no_card(client, county):
    peer = _filled(county)
    card = Conflict.objects.get().subject
    _sign_in(client, county, "administrator")
    for tab in TABS:
        answer = client.get(f"/relay/{peer.id}/{tab}")
        assert answer.status_code == 200
        assert str(card) not in answer.content.decode()


def test_what_both_changed_is_looked_at_once(client, county):
    _filled(county)
    conflict = Conflict.objects.get()
    _sign_in(client, county, "hospital_desk")
    assert "两边都改过的卡" in client.get("/").content.decode() or client.get("/", follow=True).status_code == 200
    client.post(f"/relay/conflict/{conflict.id}")
    conflict.refresh_from_db()
    assert conflict.seen_by == county.users["hospital_desk"].pk


@pytest.mark.parametrize(
    ("code", "params", "words"),
    [
        ("relay.unreachable", {"reason": "ConnectError"}, "连不上对方"),
        ("relay.folder", {"reason": "No space left on device"}, "交换目录用不了"),
        ("relay.clock", {"minutes": 62}, "相差 62 分钟"),
        ("relay.from_a_later_release", {}, "relay.from_a_later_release"),
    ],
)
def test_a_trouble_has_words(client, county, code, params, words):
    _peer(error=code, error_params=params, error_since=clock.now() - timedelta(hours=1))
    assert words in _sign_in(client, county, "hospital_desk").get("/relay/").content.decode()
