"""Report cards between hospital and district: the card as it stands, with its versions, corrections and reasons.

Up goes only what the hospital's desk has sent on; a draft, and answers typed under a new review, stay in the house.
Down goes what the district did with a card of the hospital. The card keeps the id that its hospital gave it; person,
case and organisation are each node's own: the organisation is found by its code, the person by the node's own index.

Who changed what is told by `seen`: a card that came without its sender having heard of our last step was changed by
both, and `both_changed` says what holds (docs/decisions/2026-11-28-relay.md).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.visibility import show_many
from yifang.apps.ledger.bulk import copy_in
from yifang.apps.ledger.services import Change, append
from yifang.apps.places.models import Organisation
from yifang.apps.records import people
from yifang.apps.relay import outbox
from yifang.apps.relay.kinds import rows
from yifang.apps.relay.kinds.merging import both_changed
from yifang.apps.relay.kinds.sender import From
from yifang.apps.relay.models import Conflict, Peer, Shared, Side
from yifang.apps.reporting import persons, versions, visible
from yifang.apps.reporting.models import Card, CardState, CardVersion, QuietTrial, Revision, Said
from yifang.apps.reporting.rules import form_of
from yifang.apps.reporting.services import drafts, trials
from yifang.kernel import clock, protocols
from yifang.kernel.protocols import RelayEntry
from yifang.knowledge import load

NAME = "card"
_STEPS = (
    "approved", "entered", "entry_corrected", "audited", "audit_undone", "revision_audited", "returned", "reported",
    "corrected", "deleted", "merged", "unmerged", "duplicate_judged", "late_explained",
)  # fmt: skip
BOTH = "relay.both_changed"
LEDGER = frozenset({*(f"reporting.card_{step}" for step in _STEPS), BOTH})
_OWN = (
    "id", "organisation_id", "doctor_id", "suspicion_id", "person_id", "case_id", "school_id", "audited_by_id",
    "merged_into_id", "version", "sent_version",
)  # fmt: skip
CARD = rows.columns(Card, _OWN)
_CHANGES = [one.name for one in Card._meta.concrete_fields if one.name != "id"]
_AT_ONCE = 4000  # ledger entries in one statement
_VERSION = rows.columns(CardVersion, ("card_id", "number", "values", "sealed", "made_by_id"))
_SAID = rows.columns(Said, ("card_id", "by_id"))
_REVISION = rows.columns(Revision, ("card_id", "version", "audited_by_id"))
_TRAVELS = ("approved", "entered", "returned_by_district")
_KNOWN = {"card", "organisation", "versions", "in_force", "said", "revisions", "merged_into"}
Json = dict[str, Any]
Refused = tuple[RelayEntry, str, Mapping[str, Any]]


def register() -> None:
    """Let cards go from node to node."""
    from django.utils.translation import gettext_lazy as _

    outbox.carry(
        protocols.Relayed(
            NAME, _("报告卡"), LEDGER, concerned, build, take, everything=everything, held=held, page="reporting:card"
        )
    )


def concerned(subjects: Sequence[UUID], peer: Peer) -> Collection[UUID]:
    """Up: what was sent on, of this node's hospitals. Down: what the peer's hospitals reported."""
    cards = Card.objects.filter(id__in=subjects, reviewed_at__isnull=False)
    if peer.side == Side.UP:
        return set(cards.values_list("id", flat=True)) if peer.role == "district" else ()
    if peer.role != "hospital":
        return ()
    return set(cards.filter(organisation__code__in=peer.organisations).values_list("id", flat=True))


def everything(peer: Peer) -> Iterable[UUID]:
    """All cards that were ever sent on."""
    return Card.objects.filter(reviewed_at__isnull=False).order_by("reviewed_at").values_list("id", flat=True)


def held() -> Collection[UUID]:
    """Cards of hospitals that try quietly: they leave when the trial ends."""
    trying = trials.running(QuietTrial.objects.filter(ended_at=None).values_list("organisation_id", flat=True))
    return list(Card.objects.filter(organisation__in=trying).values_list("id", flat=True)) if trying else ()


# -- building


def build(subjects: Sequence[UUID], peer: Peer) -> Mapping[UUID, Json]:
    """Each card as it stands, with what the other side may have of its versions."""
    cards = Card.objects.select_related("organisation").in_bulk(subjects)
    ring = sealing()
    told: dict[UUID, list[CardVersion]] = defaultdict(list)
    for version in CardVersion.objects.filter(card__in=cards, reported=True).order_by("number"):
        if version.number <= (cards[version.card_id].sent_version or 0):
            told[version.card_id].append(version)
    said, revised = (_by_card(model, cards) for model in (Said, Revision))
    found = {}
    for id, card in cards.items():
        sent = told[id]
        if not sent:
            continue
        numbers = {one.number: str(one.id) for one in sent}
        found[id] = {
            "card": rows.written(card, CARD),
            "organisation": card.organisation.code,
            "versions": [_version(one, ring) for one in sent],
            "in_force": numbers.get(card.sent_version or 0, str(sent[-1].id)),
            "said": [rows.written(one, _SAID) for one in said[id] if _leaves(one, card)],
            "revisions": [
                {**rows.written(one, _REVISION), "version": numbers[one.version]}
                for one in revised[id] if one.version in numbers
            ],
            "merged_into": str(card.merged_into_id) if card.merged_into_id else None,
        }  # fmt: skip
    return found


def _by_card(model: Any, cards: Collection[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for one in model.objects.filter(card__in=cards):
        found[one.card_id].append(one)
    return found


def _leaves(one: Said, card: Card) -> bool:
    """Words of steps inside the house before the card was first sent on stay there."""
    return card.reviewed_at is not None and one.at >= card.reviewed_at


def _version(one: CardVersion, ring: Any) -> Json:
    answers = {**one.values, **json.loads(ring.open(one.sealed, versions.context(one.id)))}
    source = {name: value for name, value in one.source.items() if name not in ("suspicion", "record")}
    return {**rows.written(one, _VERSION), "source": source, "answers": answers}


# -- taking


@dataclass(slots=True)
class _Writing:
    """What a batch of cards becomes in the database, collected and written with a few statements."""

    peer: Peer
    new: list[Card] = field(default_factory=list)
    changed: list[Card] = field(default_factory=list)
    versions: list[CardVersion] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    known: dict[UUID, people.Known] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    extras: dict[UUID, Json] = field(default_factory=dict)


def take(entries: Sequence[RelayEntry], peer: Peer) -> list[Refused]:
    """Store the cards of a batch: new ones together, those known here one by one. Refuses what is not the peer's."""
    ids = [one.subject for one in entries]
    held = {card.id: card for card in Card.objects.select_for_update(of=("self",)).filter(id__in=ids).order_by("id")
            .select_related("organisation", "school")}  # fmt: skip
    codes = {str(one.body.get("organisation")) for one in entries}
    homes = {one.code: one for one in Organisation.objects.filter(code__in=codes)}
    numbers = {
        str(one.body["card"]["national_card_id"]) for one in entries if one.body.get("card", {}).get("national_card_id")
    }
    bearers = dict(Card.objects.filter(national_card_id__in=numbers).values_list("national_card_id", "id"))
    named = {(one.organisation_id, one.card_no): one.id for one in Card.objects.filter(
        card_no__in=[str(one.body.get("card", {}).get("card_no")) for one in entries])}  # fmt: skip
    shared = {one.subject: one for one in Shared.objects.filter(peer=peer, kind=NAME, subject__in=ids)}
    there = _Rows(held)
    writing, refused = _Writing(peer), []
    for entry in entries:
        home = homes.get(str(entry.body.get("organisation")))
        wrong = _wrong(entry, held.get(entry.subject), home, peer, bearers)
        if wrong is not None:
            refused.append((entry, *wrong))
            continue
        assert home is not None
        _tell_numbers_apart(entry, home, named, held)
        _one(entry, held.get(entry.subject), home, shared.get(entry.subject), there, writing)
    _write(writing)
    if peer.side == Side.UP and writing.new:
        drafts.number_on(writing.new)
    return refused


