"""The pages of the packs: each opens, each value names its confidence, and a MEDIUM never looks like law."""

import pytest
from django.test import RequestFactory

from yifang.apps.accounts.viewers import Viewer
from yifang.kernel.errors import NotFound
from yifang.knowledge import load
from yifang.web import packs

pytestmark = pytest.mark.django_db  # the menu of the shell counts what waits


def ask(view, path="/packs/", *args, **query):
    request = RequestFactory().get(path, query)
    request.viewer = Viewer(user_id=1, role="clinician", scopes=("user:1",))
    request.user = type("Someone", (), {"is_authenticated": True})()
    return view(request, *args).content.decode()


def test_the_list_names_every_pack():
    page = ask(packs.packs)
    assert all(f"/packs/{name}/" in page for name in load().raw)
    assert set(packs.TITLES) == set(load().raw)


@pytest.mark.parametrize("name", sorted(load().raw))
def test_each_pack_opens_on_a_part_with_entries(name):
    assert f"/packs/{name}/" in ask(packs.pack, "/", name)


def test_an_entry_shows_each_value_with_its_confidence():
    page = ask(packs.entry, "/", "diseases", "diseases", "measles")
    assert "report_hours" in page
    confidence = load().provenance("diseases", "diseases", "measles", "report_hours").confidence
    assert packs.confidence_name(confidence) in page
    assert confidence not in page


def test_every_confidence_of_the_packs_has_a_word():
    sources = [source for raw in load().raw.values() for source in raw["meta"]["sources"]]
    assert {source["confidence"] for source in sources} <= set(packs.CONFIDENCES)


def test_a_word_filters_the_entries():
    page = ask(packs.pack, "/", "diseases", part="diseases", q="霍乱")
    assert "/packs/diseases/diseases/cholera/" in page
    assert "/packs/diseases/diseases/measles/" not in page


def test_a_later_page_continues_where_the_first_ended():
    entries = list(packs._entries("diseases", "diseases", load().raw["diseases"]["diseases"]))
    first = packs._page(entries, None)
    second = packs._page(entries, packs.tables.read_cursor(first.after))
    assert [row.key for row in (*first.rows, *second.rows)] == [entry.key for entry in entries]


@pytest.mark.parametrize(("confidence", "tone"), [("VERIFIED", "good"), ("MEDIUM", "warn"), ("LOW", "bad")])
def test_a_weak_source_looks_weak(confidence, tone):
    assert packs.tone(confidence) == tone


def test_an_unknown_pack_or_entry_says_so():
    with pytest.raises(NotFound):
        ask(packs.pack, "/", "nonsense")
    with pytest.raises(NotFound):
        ask(packs.entry, "/", "diseases", "diseases", "nonsense")
