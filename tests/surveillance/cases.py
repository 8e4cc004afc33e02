"""A case as reporting makes one, for the tests of what follows from it."""

from datetime import timedelta
from uuid import uuid4

from tests import apps
from yifang.apps.accounts.models import SubjectKind
from yifang.apps.accounts.visibility import Subject, area_scopes, group_of, show
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.records.models import Person
from yifang.apps.reporting.models import Card, Case
from yifang.kernel import clock
from yifang.knowledge import load


def case(county, disease="cholera", *, residence=apps.DISTRICT, hospital="hospital", doctor="clinician", subtype=""):
    """A case with its card and its visibility rows, told to the ledger as reporting tells it."""
    with apps.as_jobs():
        hospital_row, now = county.organisations[hospital], clock.now()
        person = Person.objects.create(masked_name="周**", created_at=now)
        made = Case(
            person=person, disease=disease, subtype=subtype, group=group_of(disease), case_class="confirmed",
            onset_date=clock.today() - timedelta(days=1), diagnosed_at=now, entered_on=clock.today(),
            residence_area=residence, report_area=hospital_row.area_code, report_org=hospital_row, created_at=now,
        )  # fmt: skip
        scopes = [*area_scopes(residence, hospital_row.area_code), hospital_row.scope]
        subject = Subject(SubjectKind.CASE, made.id, made.onset_date, disease, made.group, person.id)
        show(subject, scopes, "case")
        made.save(force_insert=True)
        Card.objects.create(
            card_no=uuid4().hex, organisation=hospital_row, doctor=county.users[doctor], person=person, case=made,
            state="submitted", disease=disease, group=made.group, report_area=hospital_row.area_code,
            pack_digest=load().digest, created_at=now,
        )  # fmt: skip
        append(Change("reporting.case_made", "case", made.id), NODE)
    return made
