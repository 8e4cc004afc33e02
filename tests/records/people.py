"""Persons for the tests of linking: mentions of one child at two hospitals, and where everything points."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests import apps
from yifang import link
from yifang.apps.accounts.models import Visibility
from yifang.apps.records import pairs
from yifang.apps.records.models import Person, PersonPair, Record
from yifang.apps.reporting.models import Card, Case, Suspicion
from yifang.formats import canonical

BORN = date(2021, 5, 4)
HERE: dict[str, Any] = {"phone": "13800000001", "address": "示范路1弄2号"}
THERE: dict[str, Any] = {"phone": "13900000077", "address": "新桥路7弄8号"}


def child(name: str = "陈小宝", number: str = "", **more: Any) -> canonical.Person:
    """A child without an identity number unless one is given."""
    return apps.person(name, BORN, number=number, **{**HERE, **more})


def sent(where, key: str, who: canonical.Person, **more: Any) -> Record:
    """A record comes in; the ledger is not delivered yet."""
    (stored,) = apps.receive(where, apps.hfmd(key, who=who, **more))
    return Record.objects.get(id=stored)


def insured(who: canonical.Person, number: str) -> canonical.Person:
    return replace(who, identifiers=(*who.identifiers, canonical.Identifier("insurance", number)))


def alike(county: apps.County) -> PersonPair:
    """The same child at two hospitals with nothing to prove it: two persons, one open pair."""
    sent(county.hospital, "A1", child())
    sent(county.other_hospital, "B1", child(**THERE))
    apps.deliver()
    return PersonPair.objects.get()


def asked(one: Person, other: Person) -> PersonPair:
    """An open pair of any two."""
    with apps.as_jobs():
        pair = pairs.note(*sorted((one.id, other.id)), link.Verdict("uncertain", "name_birth"), None)
    assert pair is not None
    return pair


def say(pair: PersonPair, state: str) -> None:
    """Answer, as somebody who may, and let the persons follow."""
    from yifang.apps.ledger.services import NODE

    with apps.as_jobs():
        pairs.move(PersonPair.objects.get(id=pair.id), pairs.PairState(state), NODE)
    apps.deliver()


def pointing() -> dict[str, Any]:
    """Where every row of every app points: what a split must bring back."""
    found: dict[str, Any] = {}
    for model, fields in (
        (Person, ("merged_into", "masked_name", "masked_id_no", "organisation")),
        (Record, ("person", "found_as")),
        (Suspicion, ("person", "episode", "state")),
        (Card, ("person", "case", "state", "merged_into")),
        (Case, ("person", "excluded")),
    ):
        found[model.__name__] = {row[0]: row[1:] for row in model.objects.values_list("id", *fields)}
    rows = Visibility.objects.exclude(kind="pair").order_by("id")
    found["Visibility"] = list(rows.values_list("subject", "scope", "reason", "person", "until"))
    return found
