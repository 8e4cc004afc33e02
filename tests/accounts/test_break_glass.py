"""Break-glass: one person, three hours, a reason, a second person who answers, and nothing more."""

from datetime import timedelta

import pytest

from tests import apps
from yifang.apps.accounts import services
from yifang.apps.accounts.models import BreakGlass, SubjectKind
from yifang.apps.accounts.viewers import enter
from yifang.apps.accounts.visibility import Subject, show
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Person
from yifang.apps.reporting.models import Case
from yifang.apps.work.models import WorkItem
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.kernel.ids import new_id


@pytest.fixture
def county(db):
    return apps.county()


@pytest.fixture
def patient(county):
    """A person with HIV, known to the other hospital only."""
    with apps.as_jobs():
        person = Person.objects.create(masked_name="郑*", created_at=clock.now())
        case = Case(
            person=person, disease="hiv_aids", group="hiv", case_class="confirmed", onset_date=clock.today(),
            diagnosed_at=clock.now(), entered_on=clock.today(), residence_area=apps.DISTRICT,
            report_area=apps.DISTRICT, report_org=county.other_hospital, created_at=clock.now(),
        )  # fmt: skip
        subject = Subject(SubjectKind.CASE, case.id, clock.today(), "hiv_aids", "hiv", person.id)
        show(subject, [county.other_hospital.scope], "case")
        case.save(force_insert=True)
    return person


def seen(county, name, patient) -> tuple[bool, bool]:
    """Whether the named one sees the person, and the case."""
    with enter(county.viewer(name)):
        return Person.objects.filter(id=patient.id).exists(), Case.objects.filter(person=patient).exists()


def an_hour_ago():
    """The database's own clock stands still within a test: what ends must end before the test began."""
    return clock.frozen(clock.now() - timedelta(hours=1))


def broken(county, patient, name="clinician") -> BreakGlass:
    with enter(county.viewer(name)) as viewer:
        return services.break_glass(patient.id, "职业暴露", "护士针刺伤", viewer)


def test_it_opens_the_person_at_once_and_what_is_known_of_them_with_the_next_delivery(county, patient):
    assert seen(county, "clinician", patient) == (False, False)
    broken(county, patient)
    assert seen(county, "clinician", patient) == (True, False)
    apps.deliver()
    assert seen(county, "clinician", patient) == (True, True)
    assert seen(county, "colleague", patient) == (False, False)


def test_a_duty_officer_sees_hiv_through_a_broken_glass_only(county, patient):
    with apps.as_jobs():
        subject = Subject(SubjectKind.CASE, Case.objects.get().id, clock.today(), "hiv_aids", "hiv", patient.id)
        show(subject, [f"area:{apps.DISTRICT}"], "case")
    assert seen(county, "duty_officer", patient) == (False, False)
    broken(county, patient, "duty_officer")
    apps.deliver()
    assert seen(county, "duty_officer", patient) == (True, True)


def test_it_ends_after_three_hours(county, patient):
    with clock.frozen(clock.now() - timedelta(hours=3, minutes=1)):
        broken(county, patient)
        apps.deliver()
    assert seen(county, "clinician", patient) == (False, False)


@pytest.mark.parametrize(("answer", "still"), [("approved", True), ("refused", False)])
def test_a_refusal_ends_it_and_an_approval_does_not(county, patient, answer, still):
    with an_hour_ago():
        glass = broken(county, patient)
        apps.deliver()
        with enter(county.viewer("hospital_desk")) as viewer:
            services.answer_glass(glass.id, answer, viewer)
        apps.deliver()
    assert seen(county, "clinician", patient) == (still, still)


def test_a_refusal_that_comes_before_the_delivery_opens_nothing_more(county, patient):
    with an_hour_ago():
        glass = broken(county, patient)
        with enter(county.viewer("hospital_desk")) as viewer:
            services.answer_glass(glass.id, "refused", viewer)
        apps.deliver()
    assert seen(county, "clinician", patient) == (False, False)


def test_a_second_time_opens_again_after_the_first_has_ended(county, patient):
    with clock.frozen(clock.now() - timedelta(days=1)):
        broken(county, patient)
        apps.deliver()
    broken(county, patient)
    apps.deliver()
    assert seen(county, "clinician", patient) == (True, True)


