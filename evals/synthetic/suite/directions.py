"""Question types about directions, in four frames: a camera's, a thing's own, somebody's who stands and faces, a map's.

Things count as their middles; 10 degrees from another answer at least. Where somebody stands at a thing, that holds for
every part of it, and of what is faced and asked about.
"""

from __future__ import annotations

import itertools

import numpy as np

from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import NEAR_DEGREES, Draft, Group, several
from sightline.evals.synthetic.suite.stage import Stage, sees_front, wrapped
from sightline.evals.synthetic.truth import bearing, from_front_of, standing_at

LEFT_RIGHT = ("left", "right")
POINTS = ("north", "east", "south", "west")
QUARTERS = ("in front", "to the right", "behind", "to the left")
_FRONTED = frozenset({"chair", "sofa", "toy car", "teddy", "desk", "shelf", "wardrobe", "bed"})
_APART = 0.7
"""Metres between middles: closer things have no clear direction from each other."""
_MOST = 12


def from_camera(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Left or right of a camera, of what its photo does not show."""
    out = []
    for thing in stage.known:
        for k, shot in enumerate(stage.shots):
            if not stage.hidden_in(thing, k) or not _far(shot.camera.position, thing):
                continue
            azimuth = wrapped(bearing(shot.camera.position, thing) - shot.camera.bearing)
            if not NEAR_DEGREES <= abs(azimuth) <= 180 - NEAR_DEGREES:
                continue
            name, photo = stage.words[thing.name], f"photo {k + 1}"
            here, there = _side(azimuth), _side(-azimuth)
            stand = f"Imagine that you stand where {photo} was taken"
            out.append(
                [
                    Draft(words, answer, "choice", LEFT_RIGHT, (thing,), _from_line(azimuth), variation)
                    for words, answer, variation in (
                        (f"{stand} and look the way its camera looked. On which side of you is the {name}?", here, ""),
                        (
                            f"For the camera of {photo}, is the {name} to the left or to the right?",
                            here,
                            "paraphrase",
                        ),
                        (
                            f"{stand}, with your back to what its camera looked at. On which side of you is the "
                            f"{name}?",
                            there,
                            "flip",
                        ),
                    )
                ]
            )
    return out


def standing(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Left or right of somebody who stands at a thing and faces another, from whatever part of it to whatever part."""
    out = []
    for at, facing, what in several(stage.known, 3, dice):
        if not all(_far(x.centre(), y) for x, y in itertools.combinations((at, facing, what), 2)):
            continue
        here, there = standing_at(at, facing, what).azimuth, standing_at(facing, at, what).azimuth
        room = _unsure(at, facing) + _unsure(at, what), _unsure(facing, at) + _unsure(facing, what)
        if _from_line(here) < NEAR_DEGREES + room[0] or _from_line(there) < NEAR_DEGREES + room[1]:
            continue
        a, b, c = (stage.words[thing.name] for thing in (at, facing, what))
        base = Draft(
            f"If I stand at the {a} facing the {b}, is the {c} on my left or on my right?",
            _side(here),
            "choice",
            LEFT_RIGHT,
            (at, facing, what),
            _from_line(here),
        )
        out.append(
            [
                base,
                Draft(
                    f"Is the {c} to my left or to my right when I am at the {a} facing the {b}?",
                    _side(here),
                    "choice",
                    LEFT_RIGHT,
                    (what, at, facing),
                    _from_line(here),
                    "paraphrase",
                ),
                Draft(
                    f"If I stand at the {b} facing the {a}, is the {c} on my left or on my right?",
                    _side(there),
                    "choice",
                    LEFT_RIGHT,
                    (facing, at, what),
                    _from_line(there),
                    "flip",
                ),
            ]
        )
        if len(out) == _MOST:
            break
    return out


def from_front(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """In front, behind, left or right of a thing that has a front, which a photo shows."""
    fronted = [
        thing
        for thing in stage.known
        if thing.category in _FRONTED and any(sees_front(stage.shots[k], thing) for k in stage.shown_in(thing))
    ]
    out = []
    for thing, what in itertools.permutations(stage.known, 2):
        if thing not in fronted or not _far(thing.centre(), what):
            continue
        azimuth = from_front_of(thing, what).azimuth
        side, margin = _quarter(azimuth)
        if margin < NEAR_DEGREES:
            continue
        a, b = stage.words[thing.name], stage.words[what.name]
        out.append(
            [
                Draft(words, QUARTERS[answer % 4], "choice", QUARTERS, things, margin, variation)
                for words, answer, things, variation in (
                    (
                        f"Take the view of the {a}, looking out the way its front points. Where is the {b}?",
                        side,
                        (thing, what),
                        "",
                    ),
                    (
                        f"Where is the {b} as the {a} would see it, looking ahead from its own front?",
                        side,
                        (what, thing),
                        "paraphrase",
                    ),
                    (
                        f"Take the view of the {a}, looking out the way its back points. Where is the {b}?",
                        side + 2,
                        (thing, what),
                        "flip",
                    ),
                )
            ]
        )
    return out


def on_a_map(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """North, east, south or west, where a photo's camera looks north."""
    out = []
    for a, b in several(stage.known, 2, dice):
        if not _far(a.centre(), b):
            continue
        k = int(dice.integers(len(stage.shots)))
        side, margin = _quarter(wrapped(bearing(a, b) - stage.shots[k].camera.bearing))
        if margin < NEAR_DEGREES:
            continue
        x, y = stage.words[a.name], stage.words[b.name]
        north = f"Let north be the direction in which the camera of photo {k + 1} looks."
        out.append(
            [
                Draft(words, POINTS[answer % 4], "choice", POINTS, things, margin, variation)
                for words, answer, things, variation in (
                    (f"{north} In which direction is the {y} from the {x}?", side, (b, a), ""),
                    (f"{north} Somebody goes from the {x} straight to the {y}: which way?", side, (a, b), "paraphrase"),
                    (f"{north} In which direction is the {x} from the {y}?", side + 2, (a, b), "flip"),
                )
            ]
        )
        if len(out) == _MOST:
            break
    return out


def _far(point: object, thing: Thing) -> bool:
    return bool(np.linalg.norm((np.asarray(point) - thing.centre())[:2]) >= _APART)


def _unsure(eye: Thing, thing: Thing) -> float:
    """Degrees by which the direction changes from one end of both things to the other, at most."""
    reach = 0.5 * sum(float(np.linalg.norm((high - low)[:2])) for low, high in (eye.box(), thing.box()))
    away = float(np.linalg.norm((thing.centre() - eye.centre())[:2]))
    return float(np.degrees(np.arcsin(reach / away))) if reach < away else 180.0


def _from_line(azimuth: float) -> float:
    """Degrees from straight ahead or straight behind, whichever is nearer."""
    return min(abs(azimuth), 180 - abs(azimuth))


def _side(azimuth: float) -> str:
    return "right" if azimuth > 0 else "left"


def _quarter(azimuth: float) -> tuple[int, float]:
    """The quarter, clockwise from ahead, and the degrees to its border."""
    quarter = round(azimuth / 90)
    return quarter % 4, 45 - abs(azimuth - 90 * quarter)
