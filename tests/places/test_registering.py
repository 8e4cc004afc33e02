"""`yifang places import|add|list`: what a list would do line by line, what it does, and that it does it once."""

from __future__ import annotations

import argparse
import io
import json

import pytest
from openpyxl import Workbook

from tests import apps
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.places import command, registering
from yifang.apps.places.models import Membership, Organisation, Place, PlaceMatch
from yifang.apps.places.services import Bearer, match_text
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.kernel.ids import new_id

pytestmark = pytest.mark.django_db

HEADER = "code,name,kind,area_code,parent,phone,aliases,active"
COUNTY = f"""\
{HEADER}
S1-31,三年级1班,class,,S1,,,
H1,示范医院,hospital,310112,G1,021-1,示范一院;一院,
G1,示范医疗集团,group,31011200,,,,
S1,示范小学,学校,310112,,,示小,是
E1,示范电子厂,employer,310112,,,,
V1,示范居委会,village_committee,310112001,,,,
310112001001,示范村,village,310112001001,,,,
310112001001001,示范网格,grid,310112001001001,V1,,,
W1,示范工地,worksite,310112,,,,否
"""


def plan_of(text: str) -> registering.Plan:
    return registering.plan(registering.read_list(text.encode(), "list.csv"))


def carry_out(text: str) -> int:
    with apps.as_jobs():
        return registering.carry_out(plan_of(text), NODE)


@pytest.fixture
def yifang(capsys):
    """Runs `yifang places …` with the rights of the jobs role; gives what it printed."""

    def run(*words: str) -> str:
        parser = argparse.ArgumentParser()
        command.configure(parser)
        with apps.as_jobs():
            assert command.run(parser.parse_args(words)) == 0
        return capsys.readouterr().out

    return run


def test_a_county_is_put_on_the_list_whatever_the_order_of_its_lines():
    assert carry_out(COUNTY) == 9
    hospital, school = Organisation.objects.get(code="H1"), Organisation.objects.get(code="S1")
    assert (hospital.kind, hospital.area_code, hospital.phone) == ("hospital", "310112", "021-1")
    assert hospital.also_known_as == ["示范一院", "一院"]
    assert Membership.objects.get(member=hospital).group.code == "G1"
    kinds = dict(Organisation.objects.values_list("code", "kind"))
    assert kinds == {"H1": "hospital", "G1": "group", "S1": "school", "E1": "worksite", "V1": "village"}
    places = {
        one.code: (one.kind, one.area_code, one.organisation and one.organisation.code) for one in Place.objects.all()
    }
    assert places == {
        "S1-31": ("class", "310112", "S1"),
        "310112001001": ("village", "310112001001", None),
        "310112001001001": ("grid", "310112001001001", "V1"),
        "W1": ("worksite", "310112", None),
    }
    assert not Place.objects.get(code="W1").active
    assert school.active


def test_each_line_is_in_the_ledger_by_its_columns_and_without_its_values():
    carry_out(COUNTY)
    entries = Entry.objects.filter(kind__startswith="places.")
    kinds = sorted(entries.values_list("kind", "subject_kind"))
    assert kinds == [("places.organisation_made", "organisation")] * 5 + [("places.place_made", "place")] * 4
    school = entries.get(subject=Organisation.objects.get(code="S1").id)
    assert school.facts == {"kind": "school"}
    assert "active" in school.fields


def test_the_same_list_twice_changes_nothing():
    carry_out(COUNTY)
    entries = Entry.objects.count()
    assert {step.what for step in plan_of(COUNTY).steps} == {"same"}
    assert carry_out(COUNTY) == 0
    assert Entry.objects.count() == entries


def test_an_empty_cell_leaves_what_there_is_and_a_change_names_its_columns():
    carry_out(COUNTY)
    (step,) = plan_of("code,name,kind,phone\nH1,示范人民医院,医院,").of("changed")
    assert step.fields == ("name",)
    carry_out("code,name,kind,phone\nH1,示范人民医院,医院,")
    hospital = Organisation.objects.get(code="H1")
    assert (hospital.name, hospital.phone, hospital.area_code) == ("示范人民医院", "021-1", "310112")
    assert Entry.objects.latest("id").fields == ["name"]


