"""Whole batches: who comes out as one person, what waits, and how right it is on sets whose truth is known."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from benchmarks import link as measured
from benchmarks.residents import mentions, residents
from tests.apps import id_no
from yifang.knowledge import load
from yifang.link import Facts, facts, link, rules_of

RULES = rules_of(load().linkage)
BORN = date(2021, 5, 4)


def child(number: str = "", phone: str = "13912345678") -> Facts:
    return facts(names=("李佳怡",), sex="female", birth=BORN, id_no=number, phones=(phone,))


def test_links_carry_over() -> None:
    found = link([child(id_no()), child(), child(id_no(), phone="")], RULES)
    assert found.person == (0, 0, 0)


def test_who_fits_two_people_belongs_to_neither() -> None:
    found = link([child(id_no()), child(id_no(order=9)), child()], RULES)
    assert len(set(found.person)) == 2, "the first that fits holds them, the other is asked about"
    assert [pair.verdict.forbidden for pair in found.uncertain] == ["ambiguous"]


def test_a_block_too_large_is_left_out_and_counted() -> None:
    crowd = [
        facts(names=(f"李{sign}",), birth=BORN, phones=("02154321000",)) for sign in map(chr, range(0x4E00, 0x4E80))
    ]
    found = link(crowd, RULES)
    assert found.skipped >= 1
    assert found.compared < 128 * 127 / 2 / 10
    assert len(set(found.person)) == 128


def test_nothing_is_linked_of_nothing() -> None:
    assert link([], RULES).person == ()
    assert link([facts(), facts()], RULES).person == (0, 1)


def test_made_residents_as_p06_asks() -> None:
    """匹配精度≥0.99、召回≥0.95(合成集), without anybody's help; the benchmark has three larger sets."""
    batch, truth = measured.made(2_000, 7)
    found = measured.score(batch, truth)
    assert found.precision >= 0.99
    assert found.recall >= 0.95
    assert found.placed_reviewed / found.records >= 0.99, "P-01, once the queue is worked"


def test_twins_stay_two() -> None:
    people = residents(6_000, random.Random(3))
    said = mentions(people, random.Random(4))
    twins = {index for index, one in enumerate(people) if one.twin}
    batch = [measured.facts_of(one) for one in said]
    assert len(twins) > 40
    assert measured.twins_as_one(link(batch, RULES), [one.who for one in said], twins) == 0


# (set, least precision, least recall by itself, least recall with the queue worked): what was measured, a little less
PUBLIC = {
    "febrl1 (English)": (0.99, 0.60, 0.90),
    "febrl2 (English)": (0.99, 0.58, 0.93),
    "splink_fake_1000 (English)": (0.99, 0.03, 0.12),
    "chinese_name_pairs": (1.0, 0.0, 0.25),
    "phdi_mpi_seed (English)": (1.0, 1.0, 1.0),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_set(name: str, shared: Path) -> None:
    precision, recall, reviewed = PUBLIC[name]
    found = measured.score(*measured.SETS[name]())
    assert found.precision >= precision
    assert found.recall >= recall
    assert found.reviewed >= reviewed
