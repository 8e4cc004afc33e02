"""Each field by itself: is it there when it must be, has it the right shape, is its code on the list?

`REQUIRED_WHEN` holds the conditions of the pack's `required_when`, keyed by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from yifang.apps.reporting.rules.answers import Answers, read_time
from yifang.apps.reporting.rules.form import Field, Form
from yifang.apps.reporting.rules.logic import NO_NUMBER
from yifang.kernel import areas
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import YifangError

REQUIRED_WHEN: Mapping[str, Callable[[Answers], bool]] = {
    "guardian_name": lambda card: card.age_years is not None and card.age_years <= 14,
    "birth_date": lambda card: not card.text("age_value"),
    "age_value": lambda card: not card.text("birth_date"),
    "employer": lambda card: card.text("population") in ("1", "3", "4", "9", "16", "17", "22"),
    "school_class": lambda card: card.text("population") in ("1", "3"),
    "acute_chronic": lambda card: card.disease is not None and card.disease.acute_chronic == "required",
    "disease_subtype": lambda card: bool(
        card.disease is not None and card.disease.subtypes and not card.disease.subtype_optional
    ),
    "other_disease_name": lambda card: card.text("disease") == "other",
    "revised_from_disease": lambda card: (
        card.text("card_type") == "2" and card.situation.original_disease not in ("", card.text("disease"))
    ),
    "clinical_severity": lambda card: card.disease is not None and card.disease.severity_field == "clinical_severity",
    "origin_area": lambda card: card.text("origin") in ("境外输入", "输入(境内其他地区)"),
}

Fault = tuple[str, dict[str, object]]  # message code and its parameters


def faults(card: Answers, form: Form) -> Iterator[tuple[Field, Fault, bool]]:
    """Each field at fault with its message, and whether the fault is that the answer is missing."""
    asked = [one for one in form.fields.values() if not one.filled_by_system]
    supplement = form.supplement_of(card.text("disease"))
    for one in (*asked, *(supplement.fields if supplement else ())):
        if not card.text(one.id):
            if one.required or (one.conditional and REQUIRED_WHEN[one.id](card)):
                yield one, ("reporting.field_missing", {}), True
        elif (fault := shape_fault(card, one)) is not None:
            yield one, fault, False
    if card.text("id_no") in NO_NUMBER and not card.text("remark"):
        yield form.fields["remark"], ("reporting.field_no_number", {}), True


def shape_fault(card: Answers, one: Field) -> Fault | None:
    """What is wrong with the form of an answer that is there, None for nothing."""
    text = card.text(one.id)
    if one.codes is not None:
        return None if text in one.codes else ("reporting.field_code", {})
    if one.max is not None and len(text) > one.max:
        return "reporting.field_long", {"max": one.max, "length": len(text)}
    if one.type in ("date", "datetime"):
        if read_time(text) is None:
            return "reporting.field_date", {}
        death = one.id == "death_date" and card.day(one.id)
        return ("reporting.field_future", {}) if death and death > card.situation.now.astimezone(CHINA).date() else None
    if one.type == "integer":
        low, high = one.range or (0, 10**6)
        number = card.number(one.id)
        return (
            None
            if number is not None and low <= number <= high
            else ("reporting.field_number", {"low": low, "high": high})
        )
    if one.type == "area_code":
        return _area_fault(card, text)
    if one.type == "disease_code":
        return None if card.disease else ("reporting.field_disease", {})
    if one.type == "disease_subtype":
        known = card.disease is None or card.disease.subtype(text) is not None
        return None if known else ("reporting.field_subtype", {})
    return None


def _area_fault(card: Answers, text: str) -> Fault | None:
    try:
        code = areas.normalise(text)
    except YifangError:
        return "reporting.field_area_shape", {}
    county = areas.at_level(code, "county") or areas.at_level(code, "city") or code
    # The list may be older than a township, and a county keeps codes for “不详乡镇”: the county must be known.
    return None if county in card.situation.knowledge.regions else ("reporting.field_area_unknown", {"value": county})
