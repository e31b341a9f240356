"""The suite `orbits`: eight photos along a way round the room, in their order, and what moved and when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sightline.evals.synthetic.render import cameras_around
from sightline.evals.synthetic.suite.asking import Family, asked
from sightline.evals.synthetic.suite.directions import from_front, standing
from sightline.evals.synthetic.suite.sequences import appearance, camera_angle, camera_path, closest_photo
from sightline.evals.synthetic.suite.stage import Shot, Stage, furnished
from sightline.evals.synthetic.suite.suites import Suite

FAMILIES: dict[str, Family] = {
    "camera_path": camera_path,
    "camera_angle": camera_angle,
    "appearance_order": appearance,
    "closest_photo": closest_photo,
    "direction_standing": standing,
    "direction_front": from_front,
}
PHOTOS = 8
_FINE = 18
"""Places on the way, of which the photos are taken at some: so their steps differ."""


def stage_of(seed: int) -> Stage:
    """The room of a seed with eight photos, clockwise or counter-clockwise, by steps that differ."""
    dice = np.random.default_rng([seed, 13])
    scene = furnished(seed)
    arc, start = float(dice.uniform(100, 220)), float(dice.uniform(0, 360))
    ways = cameras_around(scene, _FINE, 65.0, arc, start, float(dice.uniform(1.3, 1.7)))
    chosen = sorted(int(k) for k in dice.choice(_FINE, PHOTOS, replace=False))
    cameras = [replace(ways[k], bearing=(ways[k].bearing + float(dice.uniform(-6, 6))) % 360) for k in chosen]
    if dice.uniform() < 0.5:
        cameras.reverse()
    return Stage("orbits", seed, scene, tuple(Shot(camera) for camera in cameras))


SUITE = Suite(
    "orbits",
    tuple(FAMILIES),
    asked("orbits", FAMILIES, stage_of),
    valid={
        ("camera_path", "shuffled"): "what photos show in their order tells the way; in a wrong order it misleads",
        ("appearance_order", "shuffled"): "the order is what is asked; in a wrong order it misleads",
    },
)
