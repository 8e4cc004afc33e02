"""What a clock says and how it worries, from the same instant for everyone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from yifang.web import clocks

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (30, "不到 1 分", "under 1 min"),
        (5 * 60, "5 分", "5 min"),
        (2 * 3600, "2 小时", "2 h"),
        (3 * 3600 + 12 * 60 + 59, "3 小时 12 分", "3 h 12 min"),
        (30 * 3600, "30 小时", "30 h"),
        (-51 * 3600, "2 天 3 小时", "2 d 3 h"),
        (72 * 3600, "3 天", "3 d"),
    ],
)
def test_a_length_of_time_in_words(seconds, zh, en):
    with translation.override("zh-hans"):
        assert clocks.words(seconds) == zh
    with translation.override("en"):
        assert clocks.words(seconds) == en


@pytest.mark.parametrize(
    ("due", "started", "stopped", "tone", "text"),
    [
        (at(24), at(-1), None, "calm", "剩 24 小时"),
        (at(2), at(-22), None, "soon", "剩 2 小时"),
        (at(1.5), None, None, "soon", "剩 1 小时 30 分"),
        # a two-hour clock warns in its last quarter, not from its first minute
        (at(2), at(0), None, "calm", "剩 2 小时"),
        (at(0.5), at(-1.5), None, "soon", "剩 30 分"),
        (at(0), None, None, "soon", "剩 不到 1 分"),
        (at(-2), at(-4), None, "late", "已超 2 小时"),
        (at(2), at(-4), at(1), "kept", "按时完成"),
        (at(-2), at(-4), at(-2), "kept", "按时完成"),
        (at(-3), at(-5), at(-2), "missed", "超时 1 小时"),
    ],
)
def test_a_clock_is_read(due, started, stopped, tone, text):
    with translation.override("zh-hans"):
        reading = clocks.read(due, NOW, started, stopped)
    assert (reading.tone, reading.text) == (tone, text)
