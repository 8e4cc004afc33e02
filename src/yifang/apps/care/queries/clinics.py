"""The boards of the clinics, and triage held against visits; every number opens to the rows that it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, MatterState, Step, Visit
from yifang.apps.care.queries.matters import due_of, of_kind, steps_of
from yifang.kernel import clock
from yifang.knowledge import load

FEVER, ENTERIC = "fever_visit", "enteric_visit"
MOST = 300
DAYS = 14


@dataclass(frozen=True, slots=True)
class Line:
    """One patient of a clinic: the steps that were taken by their name, what waits, and the hours to the result."""

    matter: Matter
    steps: Mapping[str, Step]
    due: Mapping[str, datetime]
    hours: float | None

    @property
    def is_overdue(self) -> bool:
        return any(due < clock.now() for due in self.due.values())

    @property
    def left_early(self) -> bool:
        """Left with a sample taken and no result."""
        left, result = self.steps.get("leave"), self.steps.get("result")
        return left is not None and "sample" in self.steps and (result is None or result.at > left.at)


@dataclass(frozen=True, slots=True)
class Board:
    """The patients of a day; `shown` are those that the chosen number counts."""

    day: date
    lines: Sequence[Line]
    shown: Sequence[Line]
    numbers: Mapping[str, int]


# what a number of the last thirty days counts: samples, those with a result, those of them in time
PROMPT = ("samples", "results", "prompt_good", "prompt_within")
PROMPT_DAYS = 30


def fever_board(viewer: Viewer, day: date, show: str = "") -> Board:
    """The fever clinic's patients of a day, and those of the days before who are not through yet.

    `show`: a number of the day, or one of `PROMPT`, whose patients are those of the thirty days up to it.
    """
    pack = load().matters.promptness
    lines = _lines(_of_day(viewer, FEVER, day))
    counted = {
        "all": lines,
        "waiting": [one for one in lines if "result" in one.matter.waiting],
        "overdue": [one for one in lines if one.is_overdue],
        "results": [one for one in lines if one.hours is not None],
        "good": [one for one in lines if one.hours is not None and one.hours <= pack.good_hours],
        "within": [one for one in lines if one.hours is not None and one.hours <= pack.within_hours],
        "early": [one for one in lines if one.left_early],
    }
    numbers = {name: len(found) for name, found in counted.items()}
    prompt = promptness(viewer, day - timedelta(days=PROMPT_DAYS - 1), day)
    numbers |= {name: len(found) for name, found in prompt.items()}
    if show in PROMPT:
        rows = of_kind(viewer, FEVER).select_related("organisation").filter(id__in=list(prompt[show])[:MOST])
        return Board(day, lines, _lines(list(rows.order_by("-opened_at"))), numbers)
    return Board(day, lines, counted.get(show, lines), numbers)


def promptness(viewer: Viewer, since: date, until: date) -> dict[str, list[UUID]]:
    """Whose nucleic-acid samples were taken in these days, whose results are there, and how promptly (CM-07)."""
    pack = load().matters.promptness
    rows = of_kind(viewer, FEVER).filter(day__range=(since, until))
    times: dict[UUID, dict[str, datetime]] = {}
    steps = Step.objects.filter(matter__in=rows.values("id"), step__in=("sample", "result"))
    for matter, step, at in steps.values_list("matter", "step", "at"):
        times.setdefault(matter, {})[step] = at
    hours = {
        matter: (one["result"] - one["sample"]).total_seconds() / 3600
        for matter, one in times.items()
        if "sample" in one and "result" in one
    }
    return {
        "samples": [matter for matter, one in times.items() if "sample" in one],
        "results": list(hours),
        "prompt_good": [matter for matter, took in hours.items() if took <= pack.good_hours],
        "prompt_within": [matter for matter, took in hours.items() if took <= pack.within_hours],
    }


@dataclass(frozen=True, slots=True)
class EntericBoard:
    """The enteric clinic's days: registered patients, and visits with diarrhoea that are in no register."""

    since: date
    until: date
    lines: Sequence[Line]
    suspects: Sequence[Line]
    tested: Sequence[Line]
    visits: int  # with diarrhoea, in the records
    registered_visits: int
    listed: Sequence[Visit]  # those that a chosen number counts


