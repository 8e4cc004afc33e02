"""The pictures of the bulletin's page; in its files the same numbers are charts that Word and Excel draw themselves."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from yifang.apps.surveillance.presenting import words
from yifang.apps.surveillance.presenting.choosing import Chosen
from yifang.apps.surveillance.presenting.pictures import area_link, behind
from yifang.apps.surveillance.queries import bulletin as reads
from yifang.web.charts import Chart, Series
from yifang.web.tables import Empty


def pictures(chosen: Chosen, found: reads.Bulletin, source: str) -> list[Chart]:
    """The trend and the areas."""
    weeks = list(found.trend)
    links = [
        behind(chosen, since=monday, until=monday + timedelta(days=6)) if found.trend[monday] else ""
        for monday in weeks
    ]
    nothing = Empty(_("这段时间没有病例"), _("官方口径只计已终审的病例。"), "chart-line")
    trend = Chart(
        "trend", "years", _("近 {n} 周趋势").format(n=reads.WEEKS),
        [_("第 {n} 周").format(n=monday.isocalendar().week) for monday in weeks],
        [
            Series(_("去年同期"), list(found.trend_year_before.values()), tone="expected"),
            Series(_("本年度"), list(found.trend.values()), links, "now"),
        ],
        source, says=_("法定传染病每周病例数与去年同期"), corner=_("周"),
        empty=None if any(found.trend.values()) else nothing,
    )  # fmt: skip
    above = chosen.selection.area
    ranked = sorted(found.by_area.items(), key=lambda each: (-(each[1] or 0), each[0]))
    areas = Chart(
        "areas", "ranks", _("分地区"), [words.below_words(code, above) for (code,), _number in ranked],
        [
            Series(
                _("病例数"), [number for _key, number in ranked],
                [
                    area_link(chosen, code, above, placed=found.placed_without) if number else ""
                    for (code,), number in ranked
                ],
                "2",
            )
        ],
        source, says=_("{n} 个下级地区").format(n=len(ranked)), corner=_("地区"), empty=None if ranked else nothing,
    )  # fmt: skip
    return [trend, areas]
