"""Whatever arrives as text is read: long, foreign, broken; in time that grows no faster than the text."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

_LONG = 20_000
_MOST_SECONDS = 3.0  # of this core; what grew with the square took minutes
# What is likely to make a reader look back, or try many ways: words without marks, turns, lists, headings, places.
UNITS = [
    "咳嗽", "没有", "没有咳嗽", "不咳不吐", "倒是", "还也都", "可能", "排除流感", "流感", "流感待排，已排除，",
    "流感待排，已排除流感，", "3年前患水痘，已愈，", "HBsAg阳性", "HBsAg阳性，", "既往史：", "既往史：肝炎",
    "妈妈发烧", "班里有", "手上，脚上，", "手上红点，脚上，", "现目前今均都", "经治疗后", "呕吐3次", "咳嗽3天",
    "38.5℃", "1:", "(", "?", "？", " ", "\t", "\r", "a", "cough,", "a,b or ", "no cough, fever or rash, ",
    "<p>咳嗽&nbsp;</p>", "😷咳嗽", "\x00\x01", "e\u0301", "咳\u200b嗽", "\U00020000", "發燒", "ＨＢｓＡｇ阳性",
]  # fmt: skip


@pytest.mark.parametrize("section", ["history", "other", "imaging"])
def test_a_long_text_takes_time_as_its_length(identifier, make, section):
    identifier.identify([make(note="咳嗽3天", section=section)])
    slow = {}
    for unit in UNITS:
        text = unit * (_LONG // len(unit))
        started = time.process_time()
        identifier.identify([make(note=text, section=section)])
        spent = time.process_time() - started
        if spent > _MOST_SECONDS:
            slow[unit] = spent
    assert slow == {}


def test_a_megabyte_is_read(identifier, make):
    text = "宝宝昨天发烧38.5度，没有咳嗽。" * 60_000
    started = time.process_time()
    [outcome] = identifier.identify([make(note=text, section="other")])
    assert time.process_time() - started < 4 * _MOST_SECONDS
    assert {(one.concept, one.assertion) for one in outcome.findings if one.kind == "symptom"} >= {
        ("fever", "present"),
        ("cough", "absent"),
    }


_PIECES = st.sampled_from(
    [*UNITS, "发烧", "宝宝", "，", "。", "、", "和", "手足口病", "昨天", "了", "\n", "\u2028", "\ud7ff", "\ufffd"]
)
_TEXT = st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=40).map("".join)


@settings(max_examples=80, deadline=None)
@given(text=_TEXT, section=st.sampled_from(["complaint", "other", "imaging", "past_history"]))
def test_any_text_is_read_and_every_finding_stands_where_it_says(identifier, make, text, section):
    [outcome] = identifier.identify([make(note=text, section=section)])
    spans = set()
    for one in outcome.findings:
        if one.start is not None and one.end is not None:
            assert text[one.start : one.end] == one.text != ""
            if one.kind == "symptom":
                spans.add((one.start, one.end))
    if section in ("complaint", "other"):
        ordered = sorted(spans)
        assert all(before[1] <= after[0] for before, after in pairwise(ordered))


WRITTEN_OTHERWISE = [
    ("發燒３天，咳嗽", {"fever", "cough"}),
    ("发热３８．５℃，咳嗽", {"fever", "cough"}),
    ("<p>发热</p><br/>咳嗽&nbsp;3天", {"fever", "cough"}),
    ("发热😷咳嗽🤒", {"fever", "cough"}),
    ("\ufeff发热\x00咳嗽\x07", {"fever", "cough"}),
    ("  发热\u3000\u3000咳嗽\u2028", {"fever", "cough"}),
]


@pytest.mark.parametrize(("text", "concepts"), WRITTEN_OTHERWISE, ids=[row[0] for row in WRITTEN_OTHERWISE])
def test_wide_traditional_marked_up_and_decorated_text(identifier, make, text, concepts):
    [outcome] = identifier.identify([make(note=text)])
    assert {one.concept for one in outcome.findings if one.kind == "symptom" and one.assertion == "present"} >= concepts
