"""Keyset pages: every row once, forwards and back, whatever is in the key; a broken token is the first page."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.http import QueryDict

from yifang.web.tables import Cursor, Page, page, read_cursor, with_query

ROWS = list(range(1, 24))
SIZE = 10


def fetch(cursor: Cursor | None) -> list[int]:
    """What a query would hand over: up to SIZE + 1 rows in the direction of reading."""
    if cursor is None:
        return ROWS[: SIZE + 1]
    (key,) = cursor.values
    if cursor.backwards:
        return [row for row in reversed(ROWS) if row < key][: SIZE + 1]
    return [row for row in ROWS if row > key][: SIZE + 1]


def turn(token: str = "") -> Page[int]:
    cursor = read_cursor(token)
    return page(fetch(cursor), SIZE, lambda row: (row,), cursor)


def test_forwards_and_back_show_every_row_once():
    first = turn()
    second = turn(first.after)
    third = turn(second.after)
    assert [*first.rows, *second.rows, *third.rows] == ROWS
    assert (first.before, third.after) == ("", "")
    back = turn(third.before)
    assert back.rows == second.rows
    assert turn(back.before).rows == first.rows
    assert turn(back.before).before == ""


@pytest.mark.parametrize("rows", [[], [1], list(range(SIZE))])
def test_a_short_list_has_one_page(rows):
    assert page(rows, SIZE, lambda row: (row,)) == Page(rows)


def test_a_token_carries_typed_values():
    values = (date(2026, 11, 23), datetime(2026, 11, 23, 8, tzinfo=UTC), UUID(int=7), "乙", 3, 1.5)
    assert read_cursor(Cursor(values, backwards=True).token()) == Cursor(values, backwards=True)


@pytest.mark.parametrize(
    "token", ["", "x", "bm90IGpzb24", "WzFd", "e30", "Wz4", "WyI-IiwgWyJ6IiwgMV1d", "WyI-IiwgWyIiLCBbMV1dXQ", "報"]
)
def test_a_broken_token_is_the_first_page(token):
    assert read_cursor(token) is None


def test_the_query_of_a_page_keeps_its_conditions():
    query = QueryDict("disease=flu&disease=hfmd&at=old")
    assert with_query(query, at="new") == "?disease=flu&disease=hfmd&at=new"
    assert with_query(query, at="") == "?disease=flu&disease=hfmd"
