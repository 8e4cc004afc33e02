"""Records against cards: one verdict an episode, as a table of what stands where."""

from datetime import date, datetime, timedelta

import pytest

from yifang.audit import Dismissed, Said, Told, compare, rules_of
from yifang.kernel.clock import CHINA
from yifang.knowledge import load

RULES = rules_of(load())
AT = datetime(2026, 11, 3, 9, 0, tzinfo=CHINA)
NOW = AT + timedelta(days=20)


def said(disease="influenza", hours=0.0, **more):
    given = {"source": "his", "level": "strong", "rule": "diag_icd", "named": True, "department": "儿科"} | more
    at = AT + timedelta(hours=hours)
    return Said(given.pop("person", "P1"), given.pop("record", f"R{hours}"), disease, at, **given)


def lab(disease="influenza", hours=1.0, **more):
    return said(disease, hours, **({"source": "lis", "rule": "lab", "named": False} | more))


def told(disease="influenza", entered=5.0, diagnosed=0.0, own=True, **more):
    at = None if entered is None else AT + timedelta(hours=entered)
    given = {"stands": True, "case_class": "clinical"} | more
    person, id = given.pop("person", "P1"), given.pop("id", "K1")
    return Told(id, person, disease, own, given.pop("stands"), AT + timedelta(hours=diagnosed), at, **given)


def verdicts(evidence, cards=(), dismissed=(), now=NOW, **more):
    return compare(evidence, cards, dismissed, RULES, now, **more)


CASES = {
    "nothing was reported": ([said()], [], "missed", ""),
    "reported in time": ([said()], [told()], "reported", ""),
    "reported after the limit": ([said()], [told(entered=30)], "late", ""),
    "a card without a number is late once its time is over": ([said()], [told(entered=None)], "late", "not_entered"),
    "the clock was begun anew": ([said()], [told(diagnosed=60, entered=61)], "late", "diagnosed_earlier"),
    "a result proves what the card calls clinical": (
        [said(), lab(case_class="confirmed")], [told()], "wrong_class", "class_too_low"),
    "a result and a diagnosis prove it together": (
        [said(), lab(rule="lb_flu_ag")], [told()], "wrong_class", "class_too_low"),
    "the result without the diagnosis does not": ([lab(rule="lb_flu_ag")], [told()], "reported", ""),
    "the result came after the card, and the card stands as it was": (
        [said(), lab(hours=72, case_class="confirmed")], [told()], "wrong_class", "class_since"),
    "the second card says what the result proved": (
        [said(), lab(hours=72, case_class="confirmed")],
        [told(), told(diagnosed=72, entered=74, case_class="confirmed", id="K2")], "reported", ""),
    "chickenpox where nobody reports it": ([said("varicella")], [], None, ""),
    "a smear is positive and the card says none was done": (
        [lab("pulmonary_tb", subtype="tb_pos")], [told("pulmonary_tb", subtype="tb_none", case_class="clinical")],
        "wrong_class", "subtype"),
    "another type of hepatitis, proven": (
        [lab("hepatitis_a", case_class="confirmed")], [told("hepatitis_unspecified")], "wrong_class", "disease"),
    "another hospital had reported before": ([said()], [told(own=False, diagnosed=-48)], "reported_elsewhere", ""),
    "another reported what came here first": (
        [said()], [told(own=False, diagnosed=72, entered=80)], "reported_elsewhere", "first_here"),
    "lifelong, reported years ago": (
        [said("hepatitis_b")], [told("hepatitis_b", diagnosed=-9000, entered=-8990)], "reported", ""),
    "an old late card is not late today": (
        [said("hepatitis_b")], [told("hepatitis_b", diagnosed=-9000, entered=-8900)], "reported", ""),
    "the same disease a season ago is another episode": (
        [said()], [told(diagnosed=-24 * 90, entered=-24 * 90 + 2)], "missed", ""),
    "a deleted card is a person's decision": ([said()], [told(stands=False, why="deleted")], "not_a_case",
                                              "deleted:deleted"),
    "a rule holds it back": (
        [lab("hepatitis_b", level="moderate", withheld="neg_screening")], [], "not_a_case", "neg_screening"),
    "held back here, diagnosed there": (
        [lab("hepatitis_b", withheld="neg_screening"), said("hepatitis_b", 2)], [], "missed", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_stands_where_gives(name):
    evidence, cards, kind, reason = CASES[name]
    found = verdicts(evidence, cards)
    assert [(one.kind, one.reason) for one in found] == ([(kind, reason)] if kind else [])


def test_how_late_is_counted_from_the_limit():
    assert verdicts([said()], [told(entered=30)])[0].minutes == 6 * 60


def test_nothing_is_missed_before_its_time_is_over():
    assert verdicts([said()], now=AT + timedelta(hours=23))[0].kind == "waiting"
    assert verdicts([said("plague")], now=AT + timedelta(hours=3))[0].kind == "missed"


def test_a_doctors_dismissal_is_the_reason():
    found = verdicts([said()], dismissed=[Dismissed("P1", "influenza", date(2026, 11, 4), "past")])
    assert (found[0].kind, found[0].reason) == ("not_a_case", "doctor:past")
    other = verdicts([said()], dismissed=[Dismissed("P1", "influenza", date(2026, 6, 4), "past")])
    assert other[0].kind == "missed"


def test_an_episode_counts_once_and_in_any_order():
    evidence = [said(hours=h) for h in (0, 1, 30, 100)] + [lab(hours=2)]
    one = verdicts(evidence)
    assert len(one) == 1
    assert len(one[0].said) == 5
    assert verdicts(list(reversed(evidence))) == one
    assert len(verdicts([said(), said(hours=24 * 40)])) == 2


def test_confirmed_without_any_result_needs_a_laboratory_that_finds_it():
    other = lab(person="P2")
    card = told(case_class="confirmed")
    without = {"P2": [date(2026, 11, 3)]}
    assert [v.reason for v in verdicts([said(), other], [card], tested=without) if v.person == "P1"] == [
        "class_without_result"
    ]
    tested = without | {"P1": [date(2026, 11, 3)]}
    assert [v.kind for v in verdicts([said(), other], [card], tested=tested) if v.person == "P1"] == ["reported"]
    assert verdicts([said()], [card], tested={})[0].kind == "reported"  # this laboratory never tests for it
    assert verdicts([said()], [card])[0].kind == "reported"  # the laboratory sends nothing


def test_a_result_that_a_doctor_wrote_down_is_a_result():
    evidence = [said(), said(rule="lb_flu_pcr", named=False, level="moderate"), lab(person="P2")]
    found = verdicts(evidence, [told(case_class="confirmed")], tested={"P2": [date(2026, 11, 3)]})
    assert [one.kind for one in found if one.person == "P1"] == ["reported"]


def test_a_disease_outside_the_law_is_audited_where_it_is_reported():
    cards = [told("varicella", person=f"P{n}", id=f"K{n}") for n in (2, 3)]
    evidence = [said("varicella", person=f"P{n}") for n in (1, 2, 3)]
    assert [one.kind for one in verdicts(evidence, cards) if one.person == "P1"] == ["missed"]
    assert verdicts(evidence, cards[:1]) == []


def test_the_vaguer_of_two_names_of_one_illness_is_left():
    found = verdicts([said("hepatitis_unspecified"), lab("hepatitis_a")])
    assert [one.disease for one in found] == ["hepatitis_a"]


def test_weak_evidence_says_nothing():
    assert verdicts([said(level="weak")]) == []
