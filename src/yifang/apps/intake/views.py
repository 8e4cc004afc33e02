"""The intake page with its uploads, and the quarantine with the opened item beside the list."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.intake import presenting, queries, services
from yifang.apps.intake.models import BatchState, QuarantineState
from yifang.kernel.errors import UserError
from yifang.web import components, htmx, tables

SIZE = 50
_STATES = {QuarantineState.OPEN: "warn", QuarantineState.REPLAYED: "good", QuarantineState.DISCARDED: "neutral"}


@require_safe
def batches(request: HttpRequest) -> HttpResponse:
    """The feeds of one's organisation, what they brought, and the place to drop a file."""
    viewer = request.viewer
    lines = queries.feeds(viewer)
    feed_id = _uuid(request.GET.get("feed", ""))
    chosen = next((line.feed for line in lines if line.feed.id == feed_id), None)
    day = _day(request.GET.get("day", ""))
    cursor = _cursor(request)
    rows = queries.batches(
        viewer, feed_id=chosen.id if chosen else None, day=day, after=cursor.values if cursor else None,
        backwards=bool(cursor and cursor.backwards), limit=SIZE,
    )  # fmt: skip
    table = tables.Table(
        id="batches",
        caption=_("接收批次"),
        columns=[
            tables.Column(_("文件"), "identity"),
            tables.Column(_("状态"), "state"),
            tables.Column(_("数据源")),
            tables.Column(_("条数"), "number"),
            tables.Column(_("存入"), "number"),
            tables.Column(_("重复"), "number"),
            tables.Column(_("隔离件"), "number"),
            tables.Column(_("到达"), "date"),
            tables.Column(_("完成"), "date"),
        ],
        page=tables.page(rows, SIZE, lambda one: (one.received_at, one.id), cursor),
        row_template="intake/_batch_row.html",
        key=lambda one: one.id,
        empty=tables.Empty(
            _("还没有收到文件"), _("把文件放进数据源的目录，或在上面上传；每个文件的去向都会列在这里。"), "inbox"
        ),
        url=lambda one: reverse("intake:batch", args=[one.id]),
        changed=lambda one: one.done_at or one.received_at,
    )
    context = {
        "feeds": lines,
        "feed": chosen,
        "day": day,
        "table": table,
        "receiving": queries.receiving(viewer),
        "may_upload": viewer.can("intake.upload") and any(line.feed.active for line in lines),
    }
    return render(request, "intake/batches.html", context)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take files from the page; each becomes a batch at once."""
    request.viewer.check("intake.upload")
    feed = queries.feed(_uuid(request.POST.get("feed", "")) or UUID(int=0), request.viewer)
    files = request.FILES.getlist("files")
    if not files:
        raise UserError("intake.no_file")
    taken = [services.upload(feed, file.name or "", file.read(), request.viewer) for file in files]
    known = sum(batch.state == BatchState.DONE for batch in taken)
    if fresh := len(taken) - known:
        messages.success(request, ngettext("已交接收 {n} 个文件。", "已交接收 {n} 个文件。", fresh).format(n=fresh))
    if known:
        words = ngettext("{n} 个文件以前接收过，不再接收。", "{n} 个文件以前接收过，不再接收。", known)
        messages.info(request, words.format(n=known))
    url = reverse("intake:batch", args=[taken[0].id]) if len(taken) == 1 else reverse("intake:batches")
    return htmx.redirect(request, url)


@require_safe
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """One file: how far it is, what became of it, what of it waits in quarantine."""
    found = queries.batch(batch_id, request.viewer)
    label, tone = presenting.batch_state(found)
    context = {"batch": found, "state_label": label, "state_tone": tone}
    if found.refused:
        context |= _list(request, queries.Filters(_state(request), batch=found.id), "intake:batch", found.id)
    return render(request, "intake/batch.html", context)


@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """What could not be read, of all feeds of one's organisation."""
    filters = queries.Filters(_state(request), code=request.GET.get("code", "")[:60])
    return render(request, "intake/quarantine.html", _list(request, filters, "intake:quarantine"))


