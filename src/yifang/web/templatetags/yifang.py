"""`{% load yifang %}`: the components of every page. docs/screens.md shows each with its look.

Tags that stand in every row of a table build their HTML here, since a template for each cell would cost more than the
query; the larger ones have a template under `web/components/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from django import template
from django.forms import BoundField, widgets
from django.template.context import Context
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _

from yifang.kernel import clock as kernel_clock
from yifang.web import charts, clocks, components, sparklines, tables, vendor

register = template.Library()

TONE_ICONS: dict[str, str] = {
    "neutral": "circle",
    "info": "circle-dot",
    "good": "circle-check",
    "warn": "alert-circle",
    "bad": "alert-triangle",
    "done": "check",
}
_QUICK = {"Y-m-d H:i": "%Y-%m-%d %H:%M", "Y-m-d": "%Y-%m-%d", "Y-m-d H:i:s": "%Y-%m-%d %H:%M:%S"}
_EVIDENCE_ICONS = {
    "diagnosis": "stethoscope",
    "lab": "flask",
    "drug": "pill",
    "imaging": "photo",
    "text": "message",
    "exposure": "route",
    "other": "info-circle",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite. With `label` it speaks for itself, without it stands beside words and stays silent."""
    return _icon(name, str(label))


@lru_cache(maxsize=1024)
def _icon(name: str, label: str) -> SafeString:
    if name not in vendor.icon_names():
        raise template.TemplateSyntaxError(f"no icon {name!r} in the sprite; add it: python -m yifang.web.vendor icons")
    href = f"{static('vendor/icons/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="y-icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="y-icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def state(label: Any, tone: str = "neutral", icon_name: str = "") -> SafeString:
    """The state of a thing: words, colour and a shape, so that colour is never alone."""
    return _state(str(label), tone, icon_name or TONE_ICONS[tone])


@lru_cache(maxsize=1024)
def _state(label: str, tone: str, icon_name: str) -> SafeString:
    return format_html('<span class="y-state is-{}">{}<span>{}</span></span>', tone, icon(icon_name), label)


@register.simple_tag
def clock(due: datetime | None, started: datetime | None = None, stopped: datetime | None = None) -> SafeString:
    """The clock of a work item: what is left or over, ticking in the browser. Nothing where there is no deadline."""
    if not due:
        return mark_safe('<span class="y-clock is-none">—</span>')
    # a template hands over "" for what is not there
    reading = clocks.read(due, kernel_clock.now(), started or None, stopped or None)
    ticking = "" if stopped else f' data-due="{int(due.timestamp())}" data-soon="{reading.soon}"'
    deadline = _("期限 {time}").format(time=f"{timezone.localtime(due):%Y-%m-%d %H:%M}")
    # instants and our own translations only, nothing to escape; a list draws fifty of them
    return mark_safe(
        f'<time class="y-clock is-{reading.tone}" datetime="{due.isoformat()}" title="{deadline}"{ticking}>'
        f"{icon(clocks.ICONS[reading.tone])}<span>{reading.text}</span></time>"
    )


@register.simple_tag
def when(at: datetime | date | None, form: str = "Y-m-d H:i") -> SafeString:
    """An instant in the node's zone, machine-readable too; a date stays a date. `form` is one of Django's."""
    if not at:
        return mark_safe('<span class="y-none">—</span>')
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    if not isinstance(at, datetime):
        form = "Y-m-d"
    quick = _QUICK.get(form)  # every row of a list has some, and Django's own formatting is ten times slower
    text = f"{local:{quick}}" if quick else formats.date_format(local, form)
    return mark_safe(f'<time class="y-when" datetime="{local.isoformat()}">{text}</time>')


@register.simple_tag
def masked(text: Any, reveal_url: str = "") -> SafeString:
    """A value without its middle. With `reveal_url` a button asks the server for the whole, which logs the access."""
    shown = text or "—"
    if not reveal_url:
        return format_html('<span class="y-masked" title="{}">{}</span>', _("已脱敏"), shown)
    return format_html(
        '<span class="y-masked">{} <button type="button" class="y-link" hx-post="{}" hx-target="closest .y-masked" '
        'hx-swap="outerHTML" aria-label="{}">{}</button></span>',
        shown,
        reveal_url,
        _("查看完整信息（将被记录）"),
        icon("eye"),
    )


@register.simple_tag
def identity(name: Any, sex: Any = "", age: Any = "", number: Any = "", tag: Any = "") -> SafeString:
    """Who: the name large, sex, age and masked number small, a tag (学生, 医务人员) where it matters."""
    facts = format_html_join(" · ", "{}", ((fact,) for fact in (sex, age, number) if fact not in ("", None)))
    badge = format_html(' <span class="y-tag">{}</span>', tag) if tag else ""
    return format_html(
        '<span class="y-who"><span class="y-who-name">{}</span>{}{}</span>',
        name or _("姓名未填"),
        badge,
        format_html('<span class="y-who-facts">{}</span>', facts) if facts else "",
    )


