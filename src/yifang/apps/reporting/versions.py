"""The answers of a card, version by version: what carries identity sealed, the rest open; and what changed between two.

Versions are only ever added. Reading one here writes nothing to the access stream; pages go through `queries.cards`,
which does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from yifang.apps.accounts.keys import sealing
from yifang.apps.ledger.services import Actor
from yifang.apps.reporting.models import Card, CardVersion
from yifang.apps.reporting.rules import Finding, form_of
from yifang.kernel import clock
from yifang.kernel.digest import canonical_json
from yifang.kernel.ids import new_id
from yifang.knowledge import load


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that differs between two versions; empty text for no answer."""

    field: str
    label: str
    before: str
    after: str


def write(
    card: Card,
    number: int,
    answers: Mapping[str, Any],
    by: Actor,
    *,
    reported: bool,
    findings: Sequence[Finding] = (),
    source: Mapping[str, Any] | None = None,
    reason: str = "",
) -> CardVersion:
    """Add version `number` of the card. Must run in the transaction that makes it the card's current one."""
    form = form_of(load())
    given = {name: value for name, value in answers.items() if value not in (None, "")}
    sealed = {name: value for name, value in given.items() if form.is_identity(name)}
    version = CardVersion(
        id=new_id(), card=card, number=number, source=dict(source or {}), reported=reported, reason=reason,
        values={name: value for name, value in given.items() if name not in sealed},
        remarks=[one.to_json() for one in findings], made_at=clock.now(), made_by_id=by.user_id,
    )  # fmt: skip
    version.sealed = sealing().seal(json.dumps(sealed, ensure_ascii=False).encode(), context(version.id))
    version.save(force_insert=True)
    return version


def answers_of(version: CardVersion) -> dict[str, Any]:
    """All answers, identity opened."""
    return {**version.values, **json.loads(sealing().open(version.sealed, context(version.id)))}


def current(card: Card) -> CardVersion:
    """The version that stands."""
    return card.versions.get(number=card.version)


def in_force(card: Card) -> CardVersion:
    """The version that the district has and that counts; of a card that was never sent, the one that stands."""
    return card.versions.get(number=card.sent_version or card.version)


def all_in_force(cards: Iterable[Card]) -> dict[UUID, CardVersion]:
    """As `in_force`, for many cards at once, by card."""
    number = Coalesce(F("card__sent_version"), F("card__version"))
    return {one.card_id: one for one in CardVersion.objects.filter(card__in=cards, number=number)}


def digest(version: CardVersion) -> str:
    """The keyed digest of all answers for the ledger: the same when sealed anew, and no answer can be tried out."""
    return sealing().digest("card.version", canonical_json(answers_of(version)))


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Ids of fields whose answers differ, in the order of the form."""
    order = {name: place for place, name in enumerate(form_of(load()).fields)}
    names = {name for name in {*before, *after} if _text(before.get(name)) != _text(after.get(name))}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))


def diff(before: CardVersion, after: CardVersion) -> list[Changed]:
    """Field by field what changed from one version to another, identity included."""
    old, new = answers_of(before), answers_of(after)
    form = form_of(load())
    return [
        Changed(name, field.label if (field := form.field(name)) else name, _text(old.get(name)), _text(new.get(name)))
        for name in changed_fields(old, new)
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def context(version: UUID) -> str:
    """What the sealed bytes of a version are bound to."""
    return f"card:{version}"
