"""When two records are of one person: the rules by which they are linked at once, asked about, or kept apart.

What a rule names are *terms*: a field that must be equal in both (`name`, `phone`), or a weaker likeness of one
(`name_near`: one character, `birth_near`: one part of the date or day and month exchanged, `id_no_near`: one slip where
a number fails its check). A field that either record lacks neither agrees nor differs.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from yifang.knowledge.models.base import Entry, Model, Pack

FieldId = Literal[
    "id_no", "name", "sound", "given_name", "given_sound", "sex", "birth_date", "birth_month", "phone", "address",
    "township", "guardian", "insurance", "mrn", "organisation",
]  # fmt: skip
Term = Literal[FieldId, "name_near", "birth_near", "id_no_near"]
FIELDS: tuple[str, ...] = get_args(FieldId)
NEAR: dict[str, str] = {"name_near": "name", "birth_near": "birth_date", "id_no_near": "id_no"}
"""Terms of likeness and the field each is about."""


class TermName(Model):
    """What a term is called on pages."""

    id: Term
    zh: str
    en: str


class Block(Entry):
    """Records are compared only where they agree in all fields of a block; `receiving` ones while records come in."""

    id: str
    fields: tuple[FieldId, ...] = Field(min_length=1)
    receiving: bool = False


class Condition(Entry):
    """What must hold between two records: all of `agree`, one of `any`, all of `differ` known in both and unequal."""

    id: str
    zh: str
    en: str
    agree: tuple[Term, ...] = ()
    any: tuple[Term, ...] = ()
    differ: tuple[FieldId, ...] = ()


class LinkRule(Condition):
    """The first rule that holds gives the verdict: linked without asking, or a person is asked."""

    verdict: Literal["same", "uncertain"]

    @model_validator(mode="after")
    def _says_something(self) -> LinkRule:
        if not self.agree:
            raise ValueError("a rule names at least one term that must agree")
        return self


class Forbid(Condition):
    """What stands against every rule but those it `spares`: where it holds, at most `leaves` remains of a verdict."""

    leaves: Literal["uncertain", "none"]
    spares: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Forbid:
        if not self.differ:
            raise ValueError("what forbids names at least one field that must differ")
        return self


class Limits(Model):
    """What keeps one value that many share (the telephone of a home) from being compared with everybody."""

    block: Annotated[int, Field(ge=2)]
    numbers: Annotated[int, Field(ge=1)]


class LinkagePack(Pack):
    """`linkage.yaml`."""

    NAME: ClassVar[str] = "linkage"
    terms: tuple[TermName, ...]
    limits: Limits
    no_phone: tuple[str, ...]
    blocks: tuple[Block, ...]
    rules: tuple[LinkRule, ...]
    forbids: tuple[Forbid, ...]

    @model_validator(mode="after")
    def _every_term_has_a_name(self) -> LinkagePack:
        named = {term.id for term in self.terms}
        used = {term for one in (*self.rules, *self.forbids) for term in (*one.agree, *one.any, *one.differ)}
        if missing := sorted(used - named):
            raise ValueError(f"terms without a name: {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _what_is_spared_is_a_rule(self) -> LinkagePack:
        rules = {rule.id for rule in self.rules}
        for forbid in self.forbids:
            if unknown := sorted(set(forbid.spares) - rules):
                raise ValueError(f"{forbid.id} spares no rule of the pack: {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _every_rule_can_be_met(self) -> LinkagePack:
        """A rule whose pairs share no block would never be asked."""
        for rule in self.rules:
            ways = [{*rule.agree, one} for one in rule.any] or [set(rule.agree)]
            for way in ways:
                known = way | _implied(way)
                if not any(known >= set(block.fields) for block in self.blocks):
                    raise ValueError(f"rule {rule.id}: no block finds its pairs ({', '.join(sorted(way))})")
        return self


def _implied(terms: set[Term]) -> set[str]:
    """Fields that agree where these terms do."""
    found: set[str] = set()
    if "name" in terms:
        found |= {"sound", "given_name", "given_sound"}
    if "sound" in terms or "given_name" in terms:
        found.add("given_sound")
    if "birth_date" in terms:
        found.add("birth_month")
    return found