def test_an_organisation_moves_from_one_group_to_another_and_is_in_one_at_a_time():
    carry_out(COUNTY)
    earlier = clock.today() - apps.timedelta(days=30)
    Membership.objects.update(since=earlier)
    move = "code,name,kind,area_code,parent\nG2,另一集团,group,310112,\nH1,示范医院,hospital,,G2"
    assert carry_out(move) == 2
    member = Membership.objects.filter(member__code="H1").order_by("since")
    assert list(member.values_list("group__code", "until")) == [
        ("G1", clock.today() - apps.timedelta(days=1)),
        ("G2", None),
    ]
    back = "code,name,kind,parent\nH1,示范医院,hospital,G1"
    assert carry_out(back) == 1
    assert list(Membership.objects.filter(until=None).values_list("group__code", flat=True)) == ["G1"]
    assert carry_out(back) == 0


LINES = {
    "no name": (",hospital,310112,,,,", "places.line_empty"),
    "no such kind": ("甲,clinic,310112,,,,", "places.line_kind"),
    "no area": ("甲,hospital,,,,,", "places.line_empty"),
    "no area code": ("甲,hospital,闵行区,,,,", "places.line_area"),
    "an area that is not there": ("甲,hospital,310199,,,,", "places.line_area_unknown"),
    "a village of a township that is not there": ("甲,village,310112999001,,,,", "places.line_area_unknown"),
    "a parent that is nowhere": ("甲,class,310112,S9,,,", "places.line_parent"),
    "a parent that is a place": ("甲,class,310112,K1,,,", "places.line_parent"),
    "its own parent": ("甲,group,310112,X1,,,", "places.line_parent"),
    "an organisation in what is no group": ("甲,hospital,310112,S1,,,", "places.line_parent_group"),
    "a class of no school": ("甲,class,310112,,,,", "places.line_needs_parent"),
    "a telephone of a class": ("甲,class,310112,S1,021,,", "places.line_column"),
    "too long": (f"{'甲' * 121},hospital,310112,,,,", "places.line_too_long"),
    "neither yes nor no": ("甲,hospital,310112,,,,maybe", "places.line_active"),
}


@pytest.mark.parametrize(("cells", "code"), LINES.values(), ids=LINES)
def test_a_line_that_cannot_be_taken_says_why_and_nothing_is_written(cells, code):
    text = f"{HEADER}\nS1,小学,school,310112,,,,\nK1,甲班,class,,S1,,,\nX1,{cells}\n"
    (step,) = plan_of(text).of("refused")
    assert (step.line.row, step.refused.code) == (4, code)
    assert step.refused.render("zh") != step.refused.render("en")
    with pytest.raises(UserError, match="nothing was written"):
        carry_out(text)
    assert not Organisation.objects.filter(code__in=("S1", "X1")).exists()


@pytest.mark.parametrize(
    ("text", "row", "code"),
    [
        (f"{HEADER}\nS1,小学,school,310112,,,,\nS1,中学,school,310112,,,,", 3, "places.line_repeated"),
        (f"{HEADER}\nK1,小学,school,310112,,,,", 2, "places.line_other_table"),
        (f"{HEADER}\nK 9,小学,school,310112,,,,", 2, "places.line_code"),
    ],
)
def test_a_code_stands_for_one_thing(text, row, code):
    carry_out(f"{HEADER}\nS9,小学,school,310112,,,,\nK1,甲班,class,,S9,,,")
    (step,) = plan_of(text).of("refused")
    assert (step.line.row, step.refused.code) == (row, code)


def workbook(rows) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


CHINESE = [
    ["某区学校名单"],
    [],
    ["代码", "名称", "类别", "区划代码", "别名"],
    ["S1", "示范小学", "学校", 310112, "示小"],
]
FILES = {
    "Excel with a title": (workbook(CHINESE), "名单.xlsx"),
    "GB18030, semicolons": ("代码;名称;类别;区划代码;别名\nS1;示范小学;学校;310112;示小\n".encode("gb18030"), "a.csv"),
    "tabs, a mark, blanks": (
        "\ufeffCode\tName\tKind\tArea Code\tAliases\r\nS1\t 示范小学 \tschool\t310112\t示小\r\n\r\n".encode(),
        "a.tsv",
    ),
}


