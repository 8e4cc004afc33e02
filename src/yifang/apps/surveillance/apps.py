from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES


class SurveillanceConfig(AppConfig):
    name = "yifang.apps.surveillance"
    label = "surveillance"

    def ready(self) -> None:
        from yifang.apps.surveillance import jobs, queries, relaying, services, subscribers
        from yifang.kernel import protocols

        subscribers.register()
        relaying.register()
        protocols.receivers.add(protocols.Receiver("notices", services.receive_notices))
        protocols.receivers.add(protocols.Receiver("tallies", services.receive_tallies))
        protocols.identified.add(protocols.Named("surveillance.visits", subscribers.count_visits))
        protocols.loops.add(protocols.Loop("surveillance.compaction", jobs.compact))
        protocols.loops.add(protocols.Loop("surveillance.series", jobs.watch))
        protocols.loops.add(protocols.Loop("surveillance.days", relaying.counts.tell_days))
        protocols.notices.add(protocols.Named("surveillance.feedback", queries.notices))
        protocols.disease_advice.add(protocols.Named("surveillance.feedback", queries.advice))
        protocols.related.add(protocols.Named("surveillance.signals", queries.related))
        protocols.subject_pages.add(protocols.SubjectPage("signal", "surveillance:signal"))
        protocols.menu.add(
            protocols.MenuItem(
                "situation",
                _("疫情态势"),
                "surveillance:situation",
                frozenset(key for key, role in ROLES.items() if "count.view" in role.may),
                order=28,
                icon="chart-line",
                about=_("看辖区的流行曲线、地图、年龄性别和与往年的比较；每个数都能点到背后的病例。"),
                group="watch",
            )
        )
        protocols.name_words("subject", {"warning": _("预警提示")})
        protocols.menu.add(
            protocols.MenuItem(
                "warnings",
                _("预警提示"),
                "surveillance:warnings",
                frozenset(k for k, role in ROLES.items() if {"signal.answer", "card.review"} & role.may),
                order=32,
                icon="message",
                about=_("把预警送到医院有关科室，看谁读了。"),
                group="watch",
            )
        )
        protocols.menu.add(
            protocols.MenuItem(
                "signals",
                _("预警信号"),
                "surveillance:inbox",
                frozenset(key for key, role in ROLES.items() if "signal.list" in role.may),
                order=30,
                icon="radar",
                badge=queries.waiting,
                about=_("看本辖区的预警信号：观察数、预期数、依据和核实结论。"),
            )
        )
