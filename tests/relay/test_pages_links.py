"""The pages of the links: empty on a node by itself; with a peer each number opens its list, each trouble has words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.relay import linked
from yifang.apps.relay.models import Conflict
from yifang.kernel import clock

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TABS = ("waiting", "receipts", "sent", "came", "aside", "conflicts")


@pytest.fixture
def county(db):
    return apps.county()


def _sign_in(client, county, who):
    client.force_login(county.users[who], backend=BACKEND)
    return client


def test_a_node_by_itself_is_told_that_it_needs_no_other(client, county):
    text = _sign_in(client, county, "hospital_desk").get("/relay/").content.decode()
    assert "还没有连接别的节点" in text


def test_each_number_opens_its_list(client, county):
    peer = linked.filled(county)
    _sign_in(client, county, "hospital_desk")
    text = client.get("/relay/").content.decode()
    assert "甲区疾控中心" in text
    for tab in TABS:
        assert f"/relay/{peer.id}/{tab}" in text or tab == "waiting"
        assert client.get(f"/relay/{peer.id}/{tab}").status_code == 200
    assert "登记网报卡号" in client.get(f"/relay/{peer.id}/waiting").content.decode()
    assert "升级后自动处理" in client.get(f"/relay/{peer.id}/aside").content.decode()


def test_the_administrator_sees_the_link_and_no_card(client, county):
    peer = linked.filled(county)
    card = Conflict.objects.get().subject
    _sign_in(client, county, "administrator")
    for tab in TABS:
        answer = client.get(f"/relay/{peer.id}/{tab}")
        assert answer.status_code == 200
        assert str(card) not in answer.content.decode()


def test_what_both_changed_is_looked_at_once(client, county):
    linked.filled(county)
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
    linked.peer(error=code, error_params=params, error_since=clock.now() - timedelta(hours=1))
    assert words in _sign_in(client, county, "hospital_desk").get("/relay/").content.decode()
