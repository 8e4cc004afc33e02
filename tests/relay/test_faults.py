"""Processes killed, links cut, slow, doubled, reordered, files lost, disks full, clocks apart: nothing lost or doubled.

Five runs here; two hundred in `./dev soak`.
"""

from __future__ import annotations

import time

import pytest

from tests.relay import truth
from tests.relay.faults import Run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_or_doubled(chain, tmp_path, seed):
    survives(chain, seed, tmp_path, steps=5, kills=2)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1000, 1200, 20))
def test_twenty_more_runs(chain, tmp_path, first, capsys):
    began, kills = time.monotonic(), 0
    for seed in range(first, first + 20):
        kills += survives(chain, seed, tmp_path / str(seed))
    with capsys.disabled():
        print(f"\nrelay: 20 runs from seed {first}: {kills} processes killed, nothing lost, nothing doubled, "
              f"{time.monotonic() - began:.0f} s")  # fmt: skip


def survives(chain, seed, folders, steps=8, kills=3) -> int:
    """One run; how many processes were killed in it."""
    hospital, district, city = chain
    run = Run(chain, seed, folders, steps, kills)
    run.go()
    truth.same_cards(hospital, district)
    truth.same_steps(hospital, district)
    truth.same_steps(district, hospital)
    truth.same_cases(district, city)
    truth.same_matters(hospital, district)
    return run.kills
