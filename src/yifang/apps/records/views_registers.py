"""The registers at the hospital's desk: a day of one, what it lacks, and the days that leave as a table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts import purposes
from yifang.apps.accounts.words import message_language
from yifang.apps.records import registers as kept
from yifang.apps.records.views import purpose_words
from yifang.kernel import clock
from yifang.kernel.errors import NotFound
from yifang.knowledge import load
from yifang.knowledge.models.registers import Register
from yifang.web import components, exports, tables

SIZE = 50
_ENGLISH = {
    "男": "Male", "女": "Female", "初诊": "First", "复诊": "Return", "死亡": "Died", "治愈": "Cured", "好转": "Better",
    "转院": "Transferred",
}  # fmt: skip


@require_safe
def registers(request: HttpRequest) -> HttpResponse:
    """One register on one day; names are masked, and each row opens to its record."""
    viewer = request.viewer
    viewer.check("register.view")
    chosen = _chosen(request.GET.get("register", "outpatient"))
    day = _day(request.GET.get("day", "")) or clock.today()
    department, gaps = request.GET.get("department", "")[:60], request.GET.get("gaps") == "1"
    cursor = tables.read_place(request.GET.get("at", ""), instants=True)
    lines = kept.page(
        chosen.id, day, viewer, department=department, gaps=gaps, limit=SIZE,
        after=cursor.values if cursor and not cursor.backwards else None,  # type: ignore[arg-type]
    )  # fmt: skip
    table = tables.Table(
        id="register",
        caption=_name(chosen),
        columns=[tables.Column(_name(one), "identity" if one.id == "name" else "text") for one in chosen.columns],
        page=_page(lines),
        row_template="records/_register_row.html",
        key=lambda one: f"{one['line'].record.id}-{one['line'].row.order}",
        empty=tables.Empty(
            _("这一天没有要登记的"), _("登记由数据源送来的记录生成。换一天看看，或到数据源一览看有没有断。"),
            "clipboard-list",
        ),
        url=lambda one: reverse("records:record", args=[one["line"].record.id]),
    )  # fmt: skip
    query = tables.with_query(request.GET, at="")
    context = {
        "table": _rows(table, chosen), "register": chosen, "name": _name(chosen), "day": day, "gaps": gaps,
        "department": department, "departments": kept.departments(day, viewer),
        "before": tables.with_query(request.GET, day=str(day - timedelta(days=1)), at=""),
        "after": tables.with_query(request.GET, day=str(day + timedelta(days=1)), at="") if day < clock.today() else "",
        "tabs": [
            components.Tab(_name(one), tables.with_query(request.GET, register=one.id, at=""), one.id == chosen.id)
            for one in load().registers.registers
        ],
        "purposes": purposes.CHOICES, "query": query, "inferred": _inferred(chosen),
        "missing": sum(bool(line.row.missing) for line in lines[:SIZE]), "shown": min(len(lines), SIZE),
    }  # fmt: skip
    return render(request, "records/registers.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Some days of a register with names open, as Excel or text; why is asked and recorded."""
    viewer = request.viewer
    viewer.check("register.view")
    if not viewer.purpose:
        viewer = viewer.acting_for(purposes.asked(request.POST.get("purpose", ""), request.POST.get("note", "")))
    chosen = _chosen(request.POST.get("register", ""))
    first = _day(request.POST.get("first", "")) or clock.today()
    last = _day(request.POST.get("last", "")) or first
    department = request.POST.get("department", "")[:60]
    lines = kept.export(chosen.id, first, last, viewer, department=department)
    labels = {one.id: _name(one) for one in chosen.columns}
    rows = [line.values | {"missing": "、".join(labels[one] for one in line.row.missing)} for line in lines]
    name = f"{chosen.id}-{first:%Y%m%d}-{last:%Y%m%d}"
    columns = {**labels, "missing": _("缺的必填项")}
    if request.POST.get("as") == "csv":
        return _text(name, columns, rows)
    source = exports.Provenance(
        title=_name(chosen), who=str(request.user), seat=str(request.seat), at=clock.now(),
        conditions="；".join(filter(None, (f"{first} – {last}", department))), packs=load().digest,
        node=settings.YIFANG_NODE_NAME, purpose=purpose_words(viewer.purpose),
    )  # fmt: skip
    fields = [exports.Field(key, label, width=max(10, 2 * len(label) + 4)) for key, label in columns.items()]
    return exports.response(name, fields, rows, source)


def _text(name: str, columns: dict[str, str], rows: list[dict[str, str]]) -> HttpResponse:
    """CSV in UTF-8 with a mark, which spreadsheets take; a cell that would be a formula is led by a quote."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns.values())
    writer.writerows([_harmless(row.get(key, "")) for key in columns] for row in rows)
    return HttpResponse(
        b"\xef\xbb\xbf" + out.getvalue().encode(), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )  # fmt: skip


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _page(lines: list[kept.Line]) -> tables.Page[Any]:
    """A record's rows stay together, so a page may hold a few more than its size."""
    more = len(lines) > SIZE
    last = lines[SIZE - 1].record.id if more else None
    held = [one for at, one in enumerate(lines) if at < SIZE or one.record.id == last]
    after = tables.Cursor((held[-1].record.at, held[-1].record.id)).token() if more else ""
    return tables.Page(held, after=after)


def _rows(table: tables.Table[Any], register: Register) -> tables.Table[Any]:
    """Each row as the cells of its columns, the missing ones marked."""
    rows = [
        {"line": line, "cells": [(one.id, _name(one), _shown(one.id, line.row.values.get(one.id, "")),
                                  one.id in line.row.missing) for one in register.columns]}
        for line in table.page.rows
    ]  # fmt: skip
    return replace(table, page=replace(table.page, rows=rows))


def _shown(column: str, text: str) -> str:
    """A word of ours in the reader's language; what a source wrote stays as it is."""
    if message_language() == "zh":
        return text
    if column == "age" and text.endswith("岁") and text[:-1].isdigit():
        return f"{text[:-1]} y"
    return _ENGLISH.get(text, text) if column in ("sex", "visit_order", "outcome") else text


def _chosen(id: str) -> Register:
    found = next((one for one in load().registers.registers if one.id == id), None)
    if found is None:
        raise NotFound("records.no_register", id=id[:20])
    return found


def _inferred(register: Register) -> str:
    """How well founded the columns are, where they are not a text of law that somebody compared."""
    found = load().provenance("registers", "registers", register.id, "columns")
    return "" if found.confidence in ("VERIFIED", "HIGH") else found.text


def _name(one: Any) -> str:
    return str(one.en if message_language() == "en" else one.zh)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
