"""How a signal is shown by the past it was judged by, whatever method found it."""

import html
from datetime import date, timedelta

import pytest
from django.test import Client

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.presenting import series, signals
from yifang.apps.surveillance.services.opening import Found, raise_signal
from yifang.kernel import clock
from yifang.knowledge import load


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def page_of(county):
    client = Client()
    client.force_login(county.users["epidemiologist"], backend="allauth.account.auth_backends.AuthenticationBackend")

    def get(path: str, lang: str = "") -> str:
        if lang:
            client.cookies["django_language"] = lang
        answer = client.get(path)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def found(method: str, name: str = "hfmd", **more) -> Signal:
    """A signal as a method raises it, with the explanation of its kind."""
    last = clock.today()
    explanation = {
        "rule": "surveillance.series.disease_county",
        "source": "测试",
        "confidence": "HIGH",
        **more.pop("told", {}),
    }
    with apps.as_jobs():
        return raise_signal(
            Found(
                method, name, apps.DISTRICT, observed=more.pop("observed", 14), expected=4.5, limit=9.0, window_days=7,
                first_day=last - timedelta(days=6), last_day=last, hours=24, explanation=explanation, **more,
            )
        )  # fmt: skip


WEEKS = {
    "step": "week", "days": 7, "start": "2026-10-01", "observed": [3.0, None, 4.0, 14.0],
    "expected": [None, 4.0, 4.2, 4.5],
    "upperbound": [None, 8.0, 8.5, 9.0],
}  # fmt: skip


def test_a_series_is_drawn_with_what_was_expected_and_the_limit(page_of, county):
    signal = found("moving_percentile", told={"series": WEEKS, "parameters": {"percentile": 80}})
    inbox = page_of("/signals/")
    assert "y-spark-expected is-line" in inbox
    assert "y-spark-limit is-line" in inbox
    assert "14 / 9" in inbox
    assert "预期 4.5" in inbox
    page = page_of(f"/signals/{signal.id}")
    for words in (
        "手足口病的既往与本次",
        "移动百分位数法",
        "每根柱是截至该日 7 天的病例数",
        "percentile 80",
        "看这里近 90 天的态势",
        "上海市闵行区",
    ):
        assert words in page, words
    chart = series.baseline(signal, [])
    assert [one.name for one in chart.series] == ["观察", "预期", "限值"]
    assert chart.rows()[-1][1].text == "14"
    assert load().diseases["hfmd"].en in html.unescape(page_of(f"/signals/{signal.id}", "en"))


@pytest.mark.parametrize(
    ("step", "days", "start", "expected"),
    [
        ("week", 7, "2026-10-07", [(date(2026, 10, 1), date(2026, 10, 7)), (date(2026, 10, 8), date(2026, 10, 14))]),
        ("day", 1, "2026-10-07", [(date(2026, 10, 7),) * 2, (date(2026, 10, 8),) * 2]),
        (
            "week",
            None,
            "2026-10-05",
            [(date(2026, 10, 5), date(2026, 10, 11)), (date(2026, 10, 12), date(2026, 10, 18))],
        ),
        ("month", None, "2026-12-01", [(date(2026, 12, 1), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 1, 31))]),
    ],
)
def test_the_days_of_each_bar(county, step, days, start, expected):
    given = {"step": step, "start": start, "observed": [1, 2], "expected": [1, 1], "upperbound": [2, 2]}
    signal = Signal(explanation={"series": given | ({"days": days} if days else {})})
    assert series.series_of(signal).days == expected


def test_a_threshold_in_a_school_shows_its_cases_by_onset(page_of, county):
    behind = [case(county, "varicella") for _ in range(3)]
    told = {
        "rule": "thresholds.cluster.cl_varicella",
        "unit": {"kind": "school", "name": "春申实验小学", "name_en": "Chunshen"},
        "unresolved": 2,
    }
    signal = found(
        "threshold", "varicella", unit="school:1", observed=3, told=told, cases=tuple(one.id for one in behind)
    )
    page = page_of(f"/signals/{signal.id}")
    for words in (
        "水痘 · 春申实验小学",
        "聚集性阈值",
        "病例的发病日期",
        "本县区另有 2 例没有填清学校或单位",
        "/packs/thresholds/cluster/cl_varicella/",
    ):
        assert words in page, words
    assert sum(series.baseline(signal, behind).series[0].values) == 3
    assert "春申实验小学" in page_of("/signals/")


def test_a_syndrome_has_its_name_and_no_cases(page_of, county):
    signal = found(
        "ears_c2", "ili", sort="syndrome", told={"series": {**WEEKS, "step": "day", "days": 1}, "fallback": True}
    )
    page = page_of(f"/signals/{signal.id}")
    assert "流感样病例" in page
    assert "syndrome=ili" in page
    assert not any(link for one in series.baseline(signal, []).series for link in one.links)
    assert signals.row(signal).curve.startswith("闵行区")


def test_the_bars_of_a_single_case_signal_open_to_the_same_number(page_of, county):
    for _ in range(3):
        case(county, "cholera")
    apps.deliver()
    signal = Signal.objects.get(disease="cholera")
    chart = series.baseline(signal, [])
    (number, link) = next(
        (value, url) for value, url in zip(chart.series[0].values, chart.series[0].links, strict=True) if url
    )
    assert number == 3
    assert "共 <b>3</b> 例" in page_of(link)


def test_where_it_lies_is_drawn_where_the_node_has_outlines(page_of, county, settings, tmp_path, shared):
    from yifang.apps.places import maps

    settings.YIFANG_MAPS = tmp_path
    signal = found("moving_percentile", told={"series": WEEKS})
    assert series.place_map(signal) is None
    maps.take(shared / "fixtures" / "geo" / "province" / "310000.json")
    chart = series.place_map(signal)
    assert chart.keys == ["310112"]
    assert '"code": "310112"' in page_of(chart.geometry)
