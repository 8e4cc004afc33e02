"""The part of a selection that an address narrows to, and the same in words: what heads the list behind a number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.surveillance import small_cells
from yifang.apps.surveillance.models import DayKind
from yifang.apps.surveillance.presenting import choosing, words
from yifang.apps.surveillance.presenting.choosing import Chosen
from yifang.apps.surveillance.presenting.signals import CASE_CLASSES
from yifang.apps.surveillance.queries.numbers import Part
from yifang.knowledge import load


def part(query: QueryDict, viewer: Viewer) -> tuple[Chosen, Part]:
    """The choice of the page and the part of it: `only` a class, `name` a disease, `age`, `sex`, `deaths`, `exact`.

    `placed` leaves out the groups that the picture left out because it broke an area down below the county.
    """
    chosen = choosing.read(query, viewer)
    one = chosen.selection
    if (only := query.get("only", "")) in CASE_CLASSES:
        one = replace(one, classes=(only,))
    name = query.get("name", "")
    if name in load().diseases and (not one.names or name in one.names):
        one = replace(one, names=(name,))
    if query.get("deaths") == "1":
        one = replace(one, day=DayKind.DEATH)
    age, sex = query.get("age", ""), query.get("sex", "")
    low = int(age) if age.isdecimal() and len(age) < 3 else None
    return chosen, Part(
        one,
        ages=words.ages_in(low) if low in words.AGE_GROUPS else None,
        sex=sex if sex in words.SEXES else "",
        exact=query.get("exact") == "1",
        without_groups=small_cells.unplaced(one.area) if query.get("placed") == "1" else (),
    )


def narrowed(chosen: Chosen, of: Part) -> list[tuple[Any, Any]]:
    """What narrows the choice, in words."""
    found: list[tuple[Any, Any]] = []
    one = of.chosen
    if one.names != chosen.selection.names:
        found.append((_("病种"), words.subject_name(one.names[0])))
    if one.classes != chosen.selection.classes:
        found.append((_("病例分类"), CASE_CLASSES[one.classes[0]]))
    if one.day != chosen.selection.day:
        found.append((_("只计"), _("死亡")))
    if of.ages is not None:
        found.append((_("年龄"), words.age_words(of.ages[0])))
    if of.sex:
        found.append((_("性别"), words.SEXES[of.sex]))
    if of.exact:
        found.append((_("地区"), _("未填到下级")))
    if of.without_groups:
        found.append((_("不含"), _("敏感病种")))
    return found
