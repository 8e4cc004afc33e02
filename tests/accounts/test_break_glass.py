"""Break-glass: one person, three hours, a reason, a second person who answers, and nothing more."""

from datetime import timedelta

import pytest

from tests import apps
from yifang.apps.accounts import services
from yifang.apps.accounts.models import BreakGlass, SubjectKind
from yifang.apps.accounts.viewers import enter
from yifang.apps.accounts.visibility import Subject, show
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
    assert signed_in("other_hospital_desk").get(f"/break-glass/answer/{glass.id}").status_code == 404
    assert signed_in("epidemiologist").get(f"/break-glass/{new_id()}").status_code == 403
