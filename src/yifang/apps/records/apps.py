from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """People and what was written about them."""

    name = "yifang.apps.records"
    label = "records"

    def ready(self) -> None:
        from yifang.apps.records import identity, providers
        from yifang.kernel import protocols

        providers.register()
        protocols.sealed.add(protocols.Sealed("records.PersonIdentity.sealed", identity.context))
