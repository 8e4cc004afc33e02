"""The made-up map: a smooth blob of land, cut into townships that touch and never overlap.

Voronoi cells clipped to the blob by half planes; each shared edge is bent by a course that depends on its two ends
alone, so that both neighbours draw it the same. The county lies in the open Pacific, where nobody will take it for a
real place. Coordinates are degrees, rounded to six decimals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yifang.world.chance import dice, stream

CENTRE = (165.0, 36.0)  # longitude, latitude: water on every map
_RADIUS = 0.32
Point = tuple[float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """A township's land: where its seat is, and its border as a closed ring, anticlockwise."""

    seat: Point
    ring: tuple[Point, ...]


def tessellation(seed: int, count: int) -> list[Cell]:
    """`count` cells; the first has its seat nearest to the middle."""
    chance = stream(seed, "map")
    blob = _blob(chance)
    sites = _sites(chance, blob, count)
    sites = sites[np.argsort(np.hypot(*(sites - np.array(CENTRE)).T))]
    outline = {_key(a, b) for a, b in zip(blob, [*blob[1:], blob[0]], strict=True)}
    cells = []
    for at in range(count):
        ring = blob
        for other in range(count):
            if other != at:
                ring = _half(ring, sites[at], sites[other])
        cells.append(Cell((round(sites[at][0], 6), round(sites[at][1], 6)), _bent(seed, ring, sites, outline)))
    return cells


def scattered(seed: int, cells: list[Cell], counts: list[int]) -> list[list[Point]]:
    """For each cell that many points inside it."""
    chance = stream(seed, "villages")
    found: list[list[Point]] = []
    for cell, count in zip(cells, counts, strict=True):
        ring = np.array(cell.ring)
        (west, south), (east, north) = ring.min(axis=0), ring.max(axis=0)
        mine: list[Point] = []
        while len(mine) < count:
            x, y = chance.uniform(west, east), chance.uniform(south, north)
            if inside((x, y), cell.ring):
                mine.append((round(x, 6), round(y, 6)))
        found.append(mine)
    return found


def inside(point: Point, ring: tuple[Point, ...]) -> bool:
    """Whether a point lies in a ring."""
    x, y = point
    within = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            within = not within
    return within


def area(ring: tuple[Point, ...]) -> float:
    """The area of a ring in square degrees, positive when it runs anticlockwise."""
    return 0.5 * sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True))


def _blob(chance: np.random.Generator) -> list[Point]:
    angles = np.linspace(0, 2 * math.pi, 160, endpoint=False)
    radius = np.ones_like(angles)
    for wave in range(2, 6):
        radius += chance.uniform(0.02, 0.16 / wave) * np.cos(wave * angles + chance.uniform(0, 2 * math.pi))
    xs = CENTRE[0] + _RADIUS * radius * np.cos(angles) * 1.25
    ys = CENTRE[1] + _RADIUS * radius * np.sin(angles)
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]


def _sites(chance: np.random.Generator, blob: list[Point], count: int) -> Floats:
    ring = tuple(blob)
    box = np.array(blob)
    samples: list[Point] = []
    while len(samples) < 3000:
        point = (
            float(chance.uniform(box[:, 0].min(), box[:, 0].max())),
            float(chance.uniform(box[:, 1].min(), box[:, 1].max())),
        )
        if inside(point, ring):
            samples.append(point)
    points = np.array(samples)
    sites: Floats = points[:count].copy()
    for _ in range(8):  # Lloyd's steps: cells of like size
        nearest = np.argmin(((points[:, None, :] - sites[None]) ** 2).sum(axis=2), axis=1)
        sites = np.array([points[nearest == at].mean(axis=0) for at in range(count)])
    return sites


def _half(ring: list[Point], mine: Floats, other: Floats) -> list[Point]:
    """The part of a ring that is nearer to `mine` than to `other`."""
    nx, ny = other[0] - mine[0], other[1] - mine[1]
    limit = (other[0] ** 2 + other[1] ** 2 - mine[0] ** 2 - mine[1] ** 2) / 2
    kept: list[Point] = []
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        da, db = ax * nx + ay * ny - limit, bx * nx + by * ny - limit
        if da <= 0:
            kept.append((ax, ay))
        if (da < 0 < db) or (db < 0 < da):
            share = da / (da - db)
            kept.append((float(ax + (bx - ax) * share), float(ay + (by - ay) * share)))
    return kept


def _key(a: Point, b: Point) -> tuple[Point, Point]:
    first, second = (round(a[0], 5), round(a[1], 5)), (round(b[0], 5), round(b[1], 5))
    return (first, second) if first <= second else (second, first)


def _bent(seed: int, ring: list[Point], sites: Floats, outline: set[tuple[Point, Point]]) -> tuple[Point, ...]:
    out: list[Point] = []
    for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
        out.append((round(a[0], 6), round(a[1], 6)))
        if _is_shared(a, b, sites, outline):
            out += _course(seed, a, b)
    return tuple(point for at, point in enumerate(out) if point != out[at - 1])


def _is_shared(a: Point, b: Point, sites: Floats, outline: set[tuple[Point, Point]]) -> bool:
    """Whether an edge lies between two cells: its middle is as far from a second site as from the nearest."""
    if _key(a, b) in outline:
        return False
    middle = np.array([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])
    far = np.sort(np.hypot(*(sites - middle).T))
    return bool(far[1] - far[0] < 1e-6)


def _course(seed: int, a: Point, b: Point) -> list[Point]:
    """Points between two ends, off the straight line by at most a twentieth of it; the same for (b, a), reversed."""
    first, second = _key(a, b)
    length = math.dist(first, second)
    steps = min(int(length / 0.012), 12)
    if steps < 2:
        return []
    chance = dice(seed, "edge", first, second)
    waves = [(chance.uniform(-0.035, 0.035) / wave, wave) for wave in (1, 2, 3)]
    dx, dy = second[0] - first[0], second[1] - first[1]
    course = []
    for step in range(1, steps):
        share = step / steps
        off = sum(height * math.sin(math.pi * wave * share) for height, wave in waves)
        course.append((round(first[0] + dx * share - dy * off, 6), round(first[1] + dy * share + dx * off, 6)))
    same_way = (round(a[0], 5), round(a[1], 5)) == first
    return course if same_way else course[::-1]
