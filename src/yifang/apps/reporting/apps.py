from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Suspicions, report cards, cases."""

    name = "yifang.apps.reporting"
    label = "reporting"

    def ready(self) -> None:
        from yifang.apps.reporting import pages, pages_district, providers, subscribers

        subscribers.register()
        providers.register()
        pages.register()
        pages_district.register()
