"""What must hold for every method of the registry, whatever the counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yifang.detect import METHODS, Reason
from yifang.kernel import messages

ARRAYS = ("observed", "expected", "upperbound", "pvalue", "score", "alarm", "evaluable", "reason")
# a short year, so that few counts are a long history
SHORT = {"moving_percentile": {"freq": 8, "b": 2, "w": 1}}
CASES = [
    *((name, SHORT.get(name, {})) for name in METHODS),
    ("ears_c1", {"minSigma": 0.5, "baseline": 5}),
    ("ears_c3", {"textbook": True}),
    ("moving_percentile", {"freq": 30, "b": 1, "w": 1, "block": 3}),
]
every = pytest.mark.parametrize(("name", "parameters"), CASES)


@st.composite
def matrices(draw):
    series, length = draw(st.integers(1, 4)), draw(st.integers(1, 45))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = rng.poisson(draw(st.sampled_from([0.1, 1, 20])), (series, length)).astype(float)
    counts[rng.random(counts.shape) < draw(st.sampled_from([0, 0.02, 0.2]))] = np.nan
    return counts


def equal(a, b):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@every
@settings(max_examples=60, deadline=None)
@given(counts=matrices())
def test_no_alarm_without_an_answer_and_no_answer_without_numbers(name, parameters, counts):
    before = counts.copy()
    found = METHODS[name].run(counts, **parameters)
    np.testing.assert_array_equal(counts, before)
    assert {getattr(found, array).shape for array in ARRAYS} == {counts.shape}
    assert found.alarm.dtype == found.evaluable.dtype == bool
    assert not (found.alarm & ~found.evaluable).any()
    assert not found.evaluable[np.isnan(counts)].any()
    assert ((found.reason == Reason.NONE) == found.evaluable).all()
    judged = found.evaluable
    assert np.isfinite(found.upperbound[judged]).all()
    assert np.isfinite(found.expected[judged]).all()
    assert ((found.pvalue[judged] >= 0) & (found.pvalue[judged] <= 1)).all()
    assert np.isnan(found.pvalue[~judged]).all()
    assert np.isnan(found.score[~judged]).all()
    assert not np.isnan(found.score[judged]).any()
    assert (found.observed[found.alarm] > found.upperbound[found.alarm]).all()


@every
@settings(max_examples=40, deadline=None)
@given(counts=matrices(), seed=st.integers(0, 1_000))
def test_a_series_is_judged_for_itself(name, parameters, counts, seed):
    run = METHODS[name].run
    whole = run(counts, **parameters)
    order = np.random.default_rng(seed).permutation(len(counts))
    mixed = run(counts[order], **parameters)
    for array in ARRAYS:
        np.testing.assert_array_equal(getattr(mixed, array), getattr(whole, array)[order])
    for row, one in enumerate(counts):
        alone = run(one, **parameters)
        for array in ARRAYS:
            np.testing.assert_array_equal(getattr(alone, array), getattr(whole, array)[row])


@every
@settings(max_examples=40, deadline=None)
@given(counts=matrices(), cut=st.integers(1, 45))
def test_what_comes_later_changes_nothing(name, parameters, counts, cut):
    run = METHODS[name].run
    early, whole = run(counts[:, :cut], **parameters), run(counts, **parameters)
    for array in ARRAYS:
        np.testing.assert_array_equal(getattr(early, array), getattr(whole, array)[:, :cut])


@pytest.mark.parametrize(
    ("name", "parameters"), [case for case in CASES if case[1].get("minSigma") is None and case[0] != "ears_c3"]
)
@settings(max_examples=40, deadline=None)
@given(counts=matrices(), factor=st.sampled_from([2.0, 8.0]))
def test_twice_the_counts_have_twice_the_bound(name, parameters, counts, factor):
    once, more = METHODS[name].run(counts, **parameters), METHODS[name].run(counts * factor, **parameters)
    np.testing.assert_allclose(more.upperbound, once.upperbound * factor, rtol=1e-12)
    np.testing.assert_array_equal(more.evaluable, once.evaluable)
    np.testing.assert_allclose(more.score, once.score, rtol=1e-12)
    np.testing.assert_allclose(more.pvalue, once.pvalue, rtol=1e-9)


@pytest.mark.parametrize("name", ["ears_c1", "ears_c2", "moving_percentile"])
@settings(max_examples=40, deadline=None)
@given(counts=matrices(), more=st.integers(1, 50))
def test_the_same_number_more_in_every_week_lifts_the_bound_by_it(name, counts, more):
    parameters = SHORT.get(name, {})
    once, lifted = METHODS[name].run(counts, **parameters), METHODS[name].run(counts + more, **parameters)
    np.testing.assert_allclose(lifted.upperbound, once.upperbound + more, rtol=1e-9)
    np.testing.assert_array_equal(lifted.evaluable, once.evaluable)


def test_every_method_declares_its_parameters_and_its_words():
    for name, method in METHODS.items():
        assert name == method.name == method.run.__name__
        for one in method.parameters:
            method.default(one.name)
            value = method.default(one.name)
            assert value is None or one.check(value) == value
        for lang in messages.LANGUAGES:
            assert messages.render(f"detect.method.{name}", None, lang)
    for reason in Reason:
        for lang in messages.LANGUAGES:
            assert messages.render(f"detect.reason.{reason.name.lower()}", None, lang)
