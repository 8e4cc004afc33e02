"""Pictures of paper cards: lines become answers, what is not sure stays empty, nothing is reported by itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import cos, radians, sin

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import apps
from tests.reporting import cards
from tests.reporting.test_papers import ANSWERS
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.reporting.models import CardState, Scan, ScanState
from yifang.apps.reporting.ocr import Line, engine, read
from yifang.apps.reporting.papers.layout import Item, Paper, paper_of
from yifang.apps.reporting.services import scans
from yifang.kernel.errors import NotFound, UserError, WrongState
from yifang.knowledge import load

READ = {name: value for name, value in ANSWERS.items() if name not in (
    "card_no", "card_type", "report_area", "report_org", "report_org_phone")}  # fmt: skip
ORDINARY = {**READ, "disease": "pulmonary_tb", "disease_subtype": "tb_pos", "death_date": "2026-11-23",
            "birth_date": "", "age_value": "7", "age_unit": "02", "remark": "外地返回"}  # fmt: skip
ORDINARY = {name: value for name, value in ORDINARY.items() if value and not name.startswith("hfmd")}


def said(item: Item, empty: str = "□", ticked: str = "☑") -> str:
    def box(one) -> str:
        parts = "、".join(f"{ticked if part.ticked else empty}{part.label}" for part in one.parts)
        return f"{ticked if one.ticked else empty}{one.label}{f'({parts})' if parts else ''}"

    answer = " ".join(box(one) for one in item.boxes) if item.boxes else item.text
    return f"{item.label}{'*' if item.star else ''}：{answer}"


def printed(paper: Paper, *, turned: float = 0.0, score: float = 0.99, **glyphs: str) -> list[Line]:
    """The lines as a recogniser sees them: long rows broken, columns apart, the page turned by so many degrees."""
    rows: list[Sequence[str]] = [("中华人民共和国传染病报告卡",)]
    for block in paper.blocks:
        for row in block:
            texts = [said(item, **glyphs) for item in row]
            rows += [texts] if len(texts) > 1 else [(texts[0][at : at + 60],) for at in range(0, len(texts[0]), 60)]
    if paper.supplement:
        rows += [(paper.supplement[0],), *((said(item, **glyphs),) for item in paper.supplement[1])]
    rows.append(("版本 1", "打印 王医生"))
    angle = radians(turned)
    found = []
    for number, texts in enumerate(rows):
        for column, text in enumerate(texts):
            left, top = 40 + 520 * column, 40 + 40 * number
            right, bottom = left + 20 * len(text), top + 30
            corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            found.append(Line(text, score, tuple(
                (x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)) for x, y in corners
            )))  # fmt: skip
    return found


def values(lines: list[Line]) -> dict[str, str]:
    return {name: one.value for name, one in read(lines, load()).items()}


@pytest.mark.parametrize("answers", [READ, ORDINARY], ids=["child", "subtype"])
@pytest.mark.parametrize("turned", [0.0, 2.5, -3.0])
def test_a_printed_card_is_read_back_whole(answers, turned):
    lines = printed(paper_of({"card_type": "1", **answers}, load(), "梅陇人民医院"), turned=turned)
    assert values(lines) == answers


def test_a_tick_that_was_not_seen_follows_from_the_empty_boxes_and_is_not_sure():
    found = read(printed(paper_of(ANSWERS, load(), ""), ticked=""), load())
    assert found["sex"].value == "1"
    assert not found["sex"].is_sure
    assert found["disease"].value == "hfmd"


def test_two_ticks_or_none_are_no_answer():
    lines = [Line("性别*：☑男性 ☑女性", 0.99, ((0, 0), (300, 0), (300, 30), (0, 30)))]
    assert values(lines) == {}
    lines = [Line("性别*：□男性 □女性", 0.99, ((0, 0), (300, 0), (300, 30), (0, 30)))]
    assert values(lines) == {}


@pytest.mark.parametrize(
    ("text", "field", "value", "sure"),
    [
        ("有效证件号码*：31011220210504003X", "id_no", "31011220210504003X", False),
        ("发病日期*：2026年13月20日", "onset_date", "2026-13-20", False),
        ("联系电话*：138", "phone", "138", False),
        ("现住址国标*：上海市闵行区新桥镇310112101", "residence_area", "310112101", False),
        ("现住址国标*：上海市闵行区莘庄镇310112101", "residence_area", "310112101", True),
    ],
)
def test_what_its_own_check_refuses_is_not_sure(text, field, value, sure):
    answer = read([Line(text, 0.99, ((0, 0), (600, 0), (600, 30), (0, 30)))], load())[field]
    assert (answer.value, answer.is_sure) == (value, sure)


def test_a_character_taken_for_a_box_makes_a_text_unsure():
    answer = read([Line("报告医生*：陈□生", 0.99, ((0, 0), (300, 0), (300, 30), (0, 30)))], load())["report_doctor"]
    assert not answer.is_sure


def form(ticked: set[int], *, shade: float = 1.0, blur: float = 0.0):
    """A page of four rows of boxes with bars for labels, some ticked; the right half in shadow."""
    cv2, numpy = pytest.importorskip("cv2"), pytest.importorskip("numpy")
    page = numpy.full((260, 900, 3), 245, "uint8")
    for number in range(24):
        left, top = 40 + 140 * (number % 6), 30 + 55 * (number // 6)
        cv2.rectangle(page, (left, top), (left + 20, top + 20), (20, 20, 20), 2)
        cv2.line(page, (left + 36, top + 10), (left + 90, top + 10), (20, 20, 20), 6)
        if number in ticked:
            tick = numpy.array([(left + 5, top + 10), (left + 9, top + 15), (left + 16, top + 5)])
            cv2.polylines(page, [tick], isClosed=False, color=(20, 20, 20), thickness=2)
    cv2.rectangle(page, (500, 235), (524, 259), (20, 20, 20), 3)  # what is framed and no box: larger
    if blur:
        page = cv2.GaussianBlur(page, (0, 0), blur)
    page[:, 450:] = (page[:, 450:] * shade).astype("uint8")
    return page


@pytest.mark.parametrize(("shade", "blur"), [(1.0, 0.0), (0.55, 0.0), (0.6, 1.1)], ids=["clean", "shadow", "blurred"])
def test_ticks_are_told_by_the_ink_in_the_boxes(shade, blur):
    from yifang.apps.reporting.ocr.boxes import boxes

    ticked = {2, 9, 23}
    found = sorted(boxes(form(ticked, shade=shade, blur=blur)), key=lambda one: (one.top // 50, one.left))
    assert [one.mark for one in found] == ["☑" if number in ticked else "□" for number in range(24)]


def test_a_page_without_a_form_has_no_boxes():
    from yifang.apps.reporting.ocr.boxes import boxes

    assert boxes(form(set())[:60]) == []


def drawn() -> bytes:
    """A small picture of the head of a card, in the font of the house."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 26)
    image = Image.new("RGB", (900, 900), "white")
    pen = ImageDraw.Draw(image)
    number = f"有效证件号码*：{ANSWERS['id_no']}"
    rows = (
        "中华人民共和国传染病报告卡",
        "姓名*：陈小宝",
        number,
        "联系电话*：13800000001",
        "发病日期*：2026年11月20日",
        "性别*：",
    )
    for place, text in enumerate(rows):
        pen.text((60, 40 + 80 * place), text, font=font, fill="black")
    pen.text((190, 440), "男性", font=font, fill="black")
    pen.text((320, 440), "女性", font=font, fill="black")
    for number in range(16):  # the boxes of the sexes, and those of a form
        left, top = (162 + 130 * number, 446) if number < 2 else (60 + 100 * (number % 7), 520 + 60 * (number // 7))
        pen.rectangle((left, top, left + 19, top + 19), outline="black", width=2)
    pen.line([(297, 455), (301, 460), (307, 450)], fill="black", width=2)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_the_recogniser_itself_reads_print():
    if not engine.is_there():
        pytest.skip("the extra ocr is not installed")
    pytest.importorskip("PIL")
    lines, page = engine.recognise(drawn())
    assert values(lines) == {
        "name": "陈小宝", "id_no": ANSWERS["id_no"], "phone": "13800000001", "onset_date": "2026-11-20", "sex": "2",
    }  # fmt: skip
    assert engine.size(page)[0] == 900
    with pytest.raises(UserError, match="no picture"):
        engine.recognise(b"\xff\xd8\xff not a picture")


database = pytest.mark.django_db


@pytest.fixture
def recognised(monkeypatch):
    """What the recogniser would see, without its half minute."""
    lines = printed(paper_of(ANSWERS, load(), "梅陇人民医院"))
    unsure = [Line(one.text, 0.5, one.corners) if one.text.startswith("姓名") else one for one in lines]
    monkeypatch.setattr(engine, "is_there", lambda: True)
    monkeypatch.setattr(engine, "recognise", lambda data: (unsure, b"\xff\xd8\xff page"))
    monkeypatch.setattr(engine, "size", lambda data: (1600, 2200))


@database
def test_a_picture_is_sealed_read_checked_and_becomes_a_draft(county, sign_in, recognised):
    client = sign_in("hospital_desk")
    photo = SimpleUploadedFile("卡.jpg", b"\xff\xd8\xff secret", "image/jpeg")
    assert client.post("/scans/", {"files": photo}).status_code == 302
    scan = Scan.objects.get()
    assert b"secret" not in bytes(scan.picture)
    assert scan.state == ScanState.WAITING
    desk = county.viewer("hospital_desk")
    with enter(desk), pytest.raises(WrongState):
        scans.draft(scan.id, desk)
    apps.run_deferred()
    page = client.get(f"/scans/{scan.id}").content.decode()
    assert "1 项把握不大" in page
    assert page.index("陈小宝") < page.index("项已识别")
    assert "viewBox" in page
    assert client.get(f"/scans/{scan.id}/picture").content == b"\xff\xd8\xff page"
    assert Entry.objects.filter(kind="card.scan_opened").count() == 1
    assert client.post(f"/scans/{scan.id}/draft").status_code == 302
    scan.refresh_from_db()
    made = cards.answers(scan.card)
    assert (scan.card.state, scan.card.disease, made.get("name")) == (CardState.DRAFT, "hfmd", None)
    assert made["id_no"] == ANSWERS["id_no"]
    assert made["report_org"] == "H31011201", "who reports is not taken from a paper"
    assert client.post(f"/scans/{scan.id}/draft").status_code == 409
    assert "陈小宝" not in str(list(Entry.objects.values_list("facts", flat=True)))


@database
def test_a_picture_is_seen_by_its_unit_alone(county, sign_in, recognised):
    desk = county.viewer("hospital_desk")
    with enter(desk):
        scan = scans.take("a.png", b"\x89PNG x", desk)
    for who in ("other_hospital_desk", "clinician", "epidemiologist"):
        assert sign_in(who).get(f"/scans/{scan.id}").status_code == 404, who
        assert sign_in(who).get(f"/scans/{scan.id}/picture").status_code == 404, who
    other = county.viewer("other_hospital_desk")
    with enter(other), pytest.raises(NotFound):
        scans.draft(scan.id, other)


@database
def test_what_cannot_be_read_says_why_and_can_be_typed_from(county, sign_in, monkeypatch):
    client = sign_in("hospital_desk")
    wrong = client.post("/scans/", {"files": SimpleUploadedFile("a.pdf", b"%PDF", "application/pdf")})
    assert wrong.status_code == 422
    assert "JPG 或 PNG" in wrong.content.decode()
    monkeypatch.setattr(engine, "is_there", lambda: False)
    client.post("/scans/", {"files": SimpleUploadedFile("a.png", b"\x89PNG x", "image/png")})
    page = client.get("/scans/").content.decode()
    assert "没有装识别组件" in page
    scan = Scan.objects.get()
    assert scan.state == ScanState.FAILED
    assert client.post(f"/scans/{scan.id}/draft").status_code == 302
    scan.refresh_from_db()
    assert scan.card.state == CardState.DRAFT
