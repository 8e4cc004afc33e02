"""Many cases at once, counted, for pages that show numbers: a few diseases of one district over years."""

import random
from datetime import date, timedelta
from itertools import cycle

from tests import apps
from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.visibility import Subject, area_scopes, group_of, show_many
from yifang.apps.records.models import Person
from yifang.apps.reporting.models import Case
from yifang.apps.surveillance import counting
from yifang.kernel import clock

TOWNSHIPS = ("310112001", "310112101", "310112102", "310112103", "310112106", "310112107", "310112114")


SHARES = {
    "hfmd": 0.5, "influenza": 0.6, "varicella": 0.2, "other_infectious_diarrhoea": 0.3, "hepatitis_b": 0.1,
    "pulmonary_tb": 0.1, "syphilis": 0.08, "measles": 0.01,
}  # fmt: skip


def make(county, plan, *, seed=1):
    """Cases by `plan`, dicts of Case fields: what is left out is drawn. Returns them, shown and counted."""
    chance = random.Random(seed)
    hospital = county.organisations["hospital"]
    now, today = clock.now(), clock.today()
    towns = cycle(TOWNSHIPS)
    with apps.as_jobs():
        person = Person.objects.create(masked_name="周**", created_at=now)
        made = []
        for given in plan:
            onset = given.get("onset_date") or today - timedelta(days=chance.randrange(1, 60))
            audited = given.get("audited_on", min(onset + timedelta(days=2), today))
            disease = given.get("disease", "hfmd")
            made.append(
                Case(
                    **{
                        "person": person, "disease": disease, "group": group_of(disease),
                        "case_class": chance.choice(("clinical", "clinical", "confirmed")), "diagnosed_at": now,
                        "entered_on": min(onset + timedelta(days=1), today), "residence_area": next(towns),
                        "report_area": hospital.area_code, "report_org": hospital, "created_at": now,
                        "sex": chance.choice(("male", "female")), "age_days": int(chance.triangular(0, 30_000, 1500)),
                        **given, "onset_date": onset, "audited_on": audited,
                    }
                )
            )  # fmt: skip
        shown = []
        for one in made:
            subject = Subject(SubjectKind.CASE, one.id, one.entered_on, one.disease, one.group, person.id)
            scopes = [*area_scopes(one.residence_area, one.report_area), one.report_org.scope]
            shown.append((subject, dict.fromkeys(scopes, "case")))
        show_many(shown)
        Case.objects.bulk_create(made)
        counting.count_cases([one.id for one in made])
    return made


def season(county, *, until: date | None = None, years: int = 3, most: int = 40):
    """A few diseases over years, with a summer wave each: pictures that look like something."""
    chance = random.Random(7)
    until = until or clock.today()
    plan = []
    for back in range(years * 365):
        day = until - timedelta(days=back)
        wave = max(0.08, 1 - abs((day.timetuple().tm_yday - 300) % 365 - 10) / 60)
        for disease, share in SHARES.items():
            expected = wave * share * most / 20
            number = int(expected) + (chance.random() < expected % 1)
            died = {"died_on": day, "death_audited_on": day} if chance.random() < 0.01 else {}
            plan += [{"disease": disease, "onset_date": day, **died}] * number
    return make(county, plan)
