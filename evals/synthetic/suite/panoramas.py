"""The suite `panoramas`: one picture all round, from a free spot in the room."""

from __future__ import annotations

import numpy as np

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import clear
from sightline.evals.synthetic.rooms import Scene
from sightline.evals.synthetic.suite.asking import Family, asked
from sightline.evals.synthetic.suite.lengths import distance, nearer_camera, nearer_thing
from sightline.evals.synthetic.suite.stage import Shot, Stage, furnished
from sightline.evals.synthetic.suite.suites import Suite
from sightline.evals.synthetic.suite.turns import facing, sweep, turn_angle

FAMILIES: dict[str, Family] = {
    "direction_facing": facing,
    "turn_angle": turn_angle,
    "sweep_order": sweep,
    "nearer_camera": nearer_camera,
    "nearer_thing": nearer_thing,
    "distance": distance,
}


def stage_of(seed: int) -> Stage:
    """The room of a seed and its panorama."""
    dice = np.random.default_rng([seed, 14])
    scene = furnished(seed)
    eye = _spot(scene, dice)
    camera = CameraSpec(eye, float(dice.uniform(0, 360)), kind="panorama")
    return Stage("panoramas", seed, scene, (Shot(camera),))


def _spot(scene: Scene, dice: np.random.Generator) -> tuple[float, float, float]:
    """A free spot not far from the middle; above everything where there is none."""
    height = float(dice.uniform(1.35, 1.65))
    for _ in range(60):
        x, y = (float(v) for v in dice.uniform(-0.3, 0.3, 2) * scene.size[:2])
        if clear(scene, np.array([x, y, height]), 0.3) and clear(scene, np.array([x, y, 0.6]), 0.3):
            return x, y, height
    return 0.0, 0.0, 2.1


_COLUMNS = "columns of a panorama are directions: where two things are in it, over the seam or not, is what is asked"
_READ = ("direction_facing", "sweep_order", "turn_angle")

SUITE = Suite(
    "panoramas",
    tuple(FAMILIES),
    asked(
        "panoramas",
        FAMILIES,
        stage_of,
        frozenset((category, cue) for category in _READ for cue in ("order", "first picture")),
    ),
    valid={(category, "2D order"): _COLUMNS for category in _READ},
)
