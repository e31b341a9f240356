"""Things of cubes: how many, how many hidden, what is seen from another side, the same thing or its mirror image.

Columns stand on a floor and each shows its top, so that what is hidden is certain. Free bodies hide none of their
cubes. Cubes of which a sliver shows are left out, so that nobody's eyesight decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from sightline.evals.synthetic.puzzles.cubes import (
    SEEN,
    Body,
    Cube,
    Outline,
    draw_body,
    draw_view,
    mirror_image,
    placed,
    reversed_view,
    seen,
    seen_cubes,
    standing,
    turned,
    turns,
    view,
)
from sightline.evals.synthetic.puzzles.dealing import LETTERS, Deal, Picture, dealt, lettered
from sightline.evals.synthetic.suite.dataset import Question
from sightline.evals.synthetic.suite.suites import Suite

COUNT, HIDDEN, VIEW, PLAN, MIRROR, MATCH = (
    "cube count",
    "hidden cubes",
    "side view",
    "view from above",
    "same or mirrored",
    "find the same",
)
CATEGORIES = (COUNT, HIDDEN, VIEW, PLAN, MIRROR, MATCH)

COLOURS = ((232, 186, 120), (150, 196, 220), (176, 208, 150), (216, 170, 200), (226, 214, 140))
COUNTS = range(6, 18)
HIDDENS = range(6)

RULE = (
    "The picture shows equal cubes, stacked in columns on a flat floor and seen from the front, slightly from the "
    "right and above. No cube floats, and every column shows its top."
)
_WIDE, _DEEP, _HIGH = 3, 3, 4

Heights = list[list[int]]


def count(seed: int, dice: random.Random) -> list[Deal]:
    """How many cubes, hidden ones included; every number from 6 to 17 is as likely."""
    wanted = dice.choice(COUNTS)
    heights = _columns(dice, [wanted], lambda h: True)
    first = Question(
        id=f"polycubes-count-{seed}",
        question=f"{RULE} How many cubes are there, those that cannot be seen included?",
        kind="integer",
        answer=wanted,
        category=COUNT,
        cluster=f"polycubes {seed}",
        pair=f"polycubes-count-{seed}",
    )
    other = replace(
        first,
        id=f"{first.id}-paraphrase",
        question=f"{RULE} Somebody takes all of it apart. How many cubes do they then have?",
        variation="paraphrase",
    )
    drawers = [_solid(standing(heights), dice)]
    return [(first, drawers), (other, drawers)]


def hidden(seed: int, dice: random.Random) -> list[Deal]:
    """How many cubes cannot be seen at all; every number from 0 to 5 is as likely."""
    wanted = dice.choice(HIDDENS)
    body = standing(_columns(dice, range(8, 23), lambda h: list(seen_cubes(standing(h)).values()).count(0) == wanted))
    question = Question(
        id=f"polycubes-hidden-{seed}",
        question=f"{RULE} How many of the cubes cannot be seen at all?",
        kind="integer",
        answer=wanted,
        category=HIDDEN,
        cluster=f"polycubes {seed}",
    )
    return [(question, [_solid(body, dice)])]


_OPPOSITE = {"front": "back", "back": "front", "left": "right", "right": "left"}


def side_view(seed: int, dice: random.Random) -> list[Deal]:
    """What is seen from a side. The opposite side is asked about with the same pictures: the answer changes."""
    side = dice.choice(list(_OPPOSITE))

    def fits(heights: Heights) -> bool:
        return _lopsided(view(heights, side)) and _whole_grid(heights)

    heights = _columns(dice, range(8, 17), fits)
    right = view(heights, side)
    first, drawers, order = _which_view(seed, dice, heights, right, _other_profile(right, dice))
    first = replace(
        first, id=f"polycubes-view-{seed}", question=_asks_view(side), category=VIEW, pair=f"polycubes-view-{seed}"
    )
    opposite = replace(
        first,
        id=f"{first.id}-flip",
        question=_asks_view(_OPPOSITE[side]),
        answer=LETTERS[order.index(reversed_view(right))],
        variation="flip",
    )
    return [(first, drawers), (opposite, drawers)]


def _asks_view(side: str) -> str:
    return f"{RULE} Picture 1 shows it all. Which of the pictures 2 to 5 shows it as seen straight from the {side}?"


def plan(seed: int, dice: random.Random) -> list[Deal]:
    """What is seen from straight above, the front at the bottom."""

    def fits(heights: Heights) -> bool:
        return _lopsided(view(heights, "top")) and _whole_grid(heights)

    heights = _columns(dice, range(7, 14), fits)
    right = view(heights, "top")
    first, drawers, _ = _which_view(seed, dice, heights, right, _other_plan(right, dice))
    question = replace(
        first,
        id=f"polycubes-plan-{seed}",
        question=f"{RULE} Picture 1 shows it all. Which of the pictures 2 to 5 shows which squares of the floor are "
        "built on, seen from straight above with the front at the bottom?",
        category=PLAN,
    )
    return [(question, drawers)]


def same_or_mirrored(seed: int, dice: random.Random) -> list[Deal]:
    """Is the second body the first, turned, or its mirror image?"""
    body = _body(dice)
    same = dice.random() < 0.5
    here, there = _shown(body, dice), _shown(body, dice)
    opposite = _shown(mirror_image(body), dice)
    while there == here:
        there = _shown(body, dice)
    colour = dice.choice(COLOURS)
    said = _said(body)
    first = Question(
        id=f"polycubes-mirror-{seed}",
        question=f"{said} Can the body of the first picture be turned in space so that it becomes that of the second?",
        kind="yes_no",
        answer="yes" if same else "no",
        category=MIRROR,
        cluster=f"polycubes {seed}",
        pair=f"polycubes-mirror-{seed}",
    )
    flipped = replace(first, id=f"{first.id}-flip", answer="no" if same else "yes", variation="flip")
    other = replace(
        first,
        id=f"{first.id}-antonym",
        question=f"{said} Are the bodies of the two pictures mirror images of each other that no turn in space makes "
        "the same?",
        answer="no" if same else "yes",
        variation="antonym",
    )
    turn, mirror = ([_coloured(here, colour), _coloured(shown, colour)] for shown in (there, opposite))
    if not same:
        turn, mirror = mirror, turn
    return [(first, turn), (flipped, mirror), (other, turn)]


def match(seed: int, dice: random.Random) -> list[Deal]:
    """Which of four is the first, turned? The others: its mirror image, another body, and that one's mirror image."""
    body = _body(dice)
    known = {turned(image, matrix) for image in (body, mirror_image(body)) for matrix in turns()}
    while (other := _body(dice, len(body))) in known:
        pass
    first = _shown(body, dice)
    shown = [_shown(image, dice) for image in (body, mirror_image(body), other, mirror_image(other))]
    while shown[0] == first:
        shown[0] = _shown(body, dice)
    order = dice.sample(range(4), 4)
    colour = dice.choice(COLOURS)
    question = Question(
        id=f"polycubes-match-{seed}",
        question=f"{_said(body)} Which of the pictures 2 to 5 shows the body of picture 1, turned in space?",
        kind="choice",
        options=lettered([f"picture {k + 2}" for k in range(4)]),
        answer=LETTERS[order.index(0)],
        category=MATCH,
        cluster=f"polycubes {seed}",
    )
    return [(question, [_coloured(first, colour), *(_coloured(shown[k], colour) for k in order)])]


