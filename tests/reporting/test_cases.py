"""What entered cards make of cases, and corrections, deletions and merges of cases that are there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.places.models import Organisation, Place, PlaceMatch
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Card, CardState, Case, Duplicate, DuplicateState, Suspicion, SuspicionState
from yifang.kernel import clock
from yifang.kernel.errors import UserError
from yifang.knowledge import load

pytestmark = [pytest.mark.django_db]

S = CardState


def test_a_case_is_made_on_entry_and_dated_by_the_audit() -> None:
    county = apps.county()
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    assert not Case.objects.exists()
    desk = county.viewer("hospital_desk")
    with apps.listening() as heard:
        with enter(desk):
            services.approve(card.id, desk)
        apps.deliver()
        assert not Case.objects.exists(), "submitted is not entered"
        with enter(desk):
            services.record_entry(card.id, desk, national_card_id="N-000001", entered_at=clock.now())
        apps.deliver()
    case = Case.objects.get()
    assert (case.disease, case.case_class, case.residence_area, case.report_area) == (
        "hfmd", "clinical", "310112101", "310112",
    )  # fmt: skip
    assert case.audited_on is None
    assert heard.kinds.count("reporting.case_made") == 1
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        services.audit(card.id, cdc)
    apps.deliver()
    assert Case.objects.get().audited_on == clock.today()


def test_delivered_twice_there_is_one_case() -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    from yifang.apps.ledger.subscriptions import Heard
    from yifang.apps.reporting.subscribers.cases import on_cards

    before = list(Case.objects.values())
    with apps.listening() as heard, apps.as_jobs():
        on_cards([Heard(1, "reporting.card_entered", "card", card.id, None, {})])
    assert list(Case.objects.values()) == before
    assert heard.kinds == []


@pytest.mark.parametrize(("days", "cases"), [(0, 1), (30, 1), (31, 2)])
def test_a_second_card_within_the_illness_joins(days: int, cases: int) -> None:
    county = apps.county()
    first = cards.blank(county)
    onset = first.onset_date - timedelta(days=days)
    second = cards.blank(county, doctor="other_hospital", onset_date=onset.isoformat())
    cards.brought(county, S.SUBMITTED, first)
    with apps.listening() as heard:
        cards.brought(county, S.SUBMITTED, second, desk="other_hospital_desk")
    assert Case.objects.count() == cases
    assert ("reporting.case_joined" in heard.kinds) is (cases == 1)


def test_the_class_that_says_most_wins() -> None:
    county = apps.county()
    cards.brought(county, S.SUBMITTED, cards.blank(county))
    other = cards.blank(county, doctor="other_hospital", case_class="2")
    cards.brought(county, S.SUBMITTED, other, desk="other_hospital_desk")
    assert Case.objects.get().case_class == "confirmed"


def correct(county: apps.County, card: Card, name: str = "hospital_desk", **changes: str) -> Card:
    viewer = county.viewer(name)
    with enter(viewer):
        card = services.correct(card.id, changes, "复核", viewer)
    apps.deliver()
    return card


def test_a_correction_is_a_version_and_moves_the_case() -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    before = versions.current(card)
    card = correct(county, card, case_class="2", residence_area="310104001", patient_belongs="2")
    after = versions.current(card)
    assert (card.state, after.number) == (S.AUDITED, before.number + 1)
    changed = {one.field: (one.before, one.after) for one in versions.diff(before, after)}
    assert changed["case_class"] == ("1", "2")
    assert changed["card_type"] == ("1", "2")
    case = Case.objects.get()
    assert (case.case_class, case.residence_area) == ("confirmed", "310104001")
    with enter(county.viewer("residence_epidemiologist")):
        assert Case.objects.exists()
        assert Card.objects.exists()


def test_a_correction_back_takes_the_view_away() -> None:
    county = apps.county()
    away = cards.blank(county, residence_area="310104001", patient_belongs="2")
    card = cards.brought(county, S.SUBMITTED, away)
    viewer = county.viewer("residence_epidemiologist")
    with enter(viewer):
        assert Case.objects.exists()
    # The database's now() stands still in a test: what ends must end before the test began.
    with clock.frozen(clock.now() - timedelta(hours=1)):
        correct(county, card, residence_area="310112101", patient_belongs="1")
    with enter(viewer):
        assert not Case.objects.exists()
        assert not Card.objects.exists()
    correct(county, Card.objects.get(), residence_area="310104001", patient_belongs="2")
    with enter(viewer):
        assert Case.objects.exists(), "what holds again is shown again"


def test_another_disease_is_another_case_and_names_the_old_one() -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    correct(county, card, disease="varicella")
    assert cards.answers(Card.objects.get())["revised_from_disease"] == load().disease("hfmd").name
    old, new = Case.objects.order_by("created_at")
    assert (old.disease, old.excluded) == ("hfmd", True)
    assert (new.disease, new.excluded) == ("varicella", False)


def test_a_death_correction() -> None:
    county = apps.county()
    card = cards.brought(county, S.AUDITED)
    today = clock.today().isoformat()
    card = correct(county, card, name="epidemiologist", death_date=today)
    assert Case.objects.get().died_on == clock.today()
    assert "L26" in {one["rule"] for one in versions.current(card).remarks}


def test_a_correction_that_changes_nothing_or_breaks_a_rule_is_refused() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        with pytest.raises(UserError, match="Nothing"):
            services.correct(card.id, {"case_class": "1"}, "复核", desk)
        with pytest.raises(services.CardErrors):
            services.correct(card.id, {"case_class": "3"}, "复核", desk)
        with pytest.raises(UserError, match="reason"):
            services.correct(card.id, {"case_class": "2"}, " ", desk)


def test_a_later_diagnosis_time_typed_afterwards_does_not_move_the_limit() -> None:
    county = apps.county()
    card = cards.brought(county, S.HOSPITAL_REVIEW)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.approve(card.id, desk)
        moved = services.correct(card.id, {"diagnosis_datetime": cards.local(clock.now())}, "核实", desk)
    assert moved.report_due_at == card.report_due_at


def test_the_last_card_deleted_excludes_the_case() -> None:
    county = apps.county()
    card = cards.brought(county, S.SUBMITTED)
    desk = county.viewer("hospital_desk")
    with apps.listening() as heard:
        with enter(desk):
            services.delete(card.id, "误报", desk)
        apps.deliver()
    assert Case.objects.get().excluded
    assert "reporting.case_excluded" in heard.kinds
    assert Card.objects.get().reason == "误报"


def test_a_pupils_school_and_its_county_see_the_case_the_neighbour_school_does_not() -> None:
    county = apps.county()
    pupil = cards.blank(
        county, population="3", employer="苏河中学", school_class="六(1)班", birth_date="2014-05-04",
        id_no=apps.id_no(birth=date(2014, 5, 4)),
    )  # fmt: skip
    card = cards.brought(county, S.SUBMITTED, pupil)
    assert card.school == county.far_school
    assert Case.objects.get().school == county.far_school
    for name, sees in (("school_epidemiologist", True), ("school_nurse", False), ("neighbour_epidemiologist", False)):
        with enter(county.viewer(name)):
            assert Case.objects.exists() is sees, name


def test_a_school_that_nobody_knows_waits_in_the_queue() -> None:
    county = apps.county()
    pupil = cards.blank(county, population="1", employer="小太阳幼儿园", school_class="大班")
    cards.brought(county, S.SUBMITTED, pupil)
    waiting = PlaceMatch.objects.get()
    assert (waiting.text, waiting.area_code, waiting.state) == ("小太阳幼儿园", "310112", "open")


def test_a_merge_keeps_both_cards_counts_one_case_and_can_be_taken_back() -> None:
    county = apps.county()
    # The same child, but nothing proves it: two persons for the node, one illness.
    first = cards.brought(county, S.SUBMITTED, cards.blank(county))
    other = cards.blank(county, doctor="other_hospital", **cards.ELSEWHERE)
    second = cards.brought(county, S.SUBMITTED, other, desk="other_hospital_desk")
    assert Case.objects.filter(excluded=False).count() == 2
    pair = Duplicate.objects.get()
    assert (pair.earlier, pair.later) == (first, second)
    assert pair.scores["name+birth_date"] == 1.0
    cdc = county.viewer("epidemiologist")
    with enter(cdc):
        services.merge(pair.id, cdc)
    apps.deliver()
    assert Case.objects.filter(excluded=False).count() == 1
    assert Card.objects.get(id=second.id).case_id == Card.objects.get(id=first.id).case_id
    assert Card.objects.exclude(state=S.DELETED).count() == 2
    with enter(cdc):
        services.unmerge(pair.id, cdc)
    apps.deliver()
    assert Case.objects.filter(excluded=False).count() == 2
    assert Duplicate.objects.get().state == DuplicateState.OPEN
    with enter(cdc):
        assert services.keep_apart(pair.id, cdc).state == DuplicateState.KEPT


def test_a_suspicion_reported_and_audited_is_one_case_of_its_person() -> None:
    county = apps.county()
    card = cards.drafted(county)
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.save_draft(card.id, {**cards.answers(card), **cards.MENDS}, doctor)
    cards.brought(county, S.AUDITED, card)
    suspicion = Suspicion.objects.get()
    assert suspicion.state == SuspicionState.REPORTED
    assert Case.objects.get().person_id == suspicion.person_id


def test_the_address_names_the_village_and_the_employer_the_worksite() -> None:
    county = apps.county()
    with apps.as_jobs():
        Place.objects.create(kind="village", code="310112101007", name="锦禾社区", area_code="310112101007")
        site = Organisation.objects.create(code="W1", name="锦禾电子厂", kind="worksite", area_code="310112")
        line = Place.objects.create(kind="worksite", code="W1-2", name="二车间", organisation=site, area_code="310112")
    grown = {
        "birth_date": "1980-05-04", "id_no": apps.id_no(birth=date(1980, 5, 4)), "guardian_name": "",
        "population": "18", "hfmd_card.1": "", "hfmd_card.2": "", "residence_detail": "锦禾社区7号楼401",
        "employer": "锦禾电子厂 二车间",
    }  # fmt: skip
    card = cards.brought(county, S.SUBMITTED, cards.blank(county, **grown))
    case = Case.objects.get()
    assert (case.residence_area, case.worksite, case.place) == ("310112101007", site, line)
    assert case.unit_unresolved is False
    correct(county, card, residence_detail="示范路8弄", employer="别处一家厂")
    case.refresh_from_db()
    assert (case.residence_area, case.worksite, case.place) == (card.residence_area, None, None)
