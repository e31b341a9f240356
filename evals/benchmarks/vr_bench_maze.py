"""VR-Bench, mazes: the shortest way through a drawn maze as a list of moves, executed.

Without `--data` the mazes are made here, by the published sizes and rule for start and goal, in the published files:
`easy/states/easy_0001.json` with `easy/images/easy_0001.png`, and so on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.mazes import TILE, Cell, Maze, distances, draw_maze, make_maze
from sightline.evals.reading import DataError, Record
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.paths import executed_path, moves_in_words, walked_path, written_path

SIZES = {"easy": 7, "medium": 11, "hard": 15}
LAST = 24
"""Of each difficulty the published script asks the last 24."""

_EMPTY, _WALL, _PLAYER, _GOAL = 0, 1, 2, 3
_SKIN = {"player": "red circle", "goal": "green square", "wall": "light blue square", "floor": "white square"}
"""Looks of the published skin 1, which our drawings share; `description.json` beside a data set names others."""

# Source: FoundationAgents/VR-Bench, evaluation/vlm_eval/prompts/maze_prompt.py (c1e26ef), MIT, verbatim.
_SYSTEM = """You are given an image of a grid-based maze.
{wall} tiles represent walls and cannot be crossed.
{floor} tiles represent open paths that can be moved through.
The {player} represents the starting point of the path.
The {goal} represents the goal or destination.


Task:
Infer the shortest valid path from the {player} starting point to the {goal} goal.
Movement can only occur between adjacent open tiles — up, down, left, or right.
Diagonal movement is not allowed, and the path must not cross or touch any walls.


Output Format:
Return the entire movement sequence of the {player} as a JSON array of directions, where each element is one of "up", \
"down", "left", or "right".
Do not include any explanations or additional text.


Example of expected output:
{{
  "path": ["up", "up", "left", "down", "right", "right"]
}}
"""
_USER = "Infer the shortest valid path from the {player} starting point to the {goal} goal.\n"


def make(folder: Path, variant: str) -> None:
    """Make the mazes, 24 of each difficulty, all different."""
    for name, size in SIZES.items():
        made: set[tuple[str, ...]] = set()
        seed = 0
        while len(made) < LAST:
            maze, seed = make_maze(size, f"vr-bench {seed}"), seed + 1
            if tuple(maze.to_text()) not in made:
                made.add(tuple(maze.to_text()))
                _write(folder / name, f"{name}_{len(made):04d}", maze)


def _write(folder: Path, name: str, maze: Maze) -> None:
    from PIL import Image

    for part in ("states", "images"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cells = [[_WALL if wall else _EMPTY for wall in row] for row in maze.walls]
    cells[maze.start[0]][maze.start[1]] = _PLAYER
    cells[maze.goal[0]][maze.goal[1]] = _GOAL
    state = {
        "version": "1.0",
        "game_type": "maze",
        "entities": {"player": _entity(maze.start), "goal": _entity(maze.goal), "boxes": []},
        "render": {"cell_size": TILE, "image_width": maze.columns * TILE, "image_height": maze.rows * TILE},
        "metadata": {},
        "grid": {"data": cells, "height": maze.rows, "width": maze.columns},
    }
    Image.fromarray(draw_maze(maze, TILE)).save(folder / "images" / f"{name}.png")
    (folder / "states" / f"{name}.json").write_text(json.dumps(state), "utf-8")


def _entity(cell: Cell) -> dict[str, Any]:
    x, y = cell[1] * TILE, cell[0] * TILE
    box = {"x": x, "y": y, "width": TILE, "height": TILE, "center_x": x + TILE // 2, "center_y": y + TILE // 2}
    middle = {"x": x + TILE // 2, "y": y + TILE // 2}
    return {"pixel_pos": middle, "bbox": box, "grid_pos": {"row": cell[0], "col": cell[1]}}


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items: of each difficulty the last 24 states, with their pictures."""
    places = [path.parent for path in sorted(folder.glob("*/states"))]
    if not places:
        raise DataError(folder.name, 0, "", "it holds no folders of mazes (easy/states, easy/images, ...)")
    looks = _looks(folder)
    for place in places:
        if place.name not in SIZES:
            raise DataError(place.name, 0, "", f"a difficulty is one of {', '.join(SIZES)}")
        for path in sorted((place / "states").glob("*.json"))[-LAST:]:
            yield _item(path, place.name, looks)


