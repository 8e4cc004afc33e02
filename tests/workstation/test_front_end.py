"""What the national front-end software drafted is silent here, whichever comes first, its export or the record."""

from __future__ import annotations

import pytest

from tests import apps
from yifang import formats
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting.models import Suspicion, SuspicionState
from yifang.apps.work.models import WorkItem
from yifang.apps.workstation.services import front_end
from yifang.formats import tabular
from yifang.formats.canonical import FrontEndState

pytestmark = pytest.mark.django_db
HEAD = "就诊号,病种,状态\n"


def take(county, text: str) -> tuple[int, int]:
    items = list(formats.read(("states.csv", (HEAD + text).encode())))
    assert not any(item.refusal for item in items)
    with apps.as_jobs():
        return front_end.take(county.hospital, [one for item in items for one in item.states], NODE)


def test_a_card_that_is_drafted_there_ends_the_question_here(county, child):
    assert take(county, "HFMD1,手足口病,已起草\n") == (1, 0)
    child.refresh_from_db()
    assert child.state == SuspicionState.TRACKED
    assert not WorkItem.objects.filter(subject=child.id, state="open").exists()
    assert take(county, "HFMD1,手足口病,已撤销\n") == (0, 1)
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN
    assert WorkItem.objects.filter(subject=child.id, state="open").exists()


def test_a_card_that_was_drafted_before_the_record_came(county):
    take(county, "HFMD1,hfmd,已上报\n")
    apps.receive(county.hospital, apps.hfmd())
    apps.deliver()
    assert Suspicion.objects.get().state == SuspicionState.TRACKED


def test_another_disease_or_visit_is_still_asked(county, child):
    assert take(county, "HFMD1,水痘,已起草\nHFMD9,手足口病,已起草\n") == (0, 0)
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN


def test_lines_that_cannot_be_read_are_named_and_the_others_taken():
    lines = "V1,手足口病,已起草\n,手足口病,已起草\nV2,怪病,已起草\nV3,水痘,飞了\n"
    items = list(formats.read(("states.csv", (HEAD + lines).encode())))
    assert [one.visit for item in items for one in item.states] == ["V1"]
    refused = [dict(item.refusal.params) for item in items if item.refusal]
    assert [(one["row"], one["column"], one["value"]) for one in refused] == [
        ("3", "就诊号", ""), ("4", "病种", "怪病"), ("5", "状态", "飞了"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (("住院号", "疾病名称", "卡片状态"), True),
        (("门诊号", "病种", "状态", "更新时间"), True),  # a view's watermark
        (("就诊号", "病种"), False),
        (("就诊号", "病种", "状态", "姓名", "性别", "年龄", "住址"), False),  # a table of something larger
    ],
)
def test_a_view_or_file_of_states_is_known_by_its_header(header, taken):
    values = {"疾病名称": "水痘", "病种": "水痘", "卡片状态": "已上报", "状态": "已上报"}
    row = tuple(values.get(name, "V1") for name in header)
    items = list(tabular.read_rows(header, [row]))
    assert [item.states for item in items if item.states] == (
        [(FrontEndState("V1", "varicella", True),)] if taken else []
    )


def test_a_feed_brings_them_and_saying_them_again_changes_nothing(county, child):
    states = [FrontEndState("HFMD1", "hfmd", True), FrontEndState("OTHER", "varicella", True)]
    with apps.as_jobs():
        stored, repeats = front_end.receive(states, county.hospital, child.id, NODE)
        assert (len(stored), repeats) == (2, 0)
        assert front_end.receive(states, county.hospital, child.id, NODE) == ([], 2)
    child.refresh_from_db()
    assert child.state == SuspicionState.TRACKED
    assert Entry.objects.filter(kind="workstation.front_end_taken").count() == 1


def test_the_desk_types_one(county, child, client):
    client.force_login(county.users["hospital_desk"])
    assert "国家前置软件" in client.get("/workstation/").content.decode()
    assert (
        client.post("/workstation/front-end", {"visit": "HFMD1", "disease": "hfmd", "stands": "yes"}).status_code == 302
    )
    child.refresh_from_db()
    assert child.state == SuspicionState.TRACKED
    assert "现有 1 张在那边" in client.get("/workstation/").content.decode()
    client.post("/workstation/front-end", {"visit": "HFMD1", "disease": "hfmd", "stands": "no"})
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN
    client.post("/workstation/front-end", {"visit": " ", "disease": "hfmd", "stands": "yes"})
    assert "请写就诊号" in client.get("/workstation/").content.decode()
    client.force_login(county.users["clinician"])
    assert client.post("/workstation/front-end", {"visit": "X", "disease": "hfmd"}).status_code == 403
    client.force_login(county.users["other_hospital_desk"])
    client.post("/workstation/front-end", {"visit": "HFMD1", "disease": "hfmd", "stands": "yes"})
    child.refresh_from_db()
    assert child.state == SuspicionState.OPEN  # another hospital's visit of that number
