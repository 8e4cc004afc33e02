"""Numbers in a clause: temperature and other vital signs, durations, counts, age words. Not for laboratory values.

Every function takes a folded clause (`lexicon.fold`) and gives plain numbers; what is not said gives nothing.
"""

from __future__ import annotations

import re

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "半": 0.5}
_NUMBER = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十半]+)"
_UNIT_DAYS = {
    "小时": 1 / 24, "天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "个月": 30, "年": 365,
}  # fmt: skip

_TEMPERATURE = re.compile(
    r"(?<![\d.])(3[4-9]|4[0-3])(?:\.(\d)\d?)?\s*(?:℃|°C|゜C|度|摄氏度|C\b)(半|[1-9](?!\d|天|次|日))?"
    r"|(?:体温|热峰|T|TMAX|烧到|热至|烧|发热|高热)[:为至达到了最高约 ]{0,4}(3[4-9]|4[0-3])(?:\.(\d))?"
    r"(?![\d年月日天岁%/次])"
)
_BELOW = re.compile(r"(?:未超过|不超过|没超过|低于|不高于|未达|<|≤|不到)\s*$")
_DATE = re.compile(r"\d{1,4}[年.]\d{1,2}月(?:\d{1,2}日)?|\d{1,2}月\d{1,2}[日号]|\d{4}年")
_DURATION = re.compile(_NUMBER + r"\s*(?:多|余|来|\+)?\s*(小时|天|日|周|星期|礼拜|个月|月|年)(半)?(?![龄前]?岁)")
_HALF_MONTH = re.compile(r"半(?:个)?月")
_COUNT = re.compile(r"(\d+|[一二两三四五六七八九十]+)(?:\s*[-~至到]\s*(\d+))?\s*(?:余|多)?次")
_SPOKEN_COUNT = {"数次": 3, "多次": 3, "反复": 3, "频繁": 3}
_PER_DAY = re.compile(r"/日|/天|/D|每日|每天|日内|24小时|一天|1天|今日|今天")
_VITALS = {
    "spo2": re.compile(r"(?:SPO2|血氧(?:饱和度)?|氧饱和度)[:为约 ]{0,3}(\d{2,3})\s*%?"),
    "rr": re.compile(r"(?:呼吸|RR|(?<![A-Z])R)[:为约 ]{0,3}(\d{2})\s*次?/?分?"),
    "sbp": re.compile(r"(?:血压|BP)[:为约 ]{0,3}(\d{2,3})\s*/\s*\d{2,3}"),
    "gcs": re.compile(r"GCS(?:评分)?[:为约 ]{0,3}(\d{1,2})"),
}
_ARABIC = re.compile(r"\d")
_VITAL_WORDS = re.compile("SPO2|氧|呼吸|R|血压|BP|GCS")
_AGE_WORDS = re.compile("[后龄男女患婴年]")
_AGE = re.compile(
    r"(?:生后|出生后?|日龄)[:第约]?"
    + _NUMBER
    + r"\s*(小时|天|日|周|个月|月)|"
    + _NUMBER
    + r"\s*(天|日|周|个月|月|岁)(?:龄|大)?(?=的?[男女患婴])|(?:年龄|现年|患[者儿][,:]?[男女]?[,,]?)[:]?"
    + _NUMBER
    + r"\s*(天|个月|月|岁)(?![前来余])"
)


def has_number(clause: str) -> bool:
    """Whether the clause holds a digit at all: nothing is measured without one."""
    return _ARABIC.search(clause) is not None


def number(text: str) -> float:
    """An Arabic or small Chinese number: `12`, `三`, `十五`, `二十`, `半`."""
    if text[0].isdigit():
        return float(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return float((_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0))
    return float(_DIGITS.get(text[0], 0) + (0.5 if len(text) > 1 and text[-1] == "半" else 0))


def temperatures(clause: str) -> list[float]:
    """Body temperatures in degrees Celsius; `体温未超过38℃` gives none."""
    found = []
    for match in _TEMPERATURE.finditer(clause):
        whole, tenth, spoken, bare, bare_tenth = match.groups()
        if _BELOW.search(clause[: match.start()]):
            continue
        value = float(whole or bare) + float(tenth or bare_tenth or 0) / 10
        if spoken and not tenth:
            value += 0.5 if spoken == "半" else int(spoken) / 10
        found.append(round(value, 1))
    return found


def durations(clause: str) -> list[float]:
    """Lengths of time in days: `咳嗽20天` → 20, `半个月` → 15, `2周` → 14. Dates (`3月5日`) are none."""
    text = _DATE.sub(lambda match: "#" * len(match.group()), clause)
    found = [15.0 for _ in _HALF_MONTH.finditer(text)]
    text = _HALF_MONTH.sub("##", text)
    for match in _DURATION.finditer(text):
        days = number(match.group(1)) * _UNIT_DAYS[match.group(2)]
        found.append(days + (_UNIT_DAYS[match.group(2)] / 2 if match.group(3) else 0))
    return found


def count_after(clause: str, end: int) -> float | None:
    """How many times what ends at `end` happened in a day: the number with 次 after it, divided over a stated span."""
    match = _COUNT.search(clause, end)
    if match is None or match.start() - end > 8:
        return None
    times = max(number(match.group(1)), number(match.group(2) or match.group(1)))
    days = max(durations(clause), default=1.0)
    return times / days if days > 1 and not _PER_DAY.search(clause) else times


def vitals(clause: str) -> dict[str, float]:
    """Vital signs other than temperature: spo2 (%), rr (/min), sbp (mmHg), gcs."""
    if _VITAL_WORDS.search(clause) is None:
        return {}
    return {name: float(match.group(1)) for name, pattern in _VITALS.items() if (match := pattern.search(clause))}


def age_days(clause: str) -> float | None:
    """The patient's age where a clause states it (`生后5天`, `3岁患儿`)."""
    match = _AGE.search(clause) if _AGE_WORDS.search(clause) else None
    if match is None:
        return None
    value, unit = next((match.group(at), match.group(at + 1)) for at in (1, 3, 5) if match.group(at))
    return number(value) * ({"岁": 365.25} | _UNIT_DAYS)[unit]
