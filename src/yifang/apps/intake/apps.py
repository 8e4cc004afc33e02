from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES


class IntakeConfig(AppConfig):
    """Doors and what came through them."""

    name = "yifang.apps.intake"
    label = "intake"

    def ready(self) -> None:
        from yifang.apps.intake import jobs, queries, subscribers
        from yifang.kernel import protocols

        protocols.loops.add(protocols.Loop("intake.watch", jobs.watch))
        subscribers.register()
        roles = frozenset(key for key, role in ROLES.items() if "quarantine.view" in role.may)
        protocols.menu.add(
            protocols.MenuItem("intake", _("数据接收"), "intake:batches", roles, order=60, icon="file-upload")
        )
        protocols.menu.add(
            protocols.MenuItem(
                "quarantine", _("隔离区"), "intake:quarantine", roles, order=61, icon="archive", badge=queries.waiting
            )
        )
        protocols.subject_pages.add(protocols.SubjectPage("feed", "intake:feed"))
        protocols.subject_pages.add(protocols.SubjectPage("batch", "intake:batch"))
        protocols.subject_pages.add(protocols.SubjectPage("quarantine", "intake:item"))