@register.simple_tag
def chips(items: Sequence[components.Chip], what: Any = "", count: Any = None, clear_url: str = "") -> SafeString:
    """The conditions of a list as one sentence: 显示 病种 流感 · 状态 待审核 的报告卡，共 12 条."""
    parts = format_html_join("", "{}", ((_chip(item),) for item in items))
    total = (
        format_html('<span class="y-chips-count">{}</span>', _("共 {n} 条").format(n=count))
        if count is not None
        else ""
    )
    clear = format_html('<a class="y-link" href="{}">{}</a>', clear_url, _("清除条件")) if items and clear_url else ""
    lead = _("显示") if items else _("显示全部")
    return format_html('<p class="y-chips"><span>{}</span>{}<span>{}</span>{}{}</p>', lead, parts, what, total, clear)


def _chip(item: components.Chip) -> SafeString:
    remove = ""
    if item.remove:
        label = _("去掉条件：{label} {value}").format(label=item.label, value=item.value)
        remove = format_html('<a href="{}" aria-label="{}">{}</a>', item.remove, label, icon("x"))
    return format_html(
        '<span class="y-chip"><span class="y-chip-label">{} {}</span> <b>{}</b>{}</span>',
        item.label,
        item.verb,
        item.value,
        remove,
    )


@register.inclusion_tag("web/components/evidence.html")
def evidence(items: Iterable[components.Evidence]) -> dict[str, Any]:
    """Evidence chips; each opens to its place in the source and the rule that read it."""
    names = {
        "present": "",
        "absent": _("否认"),
        "uncertain": _("存疑"),
        "historical": _("既往"),
        "other_person": _("他人"),
    }
    return {"items": [(item, _EVIDENCE_ICONS[item.kind], names[item.assertion]) for item in items]}


@register.inclusion_tag("web/components/table.html", takes_context=True)
def datatable(context: Context, table: tables.Table[Any]) -> dict[str, Any]:
    """A list: sticky head, identity first, keyboard, picking, keyset pages, a word when empty."""
    request = context["request"]
    here = {
        "before_url": tables.with_query(request.GET, at=table.page.before),
        "after_url": tables.with_query(request.GET, at=table.page.after),
    }
    return {**cast("dict[str, Any]", context.flatten()), **here, "table": table}


@register.simple_tag
def rowlink(line: tables.Line[Any], target: str | None = None) -> SafeString:
    """The attributes of the link that opens a row: in the element `target` (else the table's own), or as a page."""
    if not line.url:
        return mark_safe('class="y-rowlink"')
    place = line.opens_in if target is None else target
    return format_html('class="y-rowlink" href="{}" data-open="{}"', line.url, place)


@register.inclusion_tag("web/components/tabs.html")
def tabs(items: Sequence[components.Tab], label: Any = "") -> dict[str, Any]:
    return {"items": items, "label": label}


@register.inclusion_tag("web/components/views.html")
def savedviews(views: Sequence[components.SavedView], save_url: str = "", manage_url: str = "") -> dict[str, Any]:
    current = next((view for view in views if view.current), None)
    return {"views": views, "current": current, "save_url": save_url, "manage_url": manage_url}


@register.filter
def counted(count: int) -> str:
    """How many, as far as it was counted: 1000+."""
    return tables.number(count)


