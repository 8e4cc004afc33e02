"""What the specifications of identification share: the compiled packs and a short way to write a record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from yifang import identify, knowledge
from yifang.formats.canonical import (
    Code,
    Diagnosis,
    Drug,
    Encounter,
    Immunization,
    Moment,
    Note,
    Person,
    Record,
    Result,
    Source,
)

DAY = "2026-11-23"


@pytest.fixture(scope="session")
def identifier() -> identify.Identifier:
    return identify.compiled(knowledge.load())


@pytest.fixture(scope="session")
def make() -> Callable[..., Record]:
    """A record in a few words: diagnoses `"B05 麻疹"` or `"麻疹"`, results `(name, value)`, more of one as a dict."""

    def diagnosis(index: int, text: str) -> Diagnosis:
        code, _, words = text.partition(" ")
        coded = code[0].isascii() and code[1:2].isdigit()
        codes = (Code("icd10", code, words),) if coded else ()
        return Diagnosis(codes, words if coded else text, f"diagnosis[{index}]")

    def result(index: int, one: tuple) -> Result:
        more = one[2] if len(one) > 2 else {}
        return Result((), one[0], one[1], f"result[{index}]", **more)

    def record(
        *,
        dx: tuple[str, ...] = (),
        lab: tuple[tuple, ...] = (),
        drugs: tuple[str, ...] = (),
        doses: tuple[tuple[str, str], ...] = (),
        note: str = "",
        section: str = "complaint",
        imaging: str = "",
        reason: str = "",
        visit: str = "outpatient",
        age: str = "",
        status: str = "final",
    ) -> Record:
        notes = [Note(section, note, "note[0]")] if note else []
        notes += [Note("imaging", imaging, "note[1]")] if imaging else []
        return Record(
            "encounter",
            "visit-1",
            status,
            Source("test"),
            person=Person(age_text=age),
            encounter=Encounter(kind=visit, reason=reason),
            at=Moment(DAY, "day"),
            diagnoses=tuple(diagnosis(index, text) for index, text in enumerate(dx)),
            results=tuple(result(index, one) for index, one in enumerate(lab)),
            drugs=tuple(Drug((), name, f"drug[{index}]") for index, name in enumerate(drugs)),
            immunizations=tuple(
                Immunization((), name, f"dose[{index}]", Moment(day, "day")) for index, (name, day) in enumerate(doses)
            ),
            notes=tuple(notes),
        )

    return record
