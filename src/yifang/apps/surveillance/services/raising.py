"""A case that is watched singly raises a signal, or joins the open one of its disease and county. Runs in jobs.

A case that is taken back, or corrected to another disease or county, leaves its signal. The signal stays open even
when no case is left: a false alarm, too, is a person's to conclude, and a case may come back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.visibility import Subject, area_scopes, show
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.reporting.models import Card, Case, Suspicion, SuspicionState
from yifang.apps.surveillance.models import Signal, SignalCase, SignalState, SuspectedElsewhere
from yifang.apps.surveillance.services.opening import Found, raise_signal, reporters_of
from yifang.apps.surveillance.single_case import METHOD, Watch, county_of, rare, watch
from yifang.kernel import clock
from yifang.knowledge import load

MONTHS = 12
_MANY = 200  # cases on record of a disease that is not rare anywhere near


def watched(cases: Sequence[UUID]) -> list[UUID]:
    """Those of many cases that a signal may follow from, or that stand in one: the others need not be looked at."""
    wanted = Q(disease__in=_singly()) | Q(signalcase__isnull=False) | Q(disease__in=_seldom(cases))
    rows = Case.objects.filter(id__in=cases).filter(wanted)
    order = {case: place for place, case in enumerate(cases)}
    return sorted(set(rows.values_list("id", flat=True)), key=order.__getitem__)


def watched_suspicions(suspicions: Sequence[UUID]) -> list[UUID]:
    """Those of many suspicions, of this node and of others, that a signal may follow from, in their order."""
    order, singly = {one: place for place, one in enumerate(suspicions)}, _singly()
    rows = [one.objects.filter(id__in=suspicions, disease__in=singly) for one in (Suspicion, SuspectedElsewhere)]
    return sorted((id for found in rows for id in found.values_list("id", flat=True)), key=order.__getitem__)


def _singly() -> list[str]:
    """The diseases of which a single case, of some subtype at least, stands out."""
    every = load().diseases.values()
    return [one.id for one in every if one.is_watched_singly or any(part.alert for part in one.subtypes)]


def _seldom(cases: Sequence[UUID]) -> list[str]:
    """The diseases of these cases that so few were counted of that a case may be the first in years."""
    diseases = set(Case.objects.filter(id__in=cases).values_list("disease", flat=True)) - set(_singly())
    return [one for one in diseases if Case.objects.filter(disease=one, excluded=False)[:_MANY].count() < _MANY]


def _rare(case: Case, county: str) -> Watch | None:
    """The rule where the county has not seen the disease for years; `excluded` cases were none of it."""
    prefix = county if not county.endswith("00") else county.rstrip("0").ljust(4, "0")
    here = Case.objects.filter(residence_area__startswith=prefix, excluded=False)
    known_since = here.order_by("onset_date").values_list("onset_date", flat=True).first()
    before = here.filter(disease=case.disease, onset_date__lte=case.onset_date).exclude(id=case.id)
    last = before.order_by("-onset_date").values_list("onset_date", flat=True).first()
    return rare(case.disease, case.onset_date, known_since, last)


def consider(case_id: UUID) -> Signal | None:
    """The signal that the case raised or joined now; None when it is not watched, excluded, or in one already.

    First it leaves the signals that it does not belong to any more.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).filter(id=case_id).first()
        if case is None:
            return None
        county = county_of(case.residence_area)
        rule = None if case.excluded else watch(case.disease, case.subtype) or _rare(case, county)
        for row in SignalCase.objects.filter(case=case, left_at=None, signal__method=METHOD).select_related("signal"):
            if rule is None or (row.signal.disease, row.signal.area_code) != (case.disease, county):
                _leave(row)
        if rule is None or _stands_in_one(case) or _is_history(case):
            return None
        signal = (
            Signal.objects.select_for_update()
            .filter(method=METHOD, disease=case.disease, area_code=county)
            .exclude(state=SignalState.CLOSED)
            .first()
        )
        reporters = reporters_of([case])
        if signal is not None:
            return _join(signal, case, reporters)
        window = _cases_in(county, case.disease, clock.today() - timedelta(days=rule.window_days - 1))
        together = [one for one in window if one.id != case.id and not _stands_in_one(one)]
        if len(together) + 1 < rule.limit:
            return None
        return _raise(rule, case, together, county, reporters)


