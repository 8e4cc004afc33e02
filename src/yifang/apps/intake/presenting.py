"""How a quarantined item is shown: its reason in words, its bytes as lines with the place marked, or as hex."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from yifang.apps.accounts.words import message_language
from yifang.apps.intake.models import Batch, BatchState, Quarantined
from yifang.formats import sniff
from yifang.kernel import messages
from yifang.web.components import Tone

_SEGMENT = re.compile(r"^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?")
_NUMBERED = re.compile(r"(?:line|row)[\[ ]?(\d+)", re.IGNORECASE)
_STOP = re.compile(r"[。，,;；.:：(（](?!\d)")
_TEXTUAL = frozenset({"hl7v2", "hl7v2_headless", "xml", "json", "table", "text"})
MOST_SHOWN = 200_000  # characters; what is larger is mended in its source
_HEX_SHOWN = 4096


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the original; `marked` where the reason's place is."""

    number: int
    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes for a person: `lines` of a text, or `hex` rows of what is none; `cut` says that there is more."""

    lines: list[Line]
    hex: list[str]
    charset: str
    cut: bool

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def reason(item: Quarantined) -> str:
    """The reason in words, with the mend."""
    language = message_language()
    try:
        return messages.render(item.code, item.params, language)
    except messages.MessageError:  # written by an older version that knew another reason
        return item.code


def reason_short(item: Quarantined) -> str:
    """The reason of one item in short: its words up to the first stop."""
    return _STOP.split(reason(item), maxsplit=1)[0]


def reason_name(code: str) -> str:
    """A reason in short, without the particulars of one item."""
    text = messages.catalogue().get(code, {}).get(message_language(), code)
    return re.sub(r"[“\"]?\{[^}]*\}[”\"]?", "…", _STOP.split(text, maxsplit=1)[0])


def original(item: Quarantined, data: bytes) -> Original:
    """What to show of the item's bytes as they stand."""
    if data and sniff.kind_of(data, item.batch.name) not in _TEXTUAL:
        return Original([], list(_hex(data[:_HEX_SHOWN])), "", len(data) > _HEX_SHOWN)
    text, charset = sniff.decode(data)
    lines = re.split(r"\r\n|\r|\n", text[:MOST_SHOWN])
    marked = _marked(item, lines)
    shown = [Line(number, line, number - 1 == marked) for number, line in enumerate(lines, 1)]
    return Original(shown, [], charset, len(text) > MOST_SHOWN)


def mended(text: str, charset: str) -> bytes:
    """A mended text as bytes, in the charset the original declares; UTF-8 where that cannot hold it."""
    unix = text.replace("\r\n", "\n")
    try:
        return unix.encode(charset or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return unix.encode()


def batch_state(batch: Batch) -> tuple[str, Tone]:
    """The words and the tone of a batch's state."""
    if batch.state == BatchState.RECEIVING:
        return batch.get_state_display(), "info"
    return (_("已接收，有隔离"), "warn") if batch.refused else (batch.get_state_display(), "good")


def _marked(item: Quarantined, lines: list[str]) -> int | None:
    """The index of the line that the place names."""
    if item.format in ("csv", "xlsx") and item.place:
        return len(lines) - 1 if len(lines) > 1 else None  # the header stands first, the row last
    if segment := _SEGMENT.match(item.place):
        wanted = int(segment[2] or 1)
        found = [at for at, line in enumerate(lines) if line.startswith(segment[1])]
        return found[wanted - 1] if 0 < wanted <= len(found) else 0
    if item.place.startswith("/"):  # a JSON pointer: the line of its last name
        name = next((part for part in reversed(item.place.split("/")) if part and not part.isdigit()), "")
        return next((at for at, line in enumerate(lines) if f'"{name}"' in line), None)
    if numbered := _NUMBERED.search(item.place):
        at = int(numbered[1]) - 1
        return at if 0 <= at < len(lines) else None
    return None


def _hex(data: bytes) -> Iterator[str]:
    for start in range(0, len(data), 16):
        part = data[start : start + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        yield f"{start:08x}  {part.hex(' '):<47}  {shown}"
