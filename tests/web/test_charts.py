"""Pictures: what the page carries, the table that says the same, and charts for files that must stand alone."""

import io
import json
import zipfile

import pytest
from django.template import Context, Template
from docx import Document

from yifang.web.charts import Chart, Series
from yifang.web.drawings import draw
from yifang.web.native_charts import NativeChart, into_document

CHART = Chart(
    "one", "bars", "曲线", ["1 月", "2 月"],
    [Series("确诊", [3, None], ["/a?x=1&y=2", ""]), Series("<预期>", [1.5, 2.0], tone="expected", line=True)],
    "口径 <官方>", says="两个月", corner="月份",
)  # fmt: skip


def page(chart: Chart) -> str:
    return Template("{% load yifang %}{% chart one %}").render(Context({"one": chart}))


def test_the_table_says_what_the_picture_does_and_opens_where_it_does():
    html = page(CHART)
    assert '<th scope="row">1 月</th><td class="is-number"><a href="/a?x=1&amp;y=2">3</a></td>' in html
    assert '<th scope="row">2 月</th><td class="is-number"></td><td class="is-number">2</td>' in html
    assert "&lt;预期&gt;" in html
    assert "<预期>" not in html
    assert 'aria-label="曲线: 两个月"' in html
    spec = json.loads(html.split('type="application/json">')[1].split("</script>")[0])
    assert spec["series"][0]["values"] == [3, None]
    assert spec["series"][0]["links"] == ["/a?x=1&y=2", ""]


def test_a_band_is_told_from_least_to_most():
    chart = Chart("one", "years", "x", ["1"], [Series("往年", [2], tone="band", upper=[9])], "")
    assert chart.rows()[0][1].text == "2–9"


@pytest.mark.parametrize("kind", ["columns", "bars", "lines"])
def test_a_chart_that_word_draws_itself_stands_where_its_name_was(kind):
    document = Document()
    document.add_paragraph("[[chart:trend]]")
    document.add_paragraph("[[chart:nothing]]")
    chart = NativeChart(kind, '趋势 "<一>"', ["1", "2"], [("本周", [3, None]), ("上周", [1, 2])])
    into_document(document, {"trend": chart})
    out = io.BytesIO()
    document.save(out)
    again = Document(io.BytesIO(out.getvalue()))  # what is written can be read
    assert again.paragraphs[0]._element.xpath(".//wp:docPr/@descr") == ['趋势 "<一>"']
    assert again.paragraphs[1].text == ""
    with zipfile.ZipFile(out) as files:
        xml = files.read("word/charts/chart1.xml").decode()
        assert "本周" in xml
        assert "<c:externalData" in xml
        assert files.read("word/embeddings/chart1.xlsx").startswith(b"PK")


def test_a_drawing_needs_nothing_from_outside():
    svg = draw(NativeChart("columns", "<说明>", ["一", "二"], [("甲", [1, 4]), ("乙", [None, 2])]))
    assert svg.count("<rect") == 3
    assert "&lt;说明&gt;" in svg
    assert "style=" not in svg
    assert "<polyline" in draw(NativeChart("lines", "x", ["一", "二"], [("甲", [1, 4])]))
