"""Zero reports: ordering them, asking each unit when a period is over, and the units' answers.

“None” is refused while the unit has cards of the disease in the period; the cards are the answer then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import SHARED_IN_A_DEPARTMENT, group_of
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import NO_REPORT, Cadence, Card, ZeroOrder, ZeroReport
from yifang.apps.work import services as work
from yifang.apps.work.services import DeskAt
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id
from yifang.knowledge import load

KIND = "zero_report"
_MOST_DAYS = 366
_MOST_PERIODS = 14  # how far back a node that was off asks


def order(
    viewer: Viewer,
    *,
    disease: str = "",
    syndrome: str = "",
    cadence: str,
    due_hours: int,
    since: date,
    until: date,
    units: Collection[UUID],
    reason: str,
) -> ZeroOrder:
    """Order zero reports of units in the viewer's area.

    Raises UserError `reporting.zero_sensitive` for a disease that lists of work never name, `reporting.zero_order` that
    names everything wrong with it.
    """
    viewer.check("zero.order")
    if disease and group_of(disease) not in SHARED_IN_A_DEPARTMENT:
        raise UserError("reporting.zero_sensitive")
    wrong = []
    known = load()
    syndromes = {one.id for one in known.syndromes.syndromes}
    if bool(disease) == bool(syndrome) or (disease and disease not in known.diseases) or (
        syndrome and syndrome not in syndromes
    ):  # fmt: skip
        wrong.append("subject")
    if cadence not in Cadence.values:
        wrong.append("cadence")
    if not 1 <= due_hours <= 72:
        wrong.append("due_hours")
    if not since <= until <= since + timedelta(days=_MOST_DAYS) or until < clock.today():
        wrong.append("until")
    asked = list(Organisation.objects.filter(id__in=units, active=True, area_code__startswith=viewer.area_code[:6]))
    if not asked or len(asked) != len(set(units)):
        wrong.append("units")
    if not reason.strip():
        wrong.append("reason")
    if wrong:
        raise UserError("reporting.zero_order", wrong=wrong)
    with transaction.atomic():
        made = ZeroOrder(
            id=new_id(), area=viewer.area_code, disease=disease, syndrome=syndrome, cadence=cadence,
            due_hours=due_hours, since=since, until=until, reason=reason.strip()[:200], made_at=clock.now(),
            made_by_id=viewer.user_id,
        )  # fmt: skip
        made.save(force_insert=True)
        made.units.set(asked)
        _tell(made, "zero_ordered", viewer, units=len(asked))
    return made


def call_off(order_id: UUID, viewer: Viewer) -> ZeroOrder:
    """Ask no more; what was answered stays. Raises NotFound `reporting.no_zero_order`."""
    viewer.check("zero.order")
    with transaction.atomic():
        found = ZeroOrder.objects.select_for_update(of=("self",)).filter(id=order_id).first()
        if found is None:
            raise NotFound("reporting.no_zero_order")
        if found.ended_at is None:
            found.ended_at = clock.now()
            found.save(update_fields=["ended_at"])
            _tell(found, "zero_called_off", viewer)
    return found


def answer(report_id: UUID, viewer: Viewer, *, none: bool, number: int | None = None) -> ZeroReport:
    """The unit's answer: none, or the cards of the period (a number for a syndrome, which has no cards).

    Raises NotFound, NotAllowed `reporting.not_your_card`, WrongState `reporting.zero_answered`, UserError
    `reporting.zero_has_cards`, `reporting.zero_no_cards`, `reporting.zero_number`.
    """
    viewer.check("zero.answer")
    with transaction.atomic():
        report = ZeroReport.objects.select_for_update(of=("self",)).filter(id=report_id).first()
        if report is None:
            raise NotFound("reporting.no_zero_report")
        if report.organisation_id != viewer.organisation_id:
            raise NotAllowed("reporting.not_your_card")
        if report.number is not None:
            raise WrongState("reporting.zero_answered")
        cards = cards_of(report)
        if none and cards:
            raise UserError("reporting.zero_has_cards", count=len(cards))
        if not none and report.order.disease and not cards:
            raise UserError("reporting.zero_no_cards")
        if not none and report.order.syndrome and not (number and 0 < number < 10_000):
            raise UserError("reporting.zero_number")
        report.number = 0 if none else len(cards) if report.order.disease else number
        report.cards = [str(one) for one in cards]
        report.answered_at, report.answered_by_id = clock.now(), viewer.user_id
        report.save()
        work.end(KIND, report.id, viewer, outcome="none" if none else "cases", proof=str(report.number))
        facts = {"order": report.order_id, "number": report.number}
        scopes = [f"org:{report.organisation_id}", f"area:{report.area}"]
        append(Change("reporting.zero_answered", "zero_report", report.id, facts=facts, scopes=scopes), viewer)
    return report


def cards_of(report: ZeroReport) -> list[UUID]:
    """The unit's cards of the disease that were diagnosed in the period."""
    order = report.order
    if not order.disease:
        return []
    start, end = bounds(order, report.period)
    rows = Card.objects.filter(organisation=report.organisation_id, disease=order.disease, merged_into=None)
    rows = rows.filter(diagnosed_at__gte=start, diagnosed_at__lt=end).exclude(state__in=NO_REPORT)
    return list(rows.order_by("diagnosed_at").values_list("id", flat=True))


