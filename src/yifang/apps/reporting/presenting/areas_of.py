"""Which townships a person may choose: those near what is known already, or those that a name or code finds."""

from __future__ import annotations

from yifang.apps.reporting.presenting import words
from yifang.kernel import areas
from yifang.kernel.errors import YifangError
from yifang.knowledge import Region, load

MOST = 30


def choices(chosen: str, reporter: str) -> list[tuple[str, str]]:
    """The chosen area first, then the townships of its county, or of the reporter's county where none is known."""
    code = _normal(chosen)
    near = _townships(code) or _townships(_normal(reporter))
    found = [("", "")]
    if chosen:
        found.append((chosen, words.place(chosen)))
    return found + [(one.code, words.place(one.code)) for one in near if one.code != code]


def search(text: str, reporter: str) -> list[tuple[str, str]]:
    """Townships whose name holds the text or whose code begins with it, those near the reporter first."""
    wanted = text.strip()
    if len(wanted) < 2 and not wanted.isascii():
        found = [one for one in load().regions if one.level == "township" and one.name.startswith(wanted)]
    elif wanted.isascii() and wanted.isdigit():
        found = [one for one in load().regions if one.level == "township" and one.code.startswith(wanted)]
    else:
        found = [one for one in load().regions if one.level == "township" and wanted and wanted in one.name]
    here = _normal(reporter)
    found.sort(key=lambda one: (-_shared(one.code, here), len(one.name), one.code))
    return [(one.code, words.place(one.code)) for one in found[:MOST]]


def _townships(code: str) -> tuple[Region, ...]:
    county = areas.at_level(code, "county") if code else None
    return load().regions.children(county) if county else ()


def _shared(code: str, other: str) -> int:
    """How near two areas are: 3 the same county, 2 the same city, 1 the same province, 0 none."""
    return next((level for level, digits in ((3, 6), (2, 4), (1, 2)) if code[:digits] == other[:digits]), 0)


def _normal(code: str) -> str:
    try:
        return areas.normalise(code) if code else ""
    except YifangError:
        return ""
