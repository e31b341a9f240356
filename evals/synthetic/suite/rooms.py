"""The suite `rooms`: four photos of a furnished room, in no order, and fourteen types of questions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sightline.evals.synthetic.render import cameras_around
from sightline.evals.synthetic.suite.asking import Family, asked
from sightline.evals.synthetic.suite.counting import count, occlusion
from sightline.evals.synthetic.suite.directions import from_camera, from_front, on_a_map, standing
from sightline.evals.synthetic.suite.lengths import distance, nearer_camera, nearer_thing, size
from sightline.evals.synthetic.suite.maps import on_plan
from sightline.evals.synthetic.suite.routes import perspective, route
from sightline.evals.synthetic.suite.stage import Shot, Stage, furnished
from sightline.evals.synthetic.suite.suites import Suite
from sightline.evals.synthetic.suite.turning import camera_turn

FAMILIES: dict[str, Family] = {
    "direction_camera": from_camera,
    "direction_front": from_front,
    "direction_standing": standing,
    "direction_world": on_a_map,
    "distance": distance,
    "nearer_thing": nearer_thing,
    "nearer_camera": nearer_camera,
    "size": size,
    "count": count,
    "occlusion": occlusion,
    "route": route,
    "perspective": perspective,
    "map": on_plan,
    "camera_turn": camera_turn,
}
PHOTOS = 4


def stage_of(seed: int) -> Stage:
    """The room of a seed and its four photos, in an order that tells nothing."""
    dice = np.random.default_rng([seed, 12])
    scene = furnished(seed)
    arc, start = float(dice.uniform(100, 250)), float(dice.uniform(0, 360))
    cameras = cameras_around(scene, PHOTOS, 70.0, arc, start, float(dice.uniform(1.3, 1.7)))
    turned = [replace(c, bearing=(c.bearing + float(dice.uniform(-12, 12))) % 360) for c in cameras]
    return Stage("rooms", seed, scene, tuple(Shot(turned[int(k)]) for k in dice.permutation(PHOTOS)))


_COUNTED = "the boxes of all things of the class, over all photos, are the count; those of the first photo are no help"

SUITE = Suite(
    "rooms",
    tuple(FAMILIES),
    asked("rooms", FAMILIES, stage_of),
    valid={("count", solver): _COUNTED for solver in ("2D order", "low or large", "shuffled")},
)
