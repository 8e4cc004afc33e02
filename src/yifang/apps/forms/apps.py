from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FormsConfig(AppConfig):
    """Forms of the pack, filled and kept."""

    name = "yifang.apps.forms"
    label = "forms"

    def ready(self) -> None:
        from yifang.apps.forms import services
        from yifang.kernel import protocols

        protocols.sealed.add(protocols.Sealed("forms.Response.sealed", services.context))
        protocols.sealed.add(protocols.Sealed("forms.Attachment.sealed", services.file_context))
        protocols.name_words("subject", {"response": _("表单")})
