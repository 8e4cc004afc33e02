"""Feedback goes down to the hospitals that it is for, from a district or through it from a city, with the signal's
numbers and without its cases; there its words stand before the doctors whose cards were meant. That it was read goes
up again the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count as Number
from django.db.models import Min, Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.ledger.services import Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.places.models import Organisation
from yifang.apps.relay import outbox
from yifang.apps.relay.kinds import rows
from yifang.apps.relay.kinds.sender import From, author, username
from yifang.apps.relay.models import Peer, Side
from yifang.apps.reporting.models import Card, Case
from yifang.apps.surveillance.models import Feedback, FeedbackReceipt, Signal
from yifang.kernel import areas, clock
from yifang.kernel.protocols import Relayed, RelayEntry

_SIGNAL = rows.columns(Signal, ("id", "explanation", "owner_id", "unit"))
_FEEDBACK = rows.columns(Feedback, ("signal_id", "scopes", "by_id"))
Json = dict[str, Any]
Refused = tuple[RelayEntry, str, Mapping[str, Any]]


def register() -> None:
    """Let feedback go down, and its reading up."""
    outbox.carry(
        Relayed("feedback", _("预警反馈"), frozenset({"surveillance.feedback_given", "surveillance.feedback_read"}),
                _feedback_concerns, _build_feedback, take_feedback, subjects=_feedback_of)
    )  # fmt: skip


def _feedback_of(heard: Heard) -> Sequence[UUID]:
    return [UUID(heard.facts["feedback"])]


def _feedback_concerns(subjects: Sequence[UUID], peer: Peer) -> Collection[UUID]:
    """Down: what is for the peer's organisations. Up: what came from there, and was read here."""
    found = Feedback.objects.filter(id__in=subjects)
    if peer.side == Side.UP:
        return set(found.filter(by__username=username(peer), receipts__isnull=False).values_list("id", flat=True))
    scopes = _homes(peer).keys()
    return {one.id for one in found if scopes & set(one.scopes)}


def _homes(peer: Peer) -> dict[str, str]:
    """The codes of the institutions that a lower node passes words on to, by their scopes here."""
    if peer.role == "hospital":
        return {one.scope: one.code for one in Organisation.objects.filter(code__in=peer.organisations)}
    every = Organisation.objects.all() if peer.area_code else ()
    return {one.scope: one.code for one in every if areas.contains(peer.area_code, one.area_code)}


def _build_feedback(subjects: Sequence[UUID], peer: Peer) -> Mapping[UUID, Json]:
    found = Feedback.objects.select_related("signal", "by").filter(id__in=subjects)
    if peer.side == Side.UP:
        read = found.annotate(readers=Number("receipts"), first=Min("receipts__read_at"))
        return {one.id: {"readers": one.readers, "read_at": one.first.isoformat()} for one in read if one.readers}
    homes = _homes(peer)
    told: dict[UUID, Json] = {}
    for one in found:
        behind = Q(case__signals=one.signal) | Q(case__in=one.signal.explanation.get("cases", ()))
        cards = Card.objects.filter(behind, organisation__code__in=homes.values()).distinct()
        cases = Case.objects.filter(signals=one.signal, report_org__code__in=homes.values())
        why = one.signal.explanation
        told[one.id] = {
            "feedback": rows.written(one, _FEEDBACK),
            "signal": rows.written(one.signal, _SIGNAL),
            "signal_id": str(one.signal_id),
            "cards": [str(card) for card in cards.values_list("id", flat=True)],
            # a city holds cases and no cards: the district finds the cards behind them
            "cases": [str(case) for case in cases.values_list("id", flat=True)] if peer.role != "hospital" else [],
            "organisations": [code for scope, code in homes.items() if scope in one.scopes],
            "reason": {name: why[name] for name in ("rule", "source", "confidence") if name in why},
        }
    return told


def take_feedback(entries: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Keep what the upper node told, or that a lower one has read it."""
    named, refused = author(peer), []
    for entry in entries:
        known = Feedback.objects.filter(id=entry.subject).first()
        if peer.side == Side.DOWN:
            if known is None or not _homes(peer).keys() & set(known.scopes):
                refused.append((entry, "relay.not_known", {}))
                continue
            _, fresh = FeedbackReceipt.objects.get_or_create(
                feedback=known, user=named, defaults={"read_at": entry.body["read_at"]}
            )
            if fresh:
                facts = {"feedback": known.id, "node": peer.node, "readers": int(entry.body["readers"])}
                change = Change("surveillance.feedback_read", "signal", known.signal_id, facts=facts,
                                scopes=[f"user:{known.by_id}"])  # fmt: skip
                append(change, From(purpose=peer.name[:120]))
            continue
        if known is None:
            _keep(entry, peer, named)
    return refused


def _keep(entry: RelayEntry, peer: Peer, by: User) -> None:
    body = entry.body
    homes = Organisation.objects.filter(code__in=body["organisations"])
    doctors = Card.objects.filter(id__in=body["cards"], doctor__isnull=False).values_list("doctor", flat=True)
    scopes = sorted({*(one.scope for one in homes), *(f"user:{one}" for one in doctors)})
    if peer.role == "city":  # the district's own people hear what their hospitals are told
        scopes.append(f"area:{areas.normalise(settings.YIFANG.area)}")
    explanation = {**body["reason"], "reported_by": scopes, "areas": [], "node": peer.node}
    if cases := Case.objects.filter(id__in=body.get("cases", ())):
        explanation["cases"] = [str(one.id) for one in cases]  # the signal itself stands at the other node
    signal, _made = Signal.objects.get_or_create(
        id=UUID(body["signal_id"]),
        defaults={
            **_closed(rows.read(body["signal"], _SIGNAL)),
            "unit": f"node:{peer.node}",
            "explanation": explanation,
        },
    )
    feedback = Feedback(
        id=entry.subject, signal=signal, scopes=scopes, by=by, **_without_id(rows.read(body["feedback"], _FEEDBACK))
    )
    feedback.save(force_insert=True)
    facts = {"feedback": feedback.id, "node": peer.node, "readers": scopes, "until": feedback.until}
    append(
        Change("surveillance.feedback_given", "signal", signal.id, fields=["text"], facts=facts, scopes=scopes),
        From(purpose=peer.name[:120]),
    )


def _closed(fields: Json) -> Json:
    """A signal of another node is answered there: here it stands as closed, whatever it is there."""
    return {
        **fields,
        "state": "closed",
        "conclusion": fields["conclusion"] or "suspected_event",
        "closed_at": fields["closed_at"] or clock.now(),
    }


def _without_id(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if name != "id"}
