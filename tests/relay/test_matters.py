"""Whistles, discussions and outbreaks of a hospital's own node reach the district's desks; its answers come back."""

from __future__ import annotations

import pytest

from tests.care.giving import filled, whistle
from tests.relay.loop import do
from tests.relay.nodes import settle
from yifang.apps.care import services
from yifang.apps.care.models import Matter, Reporter, Step
from yifang.apps.care.queries import matters, whistles
from yifang.apps.forms.models import Response
from yifang.apps.work.models import WorkItem
from yifang.apps.work.queries import mine
from yifang.kernel import clock

pytestmark = pytest.mark.django_db


def test_a_whistle_is_at_the_duty_officers_and_the_answer_comes_back(chain):
    hospital, district, _ = chain
    told = whistle(event="三天内四名学生同样高热")
    blown = do(hospital, "clinician", lambda viewer: services.blow(told, viewer)).matter
    settle(hospital, district)
    items = do(district, "duty_officer", lambda viewer: {one.kind for one in mine(viewer)})
    assert items == {"whistle_receive", "whistle_respond"}
    opened = do(district, "duty_officer", lambda viewer: matters.matter(blown.id, viewer))
    assert opened.matter.organisation.code == "H31011201"
    assert [(one.step, one.role, one.by.display_name) for one in opened.steps] == [("blow", "clinician", "hospital")]
    assert opened.steps[0].response.answers["event"] == "三天内四名学生同样高热"
    reply = filled(action="field", reply="两小时内派人到校")
    do(district, "duty_officer", lambda viewer: services.take(blown.id, "respond", reply, viewer))
    further = filled(text="又多了一名")
    do(hospital, "clinician", lambda viewer: services.take(blown.id, "note", further, viewer))
    settle(hospital, district)
    close = filled(conclusion="suspected_event", reply="腺病毒，已处置")
    do(district, "epidemiologist", lambda viewer: services.take(blown.id, "close", close, viewer))
    settle(hospital, district)
    _alike(hospital, district, blown, ["blow", "respond", "note", "close"], "closed", "suspected_event")
    steps = do(hospital, "clinician", lambda viewer: matters.matter(blown.id, viewer)).steps
    assert steps[-1].response.answers["reply"] == "腺病毒，已处置"


def test_who_blew_an_anonymous_whistle_stays_at_the_hospital_and_reads_the_answer_by_the_code(chain):
    hospital, district, _ = chain
    blown = do(hospital, "triage_nurse", lambda viewer: services.blow(whistle(), viewer, anonymous=True))
    settle(hospital, district)
    with district.on():
        matter = Matter.objects.get(id=blown.matter.id)
        assert (matter.organisation, matter.opened_by, matter.opener_role) == (None, None, "")
        assert not Reporter.objects.exists()
        assert not any("code@" in seat for seat in matter.seats)
        assert Step.objects.get(matter=matter).role == "anonymous"
    reply = filled(action="phone", reply="请在原处等候")
    do(district, "duty_officer", lambda viewer: services.take(blown.matter.id, "respond", reply, viewer))
    settle(hospital, district)
    found, _unsealed = do(hospital, "triage_nurse", lambda viewer: whistles.by_code(viewer, blown.code))
    assert [one.step for one in found.steps] == ["blow", "respond"]


def test_a_discussion_goes_up_when_it_ends_suspicious_and_says_nothing_of_the_patient(chain):
    hospital, district, _ = chain
    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")
    start = filled(
        name="孟浩然", disease="cholera", summary="孟浩然，男，43岁，水样便", at=now, participants="消化科、公卫科"
    )
    matter = do(hospital, "hospital_desk", lambda viewer: services.open_matter("discussion", start, viewer))
    said = filled(who="主任", opinion="孟浩然近日去过海边")
    do(hospital, "hospital_desk", lambda viewer: services.take(matter.id, "opinion", said, viewer))
    settle(hospital, district)
    with district.on():
        assert not Matter.objects.filter(id=matter.id).exists()
    end = filled(conclusion="suspicious", grounds="米泔水样便", tests="霍乱弧菌培养")
    do(hospital, "hospital_desk", lambda viewer: services.take(matter.id, "conclude", end, viewer))
    settle(hospital, district)
    assert "discussion_notice" in do(district, "duty_officer", lambda viewer: {one.kind for one in mine(viewer)})
    with district.on():
        there = Matter.objects.get(id=matter.id)
        assert (there.disease, there.masked_name, there.name_key, there.person) == ("cholera", "", None, None)
    whole = district.rows(
        "SELECT string_agg(r::text, '') FROM forms_response r WHERE subject = %s AND sealed IS NULL", matter.id
    )[0][0]
    assert "米泔水样便" in whole
    assert "孟" not in whole
    noted = filled(note="已派采样车")
    do(district, "epidemiologist", lambda viewer: services.take(matter.id, "notice", noted, viewer))
    settle(hospital, district)
    with hospital.on():
        assert Matter.objects.get(id=matter.id).waiting == ["specimen"]


def test_an_outbreak_in_the_hospital_is_with_the_district_once_it_is_reported(chain):
    hospital, district, _ = chain
    from yifang.apps.care.services.matters import Start, begin

    with hospital.on():
        home = hospital.county.hospital
        cluster = begin("infection_cluster", Start(home, home.area_code, topic="鲍曼不动杆菌"))
    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")
    workup = filled(cases=4, verdict="outbreak", special="no", measures="隔离，环境采样")
    report = filled(at=now, to="区疾控", text="ICU四例同源")
    for step, form in (("workup", workup), ("report", report)):
        do(hospital, "infection_control", lambda viewer, s=step, f=form: services.take(cluster.id, s, f, viewer))
    settle(hospital, district)
    noted = filled(note="现在去")
    do(district, "epidemiologist", lambda viewer: services.take(cluster.id, "received", noted, viewer))
    settle(hospital, district)
    _alike(hospital, district, cluster, ["found", "workup", "report", "received"], "closed", "outbreak")


def _alike(hospital, district, matter, steps, state, outcome):
    found = []
    for node in (hospital, district):
        with node.on():
            one = Matter.objects.get(id=matter.id)
            taken = Step.objects.filter(matter=one).order_by("noted_at")
            assert ([step.step for step in taken], one.state, one.outcome) == (steps, state, outcome)
            assert not WorkItem.objects.filter(subject=one.id, state__in=("open", "claimed")).exists()
            found.append(sorted(map(str, Response.objects.filter(subject=one.id).values_list("id", "answers"))))
    assert found[0] == found[1]
