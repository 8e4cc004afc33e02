"""Whether a card of the national system was reported and audited in time, by the clocks of the pack. Pure.

Source: national_system pack, clocks ck_report and ck_audit: hospital hours are inside the first; what was said before a
revision is what the clock ran on.
"""

from yifang.apps.reporting import clocks
from yifang.formats.canonical import NationalCard
from yifang.knowledge import Knowledge


def report_in_time(card: NationalCard, knowledge: Knowledge) -> bool | None:
    """From diagnosis (the one before a revision, where there was one) to entry; None for what is not notifiable."""
    disease = knowledge.diseases.get(card.previous_disease or card.disease)
    if disease is None:
        return None
    subtype = card.subtype if not card.previous_disease else None
    due = clocks.report_due(disease.for_subtype(subtype), card.previous_diagnosed_at or card.diagnosed_at)
    return card.entered_at <= due


def audit_in_time(card: NationalCard, knowledge: Knowledge) -> bool | None:
    """From entry to the first final audit; None while there is none."""
    disease = knowledge.diseases.get(card.disease)
    audited = card.previous_audited_at or card.county_audited_at
    if disease is None or audited is None:
        return None
    return audited <= clocks.audit_due(disease.for_subtype(card.subtype), card.entered_at, knowledge)
