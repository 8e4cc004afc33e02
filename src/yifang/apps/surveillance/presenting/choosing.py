"""What is chosen on the situation page: read from an address, written to one, told in words beside every number.

What cannot be read counts as not given, so that a broken link shows the official figure rather than an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.apps.surveillance.counting.selection import Selection, official, statutory
from yifang.apps.surveillance.models import DayKind, PlaceKind, SubjectSort
from yifang.apps.surveillance.presenting.signals import CASE_CLASSES
from yifang.apps.surveillance.presenting.words import area_words, subject_name
from yifang.apps.surveillance.queries.numbers import Step
from yifang.kernel import areas, clock
from yifang.knowledge import load

PERIODS = {
    "7": gettext_lazy("近 7 天"),
    "28": gettext_lazy("近 28 天"),
    "90": gettext_lazy("近 90 天"),
    "year": gettext_lazy("今年以来"),
    "free": gettext_lazy("自选时段"),
}
STEPS = {"day": gettext_lazy("按日"), "week": gettext_lazy("按周"), "month": gettext_lazy("按月")}
DAYS = (DayKind.ONSET, DayKind.DIAGNOSIS, DayKind.ENTRY, DayKind.AUDIT)  # deaths have a column of their own
STATUTORY, ALL = "", "all"
LONGEST = 3700  # days: beyond ten years nothing is asked at once


@dataclass(frozen=True, slots=True)
class Chosen:
    """`subjects` are the diseases named, none for the statutory ones; `everything` the other diseases too."""

    selection: Selection
    period: str
    step: Step
    is_official: bool
    subjects: tuple[str, ...] = ()
    everything: bool = False

    @property
    def is_syndrome(self) -> bool:
        return self.selection.sort == SubjectSort.SYNDROME

    def query(self, **changes: Any) -> str:
        """The address of this choice with some of it changed, from the “?” on; the default is left out."""
        one = self.selection
        given: dict[str, Any] = {"area": one.area, "period": self.period}
        if self.period == "free" or "since" in changes:
            given |= {"since": one.since.isoformat(), "until": one.until.isoformat()}
        if self.is_syndrome:
            given["syndrome"] = one.names[0]
        elif self.subjects or self.everything:
            given["disease"] = self.subjects or ALL
        if not self.is_official:
            given |= {"measure": "own", "day": one.day, "place": one.place, "class": one.classes}
        given |= changes
        return "?" + urlencode({key: value for key, value in given.items() if value not in ("", None, ())}, doseq=True)

    def on(self, since: date, until: date, **changes: Any) -> str:
        """The same over other days."""
        return self.query(period="free", since=since.isoformat(), until=until.isoformat(), **changes)


def read(query: QueryDict, viewer: Viewer) -> Chosen:
    """What an address chooses; the official figure of the viewer's own area over 28 days where it chooses nothing."""
    period, since, until = _period(query)
    names, everything = _diseases(query)
    area = _area(query.get("area", ""), viewer)
    syndrome = query.get("syndrome", "")
    known = {one.id for one in load().syndromes.syndromes}
    wanted = names or (() if everything else statutory())
    selection = official(area, since, until, wanted)
    is_official = query.get("measure") != "own"
    if syndrome in known:
        is_official = False
        selection = Selection(
            area, since, until, (syndrome,), day=DayKind.ONSET, place=_place(query, PlaceKind.REPORTING),
            official=False, sort=SubjectSort.SYNDROME,
        )  # fmt: skip
    elif not is_official:
        selection = replace(
            selection, day=_one_of(query.get("day", ""), DAYS, DayKind.ONSET), official=False,
            place=_place(query, PlaceKind.RESIDENCE),
            classes=tuple(one for one in query.getlist("class") if one in CASE_CLASSES),
        )  # fmt: skip
    if not looks_from_area(viewer):  # what an organisation may count is what it reported
        selection = replace(selection, place=PlaceKind.REPORTING)
    step = query.get("step", "")
    days = (until - since).days + 1
    suited: Step = "day" if days <= 45 else "week" if days <= 400 else "month"
    return Chosen(selection, period, step if step in STEPS else suited, is_official, names, everything)


def looks_from_area(viewer: Viewer) -> bool:
    """Whether the viewer counts an area, not what one organisation reported."""
    return list_scope(viewer).startswith("area:")


def _period(query: QueryDict) -> tuple[str, date, date]:
    today = clock.today()
    period = query.get("period", "28")
    if period == "free":
        since, until = _day(query.get("since", "")), _day(query.get("until", ""))
        if since and until:
            since, until = min(since, until), max(since, until)
            return period, max(since, until - timedelta(days=LONGEST)), until
    if period == "year":
        return period, today.replace(month=1, day=1), today
    days = int(period) if period in ("7", "28", "90") else 28
    return str(days), today - timedelta(days=days - 1), today


def _diseases(query: QueryDict) -> tuple[tuple[str, ...], bool]:
    given = query.getlist("disease")
    return tuple(dict.fromkeys(one for one in given if one in load().diseases)), ALL in given


def _area(code: str, viewer: Viewer) -> str:
    own = viewer.area_code
    try:
        wanted = areas.normalise(code) if code else own
    except Exception:  # a code of no known form is no code
        return own
    return wanted if own and areas.contains(own, wanted) and looks_from_area(viewer) else own


def _place(query: QueryDict, otherwise: str) -> str:
    return _one_of(query.get("place", ""), PlaceKind.values, otherwise)


def _one_of(given: str, known: Sequence[str], otherwise: str) -> str:
    return given if given in known else otherwise


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1950 <= found.year <= 2100 else None


def labels(chosen: Chosen, viewer: Viewer) -> list[tuple[str, str]]:
    """How the numbers are counted, as the national_system pack asks it to be written (`labels_required`)."""
    one = chosen.selection
    place = _("按现住址") if one.place == PlaceKind.RESIDENCE else _("按报告地区")
    if not looks_from_area(viewer):
        place = _("本单位报告")
    classes = _("、").join(str(CASE_CLASSES[name]) for name in one.classes) or _("各类")
    if chosen.is_syndrome:
        counted, classes, final = _("就诊日期"), _("不适用"), _("就诊记录，不终审")
    else:
        counted = str(DayKind(one.day).label)
        final = _("只计已终审") if one.day in (DayKind.AUDIT, DayKind.DEATH) else _("含未终审")
    name = _("官方口径：{day}").format(day=counted) if chosen.is_official else counted
    return [
        (_("口径"), name),
        (_("地区"), f"{place} {area_words(one.area)}"),
        (_("时段"), f"{one.since:%Y-%m-%d} – {one.until:%Y-%m-%d}"),
        (_("病种"), subjects(chosen)),
        (_("病例分类"), classes),
        (_("终审"), final),
        (_("截止"), f"{clock.now().astimezone(clock.CHINA):%Y-%m-%d %H:%M}"),
    ]


def subjects(chosen: Chosen) -> str:
    """The diseases or the syndrome chosen, in words; many are counted, not listed."""
    if chosen.is_syndrome:
        return subject_name(chosen.selection.names[0])
    if not chosen.subjects:
        return _("全部病种") if chosen.everything else _("法定传染病（甲乙丙类）")
    names = [subject_name(one) for one in chosen.subjects]
    return _("、").join(names) if len(names) <= 3 else _("{first} 等 {n} 种").format(first=names[0], n=len(names))


def sentence(chosen: Chosen, viewer: Viewer) -> str:
    """The same as one line, for the foot of a picture, an image, a paper."""
    return _("；").join(f"{label} {text}" for label, text in labels(chosen, viewer))
