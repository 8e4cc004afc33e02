"""From the words of a rule set to knowledge; the last few are kept, for compiling them takes a third of a second."""

from __future__ import annotations

from collections import OrderedDict

from yifang.apps.reporting.models import RuleSet, RuleSetState
from yifang.kernel.digest import sha256
from yifang.kernel.errors import UserError
from yifang.knowledge import Knowledge, load, load_with

MAY_CHANGE = ("triggers", "syndromes")
LARGEST = 200_000  # characters
_KEPT = 3
_known: OrderedDict[tuple[str, str], Knowledge] = OrderedDict()


def in_force() -> Knowledge:
    """The packs with the active rule set; those of `load()` where none was ever activated."""
    text = RuleSet.objects.filter(state=RuleSetState.ACTIVE).values_list("text", flat=True).first()
    return read(text) if text else load()


def read(text: str) -> Knowledge:
    """The packs with these words merged in. Raises PackError with every problem, UserError `reporting.rules_too_long`.

    Words that hold nothing but comments change nothing: they are a set of rules too, the shipped one.
    """
    if len(text) > LARGEST:
        raise UserError("reporting.rules_too_long", most=LARGEST)
    shipped = load()
    key = (shipped.digest, sha256(text.encode()))
    found = _known.get(key)
    if found is None:
        found = load_with(text, "rules.yaml", only=MAY_CHANGE)
        if found.digest == shipped.digest:
            found = shipped
        _known[key] = found
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    _known.move_to_end(key)
    return found


def version_of(digest: str) -> RuleSet | None:
    """The version whose packs have this digest, the latest where several say the same."""
    return RuleSet.objects.filter(digest=digest, number__isnull=False).order_by("-number").first()
