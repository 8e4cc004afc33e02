"""The SQL of counting: what is counted of a case, and the keys that each counted thing stands under.

The one place where both are written: keeping, recounting and verifying use the same two texts.
"""

FACTS = (
    "subject", "sort", "name", "subtype", "case_class", "sex", "age", '"group"', "residence_area", "report_area",
    "organisation", "onset_day", "diagnosis_day", "entry_day", "audit_day", "death_day", "number",
)  # fmt: skip
KEYS = (
    "place_kind", "day_kind", "county", "day", "area", "sort", "name", "subtype", "case_class", "sex", "age",
    '"group"', "organisation",
)  # fmt: skip
FACT_LIST, KEY_LIST = ", ".join(FACTS), ", ".join(KEYS)

# Single years to nine, five years to 84, then 85 and over: the age groups of the national reports.
_YEARS = "floor(c.age_days / 365.25)::int"
_AGE = (
    f"CASE WHEN c.age_days IS NULL THEN -1 WHEN {_YEARS} < 10 THEN {_YEARS} WHEN {_YEARS} >= 85 THEN 85 "
    f"ELSE {_YEARS} / 5 * 5 END"
)

CASES = f"""
SELECT c.id AS subject, 'disease' AS sort, c.disease AS name, c.subtype, c.case_class, c.sex, {_AGE} AS age, c."group",
    c.residence_area, c.report_area, c.report_org_id AS organisation, c.onset_date AS onset_day,
    (c.diagnosed_at AT TIME ZONE 'Asia/Shanghai')::date AS diagnosis_day, c.entered_on AS entry_day,
    c.audited_on AS audit_day, c.death_audited_on AS death_day, 1 AS number
FROM reporting_case c WHERE NOT c.excluded
"""


def keys(facts: str, sign: int = 1) -> str:
    """The keys of `facts` (a table expression with the columns of FACTS), each with its number times `sign`."""
    return f"""
    SELECT p.place_kind, d.day_kind, left(p.area, 6) AS county, d.day, p.area, f.sort, f.name, f.subtype, f.case_class,
        f.sex, f.age, f."group", p.organisation, f.number * {sign} AS number
    FROM {facts} f,
    LATERAL (VALUES ('onset', f.onset_day), ('diagnosis', f.diagnosis_day), ('entry', f.entry_day),
        ('audit', f.audit_day), ('death', f.death_day)) d (day_kind, day),
    LATERAL (VALUES ('residence', f.residence_area, '00000000-0000-0000-0000-000000000000'::uuid),
        ('reporting', f.report_area, f.organisation)) p (place_kind, area, organisation)
    WHERE d.day IS NOT NULL AND p.area <> ''
    """


def first(new: str) -> str:
    """Append what is to be counted of subjects that were not counted before, a table expression."""
    return f"INSERT INTO surveillance_count ({KEY_LIST}, number) SELECT {KEY_LIST}, number FROM ({keys(new)}) k"


def change(new: str, old: str) -> str:
    """Append the difference between what is to be counted (`new`) and what was (`old`), two table expressions."""
    return f"""
    INSERT INTO surveillance_count ({KEY_LIST}, number)
    SELECT {KEY_LIST}, sum(number) FROM ({keys(new)} UNION ALL {keys(old, -1)}) k
    GROUP BY {KEY_LIST} HAVING sum(number) <> 0
    """
