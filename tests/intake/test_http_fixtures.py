"""The real files again, over HTTP: the same records as through a folder, and nothing twice, whichever way it comes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests import apps
from tests.intake import machines
from tests.intake.machines import FHIR, RECORDS, Machine
from yifang import formats
from yifang.apps.intake import services
from yifang.apps.intake.models import Quarantined
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.formats import canonical
from yifang.formats.storage import to_json

pytestmark = pytest.mark.django_db
TOPICS = ("hl7v2", "elr-pairs", "fhir", "cda", "tabular")


@pytest.fixture
def county(monkeypatch) -> apps.County:
    machines.without_a_socket(monkeypatch)
    return apps.county()


def held(county: apps.County, name: str) -> Counter[tuple[object, ...]]:
    """Every version that an organisation holds, without what names the organisation."""
    rows = Record.objects.filter(organisation=county.organisations[name])
    told = rows.values_list("digest", "version", "current", "kind", "state")
    return Counter((bytes(digest), *rest) for digest, *rest in told)


def current(county: apps.County, name: str) -> Counter[tuple[object, ...]]:
    """What stands of each record, whatever versions there were."""
    rows = Record.objects.filter(organisation=county.organisations[name], current=True)
    return Counter(rows.values_list("kind", "state", "department", "payload__encounter__id"))


def files(shared: Path, topic: str) -> list[Path]:
    return sorted(path for path in (shared / "fixtures" / topic).rglob("*") if path.is_file())


def take_as_folder(county: apps.County, topic: list[Path]) -> None:
    with apps.as_jobs():
        for path in topic:
            services.take_path(path, county.feeds["hospital"], NODE)


def test_fhir_files_through_the_fhir_door(shared: Path, county):
    documents = [path for path in files(shared, "fhir") if _is_one_resource(path)]
    assert len(documents) > 50
    take_as_folder(county, documents)
    unread = Quarantined.objects.count()
    for name, expected in (("other_hospital", 201), ("hospital", 200)):
        machine = Machine(machines.key(county.feeds[name]))
        for path in documents:
            answer = machine.post(FHIR, path.read_bytes(), "application/fhir+json")
            assert answer.status_code in (200, expected, 422), path
            kind = answer.json()["resourceType"]
            assert (kind == "OperationOutcome") or answer.status_code == 200
        assert held(county, name) == held(county, "hospital")
    assert Quarantined.objects.count() == 2 * unread  # the first hospital's are known, the other's are its own


def _is_one_resource(path: Path) -> bool:
    try:
        whole = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:
        return False
    return isinstance(whole, dict) and isinstance(whole.get("resourceType"), str)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_records_of_a_topic_as_canonical_json_in_batches(shared: Path, county, topic: str):
    paths = files(shared, topic)
    take_as_folder(county, paths)
    read = (item for path in paths for item in formats.read((path.name, path.read_bytes())))
    records = [record for item in read for record in item.records]
    other = Machine(machines.key(county.feeds["other_hospital"]))
    # a table's row that is told again elsewhere in the table is a repeat; as JSON its place is part of what is said
    said = current if topic == "tabular" else held
    for expected in (201, 200):
        for body in _bodies(records):
            answer = other.post(RECORDS, body)
            assert answer.status_code in (200, expected), answer.json()
            assert answer.json()["refused"] == 0
        assert said(county, "other_hospital") == said(county, "hospital")
    # What was corrected since and has no number of its own would be taken for a correction back, by folder as here.
    keys = Counter(record.key for record in records)
    machine = Machine(machines.key(county.feeds["hospital"]))
    for body in _bodies([record for record in records if keys[record.key] == 1]):
        assert machine.post(RECORDS, body).json()["repeats"] == len(body)


def _bodies(records: list[canonical.Record]) -> list[list[dict]]:
    told = [to_json(one) for one in records]
    return [told[start : start + services.MOST] for start in range(0, len(told), services.MOST)]