def consider_suspicion(suspicion_id: UUID) -> Signal | None:
    """The signal that a strong suspicion of a singly watched disease raised, joined or left: before there is a card.

    It counts while it waits for the doctor, and after its report until the case stands in the signal itself.
    """
    with transaction.atomic():
        one = _suspected_here(suspicion_id) or _suspected_elsewhere(suspicion_id)
        if one is None or not one.area:
            return None
        county = county_of(one.area)
        rule = watch(one.disease, one.subtype)
        if rule is None or rule.limit > 1:
            return None
        signal = (
            Signal.objects.select_for_update()
            .filter(method=METHOD, disease=one.disease, area_code=county)
            .exclude(state=SignalState.CLOSED)
            .first()
        )
        counts = one.waits or one.reported
        if signal is None:
            news = clock.now() - timedelta(days=load().surveillance.news_days)
            return _raise_suspicion(one, rule, county) if one.waits and one.evidence_at > news else None
        known = set(signal.explanation.get("suspicions", []))
        if (str(one.id) in known) == counts:
            return signal
        signal.explanation["suspicions"] = sorted(known ^ {str(one.id)})
        signal.explanation["reported_by"] = sorted({*signal.explanation["reported_by"], *one.askers})
        _recount(signal)
        kind = "surveillance.signal_joined" if counts else "surveillance.signal_left"
        facts = {"suspicions": [one.id], "observed": signal.observed, "limit": signal.limit}
        append(Change(kind, "signal", signal.id, facts=facts, scopes=area_scopes(*signal.explanation["areas"])), NODE)
        return signal


@dataclass(frozen=True, slots=True)
class _Suspected:
    """A suspicion of this node or of a hospital's own; `askers` hold it: its hospital and, where known, its doctor."""

    id: UUID
    disease: str
    subtype: str
    area: str
    waits: bool
    reported: bool  # and its case is not here yet
    evidence_at: datetime
    askers: frozenset[str]


def _suspected_here(suspicion_id: UUID) -> _Suspected | None:
    one = Suspicion.objects.select_related("organisation").filter(id=suspicion_id).first()
    if one is None:
        return None
    strong = one.confidence == "strong"
    waits = one.state in (SuspicionState.OPEN, SuspicionState.CONSULTING)
    reported = one.state == SuspicionState.REPORTED and not Case.objects.filter(cards__suspicion=one).exists()
    askers = {f"org:{one.organisation_id}"} | ({f"user:{one.clinician_id}"} if one.clinician_id else set())
    return _Suspected(
        one.id, one.disease, one.subtype_hint, one.organisation.area_code, strong and waits, strong and reported,
        one.evidence_at, frozenset(askers),
    )  # fmt: skip


def _suspected_elsewhere(suspicion_id: UUID) -> _Suspected | None:
    one = SuspectedElsewhere.objects.select_related("organisation").filter(id=suspicion_id).first()
    if one is None:
        return None
    reported = one.reported and not Case.objects.filter(cards__id=one.card).exists()
    askers = frozenset({f"org:{one.organisation_id}"})
    return _Suspected(
        one.id, one.disease, one.subtype_hint, one.organisation.area_code, one.waits, reported, one.evidence_at, askers
    )


def _raise_suspicion(one: _Suspected, rule: Watch, county: str) -> Signal:
    today = clock.today()
    day = one.evidence_at.astimezone(clock.CHINA).date()
    return raise_signal(
        Found(
            METHOD, one.disease, county, observed=1, expected=0.0, limit=float(rule.limit),
            window_days=rule.window_days, first_day=day, last_day=day, hours=rule.hours, areas=(county,),
            reporters=one.askers,
            explanation={
                **rule.explanation(), "months": _by_month(county, one.disease, today), "suspicions": [str(one.id)],
            },
        )
    )  # fmt: skip


def _is_history(case: Case) -> bool:
    """Entered long ago: the first export of a county tells of years, and none of it is news."""
    return case.entered_on < clock.today() - timedelta(days=load().surveillance.news_days)


def _raise(rule: Watch, case: Case, together: list[Case], county: str, reporters: set[str]) -> Signal:
    today = clock.today()
    behind = [case, *together]
    reporting = sorted({county_of(one.report_area) for one in behind})
    return raise_signal(
        Found(
            METHOD, case.disease, county, observed=len(behind), expected=0.0, limit=float(rule.limit),
            window_days=rule.window_days, first_day=min(one.onset_date for one in behind),
            last_day=max(one.onset_date for one in behind), hours=rule.hours, cases=tuple(one.id for one in behind),
            areas=tuple(reporting), reporters=frozenset(reporters),
            explanation={**rule.explanation(), "months": _by_month(county, case.disease, today)},
        )
    )  # fmt: skip


