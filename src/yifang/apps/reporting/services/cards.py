"""What the verbs of a card share: taking one for change, checking its answers, keeping its columns in step, telling.

Not a verb itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.visibility import group_of
from yifang.apps.ledger.services import Actor, Change, append
from yifang.apps.records.identity import mask_name
from yifang.apps.reporting import clocks, desks, versions, visible
from yifang.apps.reporting.models import Card, CardState, CardVersion
from yifang.apps.reporting.rules import Alike, Answers, Finding, Situation, check
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotFound, UserError, YifangError
from yifang.knowledge import load


def taken(card_id: UUID) -> Card:
    """The card, locked until the transaction ends. Raises NotFound `reporting.no_card`."""
    card = (
        Card.objects.select_for_update(of=("self",)).select_related("organisation", "school").filter(id=card_id).first()
    )
    if card is None:
        raise NotFound("reporting.no_card")
    return card


def findings_of(card: Card, answers: Mapping[str, Any]) -> list[Finding]:
    """All findings about the answers, as of now and among the cards of the person that the viewer may see."""
    return check(Answers(answers, situation_of(card)))


def situation_of(card: Card) -> Situation:
    """What stands around the card's answers."""
    first = card.versions.filter(reported=True).order_by("number").first()
    others = Card.objects.filter(
        person_id=card.person_id, person__isnull=False, disease__gt="", onset_date__isnull=False
    )
    others = others.exclude(id=card.id).exclude(state__in=(CardState.DELETED, CardState.DRAFT))
    return Situation(
        load(),
        clock.now(),
        card.report_area,
        original_card=card.national_card_id or (card.card_no if first else ""),
        original_disease=str(first.values.get("disease", "")) if first else "",
        alike=[Alike(one.card_no, one.disease, one.onset_date) for one in others],
    )


def apply(card: Card, answers: Mapping[str, Any]) -> None:
    """Bring the card's columns in step with its answers; what cannot be read stays empty."""
    read = Answers(answers, Situation(load(), clock.now(), card.report_area))
    disease = read.disease
    card.disease = disease.id if disease else ""
    card.subtype = (
        read.text("disease_subtype")[:40] if disease and disease.subtype(read.text("disease_subtype")) else ""
    )
    card.group = group_of(card.disease) if disease else "ordinary"
    card.case_class = read.case_class
    card.residence_area = _area(read.text("residence_area"))
    card.onset_date = read.day("onset_date")
    diagnosed = read.moment("diagnosis_datetime")
    card.diagnosed_at = diagnosed.astimezone(UTC) if diagnosed else None
    card.died_on = read.day("death_date")
    card.population = read.text("population")[:2]
    card.school_class = read.text("school_class")[:60]
    card.masked_name = mask_name(read.text("name"))[:40]
    card.pack_digest = load().digest
    if card.entered_at is None and disease is not None and card.diagnosed_at is not None:
        card.report_due_at = clocks.report_due(disease, card.diagnosed_at)


def add_version(
    card: Card,
    answers: Mapping[str, Any],
    by: Actor,
    *,
    findings: Sequence[Finding] = (),
    reported: bool,
    reason: str = "",
) -> CardVersion:
    """The next version of the card, its source kept from the one before."""
    before = versions.current(card)
    card.version += 1
    return versions.write(
        card, card.version, answers, by, reported=reported, findings=findings, source=before.source, reason=reason
    )


def follow(card: Card, by: Actor) -> None:
    """After a step: rows for those who may now see it, and the work items of the new state."""
    visible.show(visible.subject_of(card, clock.today()), visible.of_card(card))
    desks.follow_card(card, by)


def tell(card: Card, what: str, by: Actor, *, fields: Sequence[str] = (), digest: str = "", **facts: Any) -> None:
    """Append `reporting.card_<what>` to the ledger."""
    # Which supplement a card carries would tell every reader of the ledger the disease.
    named = dict.fromkeys("supplement" if "." in name else name for name in fields)
    append(
        Change(
            f"reporting.card_{what}", "card", card.id, fields=list(named), digest=digest,
            facts={"state": card.state, "version": card.version, **facts}, scopes=list(visible.of_card(card)),
        ),
        by,
    )  # fmt: skip


def reason_given(reason: str) -> str:
    """The reason, stripped and at most 300 characters. Raises UserError `reporting.reason_needed` for none."""
    text = reason.strip()
    if not text:
        raise UserError("reporting.reason_needed")
    return text[:300]


def as_viewer(by: Actor) -> Viewer | None:
    """The viewer behind an actor, None for the node itself."""
    return by if isinstance(by, Viewer) else None


def moment_in_utc(at: datetime) -> datetime:
    """An instant in UTC; one without a zone is China's own time."""
    return (at if at.tzinfo else at.replace(tzinfo=clock.CHINA)).astimezone(UTC)


def _area(text: str) -> str:
    try:
        return areas.normalise(text) if text else ""
    except YifangError:
        return ""
