"""The frame: menu by role, no query kept in the address, error pages in plain words, answers for htmx."""

import json
from types import SimpleNamespace

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from yifang.kernel import protocols
from yifang.kernel.errors import NotFound
from yifang.web import errors, htmx
from yifang.web.context import menu_for

HTMX = {"HX-Request": "true", "HX-Target": "detail"}


def test_the_menu_shows_what_the_role_may_open_and_where_one_is(shell):
    links = menu_for(SimpleNamespace(role="epidemiologist"), "/gallery/x")
    assert [(link.label, link.url, link.current, link.waiting) for link in links] == [
        ("我的工作", "/gallery/", True, 12),
        ("查找", "/search/", False, 0),
    ]
    assert "密室" in [link.label for link in menu_for(SimpleNamespace(role="auditor"), "/")]
    assert menu_for(None, "/gallery/") == []


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "这次提交没有被接受"),
        (403, "没有权限打开"),
        (404, "没有这一页"),
        (409, "这一步现在不能做"),
        (500, "系统出错了"),
    ],
)
def test_an_error_page_says_what_and_what_next(client, status, title):
    answer = client.get(f"/error/{status}")
    assert answer.status_code == status
    text = answer.content.decode()
    assert title in text
    assert "回到首页" in text


def test_an_error_page_tells_the_exact_reason(client):
    assert "卡片 C-1 已被合并" in client.get("/error/409?message=卡片 C-1 已被合并").content.decode()


def test_htmx_gets_the_words_alone(client):
    answer = client.get("/error/409?message=已被合并", headers=HTMX)
    assert (answer.content.decode(), answer["Content-Type"]) == ("已被合并", "text/plain; charset=utf-8")


def test_an_unknown_address_is_our_page(client, settings):
    settings.DEBUG = False
    assert "没有这一页" in client.get("/nowhere").content.decode()


def test_the_gallery_is_closed_outside_development(client, settings):
    settings.DEBUG = False
    assert client.get("/gallery/").status_code == 404


@pytest.mark.parametrize(("lang", "said"), [("zh-hans", "没有"), ("en", "no ")])
def test_an_error_a_view_let_pass_becomes_its_page_in_the_reader_s_language(shell, lang, said, monkeypatch):
    monkeypatch.setattr(
        NotFound, "render", lambda self, lang: {"zh": "没有这张卡", "en": "there is no such card"}[lang]
    )
    request = RequestFactory().get("/")
    with translation.override(lang):
        answer = errors.ErrorPages(lambda _: HttpResponse()).process_exception(request, NotFound("x"))
    assert answer.status_code == 404
    assert said in answer.content.decode()


def test_a_bug_is_not_hidden_behind_a_page(shell):
    pages = errors.ErrorPages(lambda _: HttpResponse())
    assert pages.process_exception(RequestFactory().get("/"), ValueError()) is None


def test_a_redirect_moves_the_page_not_the_fragment():
    plain = htmx.redirect(RequestFactory().get("/"), "/next")
    assert (plain.status_code, plain["Location"]) == (302, "/next")
    moved = htmx.redirect(RequestFactory().get("/", headers=HTMX), "/next")
    assert (moved.status_code, moved["HX-Redirect"]) == (204, "/next")


def test_htmx_and_its_target_are_recognised():
    request = RequestFactory().get("/", headers=HTMX)
    assert [htmx.is_htmx(request), htmx.is_htmx(request, "detail"), htmx.is_htmx(request, "list")] == [
        True,
        True,
        False,
    ]
    assert not htmx.is_htmx(RequestFactory().get("/"))


def test_live_answers_nothing_or_the_topics_and_where_to_go_on():
    assert htmx.live(7, []).status_code == 204
    answer = htmx.live(9, ["card", "signal"])
    assert json.loads(answer["HX-Trigger"]) == {"live:card": {}, "live:signal": {}}
    assert answer["X-Live-After"] == "9"


def test_events_are_added_to_those_already_there():
    response = htmx.trigger(htmx.trigger(HttpResponse(), {"a": 1}), {"b": 2})
    assert json.loads(response["HX-Trigger"]) == {"a": 1, "b": 2}


@pytest.fixture
def searching(monkeypatch):
    asked, told = [], []

    def provider(viewer, text, limit):
        asked.append((viewer.role, text, limit))
        return [protocols.SearchHit("card", "王*明", "霍乱 · 待审核", "/cards/1")]

    monkeypatch.setattr(protocols.search, "_items", [protocols.Named("test", provider)])
    hook = protocols.Named("test", lambda viewer, found: told.append(found))
    monkeypatch.setattr(protocols.searched, "_items", [hook])
    yield asked
    assert told == [1] * len(asked)  # each search is told once, with how much it found


def test_a_search_asks_every_app_as_the_viewer_and_keeps_names_out_of_the_address(client, searching):
    page = client.post("/search/", {"q": " 王小明 "}).content.decode()
    assert searching == [("epidemiologist", "王小明", 20)]
    assert "霍乱 · 待审核" in page
    assert "王小明" in page
    assert "输入姓名" in client.get("/search/?q=王小明").content.decode()
    assert len(searching) == 1


def test_a_stranger_is_sent_to_sign_in(client, searching):
    answer = client.post("/search/?visitor=none", {"q": "王小明"})
    assert answer.status_code == 302
    assert "login" in answer["Location"]
    assert searching == []
