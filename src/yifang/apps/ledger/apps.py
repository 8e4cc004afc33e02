from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "yifang.apps.ledger"
    label = "ledger"

    def ready(self) -> None:
        from yifang.apps import lookups
        from yifang.apps.ledger.failing import set_aside
        from yifang.apps.ledger.jobs import pump
        from yifang.kernel import protocols

        lookups.register()
        protocols.loops.add(protocols.Loop("ledger.pump", pump))
        protocols.health.add(protocols.Named("ledger", set_aside))
        protocols.name_words("role", {"node": _("本节点"), "visitor": _("登录前")})
        protocols.name_words("subject", {"failure": _("未能处理的记录"), "node": _("本节点")})
        readers = frozenset({"auditor", "administrator"})
        protocols.menu.add(
            protocols.MenuItem(
                "ledger",
                _("台账"),
                "ledger:entries",
                readers,
                900,
                "history",
                about=_("查每次变更和每次查看是谁、何时、为何；看封存和各环节是否正常。"),
                group="rules",
            )
        )
