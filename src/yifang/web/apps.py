from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "yifang.web"
    label = "web"

    def ready(self) -> None:
        from yifang.kernel import protocols

        protocols.menu.add(
            protocols.MenuItem(
                "packs",
                _("知识包"),
                "packs",
                order=900,
                icon="books",
                about=_("查病种、报告时限、预警阈值和各岗位职责，每条都有出处。"),
                group="rules",
            )
        )
