"""Symptoms as people tell them: the spans of the trained reader, named and asserted with the dictionary's rules.

A span takes the concepts that the dictionary finds in it; words that no pack lists get the name that the annotated
dialogues give them. What is said of them (there, denied, of somebody else) the same rules decide as for listed words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from yifang.identify.text import measures
from yifang.identify.text.lexicon import ADJACENT, Kind, Lexicon, Word, fold
from yifang.identify.text.mentions import Mention
from yifang.identify.text.spans import SpanReader, Told

_CACHE_LIMIT = 20_000
_MOSTLY = 0.3
_SYMPTOM: Kind = "symptom"
Tokens = list[tuple[int, Word]]
Assert = Callable[[str, Tokens], tuple[Mention, ...]]
# What may stand between listed words in a plain list: 咳嗽、流涕3天.
_PLAIN = re.compile(r"[\d一二两三四五六七八九十半几余多约近、和及与或伴/.:~℃°度天日周月年个小时分次 -]*")
# 36.8℃, 37度 are no fever, WBC 12.3 is no temperature.
_DEGREES = re.compile(r"(\d+)(?:[.度](\d+))?(?:度|℃|°C?|C)?")
_FEVER, _HIGHEST = 37.3, 43.0
_DENIED_ALONE = re.compile(
    "(?:还|也|都|倒是?|就|又|再|是|现在|今[天晚]|昨[天晚]|前天|目前|宝宝|孩子|小孩|他|她|后来|一直|之[前后]|以后|晚上|白天|夜里|早上|上午|中午|"
    "下午|第.天|到现在|这[几两]天|平时|暂时|基本上?|从来|几乎|完全|[大小]便|身上)*+"
    "(没有?什么|没有?再?|不再?会?|不怎么)(?![有会了呢啊的过呀哦])(.{1,5}?)(?:[了呢啊的过呀哦吧]*|过?呢)"
)


class ToldReader:
    """The trained reader beside one dictionary; `decide` asserts the concepts of tokens (`scan.Scanner`).

    `silent`: concepts that only serve rules and name nothing.
    """

    def __init__(self, spans: SpanReader, lexicon: Lexicon, decide: Assert, silent: frozenset[str]) -> None:
        self._spans, self._lexicon, self._decide, self._silent = spans, lexicon, decide, silent
        self._named: dict[str, Word] = {}

    def read(
        self, clause: str, tokens: Tokens, mentions: tuple[Mention, ...], alone: bool
    ) -> tuple[Mention, ...] | None:
        """The symptoms told in a folded clause; None where the dictionary's reading stands as it is.

        `alone`: a line by itself, of which nobody says that it is a medical record; there the dictionary's words
        are held to what dialogues call a symptom.

        In a record a span that is the name of a disease of the packs stays that disease's; in a line it is both.
        """
        if mentions and self._plain(clause, tokens):
            return None
        spans = self._spans.spans(clause)
        if spans and measures.has_number(clause):
            spans = [one for one in spans if _is_told(clause, one)]
        if not spans:
            denied = self._denied_alone(clause)
            if spans is None and not denied and not (alone and mentions):
                return None
            spans = denied
        heard = [one for one in mentions if one.kind == "symptom" and one.concept not in self._silent]
        named = {(one.start, one.end): one for one in mentions if one.kind == "disease"}
        words: dict[int, Word] = {}
        listed: dict[tuple[int, str], Mention] = {}
        for start, end in spans:
            if (start, end) in named and not alone:
                continue
            within = [one for one in heard if start <= one.start and one.end <= end]
            listed |= {(start, one.concept): one for one in within}
            words[start] = self._word(clause[start:end], tuple(dict.fromkeys(one.concept for one in within)))
        found = self._asserted(clause, tokens, words) if words else []
        told = [
            _stricter(one, listed.get((one.start, one.concept)) or named.get((one.start, one.end))) for one in found
        ]
        told += (one for one in heard if self._stands(one, spans, alone))
        return tuple(sorted(map(self._denied, told), key=lambda one: one.start))

    def _denied_alone(self, clause: str) -> list[Told]:
        """没有血, 不拉: who denies one thing and says nothing else answers a question about a symptom."""
        match = _DENIED_ALONE.fullmatch(clause)
        if match is None:
            return []
        whole = Told(match.start(1), match.end(2))
        if self._spans.names(clause[whole.start : whole.end], _MOSTLY):
            return [whole]
        return [Told(*match.span(2))] if self._spans.names(match.group(2), _MOSTLY) else []

    def _stands(self, mention: Mention, spans: list[Told], alone: bool) -> bool:
        """Whether a symptom of the dictionary stands although the trained reader does not see it."""
        if any(start < mention.end and mention.start < end for start, end in spans):
            return False
        word = mention.clause[mention.start : mention.end]
        return not (self._spans.heard(word) if alone else self._spans.knows(word))

    def _asserted(self, clause: str, tokens: Tokens, words: dict[int, Word]) -> list[Mention]:
        ends = {start: start + len(word.text) for start, word in words.items()}
        kept: Tokens = []
        for at, word in tokens:
            cut = next((start for start, end in ends.items() if at < end and start < at + len(word.text)), None)
            if cut is None:
                kept.append((at, word))
            elif at == cut and self._spans.name(words[cut].text)[1]:
                kept.append((at, word))  # the denial in 没痰 reaches on: 没痰和喘
            elif at < cut and (front := self._lexicon.word(clause[at:cut])):  # 不过 is none in 不过敏
                kept.append((at, front))
        told = self._decide(clause, sorted([*kept, *words.items()], key=lambda token: token[0]))
        return [one for one in told if one.end == ends.get(one.start)]

    def _word(self, text: str, listed: tuple[str, ...]) -> Word:
        """A told word: with the concepts `listed` in it, else those of its name in the packs, else its name."""
        if listed:
            return Word(text, tuple((_SYMPTOM, one, 0, len(text)) for one in listed))
        word = self._named.get(text)
        if word is None:
            if len(self._named) >= _CACHE_LIMIT:
                self._named.clear()
            name, _ = self._spans.name(text)
            entry = self._lexicon.word(fold(name))
            ids = [one for kind, one, *_ in entry.concepts if kind == "symptom" and "#" not in one] if entry else []
            word = self._named[text] = Word(text, tuple((_SYMPTOM, one, 0, len(text)) for one in ids or (name,)))
        return word

    def _denied(self, mention: Mention) -> Mention:
        """不咳 says by itself that there is no cough."""
        if mention.assertion == "present":
            _, denies = self._spans.name(mention.clause[mention.start : mention.end])
            if denies:
                return mention._replace(assertion="absent")
        return mention

    def _plain(self, clause: str, tokens: Tokens) -> bool:
        """Whether a clause holds nothing but words that both readers know, numbers and what joins them."""
        at = 0
        for start, word in tokens:
            if word.roles & ADJACENT or word.text[0].isdigit():  # 不咳, 39度多: bounded as they are told
                return False
            if word.concepts and not self._spans.knows(word.text):
                return False
            if not _PLAIN.fullmatch(clause, at, start):
                return False
            at = start + len(word.text)
        return _PLAIN.fullmatch(clause, at) is not None


def _is_told(clause: str, span: Told) -> bool:
    """Whether a span that is a bare number is a fever."""
    match = _DEGREES.fullmatch(clause, span.start, span.end)
    return match is None or _FEVER <= float(f"{match.group(1)}.{match.group(2) or 0}") <= _HIGHEST


def _stricter(told: Mention, listed: Mention | None) -> Mention:
    """What is said of a told word; what the dictionary takes back stays taken back."""
    if listed is not None and listed.assertion != "present" and told.assertion == "present":
        return told._replace(assertion=listed.assertion)
    return told
