"""Which small numbers of sensitive groups are hidden, and what is hidden with them."""

import pytest

from yifang.apps.surveillance import small_cells


@pytest.mark.parametrize(
    ("cells", "gone"),
    [
        ({("a",): 0, ("b",): 9}, set()),  # zero tells of nobody
        ({("a",): 4, ("b",): 9, ("c",): 7}, {("a",), ("c",)}),  # one alone would follow from the sum
        ({("a",): 4, ("b",): 3, ("c",): 7}, {("a",), ("b",)}),
        ({("a",): 4}, {("a",)}),
        ({(1, "x"): 2, (1, "y"): 9, (2, "x"): 8, (2, "y"): 6}, {(1, "x"), (1, "y"), (2, "x"), (2, "y")}),
        ({(1, "x"): 2, (1, "y"): 3, (2, "x"): 1, (2, "y"): 4, (3, "z"): 9}, {(1, "x"), (1, "y"), (2, "x"), (2, "y")}),
    ],
)
def test_hidden(cells, gone):
    assert small_cells.hidden(cells) == gone


@pytest.mark.parametrize(
    ("whole", "guarded", "left"),
    [
        (20, {}, 20),
        (20, {"hiv_aids": 6}, 20),
        (20, {"hiv_aids": 4}, 16),
        (4, {"hiv_aids": 4}, None),
        (20, {"hiv_aids": 4, "syphilis": 9}, 7),  # the nine would tell the four
        (20, {"hiv_aids": 4, "syphilis": 3, "gonorrhoea": 9}, 13),
    ],
)
def test_what_is_left_of_a_number(whole, guarded, left):
    assert small_cells.left(whole, guarded) == left


def test_among_cells_that_hold_other_diseases_nothing_more_is_hidden():
    shown, hid = small_cells.shown({("a",): 4, ("b",): 30}, {("a",): {"hiv_aids": 4}, ("b",): {"hiv_aids": 8}})
    assert shown == {("a",): None, ("b",): 30}
    assert hid
    shown, _ = small_cells.shown({("a",): 4, ("b",): 8}, {("a",): {"hiv_aids": 4}, ("b",): {"hiv_aids": 8}})
    assert shown == {("a",): None, ("b",): None}
