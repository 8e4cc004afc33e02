"""The connector of FHIR servers: each visit or report that changed, with all it refers to, as a document of its own.

A page of a search holds many people and visits; what belongs together is put together here, so that two visits of one
person never become one record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext_lazy as _
from pydantic import field_validator

from yifang.apps.intake.connectors.protocol import Column, Document, Sight, Source, SourceFailed
from yifang.apps.intake.connectors.settings import Settings, setting, wrong

Json = dict[str, Any]
_PAGE, _SECONDS, _PAGES = 100, 30.0, 1000
# what is asked for beside each kind: where it is, about whom, and what was found
_BESIDE = {
    "Encounter": {
        "_include": ["Encounter:subject"],
        "_revinclude": ["Condition:encounter", "Observation:encounter", "MedicationRequest:encounter"],
    },
    "DiagnosticReport": {"_include": [f"DiagnosticReport:{one}" for one in ("subject", "encounter", "result")]},
    "Observation": {"_include": ["Observation:subject", "Observation:encounter"]},
    "Condition": {"_include": ["Condition:subject", "Condition:encounter"]},
    "Composition": {"_include": ["Composition:subject", "Composition:encounter", "Composition:entry"]},
}
Kinds = Literal["Encounter", "DiagnosticReport", "Observation", "Condition", "Composition"]


class FhirSettings(Settings):
    """Where the server is, what is asked of it, and as whom."""

    base: str = setting(_("服务器地址"), _("如 https://fhir.hospital.cn/r4"), max_length=200, min_length=1, wide=True)
    resource: str = setting(
        _("读哪些资源"), _("用逗号隔开；一般是 Encounter,DiagnosticReport。"), default="Encounter,DiagnosticReport",
        max_length=120,
    )  # fmt: skip
    user: str = setting(_("账号"), _("不写则用令牌。"), default="", max_length=100)
    password: str = setting(_("令牌或口令"), _("加密保存，不再显示。"), default="", secret=True)

    @field_validator("base")
    @classmethod
    def _address(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise wrong("connect.field_http", value=value[:60])
        return value.rstrip("/")

    @field_validator("resource")
    @classmethod
    def _kinds(cls, value: str) -> str:
        kinds = [one.strip() for one in value.replace("，", ",").split(",") if one.strip()]
        for one in kinds:
            if one not in _BESIDE:
                raise wrong("connect.field_resource", value=one[:30], known=list(_BESIDE))
        return ",".join(kinds)


class Fhir:
    """A server that is asked for what changed."""

    name = "fhir"
    title = _("FHIR 服务器")
    about = _("按更新时间向 FHIR R4 服务器取就诊和报告；由对方推送的，发到本节点 /fhir 即可，不用设置。")
    settings = FhirSettings
    of_the_node: frozenset[str] = frozenset()

    def shown(self, settings: Any) -> str:
        return str(settings.base)[:200]

    @contextmanager
    def opened(self, settings: Any) -> Iterator[Source]:
        headers = {"Accept": "application/fhir+json"}
        auth = (settings.user, settings.password) if settings.user else None
        if settings.password and not settings.user:
            headers["Authorization"] = f"Bearer {settings.password}"
        # a server may not send us elsewhere: the token would go with it
        with httpx.Client(headers=headers, auth=auth, timeout=_SECONDS, follow_redirects=False) as client:
            try:
                yield FhirSource(client, settings)
            except httpx.HTTPError as error:
                raise SourceFailed(type(error).__name__) from None


class FhirSource:
    """One server."""

    def __init__(self, client: httpx.Client, settings: FhirSettings) -> None:
        self.client, self.settings = client, settings

    def columns(self) -> list[Column]:
        return []

    def parts(self, since: Any, most: int | None) -> Iterator[list[Document]]:
        """All kinds together in the order of their change: a watermark of one must not pass by another's."""
        found = [one for kind in self.settings.resource.split(",") for one in self._changed(kind, since, most)]
        found.sort(key=lambda one: one.at)
        for start in range(0, len(found[:most]), _PAGE):
            yield found[start : min(start + _PAGE, most or len(found))]

    def sights(self, since: Any) -> Iterator[Sight]:
        told = self._get(f"{self.settings.base}/metadata", {})
        software = told.get("software") if isinstance(told.get("software"), dict) else {}
        name = f"{software.get('name', '?')} {software.get('version', '')}".strip()
        yield Sight(
            "good", "connect.saw_server", {"kind": f"FHIR {told.get('fhirVersion', '?')}", "version": name[:80]}
        )
        offered = {
            str(one.get("type")) for rest in told.get("rest") or [] for one in rest.get("resource") or []
        }  # fmt: skip
        for kind in self.settings.resource.split(","):
            if offered and kind not in offered:
                yield Sight("bad", "connect.saw_no_resource", {"resource": kind})
                continue
            number = len(self._changed(kind, since, 200))
            shown = "200+" if number >= 200 else str(number)
            yield Sight("good" if number else "warn", "connect.saw_resources", {"resource": kind, "n": shown})

    def _changed(self, kind: str, since: Any, most: int | None) -> list[Document]:
        asked: Json = {"_sort": "_lastUpdated", "_count": _PAGE, **_BESIDE[kind]}
        if since is not None:
            asked["_lastUpdated"] = f"ge{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        url, found = f"{self.settings.base}/{kind}", list[Document]()
        for _page in range(_PAGES):
            bundle = self._get(url, asked)
            found += _documents(bundle, kind)
            following = [one.get("url") for one in bundle.get("link") or [] if one.get("relation") == "next"]
            if not following or (most and len(found) >= most):
                break
            url, asked = str(httpx.URL(self.settings.base + "/").join(str(following[0]))), {}
            if urlsplit(url)[:2] != urlsplit(self.settings.base)[:2]:
                raise SourceFailed(f"next → {urlsplit(url).netloc}")
        return found

    def _get(self, url: str, asked: Json) -> Json:
        answer = self.client.get(url, params=asked or None)
        if answer.status_code in (401, 403):
            raise SourceFailed(f"HTTP {answer.status_code}", "intake.view_login")
        if answer.status_code in (404, 410):
            raise SourceFailed(f"HTTP {answer.status_code}", "intake.view_gone")
        if answer.status_code != 200:
            raise SourceFailed(f"HTTP {answer.status_code}")
        try:
            told = answer.json()
        except ValueError:
            raise SourceFailed("no JSON") from None
        if not isinstance(told, dict) or told.get("resourceType") not in ("Bundle", "CapabilityStatement"):
            raise SourceFailed("no Bundle")
        return told


