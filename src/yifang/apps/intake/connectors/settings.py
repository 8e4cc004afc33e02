"""The settings of a connector as a model from which its page, its command and its errors are made.

A field is declared with `setting(label, hint, …)`. At most one field of a connector is a secret: it is sealed, never
shown again, and typed anew when the source that it opens is another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError, PydanticUndefined

from yifang.apps.accounts.words import message_language
from yifang.kernel import messages
from yifang.kernel.errors import UserError

_QUIET = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_GROUP_PACE = _("读取的快慢")
# what pydantic finds wrong → the words for it
_WORDS = {
    "missing": "connect.field_missing", "string_too_short": "connect.field_missing",
    "int_parsing": "connect.field_number", "int_type": "connect.field_number", "literal_error": "connect.field_choice",
    "greater_than_equal": "connect.field_least", "less_than_equal": "connect.field_most",
    "string_too_long": "connect.field_long", "extra_forbidden": "connect.field_unknown",
}  # fmt: skip


def setting(
    label: Any, hint: Any = "", *, default: Any = PydanticUndefined, choices: Mapping[str, Any] | None = None,
    secret: bool = False, wide: bool = False, lines: int = 0, group: Any = "", **limits: Any,
) -> Any:  # fmt: skip
    """A field of a settings model: what the page calls it, and what may be given."""
    said = {
        "label": label, "hint": hint, "choices": choices, "secret": secret, "wide": wide, "lines": lines, "group": group
    }  # fmt: skip
    return Field(default, json_schema_extra=said, repr=not secret, **limits)


def wrong(code: str, **params: Any) -> PydanticCustomError:
    """What a validator of a settings model raises: a message code of ours with its parameters."""
    return PydanticCustomError("yifang", "{code}", {"code": code, **params})  # type: ignore[arg-type]


class Settings(BaseModel):
    """What every connector is told: how often it reads, how much at once, and when it must not."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)

    every: int = setting(_("多久读一次（秒）"), default=60, ge=1, le=86_400 * 7, group=_GROUP_PACE)
    overlap: int = setting(
        _("每次回头多读（秒，或号数）"), _("晚提交的行不会漏；读过的不会重复收。"), default=600, ge=0, le=10**9,
        group=_GROUP_PACE,
    )  # fmt: skip
    most: int = setting(_("每次最多读几行"), _("0 为不限。"), default=20_000, ge=0, le=10**7, group=_GROUP_PACE)
    pause: int = setting(_("每 500 行之间停几毫秒"), _("来源忙时调大。"), default=0, ge=0, le=60_000, group=_GROUP_PACE)
    quiet: str = setting(
        _("不读的时段"), _("如 07:30-09:00，可写几段，用逗号隔开；过了时段接着读。"), default="", max_length=80,
        group=_GROUP_PACE,
    )  # fmt: skip

    def needs_secret(self) -> bool:
        """Whether the source cannot be asked without its secret."""
        return False

    @field_validator("quiet")
    @classmethod
    def _spans(cls, value: str) -> str:
        spans = [one.strip() for one in re.split(r"[,，]", value) if one.strip()]
        for one in spans:
            if not _QUIET.fullmatch(one):
                raise wrong("connect.field_quiet", value=one[:20])
        return ",".join(spans)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field on the page; `error` are words, empty where nothing is wrong."""

    name: str
    label: Any
    hint: Any
    value: str
    choices: list[tuple[str, Any]]
    secret: bool
    required: bool
    wide: bool
    lines: int
    group: Any
    error: str


def form(model: type[Settings], values: Mapping[str, Any], errors: Mapping[str, str]) -> Iterator[FormField]:
    """The fields of a model with what stands in them, those of `Settings` last. A secret's value is never shown."""
    own = [name for name in model.model_fields if name not in Settings.model_fields]
    for name in [*own, *Settings.model_fields]:
        field = model.model_fields[name]
        said: dict[str, Any] = dict(field.json_schema_extra or {})  # type: ignore[arg-type]
        default = "" if field.is_required() else field.get_default(call_default_factory=True)
        value = "" if said["secret"] else values.get(name, "" if default in (None, {}) else default)
        choices = [(key, said["choices"][key]) for key in get_args(field.annotation)] if said["choices"] else []
        yield FormField(
            name, said["label"], said["hint"], str(value), choices, said["secret"], field.is_required(), said["wide"],
            said["lines"], said["group"], errors.get(name, ""),
        )  # fmt: skip


def read(model: type[Settings], given: Mapping[str, str]) -> Settings:
    """Settings of what a form or a command gave; blanks are left out. Raises UserError `connect.settings_wrong`.

    Its parameter `fields` maps each wrong field to the words for it; `said` are the same as one text.
    """
    try:
        return model.model_validate({name: value for name, value in given.items() if str(value).strip()})
    except ValidationError as refused:
        errors = {str((one["loc"] or ("",))[0]): _said(one) for one in refused.errors(include_input=False)}
        labels = {name: _label(model, name) for name in errors}
        said = "；".join(f"{labels[name]} {text}".strip() for name, text in errors.items())
        raise UserError("connect.settings_wrong", fields=errors, said=said) from None


def secret_of(model: type[Settings]) -> str:
    """The name of the field that is a secret, empty for none."""
    return next((n for n, one in model.model_fields.items() if dict(one.json_schema_extra or {})["secret"]), "")  # type: ignore[arg-type]


def _label(model: type[Settings], name: str) -> str:
    field = model.model_fields.get(name)
    return str(dict(field.json_schema_extra or {})["label"]) if field else name  # type: ignore[arg-type]


def _said(one: Any) -> str:
    params = dict(one.get("ctx") or {})
    code = params.pop("code", "") if one["type"] == "yifang" else _WORDS.get(one["type"], "connect.field_wrong")
    limits = {
        name: params[key] for name, key in (("least", "ge"), ("most", "le"), ("most", "max_length")) if key in params
    }
    known = {"expected": str(params.get("expected", "")), **limits}
    return messages.render(code, params if one["type"] == "yifang" else known, message_language())
