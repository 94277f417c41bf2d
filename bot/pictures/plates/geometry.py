"""Plane geometry of plates: smooth curves, tubes along a spine, joints.

Points are complex numbers: x to the right, y upwards. Outlines are closed lists of points.
"""

import cmath
import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise

Points = list[complex]

STEPS = 7
"""Points of a curve between two of those that it goes through."""
_CORNERS = [cmath.rect(1, -math.tau * i / 20) for i in range(20)]
"""Corners of a polygon that stands for a circle, clockwise."""


def polar(length: float, degrees: float) -> complex:
    """A vector of a length and a direction: 0 is right, 90 is up."""
    return cmath.rect(length, math.radians(degrees))


def degrees(vector: complex) -> float:
    """The direction of a vector."""
    return math.degrees(cmath.phase(vector))


def lerp(start: float, end: float, part: float) -> float:
    """The number at a part, 0 to 1, of the way from `start` to `end`."""
    return start + (end - start) * part


def between(start: complex, end: complex, part: float, aside: float = 0.0) -> complex:
    """A point of the way from `start` to `end`, moved to its left by a part of its length."""
    return start + (end - start) * complex(part, aside)


def smooth(points: Sequence[complex], *, closed: bool = False, steps: int = STEPS) -> Points:
    """A centripetal Catmull-Rom spline through points that all differ."""
    knots = _knots([*points, points[0]] if closed else points)
    return _spline(points, knots, closed=closed, steps=steps)


def _knots(points: Sequence[complex]) -> list[float]:
    """Values of the spline's parameter at its points: square roots of distances, added up."""
    roots = (max(1e-6, abs(end - start)) ** 0.5 for start, end in pairwise(points))
    return [*accumulate(roots, initial=0.0)]


def _lengths(line: Sequence[complex]) -> list[float]:
    """How long a line is at each of its points."""
    return [*accumulate((abs(end - start) for start, end in pairwise(line)), initial=0.0)]


def _spline(
    values: Sequence[complex], knots: Sequence[float], *, closed: bool = False, steps: int = STEPS
) -> Points:
    count = len(values)
    spans = count if closed else count - 1
    widths = [knots[i + 1] - knots[i] for i in range(spans)]

    def tangent(i: int) -> complex:
        if not closed and i in (0, count - 1):
            span = min(i, spans - 1)
            return (values[span + 1] - values[span]) / widths[span]
        left, right = widths[i - 1], widths[i]
        rise_left = (values[i] - values[i - 1]) / left
        rise_right = (values[(i + 1) % count] - values[i]) / right
        return (rise_left * right + rise_right * left) / (left + right)

    tangents = [tangent(i) for i in range(count)]
    curve: Points = []
    for i in range(spans):
        j = (i + 1) % count
        start, end = values[i], values[j]
        leaving, arriving = widths[i] * tangents[i], widths[i] * tangents[j]
        curve += [
            a * start + b * leaving + c * end + d * arriving for a, b, c, d in _hermite(steps)
        ]
    return curve if closed else [*curve, values[-1]]


@cache
def _hermite(steps: int) -> list[tuple[float, float, float, float]]:
    """Weights of both ends and of their tangents, for each step."""
    return [
        ((1 + 2 * t) * (1 - t) ** 2, t * (1 - t) ** 2, t * t * (3 - 2 * t), t * t * (t - 1))
        for t in (step / steps for step in range(steps))
    ]


