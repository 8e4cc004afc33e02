"""A case taken back or corrected away leaves its signal: numbers follow, the signal waits, its owner is told."""

from datetime import datetime, timedelta

import pytest

from tests import apps
from tests.surveillance.cases import case
from yifang.apps.accounts.viewers import enter
from yifang.apps.ledger.services import NODE, Change, append
from yifang.apps.surveillance import queries, services
from yifang.apps.surveillance.models import Signal, SignalCase
from yifang.apps.work.models import WorkItem
from yifang.kernel import clock

NOON = datetime(2026, 11, 20, 4, tzinfo=clock.UTC)


@pytest.fixture
def county(db):
    with clock.frozen(NOON):
        yield apps.county()


def change(one, kind="changed", **fields):
    """As reporting does it: the case is saved, and the ledger says so."""
    with apps.as_jobs():
        for name, value in fields.items():
            setattr(one, name, value)
        one.save()
        append(Change(f"reporting.case_{kind}", "case", one.id), NODE)
    apps.deliver()


def open_signal(county):
    made = case(county)
    apps.deliver()
    return made


LEAVES = {
    "taken back": ("excluded", {"excluded": True}, 0),
    "corrected to another disease": ("changed", {"disease": "hfmd"}, 0),
    "corrected to another county": ("changed", {"residence_area": apps.RESIDENCE}, 0),
    "another day": ("changed", {"onset_date": NOON.date() - timedelta(days=3)}, 1),
}


@pytest.mark.parametrize(("kind", "fields", "left"), LEAVES.values(), ids=LEAVES)
def test_the_count_follows_the_cases_and_the_signal_stays_open(county, kind, fields, left):
    one = open_signal(county)
    change(one, kind, **fields)
    signal = Signal.objects.get(disease="cholera", area_code=apps.DISTRICT)
    assert (signal.observed, signal.state, signal.has_fallen) == (left, "open", left == 0)
    assert WorkItem.objects.filter(kind="signal_answer", subject=signal.id, state="open").exists()
    with enter(county.viewer("epidemiologist")) as viewer:
        found = queries.detail(signal.id, viewer)
        assert (len(found.cases), found.hidden, len(found.left)) == (left, 0, 1 - left)


def test_heard_twice_it_leaves_once(county):
    one = open_signal(county)
    change(one, "excluded", excluded=True)
    change(one, "excluded")
    assert Signal.objects.get().observed == 0
    with apps.listening() as heard:
        change(one, "excluded")
    assert "surveillance.signal_left" not in heard.kinds


def test_one_of_two_leaves_and_the_days_are_of_the_one_that_stays(county):
    first = open_signal(county)
    with clock.frozen(NOON + timedelta(days=2)):
        case(county)
        apps.deliver()
    change(first, "excluded", excluded=True)
    signal = Signal.objects.get()
    assert (signal.observed, signal.first_day, signal.has_fallen) == (1, (NOON + timedelta(days=1)).date(), False)


def test_a_case_that_comes_back_is_counted_again(county):
    one = open_signal(county)
    change(one, "excluded", excluded=True)
    change(one, "changed", excluded=False)
    signal = Signal.objects.get()
    assert (signal.observed, signal.has_fallen) == (1, False)
    assert SignalCase.objects.get().left_at is None


def test_a_closed_signal_keeps_the_numbers_of_its_conclusion_and_a_case_that_comes_back_asks_again(county):
    one = open_signal(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(Signal.objects.get().id, viewer, "closed", conclusion="false_alarm")
    change(one, "excluded", excluded=True)
    closed = Signal.objects.get()
    assert (closed.observed, closed.state, closed.has_fallen) == (1, "closed", False)
    change(one, "changed", excluded=False)
    assert list(Signal.objects.exclude(id=closed.id).values_list("state", "observed")) == [("open", 1)]


TOLD = {
    # the county's desks until one of them takes it on, then that one
    None: {"epidemiologist": True, "duty_officer": True, "neighbour_epidemiologist": False, "bureau": False},
    "epidemiologist": {"epidemiologist": True, "duty_officer": False, "neighbour_epidemiologist": False},
}


@pytest.mark.parametrize(("owner", "told"), TOLD.items())
def test_the_owner_is_told_on_my_work_until_it_is_concluded(county, owner, told):
    one = open_signal(county)
    signal = Signal.objects.get()
    if owner:
        with enter(county.viewer(owner)) as viewer:
            services.answer(signal.id, viewer, "verifying_desk")
    change(one, "excluded", excluded=True)
    for name, is_told in told.items():
        with enter(county.viewer(name)) as viewer:
            assert [one.text for one in queries.notices(viewer)] == (
                ["病例被排除或订正后剩 0 例，低于限值 1 例；请核实后给出结论。"] if is_told else []
            )
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(signal.id, viewer, "closed", conclusion="false_alarm")
        assert list(queries.notices(viewer)) == []


def test_the_ledger_tells_the_owners_page(county):
    one = open_signal(county)
    with enter(county.viewer("epidemiologist")) as viewer:
        services.answer(Signal.objects.get().id, viewer, "verifying_desk")
    with apps.listening() as heard:
        change(one, "excluded", excluded=True)
    entry = next(entry for entry in heard.entries if entry.kind == "surveillance.signal_left")
    assert {f"area:{apps.DISTRICT}", f"user:{county.users['epidemiologist'].pk}"} <= set(entry.scopes)
    assert entry.facts["observed"] == 0
