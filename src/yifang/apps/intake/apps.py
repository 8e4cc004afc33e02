from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "yifang.apps.intake"
    label = "intake"
