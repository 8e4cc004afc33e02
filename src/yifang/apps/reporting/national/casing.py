"""What a case says of itself when the national system has its card, and how our own cards come to it."""

from __future__ import annotations

from datetime import date, datetime

from yifang.apps.reporting.models import Card, CardState, Case, NationalCard, Standing
from yifang.apps.reporting.national.comparing import differences
from yifang.kernel import clock


def fill(case: Case, row: NationalCard) -> None:
    """Bring the case to what the national card says. A card that awaits the audit of its revision counts as before."""
    case.excluded = not row.stands
    if row.audit_state == "revised_pending" and case.audited_on is not None and case.disease:
        return
    case.disease, case.subtype, case.group = row.disease, row.subtype, row.group
    case.case_class, case.onset_date, case.diagnosed_at = row.case_class, row.onset_date, row.diagnosed_at
    case.entered_on, case.audited_on = _day(row.entered_at), _day(row.audited_at)
    case.residence_area, case.report_area = row.residence_area, row.report_area or row.residence_area
    case.died_on = row.died_on
    if case.died_on is None:
        case.death_audited_on = None


def refollow(case: Case) -> None:
    """After our own cards had their say: the national card of the case, where there is one, has the last."""
    row = NationalCard.objects.filter(case=case).first()
    if row is not None:
        fill(case, row)


def link_own(card: Card) -> Case | None:
    """Hold our card against the national one of its number. Returns the case that one has made, if any."""
    row = NationalCard.objects.select_for_update(of=("self",)).filter(national_card_id=card.national_card_id).first()
    if row is None or not card.national_card_id:
        return None
    gone = card.state == CardState.DELETED
    row.card = None if gone else card
    row.differs = [] if gone else differences(card, row)
    row.standing = Standing.ONLY_THERE if gone else Standing.DIFFERENT if row.differs else Standing.BOTH
    row.save(update_fields=["card", "differs", "standing"])
    return row.case


def _day(at: datetime | None) -> date | None:
    return at.astimezone(clock.CHINA).date() if at else None
