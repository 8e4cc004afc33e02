"""The 31 logic rules of the card, one small function each, keyed by the pack's rule id.

A function gives the fields at fault, none where the rule holds. A rule whose answers are missing holds: that they are
missing is said by `fields`. What the pack says of a rule (severity, words) is not repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from yifang.apps.reporting.rules.answers import Answers, class_ids
from yifang.apps.reporting.rules.windows import illness_days
from yifang.kernel import areas, identity_number
from yifang.kernel.clock import CHINA
from yifang.kernel.errors import YifangError

NO_NUMBER = ("无", "不详")  # 无证件时按规定填写“无”
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"(0\d{2,3}-?)?[2-9]\d{6,7}(-\d{1,6})?", re.ASCII)
_FOREIGN_PAPERS = ("03", "99")
_HONGKONG_MACAO_TAIWAN_PAPERS = ("06", "07", "08")
_SEX = {"male": "1", "female": "2"}

Rule = Callable[[Answers], tuple[str, ...]]
HOLDS: tuple[str, ...] = ()


def onset_by_diagnosis(card: Answers) -> tuple[str, ...]:
    onset, diagnosed = card.day("onset_date"), card.day("diagnosis_datetime")
    return ("diagnosis_datetime",) if onset and diagnosed and onset > diagnosed else HOLDS


def onset_after_birth(card: Answers) -> tuple[str, ...]:
    onset, birth = card.day("onset_date"), card.day("birth_date")
    return ("onset_date",) if onset and birth and onset < birth else HOLDS


def death_after_onset(card: Answers) -> tuple[str, ...]:
    onset, death = card.day("onset_date"), card.day("death_date")
    return ("death_date",) if onset and death and death < onset else HOLDS


def diagnosed_by_now(card: Answers) -> tuple[str, ...]:
    diagnosed = card.moment("diagnosis_datetime")
    return ("diagnosis_datetime",) if diagnosed and diagnosed > card.situation.now else HOLDS


def filled_after_diagnosis(card: Answers) -> tuple[str, ...]:
    filled, diagnosed = card.day("fill_date"), card.day("diagnosis_datetime")
    return ("fill_date",) if filled and diagnosed and filled < diagnosed else HOLDS


def birth_possible(card: Answers) -> tuple[str, ...]:
    birth, today = card.day("birth_date"), card.situation.now.astimezone(CHINA).date()
    if birth is None or (birth <= today and today.year - birth.year <= 150):
        return HOLDS
    return ("birth_date",)


def identity_number_fits(card: Answers) -> tuple[str, ...]:
    number = card.text("id_no")
    checked = {one.code for one in card.situation.knowledge.report_card.id_card_types if one.checksum}
    if card.text("id_type") not in checked or not number or number in NO_NUMBER:
        return HOLDS
    try:
        known = identity_number.parse(number)
    except YifangError:
        return ("id_no",)
    birth, sex = card.day("birth_date"), card.text("sex")
    wrong_birth = ("birth_date",) if birth and birth != known.birth else HOLDS
    wrong_sex = ("sex",) if sex in _SEX.values() and sex != _SEX[known.sex] else HOLDS
    return ("id_no", *wrong_birth, *wrong_sex) if wrong_birth or wrong_sex else HOLDS


def small_child_is_small(card: Answers) -> tuple[str, ...]:
    return _unless(card.age_years is None or card.age_years <= 7, card, ("1", "2"))


def pupil_age_usual(card: Answers) -> tuple[str, ...]:
    return _unless(card.age_years is None or 4 <= card.age_years <= 30, card, ("3",))


def retired_age_usual(card: Answers) -> tuple[str, ...]:
    return _unless(card.age_years is None or card.age_years >= 45, card, ("23",))


def pupil_has_school(card: Answers) -> tuple[str, ...]:
    if card.text("population") not in ("1", "3"):
        return HOLDS
    return tuple(one for one in ("employer", "school_class") if not card.text(one))


def child_has_guardian(card: Answers) -> tuple[str, ...]:
    young = card.age_years is not None and card.age_years <= 14
    return ("guardian_name",) if young and not card.text("guardian_name") else HOLDS


def age_fits_unit(card: Answers) -> tuple[str, ...]:
    limit = {"03": 31, "02": 72}.get(card.text("age_unit"))
    value = card.number("age_value")
    return ("age_value", "age_unit") if limit and value is not None and value >= limit else HOLDS


def residence_to_township(card: Answers) -> tuple[str, ...]:
    code = card.text("residence_area")
    try:
        reaches = not code or areas.level(code) in ("township", "village", "grid")
    except YifangError:
        return HOLDS  # `fields` says that the code is malformed
    return HOLDS if reaches else ("residence_area",)


def belongs_fits_residence(card: Answers) -> tuple[str, ...]:
    given, papers = card.text("patient_belongs"), card.text("id_type")
    if not given or not card.text("residence_area"):
        return HOLDS
    if (given == "6" and papers in _FOREIGN_PAPERS) or (given == "5" and papers in _HONGKONG_MACAO_TAIWAN_PAPERS):
        return HOLDS  # what the papers say; the codes say only where the person lives now
    try:
        derived = areas.relation(card.text("residence_area"), card.situation.reporter_area)
    except YifangError:
        return HOLDS
    return HOLDS if given == derived else ("patient_belongs",)


def acute_or_chronic(card: Answers) -> tuple[str, ...]:
    needed = card.disease is not None and card.disease.acute_chronic == "required"
    return ("acute_chronic",) if needed and card.text("acute_chronic") not in ("1", "2") else HOLDS


def class_allowed(card: Answers) -> tuple[str, ...]:
    known = card.disease is not None and card.case_class
    return ("case_class",) if known and card.case_class not in card.disease.case_classes else HOLDS


def hiv_is_proven(card: Answers) -> tuple[str, ...]:
    return _class_of(card, "hiv_aids", ("2", "5"))


def carrier_reportable(card: Answers) -> tuple[str, ...]:
    if card.case_class != "carrier" or card.disease is None:
        return HOLDS
    default = card.situation.knowledge.report_card.carrier_reportable_default
    allowed = card.disease.id in default or "carrier" in card.disease.case_classes
    return HOLDS if allowed else ("case_class",)


def subtype_chosen(card: Answers) -> tuple[str, ...]:
    disease = card.disease
    needed = disease is not None and disease.subtypes and not disease.subtype_optional
    return ("disease_subtype",) if needed and not card.text("disease_subtype") else HOLDS


def congenital_is_young(card: Answers) -> tuple[str, ...]:
    congenital = card.text("disease") == "syphilis" and card.text("disease_subtype") == "syphilis_congenital"
    return ("disease_subtype",) if congenital and card.age_years is not None and card.age_years > 2 else HOLDS


def neonate_is_newborn(card: Answers) -> tuple[str, ...]:
    old = card.age_days is not None and card.age_days > 28
    return ("birth_date",) if card.text("disease") == "neonatal_tetanus" and old else HOLDS


def rabies_is_diagnosed(card: Answers) -> tuple[str, ...]:
    return _class_of(card, "rabies", ("1", "2"))


def diagnosed_within_a_year(card: Answers) -> tuple[str, ...]:
    onset, diagnosed, disease = card.day("onset_date"), card.day("diagnosis_datetime"), card.disease
    if not onset or not diagnosed or disease is None or diagnosed - onset <= timedelta(days=365):
        return HOLDS
    chronic = illness_days(disease.id, card.situation.knowledge) is None  # 慢性病除外
    return HOLDS if chronic or card.text("acute_chronic") == "2" else ("onset_date",)


def phone_plausible(card: Answers) -> tuple[str, ...]:
    phone = re.sub(r"[\s()（）]", "", card.text("phone"))
    return ("phone",) if phone and not (_MOBILE.fullmatch(phone) or _LANDLINE.fullmatch(phone)) else HOLDS


def death_reviewed(card: Answers) -> tuple[str, ...]:
    # No pack says of any disease that death is to be expected of it: every death is reviewed.
    return ("death_date",) if card.text("death_date") else HOLDS


def correction_names_original(card: Answers) -> tuple[str, ...]:
    return ("card_type",) if card.text("card_type") == "2" and not card.situation.original_card else HOLDS


def not_reported_before(card: Answers) -> tuple[str, ...]:
    onset, disease = card.day("onset_date"), card.disease
    if onset is None or disease is None:
        return HOLDS
    days = illness_days(disease.id, card.situation.knowledge)
    if days is None:  # exclude chronic: they are compared by person, by the district
        return HOLDS
    again = any(one.disease == disease.id and abs((one.onset - onset).days) <= days for one in card.situation.alike)
    return ("disease",) if again else HOLDS


def worker_has_employer(card: Answers) -> tuple[str, ...]:
    return _unless(bool(card.text("employer")), card, ("4", "9", "16", "17", "22"), "employer")


def suspected_schistosomiasis_is_acute(card: Answers) -> tuple[str, ...]:
    suspected = card.text("disease") == "schistosomiasis" and card.case_class == "suspected"
    return ("acute_chronic",) if suspected and card.text("acute_chronic") != "1" else HOLDS


def has_a_card_of_its_own(card: Answers) -> tuple[str, ...]:
    return ("disease",) if card.disease is not None and card.disease.report_as else HOLDS


def _unless(holds: bool, card: Answers, populations: tuple[str, ...], field: str = "population") -> tuple[str, ...]:
    return (field,) if card.text("population") in populations and not holds else HOLDS


def _class_of(card: Answers, disease: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    known = card.text("case_class") in class_ids(card.situation.knowledge)
    return (
        ("case_class",) if card.text("disease") == disease and known and card.text("case_class") not in codes else HOLDS
    )


RULES: Mapping[str, Rule] = {
    "L01": onset_by_diagnosis,
    "L02": onset_after_birth,
    "L03": death_after_onset,
    "L04": diagnosed_by_now,
    "L05": filled_after_diagnosis,
    "L06": birth_possible,
    "L07": identity_number_fits,
    "L08": small_child_is_small,
    "L09": pupil_age_usual,
    "L10": retired_age_usual,
    "L11": pupil_has_school,
    "L12": child_has_guardian,
    "L13": age_fits_unit,
    "L14": residence_to_township,
    "L15": belongs_fits_residence,
    "L16": acute_or_chronic,
    "L17": class_allowed,
    "L18": hiv_is_proven,
    "L19": carrier_reportable,
    "L20": subtype_chosen,
    "L21": congenital_is_young,
    "L22": neonate_is_newborn,
    "L23": rabies_is_diagnosed,
    "L24": diagnosed_within_a_year,
    "L25": phone_plausible,
    "L26": death_reviewed,
    "L27": correction_names_original,
    "L28": not_reported_before,
    "L29": worker_has_employer,
    "L30": suspected_schistosomiasis_is_acute,
    "L31": has_a_card_of_its_own,
}
