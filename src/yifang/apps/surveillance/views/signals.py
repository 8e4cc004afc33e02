"""The inbox of signals with the opened one beside it, its answers, feedback and receipts."""

from datetime import datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.surveillance import policy, queries, services
from yifang.apps.surveillance.models import Conclusion
from yifang.apps.surveillance.presenting import series
from yifang.apps.surveillance.presenting import signals as presenting
from yifang.apps.surveillance.services.feeding_back import DAYS, MOST_DAYS
from yifang.kernel import clock, protocols
from yifang.knowledge import load
from yifang.web import components, htmx, tables

SIZE = 50


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list alone."""
    return render(request, "surveillance/inbox.html", _list(request))


@require_safe
def signal(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """One signal, with the list it is opened from beside it."""
    found = queries.detail(signal_id, request.viewer)
    context = _list(request, opened=str(signal_id)) | _detail(found, request.viewer)
    context["closed_url"] = reverse("surveillance:inbox") + tables.with_query(request.GET, work="")
    return render(request, "surveillance/inbox.html", context)


@require_POST
def answer(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """Verify, close or escalate."""
    posted = request.POST
    services.answer(
        signal_id,
        request.viewer,
        posted.get("state", ""),
        conclusion=posted.get("conclusion", ""),
        note=posted.get("note", ""),
    )
    messages.success(request, _("已记录您的答复。"))
    return htmx.redirect(request, reverse("surveillance:signal", args=[signal_id]))


@require_POST
def feedback(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """Tell those who reported."""
    days = request.POST.get("days", "")
    services.give_feedback(
        signal_id,
        request.viewer,
        request.POST.get("text", ""),
        days=int(days) if days.isdecimal() and len(days) < 4 else 0,
    )
    messages.success(request, _("已反馈到报告医生和医院公卫科。"))
    return htmx.redirect(request, reverse("surveillance:signal", args=[signal_id]))


@require_POST
def read(request: HttpRequest, feedback_id: UUID) -> HttpResponse:
    """The reader has taken note."""
    services.mark_read(feedback_id, request.viewer)
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return htmx.redirect(request, wanted if safe else reverse("work:mine"))


def _list(request: HttpRequest, opened: str = "") -> dict[str, object]:
    viewer = request.viewer
    tab = request.GET.get("tab", "")
    tab = tab if tab in (*queries.STATES, "all") else "open"
    disease = request.GET.get("disease", "")
    disease = disease if disease in load().diseases else ""
    cursor = _cursor(request, tab)
    rows = queries.inbox(
        viewer, tab, disease=disease, cursor=cursor.values if cursor else None,
        backwards=bool(cursor and cursor.backwards), limit=SIZE,
    )  # fmt: skip
    page = tables.page(rows, SIZE, _day_key if tab == "all" else lambda one: (one.due_at, one.id), cursor)
    if tab == "all":  # the walk along the visibility rows goes forwards only
        page = tables.Page(page.rows, "", page.after)
    here = tables.with_query(request.GET, at="", work="")
    table = tables.Table(
        id=f"signals-{tab}",
        caption=_("预警信号"),
        columns=[
            tables.Column(_("信号"), "identity"),
            tables.Column(_("答复时限"), "clock"),
            tables.Column(_("状态"), "state"),
            tables.Column(_("观察 / 限值"), "number", hint=_("下面是预期的例数")),
            tables.Column(_("走势"), minor=True),
            tables.Column(_("负责人")),
        ],
        page=tables.Page([presenting.row(one) for one in page.rows], page.before, page.after),
        row_template="surveillance/_row.html",
        key=lambda row: row.signal.id,
        empty=tables.Empty(_EMPTY[tab](), _("辖区内有单例即预警的病例录入后，这里会立即出现信号。"), "radar"),
        url=lambda row: reverse("surveillance:signal", args=[row.signal.id]) + here,
        changed=lambda row: row.signal.closed_at or row.signal.answered_at or row.signal.raised_at,
        opens_in="detail",
        opened=opened,
    )
    return {
        "table": table,
        "tabs": _tabs(tab, queries.counts(viewer), queries.late(viewer)),
        "diseases": [(one, queries.disease_name(one)) for one in queries.diseases(viewer)],
        "disease": disease,
        "chips": _chips(request, disease),
        "tab": tab,
        "punctuality": queries.punctuality(viewer, _month_start()),
    }


_EMPTY = {
    "open": lambda: _("没有等待答复的信号"),
    "verifying": lambda: _("没有正在核实的信号"),
    "escalated": lambda: _("没有升级的信号"),
    "all": lambda: _("还没有信号"),
}


def _cursor(request: HttpRequest, tab: str) -> tables.Cursor | None:
    # A token of another tab has another key.
    return tables.read_place(request.GET.get("at", ""), instants=tab != "all")


def _day_key(one: object) -> tuple[object, UUID]:
    return one.raised_at.astimezone(clock.CHINA).date(), one.id


def _month_start() -> datetime:
    return datetime.combine(clock.today().replace(day=1), time(), tzinfo=clock.CHINA)


def _tabs(tab: str, counts: dict[str, int], late: int) -> list[components.Tab]:
    here = reverse("surveillance:inbox")
    names = {"open": _("待答复"), "verifying": _("核实中"), "escalated": _("已升级"), "all": _("全部")}
    return [
        components.Tab(name, f"{here}?tab={key}", key == tab, counts.get(key), key == "open" and late > 0)
        for key, name in names.items()
    ]


def _chips(request: HttpRequest, disease: str) -> list[components.Chip]:
    if not disease:
        return []
    remove = reverse("surveillance:inbox") + tables.with_query(request.GET, disease="", at="", work="")
    return [components.Chip(_("病种"), queries.disease_name(disease), remove)]


def _detail(found: queries.Detail, viewer: Viewer) -> dict[str, object]:
    one = found.signal
    return {
        "opened": presenting.row(one),
        "detail": found,
        "cases": [
            (case, presenting.CASE_CLASSES.get(case.case_class, case.case_class), _case_url(case.id))
            for case in found.cases
        ],
        "reasons": presenting.reasons(one),
        "baseline": series.baseline(one, found.cases),
        "place_map": series.place_map(one),
        "situation_url": series.situation_url(one),
        "where": load().regions.full_name(one.area_code) or one.area_code,
        "moments": presenting.moments(one, found.steps, found.left),
        "fallen": queries.says_fallen(one),
        "may_answer": policy.can_answer(one, viewer),
        "choices": presenting.choices(one),
        "may_close": presenting.may_close(one),
        "conclusions": Conclusion.choices,
        "days": DAYS,
        "most_days": MOST_DAYS,
    }


def _case_url(case_id: UUID) -> str:
    name = protocols.page_of("case")
    try:
        return reverse(name, args=[case_id]) if name else ""
    except NoReverseMatch:  # a node may be put together without the pages of an app
        return ""
