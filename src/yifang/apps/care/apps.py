from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES


def _who(permission: str) -> frozenset[str]:
    return frozenset(key for key, role in ROLES.items() if permission in role.may)


class CareConfig(AppConfig):
    """What a hospital carries through in steps, and its clinics."""

    name = "yifang.apps.care"
    label = "care"

    def ready(self) -> None:
        from yifang.apps.care import (
            calendar,
            from_records,
            merging,
            providers,
            relaying,
            services,
            subscribers,
            suspected,
        )
        from yifang.apps.care.queries import matters
        from yifang.apps.care.services import whistling
        from yifang.kernel import protocols

        subscribers.register()
        relaying.register()
        protocols.sealed.add(protocols.Sealed("care.Reporter.sealed", whistling.context))
        protocols.subject_pages.add(protocols.SubjectPage("matter", "care:matter"))
        protocols.subject_names.add(protocols.Named("matter", matters.names))
        protocols.name_words("subject", {"matter": _("院内流程")})
        protocols.identified.add(protocols.Named("care.visits", from_records.on_identified))
        protocols.person_rows.add(protocols.PersonRows("care", merging.move, merging.restore))
        protocols.timeline.add(protocols.Named("care", providers.timeline))
        protocols.related.add(protocols.Named("care.matters", suspected.related))
        protocols.loops.add(protocols.Loop("care.calendar", calendar.keep))
        protocols.whistles.add(protocols.Named("care", services.draft_whistle))
        protocols.menu.add(
            protocols.MenuItem(
                "triage", _("预检分诊"), "care:triage", frozenset({"triage_nurse"}), 5, "temperature",
                about=_("量体温、问症状和流行病学史，系统给出去向和理由；一位不超过60秒。"),
            )
        )  # fmt: skip
        protocols.menu.add(
            protocols.MenuItem(
                "clinics", _("发热肠道门诊"), "care:fever", matters.BOARDS, 43, "clipboard-check",
                about=_("发热门诊每位患者到了哪一步、等什么；肠道门诊逢泻必登；分诊与就诊人数核对。"), group="clinics",
            )
        )  # fmt: skip
        protocols.menu.add(
            protocols.MenuItem(
                "infections", _("院感监测"), "care:infections", _who("clinic.reconcile"), 45, "biohazard",
                about=_("入院48小时后培养出的病原、同病区同病原的聚集、排查与报告的时限。"), group="clinics",
            )
        )  # fmt: skip
        protocols.menu.add(
            protocols.MenuItem(
                "sentinel", _("哨点周报"), "care:sentinel",
                frozenset({"hospital_desk", "epidemiologist", "duty_officer"}), 47, "chart-bar",
                about=_("流感样病例百分比按年龄组，缺报催报，采样任务与实际；感染性疾病科设置率。"), group="watch",
            )
        )  # fmt: skip
        protocols.menu.add(
            protocols.MenuItem(
                "whistle", _("吹哨"), "care:whistle", _who("whistle.blow"), 46, "flag",
                about=_("发现不明原因疾病、聚集或异常，立即告诉疾控值班；可以匿名。"), group="clinics",
            )
        )  # fmt: skip
        protocols.menu.add(
            protocols.MenuItem(
                "matters", _("院内流程"), "care:matters", _who("matter.list"), 44, "clipboard-list", group="clinics",
                about=_("分诊、发热与肠道门诊、排查会诊、病例讨论、风险排查、院感和吹哨的每一步：谁做、等什么、还剩多久。"),
            )
        )  # fmt: skip
