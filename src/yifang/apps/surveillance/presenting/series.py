"""The past that a signal was judged by: what was observed, expected and the limit, for its row and its picture.

A series signal carries its series, a single-case signal the months before it, a threshold signal neither: there the
cases by day of onset are the picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from yifang.apps.places import maps
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance.models import Signal
from yifang.apps.surveillance.presenting.words import area_words
from yifang.apps.surveillance.queries import area_name, disease_name
from yifang.kernel import areas
from yifang.web.charts import Chart
from yifang.web.charts import Series as Marks

Numbers = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """`days` are the first and last day that each number is about; expected and limit are empty where none is known."""

    step: str
    days: Sequence[tuple[date, date]]
    observed: Numbers
    expected: Numbers = ()
    limit: Numbers = ()

    def says(self, what: str) -> str:
        """The curve in words."""
        if not self.observed:
            return what
        names = {
            "month": _("{what} 近 {n} 个月每月病例数，最近 {last:g}"),
            "week": _("{what} 近 {n} 周每周病例数，最近 {last:g}"),
            "day": _("{what} 近 {n} 天每天病例数，最近 {last:g}"),
        }
        form = names.get(self.step, _("{what} 近 {n} 个窗口的病例数，最近 {last:g}"))
        return form.format(what=what, n=len(self.observed), last=self.observed[-1] or 0)


def series_of(signal: Signal) -> Series:
    """The past of a signal; empty where it was judged by none."""
    told = signal.explanation
    if "series" in told:
        given = told["series"]
        days = _days(given["step"], date.fromisoformat(given["start"]), given.get("days"), len(given["observed"]))
        return Series(given["step"], days, given["observed"], given["expected"], given["upperbound"])
    months = [(date.fromisoformat(f"{month}-01"), number) for month, number in told.get("months", [])]
    days = [(first, _last_of_month(first)) for first, _number in months]
    return Series("month", days, [number for _first, number in months])


def _days(step: str, start: date, length: int | None, number: int) -> list[tuple[date, date]]:
    """A series with a `length` numbers windows by their last day; one without begins each step on its first."""
    if length is not None:
        ends = [start + timedelta(days=length * place) for place in range(number)]
        return [(end - timedelta(days=length - 1), end) for end in ends]
    if step == "month":
        places = [divmod(start.year * 12 + start.month - 1 + place, 12) for place in range(number)]
        firsts = [date(year, month + 1, 1) for year, month in places]
        return [(first, _last_of_month(first)) for first in firsts]
    days = 7 if step == "week" else 1
    firsts = [start + timedelta(days=days * place) for place in range(number)]
    return [(first, first + timedelta(days=days - 1)) for first in firsts]


def _last_of_month(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def baseline(signal: Signal, cases: Sequence[Case]) -> Chart:
    """The picture of a signal: bars of what was observed, dashed what was expected, dotted the limit."""
    found = series_of(signal)
    name, area = disease_name(signal.disease), area_name(signal.area_code)
    if not found.observed:
        return _by_onset(signal, cases)
    long = (found.days[-1][1] - found.days[0][0]).days > 300
    form = "%Y-%m" if found.step == "month" else "%y-%m-%d" if long else "%m-%d"
    opens = signal.sort == "disease" and not signal.unit
    links = [
        _behind(signal, since, until) if opens and number else ""
        for (since, until), number in zip(found.days, found.observed, strict=True)
    ]
    marks = [Marks(_("观察"), found.observed, links, "2")]
    if any(value is not None for value in found.expected):
        marks.append(Marks(_("预期"), found.expected, tone="expected", line=True))
    if any(value is not None for value in found.limit):
        marks.append(Marks(_("限值"), found.limit, tone="limit", line=True))
    widest = max((until - since).days + 1 for since, until in found.days)
    by_end = found.step != "month" and widest > 1
    corner = _("截止日") if by_end else _("月份") if found.step == "month" else _("日期")
    return Chart(
        "baseline", "bars", _("{disease}的既往与本次").format(disease=name),
        [f"{(until if by_end else since):{form}}" for since, until in found.days], marks,
        _("{area}，截至 {day}，{method}").format(area=area, day=f"{signal.last_day:%Y-%m-%d}", method=_method(signal)),
        says=found.says(f"{area} {name}"), corner=corner,
        note=_("每根柱是截至该日 {n} 天的病例数。").format(n=widest) if by_end else "",
    )  # fmt: skip


def _method(signal: Signal) -> str:
    from yifang.apps.surveillance.presenting.signals import method_name

    return method_name(signal)


def _by_onset(signal: Signal, cases: Sequence[Case]) -> Chart:
    """Without a past: the cases that the viewer may open, by day of onset, over the window and a week around it."""
    first, last = signal.first_day - timedelta(days=3), signal.last_day + timedelta(days=3)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    counted = Counter(one.onset_date for one in cases)
    return Chart(
        "baseline", "bars", _("病例的发病日期"), [f"{day:%m-%d}" for day in days],
        [Marks(_("病例"), [counted[day] for day in days], tone="2")],
        _("{area}，您可打开的病例按发病日期").format(area=area_name(signal.area_code)), corner=_("日期"),
        says=_("{n} 例").format(n=sum(counted.values())),
    )  # fmt: skip


def _behind(signal: Signal, since: date, until: date) -> str:
    day = "diagnosis" if signal.method == "single_case" else "onset"
    query = {
        "area": signal.area_code, "period": "free", "since": since, "until": until, "disease": signal.disease,
        "measure": "own", "day": day, "place": "residence",
    }  # fmt: skip
    return f"{reverse('surveillance:behind')}?{urlencode(query)}"


def situation_url(signal: Signal) -> str:
    """The situation page of the disease or syndrome in the signal's area."""
    kind = "syndrome" if signal.sort == "syndrome" else "disease"
    query = {"area": signal.area_code, "period": "90", kind: signal.disease, "measure": "own", "day": "onset"}
    return f"{reverse('surveillance:situation')}?{urlencode(query)}"


def place_map(signal: Signal) -> Chart | None:
    """Where the signal's area lies among its neighbours; None where the node has no outlines of them."""
    above = areas.parent(signal.area_code)
    version = maps.version(above) if above else ""
    if not above or not version:
        return None
    link = situation_url(signal)
    return Chart(
        "place", "map", _("所在地区"), [area_name(signal.area_code)],
        [Marks(_("观察"), [signal.observed], [link], "2")],
        area_words(above), says=area_name(signal.area_code), corner=_("地区"), keys=[signal.area_code],
        geometry=f"{reverse('surveillance:map', args=[above])}?v={version}",
    )  # fmt: skip
