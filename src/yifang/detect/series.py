"""Lines of a table → series on a whole time axis of their own; a step without a line is a missing count.

Each series starts at its own first line; several of one cadence make a matrix (`matrices`), short ones filled up with
NaN at the end, which no method looks at from before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from yifang.detect import cadence
from yifang.detect.cadence import Cadence
from yifang.detect.result import Floats
from yifang.detect.table import Line, Problem, TableError
from yifang.kernel import messages

FREQ_OF_T = 52.0  # steps a year where a series has no dates
LONGEST = 40_000  # steps of a series: a century of days; more is a slip in t or in a date
_CELLS = 2_000_000  # of a matrix


@dataclass(frozen=True, slots=True)
class Series:
    """A series: name, t of its first step, date of each step (None where it has none), counts, population, cadence."""

    name: str
    start: int
    days: list[date | None]
    observed: Floats
    population: Floats
    freq: float


def assembled(lines: Iterable[Line], path: str, problems: Iterable[Problem] = ()) -> list[Series]:
    """The series in the order in which the table first names them.

    With t on every line of a series, t is its axis; else its dates are, and t counts from 1 at the first. Raises
    TableError for lines without either, repeated lines, dates off the cadence and axes longer than `LONGEST`, together
    with the `problems` that reading them found.
    """
    by_name: dict[str, list[Line]] = {}
    for line in lines:
        by_name.setdefault(line.series, []).append(line)
    problems = list(problems)
    series = [_series(name, mine, path, problems) for name, mine in by_name.items()]
    if problems:
        raise TableError(sorted(problems, key=lambda one: int(one.params["line"])))
    return [one for one in series if one]


def matrices(series: list[Series]) -> Iterator[tuple[list[int], Floats, Floats]]:
    """`(places in the list, counts, population)`: series of one cadence, float64 `[series, time]`, NaN at the end."""
    waiting: dict[float, list[int]] = {}
    for place in sorted(range(len(series)), key=lambda place: len(series[place].days)):
        waiting.setdefault(series[place].freq, []).append(place)
    for places in waiting.values():
        batch: list[int] = []
        for place in places:  # the longest last
            if batch and (len(batch) + 1) * len(series[place].days) > _CELLS:
                yield _matrix(series, batch)
                batch = []
            batch.append(place)
        yield _matrix(series, batch)


def _matrix(series: list[Series], places: list[int]) -> tuple[list[int], Floats, Floats]:
    shape = (len(places), max(len(series[place].days) for place in places))
    counts, population = np.full(shape, np.nan), np.full(shape, np.nan)
    for row, place in enumerate(places):
        one = series[place]
        counts[row, : len(one.days)], population[row, : len(one.days)] = one.observed, one.population
    return places, counts, population


def _series(name: str, lines: list[Line], path: str, problems: list[Problem]) -> Series | None:
    before = len(problems)

    def wrong(code: str, line: Line, **params: object) -> None:
        problems.append(Problem(f"detect.line_{code}", {"path": path, "line": line.number, "series": name, **params}))

    by_t = all(line.t is not None for line in lines)
    # where some have t and some do not, the lines without are at fault, unless every one has a date
    if not by_t and not all(line.day for line in lines):
        with_t = sum(line.t is not None for line in lines) >= sum(line.day is not None for line in lines)
        for line in lines:
            if (line.t is None) if with_t else (line.day is None):
                wrong("time", line)
        return None
    days = sorted(line.day for line in lines if line.day)
    rhythm = cadence.found(days) if days else None
    first = rhythm.start(days) if rhythm else date.min
    if by_t:
        start = min(line.t for line in lines if line.t is not None)
        freq = rhythm.freq if rhythm and len(days) == len(lines) else FREQ_OF_T
    else:
        assert rhythm is not None
        start, freq = 1, rhythm.freq
    at: dict[int, Line] = {}
    for line in lines:
        place = line.t - start if by_t and line.t is not None else _place(line, first, rhythm)
        if place is None:
            assert rhythm is not None
            wrong("off", line, when=line.day, cadence=_words(rhythm))
        elif place >= LONGEST:
            wrong("far", line, steps=place + 1, most=LONGEST)
        elif place in at:
            when = f"t {line.t}" if by_t else str(line.day)
            wrong("twice", line, first=at[place].number, when=when)
        else:
            at[place] = line
    if len(problems) > before:
        return None
    length = max(at) + 1
    observed, population = np.full(length, np.nan), np.full(length, np.nan)
    dates: list[date | None] = [None] * length
    if not by_t and rhythm:
        dates = [rhythm.day(first, step) for step in range(length)]
    for place, line in at.items():
        observed[place], population[place] = line.observed, line.population
        dates[place] = line.day
    return Series(name, start, dates, observed, population, freq)


def _place(line: Line, start: date, rhythm: Cadence | None) -> int | None:
    return rhythm.place(line.day, start) if rhythm and line.day else None


def _words(rhythm: Cadence) -> dict[str, str]:
    return {lang: messages.render(f"detect.cadence.{rhythm.name}", None, lang) for lang in messages.LANGUAGES}
