"""Reporting for a unit that cannot, positive tests of who is no hospital, and numbers of specialist systems."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.places.models import Organisation
from yifang.apps.reporting import queries, services
from yifang.apps.reporting.models import Card, CardState, Case, Scan
from yifang.apps.work.models import WorkItem, WorkState
from yifang.kernel import clock
from yifang.kernel.errors import UserError

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(county) -> Organisation:
    return Organisation.objects.create(
        code="V31011201", name="春申村卫生室", kind="primary", area_code="310112", phone="021-54329999"
    )


def proxied(county, unit) -> Card:
    doctor = county.viewer("clinician")
    with enter(doctor):
        card = services.draft_for(doctor, unit.id, "赵村医")
        card, _ = services.save_draft(card.id, cards.right(), doctor)
    apps.deliver()
    return card


def test_unit_and_doctor_stay_those_who_diagnosed_and_the_clock_runs_from_there(county, clinic):
    card = cards.brought(county, CardState.SUBMITTED, proxied(county, clinic))
    answers = cards.answers(card)
    assert (answers["report_org"], answers["report_doctor"]) == ("V31011201", "赵村医")
    assert card.report_due_at == card.diagnosed_at + timedelta(hours=24)
    assert (card.organisation, card.reporter) == (county.hospital, clinic)
    assert card.case.report_org == clinic
    assert card.quality.organisation == clinic


def test_only_another_unit_of_the_county_and_a_named_doctor(county, clinic):
    doctor = county.viewer("clinician")
    with enter(doctor):
        for unit in (county.hospital, county.residence_hospital):
            with pytest.raises(UserError, match="another unit"):
                services.draft_for(doctor, unit.id, "赵村医")
        with pytest.raises(UserError, match="name of the doctor"):
            services.draft_for(doctor, clinic.id, " ")


def test_the_page_keeps_the_paper_with_the_card(county, clinic, sign_in):
    client = sign_in("hospital_desk")
    assert "春申村卫生室" in client.get("/cards/proxy").content.decode()
    assert client.post("/cards/proxy", {"unit": str(clinic.id)}).status_code == 422
    photo = SimpleUploadedFile("纸卡.png", b"\x89PNG x", "image/png")
    sent = client.post("/cards/proxy", {"unit": str(clinic.id), "doctor": "赵村医", "file": photo})
    card = Card.objects.get()
    assert sent["Location"] == f"/cards/{card.id}/edit"
    assert Scan.objects.get().card == card
    page = client.get(f"/cards/{card.id}").content.decode()
    assert "代 春申村卫生室 报告" in page
    assert f"/scans/{Scan.objects.get().id}" in page


POSITIVE = {
    **cards.GROWN, "guardian_name": "", "birth_date": "1990-03-04", "id_no": "无", "id_type": "99", "remark": "献血者",
    "disease": "hepatitis_c", "case_class": "5", "hfmd_card.1": "", "hfmd_card.2": "", "population": "24",
    "acute_chronic": "0",
}  # fmt: skip


@pytest.fixture
def blood_centre(county):
    """The first hospital's seats, as seats of a blood centre."""
    Organisation.objects.filter(id=county.hospital.id).update(kind="blood_centre")
    return county


def test_who_is_no_hospital_reports_positive_tests_and_no_cases(blood_centre):
    card = cards.blank(blood_centre)
    with pytest.raises(UserError, match="only report positive tests"):
        cards.brought(blood_centre, CardState.HOSPITAL_REVIEW, card)


def test_a_positive_test_is_no_case_of_the_official_count_and_a_donor_who_comes_again_is_one(blood_centre):
    from yifang.apps.surveillance.counting.selection import Selection, official
    from yifang.apps.surveillance.models import DayKind, PlaceKind
    from yifang.apps.surveillance.queries import numbers

    for _ in range(2):
        cards.brought(blood_centre, CardState.AUDITED, cards.blank(blood_centre, **POSITIVE))
    case = Case.objects.get()
    assert (case.case_class, case.cards.count()) == ("positive_test", 2)
    viewer = blood_centre.viewer("epidemiologist")
    day = clock.today()
    with enter(viewer):
        published = official("310112", day - timedelta(days=9), day + timedelta(days=1))
        assert numbers.total(published, viewer) == 0
        whole = Selection("310112", day - timedelta(days=9), day + timedelta(days=1), day=DayKind.ENTRY,
                          place=PlaceKind.REPORTING, official=False)  # fmt: skip
        assert numbers.total(whole, viewer) == 1


def test_a_specialist_number_is_kept_mended_and_missed(county):
    adult = {**cards.GROWN, "guardian_name": "", "birth_date": "1980-03-04", "id_no": "无", "id_type": "99",
             "remark": "未带", "disease": "pulmonary_tb", "disease_subtype": "tb_pos", "case_class": "2",
             "hfmd_card.1": "", "hfmd_card.2": ""}  # fmt: skip
    card = cards.brought(county, CardState.AUDITED, cards.blank(county, **adult))
    desk = county.viewer("hospital_desk")
    item = WorkItem.objects.get(kind="card_register")
    assert (item.state, item.due_at - card.entered_at) == (WorkState.OPEN, timedelta(hours=48))
    ago = clock.now() - timedelta(hours=49)
    Card.objects.filter(id=card.id).update(entered_at=ago, diagnosed_at=ago)
    with enter(desk):
        assert queries.desk_counts(desk, ["unregistered"]) == {"unregistered": 1}
        services.register(card.id, "tb", "TB-310112-7", clock.now(), desk)
        assert queries.desk_counts(desk, ["unregistered"]) == {"unregistered": 0}
        item.refresh_from_db()
        assert (item.state, item.outcome, item.proof) == (WorkState.DONE, "registered", "TB-310112-7")
        services.register(card.id, "tb", "TB-310112-8", clock.now(), desk)
        assert card.registered.get().number == "TB-310112-8"
        assert card.said.get(step="registered").before["number"] == "TB-310112-7"
        for wrong in (("hiv", "H-0001", clock.now()), ("tb", "x", clock.now()), ("tb", "TB-9", None)):
            with pytest.raises(UserError):
                services.register(card.id, wrong[0], wrong[1], wrong[2], desk)


def test_a_disease_without_a_system_of_its_own_asks_for_no_number(county):
    card = cards.brought(county, CardState.SUBMITTED)
    assert card.entered_at is not None
    assert not WorkItem.objects.filter(kind="card_register").exists()


def test_a_suspected_case_left_alone_is_listed(county):
    card = cards.brought(county, CardState.SUBMITTED, cards.blank(county, disease="measles", case_class="3",
                         **{"hfmd_card.1": "", "hfmd_card.2": ""}))  # fmt: skip
    desk = county.viewer("hospital_desk")
    with enter(desk):
        assert queries.desk_counts(desk, ["suspected"]) == {"suspected": 0}
    Card.objects.filter(id=card.id).update(entered_at=clock.now() - timedelta(days=8))
    with enter(desk):
        assert queries.desk_counts(desk, ["suspected"]) == {"suspected": 1}
