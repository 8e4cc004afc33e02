"""Which records are of the same person: values brought to one form, pairs found by blocks, verdicts with their reasons.

Pure: the rules come from the `linkage` pack, the values from whoever calls; nothing here knows a database or a key. A
value may as well be a keyed hash, then likeness short of equality is not seen.
"""

from yifang.link.batch import AMBIGUOUS, Found, Linked, link
from yifang.link.comparing import Verdict, compare, keeps_apart
from yifang.link.rules import Rules, condition, rules_of
from yifang.link.values import Facts, facts, sound, spelling, united

__all__ = [
    "AMBIGUOUS", "Facts", "Found", "Linked", "Rules", "Verdict", "compare", "condition", "facts", "keeps_apart", "link",
    "rules_of", "sound", "spelling", "united",
]  # fmt: skip
