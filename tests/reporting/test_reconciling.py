"""An export of the national system held against the cards that lack its number: what is sure, what a person decides."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from openpyxl import Workbook

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import Viewer, enter
from yifang.apps.ledger.models import Entry
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState, EntrySource, Reconciliation
from yifang.apps.reporting.reconciling import Candidate, Line, Verdict, match, read_export
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.knowledge import load

HEADER = ["卡片ID", "卡片编号", "患者姓名", "有效证件号", "疾病名称", "发病日期", "报告卡录入时间", "审核状态"]
Cells = Mapping[str, str]


def row(**cells: str) -> dict[str, str]:
    """A line of the export; `at` and the like by their header."""
    return {
        "卡片ID": "310112-0001", "卡片编号": "", "患者姓名": "陈小宝", "有效证件号": "", "疾病名称": "手足口病",
        "发病日期": "2026-11-22", "报告卡录入时间": "2026-11-23 10:00", "审核状态": "未审核卡", **cells,
    }  # fmt: skip


def csv(*rows: Cells, header: list[str] | None = None, above: str = "") -> bytes:
    names = header or HEADER
    lines = [",".join(names), *(",".join(one.get(name, "") for name in names) for one in rows)]
    return (above + "\n".join(lines)).encode("gb18030")


# -- reading


@pytest.mark.parametrize(
    "data",
    [
        csv(row()),
        csv(row(), above="传染病报告卡导出,,,\n\n"),  # a title and an empty line above
        csv(row(), header=HEADER[::-1]),  # matched by header, never by position
        csv({**row(), "网报卡号": row()["卡片ID"], "录入时间": "2026/11/23 10:00"},
            header=["网报卡号", "患者姓名", "疾病名称", "发病日期", "录入时间"]),
        csv({**row(), "卡片ID": "'310112-0001"}),  # a spreadsheet's mark of text
        "\ufeff".encode() + csv(row()).decode("gb18030").encode(),
    ],
)  # fmt: skip
def test_reading_an_export(data: bytes) -> None:
    (line,) = read_export(data, "导出.csv", load())
    assert (line.national_card_id, line.name, line.disease, line.onset) == (
        "310112-0001", "陈小宝", "hfmd", date(2026, 11, 22),
    )  # fmt: skip
    assert line.entered_at == datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)
    assert not line.fault


def test_reading_a_workbook_with_dates_as_dates() -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["传染病报告卡"])
    sheet.append(HEADER)
    sheet.append(["310112-0001", "", "陈小宝", "", "手足口病", date(2026, 11, 22), datetime(2026, 11, 23, 10, 0), ""])
    data = io.BytesIO()
    book.save(data)
    (line,) = read_export(data.getvalue(), "导出.xlsx", load())
    assert (line.row, line.onset) == (3, date(2026, 11, 22))
    assert line.entered_at == datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"卡片ID": ""}, "卡片ID"),
        ({"卡片ID": "."}, "卡片ID"),
        ({"报告卡录入时间": ""}, "报告卡录入时间"),
        ({"报告卡录入时间": "昨天"}, "报告卡录入时间"),
    ],
)
def test_a_line_that_cannot_be_read_names_its_column(cells: Cells, fault: str) -> None:
    assert read_export(csv({**row(), **cells}), "导出.csv", load())[0].fault == fault


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "reporting.export_unreadable"),  # an old xls
        (b"", "reporting.export_unreadable"),
        (b"{}", "reporting.export_unreadable"),
        (b"PK\x03\x04 not a workbook", "reporting.export_unreadable"),
        ("姓名,年龄\n张三,3\n".encode(), "reporting.export_header"),
        (csv(row(), header=["卡片ID", "患者姓名", "疾病名称"]), "reporting.export_header"),
    ],
)
def test_a_file_that_is_no_export(data: bytes, code: str) -> None:
    with pytest.raises(UserError) as refused:
        read_export(data, "导出.csv", load())
    assert refused.value.code == code


# -- matching

ONSET = date(2026, 11, 22)
ID1, ID2 = "310112202105040038", "310112202105040054"


def line(number: str = "N-000001", row: int = 2, **said: Any) -> Line:
    given = {"card_no": "", "name": "陈小宝", "id_no": "", "disease": "hfmd", "birth": None, "onset": ONSET, **said}
    at = given.pop("at", datetime(2026, 11, 23, 10, tzinfo=CHINA))
    deleted, fault = given.pop("deleted", False), given.pop("fault", "")
    return Line(row, number, entered_at=at, deleted=deleted, fault=fault, **given)


def card(**said: Any) -> Candidate:
    given = {"card_no": "H1-1", "name": "陈小宝", "id_no": ID1, "disease": "hfmd", "birth": None, "onset": ONSET}
    return Candidate(uuid4(), **{**given, **said})


M, A, N = Verdict.MATCHED, Verdict.AMBIGUOUS, Verdict.NOT_FOUND


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"card_no": "H1-1"}, M),
        ({"card_no": "H1-1", "name": "陈 小宝"}, M),
        ({"card_no": "H1-1", "name": "林小雨"}, A),  # the number says it, the name contradicts
        ({"card_no": "H1-1", "disease": "varicella"}, A),
        ({"id_no": ID1}, M),
        ({"id_no": ID1, "name": "陈晓宝"}, A),
        ({"id_no": ID1, "disease": "varicella"}, A),
        ({"id_no": ID1, "disease": ""}, M),  # a name that no pack knows contradicts nothing
        ({}, M),  # name, disease, onset
        ({"onset": None}, A),
        ({"onset": date(2026, 11, 21)}, A),
        ({"id_no": ID2}, A),  # the same name and day, another number
        ({"name": "林小雨"}, N),
        ({"name": "林小雨", "id_no": ID2}, N),
        ({"id_no": "无"}, M),
    ],
)
def test_one_line_and_one_card(said: dict[str, Any], verdict: Verdict) -> None:
    one = card()
    (found,) = match([line(**said)], [one], {})
    assert found.verdict == verdict
    assert found.cards == (() if verdict == N else (one.id,))


def test_two_cards_that_fit_are_for_a_person_to_tell_apart() -> None:
    both = [card(id_no=""), card(card_no="H1-2", id_no="")]
    (found,) = match([line()], both, {})
    assert (found.verdict, set(found.cards)) == (A, {one.id for one in both})


def test_two_lines_that_fit_one_card_are_for_a_person_to_tell_apart() -> None:
    found = match([line("N-000001", 2), line("N-000002", 3)], [card()], {})
    assert [one.verdict for one in found] == [A, A]


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (line("N-9", at=datetime(2026, 11, 23, 9, tzinfo=CHINA)), Verdict.KNOWN),
        (line("N-9"), Verdict.DIFFERS),
        (line(deleted=True), Verdict.DELETED),
        (line(fault="卡片ID"), Verdict.UNREADABLE),
    ],
)
def test_lines_that_ask_for_nothing(one: Line, verdict: Verdict) -> None:
    recorded = {"N-9": datetime(2026, 11, 23, 9, tzinfo=CHINA)}
    assert match([one], [card()], recorded)[0].verdict == verdict


def test_a_number_in_both_scopes_of_the_export_counts_once() -> None:
    assert len(match([line(), line(row=7)], [card()], {})) == 1


# -- recording

in_database = pytest.mark.django_db


def submitted(county: apps.County, **changes: Any) -> Card:
    card = cards.brought(county, CardState.HOSPITAL_REVIEW, cards.blank(county, **changes))
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.approve(card.id, desk)
    apps.deliver()
    return Card.objects.get(id=card.id)


def export_of(card: Card, **cells: str) -> dict[str, str]:
    at = clock.now() - timedelta(minutes=1)
    assert card.onset_date is not None
    said = cards.answers(card)
    return row(
        **{
            "卡片编号": card.card_no, "患者姓名": said["name"], "有效证件号": said["id_no"],
            "发病日期": card.onset_date.isoformat(),
            "报告卡录入时间": f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}", **cells,
        }
    )  # fmt: skip


def previewed(viewer: Viewer, *rows: Cells) -> Reconciliation:
    with enter(viewer):
        return services.reconcile.preview("导出.csv", csv(*rows), viewer)


@in_database
def test_the_preview_changes_nothing_and_the_confirmation_stops_the_clock_as_reconciled() -> None:
    county = apps.county()
    one = submitted(county)
    desk = county.viewer("hospital_desk")
    made = previewed(desk, export_of(one))
    assert [(kept["row"], kept["verdict"], kept["cards"]) for kept in made.lines] == [(2, "matched", [str(one.id)])]
    assert Card.objects.get().entered_at is None
    for secret in ("陈小宝", apps.id_no(), "手足口"):
        assert secret not in f"{made.lines}"
    with apps.listening() as heard, enter(desk):
        outcome = services.reconcile.confirm(made.id, {2: one.id}, desk)
    assert (outcome.done, outcome.refused) == ((2,), ())
    apps.deliver()
    entered = Card.objects.get()
    assert (entered.national_card_id, entered.entry_source) == ("310112-0001", EntrySource.RECONCILED)
    assert not WorkItem.objects.filter(kind="card_entry", state=WorkState.OPEN).exists()
    assert WorkItem.objects.filter(kind="card_audit", state=WorkState.OPEN).exists()
    told = {entry.kind: entry for entry in heard.entries}
    assert told["reporting.card_entered"].facts["source"] == "reconciled"
    assert told["reporting.reconciled"].facts["entered"] == 1
    with enter(desk), pytest.raises(WrongState):
        services.reconcile.confirm(made.id, {2: one.id}, desk)


@in_database
def test_what_was_entered_late_is_recorded_late_without_asking_why() -> None:
    county = apps.county()
    with clock.frozen(clock.now() - timedelta(days=3)):
        one = submitted(county)
    desk = county.viewer("hospital_desk")
    made = previewed(desk, export_of(one))
    with enter(desk):
        services.reconcile.confirm(made.id, {2: one.id}, desk)
    late = Card.objects.get()
    assert late.entered_at is not None
    assert late.report_due_at is not None
    assert late.entered_at > late.report_due_at
    assert late.late_reason == ""


@in_database
def test_lines_that_are_refused_leave_the_others_recorded() -> None:
    county = apps.county()
    first, second = submitted(county), submitted(county, name="乙", order=7)
    desk = county.viewer("hospital_desk")
    made = previewed(
        desk, export_of(first), export_of(second, **{"卡片ID": "310112-0002"}),
        export_of(second, **{"卡片ID": "310112-0003", "报告卡录入时间": "2020-01-01 00:00", "卡片编号": ""}),
    )  # fmt: skip
    with enter(desk):
        services.record_entry(first.id, desk, national_card_id="310112-0009", entered_at=clock.now())
        outcome = services.reconcile.confirm(made.id, {2: first.id, 3: second.id}, desk)
    assert outcome.done == (3,)
    assert [(row, error.code) for row, error in outcome.refused] == [(2, "reporting.entered_already")]


@in_database
def test_an_entry_time_before_the_diagnosis_is_refused_in_the_preview() -> None:
    county = apps.county()
    one = submitted(county)
    made = previewed(county.viewer("hospital_desk"), export_of(one, **{"报告卡录入时间": "2020-01-01 00:00"}))
    assert (made.lines[0]["verdict"], made.lines[0]["code"]) == ("unreadable", "reporting.entry_time")


@in_database
def test_nobody_records_for_a_card_that_the_preview_did_not_offer() -> None:
    county = apps.county()
    one, other = submitted(county), submitted(county, name="乙", order=7)
    desk = county.viewer("hospital_desk")
    made = previewed(desk, export_of(one))
    with enter(desk):
        for chosen in ({2: other.id}, {9: one.id}):
            with pytest.raises(UserError):
                services.reconcile.confirm(made.id, chosen, desk)
    assert Card.objects.filter(entered_at=None).count() == 2


@in_database
def test_who_may_and_what_of_whom() -> None:
    county = apps.county()
    one = submitted(county)
    other, doctor = county.viewer("other_hospital_desk"), county.viewer("clinician")
    with enter(other):
        made = services.reconcile.preview("导出.csv", csv(export_of_seen(one)), other)
    assert made.lines[0]["verdict"] == "not_found", "another hospital's card is not told of"
    with enter(county.viewer("hospital_desk")), pytest.raises(NotFound):
        services.reconcile.confirm(made.id, {}, county.viewer("hospital_desk"))
    with enter(doctor), pytest.raises(NotAllowed):
        services.reconcile.preview("导出.csv", csv(row()), doctor)


def export_of_seen(card: Card) -> dict[str, str]:
    return row(**{"卡片编号": card.card_no, "患者姓名": "陈小宝", "有效证件号": apps.id_no()})


@in_database
def test_looking_through_the_waiting_cards_leaves_an_access_entry() -> None:
    county = apps.county()
    one = submitted(county)
    with apps.listening("access") as heard:
        previewed(county.viewer("hospital_desk"), export_of(one))
    assert [(entry.kind, entry.facts["cards"]) for entry in heard.entries] == [("card.reconciled", 1)]


# -- the page


def signed_in(county: apps.County, name: str) -> Client:
    client = Client()
    client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@in_database
@pytest.mark.parametrize(("language", "words"), [("zh-hans", "对上了"), ("en", "Matched")])
def test_the_page_from_the_file_to_the_entry(language: str, words: str) -> None:
    county = apps.county()
    one = submitted(county)
    client = signed_in(county, "hospital_desk")
    client.cookies["django_language"] = language
    assert client.get("/desk/reconcile").status_code == 200
    file = io.BytesIO(csv(export_of(one), row(**{"卡片ID": "310112-0002", "患者姓名": "林小雨"})))
    file.name = "导出.csv"
    answer = client.post("/desk/reconcile", {"file": file})
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert words in page
    assert one.card_no in page
    assert "林小雨" not in page
    client.post(f"{answer.url}/confirm", {"card-2": str(one.id)})
    assert Card.objects.get().entry_source == EntrySource.RECONCILED
    assert "confirm" not in client.get(answer.url).content.decode().split("<form", 2)[-1].split("<button")[-1]
    assert client.get("/desk/reconcile").status_code == 200


@in_database
@pytest.mark.parametrize(("name", "status"), [("clinician", 403), ("bureau", 403), ("hospital_desk", 404)])
def test_another_persons_preview(name: str, status: int) -> None:
    county = apps.county()
    made = previewed(county.viewer("other_hospital_desk"), row())
    client = signed_in(county, name)
    assert client.get(f"/desk/reconcile/{made.id}").status_code == status
    assert client.post(f"/desk/reconcile/{made.id}/confirm", {}).status_code == status


@in_database
def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from yifang.apps.reporting.views import reconcile

    county = apps.county()
    monkeypatch.setattr(reconcile, "LARGEST", 10)
    monkeypatch.setattr(services.reconcile, "preview", lambda *_: pytest.fail("read"))
    file = io.BytesIO(csv(row()))
    file.name = "导出.csv"
    assert signed_in(county, "hospital_desk").post("/desk/reconcile", {"file": file}).status_code == 400
    assert not Entry.objects.filter(kind="card.reconciled").exists()


@in_database
def test_what_an_outsider_types_is_not_judged_before_who_they_are() -> None:
    county = apps.county()
    made = previewed(county.viewer("other_hospital_desk"), row())
    assert signed_in(county, "clinician").post(f"/desk/reconcile/{made.id}/confirm", {"card-x": "y"}).status_code == 403
    answer = signed_in(county, "other_hospital_desk").post(f"/desk/reconcile/{made.id}/confirm", {"card-x": "y"})
    assert answer.status_code == 400
