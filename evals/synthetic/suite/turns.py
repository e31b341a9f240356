"""Question types about turning on the spot, in a panorama: which side, how far, what comes first."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import NEAR_DEGREES, Draft, Group, several
from sightline.evals.synthetic.suite.stage import Stage, wrapped
from sightline.evals.synthetic.truth import bearing

_SIDES = ("left", "right", "behind")
_USUAL = 80.0
_NEAREST = 0.5
"""Metres from the camera along the floor: what is closer has no clear direction."""
_MOST = 12


def facing(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Left, right or behind, for somebody at the camera who faces a thing."""
    out: list[Group] = []
    for a, b in several(_around(stage), 2, dice):
        azimuth = wrapped(_bearing(stage, b) - _bearing(stage, a))
        quarter = round(azimuth / 90) % 4
        margin = 45 - abs(azimuth - 90 * round(azimuth / 90))
        if quarter == 0 or margin < NEAR_DEGREES:
            continue
        here = {1: "right", 2: "behind", 3: "left"}[quarter]
        there = {1: "left", 2: "behind", 3: "right"}[quarter]
        x, y = stage.words[a.name], stage.words[b.name]
        out.append(
            [
                Draft(words, answer, "choice", _SIDES, things, margin, variation)
                for words, answer, things, variation in (
                    (f"You stand where the panorama was taken and face the {x}. Where is the {y}?", here, (a, b), ""),
                    (f"Where is the {y} for the camera of this panorama when it is turned to the {x}?", here, (b, a),
                     "paraphrase"),
                    (f"You stand where the panorama was taken and face the {y}. Where is the {x}?", there, (b, a),
                     "flip"),
                )
            ]
        )  # fmt: skip
        if len(out) == _MOST:
            break
    return out


def turn_angle(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """How many degrees lie between two things as seen from the camera, the shorter way."""
    out: list[Group] = []
    for a, b in several(_around(stage), 2, dice):
        between = abs(wrapped(_bearing(stage, b) - _bearing(stage, a)))
        if between < NEAR_DEGREES:
            continue
        x, y = stage.words[a.name], stage.words[b.name]
        out.append(
            [
                Draft(words, round(between, 1), "number", (), things, None, variation, "degrees", {}, _USUAL)
                for words, things, variation in (
                    (f"You stand where the panorama was taken and face the {x}. By how many degrees do you have to "
                     f"turn, the shorter way, to face the {y}?", (a, b), ""),
                    (f"What is the angle between the directions to the {y} and to the {x}, seen from where the "
                     "panorama was taken?", (b, a), "paraphrase"),
                )
            ]
        )  # fmt: skip
        if len(out) == _MOST:
            break
    return out


def sweep(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things comes first for somebody who turns to the right from a third."""
    out: list[Group] = []
    for a, b, c in several(_around(stage), 3, dice):
        ways = [(_bearing(stage, x) - _bearing(stage, a)) % 360 for x in (b, c)]
        gaps = [abs(wrapped(_bearing(stage, x) - _bearing(stage, y))) for x, y in combinations((a, b, c), 2)]
        if min(gaps) < NEAR_DEGREES:
            continue
        o, x, y = (stage.words[thing.name] for thing in (a, b, c))
        right, left = (x, y) if ways[0] < ways[1] else (y, x)
        out.append(
            [
                Draft(words, answer, "choice", (x, y), things, min(gaps), variation)
                for words, answer, things, variation in (
                    (f"You stand where the panorama was taken, face the {o} and turn to the right, all the way round. "
                     f"Which do you face first: the {x} or the {y}?", right, (a, b, c), ""),
                    (f"A camera in the place of this panorama starts at the {o} and pans right. Of the {y} and the "
                     f"{x}, which is in its middle first?", right, (a, c, b), "paraphrase"),
                    (f"You stand where the panorama was taken, face the {o} and turn to the left, all the way round. "
                     f"Which do you face first: the {x} or the {y}?", left, (a, b, c), "flip"),
                )
            ]
        )  # fmt: skip
        if len(out) == _MOST:
            break
    return out


def _around(stage: Stage) -> list[Thing]:
    """What is far enough from the camera to have a direction."""
    eye = np.asarray(stage.shots[0].camera.position)
    return [thing for thing in stage.known if np.linalg.norm((thing.centre() - eye)[:2]) >= _NEAREST]


def _bearing(stage: Stage, thing: Thing) -> float:
    return bearing(stage.shots[0].camera.position, thing)
