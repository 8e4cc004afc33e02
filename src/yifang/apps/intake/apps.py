from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES


class IntakeConfig(AppConfig):
    """Doors and what came through them."""

    name = "yifang.apps.intake"
    label = "intake"

    def ready(self) -> None:
        from yifang.apps.intake import feed_pages, jobs, queries, subscribers
        from yifang.apps.intake.connectors import polling, registry
        from yifang.apps.intake.connectors.cda.adapter import Cda
        from yifang.apps.intake.connectors.fhir.adapter import Fhir
        from yifang.apps.intake.connectors.folder.adapter import Folder
        from yifang.apps.intake.connectors.soap.adapter import Soap
        from yifang.apps.intake.connectors.sql.adapter import Sql
        from yifang.apps.intake.services import connections
        from yifang.apps.intake.services.batches import context
        from yifang.kernel import protocols

        protocols.loops.add(protocols.Loop("intake.watch", jobs.watch, "watch"))
        protocols.loops.add(protocols.Loop("intake.sources", polling.poll, "watch"))
        for connector in (Sql(), Soap(), Cda(), Folder(), Fhir()):
            registry.add(connector)
        subscribers.register()
        roles = frozenset(key for key, role in ROLES.items() if "quarantine.view" in role.may)
        protocols.menu.add(
            protocols.MenuItem(
                "intake",
                _("数据接收"),
                "intake:batches",
                roles,
                order=60,
                icon="file-upload",
                about=_("看本院数据源送来的文件各到了哪一步，也可以上传文件。"),
                group="data",
            )
        )
        protocols.menu.add(
            protocols.MenuItem(
                "feeds",
                _("数据源一览"),
                "intake:feeds",
                roles,
                order=59,
                icon="activity",
                about=_("看每个数据源来得勤不勤、全不全、及不及时，有没有断。"),
                group="data",
            )
        )
        connectors_of = frozenset(key for key, role in ROLES.items() if "feed.connect" in role.may)
        protocols.menu.add(
            protocols.MenuItem(
                "local_names",
                _("名称对照"),
                "intake:names",
                connectors_of,
                order=60,
                icon="arrows-right-left",
                badge=queries.names_waiting,
                about=_("本院的检验项目、药品和科室叫法，规则包不认识的，在这里说明是什么。"),
                group="data",
            )
        )
        protocols.work_sources.add(protocols.Named("intake.feeds", feed_pages.work_lines))
        protocols.menu.add(
            protocols.MenuItem(
                "quarantine",
                _("隔离区"),
                "intake:quarantine",
                roles,
                order=61,
                icon="archive",
                badge=queries.waiting,
                about=_("看读不进来的内容和原因。"),
                group="data",
            )
        )
        protocols.sealed.add(protocols.Sealed("intake.Quarantined.sealed", context))
        protocols.sealed.add(protocols.Sealed("intake.Quarantined.mended", context))
        protocols.sealed.add(protocols.Sealed("intake.Connection.sealed", connections.context))
        protocols.sealed.add(protocols.Sealed("intake.Look.sample", connections.sample_context))
        labels = {
            "feed": _("数据源"),
            "feed_key": _("接口密钥"),
            "batch": _("批次"),
            "quarantine": _("隔离条目"),
            "local_name": _("本院叫法"),
        }
        protocols.name_words("subject", labels)
        protocols.subject_pages.add(protocols.SubjectPage("feed", "intake:feed"))
        protocols.subject_pages.add(protocols.SubjectPage("batch", "intake:batch"))
        protocols.subject_pages.add(protocols.SubjectPage("quarantine", "intake:item"))
