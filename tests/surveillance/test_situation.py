"""The situation page: its numbers are those of the counts, every number opens to its cases, nobody sees more."""

import html
import re
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client

from tests import apps
from tests.surveillance import many
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.counting.selection import official, statutory
from yifang.apps.surveillance.presenting import behind as parts
from yifang.apps.surveillance.presenting import choosing, diseases, pictures
from yifang.apps.surveillance.queries import behind, numbers, situation
from yifang.kernel import clock


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def client_of(county):
    def sign_in(name: str, lang: str = "") -> Client:
        client = Client()
        client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        if lang:
            client.cookies["django_language"] = lang
        return client

    return sign_in


def plan(disease: str, number: int, **more) -> list[dict]:
    return [{"disease": disease, "onset_date": clock.today() - timedelta(days=5), **more}] * number


def charts(chosen, found):
    return [make(chosen, found, "") for make in (pictures.curve, pictures.pyramid, pictures.heat)] + [
        pictures.map_of(chosen, found, "", "")
    ]


def marks(chart):
    """(number, address) of every mark of a picture that opens."""
    for one in chart.series:
        for value, link in zip(one.values, one.links, strict=False):
            if link:
                yield value, link


def chosen_of(address: str, viewer):
    return parts.part(QueryDict(urlsplit(address).query), viewer)


PLAN = (
    [{"disease": "hfmd"}] * 40 + [{"disease": "influenza", "case_class": "suspected"}] * 10
    + [{"disease": "measles"}] * 7
    + [{"disease": "syphilis"}] * 9 + [{"disease": "hiv_aids", "subtype": "aids"}] * 7
    + [{"disease": "influenza", "residence_area": "310112"}] * 3 + [{"disease": "scarlet_fever", "sex": "unknown"}] * 4
    + [{"disease": "varicella", "age_days": None}] * 5
    + [{"disease": "measles", "died_on": date(2026, 11, 1), "death_audited_on": clock.today() - timedelta(days=3)}] * 2
)  # fmt: skip


@pytest.mark.parametrize("who", ["epidemiologist", "hiv_officer", "bureau", "city_epidemiologist", "hospital_desk"])
@pytest.mark.parametrize("address", ["", "measure=own&day=onset&period=90&disease=all", "period=year&step=month"])
def test_every_mark_opens_to_a_list_with_the_same_number(county, who, address):
    many.make(county, PLAN)
    viewer = county.viewer(who)
    with enter(viewer):
        chosen = choosing.read(QueryDict(address), viewer)
        found = situation.overview(chosen.selection, viewer, chosen.step)
        opened = [mark for chart in charts(chosen, found) for mark in marks(chart)]
        opened += [
            (int(cell.text.replace(",", "")), cell.url)
            for line in diseases.lines(chosen, found) for cell in line.cells if cell.url
        ]  # fmt: skip
        assert len(opened) > 20
        for number, link in opened:
            _, part = chosen_of(link, viewer)
            behind_it = behind.behind(part, viewer, limit=1000)
            assert behind_it.total == number, link
            assert len(behind_it.rows) + behind_it.hidden == number, link


def test_the_pictures_add_up_to_the_number_of_the_counts(county):
    many.make(county, PLAN)
    viewer = county.viewer("hiv_officer")  # nothing is hidden from them
    with enter(viewer):
        chosen = choosing.read(QueryDict("period=year"), viewer)
        found = situation.overview(chosen.selection, viewer, "week")
        whole = numbers.total(chosen.selection, viewer)
        assert whole == found.total == sum(found.by_step_and_class.values()) == sum(found.by_age_and_sex.values())
        assert {row.name: row.now for row in found.rows if row.now} == numbers.by_name(chosen.selection, viewer)
        year = situation.years(chosen.selection, viewer, "month")
        start, today = date(clock.today().year, 1, 1), clock.today()
        assert sum(year.now.values()) == numbers.total(official(apps.DISTRICT, start, today, statutory()), viewer)


def test_a_district_never_counts_another(county, client_of):
    many.make(county, plan("measles", 6, residence_area="310104001", report_area="310104"))
    assert situation_of(county, "residence_epidemiologist").total == 6
    for who in ("epidemiologist", "neighbour_epidemiologist"):
        assert situation_of(county, who).total == 0
        assert situation_of(county, who, "area=310104").total == 0  # asked for by hand
        page = client_of(who).get("/situation/cases?area=310104&period=28").content.decode()
        assert "共 <b>0</b> 例" in page


def situation_of(county, who: str, address: str = ""):
    viewer = county.viewer(who)
    with enter(viewer):
        chosen = choosing.read(QueryDict(address), viewer)
        return situation.overview(chosen.selection, viewer, chosen.step)


def numbers_of(found):
    return {row.name: row.now for row in found.rows}