class _Rows:
    """What stands here already of the cards of a batch."""

    def __init__(self, cards: Mapping[UUID, Card]) -> None:
        self.versions, self.said, self.revisions = (_by_card(model, cards) for model in (CardVersion, Said, Revision))


def _wrong(
    entry: RelayEntry, card: Card | None, home: Organisation | None, peer: Peer, bearers: Mapping[str, UUID]
) -> tuple[str, Json] | None:
    """Why an entry cannot be stored now: message code and parameters."""
    code = str(entry.body.get("organisation"))[:30]
    state, disease = (str(entry.body["card"].get(name, "")) for name in ("state", "disease"))
    if state not in CardState.values or (disease and disease not in load().diseases):
        # a later release or another pack: it waits until this node knows it too
        return "relay.unknown_kind", {"kind": state if state not in CardState.values else disease[:40]}
    if peer.side == Side.UP:
        if card is None and home is None:
            return "relay.not_known", {}
        return None  # a card that is not here was lost with what came after a backup: its district gives it back
    if code not in peer.organisations or (card is not None and card.organisation.code not in peer.organisations):
        return "relay.not_theirs", {"organisation": code}
    if home is None:
        return "relay.no_organisation", {"organisation": code}
    said = entry.body["card"]
    bearer = bearers.get(str(said.get("national_card_id") or "—"), entry.subject)
    if bearer != entry.subject:
        return "relay.number_taken", {"number": str(said["national_card_id"])}
    return None


