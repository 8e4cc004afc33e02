"""A small curve as inline SVG. Attributes only: the page's policy allows no style attribute."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, PAD = 120, 28, 3


Level = float | Sequence[float | None] | None


def draw(values: Sequence[float | None], label: str, expected: Level = None, limit: Level = None) -> SafeString:
    """The curve of `values` in order, gaps (None) left open, last point marked; `expected` dashed, `limit` dotted.

    Both are one level, or one for each value. The scale starts at zero, since these are counts and a cut axis would
    exaggerate.
    """
    levels = {"expected": _spread(expected, len(values)), "limit": _spread(limit, len(values))}
    known = [value for each in (values, *levels.values()) for value in each if value is not None]
    top = max([*known, 1])
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)

    def x(index: int) -> str:
        return f"{PAD + index * step:.1f}"

    def y(value: float) -> str:
        return f"{HEIGHT - PAD - value / top * (HEIGHT - 2 * PAD):.1f}"

    def runs(of: Sequence[float | None]) -> list[list[str]]:
        found: list[list[str]] = [[]]
        for index, value in enumerate(of):
            if value is None:
                found.append([])
            else:
                found[-1].append(f"{x(index)},{y(value)}")
        return [run for run in found if run]

    # only numbers of ours go into these, so nothing needs escaping; a list draws fifty of them
    drawn = "".join(
        f'<line class="y-spark-{name}" x1="{PAD}" x2="{WIDTH - PAD}" y1="{y(level)}" y2="{y(level)}"/>'
        for name, level in (("expected", expected), ("limit", limit))
        if isinstance(level, int | float)
    )
    drawn += "".join(
        f'<polyline class="y-spark-{name} is-line" points="{" ".join(run)}"/>'
        for name, level in (("expected", expected), ("limit", limit))
        if not isinstance(level, int | float)
        for run in runs(levels[name])
    )
    drawn += "".join(f'<polyline class="y-spark-line" points="{" ".join(run)}"/>' for run in runs(values))
    latest = values[-1] if values else None
    if latest is not None:
        last = levels["limit"][-1]
        above = " is-above" if last is not None and latest > last else ""
        drawn += f'<circle class="y-spark-dot{above}" cx="{x(len(values) - 1)}" cy="{y(latest)}" r="2.5"/>'
    return mark_safe(
        f'<svg class="y-spark" role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}">{drawn}</svg>'
    )


def _spread(level: Level, number: int) -> Sequence[float | None]:
    if level is None or isinstance(level, int | float):
        return [level] * number
    return level or [None] * number
