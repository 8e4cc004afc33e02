"""Whistles: five answers, at the duty officer's at once, to the CDC's lead when late; anonymous is nobody."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection

from tests import apps
from tests.care.giving import browser, filled, whistle
from yifang.apps.accounts.viewers import enter
from yifang.apps.care import services
from yifang.apps.care.models import Matter, Reporter, Step
from yifang.apps.care.queries import matters, whistles
from yifang.apps.forms.models import Response
from yifang.apps.forms.services import Unfilled
from yifang.apps.ledger.models import Entry
from yifang.apps.ledger.services import NODE
from yifang.apps.work.escalating import escalate_due
from yifang.apps.work.models import Desk, WorkItem
from yifang.apps.work.queries import mine
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError

NOT_THE_CDC = ("clinician", "colleague", "hospital_desk", "infection_control", "hospital_lab", "triage_nurse",
               "other_hospital_desk", "neighbour_epidemiologist", "bureau", "administrator", "auditor")  # fmt: skip


def blow(county, name="clinician", *, anonymous=False, **more):
    viewer = county.viewer(name)
    with enter(viewer):
        return services.blow(whistle(**more), viewer, anonymous=anonymous)


def sees(county, name, matter):
    viewer = county.viewer(name)
    with enter(viewer):
        return Matter.objects.filter(id=matter.id).exists()


def test_the_duty_officer_has_it_at_once_with_both_clocks(county):
    matter = blow(county).matter
    officer = county.viewer("duty_officer")
    with enter(officer):
        items = {item.kind: item for item in mine(officer)}
    assert set(items) == {"whistle_receive", "whistle_respond"}
    taken = items["whistle_receive"].due_at - items["whistle_receive"].starts_at
    assert taken <= timedelta(minutes=5)
    assert items["whistle_respond"].due_at - items["whistle_respond"].starts_at == timedelta(hours=2)
    assert all(item.subject == matter.id for item in items.values())


def test_two_hours_without_an_answer_it_is_the_leads(county):
    matter = blow(county).matter
    assert not sees(county, "city_epidemiologist", matter)
    with clock.frozen(clock.now() + timedelta(hours=2, minutes=1)), apps.as_jobs():
        escalate_due(NODE)
    apps.deliver()
    lead = county.viewer("cdc_lead")
    with enter(lead):
        assert [item.kind for item in mine(lead)] == ["whistle_respond"]
        opened = matters.matter(matter.id, lead)
    assert opened.matter.waiting == ["receive", "respond"]


def test_from_the_whistle_to_the_word_back(county):
    matter = blow(county).matter
    officer = county.viewer("duty_officer")
    with enter(officer):
        services.take(matter.id, "receive", filled(), officer)
        services.take(matter.id, "respond", filled(action="field", reply="两小时内派人到校"), officer)
    apps.deliver()
    epidemiologist = county.viewer("epidemiologist")
    with enter(epidemiologist):
        done = services.take(
            matter.id, "close", filled(conclusion="suspected_event", reply="腺病毒，已处置"), epidemiologist
        )
    apps.deliver()
    assert (done.state, done.outcome) == ("closed", "suspected_event")
    assert not WorkItem.objects.filter(subject=matter.id, state__in=("open", "claimed")).exists()
    doctor = county.viewer("clinician")
    with enter(doctor):
        told = [services.matters.forms.answers_of(step.response) for step in matters.matter(matter.id, doctor).steps
                if step.response]  # fmt: skip
    assert told[-1]["reply"] == "腺病毒，已处置"


def test_what_lacks_is_said_all_at_once_and_nothing_is_kept(county):
    doctor = county.viewer("clinician")
    with enter(doctor), pytest.raises(Unfilled) as refused:
        services.blow(filled(event="", number="0", since="2999-01-01"), doctor)
    assert {one.question for one in refused.value.read.problems} == {"event", "number", "symptoms", "place", "since"}
    assert not Matter.objects.exists()


@pytest.mark.parametrize("name", [*NOT_THE_CDC, "stranger"])
def test_nobody_but_the_cdc_and_its_reporter_sees_a_whistle(county, name):
    matter = blow(county).matter
    assert sees(county, name, matter) is (name == "clinician")


@pytest.mark.parametrize(
    "name", ["bureau", "school_nurse", "grid_worker", "administrator", "auditor", "epidemiologist"]
)
def test_who_is_no_medical_worker_does_not_blow(county, name):
    viewer = county.viewer(name)
    with enter(viewer), pytest.raises(NotAllowed):
        services.blow(whistle(), viewer)


# -- anonymous


def test_an_anonymous_whistle_names_nobody_anywhere(county):
    """Not in the matter, its steps, responses, work items, desks or the ledger; only the seal holds who it was."""
    before = Entry.objects.count()
    blown = blow(county, "infection_control", anonymous=True)
    me, hospital = county.users["infection_control"].pk, county.hospital.id
    rows = [*Matter.objects.all(), *Step.objects.all(), *Response.objects.all(), *WorkItem.objects.all(),
            *Desk.objects.all()]  # fmt: skip
    told = json.dumps([vars(row) for row in rows], default=str)
    assert str(hospital) not in told
    assert f"user:{me}" not in told
    assert "infection_control" not in told
    assert [row.opened_by_id for row in Matter.objects.all()] == [None]
    assert [row.by_id for row in Step.objects.all()] == [None]
    assert [row.filled_by_id for row in Response.objects.all()] == [None]
    entries = list(Entry.objects.order_by("id")[before:])
    assert entries
    assert {(entry.actor, entry.role, entry.purpose) for entry in entries} == {(None, "anonymous", "")}
    assert str(hospital) not in json.dumps([vars(entry) for entry in entries], default=str)
    assert b"infection" not in bytes(Reporter.objects.get().sealed)
    assert blown.code.replace("-", "") not in told


@pytest.mark.parametrize("name", [*apps.CAST])
def test_nobody_asks_the_database_for_the_reporter(county, name):
    """Not even the CDC's lead, before they wrote down why; not the reporter themself."""
    blow(county, anonymous=True)
    with enter(county.viewer(name)):
        assert not Reporter.objects.exists()
        assert not Matter.objects.exists() or name in ("duty_officer", "cdc_lead", "epidemiologist", "hiv_officer")


