"""How a feed is read: its connector's settings, what a look at the source saw, the mapping with its live preview."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yifang.apps.accounts.words import message_language
from yifang.apps.intake import connectors, queries
from yifang.apps.intake import preview as previews
from yifang.apps.intake.connectors import changes
from yifang.apps.intake.connectors.protocol import Column
from yifang.apps.intake.connectors.settings import form
from yifang.apps.intake.presenting_targets import LABELS
from yifang.apps.intake.services import connections, feeds, looking, mappings
from yifang.apps.ledger.services import looked
from yifang.formats import tabular
from yifang.formats.tabular.mapping import builtin
from yifang.kernel.errors import UserError
from yifang.kernel.messages import MessageError
from yifang.kernel.messages import render as words
from yifang.web import htmx

_TONES = {"good": "good", "note": "neutral", "warn": "warn", "bad": "bad"}


@require_http_methods(["GET", "HEAD", "POST"])
def connection(request: HttpRequest, code: str) -> HttpResponse:
    """The settings as a form; a POST keeps them and has the source looked at."""
    found = queries.connected(code, request.viewer)
    name = request.GET.get("connector") or (found.connection.connector if found.connection else "")
    connector = connectors.get(name) if name else None
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    if connector and found.connection and found.connection.connector == connector.name:
        values = _shown(found.connection.settings)
    if request.method == "POST" and connector:
        values = {key: request.POST.get(key, "") for key in connector.settings.model_fields}
        try:
            connections.connect(found.feed, connector.name, values, request.viewer)
        except UserError as wrong:
            errors = {key: text or _("请重新填写。") for key, text in dict(wrong.params.get("fields", {})).items()}
            if not errors:
                raise
        else:
            connections.ask_for_look(found.feed, request.viewer)
            messages.success(request, _("已保存，正在试读来源，结果马上显示在下面。"))
            return htmx.redirect(request, reverse("intake:connection", args=[code]))
    fields = list(form(connector.settings, values, errors)) if connector else []
    context = _settings(found) | {
        "connector": connector, "errors": errors,
        "own": [one for one in fields if not one.group], "pace": [one for one in fields if one.group],
    }  # fmt: skip
    return render(request, "intake/connection.html", context, status=400 if errors else 200)


@require_POST
def look(request: HttpRequest, code: str) -> HttpResponse:
    """Have the source looked at again."""
    connections.ask_for_look(queries.connected(code, request.viewer).feed, request.viewer)
    return htmx.redirect(request, reverse("intake:connection", args=[code]))


@require_POST
def columns(request: HttpRequest, code: str) -> HttpResponse:
    """Go on with the columns that are there now."""
    connections.accept_columns(queries.connected(code, request.viewer).feed, request.viewer)
    messages.success(request, _("按新的列接着读，等着的行马上会进来。"))
    return htmx.redirect(request, reverse("intake:connection", args=[code]))


@require_POST
def senders(request: HttpRequest, code: str) -> HttpResponse:
    """Say which addresses send HL7 v2 by MLLP."""
    found = queries.connected(code, request.viewer)
    said = " ".join(request.POST.get("senders", "").replace(",", " ").split())
    try:
        feeds.set_senders(found.feed, said.replace(" ", ","), request.viewer)
    except UserError as wrong:
        told = {"senders": said, "senders_error": words(wrong.code, wrong.params, message_language())}
        return render(request, "intake/connection.html", _settings(found) | told, status=400)
    messages.success(request, _("已保存，马上生效。"))
    return htmx.redirect(request, reverse("intake:connection", args=[code]))


@require_POST
def off(request: HttpRequest, code: str) -> HttpResponse:
    """Read the feed from nowhere any more."""
    connections.disconnect(queries.connected(code, request.viewer).feed, request.viewer)
    messages.success(request, _("不再读取，已收的都保留。"))
    return htmx.redirect(request, reverse("intake:feed_page", args=[code]))


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, code: str) -> HttpResponse:
    """The mapping as a text with its versions; a POST keeps a new one, where nothing is wrong with it."""
    found = queries.connected(code, request.viewer)
    current = found.versions[0].text if found.versions else ""
    text = request.POST.get("text", "") if request.method == "POST" else current
    if request.method == "POST" and not _problems(text):
        made = mappings.set_mapping(found.feed, text, request.viewer, note=request.POST.get("note", ""))
        messages.success(
            request,
            _("已保存为第 {n} 版，以后收到的都按它读。").format(n=made.number)
            if made
            else _("与现在的一样，没有新版。"),
        )
        return htmx.redirect(request, reverse("intake:mapping", args=[code]))
    chosen = next((one for one in found.versions if str(one.number) == request.GET.get("version")), None)
    text = chosen.text if chosen else text
    header, _rows = _sample(request, found)
    if not text:
        text = _proposed(header)
    context = _context(found) | _preview(request, found, text) | {
        "text": text, "chosen": chosen, "current": current, 
        "targets": [(key, str(label)) for key, label in LABELS.items()],
    }  # fmt: skip
    return render(
        request, "intake/mapping.html", context, status=400 if context["problems"] and request.method == "POST" else 200
    )


@require_POST
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """What the text on the page would read of the ten rows."""
    found = queries.connected(code, request.viewer)
    context = _context(found) | _preview(request, found, request.POST.get("text", "")[: mappings.LARGEST])
    return render(request, "intake/_preview.html", context)


def _context(found: queries.Connected) -> dict[str, Any]:
    one = found.connection
    difference = None
    if one is not None and one.found:
        difference = changes.between(one.columns, [Column(name, kind) for name, kind in one.found])
    sights = found.look.sights if found.look else []
    return {
        "feed": found.feed, "connection": one, "look": found.look, "versions": found.versions, "difference": difference,
        "sights": [(_TONES[level], _words(code, params)) for level, code, params in sights],
    }  # fmt: skip


def _settings(found: queries.Connected) -> dict[str, Any]:
    return _context(found) | {
        "connectors": list(connectors.registry), "port": settings.YIFANG.mllp_port,
        "senders": found.feed.senders.replace(",", " "),
    }  # fmt: skip


def _preview(request: HttpRequest, found: queries.Connected, text: str) -> dict[str, Any]:
    wrong = _problems(text)
    header, rows = _sample(request, found)
    told: dict[str, Any] = {"problems": wrong, "preview": None, "has_sample": bool(header)}
    if not wrong and header:
        told["preview"] = previews.preview(
            header, rows, tabular.parse_mapping(text, found.feed.code) if text.strip() else None
        )
    return told


def _sample(request: HttpRequest, found: queries.Connected) -> tuple[list[str], list[list[str]]]:
    """The rows that a look kept, with an entry in the access stream: they are somebody's, masked though they are."""
    if found.look is None or found.look.sample is None:
        return [], []
    looked("feed.sampled", "feed", found.feed.id, request.viewer)
    return looking.sample_of(found.look)


