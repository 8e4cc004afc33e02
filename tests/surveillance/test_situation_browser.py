"""The situation page, the list behind a number, the bulletin and the signal pages in a real browser."""

import csv
import json
import math
from datetime import timedelta

import pytest

from tests import apps
from tests.surveillance import cases, many
from tests.web.browser import NARROW, WIDE, axe, chromium, open_page, overflow, ready, shoot  # noqa: F401 fixtures
from yifang.apps.places import maps
from yifang.apps.surveillance.services.opening import Found, raise_signal
from yifang.kernel import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"


@pytest.fixture
def county(transactional_db, settings, tmp_path):
    settings.YIFANG_MAPS = tmp_path / "maps"
    made = apps.county(PASSWORD)
    cases.case(made, "cholera")
    many.season(made)
    apps.deliver()
    return made


@pytest.fixture
def signed_in(county, live_server, open_page):  # noqa: F811
    languages = {"zh": "zh-hans", "en": "en"}

    def sign_in(name, lang="zh", scheme="light"):
        page = open_page(f"{live_server.url}/accounts/login/", scheme=scheme)
        page.fill("#id_login", name)
        page.fill("#id_password", PASSWORD)
        page.click("form.y-form button[type=submit]")
        page.wait_for_url("**/work/**")
        page.context.add_cookies([{"name": "django_language", "value": languages[lang], "url": live_server.url}])
        return page

    return sign_in


def drawn(page, number=5):
    """Wait until the pictures stand."""
    ready(page)
    if number:
        page.locator("figure[data-drawn]").nth(number - 1).wait_for()
    page.wait_for_timeout(400)  # the last of their first movement


def series_signal(name="hfmd"):
    """A signal with its past, as the daily look raises one."""
    last = clock.today()
    observed = [float(round(3 + 2 * math.sin(week / 4) + (9 if week == 59 else 0))) for week in range(60)]
    series = {
        "step": "week", "days": 7, "start": (last - timedelta(days=59 * 7)).isoformat(), "observed": observed,
        "expected": [3 + 1.6 * math.sin(week / 4) for week in range(60)],
        "upperbound": [6 + 1.6 * math.sin(week / 4) for week in range(60)],
    }  # fmt: skip
    explanation = {
        "rule": "surveillance.series.disease_county", "source": "thresholds.cidars", "confidence": "VERIFIED",
        "parameters": {"percentile": 80, "b": 5}, "series": series,
    }  # fmt: skip
    with apps.as_jobs():
        return raise_signal(
            Found(
                "moving_percentile", name, apps.DISTRICT, observed=12, expected=3.4, limit=6.8, window_days=7, hours=24,
                first_day=last - timedelta(days=6), last_day=last, explanation=explanation,
            )
        )  # fmt: skip


PAGES = {  # reader, address, pictures
    "situation-year": ("epidemiologist", "/situation/?period=year", 5),
    "situation": ("epidemiologist", "/situation/", 5),
    "situation-own": (
        "epidemiologist",
        "/situation/?period=90&measure=own&day=onset&disease=hfmd&disease=influenza",
        5,
    ),
    "situation-city": ("city_epidemiologist", "/situation/?period=90", 5),
    "behind": ("epidemiologist", "/situation/cases?period=90&name=hfmd", 0),
    "bulletin": ("epidemiologist", "/situation/bulletin", 2),
    "inbox": ("epidemiologist", "/signals/", 0),
    "series-signal": ("epidemiologist", "/signals/{signal}", 2),
    "nothing": ("neighbour_epidemiologist", "/situation/", 0),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_at_both_widths(signed_in, live_server, lang, shared):
    maps.take(shared / "fixtures" / "geo" / "province" / "310000.json")
    signal = series_signal()
    wrong = []
    for who in dict.fromkeys(reader for reader, _path, _pictures in PAGES.values()):
        page = signed_in(who, lang)
        for name, (reader, path, pictures) in PAGES.items():
            if reader != who:
                continue
            page.goto(live_server.url + path.format(signal=signal.id))
            drawn(page, pictures)
            wrong += [f"{name}: {finding}" for finding in axe(page)]
            wrong += [] if page.get_attribute("html", "lang").startswith(lang) else [f"{name} is not in {lang}"]
            shoot(page, f"{name}-{lang}")
            page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            page.wait_for_timeout(200)
            wrong += [f"{name} is {overflow(page)} px too wide"] if overflow(page) else []
            page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    assert not wrong, "\n".join(wrong)


def test_in_the_dark(signed_in, live_server):
    page = signed_in("epidemiologist", scheme="dark")
    page.goto(f"{live_server.url}/situation/?period=year")
    drawn(page)
    assert axe(page) == []
    shoot(page, "situation-dark")


def test_a_click_on_a_bar_opens_its_cases(signed_in, live_server):
    page = signed_in("epidemiologist")
    page.goto(f"{live_server.url}/situation/?measure=own&day=onset&period=90")
    drawn(page)
    page.locator("#map [data-chart-plot]").click(position={"x": 160, "y": 24})  # the longest bar
    page.wait_for_url("**/situation/cases?**")
    spec_total = page.locator(".y-head-words b").first.inner_text()
    page.go_back()
    drawn(page)
    page.locator("#map summary").click()
    first = page.locator("#map tbody tr").first
    assert first.locator("td a").inner_text() == spec_total
    first.locator("td a").click()
    page.wait_for_url("**/situation/cases?**")
    assert page.locator(".y-head-words b").first.inner_text() == spec_total


def test_a_picture_is_saved_as_image_and_as_table(signed_in, live_server, tmp_path):
    page = signed_in("epidemiologist")
    page.goto(f"{live_server.url}/situation/?period=year")
    drawn(page)
    with page.expect_download() as image:
        page.click("#curve [data-chart-image]")
    image.value.save_as(tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as table:
        page.click("#curve [data-chart-table]")
    table.value.save_as(tmp_path / "curve.csv")
    text = (tmp_path / "curve.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    spec = json.loads(page.locator("#curve-spec").inner_text())
    assert rows[0][1:] == [one["name"] for one in spec["series"]]
    assert [float(row[1]) for row in rows[1 : len(spec["categories"]) + 1]] == spec["series"][0]["values"]
    assert "官方口径" in text


def test_the_filters_choose(signed_in, live_server):
    page = signed_in("epidemiologist")
    page.goto(f"{live_server.url}/situation/")
    drawn(page)
    page.select_option("select[name=period]", "free")
    page.fill("input[name=since]", "2026-11-01")
    page.fill("input[name=until]", "2026-11-10")
    page.click("summary:has-text('病种')")
    page.check("input[name=disease][value=measles]")
    page.click("form.y-choose button[type=submit]")
    page.wait_for_url("**disease=measles**")
    drawn(page, 0)
    labels = page.locator(".y-labels").inner_text()
    assert "2026-11-01 – 2026-11-10" in labels
    assert "麻疹" in labels
    assert page.input_value("input[name=since]") == "2026-11-01"


def test_a_signal_opened_beside_the_list_draws_its_past(signed_in, live_server):
    series_signal()
    page = signed_in("epidemiologist")
    page.goto(f"{live_server.url}/signals/")
    ready(page)
    page.click("tr[data-row]:has-text('手足口病') a.y-rowlink")
    page.locator("#baseline[data-drawn]").wait_for()
