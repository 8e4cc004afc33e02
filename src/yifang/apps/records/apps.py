from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """People and what was written about them."""

    name = "yifang.apps.records"
    label = "records"

    def ready(self) -> None:
        from yifang.apps.records import providers

        providers.register()
