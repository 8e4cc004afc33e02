"""Keeping the judgements and their sums in step with the cards. Jobs only; every call may be repeated.

The keys of a card before and after are summed anew from the judgements: one unit's department, disease and month at a
time, a few hundred rows at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from yifang.apps.ledger.models import Entry
from yifang.apps.reporting import clocks, versions
from yifang.apps.reporting.models import NO_REPORT, Card, CardQuality, CardState, CardVersion, Revision
from yifang.apps.reporting.quality.judging import Corrected, Known, judge
from yifang.apps.reporting.rules.answers import class_ids
from yifang.kernel import clock
from yifang.knowledge import load

Key = tuple[UUID, date, str, str]  # organisation, month, department, disease
_BATCH = 500


def judge_cards(ids: Iterable[UUID]) -> None:
    """Judge these cards as they stand and bring the sums of what they are, and were, counted under in step."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('reporting.quality'))")
        before = {_key(one) for one in CardQuality.objects.filter(card__in=wanted)}
        cards = Card.objects.select_related("case").filter(id__in=wanted).exclude(state__in=NO_REPORT)
        judged = _judged([card for card in cards if card.case is None or not card.case.excluded or card.merged_into_id])
        CardQuality.objects.filter(card__in=wanted).delete()
        CardQuality.objects.bulk_create(judged)
        _sum_up(before | {_key(one) for one in judged})


def judge_overdue() -> bool:
    """Judge the cards whose limit passed since they were last judged. Whether there were any: then call again."""
    now = clock.now()
    suspected = now - timedelta(days=load().quality.suspected_days)
    late = Card.objects.filter(state=CardState.SUBMITTED, audit_due_at__lt=now, quality__isnull=False)
    late = late.exclude(quality__verdicts__has_key="audit")
    old = Card.objects.filter(case_class="suspected", entered_at__lt=suspected, quality__isnull=False)
    old = old.exclude(quality__verdicts__has_key="suspected")
    corrections = Revision.objects.filter(
        Q(card__state=CardState.AUDITED), audited_at=None, audit_due_at__lt=now, card__quality__isnull=False
    ).exclude(card__quality__verdicts__has_key="revision_audit")
    found = [*late.values_list("id", flat=True)[:_BATCH], *old.values_list("id", flat=True)[:_BATCH]]
    found += corrections.values_list("card", flat=True)[:_BATCH]
    judge_cards(found)
    return bool(found)


def _key(one: CardQuality) -> Key:
    return one.organisation_id, one.month, one.department, one.disease


def _judged(cards: Sequence[Card]) -> list[CardQuality]:
    """The judgements of the cards, read together."""
    standing = versions.all_in_force(cards)
    first: dict[UUID, CardVersion] = {}
    reported: dict[UUID, CardVersion] = {}
    for version in CardVersion.objects.filter(card__in=cards).order_by("number"):
        first.setdefault(version.card_id, version)
        if version.reported:
            reported.setdefault(version.card_id, version)
    revisions: dict[UUID, list[Revision]] = defaultdict(list)
    for one in Revision.objects.filter(card__in=cards):
        revisions[one.card_id].append(one)
    returns = _returns(cards)
    found = []
    for card in cards:
        if card.id not in standing or not card.disease:
            continue
        known = _known(
            card, standing[card.id], first[card.id], reported.get(card.id), revisions[card.id], returns[card.id]
        )
        found.append(
            CardQuality(
                card=card, organisation_id=card.reported_for_id or card.organisation_id,
                department="" if card.reported_for_id else card.department, area=card.report_area,
                disease=card.disease, group=card.group, month=_month(card), verdicts=judge(known),
            )
        )  # fmt: skip
    return found


def _known(
    card: Card,
    standing: CardVersion,
    first: CardVersion,
    reported: CardVersion | None,
    revisions: Sequence[Revision],
    returns: Sequence[str],
) -> Known:
    knowledge, now = load(), clock.now()
    disease = knowledge.diseases.get(card.disease)
    begun = class_ids(knowledge).get(str((reported or first).values.get("case_class", "")), "")
    settled = [one.reported_at for one in revisions if one.previous_class == "suspected" or one.kind == "disease"]
    from_record = card.suspicion_id is not None
    return Known(
        now=now, urgent=disease is not None and clocks.is_urgent(disease.for_subtype(card.subtype)),
        report_due_at=card.report_due_at, entered_at=card.entered_at, audit_due_at=card.audit_due_at,
        audited_at=card.audited_at, late_reason=card.late_reason, merged=card.merged_into_id is not None,
        answers=versions.answers_of(standing), drafted=versions.answers_of(first) if from_record else {},
        remarks=standing.remarks, returns=returns, first_class=begun,
        case_class=card.case_class,
        revisions=[
            Corrected(one.kind, one.reported_at <= one.due_at if one.due_at else None, _audited_in_time(one, card))
            for one in revisions
        ],
        settled_at=min(settled, default=None), suspected_days=knowledge.quality.suspected_days,
        checksummed=frozenset(one.code for one in knowledge.report_card.id_card_types if one.checksum),
    )  # fmt: skip


def _audited_in_time(one: Revision, card: Card) -> bool | None:
    """Of a correction after the final audit; what the first audit covered is judged with that."""
    if card.audited_at is None or one.reported_at < card.audited_at:
        return None
    if one.audited_at is None:
        return False if clock.now() > one.audit_due_at else None
    return one.audited_at <= one.audit_due_at


def _returns(cards: Sequence[Card]) -> Mapping[UUID, list[str]]:
    """The reasons for which the district returned the cards: the ledger says when, `Said` why."""
    found: dict[UUID, list[str]] = defaultdict(list)
    entries = Entry.objects.filter(subject__in=[card.id for card in cards], kind="reporting.card_returned")
    named = {
        str(entry.facts.get("said")): entry.subject
        for entry in entries
        if entry.facts.get("state") == CardState.RETURNED_BY_DISTRICT
    }
    for card in cards:
        for said in card.said.filter(id__in=[UUID(one) for one, subject in named.items() if subject == card.id]):
            found[card.id].append(said.text)
    return found


def _month(card: Card) -> date:
    at = (card.entered_at or card.created_at).astimezone(clock.CHINA)
    return at.date().replace(day=1)


def _sum_up(keys: Iterable[Key]) -> None:
    """Write the sums of these keys anew."""
    rows = list(keys)
    if not rows:
        return
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        given = "SELECT * FROM unnest(%b::uuid[], %b::date[], %b::text[], %b::text[]) k(o, m, d, i)"
        cursor.execute(
            f"""DELETE FROM reporting_qualitytally t USING ({given}) k
            WHERE t.organisation_id = k.o AND t.month = k.m AND t.department = k.d AND t.disease = k.i""",
            columns,
        )
        cursor.execute(
            f"""INSERT INTO reporting_qualitytally
                (organisation_id, month, department, disease, area, "group", indicator, numerator, denominator)
            SELECT q.organisation_id, q.month, q.department, q.disease, min(q.area), min(q."group"), v.key,
                count(*) FILTER (WHERE v.value = 'true'::jsonb), count(*)
            FROM reporting_cardquality q JOIN ({given}) k
                ON q.organisation_id = k.o AND q.month = k.m AND q.department = k.d AND q.disease = k.i,
                jsonb_each(q.verdicts) v
            GROUP BY 1, 2, 3, 4, v.key""",
            columns,
        )
