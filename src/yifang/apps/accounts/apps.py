from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yifang.apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        from yifang.apps.accounts import signing, subscribers

        signing.connect()
        subscribers.register()
