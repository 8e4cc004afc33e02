"""What must hold on a report card: each field, each of the 31 logic rules, each supplement; all said at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps import id_no
from yifang.apps.reporting.rules import Alike, Answers, Finding, Situation, blocking, check, form_of, illness_days
from yifang.apps.reporting.rules.fields import REQUIRED_WHEN
from yifang.apps.reporting.rules.logic import RULES
from yifang.kernel import messages
from yifang.kernel.clock import CHINA
from yifang.knowledge import load

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=CHINA)
CHILD = date(2021, 5, 4)
ADULT = date(1980, 5, 4)

# A right card: a child at home with hand, foot and mouth disease in 闵行.
RIGHT = {
    "card_no": "H310112012026000001", "card_type": "1", "name": "陈小宝", "guardian_name": "陈父", "id_type": "01",
    "id_no": id_no(birth=CHILD), "sex": "1", "birth_date": CHILD.isoformat(), "phone": "13800000001",
    "patient_belongs": "1", "residence_area": "310112101", "residence_detail": "示范路1弄2号", "population": "2",
    "case_class": "1", "onset_date": "2026-11-21", "diagnosis_datetime": "2026-11-23T14:00", "disease": "hfmd",
    "report_org": "H31011201", "report_org_phone": "021-54321000", "report_doctor": "李医生",
    "fill_date": "2026-11-23T14:30", "hfmd_card.1": "未检", "hfmd_card.2": "否",
}  # fmt: skip
GROWN = {
    "birth_date": ADULT.isoformat(), "id_no": id_no(birth=ADULT), "population": "18", "guardian_name": "",
    "hfmd_card.1": "", "hfmd_card.2": "",
}  # fmt: skip


def findings(changes: dict[str, Any] | None = None, **around: Any) -> list[Finding]:
    situation = Situation(load(), NOW, "310112", **around)
    return check(Answers({**RIGHT, **(changes or {})}, situation))


def rules_of(changes: dict[str, Any], **around: Any) -> set[str]:
    return {one.rule for one in findings(changes, **around)}


def test_a_right_card_has_no_finding() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("L01", {"onset_date": "2026-11-24", "diagnosis_datetime": "2026-11-23T14"}),
        ("L02", {"onset_date": "2021-05-03"}),
        ("L03", {"death_date": "2026-11-20"}),
        ("L04", {"diagnosis_datetime": "2026-11-23T16:00", "fill_date": "2026-11-23T16:30"}),
        ("L05", {"fill_date": "2026-11-22"}),
        ("L06", {"birth_date": "1870-01-01"}),
        ("L06", {"birth_date": "2026-11-24"}),
        ("L07", {"id_no": "310112202105040011"}),
        ("L07", {"birth_date": "2021-05-05"}),
        ("L07", {"sex": "2"}),
        ("L08", {**GROWN, "population": "2"}),
        ("L08", {**GROWN, "population": "1", "employer": "春申幼儿园", "school_class": "大班"}),
        ("L09", {**GROWN, "population": "3", "employer": "夜校", "school_class": "一班"}),
        ("L10", {"population": "23"}),
        ("L11", {"population": "1"}),
        ("L11", {"population": "3", "employer": "春申实验小学"}),
        ("L12", {"guardian_name": ""}),
        ("L13", {"birth_date": "", "age_value": "31", "age_unit": "03"}),
        ("L13", {"birth_date": "", "age_value": "72", "age_unit": "02"}),
        ("L14", {"residence_area": "310112"}),
        ("L15", {"patient_belongs": "4"}),
        ("L15", {"residence_area": "310104001"}),
        ("L16", {**GROWN, "disease": "hepatitis_b"}),
        ("L17", {"case_class": "3"}),
        ("L18", {**GROWN, "disease": "hiv_aids", "disease_subtype": "hiv", "case_class": "1"}),
        ("L19", {"case_class": "4"}),
        ("L20", {**GROWN, "disease": "syphilis", "case_class": "2"}),
        ("L21", {**GROWN, "disease": "syphilis", "disease_subtype": "syphilis_congenital", "case_class": "2"}),
        ("L22", {"disease": "neonatal_tetanus"}),
        ("L23", {"disease": "rabies", "case_class": "3"}),
        ("L24", {"onset_date": "2025-11-20"}),
        ("L25", {"phone": "12345"}),
        ("L26", {"death_date": "2026-11-23"}),
        ("L27", {"card_type": "2"}),
        ("L29", {**GROWN, "population": "16"}),
        ("L30", {**GROWN, "disease": "schistosomiasis", "case_class": "3", "acute_chronic": "2"}),
        ("L31", {"disease": "norovirus"}),
    ],
)
def test_a_broken_rule_is_found(rule: str, changes: dict[str, Any]) -> None:
    assert rule in rules_of(changes)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("L01", {"onset_date": "2026-11-23"}),
        ("L02", {"onset_date": CHILD.isoformat(), "diagnosis_datetime": "2021-05-05T08"}),
        ("L03", {"death_date": "2026-11-21"}),
        ("L04", {"diagnosis_datetime": "2026-11-23T15:00", "fill_date": "2026-11-23T15:00"}),
        ("L07", {"id_type": "03", "id_no": "E12345678"}),
        ("L07", {"id_no": "无", "remark": "新生儿未上户"}),
        ("L08", {"birth_date": "2019-05-04", "onset_date": "2026-11-21"}),
        ("L12", {**GROWN}),
        ("L13", {"birth_date": "", "age_value": "30", "age_unit": "03"}),
        ("L15", {"patient_belongs": "6", "id_type": "03", "id_no": "E12345678"}),
        ("L15", {"patient_belongs": "2", "residence_area": "310104001"}),
        ("L16", {**GROWN, "disease": "hepatitis_b", "acute_chronic": "2"}),
        ("L19", {"disease": "cholera", "case_class": "4"}),
        ("L20", {**GROWN, "disease": "plague", "case_class": "3"}),
        ("L22", {"disease": "neonatal_tetanus", "birth_date": "2026-11-01", "id_type": "99", "id_no": "无"}),
        ("L24", {**GROWN, "disease": "hepatitis_b", "onset_date": "2024-01-01", "acute_chronic": "2"}),
        ("L25", {"phone": "021-54321000"}),
        ("L30", {**GROWN, "disease": "schistosomiasis", "case_class": "3", "acute_chronic": "1"}),
    ],
)
def test_a_kept_rule_is_silent(rule: str, changes: dict[str, Any]) -> None:
    assert rule not in rules_of(changes)


@pytest.mark.parametrize(
    ("days", "disease", "again"),
    [(0, "hfmd", True), (30, "hfmd", True), (31, "hfmd", False), (3, "influenza", False)],
)
def test_a_second_card_within_the_illness_is_said(days: int, disease: str, again: bool) -> None:
    other = Alike("H1", disease, date(2026, 11, 21) - timedelta(days=days))
    assert ("L28" in {one.rule for one in findings(alike=[other])}) is again


def test_a_chronic_disease_is_not_compared_by_days() -> None:
    assert illness_days("hiv_aids", load()) is None
    changes = {**GROWN, "disease": "hepatitis_b", "acute_chronic": "2"}
    assert "L28" not in rules_of(changes, alike=[Alike("H1", "hepatitis_b", date(2026, 11, 21))])


def test_a_correction_with_its_original_passes() -> None:
    assert "L27" not in rules_of({"card_type": "2"}, original_card="N1", original_disease="hfmd")


def test_every_rule_of_the_pack_has_its_code_and_no_code_is_left_over() -> None:
    assert set(RULES) == {one.id for one in load().report_card.logic_rules}


def test_every_condition_of_the_pack_has_its_code_and_no_code_is_left_over() -> None:
    assert set(REQUIRED_WHEN) == {one.id for one in load().report_card.fields if one.required_when}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_words_and_a_mend_in_both_languages(rule: str) -> None:
    for lang in messages.LANGUAGES:
        assert messages.render(f"reporting.rule_{rule}", {}, lang)
        assert messages.render(f"reporting.rule_{rule}.mend", {}, lang)


REQUIRED = [one.id for one in load().report_card.fields if one.required and not one.filled_by]


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_required_field_is_said_once_as_an_error(field: str) -> None:
    said = [one for one in findings({field: ""}) if one.field == field]
    assert len(said) == 1
    assert said[0].severity == "error"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("case_class", "9", "field_code"),
        ("sex", "3", "field_code"),
        ("population", "10", "field_code"),
        ("onset_date", "23/11/2026", "field_date"),
        ("diagnosis_datetime", "2026-02-30T10", "field_date"),
        ("age_value", "151", "field_number"),
        ("age_value", "five", "field_number"),
        ("name", "长" * 51, "field_long"),
        ("remark", "长" * 501, "field_long"),
        ("disease", "common_cold", "field_disease"),
        ("disease_subtype", "tb_pos", "field_subtype"),
        ("residence_area", "31011", "field_area_shape"),
        ("residence_area", "990101001", "field_area_unknown"),
        ("clinical_severity", "很重", "field_code"),
        ("origin", "火星", "field_code"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_an_error(field: str, value: str, code: str) -> None:
    said = {(one.field, one.code) for one in blocking(findings({field: value}))}
    assert (field, f"reporting.{code}") in said


@pytest.mark.parametrize(
    ("field", "changes", "severity"),
    [
        ("employer", {**GROWN, "population": "4"}, "warn"),  # L29 asks, and wins over the field's own condition
        ("acute_chronic", {**GROWN, "disease": "hepatitis_b"}, "error"),
        ("birth_date", {"birth_date": ""}, "error"),
        ("clinical_severity", {"disease": "covid19", "case_class": "2"}, "error"),
        ("origin_area", {"origin": "境外输入"}, "error"),
        ("remark", {"id_no": "无"}, "error"),
        ("hbv_card.4", {**GROWN, "disease": "hepatitis_b", "acute_chronic": "1"}, "error"),
        ("hiv_std_card.1", {**GROWN, "disease": "hiv_aids", "disease_subtype": "hiv", "case_class": "2"}, "error"),
        ("hfmd_card.1", {"hfmd_card.1": ""}, "warn"),  # the pack is not sure of this supplement
        ("hfmd_card.2", {"hfmd_card.2": "也许"}, "warn"),
    ],
)
def test_what_depends_on_other_answers(field: str, changes: dict[str, Any], severity: str) -> None:
    said = [one for one in findings(changes) if one.field == field]
    assert [one.severity for one in said] == [severity]


def test_everything_is_said_at_once_errors_first() -> None:
    wrong = {"name": "", "phone": "1", "guardian_name": "", "case_class": "3", "residence_area": "310112"}
    said = findings(wrong)
    assert {"name", "guardian_name", "case_class", "residence_area"} <= {one.field for one in blocking(said)}
    assert [one.severity for one in said] == sorted((one.severity for one in said), key=["error", "warn"].index)


def test_supplements_have_the_questions_of_the_pack() -> None:
    form = form_of(load())
    hbv = form.supplement_of("hepatitis_b")
    assert hbv is not None
    assert list(hbv.fields[4].codes or ()) == ["急性病变", "慢性病变", "未测"]
    hiv = form.supplement_of("syphilis")
    assert hiv is not None
    assert "职业暴露" in (hiv.fields[5].codes or {})
    assert form.is_identity("hiv_std_card.4"), "the home address is sealed"
    assert form.supplement_of("influenza") is None


ANSWER = st.one_of(st.none(), st.text(max_size=20), st.integers(-5, 200), st.dates().map(str))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(form_of(load()).fields)), ANSWER))
def test_no_answer_breaks_the_check(changes: dict[str, Any]) -> None:
    for one in findings(changes):
        assert one.says("zh")
        assert one.mend("en")