def _said(body: Body) -> str:
    return f"Each picture shows a body of {len(body)} equal cubes, joined face to face. All of them can be seen."


# ------------------------------------------------------------------------------------------------ columns


def _columns(dice: random.Random, totals: Sequence[int], fits: Callable[[Heights], bool]) -> Heights:
    """Columns of one of these numbers of cubes, each with its top in sight and no cube seen as a sliver only."""
    while True:
        total = dice.choice(totals)
        heights = [[0] * _WIDE for _ in range(_DEEP)]
        for _ in range(total):
            free = [(y, x) for y in range(_DEEP) for x in range(_WIDE) if heights[y][x] < _HIGH]
            dice.shuffle(free)
            if not any(_added(heights, y, x) for y, x in free):
                break
        if sum(map(sum, heights)) == total and _clear(heights) and fits(heights):
            return heights


def _added(heights: Heights, y: int, x: int) -> bool:
    """Put a cube on a column, unless a top would be hidden."""
    heights[y][x] += 1
    if _tops_seen(heights):
        return True
    heights[y][x] -= 1
    return False


def _tops_seen(heights: Heights) -> bool:
    shares = seen(standing(heights))
    return all(
        shares[(x, y, high - 1), "top"] >= SEEN for y, row in enumerate(heights) for x, high in enumerate(row) if high
    )


