"""The pictures of the situation page, each mark with the address of the cases behind it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from yifang.apps.surveillance import small_cells
from yifang.apps.surveillance.models import DayKind
from yifang.apps.surveillance.presenting import words
from yifang.apps.surveillance.presenting.choosing import STEPS, Chosen
from yifang.apps.surveillance.presenting.signals import CASE_CLASSES
from yifang.apps.surveillance.queries.situation import YEARS, Overview, Years, steps_of
from yifang.kernel import clock
from yifang.web.charts import Chart, Series, Tone
from yifang.web.tables import Empty

_TONES: dict[str, Tone] = {
    "confirmed": "1", "clinical": "2", "suspected": "3", "carrier": "4", "positive_test": "5", "": "2"
}  # fmt: skip


def behind(chosen: Chosen, **narrowed: Any) -> str:
    """The address of the cases behind a number: what is chosen, and what narrows it (see `presenting.behind`).

    A page has hundreds of these: what they share is written once, and what differs are days, codes and numbers.
    """
    one = chosen.selection
    since, until = narrowed.pop("since", None) or one.since, narrowed.pop("until", None) or one.until
    area = narrowed.pop("area", one.area)
    extra = "".join(f"&{key}={value}" for key, value in narrowed.items() if value not in ("", None))
    return f"{_shared(chosen)}&area={area}&since={since}&until={until}{extra}"


@lru_cache(maxsize=64)
def _shared(chosen: Chosen) -> str:
    return reverse("surveillance:behind") + chosen.query(period="free", area="", since="", until="")


def _nothing() -> Empty:
    return Empty(_("这段时间没有病例"), _("换一个时段、病种或口径看看；官方口径只计已终审的病例。"), "chart-bar")


def curve(chosen: Chosen, found: Overview, source: str) -> Chart:
    """The epi curve: by day, week or month, stacked by case class."""
    one, step = chosen.selection, chosen.step
    steps = steps_of(one.since, one.until, step)
    present = {key[1] for key in found.by_step_and_class}
    classes = [
        name for name in ("confirmed", "clinical", "suspected", "carrier", "positive_test", "") if name in present
    ]
    series = []
    for name in classes:
        links = []
        for first in steps:
            since, until = words.days_of(first, step, one.since, one.until)
            many = found.by_step_and_class.get((first, name), 0)
            links.append(behind(chosen, since=since, until=until, only=name) if many else "")
        values = [found.by_step_and_class.get((first, name), 0) for first in steps]
        label = CASE_CLASSES.get(name, _("就诊") if chosen.is_syndrome else _("未分类"))
        series.append(Series(label, values, links, _TONES[name]))
    today = clock.today()
    going_on = steps[-1] if steps and words.days_of(steps[-1], step, date.min, date.max)[1] >= today else None
    return Chart(
        "curve", "bars", _("流行曲线（{step}，{day}）").format(step=STEPS[step], day=DayKind(one.day).label),
        [words.step_words(first, step, steps[0]) for first in steps], series, source,
        says=_("{n} 例，{steps} 个时段").format(n=found.total, steps=len(steps)),
        note=_("最后一个时段还没有结束。") if going_on and step != "day" else "",
        corner=_("开始日"), empty=None if found.by_step_and_class else _nothing(),
        marked=len(steps) - 1 if going_on else None,
    )  # fmt: skip


def pyramid(chosen: Chosen, found: Overview, source: str) -> Chart:
    """Age and sex: five-year groups, men to the left."""
    series = []
    for sex, tone in (("male", "1"), ("female", "4")):
        values, links = [], []
        for low in words.AGE_GROUPS:
            values.append(found.by_age_and_sex.get((low, sex), 0))
            links.append(behind(chosen, age=low, sex=sex) if values[-1] else "")
        series.append(Series(words.SEXES[sex], values, links, tone))
    unknown = small_cells.total(
        number for (age, sex), number in found.by_age_and_sex.items() if age < 0 or sex not in ("male", "female")
    )
    return Chart(
        "pyramid", "pyramid", _("年龄和性别"), [words.age_words(low) for low in words.AGE_GROUPS], series, source,
        says=_("男女各年龄组病例数"), corner=_("年龄（岁）"),
        note=_("另有 {n} 例年龄或性别不详，未画出。").format(n=unknown) if unknown else "",
        empty=None if found.by_age_and_sex else _nothing(),
    )  # fmt: skip


def map_of(chosen: Chosen, found: Overview, source: str, geometry: str) -> Chart:
    """The areas below: on a map where the node has one, else as bars."""
    above = chosen.selection.area
    ranked = sorted(found.by_area, key=lambda key: (-(found.by_area[key] or 0), key))
    codes = [code for (code,) in ranked]
    values = [found.by_area[(code,)] for code in codes]
    links = [
        area_link(chosen, code, above, placed=found.placed_without) if value else ""
        for code, value in zip(codes, values, strict=True)
    ]
    notes = []
    if found.placed_without:
        notes.append(_("敏感病种不分到县区以下，未计入。"))
    if not geometry and codes:
        notes.append(_("本节点没有这个地区的边界图；系统管理员可用 yifang places map 命令装入 GeoJSON。"))
    series = [Series(_("病例数"), values, links, "2")]
    return Chart(
        "map", "map" if geometry else "ranks", _("地区分布"),
        [words.below_words(code, above) for code in codes], series, source,
        says=_("{n} 个下级地区").format(n=len(codes)), note=" ".join(notes), corner=_("地区"),
        empty=None if codes else _nothing(), geometry=geometry, keys=codes,
    )  # fmt: skip


def heat(chosen: Chosen, found: Overview, source: str) -> Chart:
    """Time and area: one row for each area below, one column for each step."""
    one, step, above = chosen.selection, chosen.step, chosen.selection.area
    steps = steps_of(one.since, one.until, step)
    codes = sorted({key[0] for key in found.by_area_and_step})
    series = []
    for code in codes:
        values = [found.by_area_and_step.get((code, first), 0) for first in steps]
        links = []
        for first, value in zip(steps, values, strict=True):
            since, until = words.days_of(first, step, one.since, one.until)
            links.append(
                area_link(chosen, code, above, placed=found.placed_without, since=since, until=until) if value else ""
            )
        series.append(Series(words.below_words(code, above), values, links))
    return Chart(
        "heat", "heat", _("时间和地区"), [words.step_words(first, step, steps[0]) for first in steps], series, source,
        says=_("每行一个地区，颜色越深病例越多"), corner=_("开始日"), empty=None if codes else _nothing(),
        note=_("敏感病种不分到县区以下，未计入。") if found.placed_without else "",
    )  # fmt: skip


def years(chosen: Chosen, found: Years, step: str, source: str) -> Chart:
    """This year against the mean and the span of the five before."""
    year = chosen.selection.until.year if step == "month" else chosen.selection.until.isocalendar().year
    spread = [found.spread(one) for one in found.steps]
    name = _("{n} 月") if step == "month" else _("第 {n} 周")
    past = f"{min(found.past)}–{max(found.past)}" if found.past else ""
    low, high = [one[1] if one else None for one in spread], [one[2] if one else None for one in spread]
    mean = [round(one[0], 1) if one else None for one in spread]
    links = []
    for one in found.steps:
        if not found.now.get(one):
            links.append("")
            continue
        since, until = _step_of(year, one, step)
        links.append(behind(chosen, since=since, until=min(until, chosen.selection.until)))
    last = max(found.now, default=0)
    series = [
        Series(_("{years} 年最低至最高").format(years=past), low, tone="band", upper=high),
        Series(_("{years} 年平均").format(years=past), mean, tone="expected"),
        Series(_("{year} 年").format(year=year), [found.now.get(one) for one in found.steps], links, "now"),
    ]  # fmt: skip
    over = not last or _step_of(year, last, step)[1] <= chosen.selection.until
    notes = []
    if not found.past:
        notes.append(_("本节点没有往年的数据可比。"))
    elif len(found.past) < YEARS:
        known = _("、").join(str(one) for one in found.past)
        notes.append(_("前五年中有数据的是 {years} 年。").format(years=known))
    if not over:
        notes.append(_("最后一个点还没有结束，不能直接与整月或整周比较。"))
    missing = not any(found.now.values()) and not found.past
    return Chart(
        "years", "years", _("与前五年比较"), [name.format(n=one) for one in found.steps],
        series if found.past else series[2:], source, says=_("今年与前五年同期"), note=" ".join(notes),
        corner=_("月份") if step == "month" else _("周"), empty=_nothing() if missing else None,
        marked=None if over else found.steps.index(last),
    )  # fmt: skip


def _step_of(year: int, number: int, step: str) -> tuple[date, date]:
    first = date(year, number, 1) if step == "month" else date.fromisocalendar(year, number, 1)
    return words.days_of(first, step, date.min, date.max)


def area_link(chosen: Chosen, code: str, above: str, *, placed: bool, **more: Any) -> str:
    exact = "1" if code == above else ""
    return behind(chosen, area=code, exact=exact, placed="1" if placed else "", **more)
