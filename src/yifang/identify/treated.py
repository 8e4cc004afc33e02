"""Whether a note says that days of antibiotics did not help: how long belongs to the treatment, not to the illness.

咳嗽10天,抗感染治疗效果不佳 tells how long the cough has lasted and nothing of how long antibiotics were given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yifang.identify.text.lexicon import fold
from yifang.knowledge.models.triggers import PneumoniaCriteria

_SENTENCE = re.compile(r"[。;\n!]")
_NUMBERS = {word: number for number, word in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_LENGTH = r"(?<![\d月])(?:(?P<days>\d{1,2}|[一二两三四五六七八九十])[余多]?个?[天日]|(?P<weeks>\d|[一二两三四])周)"
# No symptom stands between the treatment and its days, and no other one before them.
_NO_SYMPTOM = r"[^,热咳痰喘痛吐泻促]"
_SINCE = r"(?![余多]?(?:[以之]?前|来|起))"
_NEXT_CLAUSE = r",(?:治疗|用药|疗程|连续|连用|使用|持续|静滴|口服|共计?|已|约|近|满|第){0,3}"
_FOR = re.compile(rf"(?:{_NO_SYMPTOM}{{0,20}}?|{_NO_SYMPTOM}{{0,8}}{_NEXT_CLAUSE}){_LENGTH}{_SINCE}")
_AFTER = re.compile(rf"(?:^|[,经过予给行用受续已院所地了服滴规]){_LENGTH}{_SINCE}[^,热咳痰喘痛后]{{0,8}}$")
_BEGAN = re.compile(
    rf"(?:^|,){_LENGTH}[以之]?前(?:患者|患儿|就诊|于|在|至|开始|起|外院|当地|我院|门诊|社区|医院|诊所|卫生院|卫生室|自行|自服|"
    r"口服|静脉|静滴|滴注|输液|应用|使用|服用|予以|给予|予|给|行|用)*$"
)
_DENIED = re.compile(r"(?:无|未|否认|没有|不)(?:见|明显|完全|再)*$")


class Treatment:
    """The words of one pack."""

    def __init__(self, pack: PneumoniaCriteria) -> None:
        self._days = pack.treatment_days_min
        self._given = re.compile(_any(pack.treatment))
        self._failed = re.compile(_any(pack.failed))
        self._better = re.compile(_any(pack.better))

    def failed(self, text: str) -> str | None:
        """The sentence that says so, else None."""
        text = fold(text)
        if self._failed.search(text) is None:
            return None
        return next((one.strip() for one in _SENTENCE.split(text) if self._says(one)), None)

    def _says(self, sentence: str) -> bool:
        given = list(self._given.finditer(sentence))
        if not given:
            return False
        failures = [one.end() for one in _asserted(self._failed, sentence, given[0].end())]
        if not failures or any(_asserted(self._better, sentence, failures[-1])):
            return False
        lasting: list[int] = []
        began: list[int] = []
        for one in given:
            before = sentence[: one.start()]
            # What follows the failure is told of something else: 抗感染治疗无效,咳嗽5天.
            told = self._failed.split(sentence[one.end() :], maxsplit=1)[0]
            lasting += [_days(found) for found in (_FOR.match(told), _AFTER.search(before)) if found]
            began += [_days(found) for found in (_BEGAN.search(before),) if found]
        return max(lasting or began, default=0) >= self._days


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(fold(word)) for word in sorted(words, key=len, reverse=True))


def _asserted(words: re.Pattern[str], sentence: str, start: int) -> Iterator[re.Match[str]]:
    return (one for one in words.finditer(sentence, start) if not _DENIED.search(sentence[: one.start()]))


def _days(match: re.Match[str]) -> int:
    count = match["days"] or match["weeks"]
    number = int(count) if count.isdigit() else _NUMBERS[count]
    return number if match["days"] else number * 7
