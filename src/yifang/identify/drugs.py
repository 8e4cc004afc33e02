"""Drugs ordered or given → the drug rules they meet: combinations, anchors, single drugs that mean nothing alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yifang.formats.canonical import Drug
from yifang.identify.model import Level
from yifang.identify.values import plain
from yifang.knowledge import Knowledge
from yifang.knowledge.models.spellings import Product
from yifang.knowledge.models.triggers import DrugTrigger


@dataclass(frozen=True, slots=True)
class DrugHit:
    """A rule that is met, at a level, by drugs of the record."""

    rule: DrugTrigger
    disease: str
    level: Level
    drugs: tuple[Drug, ...]


def named(rule: DrugTrigger, drugs: Sequence[Drug], products: Sequence[Product]) -> dict[str, Drug]:
    """Names of the rule that the drugs, or the parts of fixed-dose products, bear; a cancelled order bears none."""
    found: dict[str, Drug] = {}
    for drug in drugs:
        if drug.status == "cancelled":
            continue
        text = plain(drug.name + " " + " ".join(code.text for code in drug.codes))
        parts = {part for product in products if product.id in text for part in product.parts}
        for name in rule.names:
            if plain(name) in text or name in parts:
                found.setdefault(name, drug)
    return found


def hits(knowledge: Knowledge, drugs: Sequence[Drug], diagnosed: frozenset[str]) -> Iterator[DrugHit]:
    """The drug rules that `drugs` meet; `diagnosed` are diseases with a diagnosis, which an anchor rule asks for."""
    spent: set[str] = set()
    products = knowledge.spellings.products
    for rule in knowledge.triggers.drug:
        found = {name: drug for name, drug in named(rule, drugs, products).items() if name not in spent}
        if not found:
            continue
        meant = tuple(dict.fromkeys(found.values()))
        if rule.combination:
            if set(rule.combination) <= found.keys():
                yield DrugHit(rule, rule.disease, rule.level, meant)
        elif rule.combination_min is None:
            yield DrugHit(rule, rule.disease, rule.level, meant)
        elif len(found) >= rule.combination_min:
            if rule.anchor_any and not found.keys() & set(rule.anchor_any):
                if rule.reroute_without_anchor:
                    spent |= found.keys()
                    if not found.keys() & set(rule.no_reroute):
                        yield DrugHit(rule, rule.reroute_without_anchor, rule.level, meant)
                continue
            if rule.anchor_any:
                spent |= found.keys()  # tenofovir in a regimen with an anchor says nothing of hepatitis B
            yield DrugHit(rule, rule.disease, _level(rule, set(found), diagnosed), meant)


def _level(rule: DrugTrigger, names: set[str], diagnosed: frozenset[str]) -> Level:
    if any(names <= set(weak) for weak in rule.weak_combinations):
        return "moderate"
    counted = names - set(rule.exclude_single)
    if rule.combination_min and len(counted) < rule.combination_min:
        return "moderate" if counted else "weak"
    if rule.strong_if and rule.disease in diagnosed:
        return "strong"
    return rule.level
