"""Where a sentence of plain Chinese tells of symptoms: a small linear-chain CRF beside the dictionary.

It finds the words as people say them (拉肚子拉得厉害, 精神不太好), the dictionary and its rules say what they mean and
whether they are said of the patient. Weights and word table lie in `model/`, with their origin; `yifang identify
train` makes them again. A clause is read by itself, so readings can be cached.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import pycrfsuite

LONGEST = 10  # characters of a word of the table
WEIGHTS, WORDS = "spans.crf.xz", "words.tsv"
_DIGITS = {ord(char): "0" for char in "123456789"}
_NEVER, _OFTEN = (0, 0), 5
_DENIAL = re.compile("(?:也|都|还)?(?:没有|没|不太|不怎么|不是很|不是|不会|不|无|未)")
_NAMING = 0.05
_WORTH = 0.37  # below half of the F1 to be had a span costs more than it brings; the L2 penalty draws chances in
_RARE = 0.03  # a word that is a symptom less often than this says nothing
_SHARES = ((0.1, "0"), (0.3, "1"), (0.6, "2"), (0.85, "3"))


class Told(NamedTuple):
    """A symptom as somebody told it, at [start, end) of its clause."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Words:
    """What the annotated dialogues call a symptom: word → how often as a symptom, how often at all; and its name."""

    seen: Mapping[str, tuple[int, int]]
    names: Mapping[str, str]
    denied: frozenset[str]  # words that deny their own symptom: 不咳 is 咳嗽, absent


class SpanReader:
    """The trained reader; `spans(clause)` of a folded clause."""

    def __init__(self, weights: bytes, words: Words) -> None:
        self._weights = weights  # the tagger reads from this memory as long as it lives
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(weights)
        self.words = words
        self._table = Table((word, marked(*counts)) for word, counts in words.seen.items())

    def spans(self, clause: str) -> list[Told] | None:
        """The symptoms told in a folded clause, without overlap, in order; None where it holds no word of the table."""
        plain = flat(clause)
        matches = self._table.matches(plain)
        if not any(matches):
            return None
        found = bounds(self._tagger.tag(features(plain, matches)))
        likely = self._likely(matches, found)
        return sorted([*found, *likely]) if likely else found

    def _likely(self, matches: list[tuple[int, int, str] | None], found: list[Told]) -> list[Told]:
        """Words of the table that the best reading leaves out, but that are as likely as is worth a mistake."""
        likely: list[Told] = []
        for start, length in dict.fromkeys(match[:2] for match in matches if match is not None):
            end = start + length
            if any(one.start < end and start < one.end for one in (*found, *likely)):
                continue
            first, last = ("S", "S") if length == 1 else ("B", "E")
            chance = min(self._tagger.marginal(first, start), self._tagger.marginal(last, end - 1))
            if chance >= _WORTH:
                likely.append(Told(start, end))
        return likely

    def knows(self, word: str) -> bool:
        """Whether the word was met so often that leaving it out is a decision (止咳药水 holds no cough)."""
        said, seen = self.words.seen.get(flat(word), _NEVER)
        return said > 0 and seen >= _OFTEN

    def heard(self, word: str) -> bool:
        """Whether the dialogues hold the word at all; never called a symptom, it was none where they held it."""
        return flat(word) in self.words.seen

    def names(self, word: str, share: float = _NAMING) -> bool:
        """Whether the word was met as a symptom, and not only once in many."""
        said, seen = self.words.seen.get(flat(word), _NEVER)
        return said > 0 and said >= share * seen

    def name(self, word: str) -> tuple[str, bool]:
        """The name that the annotated dialogues give to a word (the word itself if none); whether it denies itself."""
        plain = flat(word)
        name = self.words.names.get(plain)
        bare = without_denial(plain)
        if name is None and bare != plain:
            # 嗓子没哑 and 喉咙没有痰, never met, are 嗓子哑 and 痰 denied; 不爱吃饭, met, is a symptom of its own.
            for known in (bare, _DENIAL.split(plain, maxsplit=1)[1]):
                if self.names(known):
                    return self.words.names[known], True
        return name or word, plain in self.words.denied


def without_denial(word: str) -> str:
    """A word without the first denial in it; the word itself where it has none."""
    return _DENIAL.sub("", word, count=1)


