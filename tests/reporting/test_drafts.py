"""A draft brings along what is known, says what is missing, and never makes anything up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.models import Entry
from yifang.apps.records.models import Person
from yifang.apps.reporting import drafting, services, versions
from yifang.apps.reporting.models import CardState
from yifang.apps.reporting.rules import form_of
from yifang.formats import canonical
from yifang.kernel import clock
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import NotAllowed, NotFound
from yifang.knowledge import load

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=CHINA)
REPORTER = drafting.Reporter("H31011201", "310112", "021-54321000", "李医生")


def draft(identity: dict[str, str] | None = None, birth: date | None = date(2021, 5, 4), **more: object):
    known = drafting.Known("male", birth, "310112101", identity or {})
    return drafting.draft(known, REPORTER, load(), NOW, "NO1", **more)


def visit(complaint: str, **more: object) -> canonical.Record:
    start = canonical.Moment("2026-11-23T10:00", "minute")
    return canonical.Record(
        kind="encounter", key="V", status="final", source=canonical.Source("hl7v2"),
        encounter=canonical.Encounter(start=start), notes=(canonical.Note("complaint", complaint, "c", start),), **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("complaint", "onset"),
    [
        ("发热3天", "2026-11-20"),
        ("发热2天，手足皮疹1天", "2026-11-21"),
        ("咳嗽、咳痰3周", "2026-11-02"),
        ("腹泻半天", "2026-11-22"),
        ("发热十余天", "2026-11-13"),
        ("乏力2月余", "2026-09-24"),
        ("高热6小时", "2026-11-23"),
        ("手足皮疹", None),
    ],
)
def test_the_onset_is_read_from_how_long_it_lasts(complaint: str, onset: str | None) -> None:
    made = draft(record=visit(complaint))
    assert made.answers.get("onset_date") == onset
    assert ("onset_date" in made.derived) is (onset is not None)


def test_the_records_own_onset_wins() -> None:
    own = canonical.Diagnosis((), "手足口病", "DG1", onset=canonical.Moment("2026-11-19", "day"))
    made = draft(record=visit("发热3天", diagnoses=(own,)))
    assert made.answers["onset_date"] == "2026-11-19"
    assert "onset_date" not in made.derived


@pytest.mark.parametrize(
    ("employer", "birth", "population", "school_class"),
    [
        ("春申幼儿园中一班", date(2021, 5, 4), "1", "中一班"),
        ("春申实验小学三(2)班", date(2017, 5, 4), "3", "三(2)班"),
        ("", date(2025, 5, 4), "2", None),
        ("", date(2021, 5, 4), None, None),  # may be in nursery or at home: a person says
        ("梅陇人民医院", date(1985, 5, 4), "9", None),
        ("某机械厂", date(1985, 5, 4), "16", None),
        ("", date(1985, 5, 4), None, None),
        ("春申实验小学", date(1985, 5, 4), None, None),  # a teacher, a cook …
    ],
)
def test_the_population_is_guessed_only_without_doubt(
    employer: str, birth: date, population: str | None, school_class: str | None
) -> None:
    made = draft({"employer": employer}, birth)
    assert made.answers.get("population") == population
    assert made.answers.get("school_class") == school_class


@pytest.mark.parametrize(
    ("disease", "given", "code"),
    [("hfmd", None, "1"), ("influenza", "confirmed", "2"), ("cholera", None, "1"), ("hiv_aids", None, ""),
     ("rabies", "suspected", "1"), ("syphilis", None, "3")],
)  # fmt: skip
def test_the_case_class_is_one_that_the_disease_allows(disease: str, given: str | None, code: str) -> None:
    assert draft(disease=disease, case_class=given).answers.get("case_class", "") == code


@pytest.mark.django_db
@pytest.mark.parametrize("record", [apps.hfmd, apps.influenza, apps.cholera_report, apps.tuberculosis])
def test_at_least_four_fifths_of_the_fields_come_filled(record) -> None:
    county = apps.county()
    county.hospital.phone = "021-54321000"
    county.hospital.save()
    card = cards.drafted(county, record())
    given = cards.answers(card)
    missing = {one["field"] for one in versions.current(card).remarks if one["severity"] == "error"}
    asked = {one.id for one in form_of(load()).fields.values() if one.required} | missing
    asked -= {"national_card_id"}
    filled = {name for name in asked if given.get(name)} - missing
    assert len(filled) / len(asked) >= 0.8, sorted(asked - filled)


@pytest.mark.django_db
def test_a_draft_marks_what_is_missing_and_keeps_its_source() -> None:
    county = apps.county()
    card = cards.drafted(county)
    version = versions.current(card)
    assert {"guardian_name", "population"} <= {one["field"] for one in version.remarks}
    assert version.source["suspicion"] == str(card.suspicion_id)
    assert "patient_belongs" in version.source["derived"]
    assert card.doctor.username == "clinician"


@pytest.mark.django_db
def test_asked_twice_there_is_one_draft_and_identity_was_opened_once_on_record() -> None:
    county = apps.county()
    card = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        assert services.draft_from_suspicion(card.suspicion_id, doctor).id == card.id
    assert Entry.objects.filter(stream="access", kind="person.drafted", subject=card.person_id).count() == 1


@pytest.mark.django_db
def test_identity_is_sealed_apart_and_the_rest_is_open() -> None:
    county = apps.county()
    card = cards.blank(county, remark="母亲电话同上")
    version = versions.current(card)
    sealed = {"name", "guardian_name", "id_no", "phone", "residence_detail", "remark"}
    assert not sealed & set(version.values)
    for secret in ("陈小宝", "13800000001", "示范路", "陈父"):
        assert secret not in str(version.values)
        assert secret.encode() not in bytes(version.sealed)
    assert card.masked_name == "陈*宝"
    assert sealed <= set(versions.answers_of(version))


@pytest.mark.django_db
def test_a_draft_may_be_wrong_and_saving_the_same_again_adds_nothing() -> None:
    county = apps.county()
    card = cards.blank(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        card, findings = services.save_draft(card.id, {"case_class": "3", "onset_date": "x"}, doctor)
        assert {"case_class", "onset_date"} <= {one.field for one in findings}
        number = card.version
        card, _ = services.save_draft(card.id, {"case_class": "3"}, doctor)
        assert card.version == number


@pytest.mark.django_db
def test_who_reports_and_the_number_of_the_card_cannot_be_typed() -> None:
    county = apps.county()
    card = cards.blank(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        card, _ = services.save_draft(card.id, {"card_no": "1", "report_org": "X", "report_area": "110101"}, doctor)
    given = cards.answers(card)
    assert (given["card_no"], given["report_org"], given["report_area"]) == (card.card_no, "H31011201", "310112")


@pytest.mark.django_db
def test_a_blank_card_finds_its_person_by_number_or_makes_one() -> None:
    county = apps.county()
    apps.receive(county.other_hospital, apps.hfmd())
    apps.deliver()
    known = Person.objects.get()
    found = cards.brought(county, CardState.HOSPITAL_REVIEW)
    assert found.person_id == known.id
    made = cards.brought(county, CardState.HOSPITAL_REVIEW, cards.blank(county, name="乙童", order=9))
    assert made.person_id not in (None, known.id)
    assert Person.objects.count() == 2
    assert cards.blank(county, name="丙童", order=10).person_id is None, "a draft is about nobody yet"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("other_hospital", NotFound),
        ("epidemiologist", NotAllowed),
        ("school_nurse", NotAllowed),
        ("bureau", NotAllowed),
    ],
)
def test_who_may_not_draft_from_a_suspicion(name: str, error: type[Exception]) -> None:
    county = apps.county()
    suspicion = cards.drafted(county).suspicion_id
    viewer = county.viewer(name)
    with enter(viewer), pytest.raises(error):
        services.draft_from_suspicion(suspicion, viewer)


@pytest.mark.django_db
def test_card_numbers_are_the_institution_the_year_and_a_running_number() -> None:
    county = apps.county()
    first, second = cards.blank(county), cards.blank(county, name="乙", order=4)
    start = f"H31011201{clock.today().year}"
    assert first.card_no.startswith(start)
    assert int(second.card_no.removeprefix(start)) > int(first.card_no.removeprefix(start))
    assert timedelta(0) <= clock.now() - first.created_at


@pytest.mark.parametrize(
    ("occupation", "birth", "code"),
    [("农民", date(1980, 1, 1), "18"), ("学生", date(2012, 1, 1), "3"), ("学生(大中小学)", date(2012, 1, 1), "3"),
     ("农民", date(2020, 1, 1), None), ("", date(1980, 1, 1), None), ("种地", date(1980, 1, 1), None)],
)  # fmt: skip
def test_an_occupation_as_the_card_writes_it_is_proposed_where_the_age_allows_it(occupation, birth, code) -> None:
    made = draft(birth=birth, record=visit("发热3天", person=canonical.Person(occupation=occupation)))
    assert made.answers.get("population") == code
    assert ("population" in made.derived) is (code is not None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "number", "shown", "proposed"),
    [("石磊", "D999", "石磊 D999", "石磊"), ("", "D999", "D999", "D999"), ("", "", "", "desk"),
     ("别名", "D001", "别名 D001", "seat")],
)  # fmt: skip
def test_the_desk_s_draft_proposes_the_doctor_of_the_visit(name, number, shown, proposed) -> None:
    county = apps.county()
    made = apps.hfmd(doctor=number)
    card = cards.drafted(
        county, replace(made, encounter=replace(made.encounter, clinician=name)), doctor="hospital_desk"
    )
    desk = county.viewer("hospital_desk").name
    wanted = {"desk": desk, "seat": str(card.suspicion.clinician)}.get(proposed, proposed)
    assert (card.suspicion.clinician is not None) is (proposed == "seat")
    assert card.suspicion.doctor_told == shown
    assert cards.answers(card)["report_doctor"] == wanted
    assert ("report_doctor" in versions.current(card).source["derived"]) is (wanted != desk)


@pytest.mark.django_db
def test_a_doctor_s_own_draft_is_theirs() -> None:
    county = apps.county()
    assert cards.answers(cards.drafted(county))["report_doctor"] == county.viewer("clinician").name
