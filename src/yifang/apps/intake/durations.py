"""Lengths of time as a person types them: `30s`, `5m`, `2h`, `1d`, `2w`. Pure."""

import re
from datetime import timedelta

from yifang.kernel.errors import UserError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WRITTEN = re.compile(r"(\d{1,6})\s*([smhdw])")


def duration(text: str) -> timedelta:
    """The length. Raises UserError `intake.duration`."""
    match = _WRITTEN.fullmatch(text.strip().lower())
    found = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not found:
        raise UserError("intake.duration", text=text)
    return found


def written(length: timedelta) -> str:
    """As short as it can be typed again."""
    seconds = int(length.total_seconds())
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
