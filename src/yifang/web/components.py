"""The things pages hand to component tags: chips, evidence, tabs, saved views, time lines, differences.

Plain data, made in a view, drawn by `{% load yifang %}`. Texts may be lazy translations.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

Tone = Literal["neutral", "info", "good", "warn", "bad", "done"]


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition of a list, read as words: `label` 病种, `verb` 是, `value` 流感. `remove` is the URL without it."""

    label: Any
    value: Any
    remove: str = ""
    verb: Any = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why the program says so. `quote` is the source's own words, `says` what they mean, `place` where they stand."""

    kind: Literal["diagnosis", "lab", "drug", "imaging", "text", "exposure", "other"]
    quote: Any
    says: Any
    place: Any = ""
    rule: Any = ""
    assertion: Literal["present", "absent", "uncertain", "historical", "other_person"] = "present"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    label: Any
    url: str
    current: bool = False
    count: int | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class SavedView:
    """A named set of conditions. `mine` may be renamed and deleted, the others belong to the role."""

    name: Any
    url: str
    current: bool = False
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a time line."""

    at: datetime
    title: Any
    detail: Any = ""
    icon: str = "circle-dot"
    tone: Tone = "neutral"
    url: str = ""
    who: Any = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after. Same values are not a change and are left out by `changes`."""

    label: Any
    before: Any
    after: Any

    def marked(self) -> tuple[SafeString, SafeString]:
        """Both texts with the characters that went in <del> and those that came in <ins>."""
        before, after = (_text(value) for value in (self.before, self.after))
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        # two different words share letters by accident: marking those would only confuse
        steps = matcher.get_opcodes() if matcher.ratio() > 0.5 else [("replace", 0, len(before), 0, len(after))]
        return (
            _join((step != "equal", "del", before[a:b]) for step, a, b, _c, _d in steps),
            _join((step != "equal", "ins", after[c:d]) for step, _a, _b, c, d in steps),
        )


def _join(parts: Iterator[tuple[bool, str, str]]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        ((format_html(f"<{tag}>{{}}</{tag}>", text) if changed else text,) for changed, tag, text in parts if text),
    )


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


def changes(before: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[str, Any]) -> Sequence[Change]:
    """What differs between two versions, in the order of `labels`; fields without a label are not shown."""
    return [
        Change(label, before.get(name), after.get(name))
        for name, label in labels.items()
        if before.get(name) != after.get(name)
    ]
