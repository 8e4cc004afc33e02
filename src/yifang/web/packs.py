"""The packs as pages: what the rules of medicine say, each value with its source and how sure we are of it.

Reads the effective packs only; changing one is a file of the region (docs/packs.md), never a button here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yifang.kernel.errors import NotFound
from yifang.knowledge import load
from yifang.web import components, tables

SIZE = 60
TITLES: dict[str, Promise] = {
    "diseases": gettext_lazy("病种"),
    "triggers": gettext_lazy("识别触发器"),
    "syndromes": gettext_lazy("症候群"),
    "code_maps": gettext_lazy("编码对照"),
    "spellings": gettext_lazy("写法对照"),
    "report_card": gettext_lazy("传染病报告卡"),
    "national_system": gettext_lazy("大疫情网口径"),
    "visibility": gettext_lazy("敏感病种可见范围"),
    "thresholds": gettext_lazy("预警与处置阈值"),
    "surveillance": gettext_lazy("计数与序列监测"),
    "codes": gettext_lazy("代码集"),
    "immunization": gettext_lazy("免疫程序"),
    "management": gettext_lazy("随访管理项目"),
    "indicators": gettext_lazy("指标"),
    "responsibilities": gettext_lazy("责任清单"),
    "resources": gettext_lazy("资源"),
    "education": gettext_lazy("健康教育处方"),
    "calendar": gettext_lazy("节假日"),
    "work": gettext_lazy("工作事项与时限"),
    "linkage": gettext_lazy("人员关联规则"),
    "quality": gettext_lazy("报告质量"),
    "registers": gettext_lazy("医院登记簿"),
    "forms": gettext_lazy("表单"),
    "matters": gettext_lazy("院内流程"),
    "reminders": gettext_lazy("诊疗提醒"),
}
_HEAD = ("meta", "provenance")
CONFIDENCES: dict[str, tuple[Promise, components.Tone]] = {
    "VERIFIED": (gettext_lazy("已核实"), "good"),
    "HIGH": (gettext_lazy("把握高"), "good"),
    "MEDIUM-HIGH": (gettext_lazy("把握中高"), "info"),
    "MEDIUM": (gettext_lazy("把握中等"), "warn"),
    "LOW-MEDIUM": (gettext_lazy("把握中低"), "bad"),
    "LOW": (gettext_lazy("把握低"), "bad"),
    "UNVERIFIED": (gettext_lazy("未核实"), "bad"),
}


@dataclass(frozen=True, slots=True)
class PackLine:
    name: str
    title: Promise
    version: str
    as_of: str
    entries: int
    sources: list[tuple[str, str, int]]  # confidence, tone, how many sources


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a part. `order` is its place, which a page of the list continues from."""

    order: int
    key: str
    name: str
    says: str
    source: str
    confidence: str
    tone: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an entry: the path of keys to it, what it says, and where that comes from."""

    path: str
    text: str
    source: str
    confidence: str
    tone: str


@require_safe
def packs(request: HttpRequest) -> HttpResponse:
    """Every pack with its version, and how well founded its sources are."""
    if (refused := _signed_in(request)) is not None:
        return refused
    known = load()
    lines = [
        PackLine(name, TITLES[name], raw["meta"]["version"], raw["meta"]["as_of"], _size(raw), _confidences(raw))
        for name, raw in known.raw.items()
    ]
    return render(request, "web/packs/packs.html", {"lines": lines, "digest": known.digest})


@require_safe
def pack(request: HttpRequest, name: str) -> HttpResponse:
    """The entries of one part of a pack, filtered by a word."""
    if (refused := _signed_in(request)) is not None:
        return refused
    raw = _raw(name)
    parts = [key for key in raw if key not in _HEAD]
    part = request.GET.get("part", "")
    part = part if part in parts else max(parts, key=lambda key: len(raw[key]) if isinstance(raw[key], list) else 0)
    word = request.GET.get("q", "").strip().lower()
    cursor = tables.read_cursor(request.GET.get("at", ""))
    rows = [
        entry for entry in _entries(name, part, raw[part]) if word in f"{entry.key} {entry.name} {entry.says}".lower()
    ]
    here = reverse("pack", args=[name])
    table: tables.Table[Entry] = tables.Table(
        id=f"pack-{name}",
        caption=TITLES[name],
        columns=[
            tables.Column(_("条目"), "identity"),
            tables.Column(_("内容")),
            tables.Column(_("把握程度"), "state"),
            tables.Column(_("来源"), minor=True),
        ],
        page=_page(rows, cursor),
        row_template="web/packs/_entry.html",
        key=lambda entry: entry.key,
        url=lambda entry: reverse("pack_entry", args=[name, part, entry.key]),
        empty=tables.Empty(_("没有符合的条目"), _("换一个词，或清空搜索。"), "search", here, _("清空")),
    )
    tabs = [components.Tab(key, f"{here}?part={key}", key == part, _length(raw[key])) for key in parts]
    context = {
        "name": name, "title": TITLES[name], "meta": raw["meta"], "tabs": tabs, "table": table, "part": part,
        "word": word,
        "sources": [
            (one["id"], one["text"], confidence_name(one["confidence"]), tone(one["confidence"]))
            for one in raw["meta"]["sources"]
        ],
    }  # fmt: skip
    return render(request, "web/packs/pack.html", context)


@require_safe
def entry(request: HttpRequest, name: str, part: str, key: str) -> HttpResponse:
    """One entry, value by value, each with its source and confidence."""
    if (refused := _signed_in(request)) is not None:
        return refused
    raw = _raw(name)
    found = next((value for own, value in _children(raw.get(part)) if own == key), None) if part not in _HEAD else None
    if found is None:
        raise NotFound("web.no_pack_entry", pack=name, entry=key)
    values = list(_values(name, (part, key), found, ""))
    context = {
        "name": name,
        "title": TITLES[name],
        "part": part,
        "heading": _name_of(found) or key,
        "key": key,
        "values": values,
    }
    return render(request, "web/packs/entry.html", context)


def tone(confidence: str) -> components.Tone:
    """The colour of a confidence: what is MEDIUM or less must look like it."""
    return CONFIDENCES[confidence][1] if confidence in CONFIDENCES else "bad"


def confidence_name(confidence: str) -> str:
    """What a confidence is called; one that a region invented stays as it wrote it."""
    return str(CONFIDENCES[confidence][0]) if confidence in CONFIDENCES else confidence


def _signed_in(request: HttpRequest) -> HttpResponse | None:
    viewer = getattr(request, "viewer", None)
    if viewer is None:
        return redirect_to_login(request.path)
    viewer.check("packs.view")
    return None


def _raw(name: str) -> dict[str, Any]:
    raw = load().raw
    if name not in raw:
        raise NotFound("web.no_pack", pack=name)
    return raw[name]


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    """The entries of a part by key: items of a list by id, of a mapping by name, a plain value by itself."""
    if isinstance(value, Mapping):
        yield from ((str(key), one) for key, one in value.items())
    elif isinstance(value, list):
        for order, one in enumerate(value):
            yield str(_id_of(one) or order), one
    elif value is not None:
        yield "value", value


def _id_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return next((value[key] for key in ("id", "code", "event", "name") if key in value), None)
    return None


def _name_of(value: Any) -> str:
    if not isinstance(value, Mapping):
        return ""
    return str(next((value[key] for key in ("name", "label", "zh", "title", "header") if value.get(key)), ""))


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list | Mapping) else None


def _size(raw: Mapping[str, Any]) -> int:
    return sum(_length(value) or 1 for key, value in raw.items() if key not in _HEAD)


def _confidences(raw: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    counted = Counter(source["confidence"] for source in raw["meta"]["sources"])
    return [(confidence_name(found), tone(found), number) for found, number in counted.most_common()]


def _entries(name: str, part: str, value: Any) -> Iterator[Entry]:
    for order, (key, one) in enumerate(_children(value)):
        source, confidence = _provenance(name, part, key)
        yield Entry(
            order, key, _name_of(one) or key, _in_short(one), source, confidence_name(confidence), tone(confidence)
        )


def _provenance(name: str, *place: str) -> tuple[str, str]:
    found = load().provenance(name, *place)
    return found.text, found.confidence


def _in_short(value: Any) -> str:
    if not isinstance(value, Mapping):
        return _plain(value)
    skipped = ("id", "code", "name", "label", "source", "confidence")
    said = [
        f"{key}: {_plain(one)}" for key, one in value.items() if key not in skipped and one not in (None, "", [], {})
    ]
    text = " · ".join(said)
    return text if len(text) <= 160 else f"{text[:159]}…"


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={_plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "、".join(_plain(one) for one in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return "—" if value is None else str(value)


def _values(name: str, place: tuple[str, ...], value: Any, path: str) -> Iterator[Value]:
    """The values of an entry, one line for each that is not a mapping; lists of plain values stay together."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key not in ("source", "confidence"):
                yield from _values(name, (*place, str(key)), one, f"{path} › {key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for order, one in enumerate(value):
            key = str(_id_of(one) or order)
            yield from _values(name, (*place, key), one, f"{path} › {key}" if path else key)
    else:
        source, confidence = _provenance(name, *place)
        yield Value(path or place[-1], _plain(value), source, confidence_name(confidence), tone(confidence))


def _page(rows: list[Entry], cursor: tables.Cursor | None) -> tables.Page[Entry]:
    order = cursor.values[0] if cursor and len(cursor.values) == 1 and isinstance(cursor.values[0], int) else -1
    if cursor is not None and cursor.backwards:
        wanted = [row for row in reversed(rows) if row.order < order]
    else:
        wanted = [row for row in rows if row.order > order]
    return tables.page(wanted[: SIZE + 1], SIZE, lambda row: (row.order,), cursor if order >= 0 else None)
