"""Question types about photos or frames in order: which way a camera went round, how far it turned, what came first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sightline.evals.synthetic.distances import distance_from_point
from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import NEAR_DEGREES, NEAR_RATIO, Draft, Group
from sightline.evals.synthetic.suite.stage import Stage, wrapped
from sightline.evals.synthetic.truth import camera_motion

_WAYS = ("clockwise", "counter-clockwise")
_USUAL_TURN = 20.0


def camera_path(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Whether the camera went round clockwise or counter-clockwise, as seen from above."""
    eyes = [shot.camera.position for shot in stage.shots]
    around = [wrapped(np.degrees(np.arctan2(b[0], b[1]) - np.arctan2(a[0], a[1]))) for a, b in pairwise(eyes)]
    here, back = _WAYS if sum(around) > 0 else _WAYS[::-1]
    story = "The photos were taken in this order by a camera that moved round the middle of the room."
    return [
        [
            Draft(words, answer, "choice", _WAYS, (), None, variation, boxes=boxes)
            for words, answer, variation in (
                (f"{story} Seen from above, which way did it move?", here, ""),
                (f"{story} On a map of the room, is its way clockwise or counter-clockwise?", here, "paraphrase"),
                (
                    "The photos were taken in the opposite order, the last one first, by a camera that moved round "
                    "the middle of the room. Seen from above, which way did it move?",
                    back,
                    "flip",
                ),
            )
        ]
        for boxes in _followed(stage, dice)
    ]


def camera_angle(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """By how many degrees the camera turned from a photo to the next."""
    out: list[Group] = []
    for k in range(len(stage.shots) - 1):
        turned = abs(camera_motion(stage.shots[k].camera, stage.shots[k + 1].camera).turned)
        both = [thing for thing in stage.known if {k, k + 1} <= set(stage.shown_in(thing))]
        if turned < NEAR_DEGREES or not both:
            continue
        boxes = stage.boxes(both[:1])
        out.append(
            [
                Draft(words, round(turned, 2), "number", (), (), None, variation, "degrees", {}, _USUAL_TURN, boxes)
                for words, variation in (
                    (f"By how many degrees did the camera turn from photo {k + 1} to photo {k + 2}?", ""),
                    (f"How far did the camera turn between photo {k + 1} and photo {k + 2}?", "paraphrase"),
                )
            ]
        )
    return out


def appearance(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things comes into view first; the first photo or frame shows neither."""
    first = {thing.name: _appears(stage, thing) for thing in stage.known}
    late = [thing for thing in stage.known if first[thing.name] > 0]
    out: list[Group] = []
    for a in late:
        for b in late:
            if first[a.name] >= first[b.name] or dice.uniform() < 0.3:
                continue
            p, q = (a, b) if dice.uniform() < 0.5 else (b, a)
            x, y = stage.words[p.name], stage.words[q.name]
            early, later = stage.words[a.name], stage.words[b.name]
            where = "the video" if stage.clip else "the photos, in their order"
            out.append(
                [
                    Draft(words, answer, "choice", (x, y), things, None, variation)
                    for words, answer, things, variation in (
                        (f"Going through {where}, which comes into view first: the {x} or the {y}?", early, (p, q), ""),
                        (
                            f"Of the {y} and the {x}, which appears first in {where}?",
                            early,
                            (q, p),
                            "paraphrase",
                        ),
                        (
                            f"Going through {where}, which comes into view later: the {x} or the {y}?",
                            later,
                            (p, q),
                            "antonym",
                        ),
                    )
                ]
            )
    return out


def closest_photo(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """In which of four photos the camera is closest to a thing, surface to lens."""
    out: list[Group] = []
    for thing in stage.known:
        at = sorted(int(k) for k in dice.choice(len(stage.shots), 4, replace=False))
        lengths = [distance_from_point(stage.shots[k].camera.position, thing) for k in at]
        order = np.argsort(lengths)
        near, far = (
            lengths[int(order[1])] / max(lengths[int(order[0])], 0.05) - 1,
            lengths[int(order[3])] / lengths[int(order[2])] - 1,
        )
        if near < NEAR_RATIO or far < NEAR_RATIO:
            continue
        names = tuple(f"photo {k + 1}" for k in at)
        what = stage.words[thing.name]
        out.append(
            [
                Draft(words, names[int(order[place])], "choice", names, (thing,), margin, variation)
                for words, place, margin, variation in (
                    (f"Which of these photos was taken closest to the {what}?", 0, near, ""),
                    (
                        f"In which of these photos is the {what} nearest to the camera, seen or not?",
                        0,
                        near,
                        "paraphrase",
                    ),
                    (f"Which of these photos was taken farthest from the {what}?", 3, far, "antonym"),
                )
            ]
        )
    return out


def _appears(stage: Stage, thing: Thing) -> int:
    """The first picture that shows enough of a thing, where none before shows any of it; else 0."""
    k = stage.shown_in(thing)[0]
    return k if all(stage.hidden_in(thing, earlier) for earlier in range(k)) else 0


def _followed(stage: Stage, dice: np.random.Generator) -> Sequence[dict[str, list[list[float] | None]]]:
    """Boxes of pairs of things that several photos show: what a shortcut could follow."""
    often = [thing for thing in stage.known if len(stage.shown_in(thing)) > 2]
    if len(often) < 2:
        return []
    return [stage.boxes([often[int(n)] for n in dice.permutation(len(often))[:2]]) for _ in range(6)]
