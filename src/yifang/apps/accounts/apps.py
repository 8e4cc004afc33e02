from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yifang.apps.accounts"
    label = "accounts"
