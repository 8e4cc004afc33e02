"""Tables: Chinese exports and American flat files, what a row may lack, and what is no table."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from yifang.formats import read, tabular
from yifang.formats.canonical import Item
from yifang.formats.tabular.mapping import builtin, load_mapping
from yifang.kernel.errors import UserError

LOG = """姓名,性别,年龄,身份证号,就诊时间,科室,医生,诊断编码,诊断名称,主诉
张三,男,35岁,11010519491231002X,2026/11/23 8:15,感染科,李四,A15.0,肺结核,"咳嗽3周,低热"
王五,女,3岁,,2026-11-23,儿科,赵六,B08.4,手足口病,发热皮疹2天
"""
LAB = (
    "姓名\t标本号\t项目名称\t结果\t单位\t参考范围\t标本\t采样时间\t报告状态\n"
    "张三\tB1\t乙肝表面抗原\t阳性(+)\t\t阴性\t血清\t2026-11-23\t{state}\n"
)


def items(text: str | bytes, name: str = "x.csv") -> list[Item]:
    return list(read((name, text.encode() if isinstance(text, str) else text)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("title", ["", "某某医院门诊日志,,,,,,,,,\n"], ids=["plain", "with a title"])
def test_an_outpatient_log(encoding: str, title: str) -> None:
    first, second = items((title + LOG).encode(encoding))
    (record,) = first.records
    assert (first.index, second.index, record.kind, record.source.message_type) == (
        0,
        1,
        "encounter",
        "cn_outpatient_log",
    )
    assert (record.person.name, record.person.sex, record.person.age_text) == ("张三", "male", "35岁")
    assert record.person.identifiers[0].kind == "cn_id"
    assert (record.encounter.department, record.encounter.clinician, record.encounter.kind) == (
        "感染科",
        "李四",
        "outpatient",
    )
    assert record.encounter.start is not None
    assert (record.encounter.start.iso, record.encounter.start.precision) == ("2026-11-23T08:15", "minute")
    assert [(one.codes[0].code, one.text) for one in record.diagnoses] == [("A15.0", "肺结核")]
    assert [(note.section, note.text) for note in record.notes] == [("complaint", "咳嗽3周,低热")]


def test_several_diagnoses_in_a_cell() -> None:
    (first, _) = items(LOG.replace("A15.0,肺结核", "A15.0；J18.9,肺结核；肺炎"))
    assert [(one.codes[0].code, one.text) for one in first.records[0].diagnoses] == [
        ("A15.0", "肺结核"),
        ("J18.9", "肺炎"),
    ]


@pytest.mark.parametrize(
    ("word", "status"), [("", "final"), ("初步报告", "preliminary"), ("更正", "corrected"), ("作废", "cancelled")]
)
def test_a_laboratory_export(word: str, status: str) -> None:
    (item,) = items(LAB.format(state=word), "lis.txt")
    (record,) = item.records
    (result,) = record.results
    assert (record.status, result.name, result.value, result.specimen) == (status, "乙肝表面抗原", "阳性(+)", "血清")
    assert record.key == items(LAB.format(state=""))[0].records[0].key


def cell(value: str, at: int) -> str:
    """The log with one cell of its first row changed."""
    head, row, rest = LOG.split("\n", 2)
    cells = row.split(",", 9)
    cells[at] = value
    return "\n".join((head, ",".join(cells), rest))


@pytest.mark.parametrize(
    ("text", "refusal", "issue", "place"),
    [
        (cell("昨天", 4), None, "table.bad_time", "row[2].就诊时间"),
        (cell("2026-02-30", 4), None, "table.bad_time", "row[2].就诊时间"),
        (cell("23/11/2026", 4), None, "table.bad_time", "row[2].就诊时间"),
        (cell("", 4), "table.required_empty", None, "row[2].就诊时间"),
        (cell("雄", 1), None, "table.unknown_word", "row[2].性别"),
        (LOG.replace('低热"', '低热",多出一格'), "table.too_many_cells", None, "row[2]"),
        (LOG.replace(',"咳嗽3周,低热"', ""), None, "table.too_few_cells", "row[2]"),
    ],
)
def test_a_row_that_does_not_fit_names_row_and_column(
    text: str, refusal: str | None, issue: str | None, place: str
) -> None:
    first, second = items(text)
    assert second.refusal is None
    if refusal:
        assert first.refusal is not None
        assert (first.refusal.code, first.refusal.place) == (refusal, place)
    else:
        assert [(one.code, one.path) for one in first.records[0].issues] == [(issue, place)]


def test_blank_rows_count() -> None:
    head, first, second, _ = LOG.split("\n")
    assert [item.index for item in items("\n".join((head, first, "", second)))] == [0, 2]


def test_columns_that_nothing_reads_are_named_once() -> None:
    first, second = items(LOG.replace("主诉", "备用列"))
    assert [(one.code, one.params) for one in first.issues] == [("table.columns_unread", (("columns", "备用列"),))]
    assert second.issues == ()


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("", "x.csv", "formats.empty"),
        ("只是一句话", "x.csv", "table.not_a_table"),
        (LOG.split("\n")[0] + "\n", "x.csv", "table.no_rows"),
        ("a,b,c\n1,2,3\n", "x.csv", "table.no_mapping"),
        ("a,b,c\n1,2,3\n", "x.dat", "table.no_mapping"),
    ],
)
def test_what_is_no_known_table(text: str, name: str, reason: str) -> None:
    (item,) = items(text, name)
    assert item.refusal is not None
    assert (item.index, item.refusal.code) == (0, reason)


def test_excel_keeps_its_dates() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["门诊日志"])
    sheet.append(["姓名", "就诊时间", "诊断名称", "门诊号"])
    sheet.append(["张三", datetime(2026, 11, 23, 8, 15), "肺结核", 10023.0])
    stream = io.BytesIO()
    book.save(stream)
    (item,) = items(stream.getvalue(), "x.xlsx")
    (record,) = item.records
    assert (item.format, record.encounter.start and record.encounter.start.iso) == ("xlsx", "2026-11-23T08:15:00")
    assert record.encounter.id == "10023"


def test_an_own_mapping(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "id: own\nkind: lab_report\ndate_order: dmy\n"
        "columns: {person.name: [who], result.pair: [what], result.at: [when]}\n"
        "constants: {encounter.organisation: 市一院}\nrequired: [result.pair]\n"
    )
    (item,) = read(("x.csv", b"when;who;what\n31/12/2026;A B;HIV:neg\n"), file)
    (record,) = item.records
    assert (record.results[0].name, record.results[0].value) == ("HIV", "neg")
    assert (record.at and record.at.iso, record.encounter.organisation) == ("2026-12-31", "市一院")


def test_a_mapping_whose_columns_are_missing_says_which(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("id: own\nkind: lab_report\ncolumns: {result.pair: [what]}\nrequired: [result.pair]\n")
    (item,) = read(("x.csv", b"a,b\n1,2\n"), file)
    assert item.refusal is not None
    assert (item.refusal.code, dict(item.refusal.params)["columns"]) == ("table.columns_missing", "what")


@pytest.mark.parametrize(
    "text", ["id: x\n", "id: x\nkind: other\ncolumns: {person.nam: [a]}\n", "a: [\n", "id: x\nkind: y\ncolumns: {}\n"]
)
def test_a_wrong_mapping_file_names_file_and_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        load_mapping(file)
    assert "own.yaml" in caught.value.render("en")


def test_builtin_mappings_load_and_recognise_something() -> None:
    assert {mapping.id for mapping in builtin()} >= {"cn_outpatient_log", "cn_laboratory", "reportstream"}
    assert all(mapping.recognise for mapping in builtin())


WORKBOOK = [["门诊日志"], ["就诊号", "姓名", "就诊时间", "诊断名称"], ["1", "张一", "2026-11-23", "水痘\n(待排)"], [],
            ["2", "李二", "", "水痘"], ["3", "王三", "2026-11-23", "水痘"]]  # fmt: skip


@pytest.mark.parametrize("excel", [False, True])
def test_an_error_names_the_row_that_a_spreadsheet_shows(excel):
    """Below a title, a cell with a line break and a blank row: the fifth row, whatever the line of the file."""
    if excel:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out)
        sheet = book.add_worksheet()
        for at, row in enumerate(WORKBOOK):
            for column, text in enumerate(row):
                sheet.write_string(at, column, text)
        book.close()
        data = out.getvalue()
    else:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(row or ["", "", "", ""] for row in WORKBOOK)
        data = text.getvalue().encode("gb18030")
    refused = [item.refusal for item in tabular.read(data, excel=excel) if item.refusal is not None]
    assert [(one.code, one.place, dict(one.params)["row"]) for one in refused] == [
        ("table.required_empty", "row[5].就诊时间", "5")
    ]
