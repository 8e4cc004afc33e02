"""An Excel file holds typed cells and says where it comes from; a Word file holds the record, escaped, or fails."""

import io
import zipfile
from datetime import UTC, date, datetime

import docx
import jinja2
import openpyxl
import pytest
from django.utils import translation

from yifang.web import documents, exports
from yifang.web.exports import Field, Provenance

SOURCE = Provenance(
    title="病例一览表", who="周敏", seat="流行病学调查员 · 甲区疾控", at=datetime(2026, 11, 23, 16, 30, tzinfo=UTC),
    conditions="病种 手足口病", packs="ab12", node="甲区", purpose="日常审核",
)  # fmt: skip
FIELDS = [
    Field("name", "姓名"),
    Field("id_no", "证件号", width=22),
    Field("onset", "发病日期", "date"),
    Field("entered", "录入时间", "instant"),
    Field("age", "年龄", "number"),
    Field("student", "学生"),
]
ROW = {
    "name": "=SUM(A1)", "id_no": "310112201609010021", "onset": date(2026, 11, 20),
    "entered": datetime(2026, 11, 23, 16, 5, tzinfo=UTC), "age": 10, "student": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hans"):
        yield


def workbook(rows):
    file = io.BytesIO()
    count = exports.write(file, FIELDS, rows, SOURCE)
    return count, openpyxl.load_workbook(file)


def test_cells_keep_their_types_and_text_stays_text():
    count, book = workbook(iter([ROW, {"name": "http://x.cn", "age": None}]))
    assert count == 2
    head, first, second = book["数据"].iter_rows(values_only=True)
    assert head == ("姓名", "证件号", "发病日期", "录入时间", "年龄", "学生")
    assert first == (
        "=SUM(A1)", "310112201609010021", datetime(2026, 11, 20), datetime(2026, 11, 24, 0, 5), 10, "是",
    )  # fmt: skip
    assert second == ("http://x.cn", None, None, None, None, None)
    cells = book["数据"]
    assert cells["A2"].data_type == "s"  # a formula would be "f"
    assert cells["A3"].hyperlink is None
    assert (cells.freeze_panes, cells.auto_filter.ref) == ("B2", "A1:F3")


def test_the_second_sheet_says_who_when_what_and_under_which_packs():
    _count, book = workbook([ROW])
    told = dict(book["来源"].iter_rows(values_only=True))
    assert told == {
        "内容": "病例一览表", "导出人": "周敏", "岗位": "流行病学调查员 · 甲区疾控", "导出时间": "2026-11-24 00:30:00",
        "条件": "病种 手足口病", "用途": "日常审核", "规则包摘要": "ab12", "节点": "甲区", "行数": "1",
    }  # fmt: skip


def test_an_empty_list_is_a_file_with_a_head():
    count, book = workbook([])
    assert count == 0
    assert book["数据"].max_row == 1


def test_the_answer_is_a_download_with_a_chinese_name():
    answer = exports.response("病例一览表", FIELDS, [ROW], SOURCE)
    assert (
        answer["Content-Disposition"]
        == "attachment; filename*=utf-8''%E7%97%85%E4%BE%8B%E4%B8%80%E8%A7%88%E8%A1%A8.xlsx"
    )
    assert zipfile.is_zipfile(io.BytesIO(b"".join(answer.streaming_content)))


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "card.docx"
    word = docx.Document()
    word.add_paragraph("姓名：{{ card.name }}")
    word.add_paragraph("{% for label, text in provenance %}{{ label }}={{ text }};{% endfor %}")
    word.save(path)
    return path


def test_a_word_file_holds_the_record_as_it_is(template):
    data = documents.render(template, {"card": {"name": "张<三>&{{ 1 }}"}}, SOURCE)
    word = docx.Document(io.BytesIO(data))
    assert word.paragraphs[0].text == "姓名：张<三>&{{ 1 }}"
    assert "导出人=周敏" in word.paragraphs[1].text
    assert (word.core_properties.author, word.core_properties.title) == ("周敏", "病例一览表")


def test_what_the_record_lacks_is_an_error_not_a_blank(template):
    with pytest.raises(jinja2.UndefinedError):
        documents.render(template, {"card": {}}, SOURCE)


def test_a_template_can_show_but_not_run(tmp_path):
    path = tmp_path / "evil.docx"
    word = docx.Document()
    word.add_paragraph("{{ ''.__class__.__mro__[1].__subclasses__() }}")
    word.save(path)
    with pytest.raises(jinja2.exceptions.SecurityError):
        documents.render(path, {}, SOURCE)


def test_a_missing_template_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.docx"):
        documents.render(tmp_path / "none.docx", {}, SOURCE)
