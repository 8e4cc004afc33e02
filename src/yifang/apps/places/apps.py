from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    """Areas, organisations and the places inside them, and the texts that wait to be matched to them."""

    name = "yifang.apps.places"
    label = "places"

    def ready(self) -> None:
        from yifang.apps.places import queries
        from yifang.apps.places.policies import MATCHERS
        from yifang.apps.places.services import KIND
        from yifang.kernel import protocols

        protocols.subject_pages.add(protocols.SubjectPage(KIND, "places:match"))
        labels = {"organisation": _("机构"), "place": _("场所"), KIND: _("地点匹配")}
        protocols.name_words("subject", labels)
        protocols.menu.add(
            protocols.MenuItem(
                "places",
                _("地点匹配"),
                "places:queue",
                frozenset(MATCHERS),
                40,
                "map-pin",
                queries.waiting,
                _("把报告卡上写法各异的学校、单位对到名单上。"),
                group="records",
            )
        )
