"""Names of what is counted, in the reader's language: diseases, areas, classes of the law, age groups, days."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.apps.accounts.words import message_language
from yifang.kernel import areas
from yifang.knowledge import load

CLASSES_OF_LAW = {
    "A": gettext_lazy("甲类"),
    "B": gettext_lazy("乙类"),
    "C": gettext_lazy("丙类"),
    "O": gettext_lazy("其他"),
}
SEXES = {"male": gettext_lazy("男"), "female": gettext_lazy("女"), "unknown": gettext_lazy("性别不详")}
# Of pictures, in years: five each, the last open.
AGE_GROUPS = (*range(0, 85, 5), 85)


def subject_name(name: str) -> str:
    """A disease or a syndrome."""
    language = message_language()
    if disease := load().diseases.get(name):
        return disease.en if language == "en" else disease.name
    return load().syndrome_name(name, language)


def area_words(code: str) -> str:
    """The name of an area; its code where the pack has none. 市辖区 of a municipality bears the municipality's name."""
    region = load().regions.get(code)
    if region is None:
        return code
    above = load().regions.full_name(region.parent) if region.parent else ""
    return above if load().regions.full_name(code) == above else region.name


def below_words(code: str, above: str) -> str:
    """The name of an area in a break-down of `above`; under its own code stands what is known no more exactly."""
    return _("未填到下级") if areas.normalise(code) == areas.normalise(above) else area_words(code)


def age_words(low: int) -> str:
    """An age group of a picture."""
    return _("{low} 岁以上").format(low=low) if low >= AGE_GROUPS[-1] else f"{low}–{low + 4}"


def ages_in(low: int) -> tuple[int, ...]:
    """The age groups as counted that lie in one of a picture."""
    return tuple(range(low, low + 5)) if low < 10 else (low,)


def step_words(first: date, step: str, begun: date) -> str:
    """A day, a week by its Monday, a month, as a label of an axis; with its year where it is not the first one's."""
    if step == "month":
        return f"{first:%Y-%m}"
    return f"{first:%m-%d}" if first.year == begun.year or (first - begun).days < 300 else f"{first:%y-%m-%d}"


def days_of(first: date, step: str, since: date, until: date) -> tuple[date, date]:
    """The days of a step that lie in the period."""
    last = {
        "day": first,
        "week": first + timedelta(days=6),
        "month": (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1),
    }[step]
    return max(first, since), min(last, until)


def number_words(number: int | None) -> str:
    """A number as it may be seen: “*” where it is too small a number of a sensitive group, or would tell one."""
    return "*" if number is None else f"{number:,}"


def change_words(now: int | None, before: int | None) -> str:
    """The change in per cent; “—” where there is nothing to compare with."""
    if now is None or not before:
        return "—"
    return f"{100 * (now - before) / before:+.1f}%" if now != before else "0.0%"
