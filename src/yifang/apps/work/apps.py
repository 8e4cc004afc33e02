from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    name = "yifang.apps.work"
    label = "work"

    def ready(self) -> None:
        from yifang.apps.work import escalating, jobs, queries, subscribers
        from yifang.kernel import protocols

        protocols.loops.add(protocols.Loop("work.escalation", jobs.escalate))
        protocols.health.add(protocols.Named("work", escalating.unattended))
        protocols.menu.add(
            protocols.MenuItem("work", _("我的工作"), "work:mine", order=0, icon="inbox", badge=queries.badge)
        )
        protocols.purposes.add(protocols.Named("work", queries.purpose_of))
        protocols.name_words("subject", {"work": _("工作事项")})
        subscribers.register()
