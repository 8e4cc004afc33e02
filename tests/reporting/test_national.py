"""The county's export as a feed: cards become cases, are counted, held against our own, and change when they change."""

import csv
import io
from datetime import date, timedelta
from hashlib import sha256
from threading import get_ident

import pytest

from tests import apps
from yifang import formats
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake.models import Feed
from yifang.apps.intake.services import batches, take_bytes
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting import national
from yifang.apps.reporting.models import Case, NationalCard, Standing
from yifang.apps.surveillance import counting
from yifang.apps.surveillance.counting.selection import official
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.queries import numbers
from yifang.kernel import clock, protocols
from yifang.knowledge import load

HEADERS = [one.header for one in load().national_system.columns]


def row(number: str = "1", **values: str) -> dict[str, str]:
    """A card of the export, finally audited, of a child of the district."""
    names = {one.id: one.header for one in load().national_system.columns}
    given = {
        "national_card_id": f"31011220260000{number}", "card_no": f"'310112-{number}", "card_state": "原始卡",
        "name": "王小明", "id_no": f"'{apps.id_no(order=int(number) % 99 + 1)}", "sex": "男",
        "birth_date": "2021-05-04",
        "residence_area": "31011201", "population": "散居儿童", "case_class": "实验室诊断病例",
        "onset_date": "2026-05-01", "diagnosis_datetime": "2026-05-02 09:10", "disease": "手足口病",
        "report_area": "31011200", "report_org": "梅陇人民医院", "entry_time": "2026-05-02 20:00",
        "county_audit_time": "2026-05-03 08:00", "audit_state": "已终审卡",
    }  # fmt: skip
    return {names[key]: value for key, value in (given | values).items()}


