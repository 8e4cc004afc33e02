"""From discovery to recovery (发现→报告→隔离→采样→治疗→随访→康复): what was done, and what is missing.

Shows what is in the data and the viewer may see; isolation, visits and recovery come from later apps
(`protocols.chain_links`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.records.models import Record, RecordState
from yifang.apps.reporting.models import NO_REPORT, Card, CardVersion, Suspicion, SuspicionState
from yifang.apps.reporting.presenting import words
from yifang.kernel import protocols
from yifang.kernel.protocols import Chain, ChainLink

STEPS = {
    "found": gettext_lazy("发现"),
    "reported": pgettext_lazy("chain", "报告"),
    "isolated": pgettext_lazy("chain", "隔离"),
    "sampled": gettext_lazy("采样"),
    "treated": gettext_lazy("治疗"),
    "visited": gettext_lazy("随访"),
    "recovered": gettext_lazy("康复"),
}
_BEFORE, _AFTER = timedelta(days=3), timedelta(days=180)  # what belongs to an illness around its discovery
_EPISODE = timedelta(days=14)
_SAMPLES = ("lab_report", "lab_order")


def chains(viewer: Viewer, person_id: UUID) -> Iterator[Chain]:
    """The illnesses of the person that were not dismissed or excluded, the latest first."""
    found = _illnesses(person_id)
    records = list(
        Record.objects.filter(person_id=person_id, current=True)
        .exclude(state=RecordState.CANCELLED)
        .values_list("kind", "at", "payload__drugs")
    )
    for disease, since, reported in sorted(found, key=lambda one: one[1], reverse=True):
        near = [one for one in records if since - _BEFORE <= one[1] <= since + _AFTER]
        steps = {"found": since, "reported": reported}
        steps["sampled"] = min((at for kind, at, _ in near if kind in _SAMPLES), default=None)
        steps["treated"] = min((at for _, at, drugs in near if drugs), default=None)
        urls = {}
        for source in protocols.chain_links:
            for link in source.call(viewer, person_id, disease, since):
                if link.at is not None and (steps.get(link.step) is None or link.at < steps[link.step]):
                    steps[link.step], urls[link.step] = link.at, link.url
        yield Chain(
            words.disease(disease),
            [
                (label, ChainLink(key, steps.get(key), urls.get(key, "")), took(since, steps.get(key)))
                for key, label in STEPS.items()
            ],
        )


def took(since: datetime, at: datetime | None) -> Any:
    """How long after the discovery, in words; "" for the discovery itself and for what is missing."""
    if at is None or at <= since:
        return ""
    hours = (at - since).total_seconds() / 3600
    if hours < 1:
        return _("不到 1 小时")
    if hours < 48:
        return ngettext("{n} 小时后", "{n} 小时后", int(hours)).format(n=int(hours))
    return ngettext("{n} 天后", "{n} 天后", int(hours // 24)).format(n=int(hours // 24))


def _illnesses(person_id: UUID) -> Iterable[tuple[str, datetime, datetime | None]]:
    """(disease, discovered, reported): suspicions and cards of one disease within an episode are one illness."""
    gone = (SuspicionState.DISMISSED, SuspicionState.WITHDRAWN)
    seen = [
        (one.disease, one.evidence_at) for one in Suspicion.objects.filter(person_id=person_id).exclude(state__in=gone)
    ]
    cards = list(
        Card.objects.filter(person_id=person_id, disease__gt="")
        .exclude(state__in=NO_REPORT)
        .exclude(case__excluded=True)
    )
    sent = dict(
        CardVersion.objects.filter(card__in=cards, reported=True)
        .values("card_id").annotate(first=Min("made_at")).values_list("card_id", "first")
    )  # fmt: skip
    seen += [(card.disease, card.diagnosed_at or card.created_at) for card in cards]
    illnesses: list[tuple[str, datetime]] = []
    for disease, at in sorted(seen, key=lambda one: one[1]):
        if not any(known == disease and at - since <= _EPISODE for known, since in illnesses):
            illnesses.append((disease, at))
    for disease, since in illnesses:
        mine = [
            sent[card.id]
            for card in cards
            if card.disease == disease and card.id in sent
            and abs((card.diagnosed_at or card.created_at) - since) <= _EPISODE
        ]  # fmt: skip
        yield disease, since, min(mine, default=None)
