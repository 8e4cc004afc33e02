"""Where and at whose cards of the export point: organisations, villages and units by what it calls them.

Each reads what there is once; a chunk makes its own.
"""

from __future__ import annotations

from uuid import UUID

from yifang.apps.places.models import Organisation, OrganisationKind
from yifang.apps.places.naming import fold, folded_names, named, village_in, villages
from yifang.apps.reporting.models import Case
from yifang.kernel import areas


class Reporters:
    """Organisations by what the export calls them."""

    def __init__(self) -> None:
        self._reporters: dict[str, list[Organisation]] = {}
        for one in Organisation.objects.filter(active=True):
            for name in {fold(one.name), *(fold(other) for other in one.also_known_as)}:
                self._reporters.setdefault(name, []).append(one)

    def find(self, name: str, area: str) -> UUID | None:
        """The organisation of that name; of several the one in the reporting county; None where none or two fit."""
        found = self._reporters.get(fold(name), [])
        near = [one for one in found if one.area_code[:6] == area[:6]] if len(found) > 1 else found
        return near[0].id if len(near) == 1 else None


class Sites:
    """Villages and units by what the export calls them; read once for a chunk."""

    def __init__(self) -> None:
        self._names = folded_names()
        self._villages = villages()
        self._units: dict[tuple[str, str], tuple[Organisation | None, object]] = {}

    def village(self, area: str, address: str) -> str:
        """The village of the township `area` that the address names, where it names one."""
        return village_in(area, address, self._villages)

    def place(self, case: Case, text: str) -> None:
        """The school, class or worksite that the employer's text names exactly; else that it is not resolved."""
        case.school_id = case.place_id = case.worksite_id = None
        case.unit_unresolved = bool(text)
        if not text:
            return
        key = (text, case.residence_area[:6])
        if key not in self._units:
            match = named(fold(text), _county(case.residence_area), self._names)
            self._units[key] = (match.organisation, match.place) if match else (None, None)
        organisation, place = self._units[key]
        if organisation is not None:
            case.unit_unresolved = False
            case.place = place
            if organisation.kind == OrganisationKind.SCHOOL:
                case.school = organisation
            else:
                case.worksite = organisation


def _county(area: str) -> str:
    return areas.at_level(area, "county") or areas.normalise(area)
