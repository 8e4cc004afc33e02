"""How ten rows of a source are read by a mapping: which column goes where, what each cell becomes, and what is wrong.

Nobody is shown: names and numbers are masked, free text is told by its length, and so is what no field of the mapping
reads, for nobody knows yet what it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from yifang.apps.accounts.words import message_language
from yifang.apps.intake.presenting_targets import target_label
from yifang.apps.records.identity import mask_name, mask_number
from yifang.formats import Mapping, tabular, times
from yifang.formats.canonical import Issue, Item, Refusal
from yifang.formats.tabular.mapping import builtin, normal
from yifang.kernel import messages

MOST = 10
# without these a record counts for little: who it was, when, and how to reach them
_WANTED = {
    "encounter": ("person.name", "person.id.cn_id", "person.birth", "person.phone", "person.address", "encounter.id",
                  "encounter.start", "encounter.department", "encounter.clinician", "diagnosis.code", "diagnosis.text"),
    "lab_report": ("person.name", "person.id.cn_id", "encounter.id", "report.id", "result.name", "result.value",
                   "result.specimen", "result.at", "result.issued", "report.status"),
}  # fmt: skip
_TIMES = frozenset(
    ("person.birth", "person.death", "encounter.start", "encounter.end", "diagnosis.at", "diagnosis.onset", "result.at",
     "result.issued", "report.at", "drug.at", "immunization.at")
)  # fmt: skip
_AS_THEY_ARE = frozenset(("person.sex", "person.age", "person.area_code", "person.occupation"))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell masked, and what it is read as where that is something else; `error` are the words for what is wrong."""

    shown: str
    read: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A column and the fields that it is read into; none where nothing reads it."""

    name: str
    targets: list[tuple[str, str]]  # id and words
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """`refusal` is why nothing can be read at all, in words; the rest is empty then."""

    heads: list[Head] = field(default_factory=list)
    rows: list[tuple[list[Cell], str]] = field(default_factory=list)  # cells, and why the row would be refused
    mapping: str = ""
    refusal: str = ""
    missing: list[str] = field(default_factory=list)
    records: int = 0
    refused: int = 0

    @property
    def unread(self) -> list[str]:
        """Columns that nothing reads and nobody leaves out on purpose."""
        return [one.name for one in self.heads if not one.targets and not one.ignored]


def preview(header: Sequence[str], rows: Sequence[Sequence[str]], mapping: Mapping | None) -> Preview:
    """Of up to `MOST` rows of text. Without a mapping the built-in one that knows the header is taken."""
    if refusal := tabular.fits(list(header), mapping):
        return Preview(refusal=words(refusal))
    chosen = mapping or max(builtin(), key=lambda one: one.recognises(list(header)))
    found = chosen.match(list(header))
    ignored = {normal(name) for name in chosen.ignore}
    targets: dict[int, list[str]] = {}
    for target, places in found.items():
        for place in places:
            targets.setdefault(place, []).append(target)
    heads = [
        Head(name, [(one, target_label(one)) for one in targets.get(at, [])], normal(name) in ignored)
        for at, name in enumerate(header)
    ]
    items = list(tabular.read_rows(header, rows[:MOST], "", chosen)) if rows else []
    read = []
    for row, item in zip(rows, items, strict=False):
        errors = _errors(item, header)
        cells = [_cell(text, targets.get(at, []), chosen, errors.get(at, "")) for at, text in enumerate(row)]
        read.append((cells, words(item.refusal) if item.refusal else ""))
    wanted = _WANTED.get(chosen.kind, ())
    missing = [target_label(one) for one in wanted if one not in found and one not in chosen.constants]
    return Preview(
        heads, read, chosen.title or chosen.id, "", missing, sum(len(one.records) for one in items),
        sum(one.refusal is not None for one in items),
    )  # fmt: skip


def words(said: Refusal | Issue) -> str:
    """A refusal or an issue in words; a value that it quotes is left out."""
    params = {name: "…" if name == "value" else value for name, value in said.params}
    try:
        return messages.render(said.code, params, message_language())
    except messages.MessageError:
        return said.code


def _errors(item: Item, header: Sequence[str]) -> dict[int, str]:
    """Column → what is wrong in it, of one row."""
    places = {name: at for at, name in enumerate(header)}
    told = [(one.path, words(one)) for record in item.records for one in record.issues]
    if item.refusal is not None:
        told.append((item.refusal.place, words(item.refusal)))
    return {places[column]: said for path, said in told if (column := path.partition(".")[2]) in places}


def _cell(text: str, targets: Sequence[str], mapping: Mapping, error: str) -> Cell:
    if not text:
        return Cell("", error=error)
    if not targets:
        return Cell("·" * min(len(text), 3) + f" {len(text)}", error=error)
    target = targets[0]
    if target in _TIMES:
        moment = times.table_time(text, mapping.date_order) or times.hl7_time(text)
        shown = text if target != "person.birth" else f"{text[:4]}…"
        read = (moment.iso if target != "person.birth" else moment.iso[:4] + "…") if moment else ""
        return Cell(shown, read if read.replace("T", " ") != shown.replace("T", " ") else "", error)
    if target in mapping.values:
        return Cell(text[:30], mapping.values[target].get(text, ""), error)
    return Cell(_masked(text, target), "", error)


def _masked(text: str, target: str) -> str:
    if target.startswith("note.") or target in ("person.address", "person.employer"):
        return "·" * min(len(text), 3) + f" {len(text)}"
    if target in ("person.name", "person.family", "person.given", "person.middle", "person.guardian"):
        return mask_name(text)
    if target.startswith("person.") and target not in _AS_THEY_ARE:
        return mask_number(text)
    return text[:40]
