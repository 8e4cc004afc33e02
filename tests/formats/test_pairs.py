"""One laboratory report in two forms: FHIR and the HL7 v2 that an independent translator made of it."""

from __future__ import annotations

from pathlib import Path

from yifang.formats import read
from yifang.formats.canonical import Record, Result
from yifang.formats.codes import is_question


def one(path: Path) -> Record:
    (item,) = read(path)
    (record,) = item.records
    return record


def findings(record: Record) -> set[tuple[str, str, str, str]]:
    def told(result: Result) -> tuple[str, str, str, str]:
        value = result.value_codes[0].code if result.value_codes else result.value
        return result.codes[0].code, value, result.specimen, result.status

    return {told(result) for result in record.results if result.codes and not is_question(result.codes)}


def test_both_forms_are_one_report(shared: Path) -> None:
    pairs = sorted((shared / "fixtures" / "elr-pairs").glob("*.hl7"))
    assert len(pairs) > 20
    wrong = []
    for path in pairs:
        v2, fhir = one(path), one(path.with_name(f"{path.stem}.fhir.json"))
        same = {
            "key": v2.key == fhir.key,
            "status": v2.status == fhir.status,
            "birth": v2.person.birth == fhir.person.birth,
            "sex": v2.person.sex == fhir.person.sex,
            # A receiver may cut long names and leave tests out: what the HL7 carries must stand in the FHIR.
            "name": v2.person.name == fhir.person.name or "truncate" in path.stem,
            "results": findings(v2) <= findings(fhir) and bool(findings(v2)),
        }
        wrong += [(path.stem, what) for what, equal in same.items() if not equal]
    assert wrong == []


def test_different_reports_have_different_keys(shared: Path) -> None:
    keys: dict[str, set[str]] = {}
    for path in sorted((shared / "fixtures" / "elr-pairs").glob("*.fhir.json")):
        record = one(path)
        keys.setdefault(record.key, set()).add(record.source.control_id)
    assert [key for key, numbers in keys.items() if len(numbers) > 1] == []
