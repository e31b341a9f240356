"""Question types about what moves in a video, and what only seems to move because the camera does."""

from __future__ import annotations

import numpy as np

from sightline.evals.synthetic.distances import distance_between
from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import NEAR_DEGREES, NEAR_RATIO, Draft, Group, several
from sightline.evals.synthetic.suite.stage import Stage, wrapped
from sightline.evals.synthetic.truth import bearing

_WAYS = ("away from the camera", "to the right", "towards the camera", "to the left")
_PANS = ("to the left", "to the right", "not at all")
_USUAL = 1.3
_MOST = 12


def mover(stage: Stage) -> Thing:
    """What moves, as it is at time 0."""
    return next(thing for thing in stage.scene.objects if thing.motion)


def object_direction(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which way a thing moves in the room, for the camera as it stands at the start."""
    thing, start, end = _ends(stage)
    azimuth = wrapped(bearing(start.centre(), end.centre()) - _towards(stage, start))
    quarter = round(azimuth / 90)
    margin = 45 - abs(azimuth - 90 * quarter)
    if margin < NEAR_DEGREES:
        return []
    name = stage.words[thing.name]
    view = "For somebody who stands where the camera stands and faces it as the video starts"
    return [
        [
            Draft(words, _WAYS[answer % 4], "choice", _WAYS, (thing,), margin, variation)
            for words, answer, variation in (
                (f"{view}, which way does the {name} move through the room?", quarter, ""),
                (f"Watch the {name}. {view}, where does it go?", quarter, "paraphrase"),
                (f"Suppose that the video is played backwards. {view}, "
                 f"which way does the {name} move through the room?", quarter + 2, "flip"),
            )
        ]
    ]  # fmt: skip


def object_towards(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things that stand still something that moves comes nearer to, or ends nearer to."""
    thing, _, end = _ends(stage)
    name = stage.words[thing.name]
    out: list[Group] = []
    for a, b in several([t for t in stage.known if not t.motion], 2, dice):
        lengths = distance_between(end, a), distance_between(end, b)
        margin = max(lengths) / max(min(lengths), 0.05) - 1
        if margin < NEAR_RATIO or abs(lengths[0] - lengths[1]) < 0.1:
            continue
        x, y = stage.words[a.name], stage.words[b.name]
        near, far = (x, y) if lengths[0] < lengths[1] else (y, x)
        out.append(
            [
                Draft(words, answer, "choice", (x, y), things, margin, variation)
                for words, answer, things, variation in (
                    (f"At the end of the video, which is the {name} closer to: the {x} or the {y}?", near,
                     (thing, a, b), ""),
                    (f"Of the {y} and the {x}, which is nearer to where the {name} is last seen?", near, (b, a, thing),
                     "paraphrase"),
                    (f"At the end of the video, which is the {name} farther from: the {x} or the {y}?", far,
                     (thing, a, b), "antonym"),
                )
            ]
        )  # fmt: skip
        if len(out) == _MOST:
            break
    return out


def object_path(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """How many metres something moves in the video."""
    thing, start, end = _ends(stage)
    metres = float(np.linalg.norm(end.centre() - start.centre()))
    name = stage.words[thing.name]
    return [
        [
            Draft(words, round(metres, 3), "number", (), (thing,), None, variation, "m", {}, _USUAL)
            for words, variation in (
                (f"How many metres does the {name} move in this video?", ""),
                (f"How long is the way of the {name} from the first frame to the last, in metres?", "paraphrase"),
            )
        ]
    ]


def camera_pan(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which way the camera turns, while something moves."""
    turned = wrapped(stage.shots[-1].camera.bearing - stage.shots[0].camera.bearing)
    here = 2 if abs(turned) < 1 else int(turned > 0)
    back = here if here == 2 else 1 - here
    thing = mover(stage)
    boxes = stage.boxes([thing, *(t for t in stage.known if not t.motion)][:2])
    return [
        [
            Draft(words, _PANS[answer], "choice", _PANS, (), abs(turned) or None, variation, boxes=boxes)
            for words, answer, variation in (
                ("Which way does the camera turn during the video?", here, ""),
                ("While the video runs, does its camera turn to the left, to the right or not at all?", here,
                 "paraphrase"),
                ("Suppose that the video is played backwards: which way does the camera turn?", back, "flip"),
            )
        ]
    ]  # fmt: skip


def _ends(stage: Stage) -> tuple[Thing, Thing, Thing]:
    """What moves, where it is in the first frame and where in the last."""
    thing = mover(stage)
    return thing, thing.at(stage.shots[0].time), thing.at(stage.shots[-1].time)


def _towards(stage: Stage, start: Thing) -> float:
    """Bearing from the camera to where the thing is at the start."""
    return bearing(stage.shots[0].camera.position, start)
