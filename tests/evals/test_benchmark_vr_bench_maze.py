"""VR-Bench mazes: made in the published files, read back, asked with the published words, executed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.evals.benchmarks.vr_bench_maze import BENCHMARK, SIZES
from sightline.evals.mazes import Maze, draw_maze, shortest_path
from sightline.evals.reading import DataError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mazes")
    assert BENCHMARK.make is not None
    BENCHMARK.make(folder, "mazes")
    return folder


def copied(made: Path, folder: Path) -> Path:
    (folder / "easy" / "states").mkdir(parents=True)
    (folder / "easy" / "images").mkdir()
    for number in (1, 2):
        for part, ending in (("states", "json"), ("images", "png")):
            name = f"easy/{part}/easy_000{number}.{ending}"
            (folder / name).write_bytes((made / name).read_bytes())
    return folder


def test_24_different_mazes_of_each_published_size_are_made(made: Path) -> None:
    items = list(BENCHMARK.read(made, "mazes"))
    assert len(items) == BENCHMARK.size["mazes"] == 72
    assert len({tuple(item.target) for item in items}) == 72
    for item in items:
        assert len(item.target) == len(item.target[0]) == SIZES[item.category]


def test_making_them_again_gives_the_same_files(made: Path, tmp_path: Path) -> None:
    assert BENCHMARK.make is not None
    BENCHMARK.make(tmp_path, "mazes")
    for path in made.rglob("*.*"):
        assert (tmp_path / path.relative_to(made)).read_bytes() == path.read_bytes()


def test_the_picture_shows_the_maze_of_the_state(made: Path) -> None:
    for item in list(BENCHMARK.read(made, "mazes"))[::17]:
        with Image.open(item.asked.pictures[0]) as picture:
            assert (np.asarray(picture) == draw_maze(Maze.from_text(item.target))).all()


def test_the_published_words_name_what_the_picture_shows(made: Path) -> None:
    prompt = BENCHMARK.prompt(next(BENCHMARK.read(made, "mazes")))
    assert prompt.startswith(
        "You are given an image of a grid-based maze.\nlight blue square tiles represent walls and cannot be crossed.\n"
    )
    assert '{\n  "path": ["up", "up", "left", "down", "right", "right"]\n}' in prompt
    assert prompt.endswith("from the red circle starting point to the green square goal.\n")


def test_a_solved_maze_is_right_and_its_first_half_is_not(made: Path) -> None:
    for item in BENCHMARK.read(made, "mazes"):
        path = shortest_path(Maze.from_text(item.target))
        for rule in (BENCHMARK.official, BENCHMARK.strict):
            assert rule(item, BENCHMARK.render(item, ", ".join(path))).value == 1
            assert rule(item, BENCHMARK.render(item, ", ".join(path[: len(path) // 2]))).value == 0
        assert BENCHMARK.official(item, "right, then left at the fork").parsed is False


def test_words_that_are_more_than_moves_are_scored_as_they_are(made: Path) -> None:
    item = next(BENCHMARK.read(made, "mazes"))
    assert BENCHMARK.render(item, "up 3, left") == "up 3, left"
    assert BENCHMARK.render(item, '{"path": ["up"]}') == '{"path": ["up"]}'


def test_what_a_model_is_shown_does_not_hold_the_maze(made: Path) -> None:
    item = next(BENCHMARK.read(made, "mazes"))
    for row in item.target[1:-1]:
        assert row not in repr(item.asked)
        assert row not in BENCHMARK.prompt(item)


def test_trap_of_more_than_24_states_the_last_are_asked(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path)
    state = (folder / "easy" / "states" / "easy_0001.json").read_text()
    for number in range(3, 31):
        (folder / "easy" / "states" / f"easy_{number:04d}.json").write_text(state)
    assert [item.id for item in BENCHMARK.read(folder, "mazes")] == [f"easy_{n:04d}" for n in range(7, 31)]


def test_other_looks_are_told_by_the_data_sets_description(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path)
    looks = {"player": "fox", "goal": "burrow", "wall": "hedge", "floor": "grass"}
    (folder / "description.json").write_text(json.dumps({"game_type": "maze", "visual_description": looks}))
    item = next(BENCHMARK.read(folder, "mazes"))
    assert "hedge tiles represent walls" in BENCHMARK.prompt(item)
    assert "from the fox to the burrow" in item.asked.question
    (folder / "description.json").write_text('{"visual_description": {"player": "fox"}}')
    with pytest.raises(DataError, match=r'description\.json, field "visual_description": texts for'):
        list(BENCHMARK.read(folder, "mazes"))


def spoiled(state: dict[str, Any], how: str) -> Any:
    match how:
        case "no grid":
            del state["grid"]
        case "ragged":
            state["grid"]["data"][2] = [1]
        case "in a wall":
            state["entities"]["player"]["grid_pos"] = {"row": 0, "col": 0}
        case "no goal":
            del state["entities"]["goal"]
        case "walled in":
            state["grid"]["data"] = [[1] * 7 for _ in range(7)]
            for name in ("player", "goal"):
                at = state["entities"][name]["grid_pos"]
                state["grid"]["data"][at["row"]][at["col"]] = 0
        case "a list":
            return [state]
    return state


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ("no grid", r'easy_0001\.json, field "grid": it is missing'),
        ("ragged", r'easy_0001\.json, field "grid": it is no maze \(a maze needs rows'),
        ("in a wall", r'easy_0001\.json, field "grid": it is no maze \(start and goal must be open'),
        ("no goal", r'easy_0001\.json, field "entities": the goal.s grid_pos is needed'),
        ("walled in", r'easy_0001\.json, field "grid": no way leads'),
        ("a list", r"easy_0001\.json: an object is needed"),
    ],
)
def test_wrong_states_are_named_by_file_and_field(made: Path, tmp_path: Path, how: str, problem: str) -> None:
    folder = copied(made, tmp_path)
    path = folder / "easy" / "states" / "easy_0001.json"
    path.write_text(json.dumps(spoiled(json.loads(path.read_text()), how)))
    with pytest.raises(DataError, match=problem):
        list(BENCHMARK.read(folder, "mazes"))


def test_a_truncated_state_and_an_empty_folder_are_named(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it holds no folders of mazes"):
        list(BENCHMARK.read(tmp_path, "mazes"))
    folder = copied(made, tmp_path)
    path = folder / "easy" / "states" / "easy_0002.json"
    path.write_text(path.read_text()[:99])
    with pytest.raises(DataError, match=r"easy_0002\.json, line 1: it is no JSON"):
        list(BENCHMARK.read(folder, "mazes"))
    (folder / "easy").rename(folder / "tiny")
    with pytest.raises(DataError, match="tiny: a difficulty is one of easy, medium, hard"):
        list(BENCHMARK.read(folder, "mazes"))
