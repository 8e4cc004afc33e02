from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "yifang.apps.reporting"
    label = "reporting"
