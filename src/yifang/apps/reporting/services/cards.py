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
from yifang.apps.reporting.models import NO_REPORT, Card, CardState, CardVersion, Said
from yifang.apps.reporting.rules import Alike, Answers, Finding, Situation, check
from yifang.kernel import areas, clock
from yifang.kernel.errors import NotFound, UserError, YifangError
from yifang.kernel.ids import new_id
from yifang.knowledge import load


def taken(card_id: UUID) -> Card:
    """The card, locked until the transaction ends. Raises NotFound `reporting.no_card`."""
    rows = Card.objects.select_for_update(of=("self",)).select_related("organisation", "reported_for")
    card = rows.filter(id=card_id).first()
    if card is None:
        raise NotFound("reporting.no_card")
    return card


def findings_of(card: Card, answers: Mapping[str, Any]) -> list[Finding]:
    """All findings about the answers, as of now and among the cards of the person that the viewer may see."""
    return check(Answers(answers, situation_of(card)))


def situation_of(card: Card) -> Situation:
    """What stands around the card's answers."""
    # A draft has no report before it, and a card of nobody known no others beside it: two reads less for most cards.
    first = None
    if card.state != CardState.DRAFT:
        first = card.versions.filter(reported=True).order_by("number").first()
    alike: list[Alike] = []
    if card.person_id is not None:
        others = Card.objects.filter(person_id=card.person_id, disease__gt="", onset_date__isnull=False)
        others = others.exclude(id=card.id).exclude(state__in=NO_REPORT)
        alike = [Alike(*said) for said in others.values_list("card_no", "disease", "onset_date")]
    return Situation(
        load(),
        clock.now(),
        card.report_area,
        original_card=card.national_card_id or (card.card_no if first else ""),
        original_disease=str(first.values.get("disease", "")) if first else "",
        alike=alike,
    )


def apply(card: Card, answers: Mapping[str, Any]) -> None:
    """Bring the card's columns in step with its answers; what cannot be read stays empty.

    The clocks follow as `tighten` says, which alone is called for answers that are not in force yet.
    """
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
    _clocks(card, read)


def tighten(card: Card, answers: Mapping[str, Any]) -> None:
    """What of answers that are not in force yet holds at once, for a returned card that was typed anew.

    The clocks, and the group: a sensitive disease is guarded from the moment it is named.
    """
    read = Answers(answers, Situation(load(), clock.now(), card.report_area))
    if read.disease is not None:
        card.group = visible.strictest({card.group, group_of(read.disease.id)})
    _clocks(card, read)


def _clocks(card: Card, read: Answers) -> None:
    """What is due by these answers. A draft is free; of what was once reported nothing moves a limit outwards.

    What was entered keeps the report limit that it met or missed; what was audited keeps that of its audit.
    """
    disease, diagnosed = read.disease, read.moment("diagnosis_datetime")
    if disease is None:
        return
    if card.entered_at is None and diagnosed is not None:
        due = clocks.report_due(disease, diagnosed.astimezone(UTC))
        card.report_due_at = due if card.state == CardState.DRAFT else clocks.stricter(card.report_due_at, due)
    elif card.entered_at is not None and card.audited_at is None:
        card.audit_due_at = clocks.stricter(card.audit_due_at, clocks.audit_due(disease, card.entered_at, load()))


def add_version(
    card: Card,
    answers: Mapping[str, Any],
    by: Actor,
    *,
    before: CardVersion,
    findings: Sequence[Finding] = (),
    reported: bool,
    reason: str = "",
) -> CardVersion:
    """The next version of the card after `before`, whose source it keeps."""
    card.version += 1
    return versions.write(
        card, card.version, answers, by, reported=reported, findings=findings, source=before.source, reason=reason
    )


def follow(card: Card, by: Actor, *, shown: visible.Shown | None = None, was: str = "") -> None:
    """After a step: rows for those who may now see it, and the work items of the new state.

    `shown` is to whom it was shown before the step and `was` its state, where the caller knows: only what is new is
    written then.
    """
    now = visible.of_card(card).items() - (shown or {}).items()
    if now:
        visible.show(visible.subject_of(card, clock.today()), dict(now))
    desks.follow_card(card, by, was=was)


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


def say(card: Card, step: str, text: str, by: Actor, *, before: Mapping[str, Any] | None = None) -> UUID:
    """Keep the words of a step; `tell` then names them: `tell(card, step, by, said=say(card, step, text, by))`."""
    said = Said(
        id=new_id(), card=card, step=step, text=text, before=dict(before or {}), at=clock.now(), by_id=by.user_id
    )
    said.save(force_insert=True)
    return said.id


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
