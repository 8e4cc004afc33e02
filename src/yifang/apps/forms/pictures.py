"""Pictures without what a camera or a program wrote into them: where it was taken, by what device, for whom.

The picture itself is left as it is, byte for byte. Pure.
"""

from __future__ import annotations

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_SCAN = 0xDA
_TELLING = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
KINDS = {"image/jpeg": _JPEG, "image/png": _PNG, "application/pdf": b"%PDF-"}
"""What may be attached, and how such a file begins."""


def kind_of(data: bytes) -> str:
    """The content type by the first bytes, "" for what may not be attached."""
    return next((kind for kind, head in KINDS.items() if data.startswith(head)), "")


def without_metadata(data: bytes) -> bytes:
    """A JPEG without APP1–APP15 and comments, a PNG without its text blocks; anything else unchanged.

    A broken file comes back as it was: who opens it sees that it is broken.
    """
    if data.startswith(_JPEG):
        return _jpeg(data)
    return _png(data) if data.startswith(_PNG) else data


def _jpeg(data: bytes) -> bytes:
    kept, at = bytearray(_JPEG), 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _SCAN:
            return bytes(kept) + data[at:]
        if marker in _ALONE:
            kept += data[at : at + 2]
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            kept += data[at:end]
        at = end
    return data


def _png(data: bytes) -> bytes:
    kept, at = bytearray(_PNG), len(_PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] not in _TELLING:
            kept += data[at:end]
        at = end
    return bytes(kept)
