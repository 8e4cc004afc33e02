"""Sections of clinical documents, by LOINC code or heading, and plain text out of their markup.

Shared by CDA and FHIR compositions. Which section a text stands in matters to identification: a past history is not a
complaint.
"""

from __future__ import annotations

import html
import re

from yifang.formats.canonical import Section

_BY_CODE: dict[str, Section] = {
    "10154-3": "complaint", "29299-5": "complaint", "46239-0": "complaint", "10164-2": "history",
    "10157-6": "past_history",
    "11348-0": "past_history", "10153-2": "past_history", "29545-1": "exam", "10187-3": "exam", "8716-3": "exam",
    "18748-4": "imaging", "30954-2": "laboratory", "26436-6": "laboratory", "11450-4": "diagnosis",
    "29548-5": "diagnosis",
    "46241-6": "diagnosis", "11535-2": "diagnosis", "51848-0": "diagnosis", "18776-5": "plan", "18842-5": "diagnosis",
    "51847-2": "plan", "8648-8": "history", "29762-2": "epidemiology", "10162-6": "past_history",
    "10167-5": "past_history",
    "11329-0": "past_history", "47420-5": "other", "11383-7": "other", "42349-1": "complaint", "34109-9": "other",
    "60591-5": "diagnosis", "42347-5": "diagnosis", "46240-8": "other", "11369-6": "other", "10160-0": "other",
    "48765-2": "past_history", "55752-0": "other", "88085-6": "laboratory", "55112-7": "other",
    "10184-0": "past_history",
    "11334-8": "history", "56836-0": "past_history",
}  # fmt: skip
# Headings, the more particular first.
_BY_HEADING: tuple[tuple[str, Section], ...] = (
    ("流行病学", "epidemiology"), ("接触史", "epidemiology"), ("旅居", "epidemiology"), ("主诉", "complaint"),
    ("现病史", "history"), ("既往史", "past_history"), ("个人史", "past_history"), ("婚育", "past_history"),
    ("月经", "past_history"), ("家族史", "past_history"), ("过敏", "past_history"), ("手术史", "past_history"),
    ("传染病史", "past_history"), ("预防接种", "past_history"), ("输血", "past_history"), ("体格检查", "exam"),
    ("查体", "exam"), ("生命体征", "exam"), ("影像", "imaging"), ("辅助检查", "imaging"), ("检查", "imaging"),
    ("实验室", "laboratory"), ("检验", "laboratory"), ("诊断", "diagnosis"), ("健康问题", "diagnosis"), ("评估",
    "diagnosis"),
    ("治疗", "plan"), ("医嘱", "plan"), ("处置", "plan"), ("用药", "plan"), ("计划", "plan"), ("病史", "history"),
    ("症状", "complaint"), ("chief complaint", "complaint"), ("reason for visit", "complaint"), ("symptom",
    "complaint"),
    ("history of present", "history"), ("hospital course", "history"), ("past medical", "past_history"),
    ("family history", "past_history"), ("travel", "epidemiology"), ("exposure", "epidemiology"),
    ("social history", "epidemiology"), ("physical exam", "exam"), ("vital sign", "exam"), ("imaging", "imaging"),
    ("radiolog", "imaging"), ("findings", "imaging"), ("impression", "imaging"), ("result", "laboratory"),
    ("problem", "diagnosis"), ("diagnos", "diagnosis"), ("assessment", "diagnosis"), ("plan", "plan"),
)  # fmt: skip
_BREAKS = re.compile(r"<(?:br|/p|/tr|/li|/div|/paragraph|/item|/caption|/h\d|/title)\b[^>]*>", re.IGNORECASE)
_CELLS = re.compile(r"</(?:td|th)\s*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[ \t\r\f\v ]+")


def section_of(codes: list[str], heading: str) -> Section:
    """The section of a LOINC code, else of a heading in Chinese or English, else `other`."""
    for code in codes:
        if code in _BY_CODE:
            return _BY_CODE[code]
    lowered = heading.lower()
    return next((section for word, section in _BY_HEADING if word in lowered), "other")


def strip_markup(text: str) -> str:
    """The words of an XHTML or CDA fragment: a line for each block, cells apart by a blank, entities resolved."""
    if "<" in text:
        text = _TAGS.sub("", _CELLS.sub(" ", _BREAKS.sub("\n", text)))
    return tidy(html.unescape(text))


def tidy(text: str) -> str:
    """Blanks within a line collapsed, blank lines dropped."""
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