def _tell_numbers_apart(
    entry: RelayEntry, home: Organisation, named: dict[tuple[UUID, str], UUID], held: Mapping[UUID, Card]
) -> None:
    """A restored hospital numbers on from its backup: of two cards of one number the later made gets a letter more."""
    said = entry.body["card"]
    key = (home.id, str(said.get("card_no")))
    other = named.setdefault(key, entry.subject)
    if other == entry.subject:
        return
    later = max(other, entry.subject)
    number = f"{key[1][:35]}-{later.hex[-4:]}"
    if later == entry.subject:
        said["card_no"] = number
    else:
        Card.objects.filter(id=other).update(card_no=number)
        if other in held:
            held[other].card_no = number
        named[key] = entry.subject


def _one(
    entry: RelayEntry, card: Card | None, home: Organisation, shared: Shared | None, there: _Rows, writing: _Writing
) -> None:
    body, peer = entry.body, writing.peer
    fields = rows.read(body["card"], CARD)
    is_new = card is None
    if card is None:
        card = Card(id=entry.subject, organisation=home)
    if peer.side == Side.DOWN:
        fields["report_area"] = home.area_code  # where it is, says our own list
    numbers = _take_versions(card, body, there, writing)
    in_force = numbers[str(body["in_force"])]
    theirs = {**fields, "sent_version": in_force}
    settled, conflict = theirs, None
    if not is_new and shared is not None and _missed_ours(entry, shared):
        settled, conflict = both_changed(card, theirs, there.versions[card.id] + writing.versions, peer)
    for name, value in settled.items():
        setattr(card, name, value)
    _settle_version(card, is_new, there)
    _take_merge(card, body)
    _take_beside(card, body, numbers, there, writing)
    answers = _answers(card, there, writing, body)
    if peer.side == Side.DOWN or is_new:
        writing.known[card.id] = persons.known_from(answers, card)
    (writing.new if is_new else writing.changed).append(card)
    if rest := {name: value for name, value in body.items() if name not in _KNOWN}:
        writing.extras[entry.subject] = rest
    scopes = list(visible.of_card(card))
    facts = {"state": card.state, "version": card.version, "node": peer.node}
    for seq, what, at, role, told in entry.steps:
        kind = what if what in LEDGER and what != BOTH else _brought(card)
        writing.changes.append(
            Change(
                kind, "card", card.id, facts={**_ids(told), **facts, "seq": seq, "at": at, "role": role}, scopes=scopes
            )
        )
    if conflict is not None:
        writing.conflicts.append(conflict)
        kept = {"state": card.state, "version": card.version, "with": peer.node}
        writing.changes.append(Change(BOTH, "card", card.id, facts=kept, scopes=scopes))


def _missed_ours(entry: RelayEntry, shared: Shared) -> bool:
    """Whether the sender had not heard of our last step; what it saw of a stream before a restoration is older."""
    if entry.seen_epoch is None:
        return entry.seen < shared.sent
    return (entry.seen_epoch, entry.seen) < (shared.sent_epoch, shared.sent)


def _ids(told: Mapping[str, Any]) -> dict[str, str]:
    """Of a step's facts what the ledger here may hold: ids and names of states, nothing that a sender made up."""
    return {name: str(told[name])[:40] for name in outbox.FACTS if name in told}


def _brought(card: Card) -> str:
    """Under which kind a card becomes known here whose single steps were not told."""
    return "reporting.card_entered" if card.entered_at else "reporting.card_approved"


def _take_versions(card: Card, body: Mapping[str, Any], there: _Rows, writing: _Writing) -> dict[str, int]:
    """Add the versions that are not here yet. Returns the number here of each, by id: two nodes may number apart."""
    numbers = {str(one.id): one.number for one in there.versions[card.id]}
    taken = set(numbers.values())
    ring, form = sealing(), form_of(load())
    for place, one in enumerate(body["versions"], 1):
        if one["id"] in numbers:
            continue
        number = place if place not in taken and place > max(taken, default=0) else max(taken, default=0) + 1
        taken.add(number)
        numbers[one["id"]] = number
        answers = dict(one["answers"])
        hidden = {name: value for name, value in answers.items() if form.is_identity(name)}
        version = CardVersion(
            card=card, number=number, values={name: value for name, value in answers.items() if name not in hidden},
            **rows.read(one, _VERSION),
        )  # fmt: skip
        version.sealed = ring.seal(json.dumps(hidden, ensure_ascii=False).encode(), versions.context(version.id))
        writing.versions.append(version)
    return numbers


