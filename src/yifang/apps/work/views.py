"""My work: the page every role lands on, and the small actions on an item."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yifang.apps.accounts.models import User
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.work import offering, queries, services
from yifang.apps.work.models import WorkItem
from yifang.kernel import protocols
from yifang.kernel.errors import UserError
from yifang.web import components, tables

SIZE = 50
_WHOSE = ("waiting", "colleagues", "done")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where this role lands."""
    return redirect(protocols.home_url_name(request.viewer))


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits, by deadline; what colleagues have; what was done today."""
    viewer = request.viewer
    viewer.check("work.list")
    whose = request.GET.get("whose", "")
    whose = whose if whose in _WHOSE else "waiting"
    numbers = queries.waiting(viewer)
    kinds = {kind for kind, _number, _late in numbers.kinds}
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds or whose != "waiting" else ""
    cursor = tables.read_cursor(request.GET.get("at", ""))
    if cursor is not None and len(cursor.values) != 2:
        cursor = None
    rows = queries.mine(
        viewer,
        whose=whose,
        kind=kind,
        cursor=cursor.values if cursor else None,
        backwards=bool(cursor and cursor.backwards),
        limit=SIZE,
    )
    page = (
        tables.Page(rows) if whose == "done" else tables.page(rows, SIZE, lambda item: (item.due_at, item.id), cursor)
    )
    context = {
        "whose": whose,
        "numbers": numbers,
        "tabs": _tabs(whose, numbers.total, bool(numbers.overdue)),
        "kinds": _kinds(request, kind, numbers) if whose == "waiting" else [],
        "table": _table(whose, page, viewer),
        "lines": [line for source in protocols.work_sources for line in source.call(viewer)],
        "offer": offering.offer_to(viewer) if not numbers.total and whose == "waiting" else None,
        "notices": [notice for source in protocols.notices for notice in source.call(viewer)],
    }
    return render(request, "work/mine.html", context)


def _table(whose: str, page: tables.Page[WorkItem], viewer: Viewer) -> tables.Table[dict[str, object]]:
    columns = [tables.Column(_("事项"), "identity"), tables.Column(_("类别")), tables.Column(_("期限"), "clock")]
    if whose == "done":
        columns += [tables.Column(_("办完时间"), "date"), tables.Column(_("结果"))]
        empty = tables.Empty(_("今天还没有办完的事项"), icon="list-check")
    elif whose == "colleagues":
        columns += [tables.Column(_("办理人")), tables.Column("", "actions")]
        empty = tables.Empty(_("没有同事正在办的事项"), icon="users")
    else:
        columns += [tables.Column(_("起算"), "date"), tables.Column(_("办理人")), tables.Column("", "actions")]
        empty = tables.Empty(_("没有等您处理的事项"), _("新的待办会自己出现在这里，并按期限排列。"), "circle-check")
    names = _names(page.rows, viewer)
    lines = tables.Page([_line(item, viewer, names) for item in page.rows], page.before, page.after)
    return tables.Table(
        id=f"work-{whose}",
        caption=_("我的工作"),
        columns=columns,
        page=lines,
        row_template=f"work/_{whose}.html",
        key=lambda line: line["item"].id,
        empty=empty,
        url=lambda line: line["url"],
        changed=lambda line: line["item"].starts_at,
    )


def _tabs(whose: str, total: int, urgent: bool) -> list[components.Tab]:
    here = reverse("work:mine")
    return [
        components.Tab(_("待我处理"), here, whose == "waiting", total, urgent),
        components.Tab(_("同事在办"), f"{here}?whose=colleagues", whose == "colleagues"),
        components.Tab(_("今天办完"), f"{here}?whose=done", whose == "done"),
    ]


def _kinds(request: HttpRequest, kind: str, numbers: queries.Waiting) -> list[components.Tab]:
    if len(numbers.kinds) < 2:
        return []
    every = tables.with_query(request.GET, kind="", at="")
    return [components.Tab(_("全部"), every, not kind, numbers.total)] + [
        components.Tab(
            queries.kind_name(one), tables.with_query(request.GET, kind=one, at=""), kind == one, number, bool(late)
        )
        for one, number, late in numbers.kinds
    ]


def _names(items: Sequence[WorkItem], viewer: Viewer) -> dict[UUID, object]:
    """Who the items are about, masked, as the app of each subject says and the viewer may see."""
    found: dict[UUID, object] = {}
    for kind in {item.subject_kind for item in items}:
        found |= protocols.names_of(kind, viewer, [item.subject for item in items if item.subject_kind == kind])
    return found


def _line(item: WorkItem, viewer: Viewer, names: Mapping[UUID, object]) -> dict[str, object]:
    return {
        "item": item,
        "who": names.get(item.subject, ""),
        "kind": queries.kind_name(item.kind),
        "title": queries.title_of(item),
        "url": queries.url_of(item) if item.is_open else "",
        "is_mine": item.owner_id == viewer.user_id,
    }


@require_safe
def count(request: HttpRequest) -> JsonResponse:
    """`{"waiting": n, "overdue": n}` for the badge."""
    request.viewer.check("work.list")
    numbers = queries.waiting(request.viewer)
    return JsonResponse({"waiting": numbers.total, "overdue": numbers.overdue})


@require_POST
def claim(request: HttpRequest, item_id: UUID) -> HttpResponse:
    services.claim(item_id, request.viewer)
    messages.success(request, _("已归您办理。"))
    return _back(request)


@require_POST
def release(request: HttpRequest, item_id: UUID) -> HttpResponse:
    services.release(item_id, request.viewer)
    messages.success(request, _("已放回本岗待办。"))
    return _back(request)


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Choose a colleague of the same desk and give them the item."""
    item = queries.item(item_id, request.viewer)
    if request.method == "POST":
        to = User.objects.filter(pk=_number(request.POST.get("to", "")), is_active=True).first()
        if to is None:
            raise UserError("work.no_colleague")
        services.hand_over(item_id, to, request.viewer)
        messages.success(request, _("已移交给{name}。").format(name=to))
        return redirect("work:mine")
    line = _line(item, request.viewer, _names([item], request.viewer))
    context = {"line": line, "seats": queries.colleagues(item, request.viewer)}
    return render(request, "work/hand_over.html", context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0


def _back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if safe else "work:mine")
