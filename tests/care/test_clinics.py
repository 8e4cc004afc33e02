"""Triage sends on with its reason; the fever clinic goes by records where there are some, by hand where not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests import apps
from tests.care.giving import browser, filled
from yifang.apps.accounts.models import Seat
from yifang.apps.accounts.viewers import enter
from yifang.apps.care import services
from yifang.apps.care.models import Matter, Step, Visit
from yifang.apps.care.queries import clinics, triages
from yifang.apps.forms.services import Unfilled
from yifang.apps.work.models import WorkItem
from yifang.formats import canonical
from yifang.kernel import clock

FEVER = "发热门诊"
AGO = timedelta


@pytest.fixture
def county(db):
    """With a doctor in the fever clinic and one in the enteric clinic."""
    made = apps.county()
    made.seats["clinician"].department = FEVER
    made.seats["colleague"].department = "肠道门诊"
    Seat.objects.bulk_update([made.seats["clinician"], made.seats["colleague"]], ["department"])
    return made


def triaged(county, name="王小明", **more):
    nurse = county.viewer("triage_nurse")
    given = {"temperature": "38.6", "symptoms": ["cough"], "exposure": ["none"], "name": name, "sex": "male",
             "age": "34", "destination": "fever", **more}  # fmt: skip
    with enter(nurse):
        return services.open_matter("triage", filled(**given), nurse)


def came(county, key, name="王小明", *, ago=60, department=FEVER, end=None, order=1, **more):
    """A visit `ago` minutes back; `end` minutes back it ended."""
    at = clock.now() - AGO(minutes=ago)
    record = apps.record(key, who=apps.person(name, order=order), at=at, department=department, **more)
    if end is not None:
        ended = canonical.Encounter(
            id=key, kind="outpatient", department=department, clinician_id="D001", start=apps.moment(at),
            end=apps.moment(clock.now() - AGO(minutes=end)),
        )  # fmt: skip
        record = canonical.Record(**{**{f: getattr(record, f) for f in record.__slots__}, "encounter": ended})
    apps.receive(county.hospital, record)
    apps.deliver()


def reported(
    county, key, name="王小明", *, taken=50, issued=0, value="阴性", test="甲型流感病毒核酸", specimen="咽拭子", order=1
):
    result = apps.result(test, value, at=clock.now() - AGO(minutes=taken), specimen=specimen,
                         issued=apps.moment(clock.now() - AGO(minutes=issued)))  # fmt: skip
    apps.receive(
        county.hospital,
        apps.record(key, kind="lab_report", who=apps.person(name, order=order), at=clock.now() - AGO(minutes=taken),
                    department=FEVER, results=(result,)),
    )  # fmt: skip
    apps.deliver()


def steps(matter):
    return [step.step for step in matter.steps.order_by("noted_at", "at")]


def test_a_triage_takes_one_form_and_the_fever_clinic_waits_for_the_patient(county):
    matter = triaged(county)
    assert (matter.state, matter.outcome, matter.masked_name) == ("closed", "fever", "王*明")
    fever = Matter.objects.get(kind="fever_visit")
    assert (fever.parent_id, fever.department, fever.waiting) == (matter.id, FEVER, ["register"])
    item = WorkItem.objects.get(kind="fever_register")
    assert item.desks.get().scope == f"dept:{county.hospital.id}:{FEVER}"
    nurse = county.viewer("triage_nurse")
    with enter(nurse):
        today = triages.today(nurse)
    assert (today.total, dict(today.by_destination), today.seconds) == (1, {"fever": 1}, 20)
    assert [pending for _one, pending in today.latest] == [True]


@pytest.mark.parametrize(
    ("more", "kind", "waits"),
    [
        ({"temperature": "36.5", "symptoms": ["none"], "destination": "ordinary"}, None, None),
        ({"temperature": "36.5", "symptoms": ["diarrhoea"], "destination": "enteric"}, "enteric_visit", "肠道门诊"),
        ({"symptoms": ["consciousness"], "destination": "emergency"}, None, None),
    ],
)
def test_where_triage_sends(county, more, kind, waits):
    triaged(county, **more)
    found = Matter.objects.exclude(kind="triage").first()
    assert (found.kind if found else None) == kind
    assert (found.department if found else None) == waits


def test_the_records_take_the_steps_and_the_board_shows_them(county):
    triage = triaged(county)
    came(county, "V1", ago=-1 + 1)
    reported(county, "L1", taken=0)
    matter = Matter.objects.get(kind="fever_visit")
    assert (matter.parent_id, matter.person_id) == (triage.id, Visit.objects.get().person_id)
    assert steps(matter) == ["register", "sample", "result"]
    assert matter.waiting == ["observe", "leave"]
    assert Visit.objects.get().triage_id == triage.id
    doctor = county.viewer("clinician")
    with enter(doctor):
        board = clinics.fever_board(doctor, clock.today())
    assert board.numbers["all"] == 1
    assert board.numbers["good"] == 1
    assert not WorkItem.objects.filter(kind="fever_register", state="open").exists()


def test_a_visit_without_triage_begins_at_the_clinic_and_a_report_sent_again_takes_no_step_twice(county):
    came(county, "V1", ago=300)
    for _ in range(3):
        came(county, "V1", ago=300)
        reported(county, "L1", taken=240)
    matter = Matter.objects.get(kind="fever_visit")
    assert steps(matter) == ["register", "sample", "result"]
    assert Step.objects.filter(record__isnull=False).count() == 3


@pytest.mark.parametrize(
    ("ago", "end", "work", "waiting"),
    [(30, None, 1, {"sample", "observe", "leave"}), (2 * 1440, None, 0, {"sample", "observe", "leave"}),
     (30, 5, 0, {"disinfect"})],
    ids=["now", "two days ago", "ended"],
)  # fmt: skip
def test_a_visit_that_is_over_asks_nobody_to_sample(county, ago, end, work, waiting):
    came(county, "V1", ago=ago, end=end)
    matter = Matter.objects.get(kind="fever_visit")
    assert set(matter.waiting) == waiting
    assert WorkItem.objects.filter(kind="fever_sample", state="open").count() == work
    assert not WorkItem.objects.filter(kind="fever_register", state="open").exists()


@pytest.mark.parametrize(
    ("issued", "good", "within"), [(250, 1, 1), (200, 0, 1), (60, 0, 0)]
)  # taken 450 minutes back: after 3 h 20, 4 h 10, 6 h 30
def test_how_promptly_results_come_back(county, issued, good, within):
    came(county, "V1", ago=460)
    reported(county, "L1", taken=450, issued=issued)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        found = clinics.promptness(desk, clock.today() - AGO(days=2), clock.today())
        board = clinics.fever_board(desk, clock.today(), "prompt_within")
    counts = {"samples": 1, "results": 1, "prompt_good": good, "prompt_within": within}
    assert {name: len(of) for name, of in found.items()} == counts
    assert {name: board.numbers[name] for name in counts} == counts
    assert [one.matter.id for one in board.shown] == found["prompt_within"]  # the number opens to its patients


def test_a_preliminary_report_samples_but_brings_no_result(county):
    came(county, "V1", ago=100)
    result = apps.result("新型冠状病毒核酸", "待报", at=clock.now() - AGO(minutes=50), specimen="鼻咽拭子")
    apps.receive(county.hospital, apps.record("L1", kind="lab_report", status="preliminary",
                 who=apps.person("王小明"), results=(result,)))  # fmt: skip
    apps.deliver()
    assert steps(Matter.objects.get(kind="fever_visit")) == ["register", "sample"]


@pytest.mark.parametrize(("test", "specimen"), [("血常规", "血"), ("乙肝病毒DNA", "血清"), ("肠道病毒核酸", "粪便")])
def test_other_tests_are_not_the_sample_of_the_fever_clinic(county, test, specimen):
    came(county, "V1", ago=100)
    reported(county, "L1", test=test, specimen=specimen)
    assert steps(Matter.objects.get(kind="fever_visit")) == ["register"]


def test_who_leaves_before_the_result_is_followed_up(county):
    """By the records: the visit ended while the sample had no result."""
    came(county, "V1", ago=300)
    result = apps.result("新型冠状病毒核酸", "", at=clock.now() - AGO(minutes=250), specimen="咽拭子")
    apps.receive(county.hospital, apps.record("L1", kind="lab_report", status="preliminary",
                 who=apps.person("王小明"), results=(result,)))  # fmt: skip
    apps.deliver()
    came(county, "V1", ago=300, end=100)
    matter = Matter.objects.get(kind="fever_visit")
    assert set(matter.waiting) == {"result", "call_back", "disinfect"}
    assert WorkItem.objects.filter(kind="fever_call_back", state="open").count() == 1
    doctor = county.viewer("clinician")
    with enter(doctor):
        assert clinics.fever_board(doctor, matter.day).numbers["early"] == 1
        services.take(matter.id, "call_back", filled(reached="returned"), doctor)


def test_by_hand_leaving_without_a_result_asks_why(county):
    doctor = county.viewer("clinician")
    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")
    with enter(doctor):
        matter = services.open_matter("fever_visit", filled(name="李四", temperature="38"), doctor)
        services.take(matter.id, "sample", filled(taken_at=now, specimen="throat"), doctor)
        with pytest.raises(Unfilled) as refused:
            services.take(matter.id, "leave", filled(where="home"), doctor)
        assert [one.question for one in refused.value.read.problems] == ["early_reason"]
        done = services.take(matter.id, "leave", filled(where="home", early_reason="坚持离院"), doctor)
    assert "call_back" in done.waiting


def test_triage_is_held_against_visits_day_by_day_and_every_number_opens(county):
    triaged(county)
    triaged(county, name="赵六", temperature="36.6", symptoms=["none"], destination="ordinary")
    came(county, "V1", ago=0)
    came(county, "V2", name="钱七", ago=0, department="骨科", order=2)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        today = clinics.reconciliation(desk, clock.today())[0].numbers
        lists = {name: clinics.reconciled(desk, name, clock.today()) for name in clinics.MEASURES}
    assert today == {
        "triages": 2, "matched": 1, "visits": 2, "triaged": 1, "sent": 1, "arrived": 1, "fever": 1, "fever_triaged": 1,
    }  # fmt: skip
    assert {name: len(found[0]) + len(found[1]) for name, found in lists.items()} == today


def test_two_of_one_name_are_two_triages_of_two_visits(county):
    triaged(county)
    triaged(county)
    came(county, "V1", ago=0)
    came(county, "V2", ago=0, order=2)
    assert Visit.objects.filter(triage__isnull=False).values("triage").distinct().count() == 2


def test_a_withdrawn_visit_is_no_visit_any_more(county):
    came(county, "V1", ago=30, department="骨科")
    assert Visit.objects.count() == 1
    apps.receive(county.hospital, apps.record("V1", who=apps.person("王小明"), status="cancelled", department="骨科"))
    apps.deliver()
    assert Visit.objects.count() == 0


# -- the enteric clinic


def test_whoever_has_diarrhoea_is_registered_whoever_is_suspected_is_tested(county):
    doctor = county.viewer("colleague")
    given = {"name": "孙八", "onset": clock.today().isoformat(), "stools": "12", "character": "rice_water"}
    now = clock.now().astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M")
    with enter(doctor):
        suspect = services.open_matter("enteric_visit", filled(**given, suspect="yes"), doctor)
        services.open_matter("enteric_visit", filled(**{**given, "name": "周九", "character": "loose"}, suspect="no"),
                             doctor)  # fmt: skip
        services.take(suspect.id, "sample", filled(taken_at=now, specimen="stool"), doctor)
    came(county, "V1", name="孙八", ago=0, department="肠道门诊", complaint="腹泻1天")
    came(county, "V2", name="吴十", ago=0, department="消化内科", order=2, diagnoses=(("A09.900", "感染性腹泻"),))
    desk = county.viewer("hospital_desk")
    with enter(desk):
        board = clinics.enteric_board(desk, clock.today(), clock.today(), "missing")
    assert (board.visits, board.registered_visits) == (2, 1)
    assert (len(board.suspects), len(board.tested)) == (1, 1)
    assert [visit.person.masked_name for visit in board.listed] == ["吴*"]


# -- the pages


def test_the_pages(county):
    triaged(county)
    came(county, "V1", ago=0)
    nurse, desk = browser(county, "triage_nurse"), browser(county, "hospital_desk")
    assert "王*明" in nurse.get("/clinics/fever").content.decode()
    assert "王小明" not in nurse.get("/clinics/fever").content.decode()
    assert nurse.get("/clinics/triage").status_code == 403
    assert desk.get("/clinics/enteric?show=missing").status_code == 200
    page = desk.get("/clinics/triage").content.decode()
    assert "show=fever_triaged" in page
    assert "王*明" in desk.get(f"/clinics/triage?day={clock.today()}&show=visits").content.decode()
    assert desk.get("/clinics/triage?day=nonsense&show=nonsense").status_code == 200


def test_typing_a_temperature_shows_where_to_and_why_before_anything_is_sent(county):
    client = browser(county, "triage_nurse")
    page = client.post("/triage/", {"do": "refresh", "temperature": "38.2"}).content.decode()
    assert "体温≥37.3℃" in page
    chosen = re.findall(r'<input type="radio" name="destination" value="(\w+)"[^>]* checked', page)
    assert chosen == ["fever"]
    assert not Matter.objects.exists()
    given = {"temperature": "38.2", "symptoms": ["cough"], "exposure": ["none"], "name": "王小明",
             "destination": "ordinary"}  # fmt: skip
    refused = client.post("/triage/", given)
    assert refused.status_code == 422
    assert "为何不按建议" in refused.content.decode()
    assert client.post("/triage/", given | {"deviation": "已在发热门诊看过"}).status_code == 302
