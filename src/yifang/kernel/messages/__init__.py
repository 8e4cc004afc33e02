"""The words of every message that a pure room raises or returns: code and parameters in, Chinese or English out.

Each room keeps one YAML file here, `<room>.yaml`, with `room.code: {zh: "…", en: "…"}` and `{param}` placeholders.
Words of Django pages are not here; they are in each app's own translations.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("zh", "en")
_FOLDER = Path(__file__).parent
_JOINERS = {"zh": "、", "en": ", "}


class MessageError(LookupError):
    """A message was asked for wrongly: unknown code or language, or a parameter is missing."""


@lru_cache(maxsize=1)
def catalogue() -> dict[str, dict[str, str]]:
    """Every message by code: `{code: {"zh": text, "en": text}}`. Raises MessageError when two rooms use one code."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
        if clash := found.keys() & entries.keys():
            raise MessageError(f"{path.name}: codes {sorted(clash)} are already used by another room")
        found.update(entries)
    return found


def placeholders(text: str) -> frozenset[str]:
    """The parameter names a text asks for."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def render(code: str, params: Mapping[str, Any] | None = None, lang: str = "zh") -> str:
    """The text of `code` in `lang` with `params` filled in.

    A list is joined in the language's way; a mapping `{"zh": …, "en": …}` gives its part in the language.
    Raises MessageError for an unknown code or language, or a missing parameter.
    """
    texts = catalogue().get(code)
    if texts is None:
        raise MessageError(f"no message {code!r} in kernel/messages/*.yaml")
    if lang not in texts:
        raise MessageError(f"message {code!r} has no text in {lang!r}")
    values = {name: _word(value, lang) for name, value in (params or {}).items()}
    try:
        return texts[lang].format(**values)
    except (KeyError, IndexError) as missing:
        raise MessageError(f"message {code!r} lacks parameter {missing}") from missing


def _word(value: Any, lang: str) -> Any:
    if isinstance(value, Mapping) and lang in value:
        return value[lang]
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return _JOINERS[lang].join(str(_word(item, lang)) for item in items)
    return value
