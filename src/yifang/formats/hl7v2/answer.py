"""The acknowledgement of an HL7 v2 message (chapter 2, ACK): who sent it, whether it was taken, and if not, why.

Not for sending it: framing and the wire are the listener's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from yifang.formats.hl7v2.reader import Message, parse
from yifang.kernel.clock import CHINA

Code = Literal["AA", "AE", "AR"]
"""Taken, refused for its content, or not readable as a message at all (HL7 table 0008)."""

_ENHANCED = {"AA": "CA", "AE": "CE", "AR": "CR"}
_ERROR = "207^Application internal error^HL70357"  # the table has no nearer one; the text says what was wrong


def acknowledge(raw: bytes, code: Code, number: str, at: datetime, reason: str = "") -> bytes:
    """The answer to `raw` in its own separators, version and charset, without a frame.

    `number` is the answer's own control id, `reason` what was wrong, in words. Where the message asks for accept
    acknowledgements (MSH-15) the answer is a commit one: CA, CE or CR.
    """
    asked = parse(raw) or Message([["MSH", "|", "^~\\&"]], charset="utf-8")
    header = asked.segments[0] + [""] * (19 - len(asked.segments[0]))
    answered = _ENHANCED[code] if header[15].strip() in ("AL", "SU", "ER") else code
    trigger = asked.components(header[9])[1:2]
    kind = asked.component.join(["ACK", *trigger, *(["ACK"] if trigger else [])])
    made = at.astimezone(CHINA).strftime("%Y%m%d%H%M%S%z")
    segments = [
        ["MSH", header[2], header[5], header[6], header[3], header[4], made, "", kind, number, header[11] or "P",
         header[12] or "2.5.1", "", "", "", "", "", header[18]],
        ["MSA", answered, header[10], _escaped(asked, reason[:80])],
    ]  # fmt: skip
    if reason:
        segments.append(["ERR", "", "", _ERROR.replace("^", asked.component), "E", "", "", "", _escaped(asked, reason)])
    text = "".join(asked.field_sep.join(segment).rstrip(asked.field_sep) + "\r" for segment in segments)
    charset = asked.charset if asked.charset not in ("", "ascii") else "utf-8"
    return text.encode(charset, "replace")


def _escaped(asked: Message, text: str) -> str:
    """One line of text as a field's value; where the message has no escape character its separators become blanks."""
    names = {asked.field_sep: "F", asked.component: "S", asked.repetition: "R", asked.subcomponent: "T"}
    mark = asked.escape
    escapes = {one: f"{mark}{name}{mark}" if mark else " " for one, name in {mark: "E", **names}.items()}
    return "".join(escapes.get(one, one) for one in " ".join(text.split()))