@register.simple_tag
def deflist(pairs: Iterable[tuple[Any, Any]]) -> SafeString:
    """Labels and values; an empty value shows as 未填 so that a gap is seen."""
    missing = format_html('<span class="y-none">{}</span>', _("未填"))
    rows = ((label, missing if value in ("", None) else value) for label, value in pairs)
    return format_html('<dl class="y-dl">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", rows))


@register.inclusion_tag("web/components/diff.html")
def diff(items: Sequence[components.Change], before: Any = "", after: Any = "") -> dict[str, Any]:
    """Two versions field by field, what went struck and what came underlined."""
    return {"items": items, "before": before or _("修改前"), "after": after or _("修改后")}


@register.inclusion_tag("web/components/timeline.html")
def timeline(moments: Sequence[components.Moment]) -> dict[str, Any]:
    return {"moments": moments}


@register.simple_tag
def sparkline(
    values: Sequence[float | None], label: str, expected: sparklines.Level = None, limit: sparklines.Level = None
) -> SafeString:
    """A small curve with its expected level and limit, or one for each value; `label` says in words what it shows."""
    return sparklines.draw(values, label, expected, limit)


@register.inclusion_tag("web/components/chart.html")
def chart(one: charts.Chart) -> dict[str, Any]:
    """A picture with its table and its source; the page brings the scripts with `{% chart_scripts %}`."""
    return {"chart": one}


@register.simple_tag
def chart_scripts() -> SafeString:
    """What draws the pictures; it fetches the megabyte of ECharts when the page first shows one."""
    return format_html(
        '<script src="{}" type="module" data-charts="{}"></script>',
        static("web/js/charts.js"),
        static("vendor/echarts/echarts.min.js"),
    )


@register.simple_tag
def progress(value: int | None, total: int, label: Any) -> SafeString:
    """How far long work is; without `value` it only says that it goes on."""
    words = _("{done} / {total}").format(done=value, total=total) if value is not None else _("进行中")
    attributes = format_html(' value="{}"', value) if value is not None else ""
    return format_html(
        '<div class="y-progress"><div><span>{}</span><span>{}</span></div>'
        '<progress max="{}"{} aria-label="{}"></progress></div>',
        label,
        words,
        total or 1,
        attributes,
        label,
    )


@register.inclusion_tag("web/components/empty.html")
def empty(title: Any, text: Any = "", icon_name: str = "inbox", url: str = "", action: Any = "") -> dict[str, Any]:
    return {"nothing": tables.Empty(title, text, icon_name, url, action)}


@register.inclusion_tag("web/components/field.html")
def field(bound: BoundField, wide: bool = False, explain: bool = True) -> dict[str, Any]:
    """One field of a form: label, widget, help unless `explain` is false, and all of its errors beside it."""
    widget = bound.field.widget
    kind = "control"
    attributes: dict[str, Any] = {}
    if isinstance(widget, widgets.CheckboxInput):
        kind = "check"
    elif isinstance(widget, (widgets.RadioSelect, widgets.CheckboxSelectMultiple)):
        kind = "group"
    elif isinstance(widget, widgets.FileInput):
        kind = "file"
    elif isinstance(widget, widgets.Select):
        attributes["class"] = "form-select"
    else:
        attributes["class"] = "form-control"
    if kind == "control":
        if bound.errors:
            attributes["class"] += " is-invalid"
            attributes["aria-describedby"] = f"{bound.auto_id}_error"
        attributes["class"] += f" {widget.attrs.get('class', '')}".rstrip()
    return {
        "field": bound,
        "kind": kind,
        "wide": wide,
        "explain": explain,
        "control": bound.as_widget(attrs=attributes),
    }


@register.inclusion_tag("web/components/form_errors.html", takes_context=True)
def form_errors(context: Context, form: Any) -> dict[str, Any]:
    """Every error of a form at once, each a link to its field; read out when it answers what was just sent."""
    return {
        "form": form,
        "fields": [bound for bound in form if bound.errors],
        "general": form.non_field_errors(),
        "answers": context["request"].method == "POST",
    }


@register.inclusion_tag("web/components/filedrop.html")
def filedrop(name: str, label: Any, accept: str = "", hint: Any = "", multiple: bool = True) -> dict[str, Any]:
    return {"name": name, "label": label, "accept": accept, "hint": hint, "multiple": multiple, "id": slugify(name)}


@register.simple_tag(takes_context=True)
def live(context: Context, topic: str, element_id: str, *beside: str) -> SafeString:
    """Attributes that make an element fetch itself again when `topic` changes; it must keep this id.

    `beside` are ids of further elements, and the menu's numbers, that the same answer brings up to date.
    """
    others = [f"#{one}" for one in beside] + (["#menu:innerHTML"] if context.get("menu") else [])
    return format_html(
        'id="{}" data-live-part hx-get="{}" hx-select="#{}" hx-swap="outerHTML" hx-trigger="live:{} from:body"{}',
        element_id,
        context["request"].get_full_path(),
        element_id,
        topic,
        format_html(' hx-select-oob="{}"', ",".join(others)) if others else "",
    )


@register.simple_tag
def server_now() -> int:
    """Seconds since 1970 on the server: a desk's own clock may be wrong, a legal clock may not."""
    return int(kernel_clock.now().timestamp())


@register.simple_tag
def script_texts() -> dict[str, str]:
    """The words that the scripts need, handed over as JSON because scripts hold no texts of their own."""
    return {
        "left": _("剩 {time}"),
        "over": _("已超 {time}"),
        "days": _("{n} 天"),
        "hours": _("{n} 小时"),
        "minutes": _("{n} 分"),
        "moment": _("不到 1 分"),
        "picked": _("已选 {n} 条"),
        "changed": _("{n} 条在您上次查看后有变化"),
        "changedMark": _("上次查看后有变化"),
        "stale": _("内容已更新，正在填写的部分没有动。"),
        "refresh": _("刷新"),
        "failed": _("没有完成：服务器没有接受这一步。请重试，仍不行请联系本单位系统管理员。"),
        "offline": _("连不上服务器，恢复后会自动更新。"),
        "forbidden": _("没有权限做这一步，或登录已过期。请刷新页面。"),
        "close": _("关闭"),
    }
