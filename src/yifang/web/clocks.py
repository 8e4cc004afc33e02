"""How long is left, in words, and how much it should worry. Pure but for the language of the words.

The browser repeats `words` every half minute (static/web/js/clock.js); the two must say the same, a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _

Tone = Literal["calm", "soon", "late", "kept", "missed"]
SOON = timedelta(hours=2)
ICONS: dict[Tone, str] = {
    "calm": "clock",
    "soon": "hourglass",
    "late": "alert-triangle",
    "kept": "clock-check",
    "missed": "clock-x",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clock shows. `soon` is the stretch before the deadline in which it warns, in seconds."""

    tone: Tone
    text: str
    soon: int


def words(seconds: float) -> str:
    """A length of time in its two largest useful units: 2 天 3 小时, 3 小时 12 分, 5 分."""
    minutes = int(abs(seconds) // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days >= 2:
        parts = [_("{n} 天").format(n=days)] + ([_("{n} 小时").format(n=hours)] if hours else [])
    elif days or hours:
        hours += 24 * days
        parts = [_("{n} 小时").format(n=hours)] + ([_("{n} 分").format(n=minutes)] if minutes else [])
    else:
        parts = [_("{n} 分").format(n=minutes)] if minutes else [_("不到 1 分")]
    return " ".join(parts)


def read(due: datetime, now: datetime, started: datetime | None = None, stopped: datetime | None = None) -> Reading:
    """Read a clock. It warns in the last quarter of its run, or in the last two hours when its start is unknown."""
    soon = min(SOON, (due - started) / 4) if started and started < due else SOON
    seconds = int(soon.total_seconds())
    if stopped is not None:
        over = (stopped - due).total_seconds()
        if over <= 0:
            return Reading("kept", _("按时完成"), seconds)
        return Reading("missed", _("超时 {time}").format(time=words(over)), seconds)
    left = (due - now).total_seconds()
    if left < 0:
        return Reading("late", _("已超 {time}").format(time=words(left)), seconds)
    return Reading("soon" if left <= seconds else "calm", _("剩 {time}").format(time=words(left)), seconds)
