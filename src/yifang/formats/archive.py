"""Zip archives and gzip files: their members in order, within sane bounds.

An archive that is broken, encrypted, nested too deep or unpacks to far more than it weighs (a zip bomb) is refused, the
whole or the member. Folders and the shadow files of macOS are no members.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from yifang.formats.canonical import Refusal

MAX_DEPTH = 3
MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 256 * 1024 * 1024
MAX_TOTAL_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, or why it (`name` empty: the archive itself) was not unpacked."""

    name: str
    data: bytes
    refusal: Refusal | None = None


def members(data: bytes, depth: int = 0) -> Iterator[Member]:
    """The files of an archive's bytes; never raises."""
    if depth >= MAX_DEPTH:
        yield Member("", data, Refusal("zip.too_deep", "", (("limit", str(MAX_DEPTH)),)))
        return
    try:
        bundle = zipfile.ZipFile(io.BytesIO(data))
        listed = bundle.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        yield Member("", data, Refusal("zip.broken"))
        return
    total = 0
    for number, info in enumerate(listed):
        if info.is_dir() or "__MACOSX/" in info.filename or info.filename.endswith(".DS_Store"):
            continue
        name = _name(info)
        total += info.file_size
        if number >= MAX_MEMBERS or info.file_size > MAX_MEMBER_BYTES or total > MAX_TOTAL_BYTES:
            yield Member(name, b"", Refusal("zip.too_large", name))
            return
        if info.flag_bits & 1:
            yield Member(name, b"", Refusal("zip.encrypted", name))
            continue
        try:
            with bundle.open(info) as stream:
                yield Member(name, stream.read(info.file_size + 1))
        except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, EOFError, RuntimeError, ValueError):
            yield Member(name, b"", Refusal("zip.broken_member", name))


def gunzipped(name: str, data: bytes, depth: int = 0) -> Member:
    """The one file of a gzip's bytes, under its name without `.gz`; never raises."""
    inner = name[:-3] if name.lower().endswith(".gz") else name
    if depth >= MAX_DEPTH:
        return Member(inner, data, Refusal("zip.too_deep", "", (("limit", str(MAX_DEPTH)),)))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            unpacked = stream.read(MAX_MEMBER_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        return Member(inner, data, Refusal("zip.broken"))
    if len(unpacked) > MAX_MEMBER_BYTES:
        return Member(inner, b"", Refusal("zip.too_large", inner))
    return Member(inner, unpacked)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes GBK where the flag says CP437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename
