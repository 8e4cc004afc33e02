"""Saved views of a list: one's own, and those shared with one's role and place."""

from __future__ import annotations

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import SavedView


def saved_views(viewer: Viewer, page: str) -> list[SavedView]:
    """By name; the policy of the table lets nobody else's through."""
    return list(SavedView.objects.filter(page=page).order_by("name"))


def first_view(viewer: Viewer, page: str) -> str:
    """The conditions that the viewer's list opens with; "" for none."""
    rows = SavedView.objects.filter(user_id=viewer.user_id, page=page, first=True)
    return rows.values_list("query", flat=True).first() or ""
