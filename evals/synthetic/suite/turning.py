"""Question types about the camera: which way it turned between photos, how it went round, how far."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from sightline.evals.synthetic.suite.asking import NEAR_DEGREES, Draft, Group
from sightline.evals.synthetic.suite.stage import Stage
from sightline.evals.synthetic.truth import camera_motion

_SIDES = ("left", "right")
_MOST_TURNED = 75.0
"""Degrees: photos that are further apart share too little to tell."""


def camera_turn(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which way the camera turned from a photo to another."""
    out: list[Group] = []
    for j, k in permutations(range(len(stage.shots)), 2):
        turned = camera_motion(stage.shots[j].camera, stage.shots[k].camera).turned
        both = [thing for thing in stage.known if {j, k} <= set(stage.shown_in(thing))]
        if not NEAR_DEGREES <= abs(turned) <= _MOST_TURNED or len(both) < 2:
            continue
        # For the shortcut solvers: what both photos show; the question names nothing.
        boxes = stage.boxes([both[int(n)] for n in dice.permutation(len(both))[:2]])
        here, back = _SIDES if turned < 0 else _SIDES[::-1]
        out.append(
            [
                Draft(words, answer, "choice", _SIDES, (), abs(turned), variation, boxes=boxes)
                for words, answer, variation in (
                    (f"Which way did the camera turn from photo {j + 1} to photo {k + 1}?", here, ""),
                    (
                        f"Did the camera turn left or right between photo {j + 1} and photo {k + 1}?",
                        here,
                        "paraphrase",
                    ),
                    (f"Which way did the camera turn from photo {k + 1} to photo {j + 1}?", back, "flip"),
                )
            ]
        )
    return out
