"""Small cells of sensitive groups: which numbers this viewer sees only from `min` upwards. Pure but for the packs.

Whoever may open the cases of a group sees its numbers as they are; who may only count them sees no number from 1 to
`min` - 1, and none that would follow from the others of its row or column (visibility pack, rules.small_cells). What
is hidden is left out of sums, so that no difference of two numbers tells it. On a map, and wherever numbers are broken
down below the county, sensitive groups are not placed at all (rules.screens).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from yifang.apps.accounts.viewers import Viewer
from yifang.kernel import areas
from yifang.knowledge import load

Key = tuple[object, ...]


def least() -> int:
    """The smallest number that is shown."""
    return load().visibility.rules.small_cells.min


def guarded(viewer: Viewer) -> tuple[str, ...]:
    """The groups whose small numbers are hidden from this viewer."""
    return tuple(one for one in load().visibility.rules.small_cells.apply_to if one not in viewer.case_groups)


def published() -> tuple[str, ...]:
    """The groups whose small numbers no paper shows, whoever writes it."""
    return load().visibility.rules.small_cells.apply_to


def unplaced(area: str) -> tuple[str, ...]:
    """The groups that a break-down of this area by those below it leaves out: below the county, all sensitive ones."""
    if areas.level(areas.normalise(area)) in ("province", "city"):
        return ()
    return tuple(name for name, group in load().visibility.groups.items() if not group.rest)


def hidden(cells: Mapping[Key, int]) -> frozenset[Key]:
    """The cells not to be shown: the small ones, and one more of a row or column in which one alone is hidden.

    `cells` are the numbers of guarded groups by key, whose parts are row, column …; with one part they are one row.
    """
    return completed({key for key, number in cells.items() if 0 < number < least()}, cells)


def completed(gone: Iterable[Key], cells: Mapping[Key, int]) -> frozenset[Key]:
    """`gone` and what has to go with it: in a row or column with one of them alone, the least of the other `cells`."""
    found = set(gone)
    while more := _one_more(found, cells):
        found.add(more)
    return frozenset(found)


def _one_more(gone: set[Key], cells: Mapping[Key, int]) -> Key | None:
    for part in range(len(next(iter(gone), ()))):
        # all cells that differ in this part only stand in one line, whose sum is taken as known
        lines: defaultdict[Key, list[Key]] = defaultdict(list)
        for key in {*gone, *(key for key, number in cells.items() if number)}:
            lines[key[:part] + key[part + 1 :]].append(key)
        for line in lines.values():
            others = [key for key in line if key not in gone]
            if others and len(line) - len(others) == 1:
                return min(others, key=lambda key: (cells[key], repr(key)))
    return None


def left(whole: int, guarded: Mapping[str, int]) -> int | None:
    """A number without what of it is hidden; None where that is all of it.

    `guarded` are the numbers of each guarded disease in it: as in the rows of a table small ones go, never one alone.
    """
    gone = hidden({(name,): number for name, number in guarded.items()})
    rest = whole - sum(guarded[name] for (name,) in gone)
    return None if gone and rest == 0 else rest


def shown(whole: Mapping[Key, int], guarded: Mapping[Key, Mapping[str, int]]) -> tuple[dict[Key, int | None], bool]:
    """Each number as it may be seen, and whether anything was left out.

    `whole` counts everything, `guarded` the guarded diseases in it. Where a number is hidden altogether, another one of
    its row or column is too, if guarded diseases are all that is in it: of others nothing can be told apart.
    """
    found = {key: left(number, guarded.get(key, {})) for key, number in whole.items()}
    only = {key: whole[key] for key, each in guarded.items() if sum(each.values()) == whole.get(key)}
    gone = completed({key for key, number in found.items() if number is None}, only)
    found |= dict.fromkeys(gone)
    return found, any(found[key] != number for key, number in whole.items())


def total(numbers: Iterable[int | None]) -> int:
    """The sum of what is shown."""
    return sum(number or 0 for number in numbers)
