"""Saving and forgetting a named view of a list. A view is a filter, never data; it needs no ledger entry."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer, list_scope
from yifang.apps.reporting.models import SavedView
from yifang.kernel.errors import NotFound, UserError


def save_view(viewer: Viewer, page: str, name: str, query: str, *, shared: bool = False) -> SavedView:
    """Save the filters of a list under a name; the same name again replaces them. `shared` offers it to role and place.

    Raises UserError `reporting.view_name` for an empty or overlong name or query.
    """
    name = name.strip()
    if not name or len(name) > 60 or len(query) > 1000:
        raise UserError("reporting.view_name")
    with transaction.atomic():
        view, _ = SavedView.objects.update_or_create(
            user_id=viewer.user_id, page=page, name=name,
            defaults={
                "query": query, "shared_scope": list_scope(viewer) if shared else "",
                "shared_role": viewer.role if shared else "",
            },
        )  # fmt: skip
    return view


def change_view(viewer: Viewer, view_id: UUID, name: str, *, shared: bool, first: bool = False) -> SavedView:
    """Rename one's own view, share it or stop sharing it, and let the list open with it (`first`) or no more.

    Raises NotFound `reporting.no_view` for anybody else's, UserError `reporting.view_name` for an empty, overlong or
    taken name.
    """
    name = name.strip()
    with transaction.atomic():
        view = SavedView.objects.select_for_update().filter(id=view_id, user_id=viewer.user_id).first()
        if view is None:
            raise NotFound("reporting.no_view")
        namesakes = SavedView.objects.filter(user_id=viewer.user_id, page=view.page, name=name).exclude(id=view_id)
        if not name or len(name) > 60 or namesakes.exists():
            raise UserError("reporting.view_name")
        view.name = name
        view.shared_scope, view.shared_role = (list_scope(viewer), viewer.role) if shared else ("", "")
        if first:
            SavedView.objects.filter(user_id=viewer.user_id, page=view.page, first=True).update(first=False)
        view.first = first
        view.save()
    return view


def forget_view(viewer: Viewer, view_id: UUID) -> None:
    """Remove one's own view. Raises NotFound `reporting.no_view` for anybody else's."""
    deleted, _ = SavedView.objects.filter(id=view_id, user_id=viewer.user_id).delete()
    if not deleted:
        raise NotFound("reporting.no_view")
