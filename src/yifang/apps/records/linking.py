"""After people came in or changed: who of them may be somebody already known.

Hears of whole chunks and works on them at once: new keys, candidates by equal keys, the families (a person and the
aliases) compared by the pack's rules. What a rule links is noted as proven, what is unsure waits for a person, and an
open pair that is no longer alike is withdrawn. Jobs only; a second run changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection
from django.db.models import Q

from yifang import link
from yifang.apps.accounts.keys import sealing
from yifang.apps.accounts.models import Visibility
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.records import identity as identities
from yifang.apps.records import pairs
from yifang.apps.records.models import PairState, Person, PersonIdentity, PersonPair
from yifang.apps.records.people import NOTED, add_keys
from yifang.kernel.sealing import Sealing

KINDS = ("records.received", NOTED)
# After these somebody else may see both persons of a pair.
SEEN_KINDS = (
    "records.received", "reporting.suspicion_found", "reporting.card_reported", "reporting.card_approved",
    "reporting.card_linked", "reporting.case_made",
)  # fmt: skip
_AT_ONCE = 1000


def on_people(heard: Sequence[Heard]) -> None:
    """Look for who these persons may be."""
    look(dict.fromkeys(UUID(person) for entry in heard for person in entry.facts.get("persons", ())))


def on_seen(heard: Sequence[Heard]) -> None:
    """List the open pairs of these persons where they are seen now."""
    subjects = {entry.subject for entry in heard if entry.subject}
    subjects |= {UUID(one) for entry in heard for one in entry.facts.get("records", ())}
    seen = Visibility.objects.filter(subject__any=subjects, person__isnull=False)
    pairs.show(_open_of(set(seen.values_list("person", flat=True))))


def missing(after: UUID | None = None, limit: int = _AT_ONCE) -> UUID | None:
    """Look at persons who have no key yet, those of before there was an index. The last of them, None for no more.

    Somebody of whom nothing is known never has one: whoever asks goes on `after` the last.
    """
    rows = Person.objects.filter(keys=None, identity__isnull=False)
    found = list((rows.filter(id__gt=after) if after else rows).order_by("id").values_list("id", flat=True)[:limit])
    look(found)
    return found[-1] if found else None


def look(persons: Iterable[UUID]) -> None:
    """Give these persons their keys and note the pairs that come of the new ones."""
    wanted = list(persons)
    for start in range(0, len(wanted), _AT_ONCE):
        _look(wanted[start : start + _AT_ONCE])


def _look(persons: Sequence[UUID]) -> None:
    rules, ring = identities.linkage(), sealing()
    known = _Families(ring)
    known.read(persons)
    keys = [
        (person, identities.link_key(block.id, text, ring), block.receiving)
        for person in persons
        if person in known.facts
        for block, text in _keys(rules, known.facts[person])
    ]
    gained = add_keys(keys)
    candidates = _candidates([key for person, key, _ in keys if person in gained], rules.most)
    known.read(person for pair in candidates for person in pair)
    known.read_families()
    judged = _judged(known, candidates, rules)
    _note(known, judged)
    _withdraw(known, persons, rules)


def _keys(rules: link.Rules, facts: link.Facts):  # type: ignore[no-untyped-def]
    blocks = {block.id: block for block in rules.blocks}
    return [(blocks[block], text) for block, text in rules.keys(facts)]


class _Families:
    """The facts of persons, and together with their aliases those of the person that they are."""

    def __init__(self, ring: Sealing) -> None:
        self._ring = ring
        self.facts: dict[UUID, link.Facts] = {}
        self.root: dict[UUID, UUID] = {}
        self._members: dict[UUID, list[UUID]] = defaultdict(list)
        self._together: dict[UUID, link.Facts] = {}

    def read(self, persons: Iterable[UUID]) -> None:
        if missing := set(persons) - self.facts.keys():
            self._take(Q(person_id__any=missing))

    def read_families(self) -> None:
        """The survivors of the persons read so far, and all of their aliases."""
        roots = set(self.root.values())
        self.read(roots)
        if roots:
            self._take(Q(person__merged_into__any=roots))

    def _take(self, which: Q) -> None:
        for row in PersonIdentity.objects.select_related("person").filter(which):
            if row.person_id not in self.facts:
                self.facts[row.person_id] = identities.facts_of_row(row, self._ring)
                self.root[row.person_id] = row.person.root_id
                self._members[row.person.root_id].append(row.person_id)

    def of(self, root: UUID) -> link.Facts:
        """What is known of a person under all their names."""
        if root not in self._together:
            self._together[root] = link.united([self.facts[person] for person in sorted(self._members[root])])
        return self._together[root]

    def members(self, roots: Iterable[UUID]) -> list[UUID]:
        return [person for root in set(roots) for person in self._members[root]]


def _candidates(keys: Sequence[bytes], most: int) -> set[tuple[UUID, UUID]]:
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT array_agg(person_id) FROM records_personkey WHERE key = ANY (%b::bytea[])
            GROUP BY key HAVING count(*) BETWEEN 2 AND %s""",
            [list(set(keys)), most],
        )
        blocks = [sorted(persons) for (persons,) in cursor.fetchall()]
    return {(one, other) for block in blocks for index, one in enumerate(block) for other in block[index + 1 :]}


