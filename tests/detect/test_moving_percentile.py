"""The moving percentile by hand and against a plain loop."""

import math

import numpy as np
import pytest

from yifang import knowledge
from yifang.detect import Reason, moving_percentile
from yifang.kernel.errors import UserError

NAN = math.nan
WEEKS = 5 * 52 + 2 + 1  # the first week that can be judged is the last of these


def plain(counts, b, w, freq, block, percentile, least):
    """Bound and number of blocks of one series, block by block."""
    bounds = np.full(len(counts), NAN)
    for t in range(len(counts)):
        blocks = []
        for k in range(1, b + 1):
            for place in range(-w, w + 1):
                end = t - round(k * freq) + place * block
                if end - block + 1 < 0:
                    blocks = None
                    break
                blocks.append(sum(counts[end - block + 1 : end + 1]))
            if blocks is None:
                break
        if blocks is not None:
            known = [one for one in blocks if not math.isnan(one)]
            if len(known) >= least:
                bounds[t] = np.percentile(known, percentile, method="linear")
    return bounds


def history(blocks):
    """263 weeks whose 25 historical blocks are these, oldest year first, and zero everywhere else."""
    counts = np.zeros(WEEKS)
    for year, five in enumerate(np.reshape(blocks, (5, 5))):
        end = WEEKS - 1 - 52 * (5 - year)
        counts[end - 2 : end + 3] = five
    return counts


def test_the_bound_is_the_80th_percentile_of_25_blocks():
    counts = history(np.arange(1.0, 26))  # place 0.8 · 24 = 19.2 of 1…25
    for now, alarm in ((20, False), (21, True)):
        counts[-1] = now
        found = moving_percentile(counts)
        assert found.upperbound[-1] == pytest.approx(20.2)
        assert found.expected[-1] == 13
        assert bool(found.alarm[-1]) is alarm
        assert found.score[-1] == pytest.approx(now / 20.2)
    assert found.pvalue[-1] == pytest.approx((1 + 5) / 26)  # 21…25 are as high
    assert found.evaluable.sum() == 1
    assert set(found.reason[:-1]) == {Reason.SHORT_HISTORY}


def test_a_tie_with_an_interpolated_bound_is_no_alarm():
    counts = history([0.0] * 19 + [3.0] + [8.0] * 5)  # 3 + 0.2 · 5
    counts[-1] = 4
    found = moving_percentile(counts)
    assert found.upperbound[-1] == 4
    assert not found.alarm[-1]


@pytest.mark.parametrize(("now", "alarm"), [(0, False), (1, False), (2, True)])
def test_a_signal_needs_the_least_number_of_cases_of_the_pack(now, alarm):
    counts = np.zeros(WEEKS)
    counts[-1] = now
    found = moving_percentile(counts)
    assert found.upperbound[-1] == 0
    assert bool(found.alarm[-1]) is alarm
    assert found.score[-1] == (math.inf if now else 0)


def test_the_defaults_are_those_of_the_pack():
    rule = knowledge.load().thresholds.cidars
    used = moving_percentile(np.zeros(3)).parameters
    assert used["b"] == rule.history.years
    assert used["w"] == rule.history.weeks_each_side
    assert used["b"] * (2 * used["w"] + 1) == rule.history.blocks
    assert used["percentile"] == rule.default_percentile
    assert used["min_cases"] == rule.min_cases
    assert moving_percentile(np.zeros(3), freq=365.25).parameters["block"] == rule.current_window_days


def test_blocks_that_are_missing_are_left_out_and_not_zero():
    counts = history(np.arange(1.0, 26))
    counts[-1] = 99
    gone = [WEEKS - 1 - 52 * k for k in (1, 2, 3, 4, 5)]
    for number, week in enumerate(gone):
        counts[week] = NAN
        counts_now = counts.copy()
        found = moving_percentile(counts_now)
        kept = np.array([v for v in np.arange(1.0, 26) if v not in (23, 18, 13, 8, 3)[: number + 1]])
        assert found.upperbound[-1] == pytest.approx(np.percentile(kept, 80))
    counts[gone[0] + 1] = NAN  # 19 of 25 are left
    found = moving_percentile(counts)
    assert (found.reason[-1], bool(found.alarm[-1])) == (Reason.MISSING_HISTORY, False)
    assert moving_percentile(counts, min_blocks=19).alarm[-1]
    counts[-1] = NAN
    assert moving_percentile(counts, min_blocks=19).reason[-1] == Reason.NO_COUNT


def test_days_are_summed_to_blocks_of_seven():
    rng = np.random.default_rng(3)
    counts = rng.poisson(2.0, 6 * 365).astype(float)
    counts[400] = NAN
    found = moving_percentile(counts, freq=365.25)
    assert found.observed[-1] == counts[-7:].sum()
    assert np.isnan(found.observed[400:407]).all()
    bounds = plain(counts, 5, 2, 365.25, 7, 80, 20)
    assert found.upperbound == pytest.approx(bounds, nan_ok=True)
    assert np.flatnonzero(found.evaluable)[0] == round(5 * 365.25) + 14 + 6


@pytest.mark.parametrize(
    ("freq", "length", "given"),
    [(52, 330, {}), (365.25 / 7, 330, {}), (12, 90, {}), (12, 90, {"w": 1, "b": 3}), (52, 250, {"b": 3, "w": 0})],
)
def test_weeks_and_months_agree_with_a_plain_loop(freq, length, given):
    rng = np.random.default_rng(4)
    counts = rng.poisson(6.0, (4, length)).astype(float)
    counts[rng.random(counts.shape) < 0.03] = NAN
    found = moving_percentile(counts, freq=freq, percentile=[80, 90, 75, 45], **given)
    b, w = given.get("b", 5), given.get("w", 2)
    for row, percentile in enumerate((80, 90, 75, 45)):
        bounds = plain(counts[row], b, w, freq, 1, percentile, math.ceil(0.8 * b * (2 * w + 1)))
        assert found.upperbound[row] == pytest.approx(bounds, nan_ok=True)
    assert found.alarm.any()


def test_rates_follow_the_present_population():
    counts, people = np.full(WEEKS, 5.0), np.full(WEEKS, 1_000.0)
    people[-1] = 2_000
    assert moving_percentile(counts, people).upperbound[-1] == 5
    assert moving_percentile(counts, people, populationOffset=True).upperbound[-1] == 10


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"percentile": 0}, "percentile"),
        ({"percentile": 100}, "percentile"),
        ({"percentile": [80, 80]}, "percentile"),
        ({"percentile": "high"}, "percentile"),
        ({"percentile": ["high"]}, "percentile"),
        ({"b": 0}, "b"),
        ({"w": 27}, "w"),
        ({"freq": 12, "w": 12}, "w=12"),
        ({"min_blocks": 26}, "25"),
    ],
)
def test_wrong_parameters_are_named(given, says):
    with pytest.raises(UserError) as wrong:
        moving_percentile([1, 2, 3], **given)
    assert says in wrong.value.render("en")
    assert wrong.value.render("zh")


@pytest.mark.parametrize("shape", [(0, 300), (3, 0), (2, 100)])
def test_too_little_of_anything_has_its_shape_and_no_alarm(shape):
    found = moving_percentile(np.ones(shape))
    assert found.alarm.shape == found.upperbound.shape == shape
    assert not found.evaluable.any()