@pytest.mark.parametrize(
    "name", ["hospital_desk", "epidemiologist", "school_nurse", "grid_worker", "bureau", "administrator"]
)
def test_who_may_not(county, patient, name):
    with enter(county.viewer(name)) as viewer, pytest.raises(NotAllowed):
        services.break_glass(patient.id, "抢救", "急", viewer)


@pytest.mark.parametrize(
    ("reason", "note", "code"),
    [
        ("好奇", "想看看", "accounts.glass_reason"),
        ("", "急", "accounts.glass_reason"),
        ("抢救", "  ", "accounts.glass_note"),
    ],
)
def test_a_reason_of_the_pack_and_words_are_needed(county, patient, reason, note, code):
    with enter(county.viewer("clinician")) as viewer, pytest.raises(UserError) as refused:
        services.break_glass(patient.id, reason, note, viewer)
    assert refused.value.code == code


def test_the_second_person_is_told_and_another_hospital_is_not(county, patient):
    glass = broken(county, patient)
    apps.deliver()
    item = WorkItem.objects.get(kind="glass_answer")
    assert (item.subject, item.due_at) == (glass.id, item.starts_at + timedelta(hours=24))
    for name, told in (("hospital_desk", True), ("other_hospital_desk", False), ("clinician", False)):
        with enter(county.viewer(name)):
            assert WorkItem.objects.filter(kind="glass_answer").exists() is told


@pytest.mark.parametrize(
    ("name", "error"),
    [("clinician", NotAllowed), ("colleague", NotAllowed), ("other_hospital_desk", NotFound), ("hospital_desk", None)],
)
def test_who_answers(county, patient, name, error):
    glass = broken(county, patient)
    with enter(county.viewer(name)) as viewer:
        if error is None:
            assert services.answer_glass(glass.id, "approved", viewer).answered_by_id == viewer.user_id
            with pytest.raises(WrongState):
                services.answer_glass(glass.id, "refused", viewer)
        else:
            with pytest.raises(error):
                services.answer_glass(glass.id, "approved", viewer)


def test_a_duty_officer_does_not_answer_for_themself(county, patient):
    glass = broken(county, patient, "duty_officer")
    with enter(county.viewer("duty_officer")) as viewer, pytest.raises(NotAllowed):
        services.answer_glass(glass.id, "approved", viewer)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer_glass(glass.id, "approved", viewer)


def test_the_work_item_ends_with_the_answer(county, patient):
    glass = broken(county, patient)
    apps.deliver()
    with enter(county.viewer("hospital_desk")) as viewer:
        services.answer_glass(glass.id, "approved", viewer)
    apps.deliver()
    assert WorkItem.objects.get(kind="glass_answer").state == "done"


