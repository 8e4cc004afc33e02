"""Hospital infection for infection control: candidates, wards in which one pathogen comes together, what is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.care.models import Matter, MatterState
from yifang.apps.care.queries.matters import of_kind
from yifang.kernel import clock
from yifang.knowledge import load

KIND, CLUSTER = "infection", "infection_cluster"
_EXCLUDED = ("community", "colonised")
DAYS = 30


@dataclass(frozen=True, slots=True)
class Ward:
    """One pathogen in one ward within the window; `reaches` is the limit that its number of patients reaches."""

    department: str
    pathogen: str
    patients: int
    latest: date
    reaches: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The numbers of `DAYS` days, wards with more than one patient, open clusters, and the candidates themselves."""

    numbers: Mapping[str, int]
    wards: Sequence[Ward]
    clusters: Sequence[Matter]
    shown: Sequence[Matter]
    limits: Sequence[int]


def overview(viewer: Viewer, show: str = "", ward: str = "", pathogen: str = "") -> Overview:
    """What infection control looks at; `show`, or a ward with its pathogen, says whose candidates are listed."""
    viewer.check("clinic.reconcile")
    since = clock.today() - timedelta(days=DAYS - 1)
    candidates = of_kind(viewer, KIND).filter(day__gte=since)
    lists = {
        "all": candidates,
        "review": candidates.filter(state=MatterState.OPEN),
        "hospital": candidates.filter(outcome="hospital"),
        "excluded": candidates.filter(outcome__in=_EXCLUDED),
    }
    pack = load().matters.hospital_infection
    limits = _limits()
    recent = of_kind(viewer, KIND).filter(day__gt=clock.today() - timedelta(days=pack.window_days))
    groups = (
        recent.exclude(outcome__in=_EXCLUDED)
        .values("department", "topic")
        .annotate(n=Count("person", distinct=True))
        .filter(n__gt=1)
        .order_by("-n", "department", "topic")
    )
    wards = []
    for row in groups:
        newest = recent.filter(department=row["department"], topic=row["topic"]).latest("day").day
        reached = max((limit for limit in limits if row["n"] >= limit), default=0)
        wards.append(Ward(row["department"], row["topic"], row["n"], newest, reached))
    if pathogen:
        lists[show] = recent.exclude(outcome__in=_EXCLUDED).filter(department=ward, topic=pathogen)
    shown = lists.get(show, candidates).order_by("-opened_at")[:200]
    clusters = of_kind(viewer, CLUSTER).order_by("state", "-opened_at")[:20]
    return Overview(
        {name: rows.count() for name, rows in lists.items() if name}, wards, list(clusters), list(shown), limits
    )


def _limits() -> tuple[int, ...]:
    """Work-up, suspected outbreak reported, reported within two hours: the numbers of cases of the packs."""
    pack, thresholds = load().matters.hospital_infection, load().thresholds
    rules = {one.id: one for one in (*thresholds.hospital_infection, *thresholds.event_report)}
    return (pack.workup_cases, *(int(rules[name].cases or 0) for name in (pack.suspected, pack.major)))
