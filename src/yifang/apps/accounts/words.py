"""A label in both languages, for messages that name a state: the reader's language is not known where it is raised."""

from typing import Any

from django.utils import translation
from django.utils.functional import lazy

from yifang.apps.accounts.roles import ROLES

LANGUAGES = {"zh": "zh-hans", "en": "en"}


def both(label: object) -> dict[str, str]:
    """`{"zh": …, "en": …}` of a lazy translation, as `kernel.messages` takes it."""
    found = {}
    for key, language in LANGUAGES.items():
        with translation.override(language):
            found[key] = str(label)
    return found


def message_language() -> str:
    """The language of messages for the reader of this request: zh or en."""
    return "en" if (translation.get_language() or "").startswith("en") else "zh"


def label_of(role: str) -> Any:
    """The name of a role in the language of whoever reads it, lazily."""
    return lazy(lambda: ROLES[role].en if message_language() == "en" else ROLES[role].zh, str)()
