"""A card on paper and in the national system's columns: what is said, by which version, for whom."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.reporting import services
from yifang.apps.reporting.models import CardState
from yifang.apps.reporting.national.outgoing import headers, row_of
from yifang.apps.reporting.papers.layout import paper_of
from yifang.apps.reporting.rules import Situation, form_of
from yifang.formats.national import open_export
from yifang.kernel.clock import CHINA
from yifang.knowledge import load

ANSWERS = {
    "card_no": "H3101120120260001", "card_type": "1", "name": "陈小宝", "guardian_name": "陈父", "id_type": "01",
    "id_no": apps.id_no(), "sex": "1", "birth_date": "2021-05-04", "phone": "13800000001", "population": "1",
    "employer": "春申幼儿园", "school_class": "中(2)班", "patient_belongs": "1", "residence_area": "310112101",
    "residence_detail": "示范路1弄2号", "case_class": "2", "onset_date": "2026-11-20",
    "diagnosis_datetime": "2026-11-22T10:00", "disease": "hfmd", "report_area": "310112", "report_org": "H31011201",
    "report_org_phone": "021-54321000", "report_doctor": "王医生", "fill_date": "2026-11-22T10:20",
    "hfmd_card.1": "EV-A71", "hfmd_card.2": "是",
}  # fmt: skip
AT = Situation(load(), datetime(2026, 11, 22, 12, tzinfo=CHINA), "310112")


def items(paper):
    return {item.field: item for block in paper.blocks for row in block for item in row}


def test_the_paper_has_every_question_and_every_disease_with_a_card_of_its_own_once():
    paper = paper_of(ANSWERS, load(), "梅陇人民医院")
    asked = items(paper)
    printed = {one.id for one in form_of(load()).fields.values() if not one.filled_by_system}
    elsewhere = {
        "card_no",
        "card_type",
        "disease",
        "disease_subtype",
        "report_area",
        "clinical_severity",
        "origin",
        "origin_area",
    }
    assert printed - elsewhere == {name for name in asked if not name.startswith("disease.")}
    boxes = [box for name, item in asked.items() if name.startswith("disease.") for box in item.boxes]
    assert [box.label for box in boxes if box.ticked] == ["手足口病"]
    assert sorted(box.label for box in boxes) == sorted(
        one.name for one in load().diseases.values() if one.report_as is None
    )


def test_the_paper_says_the_answers_in_words_and_carries_the_supplement():
    paper = paper_of(ANSWERS, load(), "梅陇人民医院")
    asked = items(paper)
    assert asked["birth_date"].text == "2021年05月04日"
    assert asked["diagnosis_datetime"].text == "2026年11月22日 10:00"
    assert [box.label for box in asked["sex"].boxes if box.ticked] == ["男性"]
    assert asked["report_org"].text == "梅陇人民医院"
    assert paper.supplement is not None
    assert paper.supplement[0] == "手足口病附卡"
    assert [[box.label for box in item.boxes if box.ticked] for item in paper.supplement[1][:2]] == [["EV-A71"], ["是"]]


def test_a_subtype_is_ticked_itself():
    paper = paper_of({**ANSWERS, "disease": "pulmonary_tb", "disease_subtype": "tb_pos"}, load(), "")
    boxes = [box for name, item in items(paper).items() if name.startswith("disease.") for box in item.boxes]
    assert [(box.label, [part.label for part in box.parts if part.ticked]) for box in boxes if box.ticked] == [
        ("肺结核", ["病原学阳性"])
    ]


def test_what_goes_out_in_the_national_columns_comes_back_as_the_same_card():
    """The row, completed by what only the national system knows, is read by our own reader of its export."""
    row = row_of(ANSWERS, AT, organisation="梅陇人民医院", revised=False)
    assert list(row) == headers(load())
    assert row["卡片ID"] == row["报告卡录入时间"] == row["审核状态"] == ""
    told = [row[name] for name in ("性别", "年龄", "卡片状态", "重症患者", "实验室结果")]
    assert told == ["男", "5岁", "原始卡", "是", "EV-A71"]
    there = {**row, "卡片ID": "123456789", "报告卡录入时间": "2026-11-22 11:00", "审核状态": "未审核卡"}
    text = ",".join(there) + "\n" + ",".join(there.values()) + "\n"
    found = open_export(text.encode("gb18030"), text=True)
    assert found is not None
    (read,) = next(found).cards
    assert (read.disease, read.case_class, read.residence_area) == ("hfmd", "confirmed", "310112101")
    assert (read.person.name, read.person.identifiers[0].value) == ("陈小宝", ANSWERS["id_no"])


@pytest.mark.parametrize(
    ("given", "age"),
    [
        ({"birth_date": "2026-11-10"}, "10天"), ({"birth_date": "2026-06-20"}, "5月"),
        ({"birth_date": "", "age_value": "7", "age_unit": "02"}, "7月"), ({"birth_date": ""}, ""),
    ],
)  # fmt: skip
def test_the_age_has_its_unit(given, age):
    assert row_of({**ANSWERS, **given}, AT, organisation="", revised=False)["年龄"] == age


@pytest.mark.django_db
def test_the_desk_takes_its_waiting_cards_out_and_each_is_recorded(county, sign_in):
    card = cards.brought(county, CardState.HOSPITAL_REVIEW)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.approve(card.id, desk)
    apps.deliver()
    client = sign_in("hospital_desk")
    answer = client.post("/desk/columns", {"pick": str(card.id)})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert rows[0] == headers(load())
    assert dict(zip(*rows, strict=True))["患者姓名"] == "陈小宝"
    text = client.post("/desk/columns", {"pick": str(card.id), "as": "csv"}).content.decode("gb18030")
    assert text.splitlines()[0].split(",") == headers(load())
    assert Entry.objects.filter(kind="card.exported", subject=card.id).count() == 2
    printed = client.post("/desk/paper", {"pick": str(card.id)}).content.decode()
    assert "陈小宝" in printed
    assert "手足口病附卡" in printed
    assert Entry.objects.filter(kind="card.printed", subject=card.id).count() == 1


@pytest.mark.django_db
def test_no_card_is_printed_for_another_hospital_or_without_a_purpose(county, sign_in):
    card = cards.brought(county, CardState.HOSPITAL_REVIEW)
    client = sign_in("other_hospital_desk")
    for url in ("/desk/columns", "/desk/paper"):
        answer = client.post(url, {"pick": str(card.id), "as": "csv"})
        assert "陈小宝" not in answer.content.decode("gb18030" if "columns" in url else "utf-8")
    asked = sign_in("hospital_desk").get(f"/cards/{card.id}/paper")
    assert asked["Location"].startswith(f"/purpose/{card.id}")
    assert not Entry.objects.filter(kind__in=("card.printed", "card.exported")).exists()


@pytest.mark.django_db
def test_two_versions_side_by_side_show_a_change_that_masks_hide(county, sign_in):
    card = cards.brought(county, CardState.SUBMITTED)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.correct(card.id, {"name": "陈大宝", "case_class": "2"}, "名字写错,检验确诊", desk)
    apps.deliver()
    page = sign_in("epidemiologist").get(f"/cards/{card.id}/versions").content.decode()
    assert "已改，内容遮盖" in page
    assert "陈大宝" not in page
    assert "<mark>确诊病例</mark>" in page
    assert "现住址门牌" not in page
    whole = sign_in("epidemiologist").get(f"/cards/{card.id}/versions?all=1").content.decode()
    assert "现住址门牌" in whole
