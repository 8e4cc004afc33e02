"""Pictures of paper cards of the viewer's unit, the latest first, and one of them."""

from __future__ import annotations

from uuid import UUID

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Scan
from yifang.kernel.errors import NotFound


def scans(viewer: Viewer, limit: int = 50) -> list[Scan]:
    """Those of the viewer's unit, without the pictures themselves."""
    viewer.check("card.draft")
    rows = Scan.objects.filter(organisation_id=viewer.organisation_id).defer("picture", "found")
    return list(rows.select_related("made_by", "card").order_by("-made_at")[:limit])


def scan(scan_id: UUID, viewer: Viewer) -> Scan:
    """One that the viewer sees: of their unit, or of a card they see. Raises NotFound `reporting.no_scan`."""
    viewer.check("card.view")
    found = Scan.objects.select_related("card", "organisation").filter(id=scan_id).first()
    if found is None:
        raise NotFound("reporting.no_scan")
    return found
