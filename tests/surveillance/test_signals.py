"""A case that is watched singly raises one signal, which a person answers and which tells those who reported."""

from datetime import date, datetime, timedelta
from itertools import product

import pytest

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.surveillance import queries, services
from yifang.apps.surveillance.models import TRANSITIONS, Feedback, Signal, SignalState
from yifang.apps.surveillance.single_case import county_of, watch
from yifang.apps.work.models import Desk, WorkItem
from yifang.kernel import clock
from yifang.kernel.errors import NotAllowed, NotFound, UserError, WrongState
from yifang.knowledge import load

NOON = datetime(2026, 11, 20, 4, tzinfo=clock.UTC)


@pytest.fixture
def county(db):
    with clock.frozen(NOON):
        yield apps.county()


def signal_of(county, **given):
    case(county, **given)
    apps.deliver()
    return Signal.objects.get()


@pytest.mark.parametrize(
    ("disease", "subtype", "watched"),
    [
        ("plague", "", True),
        ("cholera", "", True),
        ("hfmd", "", False),
        ("influenza", "", False),
        ("anthrax", "anthrax_pulmonary", True),
    ],
)
def test_whether_one_case_stands_out_is_the_packs_word(disease, subtype, watched):
    assert (watch(disease, subtype) is not None) is watched


@pytest.mark.parametrize(
    ("area", "county"),
    [("310112", "310112"), ("310112003", "310112"), ("310112003001001", "310112"), ("441900101", "441900")],
)
def test_the_county_that_answers(area, county):
    assert county_of(area) == county


def test_a_case_raises_a_signal_that_explains_itself(county):
    one = signal_of(county)
    assert (one.method, one.disease, one.area_code, one.state) == ("single_case", "cholera", apps.DISTRICT, "open")
    assert (one.observed, one.expected, one.limit) == (1, 0.0, 1.0)
    assert one.due_at == NOON + timedelta(hours=2)
    assert one.pack_digest == load().digest
    assert one.explanation["rule"] == "diseases.cholera.alert"
    assert one.explanation["source"]
    assert one.explanation["confidence"] == "MEDIUM"
    assert one.explanation["months"][-1] == ["2026-11", 1]
    assert len(one.explanation["months"]) == 12


def test_what_is_not_watched_singly_raises_none(county):
    case(county, "hfmd")
    apps.deliver()
    assert not Signal.objects.exists()


def test_a_second_case_joins_the_open_signal_and_the_same_case_never_twice(county):
    first = case(county)
    apps.deliver()
    with apps.as_jobs():
        append(Change("reporting.case_joined", "case", first.id), NODE)
    apps.deliver()
    assert Signal.objects.get().observed == 1
    case(county, hospital="other_hospital", doctor="other_hospital")
    apps.deliver()
    one = Signal.objects.get()
    assert (one.observed, one.cases.count()) == (2, 2)
    assert WorkItem.objects.filter(kind="signal_answer").count() == 1
    assert county.other_hospital.scope in one.explanation["reported_by"]


def test_another_disease_or_county_is_another_signal(county):
    case(county)
    case(county, "plague")
    case(county, residence=apps.RESIDENCE)
    apps.deliver()
    found = Signal.objects.order_by("disease", "area_code").values_list("disease", "area_code")
    assert list(found) == [("cholera", apps.RESIDENCE), ("cholera", apps.DISTRICT), ("plague", apps.DISTRICT)]


def test_after_closing_a_new_case_raises_a_new_signal_but_the_old_case_does_not(county):
    first = case(county)
    apps.deliver()
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(Signal.objects.get().id, viewer, "closed", conclusion="sporadic")
    with apps.as_jobs():
        append(Change("reporting.case_joined", "case", first.id), NODE)
    apps.deliver()
    assert Signal.objects.count() == 1
    case(county)
    apps.deliver()
    assert Signal.objects.filter(state="open").count() == 1


SEES = {
    "epidemiologist": True, "duty_officer": True, "bureau": True, "residence_epidemiologist": True,
    "city_epidemiologist": True, "neighbour_epidemiologist": False, "clinician": False, "hospital_desk": False,
    "school_nurse": False, "grid_worker": False, "administrator": False, "auditor": False, "stranger": False,
}  # fmt: skip


@pytest.mark.parametrize(("name", "sees"), SEES.items())
def test_who_sees_a_signal_of_a_case_reported_here_of_somebody_who_lives_there(county, name, sees):
    signal_of(county, residence=apps.RESIDENCE)
    with enter(county.viewer(name)):
        assert Signal.objects.exists() is sees


