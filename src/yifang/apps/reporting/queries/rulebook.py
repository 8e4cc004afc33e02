"""Rule sets with their trials, and how often each rule fired and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.ledger.services import looked
from yifang.apps.reporting.models import DismissReason, RuleSet, RuleSetState, Suspicion, Trial, TrialChange
from yifang.apps.reporting.queries.clinic import newest
from yifang.apps.reporting.queries.walking import Key
from yifang.kernel import clock
from yifang.kernel.errors import NotFound

DAYS = 90


@dataclass(slots=True)
class Fired:
    """How often a rule was evidence of a suspicion, and what the doctors answered; `reasons` of the dismissals."""

    found: int = 0
    reported: int = 0
    dismissed: int = 0
    waiting: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def rulesets(viewer: Viewer, limit: int = 100) -> list[RuleSet]:
    """All of them, the newest first."""
    viewer.check("rules.view")
    rows = RuleSet.objects.select_related("organisation", "made_by", "activated_by")
    return list(rows.exclude(state=RuleSetState.DISCARDED).order_by("-made_at")[:limit])


def ruleset(ruleset_id: UUID, viewer: Viewer) -> RuleSet:
    """One. Raises NotFound `reporting.no_ruleset`."""
    viewer.check("rules.view")
    rows = RuleSet.objects.select_related("organisation", "made_by", "changed_by", "proposed_by", "activated_by")
    found = rows.filter(id=ruleset_id).first()
    if found is None:
        raise NotFound("reporting.no_ruleset")
    return found


def trials(ruleset_id: UUID, viewer: Viewer) -> list[Trial]:
    """Its trials, the newest first."""
    viewer.check("rules.view")
    return list(Trial.objects.filter(ruleset=ruleset_id).select_related("organisation", "asked_by")[:20])


def trial(trial_id: UUID, viewer: Viewer) -> Trial:
    """One trial. Raises NotFound `reporting.no_trial`."""
    viewer.check("rules.view")
    found = Trial.objects.select_related("ruleset", "organisation").filter(id=trial_id).first()
    if found is None:
        raise NotFound("reporting.no_trial")
    return found


def trial_changes(
    one: Trial, viewer: Viewer, kind: str, *, rule: str = "", key: Key | None = None, backwards: bool = False,
    limit: int = 50,
) -> list[TrialChange]:  # fmt: skip
    """The records behind a number of a trial that the viewer sees; leaves an access entry that names them."""
    viewer.check("record.view")
    rows = TrialChange.objects.filter(trial=one, kind=kind).select_related("record", "record__person")
    if rule:
        rows = rows.filter(rule=rule)
    with transaction.atomic():
        found = newest(rows, "at", key=key, backwards=backwards, limit=limit)
        if found:
            records = sorted({str(change.record_id) for change in found})
            looked("rules.trial_viewed", "ruleset", one.ruleset_id, viewer, trial=str(one.id), records=records)
    return found


def fired(viewer: Viewer, disease: str = "") -> Mapping[str, Fired]:
    """By rule, the suspicions of the viewer's hospital of the last 90 days that it was evidence of."""
    viewer.check("rules.view")
    if not viewer.can("suspicion.list"):
        return {}
    found: dict[str, Fired] = defaultdict(Fired)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.rule, s.state, s.reason_code, count(*) FROM reporting_suspicion s, LATERAL "
            "(SELECT DISTINCT one ->> 'rule' AS rule FROM jsonb_array_elements(s.evidence) AS one) e "
            "WHERE s.organisation_id = %s AND s.found_at >= %s AND (%s = '' OR s.disease = %s) GROUP BY 1, 2, 3",
            [viewer.organisation_id, _since(), disease, disease],
        )
        for rule, state, reason, number in cursor.fetchall():
            one = found[rule]
            one.found += number
            if state in ("reported", "dismissed"):
                setattr(one, state, getattr(one, state) + number)
            elif state != "withdrawn":
                one.waiting += number
            if state == "dismissed" and reason:
                one.reasons[reason] = one.reasons.get(reason, 0) + number
    return found


def fired_by_disease(viewer: Viewer) -> Mapping[str, Fired]:
    """The same by disease."""
    viewer.check("rules.view")
    if not viewer.can("suspicion.list"):
        return {}
    found: dict[str, Fired] = defaultdict(Fired)
    rows = Suspicion.objects.filter(organisation_id=viewer.organisation_id, found_at__gte=_since())
    for disease, state in rows.values_list("disease", "state"):
        one = found[disease]
        one.found += 1
        if state in ("reported", "dismissed"):
            setattr(one, state, getattr(one, state) + 1)
    return found


def fired_rows(
    viewer: Viewer, *, rule: str = "", disease: str = "", state: str = "", reason: str = "", key: Key | None = None,
    backwards: bool = False, limit: int = 50,
) -> list[Suspicion]:  # fmt: skip
    """The suspicions behind one of these numbers, newest first."""
    viewer.check("suspicion.list")
    rows: QuerySet[Suspicion] = Suspicion.objects.filter(
        organisation_id=viewer.organisation_id, found_at__gte=_since()
    ).select_related("person")
    if rule:
        rows = rows.filter(evidence__contains=[{"rule": rule}])
    if disease:
        rows = rows.filter(disease=disease)
    if state:
        rows = rows.filter(state=state)
    if reason in DismissReason.values:
        rows = rows.filter(reason_code=reason)
    return newest(rows, "found_at", key=key, backwards=backwards, limit=limit)


def _since() -> datetime:
    return clock.now() - timedelta(days=DAYS)
