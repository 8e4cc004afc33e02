"""The weekly bulletin: the numbers of the counts in every file, how it counts written on it, a region's template."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from docx import Document
from openpyxl import load_workbook

from tests import apps
from tests.surveillance import cases, many
from yifang.apps.accounts.viewers import enter
from yifang.apps.surveillance import documents, services
from yifang.apps.surveillance.counting.selection import official, official_deaths, statutory
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.presenting import bulletin as presenting
from yifang.apps.surveillance.queries import bulletin as reads
from yifang.apps.surveillance.queries import numbers
from yifang.kernel import clock


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def monday():
    today = clock.today()
    return today - timedelta(days=today.weekday())


@pytest.fixture
def client_of(county):
    def sign_in(name: str) -> Client:
        client = Client()
        client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


def week(monday: date) -> str:
    return f"week={presenting.week_name(monday)}"


def of_the_week(disease: str, number: int, monday: date, **more) -> list[dict]:
    return [{"disease": disease, "onset_date": monday - timedelta(days=3), "audited_on": monday, **more}] * number


def fill(county, monday):
    before, last_year = monday - timedelta(weeks=1), reads.year_before(monday)
    many.make(
        county,
        of_the_week("hfmd", 30, monday) + of_the_week("measles", 6, monday, died_on=monday, death_audited_on=monday)
        + of_the_week("cholera", 1, monday, case_class="confirmed")
        + of_the_week("cholera", 2, monday, case_class="carrier")
        + of_the_week("hiv_aids", 3, monday, subtype="aids") + of_the_week("other", 12, monday)
        + of_the_week("hfmd", 20, before) + of_the_week("hfmd", 24, last_year)
        + of_the_week("influenza", 9, monday, audited_on=None),
    )  # fmt: skip


def paper_of(county, who: str, query: str):
    viewer = county.viewer(who)
    with enter(viewer):
        chosen = presenting.week_of(QueryDict(query), viewer)
        return presenting.paper(chosen, reads.bulletin(chosen.selection, viewer), viewer)


def test_its_numbers_are_those_of_the_counts(county, monday):
    fill(county, monday)
    viewer = county.viewer("epidemiologist")
    rows = {row[0]: row[1:] for row in paper_of(county, "epidemiologist", week(monday)).rows}
    with enter(viewer):
        sunday = monday + timedelta(days=6)
        now = numbers.by_name(official(apps.DISTRICT, monday, sunday), viewer)
        deaths = numbers.total(official_deaths(apps.DISTRICT, monday, sunday, statutory()), viewer)
    assert now == {"hfmd": 30, "other": 12, "measles": 6, "hiv_aids": 3, "cholera": 1}  # no carriers, nothing unaudited
    assert rows["手足口病"] == ["30", "20", "+50.0%", "24", "+25.0%", "0"]
    assert rows["麻疹"][0] == "6"
    assert rows["艾滋病"][0] == "*"
    assert rows["甲类"][0] == "1"
    assert rows["甲乙丙类合计"][0] == "37"  # without the three of HIV that are hidden, and without the other diseases
    assert rows["甲乙丙类合计"][-1] == str(deaths) == "6"
    assert rows["其他（不计入合计）"][0] == "12"


def test_how_it_counts_is_written_on_it(county, monday):
    fill(county, monday)
    labels = dict(paper_of(county, "epidemiologist", week(monday)).labels)
    assert labels["口径"] == "官方口径：终审日期"
    assert labels["病例分类"] == "临床诊断病例、确诊病例"
    assert labels["终审"] == "只计已终审"
    assert "截止" in labels


@pytest.mark.parametrize("kind", ["docx", "xlsx", "md", "html"])
def test_every_file_says_the_same_numbers(county, client_of, monday, kind):
    fill(county, monday)
    case = cases.case(county, "plague")
    apps.deliver()
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(Signal.objects.get(disease="plague").id, viewer, "closed", conclusion="sporadic", note="已核实")
    answer = client_of("epidemiologist").get(f"/situation/bulletin.{kind}?{week(monday)}")
    assert answer.status_code == 200
    assert f"bulletin-310112-{presenting.week_name(monday)}.{kind}" in answer["Content-Disposition"]
    text = _text(kind, answer.content)
    paper = paper_of(county, "epidemiologist", week(monday))
    for words in (paper.title, paper.subtitle, *paper.summary, "官方口径：终审日期", "鼠疫", "散发", "疾控流调监测"):
        assert words in text, words
    for row in paper.rows:
        for cell in row:
            assert cell in text or cell.replace(",", "") in text, row
    assert case.person.masked_name not in text


def _text(kind: str, data: bytes) -> str:
    if kind in ("md", "html"):
        return data.decode()
    if kind == "xlsx":
        book = load_workbook(io.BytesIO(data))
        assert sum(len(sheet._charts) for sheet in book) == 3
        return "\n".join(
            str(cell.value).strip()
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        )
    document = Document(io.BytesIO(data))
    assert "[[chart" not in document.element.xml
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        names = files.namelist()
        assert sum(name.startswith("word/charts/chart") for name in names) == 3
        assert sum(name.startswith("word/embeddings/") for name in names) == 3
        assert b"30</c:v>" in b"".join(files.read(name) for name in names if name.startswith("word/charts/chart"))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_region_brings_its_own_template(county, client_of, monday, settings, tmp_path):
    settings.YIFANG_PAPERS = tmp_path
    (tmp_path / "bulletin.md").write_text("本区 {{ title }}:{{ rows[0][1] }}", encoding="utf-8")
    fill(county, monday)
    client = client_of("epidemiologist")
    assert client.get(f"/situation/bulletin.md?{week(monday)}").content.decode() == "本区 闵行区传染病疫情周报:37"
    assert documents.template_of("html").parent == documents.SHIPPED
    for wrong in ("{{ nothing }}", "{{ ''.__class__.mro() }}", "{% if %}"):
        (tmp_path / "bulletin.md").write_text(wrong, encoding="utf-8")
        answer = client.get(f"/situation/bulletin.md?{week(monday)}")
        assert answer.status_code == 400, wrong
        assert "本地周报模板 bulletin.md 不能用" in answer.content.decode()


def test_a_district_has_only_its_own(county, monday):
    fill(county, monday)
    assert paper_of(county, "neighbour_epidemiologist", f"{week(monday)}&area=310112").rows[0][1] == "0"
    assert paper_of(county, "city_epidemiologist", f"{week(monday)}&area=310112").rows[0][1] == "37"


@pytest.mark.parametrize(
    ("wanted", "status"), [("2026-W46", 200), ("2026-W54", 400), ("x", 400), ("", 200), ("2020-W53", 200)]
)
def test_weeks(client_of, wanted, status):
    assert client_of("epidemiologist").get(f"/situation/bulletin?week={wanted}").status_code == status


def test_the_page_opens_to_the_cases(county, client_of, monday):
    fill(county, monday)
    page = client_of("epidemiologist").get(f"/situation/bulletin?{week(monday)}").content.decode()
    assert "name=hfmd" in page
    assert "本周没有预警信号" in page
    assert client_of("epidemiologist").get("/situation/bulletin.pdf").status_code == 404
    assert client_of("clinician").get("/situation/bulletin.docx").status_code == 403


def test_in_week_53_the_year_before_is_week_52():
    assert reads.year_before(date.fromisocalendar(2026, 53, 1)) == date.fromisocalendar(2025, 52, 1)
