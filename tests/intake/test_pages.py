"""The intake page and the quarantine in the browser's eyes: lists, filters, the original on demand, mend, upload."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import apps
from yifang.apps.intake import jobs, presenting, services
from yifang.apps.intake.models import Batch, Quarantined, QuarantineState
from yifang.apps.ledger.services import NODE
from yifang.formats.canonical import Item, Refusal

pytestmark = pytest.mark.django_db
ORIGINAL = "MSH|^~\\&|LIS|H1||\rPID|||无名\rOBX|1|ST|甲流抗原||阳性"


@pytest.fixture
def inbox(settings, tmp_path) -> Path:
    settings.YIFANG = replace(settings.YIFANG, inbox=tmp_path)
    return tmp_path


@pytest.fixture
def county() -> apps.County:
    return apps.county()


@pytest.fixture
def desk(county, client):
    client.force_login(county.users["hospital_desk"])
    return client


def quarantined(
    county, number: int = 1, place: str = "PID[1]", raw: str = ORIGINAL, kind: str = "hl7v2"
) -> Quarantined:
    items = [Item(i, kind, (), Refusal("hl7.no_person", place), f"{raw}{i or ''}".encode()) for i in range(number)]
    with apps.as_jobs():
        batch = services.open_batch(county.feeds["hospital"], "十月.hl7", b"q" * 32)
        services.take(batch, items, NODE)
    return Quarantined.objects.order_by("-arrived_at", "-id").first()


def test_the_lists_are_empty_in_words(county, desk):
    assert "没有待处理的隔离件" in desk.get("/quarantine/").content.decode()
    assert "还没有收到文件" in desk.get("/intake/").content.decode()


def test_the_list_pages_by_key(county, desk):
    quarantined(county, 120)
    seen, url = [], "/quarantine/"
    while url:
        page = desk.get(url).context["table"].page
        seen += [row.id for row in page.rows]
        url = f"/quarantine/?at={page.after}" if page.after else ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize(
    ("code", "params", "short"),
    [
        ("table.required_empty", {"row": 2, "column": "就诊时间"}, "第2行的“就诊时间”为空"),
        ("json.broken", {"reason": "Expecting ',' delimiter"}, "JSON 不完整或有语法错误"),
    ],
)
def test_a_reason_in_short_names_its_particulars_and_ends_at_the_first_stop(code, params, short):
    assert presenting.reason_short(Quarantined(code=code, params=params)) == short


def test_an_item_shows_its_reason_but_not_its_bytes(county, desk):
    item = quarantined(county)
    page = desk.get(f"/quarantine/{item.id}").content.decode()
    assert presenting.reason(item) in page
    assert "无名" not in page


def test_the_original_is_shown_on_demand_with_its_place_marked(county, desk):
    item = quarantined(county)
    with apps.listening("access") as heard:
        page = desk.get(f"/quarantine/{item.id}?original=1").content.decode()
    assert "<mark>PID|||无名</mark>" in page
    assert heard.kinds == ["quarantine.opened"]


@pytest.mark.parametrize(
    ("place", "kind", "marked"),
    [
        ("PID[1]", "hl7v2", "PID|||无名"),
        ("PID", "hl7v2", "PID|||无名"),
        ("MSH-9", "hl7v2", "MSH|^~\\&|LIS|H1||"),
        ("OBX[1].5", "hl7v2", "OBX|1|ST|甲流抗原||阳性"),
        ("line 2", "json", "PID|||无名"),
        ("row[57].就诊时间", "csv", "OBX|1|ST|甲流抗原||阳性"),
        ("", "hl7v2", None),
        ("OBX[9]", "hl7v2", "MSH|^~\\&|LIS|H1||"),
    ],
)
def test_which_line_a_place_marks(county, place, kind, marked):
    item = quarantined(county, place=place, kind=kind)
    shown = presenting.original(item, ORIGINAL.encode())
    assert [line.text for line in shown.lines if line.marked] == ([marked] if marked else [])


def test_a_json_pointer_marks_the_line_of_its_name(county):
    text = '{\n "kind": "x",\n "diagnoses": [\n  {"role": "?"}\n ]\n}'
    shown = presenting.original(quarantined(county, place="/diagnoses/0/role", raw=text, kind="json"), text.encode())
    assert [line.text for line in shown.lines if line.marked] == ['  {"role": "?"}']


def test_what_is_no_text_is_shown_as_hex(county):
    shown = presenting.original(quarantined(county), bytes(range(256)))
    assert shown.lines == []
    assert shown.hex[4] == "00000040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO"


@pytest.mark.parametrize("charset", ["gb18030", "utf-8"])
def test_a_mended_text_keeps_the_charset_of_the_original(charset):
    assert presenting.mended("PID|||陈小宝\r\n", charset) == "PID|||陈小宝\n".encode(charset)


def test_mend_replay_and_discard_from_the_page(county, desk):
    item = quarantined(county)
    text = apps.hl7_report().decode().replace("\r", "\r\n")  # as a browser sends a textarea
    assert desk.post(f"/quarantine/{item.id}/mend", {"text": text, "charset": "utf-8"}).status_code == 302
    apps.run_deferred()
    item.refresh_from_db()
    assert item.state == QuarantineState.REPLAYED
    assert desk.post(f"/quarantine/{item.id}/discard", {"reason": "测试"}).status_code == 409
    assert "已重放" in desk.get(f"/quarantine/{item.id}").content.decode()


def test_a_broken_row_of_a_table_is_mended_by_itself(county, desk):
    """The header goes with the row, or the row alone could not be read again."""
    table = "姓名,性别,身份证号,就诊时间,诊断名称,诊断编码\n陈小宝,男,,,手足口病,B08.401\n".encode("gb18030")
    with apps.as_jobs():
        services.take_bytes(table, "门诊日志.csv", county.feeds["hospital"], NODE)
    item = Quarantined.objects.get()
    assert item.code == "table.required_empty"
    text = services.quarantine.bytes_of(item).decode().replace("陈小宝,男,,,", "陈小宝,男,,2026-11-20 09:30,")
    desk.post(f"/quarantine/{item.id}/mend", {"text": text, "charset": "utf-8"})
    apps.run_deferred()
    item.refresh_from_db()
    assert (item.state, item.batch.records) == (QuarantineState.REPLAYED, 1)


def test_a_discard_without_a_reason_is_told_so(county, desk):
    item = quarantined(county)
    answer = desk.post(f"/quarantine/{item.id}/discard", {"reason": " "})
    assert answer.status_code == 400
    assert "请写明弃置的原因" in answer.content.decode()


def test_an_upload_leads_to_its_batch_and_shows_progress(county, desk, inbox):
    file = SimpleUploadedFile("化验.hl7", apps.hl7_report())
    sent = desk.post("/intake/upload", {"feed": county.feeds["hospital"].id, "files": file})
    batch = Batch.objects.get()
    assert (sent.status_code, sent.url) == (302, f"/intake/{batch.id}")
    assert "<progress" in desk.get(sent.url).content.decode()
    with apps.as_jobs():
        jobs.Watcher().look()
    page = desk.get(sent.url).content.decode()
    assert "<progress" not in page
    assert "已接收" in page


@pytest.mark.parametrize(
    ("files", "feed", "status", "words"),
    [
        ([], "hospital", 400, "请先选择文件"),
        ([("空.hl7", b"")], "hospital", 400, "是空的"),
        ([("a.hl7", b"MSH")], "other_hospital", 404, "没有这个数据源"),
    ],
)
def test_what_an_upload_refuses(county, desk, inbox, files, feed, status, words):
    sent = {"feed": county.feeds[feed].id, "files": [SimpleUploadedFile(*file) for file in files]}
    answer = desk.post("/intake/upload", sent)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not any(path.is_file() for path in inbox.rglob("*"))


MENDS = {"hospital_desk"}
LOOKS = MENDS | {"hospital_lab"}


@pytest.mark.parametrize("name", [one for one in apps.CAST if one != apps.STRANGER])
def test_who_opens_which_page(county, client, name):
    item = quarantined(county)
    client.force_login(county.users[name])

    def status(method: str, url: str, **data) -> int:
        return getattr(client, method)(url, data).status_code

    other_desk = name == "other_hospital_desk"  # the page is theirs, the item is not
    assert status("get", "/quarantine/") == (200 if name in LOOKS or other_desk else 403)
    assert status("get", "/intake/") == (200 if name in LOOKS or other_desk else 403)
    for url in (f"/quarantine/{item.id}", f"/quarantine/{item.id}?original=1", f"/intake/{item.batch_id}"):
        assert status("get", url) == (200 if name in LOOKS else 404 if other_desk else 403)
    assert status("post", f"/quarantine/{item.id}/mend", text="x") == (
        302 if name in MENDS else 404 if other_desk else 403
    )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("url", ["/intake/", "/quarantine/", "/quarantine/?state=discarded", "/intake/{batch}"])
def test_pages_in_both_languages(county, desk, url, language):
    item = quarantined(county)
    desk.cookies["django_language"] = language
    assert desk.get(url.format(batch=item.batch_id)).status_code == 200