def test_the_work_item_waits_at_the_county_of_residence(county):
    one = signal_of(county, residence=apps.RESIDENCE)
    item = WorkItem.objects.get(kind="signal_answer")
    assert (item.subject, item.due_at, item.urgent) == (one.id, one.due_at, True)
    desks = set(Desk.objects.filter(item=item).values_list("scope", "role"))
    assert desks == {(f"area:{apps.RESIDENCE}", role) for role in ("duty_officer", "epidemiologist")}
    with enter(county.viewer("residence_epidemiologist")):
        assert WorkItem.objects.count() == 1
    with enter(county.viewer("epidemiologist")):
        assert WorkItem.objects.count() == 0


def test_every_step_is_allowed_or_refused_as_the_table_says(county):
    one = signal_of(county)
    for before, after in product(SignalState, SignalState):
        closed = {state: "sporadic" if state == SignalState.CLOSED else "" for state in SignalState}
        with apps.as_jobs():
            Signal.objects.update(state=before, conclusion=closed[before])
        with enter(county.viewer("epidemiologist")) as viewer:
            if after in TRANSITIONS[before]:
                assert services.answer(one.id, viewer, after, conclusion=closed[after]).state == after
            else:
                with pytest.raises(WrongState) as refused:
                    services.answer(one.id, viewer, after, conclusion=closed[after])
                assert refused.value.code == "surveillance.signal_state"


@pytest.mark.parametrize(
    ("state", "conclusion", "code"),
    [
        ("closed", "", "surveillance.conclusion_needed"),
        ("closed", "maybe", "surveillance.conclusion_unknown"),
        ("verifying_desk", "sporadic", "surveillance.conclusion_early"),
        ("escalated", "confirmed_event", "surveillance.conclusion_early"),
        ("somewhere", "", "surveillance.state_unknown"),
    ],
)
def test_a_conclusion_is_needed_to_close_and_only_then(county, state, conclusion, code):
    one = signal_of(county)
    with enter(county.viewer("epidemiologist")) as viewer, pytest.raises(UserError) as refused:
        services.answer(one.id, viewer, state, conclusion=conclusion)
    assert refused.value.code == code
    assert refused.value.render("zh")
    assert refused.value.render("en")


def test_the_first_answer_stops_the_response_clock_and_ends_the_work_item(county):
    one = signal_of(county)
    with clock.frozen(NOON + timedelta(minutes=90)), enter(county.viewer("duty_officer")) as viewer:
        services.answer(one.id, viewer, "verifying_desk", note="电话核实中")
    with clock.frozen(NOON + timedelta(hours=5)), enter(county.viewer("epidemiologist")) as viewer:
        services.answer(one.id, viewer, "verifying_field", note="已到现场")
    one.refresh_from_db()
    assert one.answered_at == NOON + timedelta(minutes=90)
    assert [step.state for step in one.steps.all()] == ["verifying_desk", "verifying_field"]
    item = WorkItem.objects.get(kind="signal_answer")
    assert (item.state, item.outcome, item.proof) == ("done", "verifying_desk", "电话核实中")
    assert not Desk.objects.filter(item=item, open=True).exists()


@pytest.mark.parametrize("name", ["bureau", "city_epidemiologist", "neighbour_epidemiologist", "clinician", "stranger"])
def test_who_may_not_answer(county, name):
    one = signal_of(county)
    with enter(county.viewer(name)) as viewer:
        if name == "city_epidemiologist":  # above the county: sees it, and may answer
            services.answer(one.id, viewer, "verifying_desk")
            return
        with pytest.raises((NotAllowed, NotFound)):
            services.answer(one.id, viewer, "verifying_desk")


READS = {
    "clinician": True, "hospital_desk": True, "colleague": False, "other_department": False,
    "other_hospital": False, "other_hospital_desk": False, "school_nurse": False, "grid_worker": False,
}  # fmt: skip


