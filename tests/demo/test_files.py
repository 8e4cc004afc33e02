"""The demo's files: what is written is read back as the visit it tells of, and identified as the story expects."""

from datetime import UTC, datetime, timedelta

import pytest

from yifang import formats
from yifang.kernel import identity_number
from yifang.node.demo import filling, writing
from yifang.node.demo.hospitals import DOCTORS, MAIN
from yifang.node.demo.stories import Visit, stories, visits

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ONE_EACH = {visit.story.id: visit for visit in reversed(visits(NOW))}


def read(data: bytes, name: str):
    (item,) = formats.read((name, data))
    assert item.refusal is None
    (record,) = item.records
    return record


WRITERS = {
    "log": lambda visit: read(writing.log([visit]), "门诊日志.csv"),
    "hl7": lambda visit: read(writing.hl7_visit(visit, MAIN), "a.hl7"),
    "hl7 in GB18030": lambda visit: read(writing.hl7_visit(visit, MAIN, "gb18030"), "a.hl7"),
    "fhir": lambda visit: read(writing.fhir_document(visit, MAIN), "a.json"),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("visit", ONE_EACH.values(), ids=ONE_EACH)
def test_a_visit_is_read_back(writer: str, visit: Visit) -> None:
    record = WRITERS[writer](visit)
    who, diagnosis = record.person, record.diagnoses[0]
    assert (who.name, who.sex, who.birth.iso, who.area_code, who.phone) == (
        visit.who.name, visit.who.sex, visit.who.birth.isoformat(), visit.who.area, visit.who.phone,
    )  # fmt: skip
    assert [one.value for one in who.identifiers if one.kind == "cn_id"] == [visit.who.id_no]
    assert (diagnosis.codes[0].system, diagnosis.codes[0].code) == ("icd10", visit.story.diagnosis[0])
    assert (record.encounter.department, record.encounter.clinician_id) == (
        visit.story.department, DOCTORS[visit.story.department][0],
    )  # fmt: skip
    assert record.at.iso[:16] == f"{visit.at:%Y-%m-%dT%H:%M}"
    told = [note.text for note in record.notes]
    assert visit.history in told or writer.startswith("hl7")  # an admission message has no place for it
    assert visit.complaint in told or record.encounter.reason == visit.story.reason
    assert visit.story.reason in ("", record.encounter.reason)


@pytest.mark.parametrize("visit", [one for one in ONE_EACH.values() if one.story.results], ids=lambda one: one.story.id)
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_report_is_read_back(visit: Visit, charset: str) -> None:
    record = read(writing.hl7_report(visit, MAIN, charset), "r.hl7")
    assert [(one.name, one.value) for one in record.results] == [(one.name, one.value) for one in visit.story.results]
    assert [one.value for one in record.person.identifiers if one.kind == "cn_id"] == [visit.who.id_no]
    assert record.encounter.clinician_id == DOCTORS[visit.story.department][0]


def test_a_withdrawn_report_is_the_same_report() -> None:
    visit = ONE_EACH["influenza"]
    final = read(writing.hl7_report(visit, MAIN), "r.hl7")
    gone = read(writing.hl7_report(visit, MAIN, status="X", again=3), "r.hl7")
    assert (gone.key, gone.status, final.status) == (final.key, "cancelled", "final")


@pytest.mark.parametrize(
    ("name", "data"), writing.broken(ONE_EACH["influenza"], MAIN).items(), ids=lambda one: str(one)[:12]
)
def test_what_is_broken_is_refused(name: str, data: bytes) -> None:
    assert any(item.refusal is not None for item in formats.read((name, data)))


def test_the_same_seed_tells_the_same() -> None:
    assert visits(NOW) == visits(NOW)
    assert filling.waves(NOW) == filling.waves(NOW)


def test_times_are_before_now() -> None:
    for visit in visits(NOW):
        assert NOW - timedelta(days=13) < visit.at < visit.result_at < NOW


def test_residents_have_valid_numbers_of_their_own() -> None:
    told = visits(NOW)
    for visit in told:
        number = identity_number.parse(visit.who.id_no)
        assert (number.birth, number.sex) == (visit.who.birth, visit.who.sex)
    assert len({visit.who.id_no for visit in told}) == len(told) == sum(story.n for story in stories())


@pytest.mark.parametrize("visit", ONE_EACH.values(), ids=ONE_EACH)
def test_identification_says_what_the_story_expects(visit: Visit) -> None:
    from yifang.identify import Identifier
    from yifang.knowledge import load

    identifier = Identifier(load())
    records = [read(writing.log([visit]), "门诊日志.csv")]
    if visit.story.results:
        records.append(read(writing.hl7_report(visit, MAIN), "r.hl7"))
    found = {one.disease for outcome in identifier.identify(records) for one in outcome.suspicions}
    assert found == ({visit.story.expects} if visit.story.expects else set())
