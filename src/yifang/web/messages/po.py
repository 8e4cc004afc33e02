"""A .po file read and written, and the .mo file made from it. Only what our own catalogues use: no obsolete entries."""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

HEADER = (
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Language: en\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)
Key = tuple[str, str]  # context ("" for none), msgid


@dataclass(frozen=True)
class Entry:
    """One text. `strings` is one translation, or one for each plural form where there is a `plural`."""

    msgid: str
    plural: str = ""
    context: str = ""
    strings: tuple[str, ...] = ("",)
    places: tuple[str, ...] = ()
    fuzzy: bool = False

    @property
    def key(self) -> Key:
        return (self.context, self.msgid)

    @property
    def complete(self) -> bool:
        return not self.fuzzy and len(self.strings) == (2 if self.plural else 1) and all(self.strings)


class PoError(ValueError):
    """A .po file that cannot be read; the text names file, line and mend."""


@dataclass
class _Draft:
    parts: dict[str, str] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    fuzzy: bool = False

    def entry(self) -> Entry:
        strings = [self.parts[name] for name in sorted(self.parts) if name.startswith("msgstr")]
        return Entry(
            msgid=self.parts["msgid"],
            plural=self.parts.get("msgid_plural", ""),
            context=self.parts.get("msgctxt", ""),
            strings=tuple(strings) or ("",),
            places=tuple(self.places),
            fuzzy=self.fuzzy,
        )


def read(path: Path) -> dict[Key, Entry]:
    """The entries of a .po file, without its header. Raises PoError for a line it cannot read or a text given twice."""
    entries: dict[Key, Entry] = {}
    draft, part = _Draft(), ""
    lines = [*path.read_text(encoding="utf-8").splitlines(), ""]
    for number, line in enumerate(lines, start=1):
        try:
            if not line.strip() or (line.startswith(("#", "msgctxt", "msgid ")) and part.startswith("msgstr")):
                if "msgid" in draft.parts:
                    entry = draft.entry()
                    if entry.key in entries:
                        raise PoError(f"{path}:{number}: {entry.msgid!r} stands twice; delete one")
                    entries[entry.key] = entry
                    draft, part = _Draft(), ""
                if not line.strip():
                    continue
            if line.startswith("#"):
                if line.startswith("#:"):
                    draft.places += line[2:].split()
                elif line.startswith("#,"):
                    draft.fuzzy |= "fuzzy" in line
            elif line.startswith('"'):
                draft.parts[part] += ast.literal_eval(line)
            else:
                part, text = line.split(" ", 1)
                draft.parts[part] = ast.literal_eval(text)
        except (KeyError, SyntaxError, ValueError) as error:
            if isinstance(error, PoError):
                raise
            raise PoError(
                f'{path}:{number}: cannot read {line!r}; a line is `msgid "…"`, `msgstr "…"` or `"…"`'
            ) from error
    entries.pop(("", ""), None)
    return entries


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write the entries in the order of their places, so that a changed page changes few lines."""
    blocks = ['msgid ""\nmsgstr ""\n' + "".join(_quoted(line) + "\n" for line in HEADER.splitlines(keepends=True))]
    for entry in sorted(entries, key=lambda each: (each.places, each.key)):
        lines = [f"#: {place}" for place in entry.places]
        if entry.fuzzy:
            lines.append("#, fuzzy")
        if entry.context:
            lines.append(f"msgctxt {_quoted(entry.context)}")
        lines.append(f"msgid {_quoted(entry.msgid)}")
        if entry.plural:
            lines.append(f"msgid_plural {_quoted(entry.plural)}")
            strings = (*entry.strings, "", "")[:2]
            lines += [f"msgstr[{n}] {_quoted(text)}" for n, text in enumerate(strings)]
        else:
            lines.append(f"msgstr {_quoted(entry.strings[0])}")
        blocks.append("\n".join(lines) + "\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(blocks), encoding="utf-8")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def mo(entries: Iterable[Entry]) -> bytes:
    """The .mo file of the complete entries (GNU gettext format, little endian, no hash table)."""
    pairs = {b"": HEADER.encode()}
    for entry in entries:
        if entry.complete:
            key = f"{entry.context}\x04{entry.msgid}" if entry.context else entry.msgid
            pairs[(f"{key}\0{entry.plural}" if entry.plural else key).encode()] = "\0".join(entry.strings).encode()
    keys = sorted(pairs)
    start = 28
    offset = start + 16 * len(keys)
    tables: list[tuple[int, int]] = []
    blob = b""
    for texts in (keys, [pairs[key] for key in keys]):
        for text in texts:
            tables.append((len(text), offset + len(blob)))
            blob += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), start, start + 8 * len(keys), 0, start)
    return head + b"".join(struct.pack("<2I", *row) for row in tables) + blob


def merged(known: Entry | None, found: Entry) -> Entry:
    """The text as found in the code, with the translation we already have."""
    if known is None or bool(known.plural) != bool(found.plural):
        return replace(found, strings=("", "") if found.plural else ("",))
    return replace(found, strings=known.strings, fuzzy=known.fuzzy)