def _join(signal: Signal, case: Case, reporters: set[str]) -> Signal:
    SignalCase.objects.update_or_create(
        signal=signal, case=case, defaults={"left_at": None}, create_defaults={"joined_at": clock.now()}
    )
    told = signal.explanation
    told["areas"] = sorted({*told["areas"], county_of(case.report_area)})
    told["reported_by"] = sorted({*told["reported_by"], *reporters})
    _recount(signal)
    scopes = area_scopes(*told["areas"])
    day = signal.raised_at.astimezone(clock.CHINA).date()
    show(Subject(SubjectKind.SIGNAL, signal.id, day, signal.disease, signal.group), scopes, "signal")
    append(
        Change(
            "surveillance.signal_joined", "signal", signal.id, facts={"cases": [case.id], "observed": signal.observed},
            scopes=scopes,
        ),
        NODE,
    )  # fmt: skip
    return signal


def _leave(row: SignalCase) -> None:
    """The numbers of a closed signal stay what its conclusion was drawn from; its case is marked all the same."""
    row.left_at = clock.now()
    row.save(update_fields=["left_at"])
    signal = Signal.objects.select_for_update().get(id=row.signal_id)
    if signal.state != SignalState.CLOSED:
        _recount(signal)
    owner = [f"user:{signal.owner_id}"] if signal.owner_id else []
    append(
        Change(
            "surveillance.signal_left", "signal", signal.id,
            facts={"cases": [row.case_id], "observed": signal.observed, "limit": signal.limit},
            scopes=[*area_scopes(*signal.explanation["areas"]), *owner],
        ),
        NODE,
    )  # fmt: skip


def _recount(signal: Signal) -> None:
    """Bring the signal's numbers in step with what is behind it; with nothing left its days stay.

    A suspicion whose case has come counts no more by itself.
    """
    behind = signal.signalcase_set.filter(left_at=None)
    days = list(behind.values_list("case__onset_date", flat=True))
    if waiting := signal.explanation.get("suspicions"):
        come = Card.objects.filter(suspicion__in=waiting, case__in=behind.values("case"))
        gone = {str(one) for one in come.values_list("suspicion_id", flat=True)}
        elsewhere = SuspectedElsewhere.objects.filter(id__in=waiting)
        cards = dict(elsewhere.filter(card__isnull=False).values_list("card", "id"))
        here = Card.objects.filter(id__in=cards, case__in=behind.values("case")).values_list("id", flat=True)
        gone |= {str(cards[card]) for card in here}
        waiting = signal.explanation["suspicions"] = [one for one in waiting if one not in gone]
    signal.observed = len(days) + len(waiting or ())
    signal.first_day, signal.last_day = min(days, default=signal.first_day), max(days, default=signal.last_day)
    signal.explanation["months"] = _by_month(signal.area_code, signal.disease, clock.today())
    signal.save(update_fields=["observed", "first_day", "last_day", "explanation"])


def _stands_in_one(case: Case) -> bool:
    rows = SignalCase.objects.filter(case=case, left_at=None)
    return rows.filter(signal__method=METHOD, signal__disease=case.disease).exists()


def _prefix(county: str) -> str:
    """The digits that every area of the county begins with; a city without counties ends in two noughts."""
    return county.rstrip("0").ljust(4, "0") if county.endswith("00") else county


def _cases_in(county: str, disease: str, since: date) -> list[Case]:
    start = datetime.combine(since, time(), tzinfo=clock.CHINA)
    found = Case.objects.filter(
        disease=disease, excluded=False, diagnosed_at__gte=start, residence_area__startswith=_prefix(county)
    )
    return list(found)


def _by_month(county: str, disease: str, today: date) -> list[list[object]]:
    """Cases by month of diagnosis, the last twelve months, the present one last: `[["2026-01", 0], …]`."""
    past = [divmod(today.year * 12 + today.month - 1 - back, 12) for back in range(MONTHS)]
    months = [date(year, month + 1, 1) for year, month in reversed(past)]
    start = datetime.combine(months[0], time(), tzinfo=clock.CHINA)
    counted = (
        Case.objects.filter(
            disease=disease, excluded=False, diagnosed_at__gte=start, residence_area__startswith=_prefix(county)
        )
        .annotate(month=TruncMonth("diagnosed_at", tzinfo=clock.CHINA))
        .values_list("month")
        .annotate(number=Count("id"))
    )
    numbers = {month.strftime("%Y-%m"): number for month, number in counted}
    return [[f"{month:%Y-%m}", numbers.get(f"{month:%Y-%m}", 0)] for month in months]