def enteric_board(viewer: Viewer, since: date, until: date, show: str = "") -> EntericBoard:
    """逢泻必登、逢疑必检: registered of those with diarrhoea in the records, tested of those suspected of cholera.

    `show`: `visits`, `registered` or `missing`, whose visits are listed.
    """
    rows = of_kind(viewer, ENTERIC).filter(day__range=(since, until)).select_related("organisation")
    lines = _lines(list(rows.order_by("-opened_at")[:MOST]))
    suspects = [one for one in lines if {"sample", "result"} & {*one.matter.waiting, *one.steps}]
    tested = [one for one in suspects if "sample" in one.steps]
    visits = _diarrhoea(viewer, since, until)
    taken = visits.filter(matter__isnull=False, matter__kind=ENTERIC, matter__steps__step="register").distinct()
    lists = {"visits": visits, "registered": taken, "missing": visits.exclude(id__in=taken.values("id"))}
    listed = lists[show].select_related("person").order_by("-at")[:MOST] if show in lists else ()
    return EntericBoard(since, until, lines, suspects, tested, visits.count(), taken.count(), list(listed))


@dataclass(frozen=True, slots=True)
class Day:
    """Triage against the records of one day; each number is the name of what `reconciled` lists."""

    day: date
    numbers: Mapping[str, int]


# what a number counts → of triages or of visits
MEASURES = ("triages", "matched", "visits", "triaged", "sent", "arrived", "fever", "fever_triaged")


def reconciliation(viewer: Viewer, until: date, days: int = DAYS) -> list[Day]:
    """Day by day: triages and those found among the visits; visits and those triaged; the fever clinic's likewise."""
    viewer.check("clinic.reconcile")
    since = until - timedelta(days=days - 1)
    found: dict[date, dict[str, int]] = {since + timedelta(days=n): dict.fromkeys(MEASURES, 0) for n in range(days)}
    for name in MEASURES:
        rows = _measured(viewer, name, since, until)
        for row in rows.order_by().values("day").annotate(n=Count("id", distinct=True)):
            found[row["day"]][name] = row["n"]
    return [Day(day, numbers) for day, numbers in sorted(found.items(), reverse=True)]


def reconciled(viewer: Viewer, name: str, day: date) -> tuple[list[Matter], list[Visit]]:
    """The triages or the visits that a number of a day counts, the latest first."""
    viewer.check("clinic.reconcile")
    rows = _measured(viewer, name if name in MEASURES else "triages", day, day)
    if rows.model is Matter:
        return list(rows.order_by("-opened_at")[:MOST]), []
    return [], list(rows.select_related("person", "triage", "matter").order_by("-at")[:MOST])


def _measured(viewer: Viewer, name: str, since: date, until: date) -> QuerySet[Matter] | QuerySet[Visit]:
    triages = of_kind(viewer, "triage").filter(day__range=(since, until))
    visits = Visit.objects.filter(
        organisation_id=viewer.organisation_id, day__range=(since, until), kind__in=("outpatient", "emergency")
    )
    matched = Visit.objects.filter(organisation_id=viewer.organisation_id, triage__isnull=False)
    match name:
        case "triages":
            return triages
        case "matched":
            return triages.filter(id__in=matched.values("triage"))
        case "sent":
            return triages.filter(outcome="fever")
        case "arrived":
            return triages.filter(outcome="fever", children__kind=FEVER, children__steps__step="register")
        case "triaged":
            return visits.filter(triage__isnull=False)
        case "fever":
            return visits.filter(clinic="fever")
        case "fever_triaged":
            return visits.filter(clinic="fever", triage__isnull=False)
        case _:
            return visits


def _of_day(viewer: Viewer, kind: str, day: date) -> list[Matter]:
    rows = of_kind(viewer, kind).select_related("organisation")
    wanted = Q(day=day)
    if day == clock.today():
        wanted |= Q(day__gte=day - timedelta(days=3), state=MatterState.OPEN)
    return list(rows.filter(wanted).order_by("-opened_at")[:MOST])


def _lines(matters: Sequence[Matter]) -> list[Line]:
    steps, due = steps_of(matters), due_of(matters)
    found = []
    for one in matters:
        taken: dict[str, Step] = {}
        for step in steps[one.id]:
            taken.setdefault(step.step, step)
        hours = None
        if "sample" in taken and "result" in taken:
            hours = (taken["result"].at - taken["sample"].at).total_seconds() / 3600
        found.append(Line(one, taken, due[one.id], hours))
    return found


def _diarrhoea(viewer: Viewer, since: date, until: date) -> QuerySet[Visit]:
    return Visit.objects.filter(
        organisation_id=viewer.organisation_id, day__range=(since, until), diarrhoea=True,
        kind__in=("outpatient", "emergency"),
    )  # fmt: skip
