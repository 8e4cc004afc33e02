"""Two cards side by side: who each is about, by what they were judged, and which answers differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from yifang.apps.accounts.keys import sealing
from yifang.apps.reporting import likeness, versions
from yifang.apps.reporting.models import Card, CardVersion, Duplicate
from yifang.apps.reporting.rules import Answers, Situation, form_of
from yifang.kernel import clock
from yifang.knowledge import load

# Of the report itself: the card that stays keeps its own.
_OWN = frozenset({"header", "report"})
# 时限按先报卡算 (national_system pack, audit_states.duplicate): the earlier card's times hold unless somebody says so.
_EARLIER_FIRST = frozenset({"onset_date", "diagnosis_datetime", "revised_from_disease"})
_RANK = ("2", "1", "5", "4", "3", "")  # case classes, by how much they say: confirmed … suspected


def who(card: Card, version: CardVersion) -> likeness.Who:
    """Whom the version is about."""
    answers = versions.answers_of(version)
    birth = Answers(answers, Situation(load(), clock.now(), card.report_area)).day("birth_date")
    return likeness.who(answers, birth)


def judged_by(earlier: Card, later: Card) -> str:
    """The keyed digest of everything that a judgement of the pair goes by."""
    told = [
        {**asdict(who(card, versions.in_force(card))), "disease": card.disease, "onset": card.onset_date}
        for card in (earlier, later)
    ]
    return sealing().digest("card.pair", json.dumps(told, default=str, sort_keys=True).encode())


def differing(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, str]:
    """The fields that differ and may be chosen → the card proposed for each: the fuller answer, else the newer one."""
    form = form_of(load())
    found = {}
    for name in versions.changed_fields(earlier, later):
        field = form.field(name)
        if field is not None and field.group not in _OWN and not field.filled_by_system and name != "disease":
            found[name] = _proposed(name, str(earlier.get(name) or ""), str(later.get(name) or ""))
    if {"id_type", "id_no"} <= set(found):
        found["id_type"] = found["id_no"]  # the kind of papers goes with their number
    return found


def offered(pair: Duplicate) -> dict[str, str]:
    """The same of a pair as its cards stand; no answer leaves here."""
    return differing(*(versions.answers_of(versions.in_force(card)) for card in (pair.earlier, pair.later)))


def _proposed(name: str, earlier: str, later: str) -> str:
    if not earlier or not later:
        return "earlier" if earlier else "later"
    if name in _EARLIER_FIRST:
        return "earlier"
    if name == "case_class":
        return "later" if _says(later) < _says(earlier) else "earlier"
    if name == "id_no" and "无" in (earlier, later):
        return "later" if earlier == "无" else "earlier"
    return "later"


def _says(case_class: str) -> int:
    return _RANK.index(case_class) if case_class in _RANK else len(_RANK)