def test_small_numbers_of_a_sensitive_group_are_hidden_from_those_who_only_count_it(county):
    many.make(
        county, plan("hiv_aids", 3, subtype="aids") + plan("syphilis", 4) + plan("gonorrhoea", 9) + plan("measles", 2)
    )
    assert numbers_of(situation_of(county, "hiv_officer")) == {
        "hiv_aids": 3,
        "syphilis": 4,
        "gonorrhoea": 9,
        "measles": 2,
    }
    # the epidemiologist opens cases of syphilis and may know how many there are; of HIV only that there are few
    found = situation_of(county, "epidemiologist")
    assert numbers_of(found) == {"hiv_aids": None, "syphilis": 4, "gonorrhoea": 9, "measles": 2}
    assert found.total == 15
    assert found.hid
    assert sum(found.by_step_and_class.values()) == 15  # the day's three of HIV are in no picture either
    # the bureau counts all of them: two are small, so no third has to be hidden with them
    assert numbers_of(situation_of(county, "bureau")) == {
        "hiv_aids": None, "syphilis": None, "gonorrhoea": 9, "measles": 2,
    }  # fmt: skip


def test_a_number_that_would_tell_a_hidden_one_is_hidden_too(county):
    many.make(county, plan("hiv_aids", 3, subtype="aids") + plan("syphilis", 8) + plan("gonorrhoea", 9))
    assert numbers_of(situation_of(county, "bureau")) == {"hiv_aids": None, "syphilis": None, "gonorrhoea": 9}


def test_the_list_behind_a_small_number_does_not_tell_it(county, client_of):
    many.make(county, plan("hiv_aids", 3, subtype="aids"))
    page = client_of("bureau").get("/situation/cases?disease=hiv_aids").content.decode()
    assert "共 <b>*</b> 例" in page
    assert not re.search(r"[^\d]3 例", page)


def test_below_the_county_no_sensitive_disease_is_placed(county):
    many.make(county, plan("syphilis", 20) + plan("measles", 6))
    found = situation_of(county, "hiv_officer")
    assert sum(found.by_area.values()) == 6
    assert found.placed_without
    assert sum(situation_of(county, "city_epidemiologist").by_area.values()) == 26


@pytest.mark.parametrize(
    ("name", "status"),
    [("epidemiologist", 200), ("bureau", 200), ("hospital_desk", 200), ("clinician", 403), ("school_nurse", 403),
     ("grid_worker", 403), ("auditor", 403), ("stranger", 403)],
)  # fmt: skip
def test_who_opens_the_pages(client_of, name, status):
    client = client_of(name)
    for path in ("/situation/", "/situation/years", "/situation/cases"):
        assert client.get(path).status_code == status, path


def test_what_is_chosen_is_written_beside_the_numbers(county, client_of):
    many.make(county, plan("measles", 6))
    page = client_of("epidemiologist").get("/situation/").content.decode()
    for words in ("官方口径：终审日期", "现住址 闵行区", "临床诊断病例、确诊病例", "只计已终审", "截止"):
        assert page.count(words) > 4, words  # in the head, below every picture
    page = client_of("epidemiologist").get("/situation/?measure=own&day=onset&place=reporting").content.decode()
    for words in ("发病日期", "报告地区 闵行区", "含未终审", "各类"):
        assert page.count(words) > 4, words
    page = html.unescape(client_of("epidemiologist", "en").get("/situation/").content.decode())
    assert "Measles" in page
    assert not re.search(
        r"[一-鿿]", re.sub(r"闵行区|甲区疾病预防控制中心|中文|.{2,4}(镇|街道|工业区)|医防示范节点", "", text_of(page))
    )


def text_of(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>|<option.*?</option>", "", page, flags=re.S))


def test_nothing_is_said_in_words_where_there_is_nothing(client_of):
    page = client_of("epidemiologist").get("/situation/").content.decode()
    assert page.count("这段时间没有病例") >= 4
    assert client_of("epidemiologist").get("/situation/years").content.decode().count("这段时间没有病例") == 1


@pytest.mark.parametrize(
    "address",
    ["area=abc&period=free&since=x&until=2026-13-01", "period=free&since=1800-01-01&until=2200-01-01",
     "disease=nope&class=x",
     "syndrome=ili", "syndrome=none", "step=hour&age=7&sex=x&at=broken&only=x&name=x&exact=1&placed=1"],
)  # fmt: skip
def test_a_broken_address_shows_the_page(client_of, address):
    for path in ("/situation/", "/situation/years", "/situation/cases"):
        assert client_of("epidemiologist").get(f"{path}?{address}").status_code == 200


def test_the_list_goes_on_where_a_page_ended(county, client_of, monkeypatch):
    from yifang.apps.surveillance.views import behind as view

    monkeypatch.setattr(view, "SIZE", 4)
    many.make(county, plan("measles", 10))
    for day in ("audit", "diagnosis"):
        seen, at = [], ""
        while True:
            address = f"/situation/cases?measure=own&day={day}&period=90&at={at}"
            page = client_of("epidemiologist").get(address).context["table"].page
            seen += [row.id for row in page.rows]
            at = page.after
            if not at:
                break
        assert sorted(seen) == sorted(Case.objects.values_list("id", flat=True))


def test_the_address_of_a_mark_keeps_what_was_chosen(county):
    viewer = county.viewer("epidemiologist")
    with enter(viewer):
        chosen = choosing.read(QueryDict("measure=own&day=entry&class=confirmed&disease=measles&disease=hfmd"), viewer)
        query = parse_qs(urlsplit(pictures.behind(chosen, only="confirmed")).query)
    assert query["disease"] == ["measles", "hfmd"]
    assert (query["day"], query["class"], query["only"]) == (["entry"], ["confirmed"], ["confirmed"])
