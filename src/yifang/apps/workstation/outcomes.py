"""What came of a report, for the doctor who made it: entered, audited, confirmed, part of a cluster."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting.models import Card, Case
from yifang.kernel import clock, protocols


def came_of(card: Card, viewer: Viewer) -> list[tuple[str, Any]]:
    """(what, when or how) of each step that happened; what did not happen yet is said as such."""
    entered = card.entered_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M") if card.entered_at else _("还没有")
    audited = card.audited_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M") if card.audited_at else _("还没有")
    told: list[tuple[str, Any]] = [(_("录入大疫情网"), entered), (_("疾控终审"), audited)]
    case = Case.objects.filter(id=card.case_id).first()
    if case is not None and case.excluded:
        told.append((_("后来"), _("已排除。善意报告不计入任何人的考核")))
    elif case is not None:
        confirmed = _("是") if case.case_class == "confirmed" else _("还没有")
        told.append((_("实验室确诊"), confirmed))
        told += [(_("聚集"), hit.label) for one in protocols.related for hit in one.call(viewer, "case", case.id)]
    return told
