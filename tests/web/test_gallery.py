"""The shell in a real browser: keys, opening beside the list, picking, dialogs, refreshing, languages, axe, widths.

The pictures it leaves (`var/shots`) are what a person looks at before calling a change of look done.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web import site as alone
from tests.web.browser import NARROW, WIDE, axe, overflow, ready, shoot

pytestmark = pytest.mark.browser


@pytest.fixture
def gallery(site, open_page) -> Page:
    return open_page(f"{site}/gallery/")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_component_passes_axe_fits_both_widths_and_is_pictured(site, open_page, lang, scheme):
    page = open_page(f"{site}/gallery/?open=C-0001", lang=lang, scheme=scheme)
    assert axe(page) == []
    for name, address in (("open", "/gallery/?open=C-0001"), ("list", "/gallery/")):
        page.goto(site + address)
        ready(page)
        for path in shoot(page, f"gallery-{name}-{lang}-{scheme}", always=True):
            assert path.stat().st_size > 20_000
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert overflow(page) == 0
    assert axe(page) == []


@pytest.mark.parametrize(
    "path",
    ["/accounts/login/?visitor=none", "/form", "/search/", "/error/403", "/error/404", "/error/409", "/error/500"],
)
def test_other_pages_pass_axe_and_fit(site, open_page, path):
    page = open_page(site + path, WIDE)
    assert overflow(page) == 0
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert overflow(page) == 0
    assert axe(page) == []
    shoot(page, path.strip("/").split("?")[0].replace("/", "-"))


def test_an_english_page_has_no_chinese_but_data_and_the_language_switch(site, open_page):
    page = open_page(f"{site}/form", lang="en")
    said = page.evaluate("document.body.innerText")
    left = set(re.findall(r"[一-鿿]+", said))
    # the site's own made-up data: seat, node, menu, form labels; the switch names Chinese in Chinese
    assert left <= {
        "流行病学调查员",
        "甲区疾病预防控制中心",
        "甲区疾控",
        "我的工作",
        "查找",
        "姓名",
        "发病日期",
        "中文",
    }


def test_the_list_is_worked_by_keys(gallery):
    keys = gallery.keyboard
    keys.press("j")
    keys.press("j")
    expect(gallery.locator("tr.is-cursor")).to_have_attribute("data-row", "C-0002")
    keys.press("Enter")
    expect(gallery.locator("#detail h2")).to_contain_text("C-0002")
    expect(gallery).to_have_url(re.compile(r"\?open=C-0002$"))
    expect(gallery.locator("tr[aria-current]")).to_have_attribute("data-row", "C-0002")
    keys.press("k")
    keys.press("Enter")
    expect(gallery.locator("#detail h2")).to_contain_text("C-0001")
    keys.press("Escape")
    expect(gallery.locator("#detail[data-opened]")).to_have_count(0)
    ready(gallery)  # closing is a page of its own
    keys.press("/")
    expect(gallery.locator("[data-key-search]")).to_be_focused()
    keys.type("jk?")
    expect(gallery.locator("[data-key-search]")).to_have_value("jk?")
    keys.press("Escape")
    keys.press("?")
    expect(gallery.locator("#keys")).to_be_visible()


def test_a_detail_opened_beside_the_list_is_the_same_after_a_reload(gallery):
    gallery.click("text=布鲁氏菌病")
    expect(gallery.locator("#detail h2")).to_be_visible()
    expect(gallery.locator("#detail h2")).to_contain_text("C-0005")

    def shown():
        # the gallery's cases are as old as the request: a minute may have turned between the two
        return re.sub(r"\d\d-\d\d \d\d:\d\d", "", gallery.locator("#detail").inner_text())

    before = shown()
    gallery.reload()
    ready(gallery)
    assert shown() == before


def test_on_a_phone_the_detail_takes_the_page(site, open_page):
    page = open_page(f"{site}/gallery/", NARROW)
    page.click("text=李*")
    expect(page.locator("#detail h2")).to_be_visible()
    expect(page.locator(".y-split-list")).to_be_hidden()
    page.click("[data-close-detail]")
    expect(page.locator(".y-split-list")).to_be_visible()


def test_on_a_phone_each_value_of_a_row_has_its_label_and_the_menu_is_a_drawer(site, open_page):
    page = open_page(f"{site}/gallery/", NARROW)
    labels = page.eval_on_selector_all("tr[data-row='C-0001'] td", "cells => cells.map(cell => cell.dataset.label)")
    assert labels == ["", "患者", "病种", "状态", "发病日期", "期限", "近 9 天"]
    expect(page.locator("#menu")).to_be_hidden()
    page.click("[data-menu-toggle]")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()


def test_picked_rows_bring_the_bar_and_its_count(gallery):
    bar = gallery.locator("[data-bulk]")
    expect(bar).to_be_hidden()
    gallery.locator("[data-pick]").nth(0).click()
    gallery.locator("[data-pick]").nth(2).click(modifiers=["Shift"])
    expect(bar).to_contain_text("已选 3 条")
    gallery.click("[data-pick-all]")
    expect(bar).to_contain_text("已选 5 条")
    gallery.click("[data-bulk-clear]")
    expect(bar).to_be_hidden()


def test_a_bulk_action_posts_the_picked_rows_and_shows_its_preview(gallery):
    gallery.evaluate(
        """() => {
            const button = document.querySelector('[data-bulk] button');
            button.setAttribute('hx-post', '/picked');
            button.setAttribute('hx-target', '#toasts');
            htmx.process(button);
        }"""
    )
    gallery.locator("[data-pick]").nth(1).click()
    gallery.locator("[data-pick]").nth(3).click()
    gallery.click("[data-bulk] button >> nth=0")
    expect(gallery.locator("#toasts")).to_have_text("picked C-0002 C-0004")


def test_a_dangerous_button_asks_first(gallery):
    gallery.evaluate(
        "document.querySelector('[data-confirm]').addEventListener('click', () => document.title = 'done')"
    )
    gallery.click("[data-confirm]")
    expect(gallery.locator("#confirm")).to_contain_text("删除后不能恢复")
    gallery.click("#confirm [value=no]")
    assert gallery.title() != "done"
    gallery.click("[data-confirm]")
    gallery.click("#confirm [value=yes]")
    expect(gallery).to_have_title("done")


def test_the_theme_is_chosen_and_kept(gallery):
    gallery.click("summary[aria-label=外观]")
    gallery.click("[data-theme-set=dark]")
    assert gallery.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    gallery.reload()
    assert gallery.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_the_language_is_one_click_away_and_keeps_the_page(gallery):
    gallery.goto(gallery.url + "?open=C-0001")
    gallery.click("text=English")
    expect(gallery.locator("h1")).to_have_text("Components")
    expect(gallery).to_have_url(re.compile(r"\?open=C-0001$"))
    gallery.click("text=中文")
    expect(gallery.locator("h1")).to_have_text("组件")


def test_files_dropped_are_listed(gallery):
    gallery.set_input_files("#drop-files", files=[{"name": "门诊.csv", "mimeType": "text/csv", "buffer": b"x" * 3000}])
    expect(gallery.locator(".y-drop li")).to_have_text(re.compile(r"门诊\.csv\s*3 KB"))


def test_the_browser_s_clock_says_what_the_server_s_says(gallery):
    """The same lengths, worded by clocks.py when the page was made and by clock.js now; at most a minute has passed."""
    served = gallery.evaluate(
        """async () => {
            const html = await (await fetch('/gallery/')).text();
            const page = new DOMParser().parseFromString(html, 'text/html');
            const clocks = [...page.querySelectorAll('.y-clock[data-due]')];
            return clocks.map(each => [each.dataset.due, each.textContent.trim()]);
        }"""
    )
    now = gallery.evaluate("Date.now() / 1000")
    worded = gallery.evaluate(
        """async ([served, now]) => {
            const script = document.querySelector('script[type=module]').src;
            const module = await import(script.replace('yifang.js', 'clock.js'));
            return served.map(([due]) => module.words(Number(due) - now));
        }""",
        [served, now],
    )
    assert len(served) > 6
    for (_due, text), said in zip(served, worded, strict=True):
        assert said in text or _minutes(text) - _minutes(said) in (-1, 0, 1)


def _minutes(text: str) -> int:
    numbers = {unit: int(number) for number, unit in re.findall(r"(\d+) (天|小时|分)", text)}
    return numbers.get("天", 0) * 1440 + numbers.get("小时", 0) * 60 + numbers.get("分", 0)


def test_a_clock_turns_late_by_itself(gallery):
    gallery.evaluate("document.querySelector('.y-clock.is-calm').dataset.due = Date.now() / 1000 - 3750")
    gallery.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(gallery.locator(".y-clock.is-late").filter(has_text="已超 1 小时 2 分")).to_have_count(1)


def test_what_changed_since_the_last_look_is_marked(gallery):
    expect(gallery.locator("tr[data-fresh]")).to_have_count(0)  # the first look has nothing to compare
    gallery.evaluate(
        "localStorage.setItem('yifang.seen./gallery/#sample-cards', new Date(Date.now() - 3600e3).toISOString())"
    )
    gallery.reload()
    ready(gallery)
    expect(gallery.locator("tr[data-fresh]")).to_have_count(2)
    expect(gallery.locator("[data-seen-note]").first).to_have_text("2 条在您上次查看后有变化")


def test_an_open_page_refreshes_the_part_that_changed(site, open_page):
    page = open_page(f"{site}/fragment")
    before = int(page.inner_text("#count"))
    alone.live["topics"] = ["signal"]
    with page.expect_response(lambda answer: "/live" in answer.url and answer.status == 200):
        pass
    assert int(page.inner_text("#count")) == before
    alone.live["topics"] = ["card"]
    expect(page.locator("#count")).not_to_have_text(str(before), timeout=9000)


def test_a_part_in_which_somebody_writes_is_left_alone(site, open_page):
    page = open_page(f"{site}/fragment")
    page.fill("[name=note]", "未写完")
    before = page.inner_text("#count")
    alone.live["topics"] = ["card"]
    expect(page.locator(".y-toast")).to_contain_text("正在填写的部分没有动", timeout=9000)
    assert page.inner_text("#count") == before
    assert page.input_value("[name=note]") == "未写完"


def test_a_refused_step_says_why_in_a_toast(gallery):
    gallery.evaluate("htmx.ajax('GET', '/error/409?message=这张卡已被合并', {target: '#detail'})")
    expect(gallery.locator(".y-toast")).to_contain_text("这张卡已被合并")


def test_a_form_answers_with_all_errors_and_takes_the_reader_there(site, open_page):
    page = open_page(f"{site}/form")
    page.fill("[name=day]", "2026-13-40")
    page.evaluate("document.querySelectorAll('[required]').forEach(field => field.required = false)")
    page.click(".y-form button[type=submit]")
    expect(page.locator(".y-form-errors")).to_be_focused()
    expect(page.locator(".y-form-errors li")).to_have_count(2)
    assert axe(page) == []
    page.fill("[name=name]", "王小明")
    page.fill("[name=day]", "2026-11-20")
    page.click(".y-form button[type=submit]")
    expect(page.locator(".y-toast")).to_have_text("已保存。")
