"""How far apart things are, from closest surface to closest surface: exact for the convex parts they are made of.

The distance between two convex bodies is the length of the shortest vector in their Minkowski difference. It is found
from support points alone (the furthest point of a body in a direction) by Wolfe's minimum-norm-point method (P. Wolfe,
Finding the nearest point in a polytope, 1976), which for bodies with corners ends after finitely many steps, and is
stopped for round ones when its own lower bound is within `ERROR` of what it has found.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from sightline.evals.synthetic.solids import Floats, Part, Thing, bounds

ERROR = 1e-6
"""Metres by which a distance may be too large; it is never too small by more than rounding."""
_MOST_STEPS = 400

Support = Callable[[Floats], Floats]
"""The furthest point of a body in a direction, both (3,) in the world."""


def distance_between(a: Thing, b: Thing) -> float:
    """Metres between the closest points of two things where they stand; 0 where they touch or overlap.

    Mirrors and panes count with their surface. The error is at most `ERROR`.
    """
    boxes_a, boxes_b = ([(bounds(part, t.axes, t.position), part) for part in t.parts] for t in (a, b))
    pairs = [(_gap(*box_a, *box_b), p, q) for box_a, p in boxes_a for box_b, q in boxes_b]
    best = np.inf
    for low, p, q in sorted(pairs, key=lambda pair: pair[0]):
        if low >= best or best == 0:
            break
        best = min(best, _convex_distance(_support(p, a), _support(q, b)))
    return float(best)


def distance_from_point(point: ArrayLike, thing: Thing) -> float:
    """Metres from a point (3,) in the world to the closest point of a thing; 0 inside of it."""
    at = np.asarray(point, dtype=np.float64)
    pairs = [(_gap(at, at, *bounds(part, thing.axes, thing.position)), part) for part in thing.parts]
    best = np.inf
    for low, part in sorted(pairs, key=lambda pair: pair[0]):
        if low >= best:
            break
        best = min(best, _convex_distance(lambda _: at, _support(part, thing)))
    return float(best)


def _gap(low_a: Floats, high_a: Floats, low_b: Floats, high_b: Floats) -> float:
    """Distance between two boxes along the axes: what lies in them is no closer."""
    return float(np.linalg.norm(np.maximum(0, np.maximum(low_a - high_b, low_b - high_a))))


def _support(part: Part, thing: Thing) -> Support:
    axes = thing.axes @ part.turn
    middle = np.asarray(thing.position) + thing.axes @ np.asarray(part.centre)
    dim = np.asarray(part.dim, dtype=np.float64)

    def furthest(way: Floats) -> Floats:
        local = way @ axes
        if part.shape == "ellipsoid":
            scaled = dim * local
            reach = dim * scaled / max(float(np.linalg.norm(scaled)), 1e-300)
        elif part.shape == "frustum":
            below, above, half = part.dim
            across = local[:2] / max(float(np.linalg.norm(local[:2])), 1e-300)
            rims = [np.append(above * across, half), np.append(below * across, -half)]
            reach = max(rims, key=lambda rim: float(rim @ local))
        else:
            reach = np.where(local >= 0, dim, -dim)
        found: Floats = middle + axes @ reach
        return found

    return furthest


def _convex_distance(a: Support, b: Support) -> float:
    start = a(np.array([1.0, 0, 0])) - b(np.array([-1.0, 0, 0]))
    points, weights = start[None, :], np.ones(1)
    for _ in range(_MOST_STEPS):
        nearest = weights @ points
        length = float(np.linalg.norm(nearest))
        if length < ERROR:
            return 0.0
        new = a(-nearest) - b(nearest)
        if length - float(new @ nearest) / length <= ERROR:
            return length
        points, weights = np.vstack([points, new]), np.append(weights, 0.0)
        while True:
            affine = _smallest_affine(points)
            if (affine > 1e-12).all():
                weights = affine
                break
            falling = affine <= 1e-12
            steps = weights[falling] / np.maximum(weights[falling] - affine[falling], 1e-300)
            weights = weights + min(1.0, float(steps.min())) * (affine - weights)
            kept = weights > 1e-12
            if kept.all():
                kept[np.argmin(weights)] = False
            points, weights = points[kept], weights[kept] / weights[kept].sum()
    return float(np.linalg.norm(weights @ points))


def _smallest_affine(points: Floats) -> Floats:
    """Weights of sum 1 for which the points' weighted sum is shortest."""
    n = len(points)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n], system[:n, n], system[n, :n] = points @ points.T, 1.0, 1.0
    right = np.append(np.zeros(n), 1.0)
    solved: Floats = np.linalg.lstsq(system, right, rcond=None)[0][:n]
    return solved
