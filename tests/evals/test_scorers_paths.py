"""Paths through mazes: executed, compared with the shortest, and every published trap kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from place_kit import item_of

from sightline.evals import Item
from sightline.evals.mazes import MOVES, Maze, make_maze, shortest_path
from sightline.evals.scorers.paths import (
    executed_path,
    moves_in_words,
    only_moves,
    published_moves,
    walked_path,
    written_path,
)

ROOM = ["#####", "#S..#", "#.#.#", "#..G#", "#####"]
BEST = ["down", "down", "right", "right"]


def maze_item(rows: list[str] = ROOM) -> Item:
    return item_of(rows, "text")


def said(moves: list[object]) -> str:
    return json.dumps({"path": moves})


def test_a_shortest_way_is_right_in_every_measure() -> None:
    for way in (BEST, ["right", "right", "down", "down"]):
        mark = executed_path(maze_item(), said(way))  # type: ignore[arg-type]
        assert (mark.value, mark.parts) == (1, {"precision": 1, "match": 1, "step": 0})
        assert walked_path(maze_item(), said(way)).value == 1  # type: ignore[arg-type]


def test_a_detour_wins_and_its_steps_are_told() -> None:
    mark = executed_path(maze_item(), said(["down", "up", *BEST]))
    assert mark.value == 1
    assert mark.parts == {"precision": 0.25, "match": 0, "step": 0.5}


def test_hitting_a_wall_ends_the_walk() -> None:
    mark = executed_path(maze_item(), said(["down", "right", *BEST]))
    assert mark.value == 0
    assert mark.parts == {"precision": 0.25, "match": 0}
    assert walked_path(maze_item(), said(["down", "right", *BEST])).value == 0


def test_trap_moves_after_the_goal_still_win() -> None:
    """Official: the walk ends at the goal, so that walking on is a success, though no match. Strict: wrong."""
    beyond = said([*BEST, "up", "jump"])
    assert executed_path(maze_item(), beyond).value == 1
    assert executed_path(maze_item(), beyond).parts == {"precision": 1, "match": 0, "step": 0.5}
    assert walked_path(maze_item(), said([*BEST, "up"])).value == 0


def test_trap_an_answer_that_cannot_be_read_counts_a_step_of_zero() -> None:
    """The published mean of `step` is over successes and, with 0, over failures to parse."""
    mark = executed_path(maze_item(), "I would go down.")
    assert (mark.value, mark.parsed, mark.parts["step"]) == (0, False, 0)
    assert "step" not in executed_path(maze_item(), said(["up"])).parts
    assert "step" not in walked_path(maze_item(), "I would go down.").parts


def test_trap_names_of_moves_are_taken_to_the_letter() -> None:
    assert executed_path(maze_item(), said(["Down", "Down", "Right", "Right"])).value == 0
    assert executed_path(maze_item(), said(["Down", "Down", "Right", "Right"])).parsed
    assert not walked_path(maze_item(), said(["Down", "Down", "Right", "Right"])).parsed


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ('{"path": ["up"]}', ["up"]),
        ('Here:\n```json\n{"path": ["up"]}\n```', ["up"]),
        ('```\n{"path": ["up"]}\n```', ["up"]),
        ('I go {"path": ["up"]} then.', ["up"]),
        ('{"path": []}', []),
        ('{"path": [1, null]}', [1, None]),
        ('["up"]', None),
        ('{"path": "up"}', None),
        ('{"moves": ["up"]}', None),
        ("", None),
        ('{"path": ["up"', None),
    ],
)
def test_the_published_reading_of_a_reply(text: str, moves: list[object] | None) -> None:
    assert published_moves(text) == moves


def test_trap_two_objects_in_prose_cannot_be_read_and_two_fences_give_the_first() -> None:
    two = '{"path": ["up"]} or {"path": ["down"]}'
    assert published_moves(two) is None
    assert published_moves('```json\n{"path": ["up"]}\n```\n```json\n{"path": ["down"]}\n```') == ["up"]
    assert only_moves(two) is None
    assert only_moves('{"path": ["up"]} again {"path": ["up"]}') == ["up"]


LOOPS = ["[" * 100_000, "{" * 100_000, '{"a":' * 20_000, "```" + " " * 100_000, "```" * 50_000]


@pytest.mark.parametrize("said", LOOPS, ids=["brackets", "braces", "nesting", "spaces", "fences"])
def test_a_model_that_loops_says_no_path_and_costs_no_time(said: str) -> None:
    assert published_moves(said) is None
    assert only_moves(said) is None


@given(st.integers(0, 5000), st.integers(0, 3))
def test_the_shortest_way_of_any_maze_scores_full(seed: int, loops: int) -> None:
    maze: Maze = make_maze(9, seed, loops)
    item = maze_item(maze.to_text())
    text = written_path(shortest_path(maze))
    assert executed_path(item, text).parts == {"precision": 1, "match": 1, "step": 0}
    assert walked_path(item, text).value == 1


@given(st.integers(0, 500), st.lists(st.sampled_from([*MOVES]), max_size=30))
def test_strictly_right_is_officially_right(seed: int, moves: list[str]) -> None:
    item = maze_item(make_maze(5, seed).to_text())
    strict, official = walked_path(item, written_path(moves)), executed_path(item, written_path(moves))
    assert strict.value is not None
    assert official.value is not None
    assert strict.value <= official.value
    assert 0 <= official.parts["precision"] <= 1
    assert official.parts["match"] <= official.value


@pytest.mark.parametrize(
    ("words", "moves"),
    [
        ("up, left", ["up", "left"]),
        ('["up", "LEFT"]', ["up", "left"]),
        ("Up -> Left -> down", ["up", "left", "down"]),
        ("up 2, left", None),
        ("go up", None),
        ("", None),
    ],
)
def test_an_answer_in_words_is_a_path_only_where_it_says_nothing_else(words: str, moves: list[str] | None) -> None:
    assert moves_in_words(words) == moves
