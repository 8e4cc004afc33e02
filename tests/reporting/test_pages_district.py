"""What the district's pages have in common: who may open them, the look-up, saved views, long walks, English."""

from __future__ import annotations

import gettext

import pytest
from django.utils.translation import trans_real

from tests import apps
from tests.reporting.district import PUPIL
from yifang.apps.reporting.models import SavedView
from yifang.web.messages import compile_all

PAGES = {
    # who: audit list, line list, saved views of the audit list
    "epidemiologist": (200, 200, 200),
    "duty_officer": (200, 200, 200),
    "neighbour_epidemiologist": (200, 200, 200),
    "hospital_desk": (403, 200, 403),
    "school_nurse": (403, 200, 403),
    "clinician": (403, 403, 403),
    "bureau": (403, 403, 403),
    "grid_worker": (403, 403, 403),
    "administrator": (403, 403, 403),
    "auditor": (403, 403, 403),
    apps.STRANGER: (403, 403, 403),
}
# Who finds a child of the district who was reported there: card beside its source, case.
SEEN = {
    "epidemiologist": (200, 200),
    "city_epidemiologist": (200, 200),
    "residence_epidemiologist": (404, 404),
    "neighbour_epidemiologist": (404, 404),
    "hospital_desk": (403, 200),
    "other_hospital_desk": (403, 404),
    "school_nurse": (403, 404),
    "clinician": (403, 403),
}


@pytest.mark.parametrize("name", PAGES)
def test_who_has_the_pages(sign_in, name):
    client = sign_in(name)
    found = tuple(client.get(url).status_code for url in ("/audit/", "/cases/", "/views/audit"))
    assert found == PAGES[name]


def test_who_may_open_a_card_and_a_case(entered, sign_in):
    card = entered()
    urls = (f"/audit/{card.id}", f"/cases/{card.case_id}")
    found = {name: tuple(sign_in(name).get(url).status_code for url in urls) for name in SEEN}
    assert found == SEEN


def test_looking_up_finds_exactly_and_only_what_one_may_see(entered, sign_in):
    card = entered()

    def finds(name: str, text: str) -> int:
        return len([hit for hit in sign_in(name).post("/search/", {"q": text}).context["hits"] if hit.kind == "card"])

    for text in ("陈小宝", " 陈小宝 ", apps.id_no(), "13800000001", card.card_no, card.national_card_id):
        assert finds("epidemiologist", text) == 1, text
        assert finds("neighbour_epidemiologist", text) == 0, text
        assert finds("other_hospital_desk", text) == 0, text
        assert finds("hospital_desk", text) == 1, text
    for text in ("陈小", "陈", "138", "", "310112"):
        assert finds("epidemiologist", text) == 0, text


def test_a_look_up_is_in_the_access_stream_without_its_text(entered, sign_in):
    entered()
    with apps.listening("access") as heard:
        sign_in("epidemiologist").post("/search/", {"q": "陈小宝"})
    (entry,) = heard.entries  # one look-up, however many apps were asked
    assert (entry.kind, entry.purpose, entry.facts["found"] > 0) == ("person.searched", "look-up", True)
    assert not any("陈小宝" in f"{one.facts}{one.purpose}" for one in heard.entries)
    assert sign_in("epidemiologist").get("/search/?q=陈小宝").context["hits"] == []


def test_views_are_saved_shared_renamed_and_deleted(county, sign_in):
    mine = sign_in("epidemiologist")
    answer = mine.post(
        "/views/audit/save", {"name": "手足口超期", "query": "tab=overdue&disease=hfmd&at=x&work=y&org="}
    )
    assert answer["Location"] == "/audit/?disease=hfmd&tab=overdue"
    view = SavedView.objects.get()
    page = mine.get("/audit/?disease=hfmd&tab=overdue")
    assert [(one.name, one.current, one.mine) for one in page.context["views"]] == [("手足口超期", True, True)]
    colleague, other = sign_in("hiv_officer"), sign_in("residence_epidemiologist")
    assert colleague.get("/audit/").context["views"] == []
    mine.post(f"/views/audit/{view.id}", {"name": "手足口", "shared": "1"})
    assert [one.name for one in colleague.get("/audit/").context["views"]] == ["手足口"]
    assert "手足口" in colleague.get("/views/audit").content.decode()
    assert other.get("/audit/").context["views"] == []
    assert colleague.post(f"/views/audit/{view.id}", {"name": "别的"}).status_code == 404
    assert colleague.post(f"/views/audit/{view.id}", {"delete": "1"}).status_code == 404
    mine.post("/views/audit/save", {"name": "另一个", "query": "disease=measles"})
    assert mine.post(f"/views/audit/{view.id}", {"name": "另一个"}).status_code == 400
    assert mine.post("/views/audit/save", {"name": " ", "query": ""}).status_code == 400
    assert mine.get("/views/nonsense").status_code == 404
    mine.post(f"/views/audit/{view.id}", {"delete": "1"})
    assert [one.name for one in SavedView.objects.all()] == ["另一个"]


def test_a_rare_condition_is_looked_for_a_stretch_at_a_time(entered, sign_in, monkeypatch):
    from yifang.apps.reporting.views import audit, cases

    flu = entered(apps.influenza("F"), **PUPIL)  # the oldest by key: the last to be looked at
    for number in range(1, 4):
        entered(apps.hfmd(f"H{number}", who=apps.person(f"陈{number}宝", order=number)))
    monkeypatch.setattr(audit, "LOOK", 2)
    monkeypatch.setattr(cases, "LOOK", 2)
    client = sign_in("epidemiologist")
    for url, id in (("/audit/?tab=all&class=confirmed", flu.id), ("/cases/?class=confirmed", flu.case_id)):
        seen, pages = [], 0
        while url:
            context = client.get(url).context
            seen += [row.id for row in context["table"].page.rows]
            pages += 1
            url = f"{url.partition('?')[0]}{context['further']}" if context["further"] else ""
        assert (seen, pages) == ([id], 2)


def test_the_pages_read_english(entered, sign_in):
    if compile_all():  # as `./dev` does; Python keeps the catalogues it has read, and so does Django
        gettext._translations.clear()
        trans_real._translations.clear()
    card = entered()
    client = sign_in("epidemiologist")
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    for url in ("/audit/", f"/audit/{card.id}", "/cases/", f"/cases/{card.case_id}", "/views/cases"):
        page = client.get(url).content.decode()
        assert "Card review" in page
        assert 'lang="en"' in page
