"""A case that is watched singly raises a signal, or joins the open one of its disease and county. Runs in jobs.

A case that is taken back, or corrected to another disease or county, leaves its signal. The signal stays open even
when no case is left: a false alarm, too, is a person's to conclude, and a case may come back.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncMonth

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.visibility import Subject, area_scopes, list_name, show
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.reporting.models import Card, CardState, Case
from yifang.apps.surveillance.models import Signal, SignalCase, SignalState
from yifang.apps.surveillance.single_case import METHOD, WORK, Watch, county_of, watch
from yifang.apps.work.services import DeskAt, open_item
from yifang.kernel import clock
from yifang.kernel.ids import new_id
from yifang.knowledge import load

DESKS = ("duty_officer", "epidemiologist")
MONTHS = 12


def consider(case_id: UUID) -> Signal | None:
    """The signal that the case raised or joined now; None when it is not watched, excluded, or in one already.

    First it leaves the signals that it does not belong to any more.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).filter(id=case_id).first()
        if case is None:
            return None
        county = county_of(case.residence_area)
        rule = None if case.excluded else watch(case.disease, case.subtype)
        for row in SignalCase.objects.filter(case=case, left_at=None, signal__method=METHOD).select_related("signal"):
            if rule is None or (row.signal.disease, row.signal.area_code) != (case.disease, county):
                _leave(row)
        if rule is None or _stands_in_one(case):
            return None
        signal = (
            Signal.objects.select_for_update()
            .filter(method=METHOD, disease=case.disease, area_code=county)
            .exclude(state=SignalState.CLOSED)
            .first()
        )
        reporters = _reporters(case)
        if signal is not None:
            return _join(signal, case, reporters)
        window = _cases_in(county, case.disease, clock.today() - timedelta(days=rule.window_days - 1))
        together = [one for one in window if one.id != case.id and not _stands_in_one(one)]
        if len(together) + 1 < rule.limit:
            return None
        return _raise(rule, case, together, county, reporters)


def _raise(rule: Watch, case: Case, together: list[Case], county: str, reporters: set[str]) -> Signal:
    knowledge, now, today = load(), clock.now(), clock.today()
    behind = [case, *together]
    reporting = sorted({county_of(one.report_area) for one in behind})
    signal = Signal(
        id=new_id(), method=METHOD, disease=case.disease, group=case.group, area_code=county, observed=len(behind),
        expected=0.0, limit=float(rule.limit), window_days=rule.window_days, pack_digest=knowledge.digest,
        explanation={
            **rule.explanation(),
            "areas": sorted({county, *reporting}),
            "reported_by": sorted(reporters),
            "months": _by_month(county, case.disease, today),
        },
        first_day=min(one.onset_date for one in behind), last_day=max(one.onset_date for one in behind),
        raised_at=now, due_at=now + timedelta(hours=rule.hours),
    )  # fmt: skip
    scopes = area_scopes(county, *reporting)
    show(Subject(SubjectKind.SIGNAL, signal.id, today, case.disease, case.group), scopes, "signal")
    signal.save(force_insert=True)
    SignalCase.objects.bulk_create([SignalCase(signal=signal, case=one, joined_at=now) for one in behind])
    append(
        Change(
            "surveillance.signal_raised", "signal", signal.id,
            facts={"method": METHOD, "cases": [one.id for one in behind], "limit": rule.limit, "due_at": signal.due_at},
            scopes=scopes,
        ),
        NODE,
    )  # fmt: skip
    name, name_en = (list_name(case.disease, case.group, lang) for lang in ("zh", "en"))
    open_item(
        WORK, "signal", signal.id, [DeskAt(f"area:{county}", role) for role in DESKS], NODE,
        title=f"{name} · 单病例预警", title_en=f"{name_en}: single-case signal",
        starts_at=now, due_at=signal.due_at, urgent=rule.hours <= 2,
    )  # fmt: skip
    return signal


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
    """Bring the signal's numbers in step with the cases behind it; with none left its days stay."""
    days = list(signal.signalcase_set.filter(left_at=None).values_list("case__onset_date", flat=True))
    signal.observed = len(days)
    signal.first_day, signal.last_day = min(days, default=signal.first_day), max(days, default=signal.last_day)
    signal.explanation["months"] = _by_month(signal.area_code, signal.disease, clock.today())
    signal.save(update_fields=["observed", "first_day", "last_day", "explanation"])


def _stands_in_one(case: Case) -> bool:
    rows = SignalCase.objects.filter(case=case, left_at=None)
    return rows.filter(signal__method=METHOD, signal__disease=case.disease).exists()


def _reporters(case: Case) -> set[str]:
    """The scopes that reported: each card's hospital and, where one is known, its doctor."""
    cards = list(Card.objects.filter(case=case).exclude(state=CardState.DELETED))
    organisations = {f"org:{card.organisation_id}" for card in cards} or {f"org:{case.report_org_id}"}
    return organisations | {f"user:{card.doctor_id}" for card in cards if card.doctor_id}


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
