"""The rules of the pack made ready for many comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from yifang.knowledge.models.linkage import Block, Condition, Forbid, LinkagePack, LinkRule
from yifang.link.values import Facts

SAME, UNCERTAIN, NONE = "same", "uncertain", "none"


@dataclass(frozen=True, slots=True)
class Rules:
    """`no_phone` holds the numbers that stand for none; `most` is the largest block that is compared."""

    blocks: tuple[Block, ...]
    rules: tuple[LinkRule, ...]
    forbids: tuple[Forbid, ...]
    no_phone: frozenset[str]
    most: int
    most_numbers: int

    @property
    def receiving_fields(self) -> frozenset[str]:
        """The fields that the receiving blocks are made of."""
        return frozenset(field for block in self.blocks if block.receiving for field in block.fields)

    def keys(self, one: Facts, *, receiving: bool | None = None) -> list[tuple[str, str]]:
        """(block, text) of every block in which the record stands; of several values, one each.

        `receiving` picks the blocks of that kind only.
        """
        found = []
        for block in self.blocks:
            if receiving is not None and block.receiving is not receiving:
                continue
            texts = [""]
            for field in block.fields:
                texts = [f"{text}|{value}" for text in texts for value in getattr(one, field)]
            found += [(block.id, text[1:]) for text in texts]
        return found


def rules_of(pack: LinkagePack) -> Rules:
    """The rules of a pack; the same object for the same pack."""
    return _rules_of(id(pack), _Held(pack))


@dataclass(frozen=True)
class _Held:
    """Keeps the pack alive, and out of the cache's comparison."""

    pack: LinkagePack

    def __hash__(self) -> int:
        return id(self.pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.pack is self.pack


@lru_cache(maxsize=4)
def _rules_of(_: int, held: _Held) -> Rules:
    pack = held.pack
    return Rules(
        pack.blocks, pack.rules, pack.forbids, frozenset(pack.no_phone), pack.limits.block, pack.limits.numbers
    )


def condition(rules: Rules, id: str) -> Condition | None:
    """The rule or forbid of that id."""
    return next((one for one in (*rules.rules, *rules.forbids) if one.id == id), None)