_Judged = dict[tuple[UUID, UUID], link.Verdict]


def _judged(known: _Families, candidates: Iterable[tuple[UUID, UUID]], rules: link.Rules) -> _Judged:
    """The verdict on each pair of persons (not of aliases), where there is one."""
    found: _Judged = {}
    for one, other in candidates:
        roots = known.root.get(one), known.root.get(other)
        if None in roots or roots[0] == roots[1]:
            continue
        pair = min(roots), max(roots)  # type: ignore[type-var]
        if pair not in found:
            found[pair] = link.compare(known.of(pair[0]), known.of(pair[1]), rules)  # type: ignore[arg-type,index]
    return _held_back(known, {pair: one for pair, one in found.items() if one.is_same or one.is_uncertain})


def _held_back(known: _Families, judged: _Judged) -> _Judged:
    """Who fits two people whose identity numbers differ belongs to neither by a rule alone."""
    fits: dict[UUID, set[UUID]] = defaultdict(set)
    for (one, other), verdict in judged.items():
        if verdict.is_same:
            fits[one].add(other)
            fits[other].add(one)
    torn = {
        person
        for person, others in fits.items()
        if any(link.keeps_apart(known.of(one), known.of(other)) for one in others for other in others if one < other)
    }
    return {
        pair: replace(verdict, verdict="uncertain", forbidden=link.AMBIGUOUS)
        if verdict.is_same and torn & set(pair)
        else verdict
        for pair, verdict in judged.items()
    }


def _note(known: _Families, judged: _Judged) -> None:
    members = known.members({person for pair in judged for person in pair})
    asked: dict[tuple[UUID, UUID], PersonPair] = {}
    for pair in PersonPair.objects.select_for_update().filter(one__in=members, other__in=members):
        roots = sorted((known.root[pair.one_id], known.root[pair.other_id]))
        held = asked.get((roots[0], roots[1]))
        if held is None or pair.state == PairState.DIFFERENT:  # what a person said of one alias holds for all
            asked[roots[0], roots[1]] = pair
    for (one, other), verdict in sorted(judged.items()):
        pairs.note(one, other, verdict, asked.get((one, other)))


def _withdraw(known: _Families, persons: Sequence[UUID], rules: link.Rules) -> None:
    """Open pairs of these persons that no rule finds alike any more."""
    waiting = _open_of(persons)
    if not waiting:
        return
    known.read(person for pair in waiting for person in (pair.one_id, pair.other_id))
    known.read_families()
    for pair in waiting:
        one, other = known.root.get(pair.one_id), known.root.get(pair.other_id)
        if one is None or other is None:
            continue
        verdict = link.compare(known.of(one), known.of(other), rules) if one != other else None
        if verdict is None or not (verdict.is_same or verdict.is_uncertain):
            pairs.withdraw(pair)


def _open_of(persons: Collection[UUID]) -> list[PersonPair]:
    rows = PersonPair.objects.filter(Q(one__any=persons) | Q(other__any=persons), state=PairState.OPEN)
    return list(rows.order_by("id"))
