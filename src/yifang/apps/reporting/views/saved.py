"""Saved views of the district's lists: offered in the list, saved, renamed, shared, deleted."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yifang.apps.reporting import queries, services
from yifang.web import components, htmx

# The lists that have saved views: the address of each, and the permission it takes.
LISTS = {"audit": ("reporting:audit", "card.audit"), "cases": ("reporting:cases", "case.list")}
_PASSING = ("at", "work", "view")  # where one stands, why one looks, “all of it” are no conditions


def context(request: HttpRequest, page: str, url: str) -> dict[str, object]:
    """What `{% savedviews %}` needs."""
    current = _conditions(request.GET.urlencode())
    found = queries.saved_views(request.viewer, page)
    return {
        "views": [
            components.SavedView(
                one.name, f"{url}?{one.query}", one.query == current and bool(current),
                one.user_id == request.viewer.user_id,
            )
            for one in found
        ],
        "save_url": reverse("reporting:view_save", args=[page]),
        "manage_url": reverse("reporting:views", args=[page]),
    }  # fmt: skip


def opening(request: HttpRequest, page: str) -> HttpResponse | None:
    """Where a list asked for without any condition opens, if its reader chose a view for that."""
    request.viewer.check(LISTS[page][1])
    first = "" if request.GET else queries.first_view(request.viewer, page)
    return htmx.redirect(request, f"{request.path}?{first}") if first else None


@require_POST
def save(request: HttpRequest, page: str) -> HttpResponse:
    """Save the conditions of the list under a name."""
    url = _open(request, page)
    query = _conditions(request.POST.get("query", ""))
    one = services.save_view(request.viewer, page, request.POST.get("name", ""), query)
    messages.success(request, _("已保存视图“{name}”。").format(name=one.name))
    return htmx.redirect(request, f"{url}?{query}")


@require_safe
def manage(request: HttpRequest, page: str) -> HttpResponse:
    """One's own views to rename, share or delete, and those shared by others."""
    url = _open(request, page)
    found = queries.saved_views(request.viewer, page)
    mine = [one for one in found if one.user_id == request.viewer.user_id]
    others = [one for one in found if one.user_id != request.viewer.user_id]
    return render(request, "reporting/audit_views.html", {"mine": mine, "others": others, "page": page, "url": url})


@require_POST
def change(request: HttpRequest, page: str, view_id: UUID) -> HttpResponse:
    """Rename, share or stop sharing, or delete."""
    _open(request, page)
    posted = request.POST
    if "delete" in posted:
        services.forget_view(request.viewer, view_id)
        messages.success(request, _("已删除视图。"))
    else:
        services.change_view(
            request.viewer, view_id, posted.get("name", ""),
            shared=posted.get("shared") == "1", first=posted.get("first") == "1",
        )  # fmt: skip
        messages.success(request, _("已保存视图。"))
    return htmx.redirect(request, reverse("reporting:views", args=[page]))


def _open(request: HttpRequest, page: str) -> str:
    """The address of the list. Raises Http404 for no such list, NotAllowed for one that is not the viewer's."""
    if page not in LISTS:
        raise Http404
    name, permission = LISTS[page]
    request.viewer.check(permission)
    return reverse(name)


def _conditions(query: str) -> str:
    """The conditions of an address in one order, so that equal ones are equal."""
    read = QueryDict(query[:2000])
    pairs = sorted((name, read[name]) for name in read if read[name] and name not in _PASSING)
    made = QueryDict(mutable=True)
    for name, value in pairs:
        made[name] = value
    return made.urlencode()
