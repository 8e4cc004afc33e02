"""A quiet trial: what is found is kept, nobody is asked, nothing goes up; then one click, and it is live."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import apps
from tests.reporting.cards import right
from tests.reporting.test_national import export, row
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE
from yifang.apps.reporting import services, versions
from yifang.apps.reporting.models import Interruption, QuietTrial, Suspicion, SuspicionState
from yifang.apps.reporting.queries import trials
from yifang.apps.surveillance.models import Counted
from yifang.apps.work.models import WorkItem
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, UserError, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def trying(county):
    """The first hospital tries quietly; the child and a pupil are seen there."""
    with apps.as_jobs():
        services.start_trial(county.hospital, 14, NODE)
    apps.receive(county.hospital, apps.hfmd(), apps.influenza())
    apps.deliver()
    return county


def test_in_a_trial_nobody_is_asked_and_nothing_is_counted(trying):
    assert set(Suspicion.objects.values_list("state", flat=True)) == {SuspicionState.TRIAL}
    assert not WorkItem.objects.filter(kind="suspicion_review").exists()
    assert not Interruption.objects.exists()
    assert not Counted.objects.exists()


def test_another_hospital_is_asked_as_ever(trying):
    apps.receive(trying.other_hospital, apps.hfmd("OTHER"))
    apps.deliver()
    assert Suspicion.objects.get(organisation=trying.other_hospital).state == SuspicionState.OPEN


def test_no_card_goes_up_while_a_hospital_tries(trying):
    doctor, desk = trying.viewer("clinician"), trying.viewer("hospital_desk")
    with enter(doctor):
        card = services.draft_blank(doctor)
        drafted = versions.answers_of(versions.current(card))
        services.report(card.id, doctor, {**drafted, **right()})
    with enter(desk), pytest.raises(WrongState) as refused:
        services.approve(card.id, desk)
    assert refused.value.code == "reporting.quiet_runs"


def test_the_report_says_what_would_have_happened(trying):
    desk = trying.viewer("hospital_desk")
    with enter(desk):
        report = trials.trial_report(desk, QuietTrial.objects.get())
        assert report.found == 2
        assert dict(report.counts["disease"]) == {"hfmd": 1, "influenza": 1}
        assert dict(report.counts["department"]) == {"儿科": 2}
        assert sum(count for _, count in report.counts["rule"]) == 2
        assert (report.interruptions, report.doctor_days, report.most_a_day, report.doctors) == (2, 1, 2, 1)
        assert report.a_doctor_day == 2
        assert report.entered is None  # no export is known
        assert [one.disease for one in trials.trial_rows(desk, report.trial, "disease", "hfmd")] == ["hfmd"]


def test_the_report_is_held_against_what_the_hospital_entered(trying):
    from yifang.apps.intake.models import Feed
    from yifang.apps.intake.services import take_bytes

    now = clock.now().astimezone(clock.CHINA)
    said = {"diagnosis_datetime": now.strftime("%Y-%m-%d %H:%M"), "entry_time": now.strftime("%Y-%m-%d %H:%M")}
    said |= {"onset_date": now.date().isoformat(), "county_audit_time": ".", "audit_state": "未审核卡"}
    child = row("1", name="陈小宝", id_no=f"'{apps.id_no()}", **said)
    other = row("2", name="别人", **said)
    with apps.as_jobs():
        feed = Feed.objects.create(code="nidris", name="导出", organisation=trying.cdc)
        take_bytes(export(child, other), "x.csv", feed, NODE)
    apps.deliver()
    desk = trying.viewer("hospital_desk")
    with enter(desk):
        report = trials.trial_report(desk, QuietTrial.objects.get())
    assert (report.entered, report.met, len(report.missed), report.extra) == (2, 1, 1, 1)


def test_going_live_asks_what_is_still_in_time(trying, sign_in):
    old = Suspicion.objects.get(disease="influenza")
    Suspicion.objects.filter(id=old.id).update(due_at=clock.now() - timedelta(hours=1))
    browser = sign_in("hospital_desk")
    page = browser.get("/desk/quiet").content.decode()
    assert "试运行中" in page
    assert browser.post("/desk/quiet/live").status_code == 302
    assert Suspicion.objects.get(disease="hfmd").state == SuspicionState.OPEN
    old.refresh_from_db()
    assert old.state == SuspicionState.TRIAL
    assert WorkItem.objects.filter(kind="suspicion_review", state="open").count() == 1
    apps.receive(trying.hospital, apps.tuberculosis())
    apps.deliver()
    assert Suspicion.objects.get(disease="pulmonary_tb").state == SuspicionState.OPEN


def test_every_number_opens_to_its_records(trying, sign_in):
    browser = sign_in("hospital_desk")
    for by, value in (("all", ""), ("disease", "hfmd"), ("department", "儿科"), ("day", clock.today().isoformat())):
        page = browser.get("/desk/quiet", {"by": by, "value": value}).content.decode()
        assert str(Suspicion.objects.get(disease="hfmd").id) in page
    assert "/suspicions/" not in browser.get("/desk/quiet", {"by": "disease", "value": "dengue"}).content.decode()


def test_a_trial_ends_by_itself(trying):
    QuietTrial.objects.update(until=clock.now())
    apps.receive(trying.hospital, apps.tuberculosis())
    apps.deliver()
    assert Suspicion.objects.get(disease="pulmonary_tb").state == SuspicionState.OPEN
    with apps.as_jobs():
        services.start_trial(trying.hospital, 7, NODE)  # and another may begin
    assert QuietTrial.objects.filter(ended_at=None).count() == 1


def test_what_a_withdrawn_record_said_is_withdrawn_from_the_trial_and_comes_back_into_it(trying):
    apps.receive(trying.hospital, apps.cancelled(apps.hfmd()))
    apps.deliver()
    one = Suspicion.objects.get(disease="hfmd")
    assert one.state == SuspicionState.WITHDRAWN
    apps.receive(trying.hospital, apps.hfmd(complaint="发热3天，手足皮疹"))
    apps.deliver()
    one.refresh_from_db()
    assert one.state == SuspicionState.TRIAL


@pytest.mark.parametrize("days", [0, -1, 181])
def test_a_trial_has_a_length(county, days):
    with apps.as_jobs(), pytest.raises(UserError):
        services.start_trial(county.hospital, days, NODE)


def test_only_its_own_desk_begins_and_ends_a_trial(county, sign_in):
    other = county.viewer("other_hospital_desk")
    with enter(other), pytest.raises(NotAllowed):
        services.start_trial(county.hospital, 7, other)
    assert sign_in("clinician").get("/desk/quiet").status_code == 403
    assert sign_in("hospital_desk").post("/desk/quiet/start", {"days": "7"}).status_code == 302
    assert sign_in("hospital_desk").post("/desk/quiet/start", {"days": "7"}).status_code == 400
    assert sign_in("other_hospital_desk").post("/desk/quiet/live").status_code == 404
    assert QuietTrial.objects.get().ended_at is None


def test_three_days_before_its_end_the_desk_is_told_once(trying, client):
    with apps.as_jobs():
        assert services.trials.watch() == 0
    assert not WorkItem.objects.filter(kind="quiet_trial_end").exists()
    QuietTrial.objects.update(until=clock.now() + timedelta(days=2))
    with apps.as_jobs():
        assert (services.trials.watch(), services.trials.watch()) == (0, 0)
    item = WorkItem.objects.get(kind="quiet_trial_end")
    trial = QuietTrial.objects.get()
    assert (item.due_at, item.desks.get().role) == (trial.until, "hospital_desk")
    client.force_login(trying.users["hospital_desk"])
    assert "静默试运行" in client.get(f"/desk/quiet/{item.subject}").content.decode()
    desk = trying.viewer("hospital_desk")
    with enter(desk):
        services.go_live(trying.hospital, desk)
    item.refresh_from_db()
    assert (item.state, item.outcome) == ("done", "live")


def test_a_trial_that_ran_out_asks_what_is_still_in_time(trying):
    QuietTrial.objects.update(until=clock.now() - timedelta(minutes=1))
    with apps.as_jobs():
        assert services.trials.watch() == 1
    assert set(Suspicion.objects.values_list("state", flat=True)) == {SuspicionState.OPEN}
    assert WorkItem.objects.filter(kind="suspicion_review").exists()
    assert QuietTrial.objects.get().ended_at is not None
    with apps.as_jobs():
        assert services.trials.watch() == 0


def test_the_administrator_begins_and_ends_one_and_sees_no_suspicion(trying, client):
    client.force_login(trying.users["administrator"])
    page = client.get("/quiet/").content.decode()
    assert page.index("梅陇人民医院") < page.index("浦江中心医院")  # who tries stands first
    assert client.post(f"/quiet/{trying.other_hospital.id}/start", {"days": "7"}).status_code == 302
    assert QuietTrial.objects.filter(organisation=trying.other_hospital, ended_at=None).exists()
    assert client.post(f"/quiet/{trying.hospital.id}/end").status_code == 302
    assert Suspicion.objects.filter(state=SuspicionState.TRIAL).exists()  # the jobs ask, not the administrator
    with apps.as_jobs():
        assert services.trials.watch() == 1
    assert not Suspicion.objects.filter(state=SuspicionState.TRIAL).exists()
    admin = trying.viewer("administrator")
    with enter(admin), pytest.raises(NotAllowed):
        services.go_live(trying.other_hospital, admin)


def test_nobody_else_sees_or_changes_other_hospitals_trials(trying, client):
    for name in ("hospital_desk", "clinician", "epidemiologist", "auditor"):
        client.force_login(trying.users[name])
        assert client.get("/quiet/").status_code == 403, name
        assert client.post(f"/quiet/{trying.hospital.id}/end").status_code == 403, name
    assert QuietTrial.objects.get().until > clock.now() + timedelta(days=13)
