"""The links to other nodes: how each is, and the lists behind its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.words import message_language
from yifang.apps.ledger.queries import kind_words
from yifang.apps.relay import queries, services
from yifang.apps.relay.models import Peer, PeerState
from yifang.apps.reporting.models import CardState
from yifang.kernel import clock, protocols
from yifang.kernel import messages as words
from yifang.web import components, htmx, tables

SIZE, MOST = 50, 200
_LATE = timedelta(hours=1)  # nothing heard for so long is told, though nothing failed


@require_safe
def links(request: HttpRequest) -> HttpResponse:
    """Every peer with its numbers."""
    found = queries.links(request.viewer)
    return render(request, "relay/links.html", {"links": [_shown(one) for one in found]})


@require_safe
def link(request: HttpRequest, peer_id: UUID, tab: str = "waiting") -> HttpResponse:
    """One peer: its state, and one of the lists."""
    one = queries.link(peer_id, request.viewer)
    table = _TABS[tab](request, one.peer) if tab in _TABS else _TABS["waiting"](request, one.peer)
    context = {"one": _shown(one), "tabs": _tabs(one, tab), "tab": tab, "table": table}
    return render(request, "relay/link.html", context)


@require_POST
def see(request: HttpRequest, conflict_id: UUID) -> HttpResponse:
    """Somebody has looked at what both sides changed."""
    conflict = services.see(conflict_id, request.viewer)
    messages.success(request, _("已记为看过。"))
    return htmx.redirect(request, reverse("relay:link", args=[conflict.peer_id, "conflicts"]))


def _shown(one: queries.Link) -> dict[str, Any]:
    label, tone, trouble = _state(one)
    return {
        "link": one, "peer": one.peer, "label": label, "tone": tone, "trouble": trouble,
        "waiting": [(_kind(kind), kind, number) for kind, number in one.waiting.items()],
        "role": words.render(f"relay.role.{one.peer.role}", {}, message_language()),
    }  # fmt: skip


def _state(one: queries.Link) -> tuple[Any, components.Tone, str]:
    peer, now = one.peer, clock.now()
    if peer.state == PeerState.PAUSED:
        return _("已暂停"), "neutral", ""
    if peer.error:
        return _("不通"), "bad", _said(peer.error, peer.error_params)
    if peer.heard_at is None:
        return _("还没有通过"), "warn", ""
    if now - peer.heard_at > _LATE and (one.waits or one.unreceipted):
        return (
            _("久无回音"),
            "warn",
            _("对方 {hours} 小时没有回音，内容都在这里等着。").format(
                hours=int((now - peer.heard_at).total_seconds() // 3600)
            ),
        )
    if one.aside or peer.waiting_there:
        return _("有搁置"), "warn", ""
    return _("通畅"), "good", ""


def _said(code: str, params: dict[str, Any]) -> str:
    try:
        return words.render(code, params, message_language())
    except words.MessageError:  # noted by another release
        return code


def _kind(name: str) -> Any:
    return next((one.label for one in protocols.relayed if one.name == name), name)


def _tabs(one: queries.Link, tab: str) -> list[components.Tab]:
    counts = (
        ("waiting", _("待发"), one.waits), ("receipts", _("未回执"), one.unreceipted), ("sent", _("已发批次"), None),
        ("came", _("收到批次"), None), ("aside", _("搁置"), one.aside), ("conflicts", _("两边都改过"), one.conflicts),
    )  # fmt: skip
    return [
        components.Tab(label, reverse("relay:link", args=[one.peer.id, name]), name == tab, count)
        for name, label, count in counts
    ]


# -- the lists


def _waiting(request: HttpRequest, peer: Peer) -> tables.Table[Any]:
    cursor = tables.read_cursor(request.GET.get("at", ""))
    after = cursor.values[0] if cursor and len(cursor.values) == 1 and isinstance(cursor.values[0], int) else None
    backwards = bool(after is not None and cursor and cursor.backwards)
    kind = request.GET.get("kind", "")[:20]
    rows = queries.outgoing(peer.id, request.viewer, kind, after=after, backwards=backwards, limit=SIZE)
    page = tables.page(rows, SIZE, lambda one: (one.id,), cursor if after is not None else None)
    lines = _lines(page.rows, lambda one: (kind_words(one.what, message_language()), one.at, ""))
    return _table(
        "relay-waiting", _("待发"), [(_("内容"), "identity"), (_("事项"), "text"), (_("发生"), "date")],
        tables.Page(lines, page.before, page.after), "relay/_subject_row.html",
        tables.Empty(_("没有待发的内容"), _("有关对方的变更会列在这里，连得上时几秒内发出。"), "check"),
    )  # fmt: skip


def _batches(request: HttpRequest, peer: Peer, open_only: bool) -> tables.Table[Any]:
    cursor = _cursor(request)
    rows = queries.batches(
        peer.id, request.viewer, open_only=open_only, key=cursor.values if cursor else None,  # type: ignore[arg-type]
        backwards=bool(cursor and cursor.backwards), limit=SIZE,
    )  # fmt: skip
    empty = (
        tables.Empty(_("发出的都有回执"), _("发出后还没有得到对方签名回执的批次会列在这里。"), "check")
        if open_only
        else tables.Empty(_("还没有发出批次"), _("每个发出的批次和它的回执会列在这里。"), "inbox")
    )
    return _table(
        "relay-batches", _("批次"),
        [(_("批号"), "identity"), (_("条数"), "number"), (_("大小"), "number"), (_("组成"), "date"),
         (_("发出时间"), "date"),
         (_("次数"), "number"), (_("回执"), "date")],
        tables.page(rows, SIZE, lambda one: (one.made_at, one.id), cursor), "relay/_batch_row.html", empty,
    )  # fmt: skip


def _came(request: HttpRequest, peer: Peer) -> tables.Table[Any]:
    cursor = _cursor(request)
    rows = queries.arrivals(
        peer.id, request.viewer, key=cursor.values if cursor else None,  # type: ignore[arg-type]
        backwards=bool(cursor and cursor.backwards), limit=SIZE,
    )  # fmt: skip
    return _table(
        "relay-came", _("收到批次"),
        [(_("批号"), "identity"), (_("条数"), "number"), (_("大小"), "number"), (_("到达"), "date"),
         (_("处理"), "date")],
        tables.page(rows, SIZE, lambda one: (one.received_at, one.id), cursor), "relay/_arrival_row.html",
        tables.Empty(_("还没有收到批次"), _("对方发来的每个批次会列在这里。"), "inbox"),
    )  # fmt: skip


def _aside(request: HttpRequest, peer: Peer) -> tables.Table[Any]:
    rows = queries.aside(peer.id, request.viewer, MOST)
    lines = _lines(rows, lambda one: (_said(one.code, one.params), one.first_at, one.next_try_at))
    return _table(
        "relay-aside", _("搁置"),
        [(_("内容"), "identity"), (_("为什么等着、怎么办"), "text"), (_("到达"), "date"), (_("下次再试"), "date")],
        tables.Page(lines), "relay/_aside_row.html",
        tables.Empty(_("没有搁置的内容"), _("收到而暂时处理不了的，会写明原因列在这里，改好后自动处理。"), "check"),
    )  # fmt: skip


def _conflicts(request: HttpRequest, peer: Peer) -> tables.Table[Any]:
    rows = queries.conflicts(peer.id, request.viewer, MOST)
    states = dict(CardState.choices)
    for one in rows:
        for side in (one.ours, one.theirs, one.kept):
            side["label"] = states.get(side.get("state"), side.get("state"))
    lines = _lines(rows, lambda one: (one, one.found_at, ""))
    return _table(
        "relay-conflicts", _("两边都改过"),
        [(_("内容"), "identity"), (_("本节点"), "text"), (_("对方"), "text"), (_("现在"), "text"), (_("发现"), "date"),
         ("", "actions")],
        tables.Page(lines), "relay/_conflict_row.html",
        tables.Empty(
            _("没有两边同时改过的卡"), _("两个节点互不知情时都改了同一张卡，会列在这里；两边的版本都在。"), "check"
        ),
    )  # fmt: skip


_TABS: dict[str, Callable[[HttpRequest, Peer], tables.Table[Any]]] = {
    "waiting": _waiting,
    "receipts": lambda request, peer: _batches(request, peer, True),
    "sent": lambda request, peer: _batches(request, peer, False),
    "came": _came,
    "aside": _aside,
    "conflicts": _conflicts,
}


def _lines(rows: Sequence[Any], tell: Callable[[Any], tuple[Any, Any, Any]]) -> list[dict[str, Any]]:
    """Rows with the kind of their subject, and its page for those who may open it."""
    seen = queries.shown([one.subject for one in rows])
    pages = {one.name: one.page for one in protocols.relayed}
    found = []
    for one in rows:
        page = pages.get(one.kind, "")
        url = reverse(page, args=[one.subject]) if page and one.subject in seen else ""
        said, at, then = tell(one)
        found.append({"id": one.id, "kind": _kind(one.kind), "url": url, "said": said, "at": at, "then": then})
    return found


def _table(
    id: str, caption: Any, columns: Sequence[tuple[Any, Any]], page: tables.Page[Any], template: str,
    empty: tables.Empty,
) -> tables.Table[Any]:  # fmt: skip
    return tables.Table(
        id=id, caption=caption, columns=[tables.Column(label, kind) for label, kind in columns], page=page,
        row_template=template, key=lambda one: one["id"] if isinstance(one, dict) else one.id, empty=empty,
    )  # fmt: skip


def _cursor(request: HttpRequest) -> tables.Cursor | None:
    cursor = tables.read_cursor(request.GET.get("at", ""))
    if cursor is None or len(cursor.values) != 2 or not hasattr(cursor.values[0], "tzinfo"):
        return None
    return cursor if isinstance(cursor.values[1], int) else None
