"""The lenient HL7 v2 reader: bytes → messages → segments → fields, knowing nothing of what they mean.

Separators come from each message's own MSH. Any mixture of CR, LF and CRLF ends a segment, MLLP frames and byte-order
marks are taken off, a line that is no segment continues the one before it. MSH-18 names the charset; bytes that are
not in it are tried as UTF-8 and then as GB18030, with an issue. Fields are split only when they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from yifang.formats.canonical import Issue

Segment = list[str]
"""`segment[0]` is the name and `segment[n]` field n as written; in MSH, BHS and FHS field 1 is the separator itself."""

_START = re.compile(rb"(?:(?<=[\r\n\x0b\x1c\xbf])|\A)[ \t]*(?=MSH[^A-Za-z0-9\r\n])")
_LINES = re.compile(r"[\r\n\x0b\x1c\x00]+")
_BATCH_ENDS = ("FHS", "BHS", "BTS", "FTS")
_HEX = re.compile(r"[0-9A-Fa-f\s]*")

# HL7 table 0211, with the spellings met in the field.
_CHARSETS = {
    "": "utf-8", "ASCII": "ascii", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8", "UNICODE": "utf-8",
    "GB 18030-2000": "gb18030", "GB18030": "gb18030", "GB 18030": "gb18030", "GBK": "gb18030", "GB2312": "gb18030",
    "BIG-5": "big5", "BIG5": "big5", "CNS 11643-1992": "euc_tw", "ISO IR87": "shift_jis", "8859/1": "latin-1",
    "ISO-8859-1": "latin-1", "8859/2": "iso8859-2", "8859/15": "iso8859-15", "UNICODE UTF-16": "utf-16",
}  # fmt: skip


@dataclass(slots=True)
class Message:
    """One message: its separators and segments. `field_sep` … `truncation` are single characters, `""` where absent."""

    segments: list[Segment]
    field_sep: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    charset: str = ""
    issues: list[Issue] = field(default_factory=list)

    @property
    def marks(self) -> str:
        """The separators within a field, as one string: what a cached reading of a field depends on."""
        return self.component + self.repetition + self.escape + self.subcomponent

    def all(self, name: str) -> list[Segment]:
        """The segments called `name`, in order."""
        return [segment for segment in self.segments if segment[0] == name]

    def first(self, name: str) -> Segment:
        """The first segment called `name`, or an empty one."""
        for segment in self.segments:
            if segment[0] == name:
                return segment
        return [name]

    def repeats(self, value: str) -> list[str]:
        """The repetitions of a field, the empty and the deleted (`""`) left out."""
        if not value or value == '""':
            return []
        if self.repetition not in value:
            return [value]
        return [part for part in value.split(self.repetition) if part and part != '""']

    def components(self, value: str) -> list[str]:
        """The components of one repetition, escapes resolved, subcomponents still joined."""
        parts = value.split(self.component)
        if self.escape and self.escape in value:
            return [self.unescape(part) for part in parts]
        return ["" if part == '""' else part for part in parts] if '""' in value else parts

    def subcomponents(self, value: str) -> list[str]:
        """The subcomponents of one component as written, escapes resolved."""
        return [self.unescape(part) for part in value.split(self.subcomponent)] if self.subcomponent else [value]

    def text(self, value: str) -> str:
        """The first component of a field's first repetition, escapes resolved; `""` (delete) reads as empty."""
        if len(value) < 2:
            return value
        if self.repetition in value:
            value = value.split(self.repetition, 1)[0]
        if self.component in value:
            value = value.split(self.component, 1)[0]
        return self.unescape(value)

    def unescape(self, value: str) -> str:
        """A value with its escape sequences resolved; an unknown or unfinished sequence stays as written."""
        if not self.escape or self.escape not in value:
            return "" if value == '""' else value
        pieces = value.split(self.escape)
        out = [pieces[0]]
        at = 1
        while at < len(pieces):
            if at + 1 < len(pieces) and (resolved := self._sequence(pieces[at])) is not None:
                out += (resolved, pieces[at + 1])
                at += 2
            else:
                out += (self.escape, pieces[at])
                at += 1
        return "".join(out)

    def _sequence(self, body: str) -> str | None:
        fixed = {
            "F": self.field_sep, "S": self.component, "T": self.subcomponent, "R": self.repetition, "E": self.escape,
            "P": self.truncation, "H": "", "N": "", ".br": "\n", ".sp": "\n", ".ce": "\n", ".in": "", ".ti": "",
            ".fi": "", ".nf": "",
        }.get(body)  # fmt: skip
        if fixed is not None:
            return fixed
        if body[:1] == "X" and len(body) % 2 and _HEX.fullmatch(body[1:]):
            return _decode(bytes.fromhex(body[1:]), self.charset or "utf-8")[0]
        if body[:3] in (".sp", ".in", ".ti", ".sk"):
            return "\n" if body[1:3] == "sp" else " "
        return None


@dataclass(frozen=True, slots=True)
class Batch:
    """The envelope of a file: how many messages BTS-1 or FTS-1 announced (None: not said), and whether it had one."""

    announced: int | None
    enveloped: bool