@pytest.mark.parametrize(("name", "reads"), READS.items())
def test_closing_tells_the_doctor_and_the_desk_who_reported_and_nobody_else(county, name, reads):
    one = signal_of(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(one.id, viewer, "closed", conclusion="sporadic", note="家庭内无续发")
    with enter(county.viewer(name)) as viewer:
        told = queries.feedback_for(viewer)
        assert [queries.says(feedback) for feedback in told] == (
            ["霍乱预警已核实，结论：散发。家庭内无续发"] if reads else []
        )
        assert bool(list(queries.notices(viewer))) is reads


def test_the_ledger_names_those_whose_pages_must_refresh_and_none_of_the_words(county):
    one = signal_of(county)
    with apps.listening() as heard, enter(county.viewer("epidemiologist")) as viewer:
        services.give_feedback(one.id, viewer, "隔离治疗，采集两次粪便", days=3)
    entry = heard.entries[-1]
    assert entry.kind == "surveillance.feedback_given"
    assert {county.hospital.scope, f"user:{county.users['clinician'].pk}"} <= set(entry.scopes)
    assert "隔离" not in str(entry.facts)
    assert entry.digest


def test_reading_is_counted_once_and_within_a_day(county):
    one = signal_of(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        feedback = services.give_feedback(one.id, viewer, "注意防护")
        assert queries.reading(feedback) == queries.Reading(2, 0, 0)
    with clock.frozen(NOON + timedelta(hours=3)), enter(county.viewer("clinician")) as viewer:
        services.mark_read(feedback.id, viewer)
        services.mark_read(feedback.id, viewer)
        assert queries.feedback_for(viewer) == []
    with clock.frozen(NOON + timedelta(hours=30)), enter(county.viewer("hospital_desk")) as viewer:
        services.mark_read(feedback.id, viewer)
    with enter(county.viewer("epidemiologist")):
        counted = queries.reading(Feedback.objects.get())
        assert counted == queries.Reading(2, 2, 1)
        assert counted.share == 50


def test_feedback_ends_with_its_days(county):
    one = signal_of(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.give_feedback(one.id, viewer, "注意防护", days=2)
    for days, held in ((1, 1), (3, 0)):
        with clock.frozen(NOON + timedelta(days=days)), enter(county.viewer("clinician")) as viewer:
            assert len(queries.feedback_for(viewer)) == held


@pytest.mark.parametrize(
    ("text", "days", "code"),
    [
        (" ", 7, "surveillance.feedback_text"),
        ("注意", 0, "surveillance.feedback_days"),
        ("注意", 91, "surveillance.feedback_days"),
    ],
)
def test_wrong_feedback_says_what_is_wrong(county, text, days, code):
    one = signal_of(county)
    with enter(county.viewer("epidemiologist")) as viewer, pytest.raises(UserError) as refused:
        services.give_feedback(one.id, viewer, text, days=days)
    assert refused.value.code == code


def test_a_stranger_cannot_mark_feedback_as_read(county):
    one = signal_of(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        feedback = services.give_feedback(one.id, viewer, "注意防护")
    with enter(county.viewer("other_hospital")) as viewer, pytest.raises(NotFound):
        services.mark_read(feedback.id, viewer)


def test_a_role_that_sees_only_numbers_sees_the_signal_and_none_of_its_cases(county):
    one = signal_of(county)
    with enter(county.viewer("bureau")) as viewer:
        found = queries.detail(one.id, viewer)
        assert (len(found.cases), found.hidden) == (0, 1)
    with enter(county.viewer("epidemiologist")) as viewer:
        found = queries.detail(one.id, viewer)
        assert (len(found.cases), found.hidden) == (1, 0)


def test_the_inbox_by_deadline_and_the_whole_list_newest_first(county):
    with clock.frozen(NOON - timedelta(days=2)):
        case(county, "plague")
        apps.deliver()
    case(county)
    apps.deliver()
    with enter(county.viewer("epidemiologist")) as viewer:
        rows = queries.inbox(viewer, "open")
        assert [one.disease for one in rows] == ["plague", "cholera"]
        first = queries.inbox(viewer, "open", limit=1)[0]
        rest = queries.inbox(viewer, "open", cursor=(first.due_at, first.id))
        assert [one.disease for one in rest] == ["cholera"]
        assert [one.disease for one in queries.inbox(viewer, "all")] == ["cholera", "plague"]
        assert [one.disease for one in queries.inbox(viewer, "all", disease="plague")] == ["plague"]
        assert queries.counts(viewer) == {"open": 2, "verifying": 0, "escalated": 0}
        assert (queries.waiting(viewer), queries.late(viewer)) == (2, 1)


def test_punctuality_counts_what_was_answered_or_is_overdue(county):
    with clock.frozen(NOON - timedelta(days=1)):
        case(county, "plague")
        apps.deliver()
    one = signal_of_second(county)
    month = datetime(2026, 11, 1, tzinfo=clock.CHINA)
    with enter(county.viewer("epidemiologist")) as viewer:
        assert queries.punctuality(viewer, month) == queries.Punctuality(1, 0)
        services.answer(one.id, viewer, "verifying_desk")
        assert queries.punctuality(viewer, month) == queries.Punctuality(2, 1)


def signal_of_second(county):
    case(county)
    apps.deliver()
    return Signal.objects.get(disease="cholera")


def test_days_of_a_signal_span_its_cases(county):
    one = signal_of(county)
    assert (one.first_day, one.last_day) == (date(2026, 11, 19), date(2026, 11, 19))