def _documents(bundle: Json, kind: str) -> Iterator[Document]:
    """Each resource that was asked for, with what it refers to and what refers to it."""
    entries = [one for one in bundle.get("entry") or [] if isinstance(one.get("resource"), dict)]
    names = {_name(one["resource"]): one for one in entries}
    refers = {name: _references(one["resource"]) for name, one in names.items()}
    for name, entry in names.items():
        resource = entry["resource"]
        if resource.get("resourceType") != kind or (entry.get("search") or {}).get("mode") == "include":
            continue
        about = {name, *(one for one in refers[name] if one in names)}
        about |= {other for other, others in refers.items() if name in others and kind == "Encounter"}
        about |= {one for part in list(about) for one in refers[part] if one in names and not one.startswith(kind)}
        meta = resource.get("meta") or {}
        whole = {"resourceType": "Bundle", "type": "collection", "id": f"{name}".replace("/", "-")}
        held = [names[one] for one in sorted(about)]
        whole["entry"] = [
            {"fullUrl": one.get("fullUrl", _name(one["resource"])), "resource": one["resource"]} for one in held
        ]
        data = json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()
        key = f"{name}|{meta.get('versionId', '')}|{meta.get('lastUpdated', '')}|{_digest(data)}"
        yield Document(f"{name.replace('/', '-')}.json", _instant(meta.get("lastUpdated")), key, lambda data=data: data)  # type: ignore[misc]


def _digest(data: bytes) -> str:
    """A short digest of what a document says: what is about a visit may change without the visit."""
    return blake2s(data, digest_size=8).hexdigest()


def _name(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _references(value: Any) -> set[str]:
    """The `Type/id` of everything that a resource refers to."""
    if isinstance(value, list):
        return {one for part in value for one in _references(part)}
    if not isinstance(value, dict):
        return set()
    found = {one for part in value.values() for one in _references(part)}
    if isinstance(value.get("reference"), str):
        found.add("/".join(value["reference"].split("/_history")[0].split("/")[-2:]))
    return found


def _instant(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise SourceFailed("meta.lastUpdated", "connect.fhir_no_time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
