"""Around the district's lists: numbers that stop counting, the view a list opens with, who looked at what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import apps
from tests.reporting.district import GROWN
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import SavedView
from yifang.apps.reporting.queries import cases as case_queries
from yifang.apps.reporting.queries import walking
from yifang.apps.reporting.services.grid import _joined
from yifang.kernel.messages import catalogue
from yifang.web import tables

APPS = Path(services.__file__).parents[2]


@pytest.mark.parametrize(("count", "words"), [(0, "0"), (1000, "1000"), (1001, "1000+")])
def test_a_number_stops_where_counting_stopped(count, words):
    assert tables.number(count) == words


def test_lists_are_counted_no_further_than_a_page_says(entered, sign_in, monkeypatch):
    for number in range(1, 4):
        entered(apps.hfmd(f"H{number}", who=apps.person(f"陈{number}宝", order=number)))
    monkeypatch.setattr(walking, "MOST_COUNTED", 1)
    monkeypatch.setattr(tables, "MOST_COUNTED", 1)
    page = sign_in("epidemiologist").get("/audit/")
    assert page.context["tabs"][0].count == 2, "three wait, one more than is said was counted"
    assert "1+</b>" in page.content.decode()


def test_a_list_opens_with_the_view_its_reader_chose_and_can_be_left(sign_in):
    mine, colleague = sign_in("epidemiologist"), sign_in("duty_officer")
    for page, url in (("audit", "/audit/"), ("cases", "/cases/")):
        for name, query in (("手足口", "disease=hfmd"), ("流感", "disease=influenza")):
            mine.post(f"/views/{page}/save", {"name": name, "query": query})
        assert mine.get(url).status_code == 200, "nothing chosen yet"
        for name in ("手足口", "流感"):
            view = SavedView.objects.get(page=page, name=name)
            mine.post(f"/views/{page}/{view.id}", {"name": name, "first": "1", "shared": "1"})
            assert mine.get(url)["Location"] == f"{url}?{view.query}"
        assert SavedView.objects.filter(page=page, first=True).count() == 1
        assert mine.get(f"{url}?view=all").status_code == 200
        assert colleague.get(url).status_code == 200, "a view that is shared opens nobody else's list"
        mine.post(f"/views/{page}/{view.id}", {"name": "流感"})
        assert mine.get(url).status_code == 200, "taken back"


# Who opens what, and what the access stream then holds of it.
LOOKS = {
    "card beside its source": ("epidemiologist", "/audit/{card}", {}, ["card.viewed"]),
    "the detail alone": (
        "epidemiologist", "/audit/{card}", {"hx-request": "true", "hx-target": "detail"}, ["card.viewed"]
    ),
    "the list that refreshes itself": (
        "epidemiologist", "/audit/{card}", {"hx-request": "true", "hx-target": "audit-list"}, []
    ),
    "the list": ("epidemiologist", "/audit/", {}, []),
    "case": ("epidemiologist", "/cases/{case}", {}, ["case.viewed"]),
    "the line list that refreshes itself": (
        "epidemiologist", "/cases/{case}", {"hx-request": "true", "hx-target": "case-list"}, []
    ),
    "a case that is not theirs": ("neighbour_epidemiologist", "/cases/{case}", {}, []),
    "card of the hospital": ("hospital_desk", "/cards/{card}", {}, ["card.viewed"]),
    "card at the desk": ("hospital_desk", "/desk/?tab=done&open={card}", {}, ["card.viewed"]),
    "suspicion": ("clinician", "/suspicions/{suspicion}", {}, ["suspicion.viewed"]),
    "person": ("epidemiologist", "/persons/{person}", {}, ["person.viewed"]),
    "record": ("clinician", "/records/{record}", {}, ["record.viewed"]),
}  # fmt: skip


def test_every_look_is_in_the_access_stream(entered, sign_in, county):
    card = entered()
    ids = {
        "card": card.id, "case": card.case_id, "suspicion": card.suspicion_id, "person": card.person_id,
        "record": card.suspicion.record_id,
    }  # fmt: skip
    for what, (name, url, headers, kinds) in LOOKS.items():
        client = sign_in(name)
        with apps.listening("access") as heard:
            client.get(url.format(**ids), headers=headers)
        assert heard.kinds == kinds, what
        for entry in heard.entries:
            assert entry.actor == county.users[name].id, what
            assert entry.role == county.viewer(name).role, what
            assert entry.subject == ids[entry.subject_kind], what


def test_filling_a_card_in_leaves_an_entry_each_time_it_is_sent(entered, sign_in):
    card = entered()
    client = sign_in("hospital_desk")
    for send in (client.get, client.post):
        with apps.listening("access") as heard:
            assert send(f"/cards/{card.id}/edit").status_code in (200, 422)
        assert {"card.viewed", "card.opened"} <= set(heard.kinds)


def test_an_export_says_its_conditions_its_columns_and_how_many_rows(entered, sign_in):
    entered()
    asked = {"query": "disease=hfmd&class=clinical", "purpose": "quality"}
    with apps.listening("access") as heard:
        sign_in("epidemiologist").post("/cases/export", asked)
    (entry,) = heard.entries
    assert (entry.kind, entry.purpose) == ("case.exported", "asked:quality")
    assert entry.facts["rows"] == 1
    assert {"name", "disease", "onset_date", "residence"} <= set(entry.facts["columns"])
    given = entry.facts["conditions"]
    assert (given["disease"], given["case_class"], given["sensitive"]) == ("hfmd", "clinical", False)


def test_an_export_too_long_for_one_file_is_refused_with_the_mend(entered, sign_in, monkeypatch):
    entered()
    monkeypatch.setattr(case_queries, "MOST_EXPORTED", 0)
    answer = sign_in("epidemiologist").post("/cases/export", {"query": "", "purpose": "quality"})
    assert answer.status_code == 400
    assert "请缩小日期范围" in answer.content.decode()


def test_what_a_bulk_step_would_do_names_every_card(entered, sign_in):
    plain, grave = entered(), entered(apps.cholera_report(), **GROWN)
    page = sign_in("epidemiologist").post("/audit/bulk/preview", {"pick": [str(plain.id), str(grave.id)]})
    for card in (plain, grave):
        assert f'<a href="/audit/{card.id}">{card.card_no}</a> {card.masked_name}' in page.content.decode()
    unseen = sign_in("neighbour_epidemiologist").post("/audit/bulk/preview", {"pick": [str(plain.id)]})
    assert "看不到的卡" in unseen.content.decode()
    assert plain.card_no not in unseen.content.decode()


def test_the_district_takes_a_card_out_to_word_for_its_work(entered, sign_in):
    card = entered()
    client = sign_in("epidemiologist")
    context = client.get(f"/audit/{card.id}").context
    assert context["may_export"]
    with apps.listening("access") as heard:
        answer = client.post(f"/cards/{card.id}/word", {"work": context["work"]})
    assert answer["Content-Type"].endswith("wordprocessingml.document")
    assert "card.exported" in heard.kinds
    assert client.post(f"/cards/{card.id}/word")["Location"].startswith(f"/purpose/{card.id}")
    stranger = sign_in("neighbour_epidemiologist").post(f"/cards/{card.id}/word", {"work": context["work"]})
    assert stranger.status_code in (302, 404)  # asked why, or not there: no paper either way


@pytest.mark.parametrize(
    ("region", "address", "joined"),
    [
        ("上海市闵行区古美街道", "示范路180弄", "上海市闵行区古美街道示范路180弄"),
        ("上海市闵行区古美街道", "古美街道示范路180弄", "上海市闵行区古美街道示范路180弄"),
        ("上海市闵行区古美街道", "上海市闵行区古美街道示范路180弄", "上海市闵行区古美街道示范路180弄"),
        ("", "示范路1号", "示范路1号"),
    ],
)
def test_an_address_says_its_township_once(region, address, joined):
    assert _joined(region, address) == joined


def test_every_kind_of_entry_has_words_for_the_auditor():
    """Kinds stand in the code as literals; those put together have their parts in the same call."""
    texts = [file.read_text("utf-8") for file in APPS.rglob("*.py") if "migrations" not in file.parts]
    written = r'(?:Change|looked)\(\s*"([a-z]+\.[a-z_]+)"'
    kinds = {kind for text in texts for kind in re.findall(written, text)}
    kinds |= {f"reporting.card_{what}" for text in texts for what in re.findall(r'\btell\(\w+, "([a-z_]+)"', text)}
    cases = Path(services.__file__).parents[1] / "subscribers" / "cases.py"
    kinds |= {f"reporting.case_{what}" for what in re.findall(r'_tell\(\w+, "([a-z_]+)"', cases.read_text("utf-8"))}
    assert len(kinds) > 30
    assert {kind for kind in kinds if f"ledger.kind.{kind}" not in catalogue()} == set()


def test_only_who_may_audit_counts_what_waits(entered, county):
    entered()
    numbers = {}
    for name in ("epidemiologist", "city_epidemiologist", "residence_epidemiologist", "neighbour_epidemiologist"):
        viewer = county.viewer(name)
        with enter(viewer):
            numbers[name] = queries.audit_counts(viewer)["waiting"]
    assert numbers == {
        "epidemiologist": 1, "city_epidemiologist": 1, "residence_epidemiologist": 0, "neighbour_epidemiologist": 0
    }  # fmt: skip
