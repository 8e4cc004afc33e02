from django.apps import AppConfig


class SurveillanceConfig(AppConfig):
    name = "yifang.apps.surveillance"
    label = "surveillance"
