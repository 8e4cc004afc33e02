"""How well Chinese text is read: spans, negation, hand-foot-mouth disease in parents' words, diseases in other texts.

Every figure is of text that nothing was trained on, read as `yifang identify --text` reads it: a line a note. The
annotated consultations make the shipped reader, so they are read by others, each made without those that it reads.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yifang.formats import plain
from yifang.identify import Identified, Identifier
from yifang.identify.model import Finding
from yifang.identify.text.scan import Scanner
from yifang.identify.text.spans import SpanReader, flat, unpacked
from yifang.identify.training import cmdd
from yifang.identify.training import spans as training
from yifang.knowledge import Knowledge

_FOLDS = 5
HFMD = "hfmd"
_DISEASE = ("disease", "疾病和诊断")


@dataclass(slots=True)
class Counted:
    """Right, too much and missed, with the commonest words of each error."""

    right: int = 0
    extra: int = 0
    missed: int = 0
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.extra)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.extra + self.missed)


@dataclass(slots=True)
class Fold:
    """A fifth of the consultations, read by a reader made from the others; `each`: spans right, extra, missed."""

    each: list[tuple[int, int, int]] = field(default_factory=list)
    spans: Counted = field(default_factory=Counted)
    negation: Counted = field(default_factory=Counted)


def read(identifier: Identifier, line: str) -> Identified:
    """What is found in one line."""
    for item in plain.read(line.replace("\n", " ").replace("\r", " "), "utf-8"):
        return identifier.identify(item.records)[0]
    return Identified()


def symptoms(identifier: Identifier, line: str) -> list[Finding]:
    """The symptoms of a line."""
    return [one for one in read(identifier, line).findings if one.kind == "symptom" and one.start is not None]


def folds(packs: Knowledge, folder: Path, seed: int = 0) -> list[Fold]:
    """The folds of the annotated consultations in `folder`; the same consultation twice stands in one fold."""
    scanner = Scanner(packs)
    told = [one for name in cmdd.PARTS for one in cmdd.dialogues(folder / name)]
    clauses = [list(training.clauses(one, scanner.parts)) for one in told]
    rows = _denials(folder)
    texts = ["\n".join(turn.text for turn in one) for one in told]
    order = sorted(set(texts), key=lambda text: hashlib.sha256(f"{seed}{text}".encode()).digest())
    place = {text: number % _FOLDS for number, text in enumerate(order)}
    found = []
    for number in range(_FOLDS):
        kept = [one for one, text in zip(clauses, texts, strict=True) if place[text] != number]
        counts = training.Counts(kept)
        words = training.word_table(kept, counts, map(flat, scanner.symptoms()))
        reader = SpanReader(unpacked(training.train(kept, counts)), words)
        identifier = Identifier(packs, trained=reader)
        fold = Fold()
        for index, text in enumerate(texts):
            if place[text] == number:
                _spans(identifier, told[index], fold)
                _negation(identifier, rows.get(index, ()), fold.negation)
        fold.spans.right, fold.spans.extra, fold.spans.missed = (sum(column) for column in zip(*fold.each, strict=True))
        found.append(fold)
    return found


def added(parts: Iterable[Counted]) -> Counted:
    """All of them as one."""
    whole = Counted()
    for one in parts:
        whole.right, whole.extra, whole.missed = (
            whole.right + one.right, whole.extra + one.extra, whole.missed + one.missed,
        )  # fmt: skip
        whole.errors.update(one.errors)
    return whole


def spread(each: list[tuple[int, int, int]]) -> tuple[float, float]:
    """F1 at 2.5 and 97.5 % of samples of the dialogues."""
    dice = random.Random(1)
    samples = sorted(_f1(dice.choices(each, k=len(each))) for _ in range(500))
    return samples[12], samples[487]


def _spans(identifier: Identifier, dialogue: cmdd.Dialogue, into: Fold) -> None:
    right = extra = missed = 0
    for turn in dialogue:
        if not turn.text.strip():
            continue
        found = {(one.start or 0, one.end or 0) for one in symptoms(identifier, turn.text)}
        meant = {(one.start, one.end) for one in turn.spans}
        right, extra, missed = right + len(found & meant), extra + len(found - meant), missed + len(meant - found)
        into.spans.errors.update(_span_errors(turn.text, found, meant))
    into.each.append((right, extra, missed))


def _f1(each: list[tuple[int, int, int]]) -> float:
    right, extra, missed = (sum(column) for column in zip(*each, strict=True))
    return 2 * right / max(1, 2 * right + extra + missed)


def _span_errors(text: str, found: set[tuple[int, int]], meant: set[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    for start, end in found - meant:
        touches = any(a < end and start < b for a, b in meant)
        yield ("bounded otherwise" if touches else "not annotated"), text[start:end]
    for start, end in meant - found:
        if not any(a < end and start < b for a, b in found):
            yield "not found", text[start:end]


def _denials(folder: Path) -> dict[int, list[dict[str, Any]]]:
    """What patients affirm and deny, by the number of the consultation among all parts."""
    rows: dict[int, list[dict[str, Any]]] = {}
    first = 0
    for name in cmdd.PARTS:
        part = name.split("_")[1]
        for line in (folder / f"cmdd_{part}_patient_negation.jsonl").read_text(encoding="utf-8").split("\n"):
            if line.strip():
                row = json.loads(line)
                rows.setdefault(first + int(row["doc"].partition("_")[2]), []).append(row)
        first += len(cmdd.dialogues(folder / name))
    return rows


def _negation(identifier: Identifier, rows: Iterable[dict[str, Any]], counted: Counted) -> None:
    """Absent against present; a mention that is not found was not found absent."""
    for row in rows:
        near = [
            one
            for one in symptoms(identifier, row["text"])
            if (one.start or 0) < row["end"] and row["start"] < (one.end or 0)
        ]
        same = [one for one in near if (one.start, one.end) == (row["start"], row["end"])] or near
        said, is_so = any(one.assertion == "absent" for one in same), row["state"] == "absent"
        counted.right += said and is_so
        counted.extra += said and not is_so
        counted.missed += is_so and not said
        if is_so and not said:
            counted.errors["no symptom found" if not same else f"found {same[0].assertion}", row["mention"]] += 1
        elif said and not is_so:
            counted.errors["called absent", row["mention"]] += 1


def told_disease(identifier: Identifier, path: Path, *, whole: bool) -> tuple[Counted, int]:
    """Hand, foot and mouth disease against the others: from the self-report, or all that the parent says."""
    counted, reports = Counted(), 0
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line.strip():
            continue
        row, reports = json.loads(line), reports + 1
        said = " ".join([row["self_report"], *row["dialogue"][2::2]]) if whole else row["self_report"]
        suspected = any(one.disease == HFMD for one in read(identifier, said).suspicions)
        is_so = "手足口" in row["disease"]
        counted.right += suspected and is_so
        counted.extra += suspected and not is_so
        counted.missed += is_so and not suspected
        if suspected and not is_so:
            counted.errors["suspected in", row["disease"]] += 1
    return counted, reports


@dataclass(slots=True)
class Reading:
    """Texts of another kind: how many, with a symptom, with a suspicion; diseases named, and marked by annotators."""

    notes: int = 0
    with_symptoms: int = 0
    suspected: Counter[str] = field(default_factory=Counter)
    named: int = 0
    confirmed: int = 0


def others(identifier: Identifier, folder: Path) -> dict[str, Reading]:
    """The other corpora of the folder; diseases named in the annotated ones are held against their entities."""
    return {
        "cEHRNER": _annotated(identifier, folder / "cehrner/cEHRNER_train.json"),
        "cMedQANER": _annotated(identifier, folder / "cmedqaner/cMedQANER_train.json"),
        "toyhom": _plain(identifier, _questions(folder / "toyhom/internal_medicine_qa.gb18030.csv")),
        "cMedTC": _plain(identifier, _lines(folder / "cmedtc/cMedTC_train.txt")),
        "covid-trajectory": _plain(identifier, _notices(folder / "covid-trajectory")),
    }


def _annotated(identifier: Identifier, path: Path) -> Reading:
    reading = Reading()
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line.strip():
            continue
        row = json.loads(line)
        text = row["text"]
        outcome = _count(reading, identifier, text)
        marked = [
            (int(one["offset"]), int(one["offset"]) + len(one["mention"]))
            for one in row["mention_data"]
            if one.get("type", one.get("label")) in _DISEASE
        ]
        for one in outcome.findings:
            if one.kind == "disease" and one.start is not None and one.end is not None:
                reading.named += 1
                reading.confirmed += any(a < one.end and one.start < b for a, b in marked)
    return reading


def _plain(identifier: Identifier, lines: Iterable[str]) -> Reading:
    reading = Reading()
    for line in lines:
        _count(reading, identifier, line)
    return reading


def _count(reading: Reading, identifier: Identifier, text: str) -> Identified:
    outcome = read(identifier, text)
    reading.notes += 1
    reading.with_symptoms += any(one.kind == "symptom" for one in outcome.findings)
    reading.suspected.update(one.disease for one in outcome.suspicions)
    return outcome


def _questions(path: Path) -> Iterator[str]:
    with path.open(encoding="gb18030", newline="") as rows:
        yield from (row["ask"] for row in csv.DictReader(rows) if row["ask"].strip())


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        text = line.partition("\t")[2].strip()
        if text:
            yield text


def _notices(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line.strip():
                yield json.loads(line)["description"]
