"""Turning in the mind: by what angle, turned or mirrored, which figure, a turned clock, a turned picture.

Figures have eight different images under quarter turns and mirroring, so that each question has one answer. Wrong
figures come in mirrored pairs as the right one does: without the first picture none stands out.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sightline.evals.synthetic.puzzles.dealing import LETTERS, Deal, Picture, dealt, lettered, one_of, shuffled
from sightline.evals.synthetic.puzzles.figures import (
    COLOURS,
    GROUNDS,
    Figure,
    changed,
    draw_figure,
    figure,
    images,
    mirrored,
)
from sightline.evals.synthetic.puzzles.views import draw_clock, draw_landscape
from sightline.evals.synthetic.suite.dataset import Question
from sightline.evals.synthetic.suite.suites import Suite

ANGLE, MIRROR, MATCH, TWO_STEPS = "turn angle", "turned or mirrored", "find the turned one", "turn and mirror"
CLOCK, UPRIGHT = "clock", "upright"
CATEGORIES = (ANGLE, MIRROR, MATCH, TWO_STEPS, CLOCK, UPRIGHT)

_ANGLES = tuple(range(45, 360, 45))


def angle(seed: int, dice: random.Random) -> list[Deal]:
    """By how much has the figure been turned? Four of the seven eighth turns on offer, any of them right."""
    cells, draw = _figure(dice)
    offered = sorted(dice.sample(_ANGLES, 4))
    options, answer, turn = one_of(offered, dice)
    question = Question(
        id=f"rotation-angle-{seed}",
        question="The second picture shows the figure of the first, turned within the plane. By how many degrees "
        "counter-clockwise has it been turned?",
        kind="choice",
        options=options,
        answer=answer,
        category=ANGLE,
        cluster=f"rotation {seed}",
        pair=f"rotation-angle-{seed}",
    )
    back = [360 - a for a in offered]
    other = replace(
        question,
        id=f"{question.id}-antonym",
        question=question.question.replace("counter-clockwise", "clockwise"),
        options=lettered([str(a) for a in sorted(back)]),
        answer=LETTERS[sorted(back).index(360 - turn)],
        variation="antonym",
    )
    drawers = [draw(cells, 0), draw(cells, turn)]
    return [(question, drawers), (other, drawers)]


def turned_or_mirrored(seed: int, dice: random.Random) -> list[Deal]:
    """Is the second figure the first, turned, or its mirror image, turned?"""
    cells, draw = _figure(dice)
    turn = 15 * dice.randrange(2, 23)
    same = dice.random() < 0.5
    first = Question(
        id=f"rotation-mirror-{seed}",
        question="Can the figure of the first picture be turned within the plane so that it becomes the figure of the "
        "second, without mirroring it?",
        kind="yes_no",
        answer="yes" if same else "no",
        category=MIRROR,
        cluster=f"rotation {seed}",
        pair=f"rotation-mirror-{seed}",
    )
    flipped = replace(first, id=f"{first.id}-flip", answer="no" if same else "yes", variation="flip")
    opposite = replace(
        first,
        id=f"{first.id}-antonym",
        question="Must the figure of the first picture be mirrored, besides being turned within the plane, so that it "
        "becomes the figure of the second?",
        answer="no" if same else "yes",
        variation="antonym",
    )
    shown = cells if same else mirrored(cells)
    drawers = [draw(cells, 0), draw(shown, turn)]
    return [(first, drawers), (flipped, [draw(cells, 0), draw(mirrored(shown), turn)]), (opposite, drawers)]


def match(seed: int, dice: random.Random) -> list[Deal]:
    """Which of four is the first, turned? The others: its mirror image, another figure, and that one's mirror image."""
    cells, draw = _figure(dice)
    other = changed(cells, dice)
    shown = [cells, mirrored(cells), other, mirrored(other)]
    order = dice.sample(range(4), 4)
    turns = [15 * dice.randrange(2, 23) for _ in order]
    question = Question(
        id=f"rotation-match-{seed}",
        question="Which of the pictures 2 to 5 shows the figure of picture 1, turned within the plane, not mirrored?",
        kind="choice",
        options=lettered([f"picture {k + 2}" for k in range(4)]),
        answer=LETTERS[order.index(0)],
        category=MATCH,
        cluster=f"rotation {seed}",
    )
    return [(question, [draw(cells, 0), *(draw(shown[k], turn) for k, turn in zip(order, turns, strict=True))])]


_STEPS = {
    "turned by 90 degrees counter-clockwise": 1,
    "turned by 180 degrees": 2,
    "turned by 90 degrees clockwise": 3,
}


