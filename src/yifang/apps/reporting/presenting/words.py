"""Words of the packs in the reader's language: diseases have their own English, labels of the card go through gettext.

`pack_words` lists the labels so that the catalogue has them; names of places and people stay as they are.
"""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext, pgettext

from yifang.apps.accounts.words import message_language
from yifang.apps.records.presenting import area
from yifang.apps.reporting.presenting.pack_words import CONTEXT
from yifang.apps.reporting.rules import Field, Finding
from yifang.kernel import messages
from yifang.kernel.errors import YifangError
from yifang.knowledge import load


def word(text: str) -> str:
    """A label of a pack."""
    return pgettext(CONTEXT, text) if text else ""


def disease(id: str, subtype: str = "") -> str:
    """What a disease is called, with its subtype where it has one."""
    found = load().diseases.get(id)
    if found is None:
        return id
    name = found.en if (translation.get_language() or "").startswith("en") else found.name
    part = found.subtype(subtype)
    return f"{name} · {word(part.name)}" if part else name


def answer(field: Field | None, value: Any) -> str:
    """An answer as people read it: the label of a code, the name of an area, a time without its T."""
    text = "" if value is None else str(value)
    if field is None or not text:
        return text
    if field.codes is not None:
        return word(field.codes.get(text, text))
    if field.type == "disease_code":
        return disease(text)
    if field.type == "area_code":
        return place(text)
    if field.type == "datetime":
        return text.replace("T", " ")[:16]
    return text


def place(code: str) -> str:
    """The full name of an area, the code where it is not one."""
    try:
        return area(code) or code
    except YifangError:
        return code


def says(finding: Finding) -> str:
    """What is wrong with an answer and what to do about it."""
    if finding.code == "reporting.field_missing":
        return gettext("未填")
    params = {**finding.params, "field": word(finding.label)}
    language = message_language()
    wrong, mend = (messages.render(code, params, language) for code in (finding.code, f"{finding.code}.mend"))
    return f"{wrong}{' ' if language == 'en' else ''}{mend}"


def error(refused: YifangError) -> str:
    """Why something was refused, in the reader's language."""
    return refused.render(message_language())
