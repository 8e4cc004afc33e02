"""Organisations that somebody may mean while they still type: by first letters of the pinyin, or a part of the name.

春申示范小学 is found by 春申, 小学, cssfxx, cs, and csxx. Nothing is taken without a person's choice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from yifang.apps.places.models import Organisation
from yifang.apps.places.naming import county, fold

_TOWNSHIP = 9  # digits


def suggestions(text: str, area: str, kinds: Collection[str], limit: int = 9) -> list[str]:
    """Names of active organisations of these kinds in the county of `area`, those of its township first.

    Without a text the nearest ones. How they match decides before where they are: the beginning, a part, letters in
    order.
    """
    wanted, near = fold(text).replace("'", ""), county(area)
    if not near:
        return []
    rows = Organisation.objects.filter(active=True, kind__in=list(kinds), area_code__startswith=near)
    found = []
    for name, also, at in rows.values_list("name", "also_known_as", "area_code"):
        fits = min((rank for one in (name, *also) if (rank := _rank(wanted, one)) is not None), default=None)
        if fits is not None:
            found.append((fits, at[:_TOWNSHIP] != area[:_TOWNSHIP], name))
    return [name for *_, name in sorted(found)[:limit]]


def _rank(wanted: str, name: str) -> int | None:
    """How a name fits what was typed, the best first; None where it does not."""
    if not wanted:
        return 0
    spelt = (fold(name), initials(name))
    if any(one.startswith(wanted) for one in spelt):
        return 0
    if any(wanted in one for one in spelt):
        return 1
    return 2 if _in_order(wanted, spelt[1]) else None


def _in_order(wanted: str, letters: Iterable[str]) -> bool:
    rest = iter(letters)
    return all(letter in rest for letter in wanted)


@lru_cache(maxsize=20_000)
def initials(name: str) -> str:
    """The first letters of a name's pinyin, upper case; letters and digits stand for themselves."""
    from pypinyin import Style, lazy_pinyin  # loads its dictionary: not before it is needed

    return "".join(lazy_pinyin(fold(name), style=Style.FIRST_LETTER)).upper()
