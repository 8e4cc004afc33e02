"""A chart as plain SVG, for a file that must stand alone: no script, style sheet or font. For pages see `charts`."""

from __future__ import annotations

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from yifang.web.native_charts import NativeChart

WIDTH, HEIGHT = 760, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 26, 24
_COLOURS = ("#0b4f6c", "#8a949d", "#c98a2b")


def draw(chart: NativeChart) -> SafeString:
    """Columns beside each other, or lines; a lying chart is drawn upright. The scale starts at zero."""
    known = [value for _name, values in chart.series for value in values if value is not None]
    top = max([*known, 1])
    inner, tall = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    slot = inner / max(len(chart.categories), 1)

    def y(value: float) -> float:
        return _TOP + tall * (1 - value / top)

    parts = []
    for share in (0, 0.5, 1):
        at, label = y(top * share), f"{top * share:,.0f}"
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dde3e8"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label}</text>')
    every = -(-len(chart.categories) // 16)
    for place, name in enumerate(chart.categories):
        if place % every == 0:
            parts.append(
                f'<text x="{_LEFT + (place + 0.5) * slot:.1f}" y="{HEIGHT - 6}" text-anchor="middle">'
                f"{escape(name)}</text>"
            )
    for number, (name, values) in enumerate(chart.series):
        colour = _COLOURS[number % len(_COLOURS)]
        if len(chart.series) > 1:
            parts.append(f'<text x="{_LEFT + 120 * number}" y="14" fill="{colour}">■ {escape(name)}</text>')
        if chart.kind == "lines":
            points = [
                f"{_LEFT + (place + 0.5) * slot:.1f},{y(value):.1f}"
                for place, value in enumerate(values)
                if value is not None
            ]
            parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
            continue
        width = slot * 0.76 / len(chart.series)
        for place, value in enumerate(values):
            if value:
                x = _LEFT + place * slot + slot * 0.12 + number * width
                parts.append(
                    f'<rect x="{x:.1f}" y="{y(value):.1f}" width="{width:.1f}" height="{_TOP + tall - y(value):.1f}" '
                    f'fill="{colour}"/>'
                )
    return mark_safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(chart.says)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-size="12" fill="#4c5a68">{"".join(parts)}</svg>'
    )
