"""English names of tests: the same words in another order and shorthand (`Hepatitis A Ab, IgM` = `Hepatitis A IgM`).

Also the sentences of a microbiology report, each of which affirms or denies on its own. Not for Chinese names, which
are compared as they stand (`labs`).
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z0-9]+")
_SHORT = {
    "AB": "ANTIBODY", "ABS": "ANTIBODY", "ANTIBODIES": "ANTIBODY", "AG": "ANTIGEN", "HEP": "HEPATITIS",
    "FLU": "INFLUENZA", "CX": "CULTURE",
}  # fmt: skip
_EMPTY = frozenset(("VIRUS", "SPECIES", "SP", "SPP", "TEST", "BY", "OF", "AND"))
_WHOLE_ANTIBODY = frozenset(("TOTAL", "IGG"))
# After a full stop that ends a word, not a genus (`S. sonnei`); before a part that turns (`…, no Shigella isolated`).
_SENTENCE = re.compile(
    r"(?<=[A-Z0-9)]{2})(?<!SUBSP)(?<!SER)(?<!SPP)(?<!\bSP)(?<!VAR)\.(?=\s|$)|[;\n。；]|,\s*(?=(?:NO|NOT|NEGATIVE|BUT|POSITIVE)\b)"
)


def words(name: str) -> frozenset[str]:
    """The telling words of a Latin name (as `values.plain`); empty where other letters stand in it."""
    if not name.isascii():
        return frozenset()
    return frozenset(_SHORT.get(word, word) for word in _WORD.findall(name)) - _EMPTY


def means(spelled: frozenset[str], name: frozenset[str]) -> bool:
    """Whether a test's name holds all words of a spelling; IgM beside IgG or total is another test."""
    if not spelled <= name:
        return False
    return "IGM" not in spelled or not (name - spelled) & _WHOLE_ANTIBODY


def sentences(value: str) -> list[str]:
    """The parts of a value (as `values.plain`) that speak each for itself."""
    return [part for part in _SENTENCE.split(value) if part and part.strip()]
