"""What a list would do to what is there: line by line new, changed, the same, or refused with the rule and the mend.

It writes nothing. A line may name as its parent what another line of the same list makes, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from yifang.apps.places.models import Membership, Organisation, OrganisationKind, Place, PlaceKind
from yifang.apps.places.registering.lines import KINDS, NEEDED, Kind, Line, kind_of
from yifang.kernel import areas, clock
from yifang.kernel.errors import UserError, YifangError
from yifang.knowledge import load

_YES, _NO = ("1", "yes", "true", "y", "是", "启用", "在用"), ("0", "no", "false", "n", "否", "停用", "撤销")
_INSIDE = (PlaceKind.CLASS, PlaceKind.DORMITORY)  # these are of an organisation; a village or a grid need not be
_SEPARATORS = re.compile(r"[;；、|]")


@dataclass(frozen=True, slots=True)
class Wish:
    """What one line asks for, read and judged by itself; `values` are those of the table's columns that it names."""

    code: str
    kind: Kind
    values: Mapping[str, Any]
    parent: str  # code, empty where it names none


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a line. `fields` are the columns that would change; `refused` says the rule and the mend."""

    line: Line
    what: Literal["new", "changed", "same", "refused"]
    wish: Wish | None = None
    fields: tuple[str, ...] = ()
    refused: UserError | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order of the list."""

    steps: Sequence[Step]

    def of(self, what: str) -> list[Step]:
        """The steps of one kind."""
        return [step for step in self.steps if step.what == what]


def plan(lines: Iterable[Line]) -> Plan:
    """What the lines would do to what is there now."""
    lines = list(lines)
    known = _Known.of(
        {line.values.get("code", "") for line in lines} | {line.values.get("parent", "") for line in lines}
    )
    wishes: dict[str, Wish] = {}
    first: dict[str, int] = {}
    read: list[tuple[Line, Wish | None, UserError | None]] = []
    for line in lines:
        try:
            wish = _wish(line)
            if wish.code in first:
                raise UserError("places.line_repeated", row=first[wish.code])
            first[wish.code] = line.row
            wishes[wish.code] = wish
            read.append((line, wish, None))
        except UserError as refused:
            read.append((line, None, refused))
    return Plan([_step(line, wish, refused, wishes, known) for line, wish, refused in read])


@dataclass(slots=True)
class _Known:
    """What is there already, by code."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)  # member → the group it is in today

    @classmethod
    def of(cls, codes: set[str]) -> _Known:
        organisations = {one.code: one for one in Organisation.objects.filter(code__in=codes)}
        places = {one.code: one for one in Place.objects.filter(code__in=codes).select_related("organisation")}
        today = Membership.objects.filter(member__code__in=codes, until=None, since__lte=clock.today())
        return cls(organisations, places, dict(today.values_list("member__code", "group__code")))

    def get(self, wish: Wish) -> Organisation | Place | None:
        same = self.organisations if wish.kind[0] is Organisation else self.places
        return same.get(wish.code)


def _wish(line: Line) -> Wish:
    """Raises UserError for a line that cannot be taken whatever is there."""
    given = line.values
    for column in NEEDED:
        if column not in given:
            raise UserError("places.line_empty", column=column)
    kind = kind_of(given["kind"])
    if kind is None:
        raise UserError("places.line_kind", kind=given["kind"], kinds=", ".join(KINDS))
    model, key = kind
    columns = {one.name for one in model._meta.get_fields()}
    values: dict[str, Any] = {"kind": key}
    for column, text in given.items():
        if column in ("code", "kind", "parent"):
            continue
        if column not in columns:
            raise UserError("places.line_column", column=column)
        values[column] = _READ.get(column, str)(text)
    for column, text in {**values, "code": given["code"]}.items():
        most = getattr(model._meta.get_field(column), "max_length", None)
        if most and len(text) > most:
            raise UserError("places.line_too_long", column=column, most=most)
    if any(letter.isspace() for letter in given["code"]):
        raise UserError("places.line_code", code=given["code"])
    return Wish(given["code"], kind, values, given.get("parent", ""))


def _step(line: Line, wish: Wish | None, refused: UserError | None, wishes: Mapping[str, Wish], known: _Known) -> Step:
    if wish is None:
        return Step(line, "refused", refused=refused)
    try:
        wish = _placed(wish, wishes, known)
    except UserError as wrong:
        return Step(line, "refused", refused=wrong)
    there = known.get(wish)
    if there is None:
        return Step(line, "new", wish)
    fields = [column for column, value in wish.values.items() if getattr(there, column) != value]
    if wish.parent and wish.parent != _parent_of(there, known):
        fields.append("parent")
    return Step(line, "changed" if fields else "same", wish, tuple(fields))


def _placed(wish: Wish, wishes: Mapping[str, Wish], known: _Known) -> Wish:
    """The wish with its area, its parent and its code checked against what is there and what else is asked for."""
    other = known.places if wish.kind[0] is Organisation else known.organisations
    if wish.code in other:
        raise UserError("places.line_other_table", code=wish.code, name=other[wish.code].name)
    above = None
    if wish.parent:
        asked, there = wishes.get(wish.parent), known.organisations.get(wish.parent)
        if asked is not None and asked.kind[0] is Organisation and wish.parent != wish.code:
            above = (asked.kind[1], asked.values.get("area_code") or (there.area_code if there else ""))
        elif asked is None and there is not None:
            above = (there.kind, there.area_code)
        else:
            raise UserError("places.line_parent", parent=wish.parent)
        if wish.kind[0] is Organisation and above[0] != OrganisationKind.GROUP:
            raise UserError("places.line_parent_group", parent=wish.parent)
    there = known.get(wish)
    if wish.kind[1] in _INSIDE and above is None and there is None:
        raise UserError("places.line_needs_parent")
    if "area_code" in wish.values or there is not None:
        return wish
    if above is None or not above[1]:
        raise UserError("places.line_empty", column="area_code")
    return Wish(wish.code, wish.kind, {**wish.values, "area_code": above[1]}, wish.parent)


def _parent_of(there: Organisation | Place, known: _Known) -> str:
    if isinstance(there, Place):
        return there.organisation.code if there.organisation else ""
    return known.groups.get(there.code, "")


def area_of(text: str) -> str:
    """The area code in its one form, known to the list of regions down to its township. Raises UserError."""
    try:
        code = areas.normalise(text)
    except YifangError:
        raise UserError("places.line_area", code=text) from None
    regions = load().regions
    listed = next(up for up in areas.ancestors(code) if len(up) <= 9)
    if listed not in regions:
        raise UserError("places.line_area_unknown", code=listed)
    return code


def _aliases(text: str) -> list[str]:
    return list(dict.fromkeys(alias for one in _SEPARATORS.split(text) if (alias := one.strip())))


def _active(text: str) -> bool:
    word = text.casefold()
    if word not in (*_YES, *_NO):
        raise UserError("places.line_active", value=text)
    return word in _YES


_READ: Mapping[str, Any] = {"area_code": area_of, "also_known_as": _aliases, "active": _active}
