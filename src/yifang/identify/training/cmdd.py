"""Reads CMDD, the annotated consultations: dialogues of turns, each with a label for every character.

A turn whose labels begin inside a word has lost its first label (they stand one place early) and is put right.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yifang.kernel.errors import UserError

PARTS = ("cmdd_train_dialogues.jsonl.gz", "cmdd_dev_dialogues.jsonl")
STATES = {"1": "present", "2": "absent", "3": "uncertain"}


@dataclass(frozen=True, slots=True)
class Span:
    """A symptom as annotated: where, its normalised name, what the dialogue says of it."""

    start: int
    end: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person says; `patient`: the patient or a parent, not the doctor."""

    text: str
    patient: bool
    spans: tuple[Span, ...]


Dialogue = tuple[Turn, ...]


def dialogues(path: Path) -> list[Dialogue]:
    """The dialogues of a file (JSON lines, plain or gzip). Raises UserError where it cannot be read as such."""
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().split("\n")
        return [tuple(map(_turn, json.loads(line)["turns"])) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("identify.corpus_unreadable", path=str(path), reason=str(error)) from error


def _turn(row: dict[str, Any]) -> Turn:
    text, labels = str(row["text"]), str(row["bio"])
    if labels.startswith("I"):
        labels = "B" + labels[:-1]
    names, states = list(row["norm"]), list(row["state"])
    found: list[Span] = []
    start: int | None = None
    for place, label in enumerate([*labels, "O"]):
        if label in "BO" and start is not None:
            number = len(found)
            name = str(names[number]) if number < len(names) else ""
            state = STATES.get(str(states[number]), "") if number < len(states) else ""
            found.append(Span(start, place, name, state))
            start = None
        if label == "B":
            start = place
    return Turn(text, row["speaker"] == "患者", tuple(found))
