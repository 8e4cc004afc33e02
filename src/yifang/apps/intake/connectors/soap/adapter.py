"""The connector of WebServices."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from yifang.apps.intake.connectors.protocol import Source
from yifang.apps.intake.connectors.soap.settings import SoapSettings


class Soap:
    """An operation that is asked for a stretch of time."""

    name = "soap"
    title = _("WebService")
    about = _("向集成平台的 WebService 按起止时间取数，答复是 XML；也可以取装在里面的 CDA 文档。")
    settings = SoapSettings
    of_the_node: frozenset[str] = frozenset()

    def shown(self, settings: Any) -> str:
        split = urlsplit(settings.wsdl)
        return f"{split.scheme}://{split.hostname}{f':{split.port}' if split.port else ''}{split.path}"[:200]

    def opened(self, settings: Any) -> AbstractContextManager[Source]:
        from yifang.apps.intake.connectors.soap import source  # zeep comes with it

        return source.opened(settings)
