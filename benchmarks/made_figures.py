"""Sensitivity and specificity on made records: by disease in a made county, by syndrome on its templates of notes.

By syndrome the truth comes from the template before a wording is drawn: which of its places are filled with a fever, a
cough, a vomiting, and which clauses deny or speak of others. The wordings (身上烧, 窜稀, T 38.6℃)
are what the engine must read.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from benchmarks import county_identify
from yifang import identify, knowledge
from yifang.formats.canonical import Code, Diagnosis, Encounter, Note, Person, Record, Source
from yifang.identify.codes import icd_of
from yifang.identify.syndromes import Scene, SyndromeBook
from yifang.knowledge import Knowledge
from yifang.world import data, truth


@dataclass(slots=True)
class Row:
    """Of a disease or syndrome: those that have it and those found, those that have not and those left alone."""

    have: int = 0
    found: int = 0
    have_not: int = 0
    left_alone: int = 0


def by_disease(told: truth.Truth, records: list[Record]) -> dict[str, Row]:
    """The rows of each disease over the visits of a made county, case by case and visit by visit."""
    suspected: dict[str, set[str]] = defaultdict(set)
    for one in county_identify.suspicions(records):
        suspected[one.record].add(one.disease)
    visits = {record.encounter.id or record.key for record in records}
    mine: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, Row] = defaultdict(Row)
    for case in told.cases:
        numbers = [visit.number for visit in case.visits]
        for number in numbers:
            mine[number].add(case.disease)
        if case.expected:
            rows[case.disease].have += 1
            rows[case.disease].found += any(case.disease in suspected[number] for number in numbers)
    wrong = Counter(name for visit in visits for name in suspected[visit] - mine[visit])
    for disease in set(rows) | set(wrong):
        without = sum(disease not in mine[visit] for visit in visits)
        rows[disease].have_not = without
        rows[disease].left_alone = without - wrong[disease]
    return dict(sorted(rows.items()))


# -- by syndrome

_DENIED = re.compile(r"无|否认|未|不伴|排除|没有")
_OTHERS = re.compile(
    r"既往|曾|年前|幼时|幼年|同桌|同学|其[父母弟兄姐妹子女夫妻]|父亲|母亲|妈妈|弟弟|家中|接触|宣教|咨询|疫苗|预防|家人|班里|同班"
)
_SLOT = re.compile(r"\{(\w+)\}")
_CLAUSE = re.compile(r"[^，。；：,;:]+")
# What a place of a template says of the patient; {fever} may be filled with 高热, which is a fever of 38 ℃ as well.
_MEANS = {
    "fever": {"fever"}, "fever_t": {"fever", "fever38"}, "low": {"fever"}, "cough": {"cough"},
    "throat": {"sore_throat"},
    "nose": {"runny_nose"}, "ache": {"sweat_fatigue"}, "diarrhoea": {"diarrhoea"}, "vomit": {"vomiting"},
    "belly": {"abdominal_pain"}, "tired": {"sweat_fatigue"}, "rash_itch": {"rash"},
}  # fmt: skip
# What single wordings say beyond their place.
_WORDINGS = (
    ("高热", "fever38"), ("反复发热", "fever_long"), ("上吐下泻", "diarrhoea"), ("吐了好几次", "vomiting_repeated"),
    ("反复呕吐", "vomiting_repeated"), ("呕吐{n}次", "vomiting_repeated"),
)  # fmt: skip
_WEEKS = re.compile(r"(?:[2-9]|\d\d)周|(?:1[4-9]|[2-9]\d)天|月")
_YEARS = ((0, 2), (3, 5), (6, 11), (12, 17), (18, 44), (45, 64), (65, 90))
DRAWS = 60


def by_syndrome(packs: Knowledge, seed: int = 7) -> dict[str, Row]:
    """The rows of each syndrome over drawn visits of every illness of the world, decoys among them."""
    dice, book, identifier = random.Random(seed), SyndromeBook(packs), identify.compiled(packs)
    maker = _Maker(packs, dice)
    rows: dict[str, Row] = {one.id: Row() for one in packs.syndromes.syndromes}
    for illness in _illnesses():
        for _ in range(DRAWS):
            record, scene = maker.visit(illness)
            meant = {one.id for one in book.present(scene)}
            [outcome] = identifier.identify([record])
            seen = {one.concept for one in outcome.findings if one.kind == "syndrome"}
            for name, row in rows.items():
                if name in meant:
                    row.have += 1
                    row.found += name in seen
                else:
                    row.have_not += 1
                    row.left_alone += name not in seen
    return {name: row for name, row in rows.items() if row.have or row.left_alone < row.have_not}


def _illnesses() -> list[dict[str, Any]]:
    parts = (("diseases", "diseases"), ("common", "illnesses"), ("decoys", "decoys"))
    return [one for name, part in parts for one in data._load(name)[part]]


class _Maker:
    """Draws visits: their words, and what the words were made to mean."""

    def __init__(self, packs: Knowledge, dice: random.Random) -> None:
        self._dice = dice
        self._phrases = {name: list(map(str, texts)) for name, texts in data._load("phrases").items()}
        self._words = sorted(
            ((word, name) for name, one in packs.syndromes.concepts.items() for word in one.terms if len(word) > 1),
            key=lambda one: -len(one[0]),
        )

    def visit(self, illness: dict[str, Any]) -> tuple[Record, Scene]:
        """A record of one complaint, one history and one diagnosis; and the scene it was made from."""
        scene = Scene()
        low, high = self._dice.choices(_YEARS, weights=illness["ages"])[0]
        years = self._dice.randint(low, high)
        scene.age_days = years * 365.25 + 30
        notes = []
        for number, (section, texts) in enumerate((("complaint", "complaints"), ("history", "histories"))):
            written = "".join(self._clause(part, scene) for part in self._parts(self._dice.choice(illness[texts])))
            notes.append(Note(section, written, f"note[{number}]"))  # type: ignore[arg-type]
        code, words = self._dice.choice(illness["diagnoses"])
        codes = (Code("icd10", code, words),)
        scene.icd = icd_of(codes)
        inpatient = illness.get("visit") == "inpatient"
        scene.admitted = inpatient
        record = Record(
            "encounter", "visit", "final", Source("made"), person=Person(age_text=f"{years}岁"),
            encounter=Encounter(kind="inpatient" if inpatient else "outpatient"),
            diagnoses=(Diagnosis(codes, words, "diagnosis[0]"),), notes=tuple(notes),
        )  # fmt: skip
        return record, scene

    @staticmethod
    def _parts(template: str) -> list[str]:
        return re.findall(r"[^，。；：,;:]+|[，。；：,;:]", template)

    def _clause(self, part: str, scene: Scene) -> str:
        """One clause or mark, written out; what it says of the patient goes into the scene."""
        said = not (_DENIED.search(part) or _OTHERS.search(part))
        if said:
            bare = _SLOT.sub("", part)
            for word, name in self._words:
                if word in bare:
                    scene.concepts.add(name)
        written = part
        while match := _SLOT.search(written):
            name = match.group(1)
            wording = self._wording(name)
            if said and name in _MEANS:
                scene.concepts |= _MEANS[name]
                scene.concepts |= {concept for word, concept in _WORDINGS if word in wording}
            written = written[: match.start()] + wording + written[match.end() :]
        if said and "咳" in written and _WEEKS.search(written):
            scene.concepts.add("chronic_cough")
        return written

    def _wording(self, name: str) -> str:
        numbers = {"d": (1, 4), "dd": (5, 12), "w": (2, 6), "n": (3, 9)}
        if name in numbers:
            return str(self._dice.randint(*numbers[name]))
        if name in ("t", "l"):
            return f"{self._dice.uniform(38.0, 39.9) if name == 't' else self._dice.uniform(37.3, 37.9):.1f}"
        return self._dice.choice(self._phrases[name])


def packs() -> Knowledge:
    """The shipped packs."""
    return knowledge.load()
