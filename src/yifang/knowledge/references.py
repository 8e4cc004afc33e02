"""What a pack may refer to, and the two checks a model cannot make alone: duplicate ids and parts without a source."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from yifang.knowledge.models.base import ids_of
from yifang.knowledge.reading import identity
from yifang.knowledge.regions import Regions

Finding = tuple[tuple[Any, ...], str, dict[str, Any]]  # place, message code, parameters

# Words a threshold, a drug or a leaflet may say where one disease is not meant.
WIDER_THAN_A_DISEASE = {"any", "other", "new_disease", "new_or_reemerged", "statutory_B_or_C", "rabies_exposure"}
# Vaccines protect against more than the list of reportable diseases holds.
VACCINE_PREVENTABLE = {"tuberculosis", "tetanus", "cervical_cancer", "herpes_zoster", "pneumococcal_disease"}


class References:
    """The names that exist in the effective packs, by kind."""

    def __init__(self, packs: Mapping[str, Mapping[str, Any]], regions: Regions) -> None:
        self._regions = regions

        def part(pack: str, *keys: str) -> Any:
            value: Any = packs.get(pack)
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            return value

        def ids(pack: str, *keys: str, by: str = "id") -> set[str]:
            return ids_of(part(pack, *keys), by)

        def names(pack: str, *keys: str) -> set[str]:
            value = part(pack, *keys)
            return {str(key) for key in value} if isinstance(value, (dict, list)) else set()

        diseases = ids("diseases", "diseases")
        nip = part("immunization", "nip") or []
        doses = [dose for entry in nip if isinstance(entry, dict) for dose in entry.get("doses") or []]
        vaccines = ids_of(nip, "vaccine") | ids_of(doses, "vaccine")
        vaccines |= ids("immunization", "adult", by="vaccine")
        vaccines |= ids("immunization", "other_vaccine_codes", by="vaccine")
        self._known: dict[str, Container[str]] = {
            "disease": diseases,
            "disease_target": diseases | WIDER_THAN_A_DISEASE,
            "vaccine_target": diseases | VACCINE_PREVENTABLE,
            "syndrome": ids("syndromes", "syndromes"),
            "concept": names("syndromes", "concepts") | names("syndromes", "told"),
            "programme": ids("management", "programmes"),
            "vaccine": vaccines,
            "threshold": ids("thresholds", "event_report")
            | ids("thresholds", "hospital_infection")
            | ids("thresholds", "cluster")
            | ids("thresholds", "school_syndrome"),
            "trigger": ids("triggers", "lab")
            | ids("triggers", "imaging")
            | ids("triggers", "drug")
            | ids("triggers", "told")
            | ids("triggers", "diagnosis_text"),
            "negative_rule": ids("triggers", "negative_rules"),
            "department": ids("codes", "departments", "items", by="code"),
            "user_role": names("codes", "user_roles"),
            "role": ids("work", "roles"),
            "work_kind": ids("work", "kinds"),
            "form": ids("forms", "forms"),
            "code_set": names("codes") - {"meta", "provenance"} | {"regions", "diseases", "population"},
            "card_field": ids("report_card", "fields"),
            "area": regions,
        }

    def within(self, pack: Mapping[str, Any]) -> dict[str, Any]:
        """The names that exist for a pack: everybody's, and its own sources."""
        meta = pack.get("meta")
        return self._known | {"source": ids_of(meta.get("sources") if isinstance(meta, dict) else None)}

    def like(self, value: str, kind: str, pack: Mapping[str, Any]) -> Iterable[str]:
        """Names of a kind among which a misspelt one may have been meant; of the areas only the neighbours."""
        if kind == "area":
            return [region.code for region in self._regions if region.code[:4] == value[:4] and len(region.code) == 6]
        names: Iterable[str] = self.within(pack)[kind]
        return names

    def duplicates(self, pack: Mapping[str, Any]) -> Iterator[Finding]:
        """Entries of one list that bear one id."""
        yield from _duplicates(pack, ())

    def without_source(self, pack: Mapping[str, Any]) -> Iterator[Finding]:
        """Parts that no provenance rule covers and whose entries do not all name a source themselves."""
        rules = pack.get("provenance")
        covered = {str(rule).split(".")[0] for rule in rules} if isinstance(rules, dict) else set()
        for key, value in pack.items():
            if key in ("meta", "provenance") or key in covered:
                continue
            items = value if isinstance(value, list) else [value]
            if not all(isinstance(item, dict) and item.get("source") for item in items):
                yield (key,), "knowledge.missing_source", {"key": key}


def _duplicates(value: Any, place: tuple[Any, ...]) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _duplicates(part, (*place, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for position, item in enumerate(value):
            name = identity(item)
            if name is not None and name in seen:
                yield (*place, position), "knowledge.duplicate_id", {"id": name}
            elif name is not None:
                seen.add(name)
            yield from _duplicates(item, (*place, position))
