"""The word table and the CRF of `identify.text.spans`, from annotated dialogues.

Two passes. The first, with an L1 penalty, chooses the features; the second, with an L2 penalty on those alone, weighs
them: as good as all of them and a tenth of the size. While training, a word's counts leave out the dialogue at hand,
or every word would look surer than it is in text that nobody has annotated.
"""

from __future__ import annotations

import lzma
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pycrfsuite

from yifang.identify.text.lexicon import fold
from yifang.identify.text.spans import LONGEST, Table, Words, features, flat, marked, without_denial
from yifang.identify.training.cmdd import Dialogue

Split = Callable[[str], Iterable[tuple[int, str]]]
_CHOOSE = {"c1": 0.04, "c2": 0.05, "feature.minfreq": 2, "max_iterations": 50}
_WEIGH = {"c1": 0.0, "c2": 2.0, "feature.minfreq": 2, "max_iterations": 100}
_KEPT_BITS = 44  # of a weight's 52; the rest is noise that does not compress


@dataclass(frozen=True, slots=True)
class Clause:
    """A flat clause, its spans, and for each span its name and whether it is absent
    (None where a doctor says it, whose questions carry the answer)."""

    text: str
    spans: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    absent: tuple[bool | None, ...]


def clauses(dialogue: Dialogue, split: Split) -> Iterator[Clause]:
    """The clauses of a dialogue; a span over a clause's end is cut there."""
    for turn in dialogue:
        for at, part in split(turn.text):
            held = [one for one in turn.spans if at <= one.start < at + len(part)]
            yield Clause(
                flat(fold(part)),
                tuple((one.start - at, min(one.end - at, len(part))) for one in held),
                tuple(one.name for one in held),
                tuple(one.state == "absent" if turn.patient else None for one in held),
            )


class Counts:
    """How often each word is a symptom, and how often it occurs at all, in the whole and in each dialogue."""

    def __init__(self, dialogues: list[list[Clause]]) -> None:
        self._said = [Counter(_words(each)) for each in dialogues]
        self.said = sum(self._said, Counter[str]())
        self._seen = [Counter(_substrings(each, self.said)) for each in dialogues]
        self.seen = sum(self._seen, Counter[str]())

    def mark(self, word: str, without: int) -> str:
        """The mark of a word as the other dialogues know it."""
        return marked(self.said[word] - self._said[without][word], self.seen[word] - self._seen[without][word])


def _words(clauses: Iterable[Clause]) -> Iterator[str]:
    for one in clauses:
        for start, end in one.spans:
            if end - start <= LONGEST:
                yield one.text[start:end]


def _substrings(clauses: Iterable[Clause], known: Counter[str]) -> Iterator[str]:
    for one in clauses:
        for start in range(len(one.text)):
            for end in range(start + 1, min(start + LONGEST, len(one.text)) + 1):
                if one.text[start:end] in known:
                    yield one.text[start:end]


def word_table(dialogues: list[list[Clause]], counts: Counts, listed: Iterable[str] = ()) -> Words:
    """What identification keeps of the words: counts, the commonest name, and which of them deny their own symptom.

    `listed` words of the packs that the dialogues hold without ever calling them a symptom are kept too, as said never.
    """
    names: dict[str, Counter[str]] = {}
    told: Counter[str] = Counter()
    absent: Counter[str] = Counter()
    for each in dialogues:
        for clause in each:
            for (start, end), name, of_patient in zip(clause.spans, clause.names, clause.absent, strict=True):
                word = clause.text[start:end]
                names.setdefault(word, Counter())[name] += 1
                told[word] += of_patient is not None
                absent[word] += of_patient is True
    common = {word: max(sorted(names[word]), key=names[word].__getitem__) for word in sorted(counts.said)}
    table = Words({word: (counts.said[word], counts.seen[word]) for word in common}, common, frozenset())
    denied = {word for word in common if denies(word, told[word], absent[word], table)}
    texts = [clause.text for each in dialogues for clause in each]
    unsaid = {word: (0, seen) for word in sorted(listed) if word not in common and (seen := _held(word, texts))}
    return Words({**table.seen, **unsaid}, {**common, **dict.fromkeys(unsaid, "")}, frozenset(denied))


def _held(word: str, texts: list[str]) -> int:
    return sum(text.count(word) for text in texts)


def denies(word: str, told: int, absent: int, table: Words) -> bool:
    """Whether a word denies its own symptom: patients who say it have none, or it is a symptom's word denied."""
    bare = without_denial(word)
    if bare == word or 2 * absent < told:
        return False
    return 2 * absent > told or (table.names.get(bare) == table.names[word] and marked(*table.seen[bare]) != "")


def as_rows(words: Words) -> str:
    """The word table as it is kept (`text.spans.table_rows` reads it)."""
    rows = (
        f"{word}\t{said}\t{seen}\t{words.names[word]}\t{'-' if word in words.denied else ''}\n"
        for word, (said, seen) in words.seen.items()
    )
    return "".join(rows)


def labels(clause: Clause) -> list[str]:
    """B I E or S for the characters of spans, O for the others."""
    found = ["O"] * len(clause.text)
    for start, end in clause.spans:
        found[start:end] = ["S"] if end - start == 1 else ["B", *("I" * (end - start - 2)), "E"]
    return found


def train(dialogues: list[list[Clause]], counts: Counts) -> bytes:
    """The weights, packed. The same dialogues give the same bytes."""
    table = Table((word, marked(said, counts.seen[word])) for word, said in counts.said.items())
    chosen: set[str] | None = None
    for settings in (_CHOOSE, _WEIGH):
        trainer = pycrfsuite.Trainer(verbose=False, algorithm="lbfgs", params=settings)
        for number, each in enumerate(dialogues):
            for clause in each:
                matches = table.matches(clause.text, lambda word, without=number: counts.mark(word, without))  # type: ignore[misc]
                if not any(matches):
                    continue  # the reader does not read it either
                seen = features(clause.text, matches)
                if chosen is not None:
                    seen = [[one for one in row if one in chosen] for row in seen]
                trainer.append(seen, labels(clause))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            trainer.train(str(path))
            weights = path.read_bytes()
        if chosen is None:
            tagger = pycrfsuite.Tagger()
            tagger.open_inmemory(weights)
            chosen = {attribute for attribute, _ in tagger.info().state_features}
    return lzma.compress(rounded(weights), preset=9 | lzma.PRESET_EXTREME)


def rounded(model: bytes) -> bytes:
    """The weights of a CRFsuite model without their last bits, which are noise and do not compress."""
    at = struct.unpack_from("<I", model, 28)[0]
    kind, _, number = struct.unpack_from("<4sII", model, at)
    if kind != b"FEAT":
        raise ValueError("not a CRFsuite model")
    bare = bytearray(model)
    row = np.dtype([("kind", "<u4"), ("source", "<u4"), ("target", "<u4"), ("weight", "<u8")])
    rows = np.frombuffer(bare, row, number, at + 12)
    half, mask = np.uint64(1 << (_KEPT_BITS - 1)), np.uint64(2**64 - (1 << _KEPT_BITS))
    rows["weight"] = (rows["weight"] + half) & mask
    return bytes(bare)
