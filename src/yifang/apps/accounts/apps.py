from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "yifang.apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        from yifang.apps.accounts import signing, subscribers
        from yifang.apps.accounts.models import SubjectKind
        from yifang.apps.accounts.roles import ROLES
        from yifang.apps.accounts.words import label_of
        from yifang.kernel import protocols

        protocols.name_words("role", {key: label_of(key) for key in ROLES})
        labels = {kind.value: kind.label for kind in SubjectKind}
        labels |= {"user": _("账号"), "seat": _("岗位"), "glass": _("紧急查阅")}
        protocols.name_words("subject", labels)
        signing.connect()
        subscribers.register()
