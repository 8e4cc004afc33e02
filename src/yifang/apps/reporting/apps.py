from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Suspicions, report cards, cases."""

    name = "yifang.apps.reporting"
    label = "reporting"

    def ready(self) -> None:
        from yifang.apps.reporting import pages, pages_district, providers, subscribers, versions
        from yifang.apps.reporting.services import grid
        from yifang.kernel import protocols

        subscribers.register()
        providers.register()
        pages.register()
        pages_district.register()
        protocols.sealed.add(protocols.Sealed("reporting.CardVersion.sealed", versions.context))
        protocols.sealed.add(protocols.Sealed("work.WorkItem.place_sealed", grid.context))