def _settle_version(card: Card, is_new: bool, there: _Rows) -> None:
    """The version that stands: what is in force, or what the hospital types anew since."""
    own = max((one.number for one in there.versions[card.id]), default=0)
    editing = (CardState.RETURNED_BY_DISTRICT, CardState.RETURNED_BY_HOSPITAL, CardState.HOSPITAL_REVIEW)
    if is_new or card.state not in editing or card.version < (card.sent_version or 0):
        card.version = card.sent_version or 1
    elif card.version > own:
        card.version = own


def _take_merge(card: Card, body: Mapping[str, Any]) -> None:
    """The card that it was merged into, where that one is known here; another hospital's is not."""
    into = body.get("merged_into")
    if into is None:
        card.merged_into_id = None
    elif Card.objects.filter(id=into).exists():
        card.merged_into_id = UUID(into)


def _take_beside(
    card: Card, body: Mapping[str, Any], numbers: Mapping[str, int], there: _Rows, writing: _Writing
) -> None:
    """Reasons and corrections that are not here yet; a correction that was audited since."""
    said = {str(one.id) for one in there.said[card.id]}
    writing.said += [Said(card=card, **rows.read(one, _SAID)) for one in body.get("said", ()) if one["id"] not in said]
    revised = {str(one.id): one for one in there.revisions[card.id]}
    by_number = {one.version for one in revised.values()}
    for one in body.get("revisions", ()):
        number = numbers.get(str(one["version"]))
        if one["id"] in revised:
            known, told = revised[one["id"]], rows.read(one, _REVISION)
            if known.audited_at != told["audited_at"] and told["audited_at"] is not None:
                Revision.objects.filter(id=known.id).update(audited_at=told["audited_at"])
        elif number is not None and number not in by_number:
            writing.revisions.append(Revision(card=card, version=number, **rows.read(one, _REVISION)))


def _answers(card: Card, there: _Rows, writing: _Writing, body: Mapping[str, Any]) -> Json:
    """The answers in force."""
    for one in (*reversed(writing.versions), *there.versions[card.id]):
        if one.card_id == card.id and one.number == card.sent_version:
            told = next((each["answers"] for each in body["versions"] if each["id"] == str(one.id)), None)
            return dict(told) if told is not None else versions.answers_of(one)
    return {}


def _write(writing: _Writing) -> None:
    by_home: dict[UUID, list[Card]] = defaultdict(list)
    for card in (*writing.new, *writing.changed):
        if card.id in writing.known:
            by_home[card.organisation_id].append(card)
    noted: list[UUID] = []
    for cards in by_home.values():
        found = people.find([writing.known[card.id] for card in cards], cards[0].organisation)
        noted += found.noted
        for card, whose in zip(cards, found.whose, strict=True):
            card.person_id = whose.person
    today = clock.today()
    show_many([(visible.subject_of(card, today), visible.of_card(card)) for card in writing.new], new=True)
    copy_in(writing.new)
    if writing.changed:
        show_many([(visible.subject_of(card, today), visible.of_card(card)) for card in writing.changed])
        # one statement: saving them one by one took four times as long
        Card.objects.bulk_create(
            writing.changed, update_conflicts=True, unique_fields=["id"], update_fields=_CHANGES, batch_size=500
        )
    copy_in(writing.versions)
    Said.objects.bulk_create(writing.said, batch_size=500)
    Revision.objects.bulk_create(writing.revisions, batch_size=500)
    Conflict.objects.bulk_create(writing.conflicts, batch_size=500)
    _keep_extras(writing)
    if noted:
        writing.changes.append(Change(people.NOTED, "person", None, facts={"persons": noted}))
    for start in range(0, len(writing.changes), _AT_ONCE):
        append(writing.changes[start : start + _AT_ONCE], From(purpose=writing.peer.name[:120]))


def _keep_extras(writing: _Writing) -> None:
    ring = sealing()
    for subject, rest in writing.extras.items():
        sealed = ring.seal(json.dumps(rest, ensure_ascii=False).encode(), outbox.extra_context(subject))
        Shared.objects.update_or_create(
            peer=writing.peer, kind=NAME, subject=subject, defaults={"local": subject, "extra": sealed}
        )