def two_steps(seed: int, dice: random.Random) -> list[Deal]:
    """What becomes of a figure that is turned and mirrored, in this order or the other."""
    cells, draw = _figure(dice)
    every = images(cells)
    words, quarters = dice.choice(list(_STEPS.items()))
    axis = dice.choice(("left and right", "top and bottom"))
    flip = f"mirrored so that {axis} are exchanged"
    turn_first = dice.random() < 0.5
    steps = [words, flip] if turn_first else [flip, words]
    result = cells
    for step in steps:
        if step == flip:
            # Top and bottom: the mirror image turned by half.
            result = images(mirrored(result))[0 if axis == "left and right" else 2]
        else:
            result = images(result)[quarters]
    offered = dice.sample([result, *dice.sample([image for image in every if image != result], 3)], 4)
    question = Question(
        id=f"rotation-steps-{seed}",
        question=f"The figure of picture 1 is first {steps[0]}, and then {steps[1]}. Which of the pictures 2 to 5 "
        "shows the result?",
        kind="choice",
        options=lettered([f"picture {k + 2}" for k in range(4)]),
        answer=LETTERS[offered.index(result)],
        category=TWO_STEPS,
        cluster=f"rotation {seed}",
    )
    return [(question, [draw(cells, 0), *(draw(image, 0) for image in offered)])]


def clock(seed: int, dice: random.Random) -> list[Deal]:
    """What time a turned or a mirrored clock shows.

    On offer are two hours with two minutes: the right ones, and what one reads who does not turn or mirror back.
    """
    reflected = dice.random() < 0.5
    while True:
        hour, minute = dice.randrange(12), 5 * dice.randrange(12)
        if reflected:
            turn, words = 0, "The picture shows a clock as it is seen in a mirror; twelve is at the top."
            wrong_hour, wrong_minute = (12 - hour - (minute > 0)) % 12, (60 - minute) % 60
        else:
            turn = 30 * dice.randrange(1, 12)
            words = "The picture shows a clock that has been turned; the red dot marks twelve."
            wrong_hour, wrong_minute = (hour - turn // 30) % 12, (minute - turn // 6) % 60
        if wrong_hour != hour and wrong_minute != minute:
            break
    times = [(h, m) for h in (hour, wrong_hour) for m in (minute, wrong_minute)]
    options, answer = shuffled(_time(*times[0]), [_time(*time) for time in times[1:]], dice)
    question = Question(
        id=f"rotation-clock-{seed}",
        question=f"{words} What time does it show?",
        kind="choice",
        options=options,
        answer=answer,
        category=CLOCK,
        cluster=f"rotation {seed}",
    )
    return [(question, [lambda: draw_clock(60 * hour + minute, turn, mirrored=reflected, dot=not reflected)])]


def _time(hour: int, minute: int) -> str:
    return f"{hour or 12}:{minute:02d}"


def upright(seed: int, dice: random.Random) -> list[Deal]:
    """By how much has a picture of a landscape been turned?"""
    turn = dice.choice((0, 90, 180, 270))
    options, answer = shuffled(str(turn), [str(a) for a in (0, 90, 180, 270) if a != turn], dice)
    question = Question(
        id=f"rotation-upright-{seed}",
        question="By how many degrees counter-clockwise has this picture been turned? 0 means that it is upright.",
        kind="choice",
        options=options,
        answer=answer,
        category=UPRIGHT,
        cluster=f"rotation {seed}",
        pair=f"rotation-upright-{seed}",
    )
    other = replace(
        question,
        id=f"{question.id}-paraphrase",
        question="By how many degrees clockwise must this picture be turned to be upright? 0 means that it is already.",
        variation="paraphrase",
    )
    drawers = [lambda: draw_landscape(seed, turn)]
    return [(question, drawers), (other, drawers)]


def _figure(dice: random.Random) -> tuple[Figure, Callable[[Figure, int], Callable[[], Picture]]]:
    """A figure, and what makes drawers of it and its images in one colour."""
    cells = figure(dice, dice.choice((6, 7, 8)))
    colour, ground = dice.choice(COLOURS), dice.choice(GROUNDS)
    return cells, lambda shown, turn: lambda: draw_figure(shown, turn, colour, ground)


SUITE = Suite(
    name="rotation",
    categories=CATEGORIES,
    questions=partial(
        dealt,
        {
            ANGLE: angle,
            MIRROR: turned_or_mirrored,
            MATCH: match,
            TWO_STEPS: two_steps,
            CLOCK: clock,
            UPRIGHT: upright,
        },
    ),
)
