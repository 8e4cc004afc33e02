"""Whom a card written by hand is about: found by identity number on the node, else within the hospital, or made.

Runs in jobs: a web viewer sees only persons shown to them, and a search past that would tell who is known here. Until
it ran, a card made without a suspicion has no person. A card of a suspicion keeps the suspicion's person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.records import people
from yifang.apps.records.identity import Identity
from yifang.apps.reporting import versions, visible
from yifang.apps.reporting.models import Card
from yifang.apps.reporting.rules import Answers, Situation
from yifang.kernel import clock
from yifang.knowledge import load

_SEX = {"1": "male", "2": "female"}


def link(card: Card) -> None:
    """Set the card's person by the answers in force; a corrected number or name may make it another's."""
    if card.suspicion_id is not None:
        return
    known = known_from(versions.answers_of(versions.in_force(card)), card)
    (person_id,) = people.find_or_make([known], card.organisation)
    if person_id != card.person_id:
        facts = {"person": person_id, "before": card.person_id}
        card.person_id = person_id
        card.save(update_fields=["person"])
        scopes = list(visible.of_card(card))
        append(Change("reporting.card_linked", "card", card.id, fields=["person"], facts=facts, scopes=scopes), NODE)


def known_from(answers: Mapping[str, Any], card: Card) -> people.Known:
    """What a card says of its person."""
    read = Answers(answers, Situation(load(), clock.now(), card.report_area))
    identity = Identity(
        name=read.text("name"), id_type=read.text("id_type"), id_no=read.text("id_no"), phone=read.text("phone"),
        address=read.text("residence_detail"), guardian=read.text("guardian_name"), employer=read.text("employer"),
    )  # fmt: skip
    sex = _SEX.get(read.text("sex"), "unknown")
    return people.Known(identity, sex, read.day("birth_date"), card.residence_area, f"card|{card.id}")
