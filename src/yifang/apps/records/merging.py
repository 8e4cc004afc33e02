"""Two persons who are one: every row about the alias moves to the survivor, and can be moved back exactly.

The alias stays, pointing to the survivor: by its name, numbers and keys the survivor is found. Nothing is removed. The
rows of later apps are moved by what they registered (`protocols.person_rows`). One transaction, one ledger entry.
Jobs only: whoever answered may see but part of these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang import link
from yifang.apps.accounts.models import SubjectKind, Visibility
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.ledger.subscriptions import Heard
from yifang.apps.records import identity as identities
from yifang.apps.records import pairs
from yifang.apps.records.models import PairState, Person, PersonIdentity, PersonMerge, PersonPair, Record
from yifang.kernel import clock, protocols
from yifang.kernel.ids import new_id

KINDS = (pairs.FOUND, pairs.ANSWERED)
MERGED, SPLIT = "records.persons_merged", "records.persons_split"
_OWN = "records"


def on_pairs(heard: Sequence[Heard]) -> None:
    """Bring the persons of these pairs in step with what is said of the pairs."""
    subjects = {entry.subject for entry in heard if entry.subject}
    waiting = list(PersonPair.objects.select_for_update().filter(id__in=subjects).order_by("id"))
    persons = {person for pair in waiting for person in (pair.one_id, pair.other_id)}
    roots = Person.objects.filter(id__in=persons, merged_into__isnull=False).values_list("merged_into", flat=True)
    _locked([*persons, *roots])  # all at once: whoever receives records locks in the same order
    for pair in waiting:
        settle(pair)


def on_received(heard: Sequence[Heard]) -> None:
    """Records that came in while their person became an alias follow them."""
    records = [UUID(one) for entry in heard for one in entry.facts.get("records", ())]
    late = Record.objects.filter(id__any=records, person__merged_into__isnull=False).select_related("person")
    for record in late:
        alias, record.found_as, record.person_id = record.person_id, record.person_id, record.person.merged_into_id
        record.save(update_fields=["person", "found_as"])
        Visibility.objects.filter(subject=record.id, person=alias).update(person=record.person_id)


def settle(pair: PersonPair) -> None:
    """Merge what is the same and not merged yet, split what is not and was merged by this pair."""
    with transaction.atomic():
        done = PersonMerge.objects.select_for_update().filter(pair=pair, undone_at=None).first()
        if pair.state == PairState.SAME and done is None:
            _merge(pair)
        elif pair.state != PairState.SAME and done is not None:
            _split(done)


def _merge(pair: PersonPair) -> None:
    locked = {one.id: one for one in _locked([pair.one_id, pair.other_id])}
    roots = {one.root_id for one in locked.values()}
    if len(roots) == 1:
        return  # one already, by another pair
    persons = {one.id: one for one in _locked(sorted(roots))}
    if _keep_apart(roots):
        pairs.withdraw(pair)
        return
    alias, survivor = _chosen(list(persons.values()))
    own = {"aliases": _ids(Person.objects.filter(merged_into=alias))}  # the records say it themselves: `found_as`
    Record.objects.filter(person=alias, found_as=None).update(found_as=alias.id)
    Record.objects.filter(person=alias).update(person=survivor)
    Person.objects.filter(merged_into=alias).update(merged_into=survivor)
    moved: dict[str, Any] = {_OWN: own}
    for rows in protocols.person_rows:
        moved[rows.name] = rows.move(alias.id, survivor.id)
    _subjects_of(alias.id).update(person=survivor.id)
    alias.merged_into = survivor
    alias.save(update_fields=["merged_into"])
    merge = PersonMerge(id=new_id(), pair=pair, alias=alias, survivor=survivor, moved=moved, merged_at=clock.now())
    merge.save(force_insert=True)
    _say(MERGED, merge, by=pair)
    _withdraw_within(survivor.id)


def _split(merge: PersonMerge) -> None:
    """Bring back what pointed to the alias then, and what has come in for it since."""
    alias = next(one for one in _locked([merge.alias_id]))
    survivor_id = alias.root_id
    own = merge.moved[_OWN]
    aliases = Person.objects.filter(id__in=own["aliases"], merged_into=survivor_id)
    family = [alias.id, *aliases.values_list("id", flat=True)]
    records = Record.objects.filter(person=survivor_id, found_as__in=family)
    back: list[UUID] = list(records.values_list("id", flat=True))
    for rows in protocols.person_rows:
        if rows.name in merge.moved:
            back += rows.restore(alias.id, survivor_id, merge.moved[rows.name], back)
    aliases.update(merged_into=alias)
    alias.merged_into = None
    alias.save(update_fields=["merged_into"])
    returned = Record.objects.filter(id__in=back, person=survivor_id)
    returned.filter(found_as=alias.id).update(found_as=None)
    Record.objects.filter(id__in=back, person=survivor_id).update(person=alias)
    Visibility.objects.filter(subject__in=back, person=survivor_id).update(person=alias.id)
    merge.undone_at = clock.now()
    merge.save(update_fields=["undone_at"])
    _say(SPLIT, merge, by=merge.pair, survivor=survivor_id)


def _locked(persons: Sequence[UUID]) -> list[Person]:
    """The persons, locked in the order of their ids; a record that comes in for one of them need not wait."""
    return list(Person.objects.select_for_update(no_key=True).filter(id__in=persons).order_by("id"))


def _chosen(persons: Sequence[Person]) -> tuple[Person, Person]:
    """Who becomes the alias and who stays: the one with an identity number, else the one known longer."""
    numbered = set(
        PersonIdentity.objects.filter(person__in=persons, id_no_key__isnull=False).values_list("person_id", flat=True)
    )
    survivor, alias = sorted(persons, key=lambda one: (one.id not in numbered, one.id))
    return alias, survivor


def _keep_apart(roots: set[UUID]) -> bool:
    """Whether the two hold different identity numbers, be it since they were found alike."""
    facts = []
    for root in roots:
        rows = PersonIdentity.objects.select_related("person").filter(person_id=root)
        rows |= PersonIdentity.objects.select_related("person").filter(person__merged_into=root)
        facts.append(link.united([identities.facts_of_row(row) for row in rows]))
    return link.keeps_apart(*facts)


def _subjects_of(person: UUID) -> Any:
    """Visibility rows of subjects about the person; a glass broken over them stays theirs."""
    return Visibility.objects.filter(person=person).exclude(kind=SubjectKind.PERSON)


def _withdraw_within(survivor: UUID) -> None:
    """Open questions between two names of one person are answered."""
    family = [survivor, *Person.objects.filter(merged_into=survivor).values_list("id", flat=True)]
    for pair in PersonPair.objects.filter(one__in=family, other__in=family, state=PairState.OPEN):
        pairs.withdraw(pair)


def _ids(rows: Any) -> list[str]:
    return [str(one) for one in rows.values_list("id", flat=True)]


def _say(kind: str, merge: PersonMerge, *, by: PersonPair, survivor: UUID | None = None) -> None:
    facts = {
        "alias": merge.alias_id, "survivor": survivor or merge.survivor_id, "pair": by.id, "rule": by.rule,
        "answered_by": by.answered_by_id,
    }  # fmt: skip
    persons = (merge.alias_id, survivor or merge.survivor_id)
    scopes = sorted({scope for one in persons for scope in _subjects_of(one).values_list("scope", flat=True)})
    append(Change(kind, "person", merge.alias_id, facts=facts, scopes=scopes), NODE)
