"""Samples and intervals: against figures from the literature, and coverage by simulation."""

import random

import pytest

from yifang.audit import Stratum, allocate, clopper_pearson, draw, ratio, size_for, stratified, wilson


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_newcombe_1998_prints_it(found, of, low, high):
    assert wilson(found, of) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_and_pearson_as_newcombe_1998_prints_it(found, of, low, high):
    assert clopper_pearson(found, of) == pytest.approx((low, high), abs=6e-5)


def test_a_stratified_rate_by_hand():
    # strata of 900 and 100; 20 looked at in each, 2 and 10 found: 0.9 · 0.1 + 0.1 · 0.5
    found = stratified([(Stratum("内科", "his", 900), 20, 2), (Stratum("儿科", "his", 100), 20, 10)])
    assert found.rate == pytest.approx(0.14)
    # variance 0.81·(1-20/900)·0.09/19 + 0.01·(1-20/100)·0.25/19; effective size 0.14·0.86/variance
    variance = 0.81 * (1 - 20 / 900) * 0.09 / 19 + 0.01 * 0.8 * 0.25 / 19
    assert (found.low, found.high) == pytest.approx(wilson(0, 0.14 * 0.86 / variance, rate=0.14))


def test_who_looked_at_everything_knows():
    found = stratified([(Stratum("内科", "his", 20), 20, 2)])
    assert (found.low, found.rate, found.high) == (0.1, 0.1, 0.1)


def test_none_found_is_not_certainty():
    found = stratified([(Stratum("内科", "his", 500), 20, 0), (Stratum("儿科", "his", 500), 20, 0)])
    assert found.rate == found.low == 0
    assert 0.02 < found.high < 0.25


@pytest.mark.parametrize("rates", [(0.02, 0.1, 0.3), (0.05, 0.05, 0.05), (0.0, 0.01, 0.2)])
def test_the_interval_holds_the_truth_as_often_as_it_says(rates):
    chance = random.Random(5)
    sizes, looked = (4000, 1500, 600), (80, 40, 40)
    truth = sum(n * p for n, p in zip(sizes, rates, strict=True)) / sum(sizes)
    held = 0
    for _ in range(800):
        strata = [
            (Stratum(f"D{at}", "his", size), n, sum(chance.random() < p for _ in range(n)))
            for at, (size, n, p) in enumerate(zip(sizes, looked, rates, strict=True))
        ]
        one = stratified(strata)
        held += one.low <= truth <= one.high
    assert held / 800 >= 0.93


def test_how_many_to_look_at():
    assert size_for(10**9, 0.5, 0.05) == 385  # Cochran's well-known number
    assert size_for(1000, 0.5, 0.05) == 278
    assert size_for(10, 0.5, 0.05) == 10
    with pytest.raises(ValueError, match="between 0 and 1"):
        size_for(100, 0.0, 0.05)


def test_small_departments_are_looked_at_too():
    given = allocate([Stratum("内科", "his", 970), Stratum("儿科", "his", 25), Stratum("牙科", "his", 1)], 50)
    assert given == {("内科", "his"): 48, ("儿科", "his"): 2, ("牙科", "his"): 1}
    assert sum(allocate([Stratum("A", "his", 10), Stratum("B", "his", 5)], 100).values()) == 15


def test_a_sample_is_the_same_again_and_another_by_another_seed():
    members = {("内科", "his"): [f"R{n}" for n in range(500)], ("儿科", "his"): [f"S{n}" for n in range(100)]}
    given = {("内科", "his"): 40, ("儿科", "his"): 10}
    one = draw(members, given, "2026-11")
    assert one == draw({key: reversed(list(keys)) for key, keys in members.items()}, given, "2026-11")
    assert len(set(one)) == 50
    assert one != draw(members, given, "2026-12")


# How often a visit is due, and how often what is due was missed, by stratum; the least share of intervals that hold.
RATIOS = [
    ((0.05, 0.2, 0.4), (0.1, 0.3, 0.2)),
    ((0.1, 0.1, 0.1), (0.05, 0.05, 0.05)),
    ((0.3, 0.5, 0.02), (0.4, 0.1, 0.5)),
]


@pytest.mark.parametrize(("due", "missed"), RATIOS)
def test_the_interval_of_missed_of_due_holds_the_truth_as_often_as_it_says(due, missed):
    chance = random.Random(11)
    sizes, looked = (4000, 1500, 600), (160, 80, 60)
    whole = [(size, round(size * y), round(size * y * x)) for size, y, x in zip(sizes, due, missed, strict=True)]
    truth = sum(x for _, _, x in whole) / sum(y for _, y, _ in whole)
    held = 0
    for _ in range(800):
        strata = []
        for at, ((size, y, x), n) in enumerate(zip(whole, looked, strict=True)):
            drawn = chance.sample(range(size), n)  # the first x were missed, the first y were due
            strata.append(
                (Stratum(f"D{at}", "his", size), n, sum(one < y for one in drawn), sum(one < x for one in drawn))
            )
        one = ratio(strata)
        held += one.low <= truth <= one.high
    assert 0.93 <= held / 800 < 1
