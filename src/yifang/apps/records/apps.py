from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "yifang.apps.records"
    label = "records"
