"""The score: what was found against what is true, in small truths written by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from yifang.world import truth as truths
from yifang.world.scoring import Card, Found, Signal, Suspicion, score, visit_of
from yifang.world.truth import TrueCase, TrueDecoy, TrueOutbreak, TrueVisit, Truth

SCHOOL, CLASS, TOWN, VILLAGE = "649921S001", "649921S001-101", "649921003", "649921003201"
NORO = "other_infectious_diarrhoea"


def visit(number: str, *evidence: str, lost: str = "") -> TrueVisit:
    return TrueVisit(number, "649921H01", "2026-03-03T09:00", False, evidence, lost)


def case(id: str, *visits: TrueVisit, disease: str = NORO, outbreak: str | None = "OB", **more: str) -> TrueCase:
    expected = any(one.evidence for one in visits)
    reason = "" if expected else "never_visited" if not visits else "without_code_or_words"
    if visits and not expected and any(one.lost for one in visits):
        reason = "only_in_quarantine"
    return replace(
        TrueCase(
            id=id, person=f"R{id}", id_no=f"64992119900101{id[-1]}00X", disease=disease, onset="2026-03-02",
            diagnosed="2026-03-03T09:00" if visits else "", area=VILLAGE, unit=SCHOOL, written="code", visits=visits,
            expected=expected, reason=reason, outbreak=outbreak,
        ),
        **more,
    )  # fmt: skip


A, B, C, D = (f"H01260303000{number}" for number in (1, 2, 3, 4))
OUTBREAK = TrueOutbreak("OB", NORO, "school", (TOWN,), SCHOOL, (CLASS,), "2026-03-02", "2026-03-06", "", ("R1", "R2"))
TRUTH = Truth(
    outbreaks=(OUTBREAK,),
    cases=(
        case("1", visit(A, "code")),
        case("2", visit(B, "lab")),
        case("3", visit(C)),
        case("4"),
        case("5", visit(D, lost="quarantine"), outbreak=None, disease="varicella"),
    ),
    decoys=(TrueDecoy("P012603030099", "past", ("pulmonary_tb",), "649921P01"),
            TrueDecoy("P012603030098", "screening", ("hepatitis_b", "hiv_aids"), "649921P01")),
    first_day="2026-02-16",
    last_day="2026-03-15",
)  # fmt: skip


def signal(**changes: str) -> Signal:
    given = {
        "disease": NORO, "area": TOWN, "unit": "", "first_day": "2026-03-01", "last_day": "2026-03-04",
        "raised": "2026-03-05", "method": "ears_c1",
    } | changes  # fmt: skip
    return Signal(**given)


def missed(found: Found) -> dict[str, str]:
    return {one.id: one.missed for one in score(TRUTH, found).cases}


def test_nothing_found_names_every_reason() -> None:
    told = score(TRUTH, Found())
    assert {one.id: one.missed for one in told.cases} == {
        "1": "not_suspected", "2": "not_suspected", "3": "without_code_or_words", "4": "never_visited",
        "5": "only_in_quarantine",
    }  # fmt: skip
    assert told.reasons == {
        "not_suspected": 2, "without_code_or_words": 1, "never_visited": 1, "only_in_quarantine": 1
    }  # fmt: skip
    assert told.totals.sensitivity == 0.0
    assert told.outbreaks[0].missed == "no_signal"


@pytest.mark.parametrize(
    "record", [A, f"visit:{A}|A08.100|1a2b3c4d", f"lab:L{A}|肠道病毒核酸|1a2b", f"document:EMR-{A}"]
)
def test_a_suspicion_is_matched_by_the_visit_in_its_key(record: str) -> None:
    assert visit_of(record) == A
    assert missed(Found(suspicions=[Suspicion(record, NORO)]))["1"] == ""


def test_a_pathogens_name_counts_as_the_disease_it_is_reported_as() -> None:
    assert missed(Found(suspicions=[Suspicion(A, "norovirus")]))["1"] == ""


def test_another_disease_is_no_find_and_is_counted() -> None:
    told = score(TRUTH, Found(suspicions=[Suspicion(A, "measles"), Suspicion("H012603030077", "influenza")]))
    assert told.cases[0].missed == "not_suspected"
    assert (told.totals.other_diseases, told.totals.on_nobody, told.nobody) == (1, 1, {"influenza": 1})


def test_sensitivity_is_of_what_could_be_seen() -> None:
    told = score(TRUTH, Found(suspicions=[Suspicion(A, NORO), Suspicion(C, NORO)]))
    assert (told.totals.expected, told.totals.expected_suspected, told.totals.unexpected_suspected) == (2, 1, 1)
    assert told.totals.sensitivity == 0.5
    assert told.by_disease[NORO] == (2, 1)


@pytest.mark.parametrize(
    ("card", "carded"),
    [
        (Card(A, NORO), True),
        (Card(f"visit:{A}", "norovirus"), True),
        (Card(TRUTH.cases[0].id_no, NORO), True),
        (Card(TRUTH.cases[0].id_no, NORO, on="2026-03-04"), True),
        (Card(TRUTH.cases[0].id_no, NORO, on="2025-03-04"), False),  # of another illness
        (Card(TRUTH.cases[0].id_no, "measles"), False),
        (Card("H012603030077", NORO), False),
    ],
)
def test_cards_by_visit_or_identity_number(card: Card, carded: bool) -> None:
    fate = score(TRUTH, Found(cards=[card])).cases[0]
    assert (fate.carded, fate.missed) == (carded, "" if carded else "not_suspected")


def test_a_card_by_its_national_number() -> None:
    known = replace(TRUTH, cases=(replace(TRUTH.cases[3], card="6499260304000001"),))
    assert score(known, Found(cards=[Card("?", NORO, "6499260304000001")])).cases[0].carded


def test_decoys_that_were_suspected() -> None:
    told = score(
        TRUTH,
        Found(suspicions=[Suspicion("P012603030099", "pulmonary_tb"), Suspicion("P012603030098", "hepatitis_b"),
                          Suspicion("P012603030098", "measles")]),
    )  # fmt: skip
    assert [(one.kind, one.suspected) for one in told.decoys] == [
        ("past", ("pulmonary_tb",)),
        ("screening", ("hepatitis_b",)),
    ]
    assert told.totals.decoys_suspected == 2
    assert told.nobody == {"measles": 1}


FINDS = {
    "its township": {},
    "the county": {"area": "649921"},
    "its school": {"area": "649921", "unit": SCHOOL},
    "a class of it": {"area": "", "unit": CLASS},
    "its syndrome": {"disease": "vomiting"},
    "the pathogen": {"disease": "norovirus"},
    "on the last day that counts": {"raised": "2026-03-20"},
}
MISSES = {
    "another disease": ({"disease": "measles"}, "no_signal"),
    "another town": ({"area": "649921004"}, "elsewhere"),
    "another school": ({"unit": "649921S002"}, "elsewhere"),
    "a school whose code begins alike": ({"unit": "649921S0011"}, "elsewhere"),
    "before it began": ({"raised": "2026-03-01", "first_day": "2026-02-20", "last_day": "2026-02-27"}, "not_in_window"),
    "long after": ({"raised": "2026-04-20", "first_day": "2026-04-12", "last_day": "2026-04-19"}, "not_in_window"),
}


@pytest.mark.parametrize("changes", FINDS.values(), ids=FINDS)
def test_a_signal_finds_the_outbreak(changes: dict[str, str]) -> None:
    told = score(TRUTH, Found(signals=[signal(**changes)]))
    assert told.signals[0].about == "outbreak"
    assert told.outbreaks[0].missed == ""
    assert told.totals.false_signals == 0


@pytest.mark.parametrize(("changes", "reason"), MISSES.values(), ids=MISSES)
def test_a_signal_that_is_not_of_the_outbreak(changes: dict[str, str], reason: str) -> None:
    told = score(TRUTH, Found(signals=[signal(**changes)]))
    assert told.outbreaks[0].missed == reason
    assert told.totals.false_signals == 1
    assert told.totals.false_signals_a_week == pytest.approx(1 / 4)


def test_the_delay_is_to_the_first_of_several_signals() -> None:
    told = score(
        TRUTH, Found(signals=[signal(raised="2026-03-09", method="late"), signal(raised="2026-03-05T10:20:00")])
    )
    (fate,) = told.outbreaks
    assert (fate.delay, fate.method, fate.signals, told.totals.median_delay) == (3, "ears_c1", 2, 3)


def test_true_cases_without_an_outbreak_make_a_signal_of_chance() -> None:
    cases = tuple(
        case(id, visit(number, "code"), disease="mumps", outbreak=None) for id, number in (("6", A), ("7", B))
    )
    told = score(replace(TRUTH, cases=cases), Found(signals=[signal(disease="mumps")]))
    assert [one.about for one in told.signals] == ["chance"]
    assert (told.totals.false_signals, told.totals.chance_signals) == (0, 1)


def test_a_case_knows_whether_it_was_in_a_signal() -> None:
    told = score(TRUTH, Found(signals=[signal(unit=SCHOOL)]))
    assert [one.in_signal for one in told.cases] == [True, True, True, True, False]
    assert told.totals.in_signal == 4


def test_the_whole_truth_of_a_made_county_scores_in_full(made: Path) -> None:
    """Someone who finds exactly what can be seen has every number right, and the account is plain data."""
    import json

    told = truths.read(made)
    suspicions = [
        Suspicion(one.number, case.disease) for case in told.cases for one in case.visits if one.evidence
    ]  # fmt: skip
    signals = [
        Signal(one.disease, one.areas[0], one.unit, one.first_day, one.last_day, one.last_day, "oracle")
        for one in told.outbreaks
    ]
    perfect = score(told, Found(suspicions, (), signals))
    totals = perfect.totals
    assert (totals.sensitivity, totals.decoys_suspected, totals.on_nobody, totals.other_diseases) == (1.0, 0, 0, 0)
    assert (totals.outbreaks_found, totals.false_signals) == (len(told.outbreaks), 0)
    assert json.dumps(perfect.as_dict())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_account_has_words_for_everything(lang: str) -> None:
    from yifang.world.telling import account

    none = "\n".join(account(score(TRUTH, Found()), lang))
    some = "\n".join(
        account(
            score(
                TRUTH,
                Found([Suspicion(A, NORO), Suspicion("P012603030098", "hepatitis_b")], [Card(B, NORO)], [signal()]),
            ),
            lang,
        )
    )
    assert {"OB"} <= set(none.split())
    assert "50.0%" in some
    assert "ears_c1" in some
    for changes, _ in MISSES.values():
        assert list(account(score(TRUTH, Found(signals=[signal(**changes)])), lang))
