"""How report quality is told: rates with numerator and denominator, each leading to its cards; formulas in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from yifang.apps.reporting.presenting import words
from yifang.apps.reporting.queries.choosing import Chosen
from yifang.apps.reporting.queries.quality import By, Line
from yifang.knowledge import load
from yifang.knowledge.models.quality import QualityIndicator
from yifang.web.packs import CONFIDENCES

_POOR = 0.9  # a rate below it (above a tenth where less is better) stands out; ours


@dataclass(frozen=True, slots=True)
class Cell:
    """A rate in per cent with its numbers; `url` opens what is not as it should be, empty where nobody may open it."""

    rate: str
    numerator: int
    denominator: int
    poor: bool
    url: str
    whole_url: str


@dataclass(frozen=True, slots=True)
class Row:
    """One group of the table."""

    rank: int | None
    name: str
    url: str
    overall: str
    cells: Sequence[Cell | None]


def name(one: QualityIndicator) -> str:
    """What a measure is called."""
    return one.en if _english() else one.zh


def columns(whose: str) -> list[QualityIndicator]:
    """The measures of hospitals, or of the district, in the order of the pack."""
    return [one for one in load().quality.indicators if one.whose == whose]


def lines(found: Sequence[Line], by: By, chosen: Chosen, may_open: bool) -> list[Row]:
    """The rows of a table; ranked but for months."""
    return [
        line(_named(one, by), _narrowed(chosen, by, one.key), may_open, rank=None if by == "month" else place, by=by)
        for place, one in enumerate(found, 1)
    ]


def line(one: Line, chosen: Chosen, may_open: bool, *, rank: int | None = None, by: By | None = None) -> Row:
    """One row; its name leads on to the next grouping."""
    onward = {"organisation": "department", "department": "disease", "disease": "month", "month": "organisation"}
    url = f"?{urlencode({**query(chosen), 'by': onward[by]})}" if by else ""
    overall = "—" if one.overall is None else f"{one.overall:.1f}"
    return Row(rank, one.name, url, overall, [cell(one, each, chosen, may_open) for each in columns("hospital")])


def cell(one: Line, indicator: QualityIndicator, chosen: Chosen, may_open: bool) -> Cell | None:
    """A rate, None where nothing is in its denominator."""
    numerator, denominator = one.sums.get(indicator.id, (0, 0))
    if not denominator:
        return None
    share, up = numerator / denominator, indicator.direction == "up"
    poor = share < _POOR if up else share > 1 - _POOR
    cards = f"{reverse('reporting:quality_cards')}?{urlencode({**query(chosen), 'indicator': indicator.id})}"
    bad = f"{cards}&verdict={'no' if up else 'yes'}"
    return Cell(f"{100 * share:.1f}%", numerator, denominator, poor, bad if may_open else "", cards if may_open else "")


def figures(total: Any, chosen: Chosen, may_open: bool) -> list[tuple[str, str, Cell | None]]:
    """The clocks of hospitals and of the district side by side: whose, what, the rate."""
    whole = Line(None, "", total, None)
    wanted = ("timely", "timely_urgent", "revision", "audit", "audit_urgent", "revision_audit")
    known = {one.id: one for one in load().quality.indicators}
    whose = {"hospital": _("医院"), "district": _("疾控")}
    return [(whose[known[id].whose], name(known[id]), cell(whole, known[id], chosen, may_open)) for id in wanted]


def formulas() -> list[tuple[str, str, str, str, str, str]]:
    """Each measure in words: name, numerator, denominator, what is left out, weight, source with its confidence."""
    found = []
    for one in load().quality.indicators:
        num, den, without = formula(one)
        source = load().provenance("quality", "indicators", one.id)
        weight = f"{one.weight:.0%}" if one.weight else "—"
        found.append((name(one), num, den, without, weight, f"{source.text} · {CONFIDENCES[source.confidence][0]}"))
    return found


def formula(one: QualityIndicator) -> tuple[str, str, str]:
    """Numerator, denominator and what is left out, in the reader's language."""
    return (one.num_en, one.den_en, one.without_en) if _english() else (one.num, one.den, one.without)


def weights() -> str:
    """The composite in words."""
    return " + ".join(f"{name(one)} × {one.weight:.0%}" for one in load().quality.indicators if one.weight)


def verdicts(one: QualityIndicator) -> list[tuple[str, str]]:
    """The tabs of the cards behind a number: those that are not as they should be first."""
    good = ("yes", _("计入分子")), ("no", _("不计入分子"))
    return [*(good[::-1] if one.direction == "up" else good), ("", _("分母全部"))]


def query(chosen: Chosen) -> dict[str, str]:
    """The conditions as an address holds them."""
    made = {"since": f"{chosen.since:%Y-%m}", "until": f"{chosen.until:%Y-%m}"}
    if chosen.organisation:
        made["org"] = str(chosen.organisation)
    if chosen.department is not None:
        made["department"] = chosen.department
    if chosen.disease:
        made["disease"] = chosen.disease
    return made


def months(today: date) -> list[str]:
    """The last three years of months, newest first."""
    place = today.year * 12 + today.month - 1
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(place, place - 36, -1)]


def _named(one: Line, by: By) -> Line:
    if by == "disease":
        return Line(one.key, words.disease(str(one.key)), one.sums, one.overall)
    if by == "month" and isinstance(one.key, date):
        return Line(one.key, f"{one.key:%Y-%m}", one.sums, one.overall)
    return Line(one.key, one.name or "—", one.sums, one.overall)


def _narrowed(chosen: Chosen, by: By, key: Any) -> Chosen:
    if by == "month":
        return Chosen(key, key, chosen.organisation, chosen.department, chosen.disease)
    given = {"organisation": chosen.organisation, "department": chosen.department, "disease": chosen.disease, by: key}
    return Chosen(chosen.since, chosen.until, **given)


def _english() -> bool:
    return (translation.get_language() or "").startswith("en")
