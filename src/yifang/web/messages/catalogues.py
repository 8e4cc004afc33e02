"""The catalogues of all apps: where they lie, which files feed each, and whether their English is complete.

A folder that holds `locale/` is an app; its .py, .html and .txt files are its own, down to the next such folder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from yifang.web.messages import po, sources

PACKAGE = Path(__file__).parents[2]  # the folder of `yifang`
_SUFFIXES = {".py", ".html", ".txt"}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|{(\w*)}|%[sd]")


def apps(package: Path = PACKAGE) -> list[Path]:
    """The folders that hold a `locale/`, sorted."""
    return sorted(folder.parent for folder in package.rglob("locale") if folder.is_dir())


def _po(app: Path) -> Path:
    return app / "locale" / "en" / "LC_MESSAGES" / "django.po"


def _files(app: Path, others: set[Path]) -> Iterator[Path]:
    for path in sorted(app.rglob("*")):
        if path.suffix in _SUFFIXES and "static" not in path.parts and "node_modules" not in path.parts:
            nearest = next(folder for folder in path.parents if folder in others)
            if nearest == app:
                yield path


def _found(app: Path, others: set[Path]) -> dict[po.Key, po.Entry]:
    entries: dict[po.Key, po.Entry] = {}
    for path in _files(app, others):
        for entry in sources.texts(path, path.relative_to(app).as_posix()):
            known = entries.get(entry.key)
            if known is None:
                entries[entry.key] = entry
            else:
                places = tuple(dict.fromkeys(known.places + entry.places))
                entries[entry.key] = po.Entry(
                    entry.msgid,
                    known.plural or entry.plural,
                    entry.context,
                    known.strings if known.plural else entry.strings,
                    places,
                )
    return entries


def extract(package: Path = PACKAGE, names: Sequence[str] = ()) -> dict[Path, int]:
    """Bring the .po files of the apps of these names, else of all, up to date; texts no longer in the code go.

    Returns how many texts wait for English, by file.
    """
    waiting = {}
    folders = apps(package)
    for app in (each for each in folders if not names or each.name in names):
        path = _po(app)
        known = po.read(path) if path.exists() else {}
        entries = [po.merged(known.get(key), entry) for key, entry in _found(app, set(folders)).items()]
        po.write(path, entries)
        waiting[path] = sum(not entry.complete for entry in entries)
    return waiting


def compile_all(package: Path = PACKAGE) -> list[Path]:
    """Write the .mo file beside every .po file that is newer than it; returns those written."""
    written = []
    for app in apps(package):
        source = _po(app)
        target = source.with_suffix(".mo")
        if source.exists() and (not target.exists() or target.stat().st_mtime <= source.stat().st_mtime):
            target.write_bytes(po.mo(po.read(source).values()))
            written.append(target)
    return written


def check(package: Path = PACKAGE) -> list[str]:
    """One English line for each text that an English page would show wrongly; empty when all is complete."""
    problems = []
    folders = apps(package)
    english: dict[tuple[str, str, bool], tuple[str, tuple[str, ...]]] = {}
    for app in folders:
        path = _po(app)
        known = po.read(path) if path.exists() else {}
        found = _found(app, set(folders))
        name = path.relative_to(package).as_posix()
        problems += [f"{name}: {key[1]!r} is not in the file; run extract" for key in found if key not in known]
        problems += [f"{name}: {key[1]!r} is no longer used; run extract" for key in known if key not in found]
        for entry in known.values():
            if entry.key in found:
                problems += [f"{name}: {entry.msgid!r} {what}" for what in _wrong(entry)]
                # Django merges all catalogues into one, so two apps cannot say one Chinese text in two ways
                other, strings = english.setdefault((*entry.key, bool(entry.plural)), (name, entry.strings))
                if strings != entry.strings and all(strings) and all(entry.strings):
                    problems.append(
                        f"{name}: {entry.msgid!r} is {entry.strings[0]!r} here and {strings[0]!r} in {other}; "
                        "use one, or tell them apart with pgettext"
                    )
        for file in _files(app, set(folders)):
            if file.suffix != ".py":
                for line, text in sources.unmarked(file):
                    problems.append(
                        f"{file.relative_to(package).as_posix()}:{line}: {text!r} is not marked for translation"
                    )
    return problems


def _wrong(entry: po.Entry) -> Iterator[str]:
    if entry.fuzzy:
        yield "is marked fuzzy; read it again and delete the mark"
    elif not entry.complete:
        yield "has no English"
    else:
        for text in entry.strings:
            if sources.has_chinese(text):
                yield f"still has Chinese in its English {text!r}"
        # the singular of a plural may say “one” in words, so only the last form must hold every placeholder
        if Counter(_PLACEHOLDER.findall(entry.plural or entry.msgid)) != Counter(
            _PLACEHOLDER.findall(entry.strings[-1])
        ):
            yield "and its English have different placeholders"
