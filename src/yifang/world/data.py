"""The county's material from `data/*.yaml`: names, illnesses, phrases, decoys, laboratory panels.

Texts are compiled once into parts, so that one of 300,000 histories costs microseconds. The material is fiction of ours
(see docs/world.md); rules of medicine are in the packs, and this room decides nothing by them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "data"
_SLOT = re.compile(r"\{([^{}]+)\}")
AGE_LIMITS = (3, 6, 12, 18, 45, 65, 200)
"""Upper ends, exclusive, in years, of the seven age bands that weights are given for."""

Text = tuple["str | tuple[Text, ...] | _Number", ...]


@dataclass(frozen=True, slots=True)
class _Number:
    """A slot that is a number: `low` to `high`, one decimal when `tenths`."""

    low: int
    high: int
    tenths: bool = False


_NUMBERS = {
    "d": _Number(1, 4),
    "dd": _Number(5, 12),
    "w": _Number(2, 6),
    "n": _Number(3, 9),
    "t": _Number(380, 399, True),
    "l": _Number(373, 379, True),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a laboratory report as it may come out; name and value are still texts with choices."""

    panel: str
    name: Text
    value: Text
    normal: str
    specimen: str


@dataclass(frozen=True, slots=True)
class Illness:
    """Something that brings people to a doctor: a notifiable disease, a common illness, or a decoy."""

    id: str
    rate: float
    weight: float
    trend: float
    months: tuple[float, ...]
    ages: tuple[float, ...]
    visits: float
    delay: tuple[int, int]
    hospital: float
    inpatient: float
    again: float
    departments: tuple[str, ...]
    named: tuple[tuple[str, float], ...]
    complaints: tuple[Text, ...]
    histories: tuple[Text, ...]
    diagnoses: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    vague: tuple[tuple[str, str], ...]
    panels: tuple[tuple[str, float], ...]
    tested: float
    card: tuple[str, str]
    carded: float
    herders: float
    chronic: bool
    reason: str
    decoy: str
    never: tuple[str, ...]


@cache
def names() -> dict[str, Any]:
    """The material of names and places."""
    return _load("names")


@cache
def diseases() -> tuple[Illness, ...]:
    """The notifiable diseases of the county."""
    return tuple(map(_illness, _load("diseases")["diseases"]))


@cache
def common() -> tuple[Illness, ...]:
    """What is not notifiable."""
    return tuple(map(_illness, _load("common")["illnesses"]))


@cache
def decoys() -> tuple[Illness, ...]:
    """What looks like a notifiable disease and is none."""
    return tuple(map(_illness, _load("decoys")["decoys"]))


@cache
def audited() -> dict[str, Any]:
    """The decoys and special cases of a hospital that is audited (`world.audited`), as they stand in the file."""
    return _load("audited")


@cache
def panels() -> Mapping[str, tuple[Line, ...]]:
    """The laboratory panels by name."""
    return {
        name: tuple(
            Line(str(one[0]), compiled(str(one[1])), compiled(str(one[2])), str(one[3]), str(one[4])) for one in lines
        )
        for name, lines in _load("panels")["panels"].items()
    }  # fmt: skip


@cache
def compiled(text: str) -> Text:
    """A text with its slots resolved to phrases, numbers and `{a|b}` choices. Raises KeyError for an unknown slot."""
    parts: list[Any] = []
    end = 0
    for slot in _SLOT.finditer(text):
        if slot.start() > end:
            parts.append(text[end : slot.start()])
        name = slot.group(1)
        if "|" in name:
            parts.append(tuple((one,) for one in name.split("|")))
        elif name in _NUMBERS:
            parts.append(_NUMBERS[name])
        else:
            parts.append(tuple(compiled(one) for one in _phrases()[name]))
        end = slot.end()
    if end < len(text):
        parts.append(text[end:])
    return tuple(parts)


def said(text: Text, chance: random.Random) -> str:
    """One wording of a compiled text."""
    out: list[str] = []
    draw = chance.random
    for part in text:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, _Number):
            number = part.low + int(draw() * (part.high - part.low + 1))
            out.append(f"{number / 10:.1f}" if part.tenths else str(number))
        else:
            out.append(said(part[int(draw() * len(part))], chance))
    return "".join(out).replace("。。", "。").replace("，。", "。").replace("，，", "，")


def pick(options: Sequence[Any], chance: random.Random) -> Any:
    """One of some options, each as likely."""
    return options[int(chance.random() * len(options))]


@cache
def _phrases() -> dict[str, list[str]]:
    return {name: list(map(str, texts)) for name, texts in _load("phrases").items()}


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return loaded


def _named(raw: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """The shares of how it is written; one in twenty-five of what is coded is named only in passing (`note`)."""
    shares = {name: float(share) for name, share in raw.items()}
    if "code" in shares and shares["code"] < 1:
        shares["note"] = shares["code"] * 0.04
        shares["code"] -= shares["note"]
    return tuple(shares.items())


def _illness(raw: dict[str, Any]) -> Illness:
    panels_given = raw.get("panels", {})
    tested = float(raw.get("tested", 1.0))
    drawn = (
        tuple((str(name), float(share)) for name, share in panels_given.items())
        if isinstance(panels_given, dict)
        else tuple((str(name), 1.0) for name in panels_given)
    )
    card = raw.get("card", ["clinical", "clinical"])
    low, high = raw.get("delay", [0, 2])
    return Illness(
        id=raw["id"],
        rate=float(raw.get("rate", 0)),
        weight=float(raw.get("weight", raw.get("share", 0))),
        trend=float(raw.get("trend", 1)),
        months=tuple(map(float, raw.get("months", [1] * 12))),
        ages=tuple(map(float, raw["ages"])),
        visits=float(raw.get("visits", 1)),
        delay=(int(low), int(high)),
        hospital=float(raw["hospital"]),
        inpatient=1.0 if raw.get("visit") == "inpatient" else float(raw.get("inpatient", 0)),
        again=float(raw.get("again", 0)),
        departments=tuple(raw["department"]),
        named=_named(raw.get("named", {})),
        complaints=tuple(map(compiled, raw["complaints"])),
        histories=tuple(map(compiled, raw["histories"])),
        diagnoses=tuple((str(code), str(text)) for code, text in raw["diagnoses"]),
        texts=tuple(raw.get("texts", ())),
        vague=tuple((str(code), str(text)) for code, text in raw.get("vague", ())),
        panels=drawn,
        tested=tested,
        card=(card[0], card[1]),
        carded=float(raw.get("carded", 0)),
        herders=float(raw.get("herders", 0)),
        chronic=bool(raw.get("chronic", False)),
        reason=raw.get("reason", ""),
        decoy=raw.get("kind", ""),
        never=tuple(raw.get("not", ())),
    )