def _clear(heights: Heights) -> bool:
    """Whether every cube is either seen well or not at all."""
    return all(share == 0 or share >= SEEN for share in seen_cubes(standing(heights)).values())


def _whole_grid(heights: Heights) -> bool:
    """Whether something stands on every row and column, so that the views' frames are those of the grid."""
    return all(any(row) for row in heights) and all(any(row[x] for row in heights) for x in range(_WIDE))


def _lopsided(outline: Outline) -> bool:
    return outline != reversed_view(outline)


def _other_profile(right: Outline, dice: random.Random) -> Outline:
    """Another profile of columns, with as many squares."""
    wide = max(column for column, _ in right) + 1
    while True:
        highs = [dice.randrange(1, _HIGH + 1) for _ in range(wide)]
        found = frozenset((column, row) for column, high in enumerate(highs) for row in range(high))
        if len(found) == len(right) and _new(found, right):
            return found
        if dice.random() < 0.02 and _new(found, right):  # a profile that no other has as many squares as
            return found


def _other_plan(right: Outline, dice: random.Random) -> Outline:
    """Another plan of the grid, with as many squares."""
    squares = [(x, y) for x in range(_WIDE) for y in range(_DEEP)]
    while True:
        found = frozenset(dice.sample(squares, len(right)))
        filled = len({x for x, _ in found}) == _WIDE and len({y for _, y in found}) == _DEEP
        if filled and _new(found, right):
            return found


def _new(found: Outline, right: Outline) -> bool:
    return _lopsided(found) and found not in (right, reversed_view(right))


def _which_view(
    seed: int, dice: random.Random, heights: Heights, right: Outline, other: Outline
) -> tuple[Question, list[Callable[[], Picture]], list[Outline]]:
    """Four views to choose from, two pairs of mirror images, so that none stands out."""
    order = dice.sample([right, reversed_view(right), other, reversed_view(other)], 4)
    colour = dice.choice(COLOURS)
    question = Question(
        id="",
        question="",
        kind="choice",
        options=lettered([f"picture {k + 2}" for k in range(4)]),
        answer=LETTERS[order.index(right)],
        category="",
        cluster=f"polycubes {seed}",
    )
    drawers: list[Callable[[], Picture]] = [_coloured(standing(heights), colour)]
    drawers += [partial(draw_view, outline, colour) for outline in order]
    return question, drawers, order


# ------------------------------------------------------------------------------------------------ free bodies


def _body(dice: random.Random, cubes: int = 0) -> Body:
    """A body in one piece that is not its own mirror image, with views from which every cube is seen."""
    while True:
        number = cubes or dice.randrange(6, 9)
        grown: set[Cube] = {(0, 0, 0)}
        end: Cube = (0, 0, 0)
        while len(grown) < number:
            x, y, z = end if dice.random() < 0.8 else dice.choice(sorted(grown))
            a, b, c = dice.choice([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)])
            steps = dice.choice((1, 2))
            for k in range(1, steps + 1):
                if len(grown) < number:
                    end = (x + k * a, y + k * b, z + k * c)
                    grown.add(end)
        body = placed(grown)
        every = [turned(body, matrix) for matrix in turns()]
        if mirror_image(body) in every:
            continue
        if min(len(_good(body)), len(_good(mirror_image(body)))) >= 3:
            return body


def _good(body: Body) -> list[Body]:
    """The body as turned in each way that hides no cube."""
    images = sorted({turned(body, matrix) for matrix in turns()}, key=sorted)
    return [image for image in images if min(seen_cubes(image).values()) >= 2 * SEEN]


def _shown(body: Body, dice: random.Random) -> Body:
    return dice.choice(_good(body))


def _solid(body: Body, dice: random.Random) -> Callable[[], Picture]:
    return _coloured(body, dice.choice(COLOURS))


def _coloured(body: Body, colour: tuple[int, int, int]) -> Callable[[], Picture]:
    return partial(draw_body, body, colour)


SUITE = Suite(
    name="polycubes",
    categories=CATEGORIES,
    questions=partial(
        dealt,
        {
            COUNT: count,
            HIDDEN: hidden,
            VIEW: side_view,
            PLAN: plan,
            MIRROR: same_or_mirrored,
            MATCH: match,
        },
    ),
)