@pytest.mark.parametrize(("data", "name"), FILES.values(), ids=FILES)
def test_a_table_is_read_as_people_keep_it(data, name):
    (line,) = registering.read_list(data, name)
    assert dict(line.values) | {"kind": ""} == {
        "code": "S1", "name": "示范小学", "kind": "", "area_code": "310112", "also_known_as": "示小",
    }  # fmt: skip
    assert [step.what for step in registering.plan([line]).steps] == ["new"]


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (b"\x00\x01\x02\x03", "places.list_unreadable", "list"),
        ("名称,类别\n甲,学校".encode(), "places.list_header", "code"),
        (b"", "places.list_unreadable", "list"),
    ],
)
def test_what_is_no_list_is_told(data, code, named):
    with pytest.raises(UserError) as wrong:
        registering.read_list(data, "list.csv")
    assert wrong.value.code == code
    assert named in str(wrong.value)


def test_texts_that_wait_are_answered_by_the_organisation_that_bears_them():
    county = apps.county()
    with apps.as_jobs():
        for text in ("示小三年级1班", "另一所小学"):
            match_text(text, apps.DISTRICT, Bearer("card", new_id(), county.hospital))
    carry_out(COUNTY)
    found = PlaceMatch.objects.get(text="示小三年级1班")
    assert (found.state, found.organisation.code, found.place.code) == ("matched", "S1", "S1-31")
    assert PlaceMatch.objects.get(text="另一所小学").state == "open"
    assert Entry.objects.filter(kind="places.matched", subject=found.id, role="node").count() == 1


# -- the command


def test_import_shows_first_and_writes_when_told(yifang, tmp_path):
    file = tmp_path / "county.csv"
    file.write_text(COUNTY, encoding="utf-8")
    said = yifang("import", str(file))
    assert "新增 9，更改 0，不变 0，不收 0。" in said
    assert "第 4 行  G1  示范医疗集团  group" in said
    assert "--write" in said
    assert not Organisation.objects.filter(code="H1").exists()
    assert "已写入 9 行" in yifang("import", str(file), "--write")
    assert "没有要写的" in yifang("import", str(file), "--write")


def test_import_names_what_it_refuses_and_then_writes_nothing(yifang, tmp_path, capsys):
    file = tmp_path / "county.csv"
    file.write_text(f"{HEADER}\nH1,示范医院,hospital,310112,,,,\nX1,诊所,clinic,310112,,,,", encoding="utf-8")
    assert "不收  第 3 行  X1：没有“clinic”这个类别" in yifang("import", str(file))
    with pytest.raises(UserError, match="nothing was written"):
        yifang("import", str(file), "--write")
    assert not Organisation.objects.filter(code="H1").exists()
    with pytest.raises(UserError, match="cannot be read"):
        yifang("import", str(tmp_path / "nothing.csv"))


def test_one_is_added_and_the_list_is_shown(yifang):
    assert "还没有单位" in yifang("list")
    yifang("add", "G1", "示范集团", "group", "--area", "310112")
    said = yifang("add", "H1", "示范医院", "医院", "--area", "310112", "--parent", "G1", "--alias", "一院")
    assert "H1 示范医院（hospital）" in said
    told = [json.loads(line) for line in yifang("list", "--kind", "hospital", "--json").splitlines()]
    assert [(one["code"], one["parent"], one["aliases"]) for one in told] == [("H1", "G1", ["一院"])]
    assert "H1  示范医院  hospital  310112  < G1" in yifang("list")
    assert "没有要写的" in yifang("add", "H1", "示范医院", "hospital")
    for words in (("H1", "别的医院", "hospital"), ("H2", "医院", "clinic"), ("H2", "医院", "hospital")):
        with pytest.raises(UserError):
            yifang("add", *words)
