"""The suite `motion`: a video of a room in which a ball rolls or a person walks, while the camera may turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sightline.evals.synthetic.cameras import CameraSpec, pan_of
from sightline.evals.synthetic.render import cameras_around
from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import Family, asked
from sightline.evals.synthetic.suite.moving import camera_pan, object_direction, object_path, object_towards
from sightline.evals.synthetic.suite.sequences import appearance
from sightline.evals.synthetic.suite.stage import Shot, Stage, furnished
from sightline.evals.synthetic.suite.suites import Suite
from sightline.evals.synthetic.truth import bearing
from sightline.evals.synthetic.writing import Clip

FAMILIES: dict[str, Family] = {
    "object_direction": object_direction,
    "object_towards": object_towards,
    "object_path": object_path,
    "camera_pan": camera_pan,
    "appearance_order": appearance,
}
FRAMES, FPS, SIZE = 24, 8, (384, 288)
LOOKS = 6
"""Frames that questions are chosen by."""
_PLACES, _TRIES = 10, 24


def stage_of(seed: int) -> Stage | None:
    """The room of a seed and its video; None where no camera sees what moves from the first frame to the last."""
    dice = np.random.default_rng([seed, 15])
    walks = bool(dice.uniform() < 0.5)
    scene = furnished(seed, rolling=not walks, walker=walks)
    thing = next(t for t in scene.objects if t.motion)
    ending = (FRAMES - 1) / FPS
    if np.linalg.norm(thing.at(ending).centre() - thing.at(0.0).centre()) < 0.5:
        return None
    places = cameras_around(scene, _PLACES, 65.0, 360.0, float(dice.uniform(0, 360)), float(dice.uniform(1.3, 1.7)))
    for _ in range(_TRIES):
        camera = places[int(dice.integers(_PLACES))]
        pan = float(dice.choice([-1, 0, 1]) * dice.uniform(12, 40))
        aimed = _aimed(camera, thing.at(0.0), thing.at(ending), pan, dice)
        if aimed is None:
            continue
        cameras = pan_of(aimed, pan, FRAMES)
        at = [round(k) for k in np.linspace(0, FRAMES - 1, LOOKS)]
        shots = tuple(Shot(cameras[k], k / FPS) for k in at)
        stage = Stage("motion", seed, scene, shots, Clip(cameras, SIZE, FPS))
        if len(replace(stage, shots=(shots[0], shots[-1])).shown_in(thing)) == 2:
            return stage
    return None


def _aimed(camera: CameraSpec, start: Thing, end: Thing, pan: float, dice: np.random.Generator) -> CameraSpec | None:
    """The camera turned so that the thing begins anywhere in its picture and ends within it; None where that fails."""
    half = 0.85 * camera.fov / 2
    first, last = bearing(camera.position, start), bearing(camera.position, end)
    turned = replace(camera, bearing=(first - float(dice.uniform(-half, half))) % 360)
    off = (last - turned.bearing - pan + 180) % 360 - 180
    return turned if abs(off) <= half else None


SUITE = Suite(
    "motion",
    tuple(FAMILIES),
    asked("motion", FAMILIES, stage_of),
    valid={
        ("camera_pan", "shuffled"): "what frames show in their order tells the turn; in a wrong order it misleads",
        ("appearance_order", "shuffled"): "the order is what is asked; in a wrong order it misleads",
    },
)
