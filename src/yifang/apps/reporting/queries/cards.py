"""Cards: one with its answers and its history, and the district's audit list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.records.identity import mask_name, mask_number
from yifang.apps.reporting import policy, versions
from yifang.apps.reporting.models import Card, CardState, CardVersion, Duplicate, DuplicateState, Revision
from yifang.apps.reporting.queries.walking import Key, along, counted, looked_to, seen
from yifang.apps.reporting.rules import form_of
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotFound, UserError
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the district looks for: `waiting` for its audit (by deadline), else everything it sees (newest first)."""

    waiting: bool = True
    disease: str = ""
    state: str = ""
    organisation: UUID | None = None
    case_class: str = ""
    overdue: bool = False  # waiting: the audit; else the report
    since: date | None = None  # waiting: day of entry; else the day the list holds the card under
    until: date | None = None


@dataclass(frozen=True, slots=True)
class CardDetail:
    """A card, the steps open to the viewer, its pairs that wait for a judgement, whether its limits were kept."""

    card: Card
    verbs: tuple[str, ...]
    duplicates: Sequence[Duplicate]
    late: bool


def card(card_id: UUID, viewer: Viewer) -> CardDetail:
    """One card without its answers; leaves an access entry. Raises NotAllowed, NotFound `reporting.no_card`."""
    viewer.check("card.view")
    rows = Card.objects.select_related("organisation", "doctor", "suspicion", "case", "school", "merged_into", "person")
    one = rows.filter(id=card_id).first()
    if one is None:
        raise NotFound("reporting.no_card")
    looked("card.viewed", "card", card_id, viewer)
    at = one.entered_at or clock.now()
    late = one.report_due_at is not None and at > one.report_due_at
    return CardDetail(one, policy.verbs(one, viewer), duplicates_of(one), late)


def answers(version: CardVersion, viewer: Viewer, *, identity: bool) -> dict[str, Any]:
    """The answers of a version by field. Identity stays masked unless asked for; opening it leaves an access entry.

    Raises UserError `records.purpose_needed` for identity without a purpose.
    """
    if identity and not viewer.purpose:
        raise UserError("records.purpose_needed")
    given = versions.answers_of(version)
    if identity:
        looked("card.opened", "card", version.card_id, viewer, version=version.number)
        return given
    return _masked(given)


def history(one: Card, viewer: Viewer) -> QuerySet[CardVersion]:
    """The versions that were sent on, oldest first, with who made them; the last is what the viewer goes by.

    Inside the hospital that is the current one even while it is a draft, outside the last that was sent out.
    """
    last = one.version if viewer.organisation_id == one.organisation_id else one.sent_version or one.version
    return one.versions.filter(Q(reported=True) | Q(number=last), number__lte=last).select_related("made_by")


def version_for(one: Card, viewer: Viewer) -> CardVersion:
    """The version that the viewer goes by. Raises NotFound `reporting.no_card` where none is seen."""
    found = history(one, viewer).last()
    if found is None:
        raise NotFound("reporting.no_card")
    return found


def duplicates_of(one: Card) -> list[Duplicate]:
    """The pairs of this card that the viewer sees both sides of and nobody has judged yet."""
    pairs = Duplicate.objects.filter(Q(earlier=one) | Q(later=one), state=DuplicateState.OPEN)
    return list(pairs.select_related("earlier__organisation", "later__organisation"))


def audit_list(
    viewer: Viewer,
    chosen: AuditFilter,
    *,
    key: Key | None = None,
    backwards: bool = False,
    limit: int = 50,
    look: int = 0,
) -> list[tuple[Key, Card]]:
    """The district's cards with the key of each row: (audit_due_at, id) of what waits, (day, id) of everything.

    `look` bounds how many of everything are looked at; `cards_looked_to` then says where to go on.
    """
    viewer.check("card.audit")
    if chosen.waiting:
        rows = along(_filtered(_awaiting(viewer), chosen), "audit_due_at", key=key, backwards=backwards, limit=limit)
        return [((row.audit_due_at, row.id), row) for row in rows if row.audit_due_at]
    found = seen(
        SubjectKind.CARD, Card, viewer, disease=chosen.disease, conditions=_conditions(chosen), key=key,
        backwards=backwards, limit=limit, look=look,
    )  # fmt: skip
    cards = Card.objects.select_related("organisation").in_bulk([subject for _, subject in found])
    return [(place, cards[subject]) for place, subject in found if subject in cards]


