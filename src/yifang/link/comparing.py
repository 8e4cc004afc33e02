"""Two records side by side: what agrees, what differs, and the verdict of the first rule that holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from yifang.knowledge.models.linkage import FIELDS, NEAR, Condition
from yifang.link.rules import NONE, SAME, UNCERTAIN, Rules
from yifang.link.values import Facts

_RANK = {NONE: 0, UNCERTAIN: 1, SAME: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` decided, `forbidden` held it back ("" for none). `agree`, `near`, `differ` name terms, never values."""

    verdict: str
    rule: str = ""
    forbidden: str = ""
    agree: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        return self.verdict == SAME

    @property
    def is_uncertain(self) -> bool:
        return self.verdict == UNCERTAIN


NOTHING = Verdict(NONE)


def compare(one: Facts, other: Facts, rules: Rules) -> Verdict:
    """The verdict on two records and why."""
    seen = _Seen(one, other)
    rule = next((each for each in rules.rules if seen.holds(each)), None)
    if rule is None:
        return NOTHING
    verdict, forbidden = str(rule.verdict), ""
    for each in rules.forbids:
        if rule.id not in each.spares and _RANK[each.leaves] < _RANK[verdict] and seen.holds(each):
            verdict, forbidden = str(each.leaves), each.id
    agree = tuple(field for field in FIELDS if seen.agrees(field))
    near = tuple(term for term in NEAR if seen.agrees(term))
    differ = tuple(field for field in FIELDS if seen.differs(field))
    return Verdict(verdict, rule.id, forbidden, agree, near, differ)


def keeps_apart(one: Facts, other: Facts) -> bool:
    """Whether both hold valid identity numbers of one kind, and none in common: two people, whatever else agrees."""
    return _Seen(one, other).differs("id_no")


class _Seen:
    """Each term is looked at once."""

    __slots__ = ("_agrees", "one", "other")

    def __init__(self, one: Facts, other: Facts) -> None:
        self.one, self.other = one, other
        self._agrees: dict[str, bool] = {}

    def holds(self, what: Condition) -> bool:
        return (
            all(map(self.agrees, what.agree))
            and (not what.any or any(map(self.agrees, what.any)))
            and all(map(self.differs, what.differ))
        )

    def agrees(self, term: str) -> bool:
        known = self._agrees.get(term)
        if known is None:
            known = self._agrees[term] = self._look(term)
        return known

    def differs(self, field: str) -> bool:
        """Known in both and nothing in common; identity numbers only where both passed their check."""
        mine, others = getattr(self.one, field), getattr(self.other, field)
        if not mine or not others or self.agrees(field):
            return False
        return field != "id_no" or (self.one.valid and self.other.valid and _kind(mine[0]) == _kind(others[0]))

    def _look(self, term: str) -> bool:
        if term in NEAR:
            field = NEAR[term]
            if self.agrees(field) or (term == "id_no_near" and self.one.valid and self.other.valid):
                return False
            return any(
                _NEAR[term](mine, theirs) for mine in getattr(self.one, field) for theirs in getattr(self.other, field)
            )
        mine, others = getattr(self.one, term), getattr(self.other, term)
        if len(mine) == 1 == len(others):
            return bool(mine[0] == others[0])
        return not set(mine).isdisjoint(others)


def _kind(number: str) -> str:
    """A passport and a resident's number differ without speaking against one person."""
    return number.partition(":")[0] if ":" in number else ""


def _name_near(one: str, other: str) -> bool:
    """One character changed, added or left out; of letters up to two in a long name."""
    letters = one.isascii() and other.isascii()
    if not letters and min(len(one), len(other)) < 2:
        return False
    if letters and min(len(one), len(other)) < 4:
        return False
    return _slips(one, other) <= (2 if letters and min(len(one), len(other)) >= 8 else 1)


def _birth_near(one: str, other: str) -> bool:
    """One part differs, or day and month are exchanged."""
    (year, month, day), (other_year, other_month, other_day) = one.split("-"), other.split("-")
    same = (year == other_year) + (month == other_month) + (day == other_day)
    return same == 2 or (year == other_year and month == other_day and day == other_month)


def _id_no_near(one: str, other: str) -> bool:
    """One digit differs or is missing, or two neighbours are exchanged."""
    return min(len(one), len(other)) >= 12 and _slips(one, other) <= 1


def _slips(one: str, other: str) -> int:
    """Characters changed, added, left out or exchanged with their neighbour, counted up to three (Damerau)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, 1):
        last, row = row, [place]
        for there, theirs in enumerate(other, 1):
            cost = min(last[there] + 1, row[-1] + 1, last[there - 1] + (sign != theirs))
            if place > 1 < there and sign == other[there - 2] and one[place - 2] == theirs:
                cost = min(cost, before[there - 2] + 1)
            row.append(cost)
        before = last
    return min(row[-1], 3)


_NEAR: dict[str, Callable[[str, str], bool]] = {
    "name_near": _name_near,
    "birth_near": _birth_near,
    "id_no_near": _id_no_near,
}
