"""Mazes: follow moves, find the first move, the length of the shortest way, the whole way.

Every maze has one way between any two cells, so that each question has one answer, found by search. What a glance
could tell is taken away by choice of start and goal: the first move goes towards the goal as often as away from it,
and moves that fail are the right ones with two neighbours swapped, which end at the same place on open ground.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sightline.evals.mazes import MOVES, Cell, Maze, distances, draw_maze, make_maze, shortest_path, walk
from sightline.evals.synthetic.puzzles.dealing import Deal, Picture, dealt, one_of
from sightline.evals.synthetic.suite.dataset import Question
from sightline.evals.synthetic.suite.suites import Suite

FOLLOW, NEXT, LENGTH, PATH = "follow the moves", "next move", "shortest length", "path"
CATEGORIES = (FOLLOW, NEXT, LENGTH, PATH)

SIZES = (9, 11, 13)
TILE = 36

RULE = (
    "The picture shows a maze on a grid: white squares are open, blue ones are walls. One step goes to the next open "
    "square up, down, left or right."
)


def _walls(seed: int, dice: random.Random, size: int | None = None) -> Maze:
    """A maze turned and mirrored at random: the carving begins in a corner, which must not show."""
    maze = make_maze(size or dice.choice(SIZES), f"suite {seed}")
    for _ in range(dice.randrange(4)):
        maze = _turned(maze)
    return mirrored(maze) if dice.random() < 0.5 else maze


def _turned(maze: Maze) -> Maze:
    """A quarter turn clockwise."""
    last = maze.rows - 1
    walls = tuple(tuple(maze.walls[last - c][r] for c in range(maze.rows)) for r in range(maze.columns))
    return Maze(walls, (maze.start[1], last - maze.start[0]), (maze.goal[1], last - maze.goal[0]))


def mirrored(maze: Maze) -> Maze:
    """Left and right exchanged."""
    last = maze.columns - 1
    walls = tuple(tuple(reversed(row)) for row in maze.walls)
    return Maze(walls, (maze.start[0], last - maze.start[1]), (maze.goal[0], last - maze.goal[1]))


def _open_cells(maze: Maze) -> list[Cell]:
    return [(r, c) for r in range(maze.rows) for c in range(maze.columns) if maze.is_open((r, c))]


def _between(maze: Maze, dice: random.Random, fits: Callable[[Maze], bool]) -> Maze | None:
    """The maze with another start and goal that fit; None where none were found among those tried."""
    cells = _open_cells(maze)
    for _ in range(400):
        start, goal = dice.sample(cells, 2)
        tried = replace(maze, start=start, goal=goal)
        if fits(tried):
            return tried
    return None


def _found(seed: int, dice: random.Random, fits: Callable[[Maze], bool], size: int | None = None) -> Maze:
    attempt = 0
    while (maze := _between(_walls(seed * 1000 + attempt, dice, size), dice, fits)) is None:
        attempt += 1
    return maze


def follow(seed: int, dice: random.Random) -> list[Deal]:
    """Do these moves lead to the goal?"""
    maze = _found(seed, dice, lambda m: 6 <= distances(m)[m.start] <= 16 and bool(_pairs(m)))
    right = dice.random() < 0.5
    moves = shortest_path(maze)
    if not right:
        k = dice.choice(_pairs(maze))
        moves[k], moves[k + 1] = moves[k + 1], moves[k]
    assert walk(maze, moves).won == right
    said = ", ".join(moves)
    asked = f"{RULE} Starting at the red circle, do these moves lead to the green square without running into a wall?"
    first = Question(
        id=f"mazes-follow-{seed}",
        question=f"{asked} Moves: {said}.",
        kind="yes_no",
        answer="yes" if right else "no",
        category=FOLLOW,
        cluster=f"mazes {seed}",
        pair=f"mazes-follow-{seed}",
        facts=_places(maze),
    )
    opposite = (
        f"{RULE} Somebody starts at the red circle and wants to reach the green square. Do these moves run into a wall "
        f"on the way? Moves: {said}."
    )
    other = replace(
        first,
        id=f"{first.id}-antonym",
        question=opposite,
        answer="no" if right else "yes",
        variation="antonym",
    )
    return [(first, [_drawer(maze)]), (other, [_drawer(maze)])]


def _pairs(maze: Maze) -> list[int]:
    """Where two moves in a row differ: swapped, they run into a wall, for there is one way only."""
    moves = shortest_path(maze)
    return [k for k in range(len(moves) - 1) if moves[k] != moves[k + 1]]


def next_move(seed: int, dice: random.Random) -> list[Deal]:
    """The first move of the shortest way, from a junction."""
    wanted = dice.choice(("towards, along", "away, along", "towards, across", "away, across"))

    def fits(maze: Maze) -> bool:
        return len(maze.neighbours(maze.start)) >= 3 and distances(maze)[maze.start] >= 6 and _relation(maze) == wanted

    maze = _found(seed, dice, fits)
    options = dice.sample(list(MOVES), 4)
    first = _next_question(seed, maze, options)
    flipped = replace(_next_question(seed, mirrored(maze), options), id=f"{first.id}-flip", variation="flip")
    return [(first, [_drawer(maze)]), (flipped, [_drawer(mirrored(maze))])]


def _next_question(seed: int, maze: Maze, moves: list[str]) -> Question:
    options = tuple(f"{letter}. {move}" for letter, move in zip("ABCD", moves, strict=True))
    return Question(
        id=f"mazes-next-{seed}",
        question=f"{RULE} Which is the first step of the shortest way from the red circle to the green square?",
        kind="choice",
        options=options,
        answer="ABCD"[moves.index(shortest_path(maze)[0])],
        category=NEXT,
        cluster=f"mazes {seed}",
        pair=f"mazes-next-{seed}",
        facts=_places(maze),
    )


def _relation(maze: Maze) -> str:
    """How the first move stands to the direction of the goal; "" where that is level, upright or diagonal."""
    down, right = maze.goal[0] - maze.start[0], maze.goal[1] - maze.start[1]
    if not down or not right or abs(down) == abs(right):
        return ""
    move = MOVES[shortest_path(maze)[0]]
    towards = move[0] * down + move[1] * right > 0
    along = (move[0] != 0) == (abs(down) > abs(right))
    return f"{'towards' if towards else 'away'}, {'along' if along else 'across'}"


def length(seed: int, dice: random.Random) -> list[Deal]:
    """How many steps the shortest way takes, 6 to 30; the wrong numbers are as odd or even as the right one."""
    low = dice.randrange(6, 25)
    options, answer, wanted = one_of(range(low, low + 8, 2), dice)
    maze = _found(seed, dice, lambda m: distances(m)[m.start] == wanted, size=11)
    first = Question(
        id=f"mazes-length-{seed}",
        question=f"{RULE} How many steps does the shortest way from the red circle to the green square take?",
        kind="choice",
        options=options,
        answer=answer,
        category=LENGTH,
        cluster=f"mazes {seed}",
        pair=f"mazes-length-{seed}",
        facts=_places(maze),
    )
    other = replace(
        first,
        id=f"{first.id}-paraphrase",
        question=f"{RULE} Somebody walks from the red circle to the green square and takes no step too many. How many "
        "steps is that?",
        variation="paraphrase",
    )
    return [(first, [_drawer(maze)]), (other, [_drawer(maze)])]


def path(seed: int, dice: random.Random) -> list[Deal]:
    """The whole way; any sequence of moves that arrives is right, and there is but one without detours."""
    maze = _found(seed, dice, lambda m: 8 <= distances(m)[m.start] <= 24)
    question = Question(
        id=f"mazes-path-{seed}",
        question=f"{RULE} List the steps that lead from the red circle to the green square, in order, each as up, "
        "down, left or right, separated by commas.",
        kind="text",
        answer=maze.to_text(),
        category=PATH,
        cluster=f"mazes {seed}",
        facts=_places(maze),
    )
    return [(question, [_drawer(maze)])]


def _places(maze: Maze) -> dict[str, object]:
    """Where start and goal are in the picture, for the shortcut solvers."""

    def box(cell: Cell) -> list[float]:
        row, column = cell
        rows, columns = maze.rows, maze.columns
        return [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows]

    names = ["red circle", "green square"]
    return {"boxes": {names[0]: [box(maze.start)], names[1]: [box(maze.goal)]}, "referents": names}


def _drawer(maze: Maze) -> Callable[[], Picture]:
    return lambda: draw_maze(maze, TILE)


SUITE = Suite(
    name="mazes",
    categories=CATEGORIES,
    questions=partial(dealt, {FOLLOW: follow, NEXT: next_move, LENGTH: length, PATH: path}),
)