def bounds(order: ZeroOrder, period: date) -> tuple[datetime, datetime]:
    """When a period begins and ends."""
    start = datetime.combine(period, time(), tzinfo=clock.CHINA)
    return start, start + timedelta(days=7 if order.cadence == Cadence.WEEK else 1)


def ask_due() -> int:
    """Ask every unit for each period that is over and was not asked about. Jobs only; returns how many were asked."""
    now, asked = clock.now(), 0
    live = ZeroOrder.objects.filter(ended_at=None, until__gte=clock.today() - timedelta(days=8))
    for order in live.prefetch_related("units"):
        over = [period for period in periods(order) if bounds(order, period)[1] <= now][-_MOST_PERIODS:]
        there = set(ZeroReport.objects.filter(order=order, period__in=over).values_list("organisation", "period"))
        for unit in order.units.all():
            for period in over:
                if (unit.id, period) not in there:
                    _ask(order, unit, period)
                    asked += 1
    return asked


def periods(order: ZeroOrder) -> Iterator[date]:
    """The first days of the periods of an order; weeks begin on Monday, the first where the order begins."""
    step = timedelta(days=7 if order.cadence == Cadence.WEEK else 1)
    day = order.since - timedelta(days=order.since.weekday()) if order.cadence == Cadence.WEEK else order.since
    while day <= order.until:
        yield day
        day += step


def _ask(order: ZeroOrder, unit: Organisation, period: date) -> None:
    due_at = bounds(order, period)[1] + timedelta(hours=order.due_hours)
    disease = load().diseases.get(order.disease)
    zh, en = (
        (disease.name, disease.en)
        if disease
        else (load().syndrome_name(order.syndrome), load().syndrome_name(order.syndrome, "en"))
    )
    with transaction.atomic():
        report = ZeroReport(id=new_id(), order=order, organisation=unit, area=order.area, period=period, due_at=due_at)
        report.save(force_insert=True)
        work.open_item(
            KIND, "zero_report", report.id, [DeskAt(unit.scope, "hospital_desk")], NODE, title=f"{zh} {period:%m-%d}",
            title_en=f"{en} {period:%m-%d}", due_at=due_at,
        )  # fmt: skip


def _tell(order: ZeroOrder, what: str, viewer: Viewer, **facts: object) -> None:
    scopes = [f"area:{order.area}"]
    given = {"subject": order.disease or order.syndrome, "cadence": order.cadence, **facts}
    append(Change(f"reporting.{what}", "zero_order", order.id, facts=given, scopes=scopes), viewer)
