"""From what identification says of one record to the evidence that the audit compares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from yifang.audit.model import Source
from yifang.formats.canonical import Record
from yifang.identify.model import LEVELS, Evidence, Identified

DEATH = "死亡登记"  # `encounter.reason` of a death register's line (formats/tabular/builtin/cn_death.yaml)
_NAMED = ("diagnosis_code", "diagnosis_text")
_SOURCES: dict[str, Source] = {"laboratory": "lis", "imaging": "imaging", "drug": "pharmacy"}
_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Saying:
    """As `model.Said`, without whose record it is and when: that stands with the record."""

    disease: str
    source: Source
    level: str
    rule: str
    text: str = ""
    case_class: str = ""
    subtype: str = ""
    named: bool = False
    withheld: str = ""
    reason: str = ""


def sayings(record: Record, outcome: Identified, elsewhere: Collection[int] = ()) -> list[Saying]:
    """What the record says of diseases, one of each rule. `elsewhere`: ids of evidence that other records gave.

    What a card of the episode keeps from prompting (`already_reported`) speaks here all the same: the audit looks for
    the card itself. What is merely weak says nothing.
    """
    found: dict[tuple[str, str, str], Saying] = {}
    for suspicion in outcome.suspicions:
        for one in suspicion.evidence:
            if id(one) not in elsewhere:
                # two pieces that are strong together are strong here
                level = suspicion.confidence if one.level != "weak" else "weak"
                # which class results prove is said of the suspicion: some prove it only together
                proven = suspicion.case_class if _source(record, one) == "lis" else None
                _add(found, _saying(record, one, level, case_class=one.case_class or proven or ""))
    for held in outcome.withheld:
        one = held.evidence
        if one.level == "weak" or held.effect == "weak":
            continue
        if held.rule == "already_reported":
            _add(found, _saying(record, one, one.level))
        else:
            _add(found, _saying(record, one, one.level, held.rule, held.reason_zh))
    return list(found.values())


def _add(found: dict[tuple[str, str, str], Saying], one: Saying) -> None:
    key = (one.disease, one.rule, one.withheld)
    if key not in found or LEVELS[one.level] > LEVELS[found[key].level]:  # type: ignore[index]
        found[key] = one


def _saying(
    record: Record, one: Evidence, level: str, withheld: str = "", reason: str = "", case_class: str = ""
) -> Saying:
    return Saying(
        one.disease, _source(record, one), level, one.rule, one.text[:_CHARACTERS],
        case_class or one.case_class or "", one.subtype_hint or "", one.kind in _NAMED, withheld, reason,
    )  # fmt: skip


def _source(record: Record, one: Evidence) -> Source:
    if one.kind == "laboratory" and one.start is not None:
        return "his"  # a result that a doctor wrote down: nobody has seen the report
    return _SOURCES.get(one.kind, "death" if record.encounter.reason == DEATH else "his")
