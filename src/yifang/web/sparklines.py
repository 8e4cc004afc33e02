"""A small curve as inline SVG. Attributes only: the page's policy allows no style attribute."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, PAD = 120, 28, 3


def draw(
    values: Sequence[float | None], label: str, expected: float | None = None, limit: float | None = None
) -> SafeString:
    """The curve of `values` in order, gaps (None) left open, last point marked; `expected` dashed, `limit` dotted.

    The scale starts at zero, since these are counts and a cut axis would exaggerate.
    """
    known = [value for value in values if value is not None]
    top = max([*known, expected or 0, limit or 0, 1])
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)

    def x(index: int) -> str:
        return f"{PAD + index * step:.1f}"

    def y(value: float) -> str:
        return f"{HEIGHT - PAD - value / top * (HEIGHT - 2 * PAD):.1f}"

    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x(index)},{y(value)}")
    # only numbers of ours go into these, so nothing needs escaping; a list draws fifty of them
    drawn = "".join(
        f'<line class="y-spark-{name}" x1="{PAD}" x2="{WIDTH - PAD}" y1="{y(level)}" y2="{y(level)}"/>'
        for name, level in (("expected", expected), ("limit", limit))
        if level is not None
    )
    drawn += "".join(f'<polyline class="y-spark-line" points="{" ".join(run)}"/>' for run in runs if run)
    latest = values[-1] if values else None
    if latest is not None:
        above = " is-above" if limit is not None and latest > limit else ""
        drawn += f'<circle class="y-spark-dot{above}" cx="{x(len(values) - 1)}" cy="{y(latest)}" r="2.5"/>'
    return mark_safe(
        f'<svg class="y-spark" role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}">{drawn}</svg>'
    )