def test_the_cdcs_lead_opens_the_seal_with_a_reason_and_it_stays_written(county):
    matter = blow(county, anonymous=True).matter
    lead, officer = county.viewer("cdc_lead"), county.viewer("duty_officer")
    with enter(officer), pytest.raises(NotAllowed):
        services.unseal(matter.id, "想知道是谁吹的哨", officer)
    with enter(lead):
        with pytest.raises(UserError):
            services.unseal(matter.id, " 为何 ", lead)
        assert services.unseal(matter.id, "报告人可能已暴露，须医学观察", lead) == "clinician"
    assert Entry.objects.filter(kind="care.whistle_unsealed", actor=lead.user_id).count() == 1
    assert Entry.objects.filter(kind="care.reporter_opened", stream="access").count() == 1
    with enter(officer):
        assert not Reporter.objects.exists()
    with connection.cursor() as cursor:  # three hours later it is closed again
        cursor.execute("UPDATE care_unsealing SET until = now() - interval '1 second'")
    with enter(lead):
        assert not Reporter.objects.exists()


def test_the_code_shows_what_was_said_to_the_reporter_and_takes_a_further_word(county):
    blown = blow(county, anonymous=True)
    officer = county.viewer("duty_officer")
    with enter(officer):
        services.take(blown.matter.id, "respond", filled(action="phone", reply="已联系学校"), officer)
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.say_by_code(blown.code.lower(), filled(text="又多了两名学生"))
        told, unsealed = whistles.by_code(doctor, blown.code)
    assert unsealed == []
    lead = county.viewer("cdc_lead")
    with enter(lead):
        services.unseal(blown.matter.id, "报告人可能已暴露，须医学观察", lead)
    with enter(doctor):  # the reporter is told that they are known now, and why
        assert [one.reason for one in whistles.by_code(doctor, blown.code)[1]] == ["报告人可能已暴露，须医学观察"]
    assert [step.step for step in told.steps] == ["blow", "respond", "note"]
    assert Step.objects.get(step="note").by_id is None
    with enter(officer):
        assert [step.step for step in matters.matter(blown.matter.id, officer).steps][-1] == "note"


@pytest.mark.parametrize("code", ["", "ABCD", "ABCD-EFGH-JKMN", "' OR 1=1 --", "一二三四五六七八九十一二"])
def test_a_wrong_code_finds_nothing(county, code):
    blow(county, anonymous=True)
    doctor = county.viewer("clinician")
    with enter(doctor), pytest.raises(NotFound):
        whistles.by_code(doctor, code)


# -- drafted by the node


def test_a_cluster_drafts_a_whistle_once_and_the_desk_sends_it(county):
    told = {"event": "一周内5例同样症状", "number": 5, "symptoms": "发热伴皮疹", "place": "儿科门诊",
            "since": clock.today().isoformat(), "key": "cluster:1"}  # fmt: skip
    with apps.as_jobs():
        draft = services.draft_whistle(county.hospital, **told)
        assert services.draft_whistle(county.hospital, **told) is None
    assert not sees(county, "duty_officer", draft)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.take(draft.id, "judge", filled(verdict="send", reason="同班学生，病因不明"), desk)
    blown = Matter.objects.get(kind="whistle")
    assert blown.parent_id == draft.id
    officer = county.viewer("duty_officer")
    with enter(officer):
        answers = services.matters.forms.answers_of(matters.matter(blown.id, officer).steps[0].response)
    assert answers["event"] == "一周内5例同样症状"


# -- the pages


def test_the_page_blows_and_gives_the_code_once(county):
    client = browser(county, "triage_nurse")
    assert client.get("/whistle/").status_code == 200
    answer = client.post("/whistle/", {"event": "x", "anonymous": "1"})
    assert answer.status_code == 422
    assert "请填写" in answer.content.decode()
    given = {key: value[0] for key, value in whistle().given.items()}
    answer = client.post("/whistle/", given | {"anonymous": "1"})
    page = answer.content.decode()
    code = page.partition("<output")[2].partition(">")[2].partition("<")[0]
    assert len(code) == 14
    assert code not in client.get("/whistle/").content.decode()
    assert "事件描述" in client.post("/whistle/follow", {"code": code}).content.decode()
    officer = browser(county, "duty_officer")
    shown = officer.get(f"/matters/{Matter.objects.get().id}").content.decode()
    assert "匿名" in shown
    assert "triage_nurse" not in shown.partition("<main")[2]
