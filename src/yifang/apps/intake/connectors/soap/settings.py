"""What one tells of a WebService: where its WSDL is, which operation, with which arguments, and where in its answer
what stands."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from pydantic import field_validator

from yifang.apps.intake.connectors.settings import Settings, setting, wrong

PLACES = ("since", "until", "user", "password")
_PLACE = re.compile(r"\{(\w+)\}")


class SoapSettings(Settings):
    """An operation and how its answer is read. Paths are names of elements, apart by `/`, without name spaces."""

    wsdl: str = setting(_("WSDL 地址"), _("如 http://平台/services/lis?wsdl"), max_length=300, min_length=1, wide=True)
    operation: str = setting(_("操作"), _("WSDL 里的操作名。"), max_length=100, min_length=1)
    arguments: str = setting(
        _("参数"),
        _("每行一个“名称=值”；{since}、{until} 换成起止时间，{user}、{password} 换成账号口令。值可以是一段 XML。"),
        default="startTime={since}\nendTime={until}", max_length=4000, lines=4, wide=True,
    )  # fmt: skip
    clock: str = setting(_("时间写法"), _("参数里时间的格式。"), default="%Y-%m-%d %H:%M:%S", max_length=40)
    window: int = setting(_("一次问多长时间（分钟）"), _("积压多时分段问。"), default=60, ge=1, le=60 * 24 * 31)
    user: str = setting(_("账号"), default="", max_length=100)
    password: str = setting(_("口令"), _("加密保存，不再显示。"), default="", secret=True)
    answer: str = setting(
        _("内层 XML 在哪"), _("答复里以文本装着 XML 的元素；答复本身就是数据的不写。"), default="", max_length=200
    )
    success: str = setting(
        _("成功的标志"),
        _("如 Response/Head/Code=0；不是这个值就算没读成，不会当作没有数据。"),
        default="",
        max_length=200,
    )
    record: str = setting(_("一条记录"), _("重复出现的元素，如 Response/Body/Row。"), max_length=200, min_length=1)
    cursor: str = setting(
        _("更新时间在记录里的哪"), _("如 UpdateTime 或 Visit/UpdateTime。"), max_length=200, min_length=1
    )
    document: str = setting(
        _("文档在记录里的哪"), _("记录里装着 CDA 文档（文本、CDATA 或 Base64）的元素；不写则各元素按对应表读。"),
        default="", max_length=200,
    )  # fmt: skip

    @field_validator("wsdl")
    @classmethod
    def _address(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise wrong("connect.field_http", value=value[:60])
        return value

    @field_validator("arguments")
    @classmethod
    def _lines(cls, value: str) -> str:
        for line in value.splitlines():
            if line.strip() and "=" not in line:
                raise wrong("connect.field_argument", value=line[:40])
            for place in _PLACE.findall(line):
                if place not in PLACES:
                    raise wrong("connect.field_place", value=place[:20], known=[f"{{{one}}}" for one in PLACES])
        return value

    def given(self, **places: str) -> dict[str, Any]:
        """The arguments of one call."""
        pairs = (line.split("=", 1) for line in self.arguments.splitlines() if line.strip())
        values = {"user": self.user, "password": self.password, **places}
        return {name.strip(): _PLACE.sub(lambda one: values[one[1]], text.strip()) for name, text in pairs}
