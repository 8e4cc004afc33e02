from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "yifang.apps.ledger"
    label = "ledger"

    def ready(self) -> None:
        from yifang.apps.ledger.jobs import pump
        from yifang.kernel import protocols

        protocols.loops.add(protocols.Loop("ledger.pump", pump))
        readers = frozenset({"auditor", "administrator"})
        protocols.menu.add(protocols.MenuItem("ledger", _("台账"), "ledger:entries", readers, 900, "history"))
