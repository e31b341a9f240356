"""Question types about what there is and what shows: how many, and whether something is hidden."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from sightline.evals.synthetic.rooms import Scene
from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import Draft, Group
from sightline.evals.synthetic.suite.stage import Stage

MOST = 3
"""Things of a class that are counted."""
_COUNTED = ("chair", "stool", "toy car", "teddy", "lamp")
_PLURALS = {"chair": "chairs", "stool": "stools", "toy car": "toy cars", "teddy": "teddies", "lamp": "lamps"}
_HIDDEN, _MOST_HIDDEN = 0.8, 0.2
"""Shares that show of what is partly hidden: no more than the first, no less than the second."""


def count(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """How many of a class there are in the room, 2 or 3; every one shows in some photo, and one in the first."""
    classes: defaultdict[str, list[Thing]] = defaultdict(list)
    for thing in stage.scene.objects:
        classes[thing.category].append(thing)
    out: list[Group] = []
    for category in _COUNTED:
        things = classes[category]
        if not 2 <= len(things) <= MOST or not all(stage.shown_in(thing) for thing in things):
            continue
        first = [thing for thing in things if not stage.hidden_in(thing, 0)]
        if len(first) != 1:  # so that the first photo tells nothing of the number
            continue
        many = _PLURALS[category]
        boxes = _by_place(stage, things)
        out.append(
            [
                Draft(words, len(things), "integer", variation=variation, boxes=boxes)
                for words, variation in (
                    (f"How many {many} are there in the room?", ""),
                    (f"Count the {many} in this room. How many are there in all?", "paraphrase"),
                )
            ]
        )
    return out


def _by_place(stage: Stage, things: list[Thing]) -> dict[str, list[list[float] | None]]:
    """Boxes of as many things as may be counted, those of the first photo first: the number of names tells nothing."""
    boxes = [
        [seen.box(stage.scene.id_of(thing.name)) for seen in stage.looks]
        for thing in sorted(things, key=lambda thing: 0 not in stage.shown_in(thing))
    ]
    boxes += [[None] * len(stage.looks)] * (MOST - len(boxes))
    return {f"one {k}": [list(box) if box else None for box in row] for k, row in enumerate(boxes)}


def occlusion(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Whether something hides a part of a thing in a photo."""
    spots = [(thing, k) for thing in stage.known for k in stage.shown_in(thing)]
    out: list[Group] = []
    for at in dice.permutation(len(spots))[:14]:
        thing, k = spots[int(at)]
        share = _visible(stage, thing, k)
        if share is None or not (share == 1 or _MOST_HIDDEN <= share <= _HIDDEN):
            continue
        hidden, whole = ("no", "yes") if share == 1 else ("yes", "no")
        name, photo = stage.words[thing.name], f"photo {k + 1}"
        out.append(
            [
                Draft(words, answer, "yes_no", (), (thing,), None, variation, facts={"visible": round(share, 3)})
                for words, answer, variation in (
                    (f"Is a part of the {name} hidden behind something else in {photo}?", hidden, ""),
                    (f"Does anything stand in front of a part of the {name} in {photo}?", hidden, "paraphrase"),
                    (f"Is the {name} in full view in {photo}, with nothing in front of it?", whole, "antonym"),
                )
            ]
        )
    return out


def _visible(stage: Stage, thing: Thing, k: int) -> float | None:
    """The share of a thing that nothing hides in a photo; None where the photo's edge cuts it."""
    from sightline.evals.synthetic.suite.looks import look_at  # numba comes with it

    seen = stage.looks[k]
    height, width = seen.ids.shape
    alone = Scene(stage.seed, (replace(thing, structure=False),), stage.scene.size, stage.scene.lamps)
    bare = look_at(alone, seen.camera, (width, height), seen.time)
    box = bare.box(1)
    if box is None or box[0] <= 0 or box[1] <= 0 or box[2] >= 1 or box[3] >= 1:
        return None
    return seen.share(stage.scene.id_of(thing.name)) / bare.share(1)
