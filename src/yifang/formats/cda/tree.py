"""Reading CDA elements without their namespace, and CDA data types → canonical pieces.

Elements of the HL7 v3 namespace and its extensions (sdtc, the Chinese SDA) are found by their local name, because
senders
differ in prefixes. Nothing here decides what an element means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from yifang.formats import codes, times
from yifang.formats.canonical import Code, Issue, Moment
from yifang.formats.hl7v2.fields import Coded
from yifang.formats.narrative import tidy

Element = etree._Element
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_BLOCKS = frozenset(("br", "paragraph", "tr", "item", "caption", "list", "table", "thead", "tbody", "title", "li"))
_EMPTY = Coded((), "")


@dataclass(slots=True)
class Reading:
    """One document being read: texts by their ID (for references), and the issues met."""

    referenced: dict[str, Element] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def issue(self, code: str, path: str, **params: str) -> None:
        """Note something odd that is read all the same."""
        issue = Issue(code, path, tuple(params.items()))
        if issue not in self.issues:
            self.issues.append(issue)

    def time(self, element: Element | None, path: str, private: bool = False) -> Moment | None:
        """A TS or IVL_TS: its value, else its low, else its centre."""
        if element is None:
            return None
        for one in (element, child(element, "low"), child(element, "center")):
            shown = one.get("value", "").strip() if one is not None else ""
            if shown:
                moment = times.hl7_time(shown) or times.table_time(shown)
                if moment is None:
                    self.issue("formats.bad_time", path, value="…" if private else shown[:40])
                return moment
        return None

    def concept(self, element: Element | None) -> Coded:
        """A CD/CE: its code and translations, and its words (displayName, originalText, what that refers to)."""
        if element is None:
            return _EMPTY
        words = element.get("displayName", "").strip() or self.text(child(element, "originalText"))
        found: list[Code] = []
        for one in (element, *children(element, "translation")):
            if one.get("code", "").strip():
                system = one.get("codeSystem", "") or one.get("codeSystemName", "")
                label = one.get("displayName", "").strip() or words
                found.append(_code(system, one.get("codeSystemName", ""), one.get("code", ""), label))
        words = words or next((code.text for code in found if code.text), "")
        return Coded(tuple(found), words or (found[0].code if found else ""))

    def text(self, element: Element | None) -> str:
        """The words of an ST, ED or text element, following a reference into the narrative."""
        if element is None:
            return ""
        own = flat_text(element)
        if own:
            return own
        reference = child(element, "reference")
        target = reference.get("value", "").lstrip("#") if reference is not None else ""
        return flat_text(self.referenced[target]) if target in self.referenced else ""

    def value(self, element: Element | None) -> tuple[str, Coded, str]:
        """`(type, value, unit)` of an observation's value element."""
        if element is None:
            return "", _EMPTY, ""
        kind = element.get(_XSI_TYPE, "").split(":")[-1]
        if kind in ("CD", "CE", "CV", "CO", "CS") or (not kind and element.get("code")):
            return kind or "CD", self.concept(element), ""
        if kind.startswith("IVL") or child(element, "low") is not None or child(element, "high") is not None:
            low, high = child(element, "low"), child(element, "high")
            ends = [one.get("value", "") if one is not None else "" for one in (low, high)]
            unit = next((one.get("unit", "") for one in (low, high) if one is not None and one.get("unit")), "")
            shown = (
                f"{ends[0]}-{ends[1]}"
                if all(ends)
                else f">={ends[0]}"
                if ends[0]
                else f"<={ends[1]}"
                if ends[1]
                else ""
            )
            return kind or "IVL", Coded((), shown), unit
        if kind == "RTO" or kind.startswith("RTO_"):
            parts = [child(element, name) for name in ("numerator", "denominator")]
            return kind, Coded((), ":".join(one.get("value", "") for one in parts if one is not None)), ""
        if element.get("value") is not None:
            return kind, Coded((), element.get("value", "").strip()), element.get("unit", "").strip()
        return kind, Coded((), self.text(element)), ""


def _code(system: str, name: str, value: str, label: str) -> Code:
    normal = codes.code_system(system)
    # Chinese documents name the ICD-10 by many OIDs and always say so in words.
    if "ICD-10" in name.upper() or "ICD10" in name.upper():
        normal = "icd10"
    return Code(normal, value.strip(), label)


def local(element: Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The children of that local name."""
    if element is not None:
        for one in element:
            if local(one) == name:
                yield one


def child(element: Element | None, *names: str) -> Element | None:
    """The first element along a path of local names, or None."""
    for name in names:
        element = next(children(element, name), None)
        if element is None:
            return None
    return element


def flat_text(element: Element) -> str:
    """The words of a narrative element: a line for each block, table cells apart by a blank."""
    pieces: list[str] = []

    def visit(one: Element) -> None:
        name = local(one)
        if name in _BLOCKS:
            pieces.append("\n")
        if one.text:
            pieces.append(one.text.replace("\n", " "))
        for inner in one:
            visit(inner)
            if inner.tail:
                pieces.append(inner.tail.replace("\n", " "))
        pieces.append("\n" if name in _BLOCKS else " " if name in ("td", "th") else "")

    visit(element)
    return tidy("".join(pieces))
