from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """People and what was written about them."""

    name = "yifang.apps.records"
    label = "records"

    def ready(self) -> None:
        from yifang.apps.records import identity, jobs, providers, subscribers
        from yifang.kernel import protocols

        providers.register()
        subscribers.register()
        protocols.loops.add(protocols.Loop("records.link_missing", jobs.link_missing))
        protocols.sealed.add(protocols.Sealed("records.PersonIdentity.sealed", identity.context))