class Table:
    """The longest word of the table over each character of a clause."""

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        self._marks = {word: mark for word, mark in words if mark}
        lengths: dict[str, set[int]] = {}
        for word in self._marks:
            lengths.setdefault(word[0], set()).add(len(word))
        self._lengths = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}

    def matches(self, clause: str, mark: Callable[[str], str] | None = None) -> list[tuple[int, int, str] | None]:
        """For each character (start, length, mark) of the longest word that holds it; `mark` judges anew."""
        best: list[tuple[int, int, str] | None] = [None] * len(clause)
        for start, char in enumerate(clause):
            for length in self._lengths.get(char, ()):
                word = clause[start : start + length]
                if len(word) < length or word not in self._marks:
                    continue
                said = self._marks[word] if mark is None else mark(word)
                if not said:
                    continue
                for place in range(start, start + length):
                    held = best[place]
                    if held is None or length > held[1]:
                        best[place] = (start, length, said)
        return best


def flat(clause: str) -> str:
    """A folded clause with every digit 0, so that 38.5 and 39.2 look alike; offsets hold."""
    return clause.translate(_DIGITS)


def marked(said: int, seen: int) -> str:
    """How surely a word is a symptom (0 to 4) and on how many occasions (a to c) that rests; empty: it says nothing."""
    if said <= 0 or said < _RARE * seen:
        return ""
    share = said / seen
    sure = next((mark for most, mark in _SHARES if share < most), "4")
    return sure + ("a" if said == 1 else "b" if said < 4 else "c")


def features(clause: str, matches: list[tuple[int, int, str] | None]) -> list[list[str]]:
    """What the CRF sees of each character: its neighbours to three characters, and the table's word over it."""
    size = len(clause)
    padded = f"^^^{clause}$$$"
    marks = ["O"] * size
    for place, match in enumerate(matches):
        if match is not None:
            start, length, said = match
            where = "S" if length == 1 else "B" if place == start else "E" if place == start + length - 1 else "I"
            marks[place] = "G" + where + said
    edged = ["-", *marks, "-"]
    found = []
    for place in range(size):
        a, b, c, d, e, f, g = tuple(padded[place : place + 7])
        before, mark, after = edged[place : place + 3]
        one = [
            "a" + b, "b" + c, "c" + d, "d" + e, "e" + f,
            "f" + b + c, "g" + c + d, "h" + d + e, "i" + e + f,
            "j" + c + d + e, "k" + b + c + d, "l" + d + e + f, "m" + c + e,
            "n" + a + b + c, "o" + e + f + g,
            "p" + b + c + d + e, "q" + c + d + e + f, "r" + a + b + c + d, "s" + d + e + f + g,
            "T" + before + mark + after, "U" + mark + "|" + after + d, "V" + before + "|" + mark + c,
        ]  # fmt: skip
        match = matches[place]
        if match is not None:
            start, length, _ = match
            first, last = start + 3, start + length + 3
            left, right = padded[first - 2 : first], padded[last : last + 2]
            one += (
                mark, "H" + mark[1:3] + str(min(length, 4)),
                "W" + mark + left[1], "X" + mark + right[0], "Y" + mark + left, "Z" + mark + right,
            )  # fmt: skip
        found.append(one)
    return found


def bounds(labels: Iterable[str]) -> list[Told]:
    """Spans of labels B I E S O; a broken sequence is read as far as it makes sense."""
    found: list[Told] = []
    start: int | None = None
    place = -1
    for place, label in enumerate(labels):
        if label in "BSO" and start is not None:
            found.append(Told(start, place))
            start = None
        if label in "BS" or (label in "IE" and start is None):
            start = place
    if start is not None:
        found.append(Told(start, place + 1))
    return found


def table_rows(text: str) -> Words:
    """The word table as it is kept: word, times a symptom, times seen, name, `-` where it denies itself."""
    seen: dict[str, tuple[int, int]] = {}
    names: dict[str, str] = {}
    denied: set[str] = set()
    for line in text.splitlines():
        word, said, times, name, denies = line.split("\t")
        seen[word] = int(said), int(times)
        if name:
            names[word] = name
        if denies == "-":
            denied.add(word)
    return Words(seen, names, frozenset(denied))


def unpacked(weights: bytes) -> bytes:
    """Weights as they are kept → as the tagger reads them."""
    return lzma.decompress(weights)


@cache
def shipped() -> SpanReader:
    """The reader that comes with the program."""
    folder = resources.files("yifang.identify.text").joinpath("model")
    weights = unpacked(folder.joinpath(WEIGHTS).read_bytes())
    return SpanReader(weights, table_rows(folder.joinpath(WORDS).read_text(encoding="utf-8")))
