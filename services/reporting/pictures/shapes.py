"""Shapes on a map as rings of whole numbers: read from SVG paths, joined to larger ones, written as paths again."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise

Point = tuple[int, int]
Ring = Sequence[Point]
"""A closed line: the last point is joined to the first."""
Edge = tuple[Point, Point]

_NUMBER = re.compile(r"-?[0-9.]+(?:e-?[0-9]+)?")

SLIVER = 3
"""Square units up to which what lies between neighbours is no gap but an inaccuracy of the map."""


def rings(path: str) -> list[Ring]:
    """The rings of a path of ``m … z`` with relative straight lines, rounded to whole units.

    Neighbours that shared a point share it still; rings that shrink to a line are left out.
    """
    x = y = 0.0
    found: list[Ring] = []
    for part in path.split("z"):
        numbers = [float(each) for each in _NUMBER.findall(part)]
        ring: list[Point] = []
        begin = None
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            begin = begin or (x, y)
            point = (round(x), round(y))
            if point not in ring[-1:]:
                ring.append(point)
        # A closed path goes on from where it began.
        x, y = begin or (x, y)
        if len(ring) > 3:
            found.append(ring)
    return found


def outline(shapes: Iterable[Sequence[Ring]]) -> list[Ring]:
    """The rings around all shapes together: edges that belong to one of them only."""
    counted = Counter(edge for shape in shapes for edge in _edges(shape))
    lines = _lines(edge for edge, times in counted.items() if times == 1)
    return [ring for line in lines if area(ring := line[:-1]) > SLIVER]


def inner_borders(shapes: Iterable[Sequence[Ring]]) -> list[Sequence[Point]]:
    """The lines between neighbouring shapes: edges that belong to two of them."""
    counted = Counter(edge for shape in shapes for edge in _edges(shape))
    return _lines(edge for edge, times in counted.items() if times == 2)


def area(ring: Ring) -> float:
    """Area of a ring in square units."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in _around(ring))) / 2


def middle(shape: Sequence[Ring]) -> tuple[float, float]:
    """Where a label stands best: of a grid over the largest ring, the point inside that is farthest from the border."""
    ring = max(shape, key=area)
    across, down = (_grid([point[axis] for point in ring]) for axis in (0, 1))
    crossed = {y: _crossings(y, ring) for y in down}
    inside = [(x, y) for x in across for y in down if _is_inside(x, crossed[y])]
    return max(inside, key=lambda point: min(map(partial(math.dist, point), ring)))


def closed_path(shape: Iterable[Ring]) -> str:
    """Rings as the ``d`` of a path."""
    return "".join(f"{_open(_straight(ring))}z" for ring in shape)


def open_path(lines: Iterable[Sequence[Point]]) -> str:
    """Lines as the ``d`` of a path."""
    return "".join(_open(line) for line in lines)


def _around(ring: Ring) -> Iterator[Edge]:
    return pairwise([*ring, ring[0]])


def _edges(shape: Sequence[Ring]) -> set[Edge]:
    """Without direction. What a ring goes along twice, to and fro, borders on nothing."""
    counted = Counter((min(edge), max(edge)) for ring in shape for edge in _around(ring) if edge[0] != edge[1])
    return {edge for edge, times in counted.items() if times % 2}


def _lines(edges: Iterable[Edge]) -> list[Sequence[Point]]:
    """Edges strung together to lines that are as long as possible; every edge is in one of them once."""
    ahead: defaultdict[Point, set[Point]] = defaultdict(set)
    for one, other in edges:
        ahead[one].add(other)
        ahead[other].add(one)
    # Ends of open lines first, else a line that begins in its middle comes out in two.
    begins = sorted(ahead, key=lambda point: (len(ahead[point]) % 2 == 0, point))
    found: list[Sequence[Point]] = []
    for begin in begins:
        while ahead[begin]:
            line = [begin]
            while ahead[line[-1]] and (len(line) == 1 or line[-1] != begin):
                following = min(ahead[line[-1]])
                ahead[line[-1]].discard(following)
                ahead[following].discard(line[-1])
                line.append(following)
            found.append(line)
    return found


def _straight(ring: Ring) -> Ring:
    """Without the points in the middle of a straight line."""
    kept = [
        point
        for before, point, after in zip([ring[-1], *ring], ring, [*ring[1:], ring[0]], strict=False)
        if (point[0] - before[0]) * (after[1] - point[1]) != (point[1] - before[1]) * (after[0] - point[0])
    ]
    return kept or ring


def _open(line: Sequence[Point]) -> str:
    steps = "".join(f"{'' if dx < 0 else ' '}{dx}{'' if dy < 0 else ' '}{dy}" for dx, dy in _steps(line))
    return f"M{line[0][0]} {line[0][1]}l{steps.strip()}"


def _steps(line: Sequence[Point]) -> Iterator[Point]:
    return ((after[0] - before[0], after[1] - before[1]) for before, after in pairwise(line))


def _grid(along: Sequence[int]) -> list[float]:
    """The eleven places that part the stretch of these numbers into twelve."""
    first, last = min(along), max(along)
    return [first + (last - first) * step / 12 for step in range(1, 12)]


def _inside(point: tuple[float, float], ring: Ring) -> bool:
    x, y = point
    return _is_inside(x, _crossings(y, ring))


def _is_inside(x: float, crossings: Sequence[float]) -> bool:
    return sum(x < each for each in crossings) % 2 == 1


def _crossings(y: float, ring: Ring) -> list[float]:
    """Where a ring crosses the horizontal line at ``y``."""
    return [
        one[0] + (y - one[1]) * (other[0] - one[0]) / (other[1] - one[1])
        for one, other in _around(ring)
        if (one[1] > y) != (other[1] > y)
    ]
