"""What one tells of a hospital's database, as fields or as an address."""

from __future__ import annotations

import importlib
import re
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field, field_validator, model_validator

from yifang.apps.intake.connectors.settings import Settings, setting, wrong
from yifang.apps.intake.connectors.sql.dialects import DIALECTS, SCHEMES
from yifang.kernel.errors import ConfigError, UserError

Name = Literal["oracle", "sqlserver", "mysql", "mariadb", "postgresql", "kingbase", "opengauss"]


class SqlSettings(Settings):
    """A view, the column that only grows, and how to reach the database."""

    dialect: Name = setting(_("数据库种类"), choices={name: one.title for name, one in DIALECTS.items()})
    host: str = setting(_("主机"), _("名称或地址；本机套接字写文件夹。"), max_length=200, min_length=1)
    port: int | None = setting(_("端口"), _("不写用该数据库的常用端口。"), default=None, ge=1, le=65_535)
    database: str = setting(_("库名"), _("Oracle 写服务名；用 SID 的写 SID=名称。"), max_length=100, min_length=1)
    user: str = setting(_("账号"), _("请医院给一个只能读这些视图的账号。"), max_length=100, min_length=1)
    password: str = setting(_("口令"), _("加密保存，不再显示；换了主机、库或账号要重新填。"), default="", secret=True)
    view: str = setting(_("视图"), _("可带模式名，如 his.v_mzrz。"), max_length=128, min_length=1)
    cursor: str = setting(_("游标列"), _("只增不减、建有索引的列：更新时间或流水号。"), max_length=64, min_length=1)
    client: str = setting(
        _("Oracle 客户端文件夹"), _("只有 11g 及更早的 Oracle 才要：本机 Instant Client 的文件夹。"), default="",
        max_length=200, wide=True,
    )  # fmt: skip
    options: dict[str, str] = Field(
        default_factory=dict,
        json_schema_extra={
            "label": _("其他连接选项"), "hint": _("如 sslmode=require；用 & 隔开几个。"), "choices": None,
            "secret": False, "wide": True, "lines": 0, "group": "",
        },
    )  # fmt: skip

    def needs_secret(self) -> bool:
        return not self.host.startswith("/")  # on a socket the server may know the account without

    @field_validator("options", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = [one.split("=", 1) for one in value.split("&") if one.strip()]
        if any(len(one) != 2 for one in parts):
            raise wrong("connect.field_options", value=value[:40])
        return {name.strip(): text.strip() for name, text in parts}

    @field_validator("view", "cursor")
    @classmethod
    def _no_quotes(cls, value: str) -> str:
        if re.search(r"[\"'`\[\];\x00-\x1f]", value):
            raise wrong("connect.field_name", value=value[:40])
        return value

    @model_validator(mode="after")
    def _thick(self) -> SqlSettings:
        if self.client and self.dialect != "oracle":
            raise wrong("connect.field_client")
        return self


def from_address(text: str) -> dict[str, Any]:
    """The fields that an address as a person writes it names. Raises UserError `intake.view_url`, never naming it."""
    sqlalchemy = library()
    kinds = sorted(SCHEMES)
    try:
        url = sqlalchemy.make_url(text.strip())
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UserError("intake.view_url", kinds=kinds) from None
    options = {name: str(value) for name, value in url.query.items()}
    database = url.database or options.pop("service_name", "")
    if url.drivername not in SCHEMES or not database:
        raise UserError("intake.view_url", kinds=kinds)
    host, port = url.host or options.pop("host", "localhost"), url.port or options.pop("port", None)
    found = {
        "dialect": SCHEMES[url.drivername], "host": host, "port": int(port) if port else None, "database": database,
        "user": url.username or "", "password": url.password or "", "options": options,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def url_of(settings: SqlSettings) -> Any:
    """SQLAlchemy's URL."""
    dialect = DIALECTS[settings.dialect]
    query, database, host = dict(settings.options), settings.database, settings.host
    if settings.dialect == "oracle":
        if settings.database.upper().startswith("SID="):
            database = settings.database[4:]
        else:
            query["service_name"], database = settings.database, ""
    port = settings.port or dialect.port
    if host.startswith("/"):  # a socket
        key = "host" if dialect.module == "psycopg" else "unix_socket"
        query[key] = host
        if settings.port and dialect.module == "psycopg":
            query["port"] = str(settings.port)
        return library().URL.create(dialect.driver, settings.user, settings.password, None, None, database, query)
    return library().URL.create(dialect.driver, settings.user, settings.password, host, port, database, query)


def library() -> Any:
    """SQLAlchemy, which is an extra. Raises ConfigError `intake.view_extra`."""
    try:
        return importlib.import_module("sqlalchemy")
    except ModuleNotFoundError:
        raise ConfigError("intake.view_extra") from None
