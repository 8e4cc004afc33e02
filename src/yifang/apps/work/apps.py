from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "yifang.apps.work"
    label = "work"
