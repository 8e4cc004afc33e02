"""What the district's pages add to the frame: entries of the menu, and where their work items lead."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.reporting import queries
from yifang.apps.reporting.queries import zero
from yifang.kernel import protocols


def register() -> None:
    """Called once, when the app is ready."""
    protocols.subject_pages.add(protocols.SubjectPage("card_audit", "reporting:audit_card"))
    protocols.subject_pages.add(protocols.SubjectPage("case", "reporting:case"))
    protocols.subject_pages.add(protocols.SubjectPage("grid_visit", "reporting:visit"))
    protocols.menu.add(
        protocols.MenuItem(
            "audit",
            _("报告卡审核"),
            "reporting:audit",
            _who("card.audit"),
            20,
            "clipboard-check",
            _waiting,
            about=_("逐张核对本辖区的报告卡，对照原始记录。"),
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "cases",
            _("病例一览"),
            "reporting:cases",
            _who("case.list"),
            25,
            "virus",
            about=_("查看与本岗位有关的病例：发病、报告和审核到了哪一步。"),
            group="reports",
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "national",
            _("大疫情网对账"),
            "reporting:national",
            _who("national.view"),
            27,
            "git-compare",
            about=_("大疫情网的卡和本平台的卡逐张比对，看哪些只在一边、哪些不同，谁报得及时。"),
            group="reports",
        )
    )
    protocols.subject_pages.add(protocols.SubjectPage("audit", "reporting:missed_of"))
    protocols.subject_pages.add(protocols.SubjectPage("results", "reporting:missed_results_of"))
    protocols.menu.add(
        protocols.MenuItem(
            "missed",
            _("漏报核查"),
            "reporting:missed",
            _who("missed.view"),
            28,
            "search",
            about=_("每晚把门诊、检验、影像、处方、死亡登记与报告卡逐例比对，核查漏报、迟报和分类错误。"),
            group="reports",
        )
    )
    protocols.subject_pages.add(protocols.SubjectPage("zero_report", "reporting:zero_report"))
    protocols.name_words("subject", {"zero_report": _("零报告"), "zero_order": _("零报告布置"), "scan": _("纸卡照片")})
    protocols.menu.add(
        protocols.MenuItem(
            "zero",
            _("零报告"),
            "reporting:zero",
            _who("zero.order") | _who("zero.answer"),
            26,
            "clipboard-text",
            zero.waiting,
            about=_("疾控布置的零报告：医院按期确认有没有病例，疾控看谁报了、谁没报。"),
            group="reports",
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "quality",
            _("报告质量"),
            "reporting:quality",
            _who("quality.view"),
            29,
            "target",
            about=_("及时、完整、准确、一致、重卡、订正，按单位、科室、病种和月份；每个数都能点到卡。"),
            group="reports",
        )
    )


def _waiting(viewer: Viewer) -> int:
    return queries.audit_counts(viewer)["waiting"]


def _who(permission: str) -> frozenset[str]:
    return frozenset(key for key, role in ROLES.items() if permission in role.may)
