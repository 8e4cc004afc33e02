"""The line list and a case: what they show and hide, their conditions, the export."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from tests import apps
from tests.reporting.district import GROWN, PUPIL
from yifang.kernel import clock


def test_the_line_list_shows_who_what_where_and_a_case_its_cards(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    page = client.get("/cases/").content.decode()
    for words in ("陈*宝", "手足口病", "闵行区", "未终审"):
        assert words in page
    page = client.get(f"/cases/{card.case_id}").content.decode()
    for words in (card.card_no, "建立病例", "病例信息", "个人时间轴"):
        assert words in page
    assert "陈小宝" not in page


def test_conditions_of_the_line_list(entered, county, sign_in):
    entered()
    entered(apps.influenza("F"), **PUPIL)
    client = sign_in("epidemiologist")

    def listed(query: str) -> set[str]:
        return {row.about.disease for row in client.get(f"/cases/?{query}").context["table"].page.rows}

    both = {"hfmd", "influenza"}
    assert listed("") == both
    assert listed("disease=influenza") == {"influenza"}
    assert listed("class=confirmed") == {"influenza"}
    assert listed(f"org={county.other_hospital.id}") == set()
    assert listed("audited=1") == set()
    assert listed("audited=0") == both
    assert listed("excluded=1") == set()
    assert listed(f"since={clock.today()}&until={clock.today()}") == both
    assert listed("until=2020-01-01") == set()


def test_a_case_names_the_signals_it_stands_behind(entered, sign_in):
    card = entered(apps.cholera_report(), **GROWN)
    page = sign_in("epidemiologist").get(f"/cases/{card.case_id}").content.decode()
    assert "相关信号" in page


def test_hiv_is_a_code_to_the_officer_in_charge_and_nothing_to_others(entered, sign_in):
    card = entered(apps.hiv_confirmed(), **GROWN, case_class="2", disease_subtype="hiv")
    officer, other = sign_in("hiv_officer"), sign_in("epidemiologist")
    page = officer.get("/cases/").content.decode()
    assert f"HIV-{card.case_id.hex[-8:].upper()}" in page
    assert "郑*" not in page
    assert other.get("/cases/").context["table"].page.rows == []
    assert other.get("/audit/").context["table"].page.rows == []
    assert other.get(f"/cases/{card.case_id}").status_code == 404
    assert "郑" not in other.post("/search/", {"q": "郑某"}).content.decode().replace("“郑某”", "")


def test_the_export_holds_what_the_list_shows_and_says_where_it_comes_from(entered, sign_in):
    entered()
    entered(apps.tuberculosis(), **GROWN, disease_subtype="tb_pos", case_class="2")
    client = sign_in("epidemiologist")
    asked = {"query": "", "purpose": "investigation", "note": "周报"}
    with apps.listening("access") as heard:
        rows, source = _workbook(client.post("/cases/export", asked))
    assert heard.kinds == ["case.exported"]
    assert [row["疾病"] for row in rows] == ["手足口病"], "sensitive diseases only when asked for"
    assert (rows[0]["姓名"], rows[0]["性别"], rows[0]["病例分类"]) == ("陈*宝", "男", "临床诊断病例")
    assert source["导出人"] == "epidemiologist"
    assert source["用途"] == "流行病学调查 周报"
    assert "不含敏感病种" in source["条件"]
    assert source["行数"] == "1"
    rows, source = _workbook(client.post("/cases/export", {**asked, "sensitive": "1"}))
    assert {row["疾病"] for row in rows} == {"手足口病", "肺结核"}
    rows, source = _workbook(client.post("/cases/export", {**asked, "query": "disease=influenza"}))
    assert rows == []
    assert source["条件"].startswith("病种为流行性感冒")


@pytest.mark.parametrize(
    ("name", "asked", "status"),
    [
        ("epidemiologist", {"purpose": ""}, 400),
        ("epidemiologist", {"purpose": "other"}, 400),
        ("hospital_desk", {"purpose": "quality"}, 403),
        ("school_nurse", {"purpose": "quality"}, 403),
    ],
)
def test_an_export_needs_a_purpose_and_the_right(sign_in, name, asked, status):
    assert sign_in(name).post("/cases/export", asked).status_code == status


def _workbook(answer) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Rows by heading, and the sheet of provenance."""
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    data, source = book.worksheets
    head, *rows = [[cell.value for cell in row] for row in data.iter_rows()]
    return [dict(zip(head, row, strict=True)) for row in rows], {
        row[0].value: row[1].value for row in source.iter_rows()
    }