def _problems(text: str) -> list[tuple[int, str]]:
    return [(one.line, _words(one.code, one.params)) for one in tabular.problems(text)] if text.strip() else []


def _proposed(header: list[str]) -> str:
    """A mapping to begin from: of the built-in one that knows most columns, those that are there."""
    if not header:
        return ""
    best = max(builtin(), key=lambda one: sum(len(at) for at in one.match(header).values()))
    lines = [f"id: own\ntitle: {best.title}\nkind: {best.kind}\ncolumns:"]
    lines += [
        f"  {target}: [{', '.join(header[place] for place in places)}]" for target, places in best.match(header).items()
    ]
    if best.constants:
        lines += ["constants:", *(f"  {target}: {value}" for target, value in best.constants.items())]
    for part, held in (("values", best.values), ("systems", best.systems)):
        if held:
            lines.append(f"{part}:")
            for target, value in held.items():
                lines += (
                    [f"  {target}:", *(f"    {word}: {to}" for word, to in value.items())]
                    if isinstance(value, dict)
                    else [f"  {target}: {value}"]
                )
    required = [target for target in best.required if target in best.match(header)]
    return "\n".join([*lines, f"required: [{', '.join(required)}]"]) + "\n"


def _shown(settings: dict[str, Any]) -> dict[str, Any]:
    options = settings.get("options")
    return settings | (
        {"options": "&".join(f"{key}={value}" for key, value in options.items())} if options else {"options": ""}
    )


def _words(code: str, params: dict[str, Any]) -> str:
    try:
        return words(code, params, message_language())
    except MessageError:  # noted by another version
        return code
