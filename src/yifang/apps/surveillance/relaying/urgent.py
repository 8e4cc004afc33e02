"""Strong suspicions of what is watched singly go up before there is a card: a single case is a signal at the district.

What goes up is the disease, the hospital, when, and whether it still waits: nobody's identity, no evidence, no doctor.
At the district it stands behind a signal as one of its own nodes' would; its case, once it has come, takes its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.visibility import area_scopes
from yifang.apps.ledger.services import Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.relay import outbox
from yifang.apps.relay.kinds.sender import From
from yifang.apps.relay.models import Peer, Shared, Side
from yifang.apps.reporting.models import Card, Suspicion, SuspicionState
from yifang.apps.surveillance.models import SuspectedElsewhere
from yifang.apps.surveillance.single_case import watch
from yifang.kernel import clock, protocols
from yifang.kernel.protocols import RelayEntry
from yifang.knowledge import load

NAME = "urgent"
LEDGER = tuple(f"reporting.suspicion_{what}" for what in ("found", "changed", "reopened", "answered", "withdrawn"))
_WAITS = (SuspicionState.OPEN, SuspicionState.CONSULTING)
Json = dict[str, Any]
Refused = tuple[RelayEntry, str, Mapping[str, Any]]


def register() -> None:
    """Let urgent suspicions go up."""
    relayed = protocols.Relayed(
        NAME, _("单病例线索（不含身份）"), frozenset(LEDGER), concerned, build, take, everything=everything
    )
    outbox.carry(relayed)


def concerned(subjects: Sequence[UUID], peer: Peer) -> Collection[UUID]:
    """Up to a district: those that count, and those that did when they were told; never one of a quiet trial."""
    if peer.side != Side.UP or peer.role != "district":
        return ()
    told = Shared.objects.filter(peer=peer, kind=NAME, subject__in=subjects, sent__gt=0)
    found = Suspicion.objects.filter(id__in=subjects).exclude(state=SuspicionState.TRIAL)
    return {one.id for one in found if _counts(one)} | set(told.values_list("subject", flat=True))


def everything(peer: Peer) -> Iterable[UUID]:
    """What is news still."""
    since = clock.now() - timedelta(days=load().surveillance.news_days)
    return Suspicion.objects.filter(evidence_at__gt=since).order_by("found_at").values_list("id", flat=True)


def build(subjects: Sequence[UUID], peer: Peer) -> Mapping[UUID, Json]:
    cards = dict(Card.objects.filter(suspicion__in=subjects).order_by("created_at").values_list("suspicion", "id"))
    return {
        one.id: _said(one, cards) for one in Suspicion.objects.select_related("organisation").filter(id__in=subjects)
    }


def _said(one: Suspicion, cards: Mapping[UUID, UUID]) -> Json:
    reported = one.state == SuspicionState.REPORTED
    return {
        "organisation": one.organisation.code, "disease": one.disease, "subtype": one.subtype_hint,
        "waits": _counts(one) and one.state in _WAITS, "reported": _counts(one) and reported,
        "card": str(cards[one.id]) if reported and one.id in cards else None,
        "evidence_at": one.evidence_at.isoformat(),
    }  # fmt: skip


def _counts(one: Suspicion) -> bool:
    """Whether one such case is a signal by itself."""
    rule = watch(one.disease, one.subtype_hint)
    return one.confidence == "strong" and rule is not None and rule.limit <= 1


def take(entries: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Keep what hospitals suspect; the signal follows from the ledger. Refuses what is not the peer's."""
    refused: list[Refused] = []
    homes = {one.code: one for one in Organisation.objects.filter(code__in=peer.organisations)}
    for entry in entries:
        body = entry.body
        code, disease = str(body["organisation"])[:30], str(body["disease"])[:40]
        known = SuspectedElsewhere.objects.filter(id=entry.subject).first()
        if peer.side != Side.DOWN or code not in peer.organisations or (known and known.node != peer.node):
            refused.append((entry, "relay.not_theirs", {"organisation": code}))
        elif code not in homes:
            refused.append((entry, "relay.no_organisation", {"organisation": code}))
        elif disease not in load().diseases:
            refused.append((entry, "relay.unknown_kind", {"kind": disease}))
        else:
            _keep(entry, homes[code], peer)
    return refused


def _keep(entry: RelayEntry, home: Organisation, peer: Peer) -> None:
    body = entry.body
    said = {
        "node": peer.node, "disease": body["disease"], "subtype_hint": body["subtype"], "organisation": home,
        "waits": bool(body["waits"]), "reported": bool(body["reported"]),
        "card": UUID(body["card"]) if body["card"] else None, "evidence_at": parse_datetime(body["evidence_at"]),
    }  # fmt: skip
    SuspectedElsewhere.objects.update_or_create(id=entry.subject, defaults=said)
    scopes = area_scopes(home.area_code)
    changes = [
        Change(
            what if what in LEDGER else LEDGER[0], "suspicion", entry.subject, scopes=scopes,
            facts={"node": peer.node, "seq": seq, "at": at, "role": role},
        )
        for seq, what, at, role, _told in entry.steps
    ]  # fmt: skip
    append(changes, From(purpose=peer.name[:120]))
