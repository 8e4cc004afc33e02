from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "yifang.apps.ledger"
    label = "ledger"

    def ready(self) -> None:
        from yifang.apps.ledger.jobs import pump
        from yifang.kernel import protocols

        protocols.loops.add(protocols.Loop("ledger.pump", pump))
