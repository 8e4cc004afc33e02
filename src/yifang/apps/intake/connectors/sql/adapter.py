"""The connector of views in databases."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.utils.translation import gettext_lazy as _

from yifang.apps.intake.connectors.protocol import Source
from yifang.apps.intake.connectors.sql.settings import SqlSettings


class Sql:
    """A view that is asked for its rows by a watermark."""

    name = "sql"
    title = _("数据库视图")
    about = _("医院给一个只读账号和几个视图，按更新时间读新的行。")
    settings = SqlSettings
    of_the_node = frozenset({"client"})

    def shown(self, settings: Any) -> str:
        port = f":{settings.port}" if settings.port else ""
        host = "localhost" if settings.host.startswith("/") else settings.host
        return f"{settings.dialect}://{host}{port}/{settings.database}"[:200]

    def opened(self, settings: Any) -> AbstractContextManager[Source]:
        from yifang.apps.intake.connectors.sql import source  # the drivers come with it

        return source.opened(settings)
