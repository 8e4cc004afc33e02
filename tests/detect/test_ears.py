"""EARS by hand: what the bound is, when it alarms, and when it does not answer."""

import math

import numpy as np
import pytest

from yifang.detect import Reason, ears_c1, ears_c2, ears_c3
from yifang.detect.normal import upper_tail
from yifang.kernel.errors import UserError

NAN = math.nan
Z001, Z025 = 3.090232306167813, 1.959963984540054  # normal quantiles of 0.999 and 0.975
RISING = [1, 2, 3, 4, 5, 6, 7]  # mean 4, sd sqrt(28/6)
SD = math.sqrt(28 / 6)


@pytest.mark.parametrize(("now", "alarm"), [(10, False), (11, True)])
def test_c1_is_the_mean_and_z_spreads_of_the_seven_before(now, alarm):
    found = ears_c1([*RISING, now])
    assert found.upperbound[7] == pytest.approx(4 + Z001 * SD)  # 10.68
    assert found.expected[7] == 4
    assert found.score[7] == pytest.approx((now - 4) / (Z001 * SD))
    assert found.pvalue[7] == pytest.approx(0.5 * math.erfc((now - 4) / SD / math.sqrt(2)), rel=1e-9)
    assert bool(found.alarm[7]) is alarm
    assert list(found.evaluable) == [False] * 7 + [True]
    assert set(found.reason[:7]) == {Reason.SHORT_HISTORY}


def test_c2_leaves_the_two_steps_before_out():
    found = ears_c2([*RISING, 90, 80, 11])
    assert found.upperbound[9] == pytest.approx(4 + Z001 * SD)
    assert found.alarm[9]
    assert list(found.evaluable) == [False] * 9 + [True]


def test_c3_takes_off_what_was_above_in_the_two_steps_before():
    counts = [1, 1, *RISING, 12, 12, 9]
    mean, sd = [], []
    for t in (9, 10, 11):
        window = np.array(counts[t - 9 : t - 2])
        mean.append(window.mean())
        sd.append(window.std(ddof=1))
    excess = sum(max(0, (12 - mean[i]) / sd[i] - 1) for i in (0, 1))
    as_r, textbook = ears_c3(counts), ears_c3(counts, textbook=True)
    assert as_r.upperbound[11] == pytest.approx(max(0, 9 + sd[2] * (Z025 - excess)))
    assert textbook.upperbound[11] == pytest.approx(max(0, mean[2] + sd[2] * (Z025 - excess)))
    assert as_r.alarm[11]
    assert textbook.alarm[11]
    assert as_r.score[11] == pytest.approx(excess / Z025)
    assert textbook.score[11] == pytest.approx(((9 - mean[2]) / sd[2] + excess) / Z025)


def test_only_the_textbook_c3_sees_the_present_count():
    counts = [3, 5, 4, 3, 5, 4, 3, 5, 4, 3, 4, 500]
    assert not ears_c3(counts).alarm[11]
    assert ears_c3(counts, textbook=True).alarm[11]


def test_a_flat_history_bounds_c1_by_its_mean_and_leaves_c3_without_an_answer():
    found = ears_c1([2] * 7 + [2])
    assert (found.upperbound[7], found.score[7], found.pvalue[7], found.alarm[7]) == (2, 0, 0.5, False)
    found = ears_c1([2] * 7 + [3])
    assert (found.upperbound[7], found.score[7], found.pvalue[7], found.alarm[7]) == (2, math.inf, 0, True)
    assert ears_c3([0] * 12).reason[11] == Reason.NO_SPREAD
    assert ears_c3([0] * 12, minSigma=0.2).evaluable[11]


def test_min_sigma_is_a_floor_of_the_spread():
    assert ears_c1([2] * 8, minSigma=0.5).upperbound[7] == pytest.approx(2 + 0.5 * Z001)


def test_what_is_missing_is_not_zero_and_says_so():
    found = ears_c1([*RISING, NAN, 99, 99])
    assert list(found.reason[7:]) == [Reason.NO_COUNT, Reason.MISSING_HISTORY, Reason.MISSING_HISTORY]
    assert not found.alarm.any()
    assert found.upperbound[7] == pytest.approx(4 + Z001 * SD)  # the bound of a week that is not in yet
    assert np.isnan(found.upperbound[8:]).all()
    leading = ears_c1([NAN, NAN, *RISING, 99])
    assert list(leading.reason) == [Reason.NO_COUNT] * 2 + [Reason.SHORT_HISTORY] * 7 + [Reason.NONE]


def test_a_population_is_used_only_when_asked():
    counts, people = np.array([10.0] * 7 + [25]), np.array([100.0] * 7 + [200])
    assert ears_c1(counts, people).upperbound[7] == 10
    offset = ears_c1(counts, people, populationOffset=True, minSigma=1)
    assert (offset.expected[7], offset.upperbound[7]) == pytest.approx((20, 20 + Z001))
    people[7] = 0
    assert ears_c1(counts, people, populationOffset=True).reason[7] == Reason.NO_POPULATION


@pytest.mark.parametrize(
    ("counts", "given", "says"),
    [
        ([[1, -1]], {}, "0 or more"),
        ([[1, math.inf]], {}, "0 or more"),
        (["a"], {}, "0 or more"),
        (np.zeros((1, 2, 3)), {}, "(1, 2, 3)"),
        ([1], {"baseline": 2}, "baseline"),
        ([1], {"baseline": 7.5}, "baseline"),
        ([1], {"baseline": True}, "baseline"),
        ([1], {"alpha": 0.5}, "alpha"),
        ([1], {"alpha": 0}, "alpha"),
        ([1], {"minSigma": -1}, "minSigma"),
        ([1], {"minSigma": NAN}, "minSigma"),
        ([1], {"populationOffset": 1}, "populationOffset"),
        ([1], {"populationOffset": True}, "populationOffset"),
    ],
)
def test_wrong_counts_and_parameters_are_named(counts, given, says):
    with pytest.raises(UserError) as wrong:
        ears_c1(counts, **given)
    assert says in wrong.value.render("en")
    assert wrong.value.render("zh")


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0, 0), (2, 3)])
def test_too_little_of_anything_has_its_shape_and_no_alarm(shape):
    for method in (ears_c1, ears_c2, ears_c3):
        found = method(np.ones(shape))
        assert found.alarm.shape == found.pvalue.shape == found.reason.shape == shape
        assert not found.evaluable.any()


def test_the_tail_of_the_normal_distribution():
    z = np.linspace(-9.5, 37, 40_001)
    exact = np.array([0.5 * math.erfc(one / math.sqrt(2)) for one in z])
    assert upper_tail(z) == pytest.approx(exact, rel=1e-9)
    assert list(upper_tail(np.array([math.inf, -math.inf, 0.0]))) == [0, 1, pytest.approx(0.5)]
    assert np.isnan(upper_tail(np.array([NAN]))).all()
