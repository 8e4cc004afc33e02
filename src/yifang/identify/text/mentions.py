"""What a text says, as values: mentions of concepts and the reading of a clause or a whole text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from yifang.identify.model import Assertion
from yifang.identify.text.lexicon import Kind


class Mention(NamedTuple):
    """A concept at [start, end) of its text. `context` is the excluding word of the pack in whose clause it stands."""

    kind: Kind
    concept: str
    start: int
    end: int
    assertion: Assertion
    context: str = ""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says: mentions, temperatures (°C), other vital signs, the patient's age in days where stated.

    `turn`: the clause has no subject and says what became of a disease named before (`text.afterwards`); `settles`:
    it rules a disease out by its name; `told`: symptoms as the trained reader bounds and finds them,
    None where it had nothing to read; `places`: it holds places of the body alone (`text.places`).
    """

    mentions: tuple[Mention, ...] = ()
    temperatures: tuple[float, ...] = ()
    vitals: tuple[tuple[str, float], ...] = ()
    age_days: float | None = None
    turn: Literal["", "over", "ruled_out", "active"] = ""
    settles: bool = False
    told: tuple[Mention, ...] | None = None
    places: tuple[str, ...] = ()

    def with_mentions(self, mentions: tuple[Mention, ...]) -> Reading:
        """The same with other mentions."""
        return replace(self, mentions=mentions)


def answered(reading: Reading) -> Reading:
    """What was asked and answered with no: 咳嗽吗？没有."""
    told = reading.told
    return replace(
        reading,
        mentions=tuple(map(_denied, reading.mentions)),
        told=None if told is None else tuple(map(_denied, told)),
    )


def _denied(mention: Mention) -> Mention:
    return mention._replace(assertion="absent") if mention.assertion == "uncertain" else mention