def _looks(folder: Path) -> dict[str, str]:
    described = folder / "description.json"
    if not described.is_file():
        return _SKIN
    record = _record(described)
    looks = record.get("visual_description")
    if not isinstance(looks, dict) or not all(isinstance(looks.get(name), str) for name in _SKIN):
        raise record.fault("visual_description", f"texts for {', '.join(_SKIN)} are needed")
    return {name: looks[name] for name in _SKIN}


def _item(path: Path, difficulty: str, looks: dict[str, str]) -> Item:
    record = _record(path)
    maze = _maze(record)
    question = "Which moves lead from the {player} to the {goal} along the shortest way, without crossing a {wall}?"
    return Item(
        id=path.stem,
        asked=Asked(
            question.format(**looks) + " Name every move to the next tile in order: up, down, left or right.",
            "text",
            pictures=(path.parent.parent / "images" / f"{path.stem}.png",),
        ),
        target=maze.to_text(),
        category=difficulty,
        cluster=path.stem,
        facts={"looks": looks},
    )


def _record(path: Path) -> Record:
    try:
        data = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(path.name, error.lineno, "", f"it is no JSON ({error.msg}); it may be cut off") from None
    if not isinstance(data, dict):
        raise DataError(path.name, 0, "", "an object is needed")
    return Record(data, path.name, 0)


def _maze(record: Record) -> Maze:
    grid = record.get("grid")
    cells = grid.get("data") if isinstance(grid, dict) else None
    try:
        walls = tuple(tuple(int(cell) == _WALL for cell in row) for row in cells or ())
        maze = Maze(walls, _place(record, "player"), _place(record, "goal"))
    except (TypeError, ValueError) as error:
        raise record.fault("grid", f"it is no maze ({error})") from None
    if maze.start not in distances(maze):
        raise record.fault("grid", "no way leads from the player to the goal")
    return maze


def _place(record: Record, name: str) -> Cell:
    try:
        at = record.get("entities")[name]["grid_pos"]
        return int(at["row"]), int(at["col"])
    except (TypeError, KeyError, ValueError):
        raise record.fault("entities", f"the {name}'s grid_pos is needed, with row and col") from None


def prompt(item: Item) -> str:
    """The published words of the system and of the user, in one message."""
    looks = item.facts["looks"]
    return _SYSTEM.format(**looks) + "\n" + _USER.format(**looks)


def render(item: Item, value: Any) -> str:
    """Moves in words, `up, up, left`, as the JSON that the scorer reads; other words as they are."""
    moves = moves_in_words(str(value))
    return str(value) if moves is None else written_path(moves)


BENCHMARK = Benchmark(
    name="vr_bench_maze",
    title="VR-Bench, mazes",
    about="Find the shortest way through a drawn maze; the moves are executed.",
    licence="MIT",
    size={"mazes": LAST * len(SIZES)},
    source=Source(
        where="Made here, from seeds.",
        layout="easy/, medium/ and hard/, each with states/*.json and images/*.png, as VR-Bench's generator writes "
        "them; description.json where the mazes have another look than ours.",
    ),
    protocol=Protocol(
        repository="FoundationAgents/VR-Bench",
        commit="89b29a9",
        extractor="the path of a JSON object: the reply, in a fence, or between its first and last brace",
        decoding={"temperature": 0, "max_tokens": 10000},
        departures=(
            "mazes made here are not the published ones, which are drawn with textures",
            "the published prompt is a system and a user message; here it is one",
            "the published script asks up to three times until it can read an answer; here once",
        ),
    ),
    read=read,
    make=make,
    prompt=prompt,
    render=render,
    official=executed_path,
    strict=walked_path,
    aggregate=Micro(tuple(SIZES)),
    categories=tuple(SIZES),
)
