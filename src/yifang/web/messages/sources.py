"""Texts marked for translation in Python files and templates, and Chinese in a template that nobody marked.

Python is read as a syntax tree. A template goes through Django's own `templatize`, which blanks out everything but the
calls to gettext; what it leaves is read call by call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from yifang.web.messages.po import Entry

# function → which argument is the msgid, the plural, the context
_CALLS: dict[str, tuple[int, int | None, int | None]] = {
    "_": (0, None, None),
    "gettext": (0, None, None),
    "gettext_lazy": (0, None, None),
    "gettext_noop": (0, None, None),
    "ngettext": (0, 1, None),
    "ngettext_lazy": (0, 1, None),
    "pgettext": (1, None, 0),
    "pgettext_lazy": (1, None, 0),
    "npgettext": (1, 2, 0),
    "npgettext_lazy": (1, 2, 0),
}
_CALL_IN_TEMPLATE = re.compile(r"(?<![\w.])(?:_|gettext|ngettext|pgettext|npgettext)\(")
_CHINESE = re.compile(r"[㐀-鿿]")
_MARKED = re.compile(
    r"{%\s*comment.*?endcomment\s*%}|{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%}|{%.*?%}|{{.*?}}|{#.*?#}",
    re.DOTALL,
)
_IN_QUOTES = re.compile(r"(_\()?(\"[^\"]*\"|'[^']*')")


def texts(path: Path, place: str) -> Iterator[Entry]:
    """The marked texts of one .py or .html/.txt file; `place` is what the .po file calls it."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _python(source, place)
    else:
        yield from _template(source, place)


def _python(source: str, place: str) -> Iterator[Entry]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _call(node, place)


def _call(node: ast.Call, place: str) -> Iterator[Entry]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name not in _CALLS:
        return
    msgid, plural, context = (_argument(node, position) for position in _CALLS[name])
    if msgid:
        yield Entry(msgid, plural or "", context or "", ("", "") if plural else ("",), (place,))


def _argument(node: ast.Call, position: int | None) -> str | None:
    if position is None or position >= len(node.args):
        return None
    value = node.args[position]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _template(source: str, place: str) -> Iterator[Entry]:
    code = templatize(source)
    for match in _CALL_IN_TEMPLATE.finditer(code):
        node = _shortest_call(code, match.start())
        if node is not None:
            yield from _call(node, place)


def _shortest_call(code: str, start: int) -> ast.Call | None:
    # templatize leaves prose-like filler between the calls, so the end of a call is found by trying each bracket
    end = code.find(")", start)
    while end != -1 and end - start < 20_000:
        try:
            node = ast.parse(code[start : end + 1].replace("\n", " "), mode="eval").body
        except (SyntaxError, ValueError):
            end = code.find(")", end + 1)
            continue
        return node if isinstance(node, ast.Call) else None
    return None


def unmarked(path: Path) -> Iterator[tuple[int, str]]:
    """Line number and text of Chinese in a template that would stay Chinese on an English page."""
    source = path.read_text(encoding="utf-8")

    def inside(match: re.Match[str]) -> str:
        tag = match.group()
        keep = ""
        if not re.match(r"{#|{%\s*(comment|trans|translate|blocktrans|blocktranslate)\b", tag):
            # a literal handed to a tag or filter is a text too, unless it is written _("…")
            keep = " ".join(text for marked, text in _IN_QUOTES.findall(tag) if not marked)
        return keep + "\n" * tag.count("\n")

    for number, line in enumerate(_MARKED.sub(inside, source).splitlines(), start=1):
        if _CHINESE.search(line):
            yield number, line.strip()


def has_chinese(text: str) -> bool:
    return bool(_CHINESE.search(text))
