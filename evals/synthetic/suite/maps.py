"""The question type about a map: which number on a plan of the room marks a thing."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import Draft, Group, several
from sightline.evals.synthetic.suite.stage import Stage

_SIDE, _EDGE = 480, 40
_NUMBERS = ("1", "2", "3", "4")
_NEAREST = 0.8
"""Metres between numbers on the map."""
_INK, _CAMERA = (30, 30, 30), (200, 60, 40)


def on_plan(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of four numbers on a map marks a thing; the map is turned, and shows where photo 1 was taken."""
    out: list[Group] = []
    for things in several(stage.known, 4, dice):
        places = np.array([thing.centre()[:2] for thing in things])
        gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(4)
        if gaps.min() < _NEAREST:
            continue
        numbers = [_NUMBERS[int(k)] for k in dice.permutation(4)]
        turned = float(dice.uniform(0, 360))
        asked, other = things[0], things[1]
        drawing = partial(draw_plan, stage, dict(zip(numbers, things, strict=True)), turned)
        what, that = stage.words[asked.name], stage.words[other.name]
        marks = "The last picture is a map of the room, seen from above; the arrow is the camera of photo 1."
        out.append(
            [
                Draft(words, answer, "choice", _NUMBERS, (thing,), None, variation, drawing=drawing)
                for words, answer, thing, variation in (
                    (f"{marks} Which number marks the {what}?", numbers[0], asked, ""),
                    (f"{marks} Where on it is the {what}? Give its number.", numbers[0], asked, "paraphrase"),
                    (f"{marks} Which number marks the {that}?", numbers[1], other, "flip"),
                )
            ]
        )
        if len(out) == 12:
            break
    return out


def draw_plan(stage: Stage, marks: dict[str, Thing], turned: float) -> NDArray[np.uint8]:
    """A map of the room, (480, 480, 3) uint8: walls, numbered places, and an arrow for the camera of photo 1.

    Args:
        stage: The room.
        marks: What each number marks.
        turned: Degrees by which the map is turned, clockwise.
    """
    import cv2

    camera = stage.shots[0].camera
    half_x, half_y = stage.scene.size[0] / 2, stage.scene.size[1] / 2
    scale = (_SIDE / 2 - _EDGE) / float(np.hypot(half_x, half_y))
    b = np.radians(turned)
    turn = np.array([[np.cos(b), np.sin(b)], [-np.sin(b), np.cos(b)]])

    def spot(point: NDArray[np.float64]) -> tuple[int, int]:
        x, y = turn @ np.asarray(point)[:2] * scale
        return round(_SIDE / 2 + float(x)), round(_SIDE / 2 - float(y))

    out = np.full((_SIDE, _SIDE, 3), 250, np.uint8)
    corners = [(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)]
    walls = np.array([spot(np.array(corner)) for corner in corners], np.int32)
    cv2.polylines(out, [walls], True, _INK, 4, cv2.LINE_AA)
    eye = np.asarray(camera.position)
    way = np.array([np.sin(np.radians(camera.bearing)), np.cos(np.radians(camera.bearing)), 0.0])
    cv2.arrowedLine(out, spot(eye), spot(eye + 0.7 * way), _CAMERA, 3, cv2.LINE_AA, tipLength=0.35)
    cv2.circle(out, spot(eye), 6, _CAMERA, -1, cv2.LINE_AA)
    for number, thing in marks.items():
        at = spot(thing.centre())
        cv2.circle(out, at, 15, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(out, at, 15, _INK, 2, cv2.LINE_AA)
        cv2.putText(out, number, (at[0] - 7, at[1] + 7), cv2.FONT_HERSHEY_SIMPLEX, 0.65, _INK, 2, cv2.LINE_AA)
    return out
