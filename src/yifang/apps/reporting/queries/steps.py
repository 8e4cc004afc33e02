"""What happened to a suspicion or a card, from the ledger: who did what when, as far as the viewer sees the subject."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from yifang.apps.ledger.models import Entry, Stream
from yifang.apps.ledger.queries import names

_PREFIX = "reporting."


@dataclass(frozen=True, slots=True)
class Step:
    """One entry: `kind` without the app's prefix, and who, empty for the node itself."""

    entry: Entry
    kind: str
    who: str


def steps(subject: UUID) -> list[Step]:
    """The steps of a subject, oldest first."""
    found = list(Entry.objects.filter(subject=subject, stream=Stream.CHANGE, kind__startswith=_PREFIX).order_by("id"))
    known = names({entry.actor for entry in found if entry.actor is not None})
    return [Step(entry, entry.kind.removeprefix(_PREFIX), known.get(entry.actor or 0, "")) for entry in found]