def has_message(data: bytes) -> bool:
    """Whether an MSH segment begins a line of `data`."""
    return b"MSH" in data and _START.search(data) is not None


def split_messages(data: bytes) -> Iterator[bytes]:
    """The bytes of each message, from its MSH up to the next MSH or batch segment; frames and envelopes left out."""
    starts = [match.end() for match in _START.finditer(data)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=False):
        chunk = data[start:end]
        for mark in (b"BTS", b"FTS", b"FHS", b"BHS"):
            at = max(chunk.find(b"\r" + mark), chunk.find(b"\n" + mark))
            if at >= 0:
                chunk = chunk[: at + 1]
        yield chunk.strip(b"\x0b\x1c\x00 \t\r\n")


def batch(data: bytes) -> Batch:
    """What the envelope says of the batch."""
    announced: int | None = None
    enveloped = False
    for line in re.split(rb"[\r\n]+", data.lstrip(b"\xef\xbb\xbf\x0b")):
        if line[:3] in (b"FHS", b"BHS", b"FTS", b"BTS"):
            enveloped = True
            if line[:3] == b"BTS" and line[4:].split(b"|")[0].strip().isdigit():
                announced = (announced or 0) + int(line[4:].split(b"|")[0])
    return Batch(announced, enveloped)


def parse(raw: bytes) -> Message | None:
    """One message from its bytes; None when it does not begin with a usable MSH. Never raises."""
    head = raw.split(b"\r", 1)[0].split(b"\n", 1)[0]
    if head[:3] != b"MSH" or len(head) < 8:
        return None
    declared = _declared_charset(head)
    text, charset, issues = _text(raw, declared)
    lines = [line for line in _LINES.split(text) if line]
    message = Message([], field_sep=lines[0][3], charset=charset, issues=issues)
    _read_separators(message, lines[0])
    separator = message.field_sep
    for line in lines:
        name = line[:3]
        if line[3:4] in (separator, "") and len(name) == 3 and name.isascii() and name.isupper():
            fields = line.split(separator)
            if fields[0] not in _BATCH_ENDS:
                message.segments.append(fields)
        elif line.strip():
            stripped = line.lstrip()
            if stripped[3:4] == separator and stripped[:3].isascii() and stripped[:3].isupper():
                message.segments.append(stripped.split(separator))
            else:  # a bare line end inside a text field
                rest_of_field, *rest = line.split(separator)
                message.segments[-1][-1] += "\n" + rest_of_field
                message.segments[-1] += rest
                message.issues.append(Issue("hl7.continuation", message.segments[-1][0]))
    message.segments[0].insert(1, separator)
    return message


def _read_separators(message: Message, line: str) -> None:
    encoding = line[4:].split(message.field_sep, 1)[0]
    if (
        encoding[2:4] == "\\\\" and len(encoding) > 4
    ):  # `^~\\&`: the backslash was doubled by whoever quoted the message
        message.issues.append(Issue("hl7.encoding_characters", "MSH-2"))
        encoding = encoding[:3] + encoding[4:]
    if len(encoding) < 4 or len(set(encoding)) != len(encoding):
        message.issues.append(Issue("hl7.encoding_characters", "MSH-2"))
    padded = encoding.ljust(5, "\0")
    message.component, message.repetition, message.escape, message.subcomponent, message.truncation = (
        "" if mark == "\0" else mark for mark in padded[:5]
    )
    # A separator that was not declared cannot occur: split() needs a character that no text holds.
    message.component = message.component or "\0"
    message.repetition = message.repetition or "\0"


@lru_cache(maxsize=256)
def _codec(name: str) -> str | None:
    return _CHARSETS.get(name.strip().upper())


def _declared_charset(head: bytes) -> str:
    fields = head.split(head[3:4])
    if len(fields) <= 17:
        return ""
    value = fields[17].decode("ascii", "replace")
    return value.split("~")[0].strip()


def _text(raw: bytes, declared: str) -> tuple[str, str, list[Issue]]:
    issues: list[Issue] = []
    codec = _codec(declared)
    if codec is None:
        issues.append(Issue("hl7.charset_unknown", "MSH-18", (("charset", declared[:40]),)))
        codec = "utf-8"
    if codec == "ascii" and not raw.isascii():
        codec = "utf-8"
        issues.append(Issue("hl7.charset_wrong", "MSH-18", (("charset", declared),)))
    try:
        return raw.decode(codec), codec, issues
    except (UnicodeDecodeError, UnicodeError):
        text, used = _decode(raw, "utf-8")
        if used == codec:
            issues.append(Issue("hl7.charset_broken", "MSH-18", (("charset", used),)))
        else:
            issues.append(Issue("hl7.charset_fallback", "MSH-18", (("charset", declared or "UTF-8"), ("used", used))))
        return text, used, issues


def _decode(raw: bytes, first: str) -> tuple[str, str]:
    for codec in dict.fromkeys((first, "utf-8", "gb18030")):
        try:
            return raw.decode(codec), codec
        except (UnicodeDecodeError, UnicodeError):
            continue
    return raw.decode("gb18030", "replace"), "gb18030"