def test_in_the_browser(county, patient):
    from django.test import Client

    def signed_in(name):
        client = Client()
        client.force_login(county.users[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    doctor, desk = signed_in("clinician"), signed_in("hospital_desk")
    assert "职业暴露" in doctor.get(f"/break-glass/{patient.id}").content.decode()
    answer = doctor.post(f"/break-glass/{patient.id}", {"reason": "抢救", "note": "昏迷", "next": "/work/"})
    assert answer["Location"] == "/work/"
    glass = BreakGlass.objects.get()
    assert "不同意" not in doctor.get(f"/break-glass/answer/{glass.id}").content.decode()
    apps.deliver()
    assert f"/break-glass/answer/{glass.id}" in desk.get("/work/").content.decode()
    page = desk.get(f"/break-glass/answer/{glass.id}").content.decode()
    assert "昏迷" in page
    assert "不同意" in page
    with an_hour_ago():
        desk.post(f"/break-glass/answer/{glass.id}", {"state": "refused"})
        apps.deliver()
    assert seen(county, "clinician", patient) == (False, False)
    owner = signed_in("other_hospital_desk")  # the patient is known to the other hospital
    assert f"/break-glass/answer/{glass.id}" in owner.get("/work/").content.decode()
    assert "已知悉" in owner.get(f"/break-glass/answer/{glass.id}").content.decode()
    assert owner.post(f"/break-glass/answer/{glass.id}", {"state": "noted"})["Location"] == "/"
    assert signed_in("school_nurse").get(f"/break-glass/answer/{glass.id}").status_code == 404
    assert signed_in("epidemiologist").get(f"/break-glass/{new_id()}").status_code == 403


def test_who_holds_something_of_the_person_is_told(county, patient):
    broken(county, patient)
    apps.deliver()
    for name, told in (("other_hospital_desk", True), ("hospital_desk", False), ("epidemiologist", False)):
        with enter(county.viewer(name)):
            assert WorkItem.objects.filter(kind="glass_notice").exists() is told


def test_nobody_is_told_of_a_person_whom_only_the_breakers_own_hospital_knows(county, db):
    with apps.as_jobs():
        person = Person.objects.create(masked_name="王*", created_at=clock.now())
        subject = Subject(SubjectKind.CARD, new_id(), clock.today(), "hfmd", "ordinary", person.id)
        show(subject, [county.hospital.scope, f"area:{apps.DISTRICT}"], "hospital")
    broken(county, person)
    apps.deliver()
    assert not WorkItem.objects.filter(kind="glass_notice").exists()


def test_where_no_hospital_answers_for_the_person_the_county_is_told(county, db):
    with apps.as_jobs():
        person = Person.objects.create(masked_name="王*", created_at=clock.now())
        subject = Subject(SubjectKind.CARD, new_id(), clock.today(), "hfmd", "ordinary", person.id)
        show(subject, [county.residence_hospital.scope, f"area:{apps.RESIDENCE}", f"area:{apps.CITY}"], "hospital")
    broken(county, person)
    apps.deliver()
    for name, told in (("residence_epidemiologist", True), ("city_epidemiologist", False), ("epidemiologist", False)):
        with enter(county.viewer(name)):
            assert WorkItem.objects.filter(kind="glass_notice").exists() is told


def test_a_person_who_is_not_there_breaks_the_same_way(county, db):
    """Nothing on the way tells a stranger whether there is such a person, but that afterwards nothing opens."""
    from django.test import Client

    client = Client()
    client.force_login(county.users["clinician"], backend="allauth.account.auth_backends.AuthenticationBackend")
    nobody = new_id()
    before = client.get(f"/persons/{nobody}")
    answer = client.post(f"/break-glass/{nobody}", {"reason": "抢救", "note": "昏迷", "next": f"/persons/{nobody}"})
    assert (answer.status_code, answer["Location"]) == (302, f"/persons/{nobody}")
    apps.deliver()
    assert client.get(f"/persons/{nobody}").status_code == before.status_code == 404
    assert not WorkItem.objects.filter(kind="glass_notice").exists()


def test_noting_ends_the_notice_and_leaves_the_answer_to_the_second_person(county, patient):
    glass = broken(county, patient)
    apps.deliver()
    with enter(county.viewer("other_hospital_desk")) as viewer:
        services.note_glass(glass.id, viewer)
    apps.deliver()
    assert WorkItem.objects.get(kind="glass_notice").state == "done"
    assert WorkItem.objects.get(kind="glass_answer").state == "open"
    with enter(county.viewer("hospital_desk")) as viewer, pytest.raises(NotFound):
        services.note_glass(glass.id, viewer)


def test_the_owner_may_refuse(county, patient):
    with an_hour_ago():
        glass = broken(county, patient)
        apps.deliver()
        with enter(county.viewer("other_hospital_desk")) as viewer:
            services.answer_glass(glass.id, "refused", viewer)
        apps.deliver()
    assert seen(county, "clinician", patient) == (False, False)


@pytest.mark.parametrize("kind", ["glass_answer", "glass_notice"])
def test_unanswered_for_a_day_it_goes_to_the_district_which_may_answer(county, patient, kind):
    from yifang.apps.work.escalating import escalate_due

    glass = broken(county, patient)
    apps.deliver()
    with enter(county.viewer("duty_officer")):
        assert not WorkItem.objects.filter(kind=kind).exists()
    with clock.frozen(clock.now() + timedelta(hours=24, minutes=1)), apps.as_jobs():
        escalate_due(NODE)
    with enter(county.viewer("duty_officer")) as viewer:
        assert WorkItem.objects.filter(kind=kind).exists()
        assert services.answer_glass(glass.id, "refused", viewer).state == "refused"