@require_safe
def feed_quarantine(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    """What could not be read of one feed: where the work item of the desk leads."""
    found = queries.feed(feed_id, request.viewer)
    filters = queries.Filters(_state(request), feed=found.id, code=request.GET.get("code", "")[:60])
    context = _list(request, filters, "intake:feed", found.id) | {"feed": found}
    return render(request, "intake/quarantine.html", context)


@require_safe
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One item beside the list; its bytes only when asked for (`?original=1`), which leaves a trace."""
    viewer = request.viewer
    found = queries.quarantined(item_id, viewer)
    filters = queries.Filters(found.state, code=request.GET.get("code", "")[:60])
    context = _list(request, filters, "intake:quarantine", opened=str(found.id)) | {
        "opened": True,
        "item": found,
        "reason": presenting.reason(found),
        "tone": _STATES[QuarantineState(found.state)],
        "may_mend": viewer.can("quarantine.mend"),
        "closed_url": reverse("intake:quarantine") + tables.with_query(request.GET, original=""),
        "open_url": tables.with_query(request.GET, original="1"),
    }
    if request.GET.get("original") == "1":
        _item, data = services.open_original(item_id, viewer)
        context["original"] = presenting.original(found, data)
    return render(request, "intake/quarantine.html", context)


@require_POST
def mend(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Keep the mend (a text or a file) and have it read again; neither given: read the bytes again as they stand."""
    request.viewer.check("quarantine.mend")
    file = request.FILES.get("file")
    text = request.POST.get("text")
    data = (
        file.read() if file else presenting.mended(text, request.POST.get("charset", "")) if text is not None else None
    )
    services.mend(item_id, data, request.viewer)
    messages.success(request, _("已交重放，结果马上显示在这里。"))
    return htmx.redirect(request, reverse("intake:item", args=[item_id]))


@require_POST
def discard(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Lay the item aside for a reason."""
    services.discard(item_id, request.POST.get("reason", ""), request.viewer)
    messages.success(request, _("已弃置，原文仍保留，可以再打开。"))
    return htmx.redirect(request, reverse("intake:item", args=[item_id]))


@require_POST
def reopen(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take a discarded item up again."""
    services.reopen(item_id, request.viewer)
    messages.success(request, _("已重新打开。"))
    return htmx.redirect(request, reverse("intake:item", args=[item_id]))


def _list(
    request: HttpRequest, filters: queries.Filters, url_name: str, subject: UUID | None = None, opened: str = ""
) -> dict[str, object]:
    viewer = request.viewer
    cursor = _cursor(request)
    rows = queries.quarantine(
        viewer, filters, after=cursor.values if cursor else None,
        backwards=bool(cursor and cursor.backwards), limit=SIZE,
    )  # fmt: skip
    kept = tables.with_query(request.GET, at="", work="", original="")
    table = tables.Table(
        id=f"quarantine-{filters.state}",
        caption=_("隔离件"),
        columns=[
            tables.Column(_("原因"), "identity"),
            tables.Column(_("出处")),
            tables.Column(_("文件"), minor=True),
            tables.Column(_("到达"), "date"),
        ],
        page=tables.page(rows, SIZE, lambda one: (one.arrived_at, one.id), cursor),
        row_template="intake/_quarantine_row.html",
        key=lambda one: one.id,
        empty=tables.Empty(_EMPTY[filters.state](), _("读不了的内容会带着原因和原文留在这里，一条也不会丢。"), "check"),
        url=lambda one: reverse("intake:item", args=[one.id]) + kept,
        opens_in="" if filters.batch else "detail",
        opened=opened,
    )
    here = reverse(url_name, args=[subject] if subject else [])
    number = queries.counts(viewer, filters)
    tabs = [
        components.Tab(
            state.label, here + tables.with_query(request.GET, state=state.value, at="", work=""),
            filters.state == state, number[state],
        )
        for state in QuarantineState
    ]  # fmt: skip
    reasons = [(code, presenting.reason_name(code), count) for code, count in queries.reasons(viewer, filters)]
    return {
        "table": table,
        "tabs": tabs,
        "reasons": reasons,
        "code": filters.code,
        "here": here,
        "state": filters.state,
    }


_EMPTY = {
    QuarantineState.OPEN: lambda: _("没有待处理的隔离件"),
    QuarantineState.REPLAYED: lambda: _("还没有重放成功的隔离件"),
    QuarantineState.DISCARDED: lambda: _("没有弃置的隔离件"),
}


def _state(request: HttpRequest) -> str:
    wanted = request.GET.get("state", "")
    return wanted if wanted in QuarantineState.values else QuarantineState.OPEN


def _cursor(request: HttpRequest) -> tables.Cursor | None:
    cursor = tables.read_cursor(request.GET.get("at", ""))
    return cursor if cursor is not None and len(cursor.values) == 2 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
