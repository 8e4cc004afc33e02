"""In what our own card and the national one of its number say different things. Field names only, never values."""

from __future__ import annotations

from yifang.apps.reporting.models import Card, CardState, NationalCard
from yifang.kernel import areas, clock
from yifang.kernel.errors import YifangError


def differences(card: Card, row: NationalCard) -> list[str]:
    """The fields, as the card's form calls them, in which the two differ; times are compared to the minute."""
    found = {
        "disease": card.disease != row.disease,
        "case_class": card.case_class != row.case_class,
        "onset_date": card.onset_date != row.onset_date,
        "diagnosis_datetime": not _same_hour(card, row),
        "residence_area": _area(card.residence_area) != _area(row.residence_area),
        "death_date": card.died_on != row.died_on,
        "entry_time": card.entered_at is not None and abs((card.entered_at - row.entered_at).total_seconds()) >= 60,
        "audit_state": (card.state == CardState.AUDITED) != (row.audited_at is not None) or not row.stands,
    }
    return [name for name, differs in found.items() if differs]


def _same_hour(card: Card, row: NationalCard) -> bool:
    """The card asks the hour of diagnosis, the export tells the minute."""
    if card.diagnosed_at is None:
        return False
    ours, theirs = (
        at.astimezone(clock.CHINA).replace(minute=0, second=0) for at in (card.diagnosed_at, row.diagnosed_at)
    )
    return ours == theirs


def _area(code: str) -> str:
    """The township at most: the export knows no village."""
    try:
        return areas.normalise(code)[:9]
    except YifangError:
        return code
