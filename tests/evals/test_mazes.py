"""Grid mazes: every one can be walked, moves mean what they say, and the shortest ways are the shortest."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.evals.mazes import (
    MOVES,
    Cell,
    Maze,
    distances,
    draw_maze,
    make_maze,
    optimal_prefix,
    shortest_path,
    walk,
)

ROOM = Maze.from_text(
    [
        "#####",
        "#S..#",
        "#.#.#",
        "#..G#",
        "#####",
    ]
)

sizes = st.sampled_from([5, 7, 9, 11])
mazes = st.builds(make_maze, sizes, st.integers(0, 10_000), st.integers(0, 1)) | st.builds(
    make_maze, st.just(9), st.integers(0, 10_000), st.integers(2, 6)
)


def all_shortest(maze: Maze) -> list[list[str]]:
    """Every shortest way, by listing them: slow, and unlike the code under test."""
    found: list[list[str]] = []
    queue: deque[tuple[Cell, list[str]]] = deque([(maze.start, [])])
    while queue:
        cell, moves = queue.popleft()
        if found and len(moves) > len(found[0]):
            break
        if cell == maze.goal:
            found.append(moves)
            continue
        if len(moves) > maze.rows * maze.columns:
            break
        for move, (down, right) in MOVES.items():
            there = (cell[0] + down, cell[1] + right)
            visited = [maze.start]
            for m in moves:
                visited.append((visited[-1][0] + MOVES[m][0], visited[-1][1] + MOVES[m][1]))
            if maze.is_open(there) and there not in visited:
                queue.append((there, [*moves, move]))
    return found


def test_a_seed_gives_the_same_maze_and_another_seed_another() -> None:
    assert make_maze(11, 3) == make_maze(11, 3)
    assert len({tuple(make_maze(11, seed).to_text()) for seed in range(50)}) == 50


@given(mazes)
def test_every_cell_of_a_made_maze_reaches_the_goal(maze: Maze) -> None:
    opened = {(r, c) for r in range(maze.rows) for c in range(maze.columns) if maze.is_open((r, c))}
    assert set(distances(maze)) == opened
    assert all(maze.walls[0])
    assert all(maze.walls[-1])
    assert all(row[0] and row[-1] for row in maze.walls)


@given(sizes, st.integers(0, 10_000))
def test_without_loops_there_is_one_way_between_two_cells(size: int, seed: int) -> None:
    maze = make_maze(size, seed)
    opened = [(r, c) for r in range(size) for c in range(size) if maze.is_open((r, c))]
    edges = sum(len(maze.neighbours(cell)) for cell in opened) // 2
    assert edges == len(opened) - 1


@given(mazes)
def test_the_goal_is_at_the_third_largest_manhattan_distance(maze: Maze) -> None:
    def away(cell: Cell) -> int:
        return abs(cell[0] - maze.start[0]) + abs(cell[1] - maze.start[1])

    far = sorted({away(cell) for cell in distances(maze)}, reverse=True)
    assert away(maze.goal) == far[2]


@given(mazes)
def test_the_shortest_path_wins_and_no_shorter_one_does(maze: Maze) -> None:
    path = shortest_path(maze)
    assert walk(maze, path).won
    assert not walk(maze, path[:-1]).won
    assert path in all_shortest(maze)
    assert len(path) == distances(maze)[maze.start] == len(all_shortest(maze)[0])


@given(mazes, st.lists(st.sampled_from([*MOVES, "jump", 3]), max_size=12), st.booleans())
def test_the_optimal_prefix_is_the_longest_shared_with_any_shortest_way(
    maze: Maze, moves: list[object], begin_well: bool
) -> None:
    if begin_well:
        moves = [*shortest_path(maze)[:4], *moves]
    shared = 0
    for way in all_shortest(maze):
        same = 0
        for mine, theirs in zip(moves, way, strict=False):
            if mine != theirs:
                break
            same += 1
        shared = max(shared, same)
    assert optimal_prefix(maze, moves) == shared


def test_two_shortest_ways_are_both_optimal() -> None:
    assert optimal_prefix(ROOM, ["right", "right", "down", "down"]) == 4
    assert optimal_prefix(ROOM, ["down", "down", "right", "right"]) == 4
    assert optimal_prefix(ROOM, ["down", "up", "right"]) == 1


@pytest.mark.parametrize(
    ("moves", "stopped", "steps"),
    [
        (["down", "down", "right", "right"], "goal", 4),
        (["down", "down", "right", "right", "up", "up"], "goal", 4),
        (["down", "right"], "wall", 1),
        (["down", "jump", "down"], "no move", 1),
        (["Down"], "no move", 0),
        ([None], "no move", 0),
        (["down", "up"], "moves", 2),
        ([], "moves", 0),
    ],
)
def test_a_walk_ends_at_the_goal_or_at_the_first_move_that_is_not_allowed(
    moves: list[object], stopped: str, steps: int
) -> None:
    walked = walk(ROOM, moves)
    assert walked.stopped == stopped
    assert len(walked.cells) == steps + 1
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in pairwise(walked.cells))


def test_a_walk_may_leave_a_grid_without_a_border() -> None:
    open_grid = Maze.from_text(["S.", ".G"])
    assert walk(open_grid, ["up"]).stopped == "outside"
    assert walk(open_grid, ["right", "right"]).stopped == "outside"


@given(mazes)
def test_text_and_back(maze: Maze) -> None:
    assert Maze.from_text(maze.to_text()) == maze


@pytest.mark.parametrize(
    "rows",
    [[], ["S"], ["SS", "GG"], ["SG", "#"], ["SX", "G."]],
    ids=["nothing", "no goal", "two starts", "ragged", "unknown sign"],
)
def test_what_is_no_maze_is_refused(rows: list[str]) -> None:
    with pytest.raises(ValueError, match="maze"):
        Maze.from_text(rows)


@pytest.mark.parametrize(("size", "loops"), [(6, 0), (3, 0), (5, 99), (5, -1)])
def test_sizes_and_loops_that_are_impossible_are_refused(size: int, loops: int) -> None:
    with pytest.raises(ValueError, match="maze"):
        make_maze(size, 0, loops)


def test_the_picture_shows_each_cell_where_it_is() -> None:
    tile = 30
    picture = draw_maze(ROOM, tile)
    assert picture.shape == (150, 150, 3)

    def middle(cell: Cell) -> tuple[int, ...]:
        return tuple(int(v) for v in picture[cell[0] * tile + tile // 2, cell[1] * tile + tile // 2])

    def corner(cell: Cell) -> tuple[int, ...]:
        return tuple(int(v) for v in picture[cell[0] * tile + 1, cell[1] * tile + 1])

    assert middle(ROOM.start) == (220, 30, 30)
    assert middle(ROOM.goal) == (20, 150, 40)
    for r, row in enumerate(ROOM.walls):
        for c, wall in enumerate(row):
            assert corner((r, c)) == ((173, 216, 230) if wall else (255, 255, 255))


def test_the_start_is_round_and_the_goal_has_corners() -> None:
    tile = 40
    picture = draw_maze(ROOM, tile).astype(int)

    def patch(cell: Cell) -> np.ndarray:
        return picture[cell[0] * tile : (cell[0] + 1) * tile, cell[1] * tile : (cell[1] + 1) * tile]

    red = (patch(ROOM.start) == (220, 30, 30)).all(axis=2)
    green = (patch(ROOM.goal) == (20, 150, 40)).all(axis=2)
    for blob, share in ((red, np.pi / 4), (green, 1.0)):
        rows, columns = np.nonzero(blob)
        height, width = rows.max() - rows.min() + 1, columns.max() - columns.min() + 1
        assert height == width
        assert blob.sum() / (height * width) == pytest.approx(share, abs=0.06)
