"""What the pages of clinician and desk add to the frame: menu entries, and where work items and search hits lead."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from yifang.apps.accounts.roles import ROLES
from yifang.apps.reporting.queries import clinic, followups
from yifang.kernel import protocols

_DESK = frozenset({"hospital_desk"})


def register() -> None:
    """Called once, when the app is ready."""
    protocols.subject_pages.add(protocols.SubjectPage("suspicion", "reporting:suspicion"))
    protocols.subject_pages.add(protocols.SubjectPage("card", "reporting:card"))
    protocols.menu.add(
        protocols.MenuItem(
            "suspicions",
            pgettext_lazy("list", "待排查线索"),
            "reporting:suspicions",
            frozenset({"clinician"}),
            10,
            "zoom-question",
            clinic.badge,
            _("看系统提示的待排查线索和依据，决定报告、排除或会诊。"),
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "desk",
            _("公卫科工作台"),
            "reporting:desk",
            _DESK,
            10,
            "clipboard-list",
            clinic.desk_badge,
            _("审核本院报告卡，录入大疫情网并回填卡号。"),
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "followups",
            _("追踪复诊"),
            "reporting:followups",
            frozenset({"clinician", "hospital_desk"}),
            14,
            "history",
            followups.badge,
            _("报告以后结果更确定的，请订正；疑似久未订正的，列在这里。"),
            group="reports",
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "rules",
            _("识别规则"),
            "reporting:rules",
            frozenset(role.key for role in ROLES.values() if "rules.view" in role.may),
            64,
            "adjustments",
            about=_("看每条识别规则看什么、准不准；起草、试运行和启用新规则。"),
            group="rules",
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "trials",
            _("静默试运行"),
            "reporting:quiet_everywhere",
            frozenset(role.key for role in ROLES.values() if "trial.manage" in role.may),
            63,
            "eye-off",
            about=_("看哪些医院在静默试运行、到哪天为止；开始或结束试运行。"),
            group="data",
        )
    )
    protocols.subject_pages.add(protocols.SubjectPage("quiet_trial", "reporting:quiet_of"))
    protocols.name_words("subject", {"ruleset": _("识别规则")})
