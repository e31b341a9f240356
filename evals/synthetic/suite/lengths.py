"""Question types about lengths: how far apart, which is nearer, which is taller; 8 % from a tie at least."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sightline.evals.synthetic.distances import distance_from_point
from sightline.evals.synthetic.furniture import MAKERS
from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import NEAR_RATIO, Draft, Group, several
from sightline.evals.synthetic.suite.stage import Stage, height

_BETWEEN = {"how distances are meant": "between the closest points of both"}
_USUAL = 1.7
_MOST = 12


def distance(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """How many metres apart two things are, surface to surface; no photo's edge may hide the closest points of both."""
    out: list[Group] = []
    for a, b in several(_whole(stage), 2, dice):
        metres = stage.apart(a, b)
        if metres < 0.3:
            continue
        x, y = stage.words[a.name], stage.words[b.name]
        out.append(
            [
                Draft(words, round(metres, 3), "number", (), things, None, variation, "m", _BETWEEN, _USUAL)
                for words, things, variation in (
                    (f"How far apart are the {x} and the {y} in metres?", (a, b), ""),
                    (f"What is the distance between the {y} and the {x} in metres?", (b, a), "paraphrase"),
                )
            ]
        )
        if len(out) == _MOST // 2:
            break
    return out


def nearer_thing(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things is closer to a third, surface to surface."""
    out: list[Group] = []
    for anchor, a, b in several(stage.known, 3, dice):
        lengths = stage.apart(anchor, a), stage.apart(anchor, b)
        margin = _margin(*lengths)
        if margin < NEAR_RATIO or abs(lengths[0] - lengths[1]) < 0.1:
            continue
        near, far = (a, b) if lengths[0] < lengths[1] else (b, a)
        names = _names(stage, a, b)
        o = stage.words[anchor.name]
        out.append(
            [
                Draft(words, stage.words[right.name], "choice", names, things, margin, variation, known=_BETWEEN)
                for words, right, things, variation in (
                    (f"Which is closer to the {o}: the {names[0]} or the {names[1]}?", near, (anchor, a, b), ""),
                    (
                        f"Of the {names[1]} and the {names[0]}, which is closer to the {o}?",
                        near,
                        (b, a, anchor),
                        "paraphrase",
                    ),
                    (
                        f"Which is farther from the {o}: the {names[0]} or the {names[1]}?",
                        far,
                        (anchor, a, b),
                        "antonym",
                    ),
                )
            ]
        )
        if len(out) == _MOST:
            break
    return out


def nearer_camera(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things is closer to the camera of a photo that shows both, surface to lens."""
    out: list[Group] = []
    for a, b in several(stage.known, 2, dice):
        both = sorted(set(stage.shown_in(a)) & set(stage.shown_in(b)))
        if not both:
            continue
        k = both[int(dice.integers(len(both)))]
        eye = stage.shots[k].camera.position
        lengths = distance_from_point(eye, a), distance_from_point(eye, b)
        margin = _margin(*lengths)
        if margin < NEAR_RATIO:
            continue
        near, far = (a, b) if lengths[0] < lengths[1] else (b, a)
        names = _names(stage, a, b)
        # For the shortcut solvers only the photo that is asked about counts.
        boxes = {
            name: [box if at == k else None for at, box in enumerate(found)]
            for name, found in stage.boxes((a, b)).items()
        }
        lens = "the camera" if len(stage.shots) == 1 else f"the camera of photo {k + 1}"
        out.append(
            [
                Draft(words, stage.words[right.name], "choice", names, things, margin, variation, boxes=boxes)
                for words, right, things, variation in (
                    (f"Which is closer to {lens}: the {names[0]} or the {names[1]}?", near, (a, b), ""),
                    (f"Of the {names[1]} and the {names[0]}, which is nearer to {lens}?", near, (b, a), "paraphrase"),
                    (f"Which is farther from {lens}: the {names[0]} or the {names[1]}?", far, (a, b), "antonym"),
                )
            ]
        )
        if len(out) == _MOST:
            break
    return out


def size(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things is taller; each is seen whole in some photo, and as often against what is usual."""
    usual: list[Group] = []
    unusual: list[Group] = []
    for a, b in several(_whole(stage), 2, dice):
        lengths = height(a), height(b)
        margin = _margin(*lengths)
        if margin < NEAR_RATIO:
            continue
        low, high = (a, b) if lengths[0] < lengths[1] else (b, a)
        names = _names(stage, a, b)
        expected = _usual_height(low.category) < _usual_height(high.category)
        (usual if expected else unusual).append(
            [
                Draft(words, stage.words[right.name], "choice", names, things, margin, variation)
                for words, right, things, variation in (
                    (f"Which is taller: the {names[0]} or the {names[1]}?", high, (a, b), ""),
                    (
                        f"Which has its top higher above the floor, the {names[1]} or the {names[0]}?",
                        high,
                        (b, a),
                        "paraphrase",
                    ),
                    (f"Which is shorter: the {names[0]} or the {names[1]}?", low, (a, b), "antonym"),
                )
            ]
        )
        if min(len(usual), len(unusual)) == _MOST:
            break
    return (usual if dice.uniform() < 0.5 else unusual)[:_MOST] if usual and unusual else []


@lru_cache
def _usual_height(category: str) -> float:
    """Metres of a thing that nothing made smaller or larger."""
    return height(MAKERS[category]("red"))


def _names(stage: Stage, a: Thing, b: Thing) -> tuple[str, str]:
    return stage.words[a.name], stage.words[b.name]


def _margin(a: float, b: float) -> float:
    """By what share the longer is longer."""
    return max(a, b) / max(min(a, b), 0.05) - 1


def _whole(stage: Stage) -> list[Thing]:
    """What some photo shows without its edge cutting anything off."""
    return [thing for thing in stage.known if any(_uncut(stage, thing, k) for k in stage.shown_in(thing))]


def _uncut(stage: Stage, thing: Thing, k: int) -> bool:
    """Whether a photo's edge cuts nothing off."""
    box = stage.looks[k].box(stage.scene.id_of(thing.name))
    return box is not None and box[0] > 0 and box[1] > 0 and box[2] < 1 and box[3] < 1