def export(*rows: dict[str, str], charset: str = "gb18030", headers: list[str] | None = None) -> bytes:
    out = io.StringIO(newline="")
    out.write("传染病报告卡\n\n")
    writer = csv.DictWriter(out, headers or HEADERS, restval=".", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(charset)


@pytest.fixture
def county(db):
    made = apps.county()
    with apps.as_jobs():
        Feed.objects.create(code="nidris", name="大疫情网导出", organisation=made.organisations["cdc"])
    return made


def take(county, *rows, name="export.csv", **more):
    with apps.as_jobs():
        batch = take_bytes(export(*rows, **more), name, Feed.objects.get(code="nidris"), NODE)
    apps.deliver()
    return batch


def official_number(county, since=date(2026, 1, 1), until=date(2026, 12, 31), names=()) -> int:
    viewer = county.viewer("epidemiologist")
    with enter(viewer):
        return numbers.total(official(apps.DISTRICT, since, until, names), viewer)


def test_an_export_alone_gives_cases_numbers_and_timeliness(county):
    batch = take(county, row("1"), row("2", audit_state="未审核卡", county_audit_time="."), row("3", disease="水痘"))
    assert (batch.items, batch.records, batch.refused) == (3, 3, 0)
    viewer = county.viewer("epidemiologist")
    with enter(viewer):
        cases = list(Case.objects.order_by("national__national_card_id"))
        cards = list(NationalCard.objects.order_by("national_card_id"))
    assert [case.disease for case in cases] == ["hfmd", "hfmd", "varicella"]
    assert cases[0].audited_on == date(2026, 5, 3)
    assert cases[1].audited_on is None
    assert cases[0].report_org.name == "梅陇人民医院"
    assert (cases[0].sex, cases[0].age_days, cases[0].residence_area) == ("male", 1823, "310112001")
    assert [card.report_in_time for card in cards] == [True, True, True]
    assert [card.audit_in_time for card in cards] == [True, None, True]
    assert {card.standing for card in cards} == {Standing.ONLY_THERE}
    assert official_number(county) == 2
    with apps.as_jobs():
        found = counting.verify()
    assert found.holds
    assert found.waiting == 0


def test_the_same_file_again_and_the_other_scope_change_nothing(county):
    take(county, row("1"), row("2"))
    again = take(county, row("2"), row("1"), name="按现住址.csv")
    assert (again.records, again.repeats) == (0, 2)
    assert official_number(county) == 2


def test_corrections_deletions_and_revisions_that_wait_are_followed(county):
    take(county, row("1"), row("2"), row("3"))
    take(
        county,
        row("1", disease="水痘", card_state="订正卡", previous_disease="手足口病",
            revision_report_time="2026-06-01 10:00", revision_final_time="2026-06-02 10:00"),
        row("2", audit_state="已删除卡", delete_time="2026-06-01 10:00", delete_reason="重卡"),
        row("3", disease="水痘", audit_state="订正未审核", card_state="订正卡", previous_disease="手足口病",
            revision_report_time="2026-06-01 10:00"),
        name="june.csv",
    )  # fmt: skip
    assert official_number(county, names=("varicella",)) == 1  # counts in June, when it was finally audited anew
    assert official_number(county, date(2026, 6, 1), date(2026, 6, 30)) == 1
    assert official_number(county, names=("hfmd",)) == 1  # the third goes on as it was until its revision is audited
    older = take(county, row("1"), name="may-again.csv")
    assert older.repeats == 1
    assert official_number(county, names=("varicella",)) == 1
    with apps.as_jobs():
        assert counting.verify().holds


def test_what_cannot_be_read_waits_with_its_row_and_column(county):
    batch = take(
        county, row("1", entry_time="昨天"), row("2", national_card_id="."), row("3", audit_state="谁知道"),
        row("4", residence_area="上海"), row("5"),
    )  # fmt: skip
    assert (batch.records, batch.refused) == (1, 4)
    with apps.as_jobs():
        kept = list(batch.quarantined.order_by("index"))
    assert [one.code for one in kept] == ["national.time", "national.missing", "national.word", "national.area"]
    assert kept[0].place == "row[4].报告卡录入时间"
    assert kept[3].params["value"] == "上海"


def test_a_file_without_the_needed_columns_names_them(county):
    batch = take(county, row("1"), headers=[one for one in HEADERS if one not in ("审核状态", "现住地址国标")])
    assert batch.refused == 1
    with apps.as_jobs():
        kept = batch.quarantined.get()
    assert kept.code == "national.columns"
    assert kept.params["columns"] == "现住地址国标, 审核状态"


def test_what_is_not_notifiable_is_kept_and_counted_nowhere(county):
    take(county, row("1", disease="其它疾病:猫抓病"))
    with apps.as_jobs():
        card = NationalCard.objects.get()
    assert (card.disease, card.disease_text, card.case) == ("", "其它疾病:猫抓病", None)
    assert official_number(county) == 0


def test_only_news_raises_a_signal(county):
    today = clock.today()
    new = {
        "disease": "霍乱", "onset_date": f"{today - timedelta(days=1)}", "diagnosis_datetime": f"{today} 00:00",
        "entry_time": f"{today} 00:30", "audit_state": "未审核卡", "county_audit_time": ".",
    }  # fmt: skip
    take(county, row("1", disease="霍乱"), row("2", **new))
    with apps.as_jobs():
        signal = Signal.objects.get()
        assert [case.national.national_card_id for case in signal.cases.all()] == ["310112202600002"]


def test_hiv_infection_is_no_aids_and_seen_by_few(county):
    take(county, row("1", disease="HIV"), row("2", disease="艾滋病"))
    assert official_number(county, names=("hiv_aids",)) == 1
    viewer = county.viewer("epidemiologist")
    with enter(viewer):
        assert not NationalCard.objects.exists()


def test_an_excel_file_says_the_same(county):
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("导出")
    sheet.write_row(0, 0, ["传染病报告卡"])
    sheet.write_row(2, 0, HEADERS)
    sheet.write_row(3, 0, [row("1").get(name, ".") for name in HEADERS])
    book.close()
    with apps.as_jobs():
        batch = take_bytes(out.getvalue(), "export.xlsx", Feed.objects.get(code="nidris"), NODE)
    apps.deliver()
    assert batch.records == 1
    assert official_number(county) == 1


def page(county, who: str, address: str, lang: str = "zh") -> str:
    from django.test import Client

    client = Client(HTTP_ACCEPT_LANGUAGE=lang)
    client.force_login(county.users[who], backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["django_language"] = "en" if lang == "en" else "zh-hans"
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_our_card_and_theirs_are_held_together_and_differences_named(county):
    from tests.reporting import cards
    from yifang.apps.reporting.models import Card, CardState

    ours = cards.brought(county, CardState.SUBMITTED)
    number = Card.objects.get(id=ours.id).national_card_id
    take(county, row("1", national_card_id=number, disease="水痘"), row("2"))
    with apps.as_jobs():
        both = NationalCard.objects.get(national_card_id=number)
        assert both.card_id == ours.id
        assert both.standing == Standing.DIFFERENT
        assert "disease" in both.differs
        assert Case.objects.get(id=Card.objects.get(id=ours.id).case_id).disease == "varicella"  # theirs is the truth
        assert Case.objects.filter(excluded=False).count() == 2
    shown = page(county, "epidemiologist", "/national/")
    assert number in shown
    assert "疾病名称" in shown
    assert "31011220260000" not in shown  # the other is only there
    assert "310112202600002" in page(county, "epidemiologist", "/national/?tab=only_there")


def test_a_card_entered_after_the_export_joins_the_case_it_made(county):
    from tests.reporting import cards
    from yifang.apps.reporting import services
    from yifang.apps.reporting.models import Card, CardState

    take(county, row("1"))
    ours = cards.brought(county, CardState.SUBMITTED)
    with apps.as_jobs():
        Card.objects.filter(id=ours.id).update(national_card_id="310112202600001")
        from yifang.apps.ledger.services import Change, append

        append(Change("reporting.card_entered", "card", ours.id), NODE)
    apps.deliver()
    with apps.as_jobs():
        one = NationalCard.objects.get()
        assert one.card_id == ours.id
        assert Card.objects.get(id=ours.id).case_id == one.case_id
    del services


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_tab_has_its_page_and_its_empty_state(county, lang):
    for tab in ("different", "only_there", "only_here", "unknown", "both"):
        page(county, "epidemiologist", f"/national/?tab={tab}", lang)
    take(county, row("1"), row("2", disease="猫抓病"))
    shown = page(county, "epidemiologist", "/national/?tab=unknown&since=2026-05-01", lang)
    assert "猫抓病" in shown
    assert "100.0%" in shown


def test_the_address_tells_the_village_where_it_names_one(county):
    from yifang.apps.places.models import Place

    with apps.as_jobs():
        Place.objects.create(kind="village", code="310112001007", name="锦禾社区", area_code="310112001007")
    take(county, row("1", residence_detail="锦禾社区7号楼401"), row("2", residence_detail="示范路8弄"))
    with apps.as_jobs():
        areas = dict(Case.objects.values_list("national__national_card_id", "residence_area"))
    assert areas == {"310112202600001": "310112001007", "310112202600002": "310112001"}


@pytest.mark.django_db(transaction=True)
def test_a_chunk_is_prepared_while_the_one_before_is_stored(monkeypatch):
    """The same person in several chunks stays one; what was prepared is what is stored."""
    made = apps.county()
    with apps.as_jobs():
        Feed.objects.create(code="nidris", name="大疫情网导出", organisation=made.organisations["cdc"])
    threads = []
    prepare = national.prepare
    receiver = protocols.Receiver(
        "cards", national.receive, lambda *args: threads.append(get_ident()) or prepare(*args)
    )
    monkeypatch.setattr(batches.protocols, "receivers", [receiver])
    same = {"id_no": f"'{apps.id_no(order=7)}"}
    data = export(*(row(str(number), **(same if number % 3 == 0 else {})) for number in range(1, 10)))
    feed = Feed.objects.get(code="nidris")
    batch = batches.open_batch(feed, "export.csv", sha256(data).digest())
    batch = batches.take(batch, formats.read(("export.csv", data)), NODE, chunk=2)
    assert (batch.items, batch.records, batch.refused) == (9, 9, 0)
    assert len(threads) == 4
    assert get_ident() not in threads
    rows = {one.national_card_id[-1]: one for one in NationalCard.objects.all()}
    assert len({one.person_id for one in rows.values()}) == 7
    assert rows["3"].person_id == rows["6"].person_id == rows["9"].person_id
    assert all(one.case_id is not None for one in rows.values())
    again = batches.open_batch(feed, "again.csv", sha256(data + b"\n").digest())
    again = batches.take(again, formats.read(("again.csv", data)), NODE, chunk=2)
    assert (again.records, again.repeats) == (0, 9)