def cards_looked_to(viewer: Viewer, chosen: AuditFilter, *, key: Key | None, backwards: bool, look: int) -> Key | None:
    """The last card that a list of everything with this bound looked at, None where there are no more."""
    if chosen.waiting:
        return None
    return looked_to(
        SubjectKind.CARD, viewer, disease=chosen.disease, conditions=_conditions(chosen), key=key, backwards=backwards,
        look=look,
    )  # fmt: skip


def _conditions(chosen: AuditFilter) -> list[tuple[str, Any]]:
    conditions: list[tuple[str, Any]] = [
        (f"s.{column} = %s", value)
        for column, value in (
            ("state", chosen.state), ("organisation_id", chosen.organisation), ("case_class", chosen.case_class)
        )
        if value
    ]  # fmt: skip
    conditions += [
        (f"v.day {sign} %s", day) for sign, day in ((">=", chosen.since), ("<=", chosen.until)) if day is not None
    ]
    if chosen.overdue:
        conditions.append(("coalesce(s.entered_at, %s) > s.report_due_at", clock.now()))
    return conditions


def audit_counts(viewer: Viewer) -> dict[str, int]:
    """How many cards wait for the viewer's audit, and how many of them past their time."""
    viewer.check("card.audit")
    rows = _awaiting(viewer)
    return {"waiting": counted(rows), "overdue": counted(rows.filter(audit_due_at__lt=clock.now()))}


def revisions_waiting(viewer: Viewer, limit: int = 20) -> list[Revision]:
    """Corrections after the final audit that wait for the viewer's, the most urgent first."""
    viewer.check("card.audit")
    first = _prefix(viewer.area_code)
    rows = Revision.objects.filter(
        audited_at=None, card__state=CardState.AUDITED, card__merged_into=None,
        card__report_area__range=(first, first.ljust(15, "9")),
    )  # fmt: skip
    return list(rows.select_related("card").order_by("audit_due_at", "id")[:limit])


def _awaiting(viewer: Viewer) -> QuerySet[Card]:
    """Entered, not audited, reported in the viewer's own area: what is only resident there is audited elsewhere."""
    rows = Card.objects.filter(state=CardState.SUBMITTED, entered_at__isnull=False, merged_into=None)
    first = _prefix(viewer.area_code)
    # A range, for LIKE may not pass below the policies: every waiting card of the node would be tried by them first.
    return rows.filter(report_area__range=(first, first.ljust(15, "9"))).select_related("organisation")


def _filtered(rows: QuerySet[Card], chosen: AuditFilter) -> QuerySet[Card]:
    for column, value in (
        ("disease", chosen.disease), ("organisation_id", chosen.organisation), ("case_class", chosen.case_class)
    ):  # fmt: skip
        if value:
            rows = rows.filter(**{column: value})
    if chosen.since:
        rows = rows.filter(entered_at__gte=_midnight(chosen.since))
    if chosen.until:
        rows = rows.filter(entered_at__lt=_midnight(chosen.until + timedelta(days=1)))
    return rows.filter(audit_due_at__lt=clock.now()) if chosen.overdue else rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.CHINA)


def _prefix(area: str) -> str:
    """The digits that every code inside an area begins with."""
    return {"province": area[:2], "city": area[:4]}.get(areas.level(area), area) if area else ""


def _masked(given: Mapping[str, Any]) -> dict[str, Any]:
    form = form_of(load())
    shown = dict(given)
    for name, value in given.items():
        if form.is_identity(name):
            masked = mask_name if name in ("name", "guardian_name") else mask_number
            shown[name] = masked(str(value)) if name in ("name", "guardian_name", "id_no", "phone") else "***"
    return shown