class Tube:
    """A smooth shape along a spine, with a width on both sides of each of its points.

    Positions on it have two coordinates: `s` from 0 at the start of the spine to 1 at its end, and
    `v` from 1 at the left edge, which is the back of a body that looks right, to -1 at the other.
    """

    def __init__(
        self,
        spine: Sequence[complex],
        left: Sequence[float],
        right: Sequence[float],
        bend: float = 0.25,
    ) -> None:
        """`left`, `right`: distances of the edges from the spine, one for each of its points.

        The edges follow the spine's direction over a stretch to both sides: `bend` times the
        larger distance. Above 1, no edge folds within a bend.
        """
        knots = _knots(spine)
        self.spine = _spline(spine, knots)
        widths = [complex(*pair) for pair in zip(left, right, strict=True)]
        self._widths = _spline(widths, knots)
        self._lengths = _lengths(self.spine)
        self.length = self._lengths[-1]
        self._stations = [self._lengths[i * STEPS] / self.length for i in range(len(spine))]
        self._normals = []
        for length, wide in zip(self._lengths, self._widths, strict=True):
            stretch = bend * max(wide.real, wide.imag, 1.0)
            along = self._on_spine(length + stretch) - self._on_spine(length - stretch)
            self._normals.append(along / abs(along) * 1j)

    def station(self, number: int) -> float:
        """The `s` of a point of the spine that the tube was made of."""
        return self._stations[number]

    def at(self, s: float, v: float) -> complex:
        """The point of two coordinates. `s` and `v` may be a little outside."""
        return self._at(*self._place(s), v)

    def row(self, start: float, end: float, count: int, v: float) -> list[float]:
        """So many `s` between two others, at even distances along the line of one `v`."""
        samples = [lerp(start, end, i / 120) for i in range(121)]
        lengths = _lengths([self.at(s, v) for s in samples])
        marks = (lengths[-1] * i / (count - 1) for i in range(count))
        return [samples[min(120, bisect_left(lengths, mark))] for mark in marks]

    def width(self, s: float) -> float:
        """The distance from edge to edge."""
        return abs(self.at(s, 1) - self.at(s, -1))

    def direction(self, s: float) -> complex:
        """The direction of the spine, of length 1."""
        i, part = self._place(s)
        normal = self._normals[i] * (1 - part) + self._normals[i + 1] * part
        return normal / abs(normal) / 1j

    def edge(self, v: float, start: float = 0.0, end: float = 1.0) -> Points:
        """The line of one `v`, from `start` to `end`."""
        if start > end:
            return self.edge(v, end, start)[::-1]
        low, high = start * self.length, end * self.length
        line = [self.at(start, v)]
        for i, length in enumerate(self._lengths):
            if low < length < high:
                last = i == len(self.spine) - 1
                point = self._at(i - 1 if last else i, float(last), v)
                ahead = (point - line[-1]) * self._normals[i].conjugate() * 1j
                if ahead.real > 0:  # else the edge would fold, within a bend
                    line.append(point)
        return [*line, self.at(end, v)]

    def band(self, start: float, end: float, top: float, bottom: float) -> Points:
        """The outline of what lies between two `s` and two `v`."""
        return self.edge(top, start, end) + self.edge(bottom, end, start)

    def outline(self) -> Points:
        """The whole outline."""
        return self.band(0, 1, 1, -1)

    def patch(self, points: Sequence[tuple[float, float]]) -> Points:
        """A smooth closed outline through positions; each `v` is kept within the tube."""
        flat = smooth([complex(s, v) for s, v in points], closed=True, steps=5)
        return [self.at(min(1.0, max(0.0, p.real)), min(1.0, max(-1.0, p.imag))) for p in flat]

    def _on_spine(self, length: float) -> complex:
        i, part = self._place(min(max(length / self.length, 0.0), 1.0))
        return self.spine[i] * (1 - part) + self.spine[i + 1] * part

    def _place(self, s: float) -> tuple[int, float]:
        length = s * self.length
        i = min(max(bisect_right(self._lengths, length) - 1, 0), len(self.spine) - 2)
        return i, (length - self._lengths[i]) / (self._lengths[i + 1] - self._lengths[i])

    def _at(self, i: int, part: float, v: float) -> complex:
        point = self.spine[i] * (1 - part) + self.spine[i + 1] * part
        normal = self._normals[i] * (1 - part) + self._normals[i + 1] * part
        widths = self._widths[i] * (1 - part) + self._widths[i + 1] * part
        return point + normal * v * (widths.real if v > 0 else widths.imag)


def middle_joint(
    start: complex, end: complex, upper: float, lower: float, side: int
) -> tuple[complex, complex]:
    """Knee or elbow of a limb of two bones, and where it ends.

    `side` is 1 if the joint lies left of the way from `start` to `end`. A limb that is too short
    ends before `end`.
    """
    way = end - start
    reach = abs(way)
    direction = way / reach
    reach = min(max(reach, abs(upper - lower) * 1.02), (upper + lower) * 0.995)
    along = (upper * upper - lower * lower + reach * reach) / (2 * reach)
    aside = math.sqrt(max(0.0, upper * upper - along * along))
    return start + direction * complex(along, side * aside), start + direction * reach


def clipped(outline: Sequence[complex], point: complex, direction: complex) -> Points:
    """The part of an outline on the left of the line through a point."""
    inside: Points = []
    normal = direction * 1j

    def height(p: complex) -> float:
        return ((p - point) * normal.conjugate()).real

    for start, end in zip(outline, [*outline[1:], outline[0]], strict=True):
        low, high = height(start), height(end)
        if low >= 0:
            inside.append(start)
        if (low >= 0) != (high >= 0):
            inside.append(start + (end - start) * (low / (low - high)))
    return inside


def placed(
    shape: Sequence[tuple[float, float]], at: complex, width: float, height: float | None = None
) -> Points:
    """A shape in units of a width and a height, or of one size, with its origin at a point."""
    height = width if height is None else height
    return [at + complex(x * width, y * height) for x, y in shape]


def ellipse(centre: complex, width: float, height: float, degrees: float = 0.0) -> Points:
    """An ellipse of half axes, turned. Clockwise, as horns and leaves, so that none is a hole."""
    turn = polar(1, degrees)
    return [centre + complex(c.real * width, c.imag * height) * turn for c in _CORNERS]


def leaf(base: complex, tip: complex, width: float, bend: float = 0.0) -> Points:
    """A pointed leaf, feather or claw. `width` and `bend` (to the left) are parts of its length."""
    way = tip - base
    return [base + way * point for point in _leaf(width, bend)]


@cache
def _leaf(width: float, bend: float) -> Points:
    """A leaf from 0 to 1."""
    sides = (complex(0.45, bend + width / 2), complex(0.45, bend - width / 2))
    there, back = (smooth([0j, side, 1 + 0j], steps=5) for side in sides)
    return there + back[-2:0:-1]


def horn(base: complex, tip: complex, width: float, bend: float = 0.0) -> Points:
    """A cone with a broad base. `width` is a length; `bend` (to the left) a part of the height."""
    aside = width / 2 / max(1e-6, abs(tip - base))
    left, right = between(base, tip, 0, aside), between(base, tip, 0, -aside)
    there = smooth([left, between(base, tip, 0.5, bend + aside * 0.55), tip], steps=5)
    back = smooth([tip, between(base, tip, 0.5, bend - aside * 0.55), right], steps=5)
    return there + back[1:]
