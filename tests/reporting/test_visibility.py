"""Who sees a card at each step, and what every read says to those who may not: a truth table over the cast."""

from __future__ import annotations

from datetime import date

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import Card, CardState, CardVersion, Case
from yifang.kernel.errors import NotAllowed, NotFound

pytestmark = [pytest.mark.django_db]

HOSPITAL = {"clinician", "colleague", "hospital_desk", "hospital_lab", "infection_control"}
REPORTING = {"epidemiologist", "duty_officer", "hiv_officer", "city_epidemiologist", "cdc_lead"}
RESIDENCE = {"residence_epidemiologist"}
STEPS = [
    (CardState.DRAFT, HOSPITAL),
    (CardState.HOSPITAL_REVIEW, HOSPITAL),
    (CardState.RETURNED_BY_HOSPITAL, HOSPITAL),
    (CardState.SUBMITTED, HOSPITAL | REPORTING | RESIDENCE),
    (CardState.RETURNED_BY_DISTRICT, HOSPITAL | REPORTING | RESIDENCE),
    (CardState.AUDITED, HOSPITAL | REPORTING | RESIDENCE),
    (CardState.DISCARDED, HOSPITAL),
    (CardState.DELETED, HOSPITAL),  # deleted before it was submitted
]


@pytest.mark.parametrize(("state", "sees"), STEPS)
def test_who_sees_a_card_of_a_child_from_the_next_district(state: CardState, sees: set[str]) -> None:
    county = apps.county()
    card = cards.blank(county, residence_area="310104001", patient_belongs="2")
    cards.brought(county, state, card)
    for name in apps.CAST:
        with enter(county.viewer(name)):
            assert Card.objects.exists() is (name in sees), name
            assert CardVersion.objects.exists() is (name in sees), name


def test_a_sensitive_card_stays_with_doctor_desk_and_the_officer() -> None:
    county = apps.county()
    from tests.reporting.test_audit import HIV, grown

    answers = grown(4, disease="hiv_aids", disease_subtype="hiv", case_class="2", **HIV)
    cards.brought(county, CardState.SUBMITTED, cards.blank(county, **answers))
    for name in apps.CAST:
        with enter(county.viewer(name)):
            sees = name in {"clinician", "hospital_desk", "hospital_lab", "hiv_officer"}
            assert Card.objects.exists() is sees, name
            assert Case.objects.exists() is sees, name


def test_a_pupil_with_tuberculosis_is_shown_to_the_school_nurse_one_with_hiv_is_not() -> None:
    county = apps.county()
    from tests.reporting.test_audit import HIV

    pupil = {
        "birth_date": "2010-05-04", "guardian_name": "", "population": "3", "employer": "春申实验小学",
        "school_class": "三年级2班", "id_no": apps.id_no(birth=date(2010, 5, 4)), "hfmd_card.1": "", "hfmd_card.2": "",
    }  # fmt: skip
    tb = cards.blank(county, **pupil, disease="pulmonary_tb", disease_subtype="tb_pos")
    cards.brought(county, CardState.SUBMITTED, tb)
    hiv = cards.blank(
        county, **pupil, name="乙", disease="hiv_aids", disease_subtype="hiv", **{"case_class": "2", **HIV}
    )
    cards.brought(county, CardState.SUBMITTED, hiv)
    with enter(county.viewer("school_nurse")):
        assert {case.disease for case in Case.objects.all()} == {"pulmonary_tb"}
    with enter(county.viewer("residence_school_nurse")):
        assert not Case.objects.exists()


READS = {
    "suspicion_list": ("suspicion.list", lambda viewer, card: queries.suspicion_list(viewer)),
    "suspicion": ("suspicion.list", lambda viewer, card: queries.suspicion(card.suspicion_id, viewer)),
    "desk_counts": ("card.review", lambda viewer, card: queries.desk_counts(viewer)),
    "desk_rows": ("card.review", lambda viewer, card: queries.desk_rows(viewer, "to_review")),
    "card": ("card.view", lambda viewer, card: queries.card(card.id, viewer)),
    "audit_list": ("card.audit", lambda viewer, card: queries.audit_list(viewer, queries.AuditFilter())),
    "audit_counts": ("card.audit", lambda viewer, card: queries.audit_counts(viewer)),
    "case_list": ("case.list", lambda viewer, card: queries.case_list(viewer, queries.CaseFilter())),
    "case": ("case.list", lambda viewer, card: queries.case(card.case_id, viewer)),
    "line_list": ("case.export", lambda viewer, card: list(queries.line_list(viewer, queries.CaseFilter()))),
}


def test_every_read_for_everyone_of_the_cast() -> None:
    """A read answers, answers with nothing, or refuses; it never shows a stranger's card."""
    county = apps.county()
    card = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.save_draft(card.id, {**cards.answers(card), **cards.MENDS}, doctor)
    card = cards.brought(county, CardState.SUBMITTED, card)
    sees_card, sees_suspicion = HOSPITAL | REPORTING, HOSPITAL
    for name in apps.CAST:
        viewer = county.viewer(name)
        for read, (permission, ask) in READS.items():
            with enter(viewer):
                if not viewer.can(permission):
                    with pytest.raises(NotAllowed):
                        ask(viewer, card)
                elif read in ("card", "case", "suspicion") and name not in (
                    sees_suspicion if read == "suspicion" else sees_card
                ):
                    with pytest.raises(NotFound):
                        ask(viewer, card)
                else:
                    found = ask(viewer, card)
                    if name not in sees_card and isinstance(found, list):
                        assert found == [], (name, read)
