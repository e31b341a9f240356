"""Ways through a grid maze: executed move by move, and compared with the shortest ones.

Source: FoundationAgents/VR-Bench, evaluation/vlm_eval (89b29a9): `action_utils.parse_actions`,
`vlm_evaluator.evaluate_level`, `action_metrics.calculate_{sr,pr,mr,step}`. Written anew from what they do.

An item's target is the maze as `Maze.to_text` writes it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sightline.evals.item import Item
from sightline.evals.mazes import MOVES, Maze, distances, optimal_prefix, walk
from sightline.evals.scorers.mark import Mark

_LONGEST = 20_000
"""Characters that the strict reading looks at, from the end: an answer comes last, and a model may loop."""


def executed_path(item: Item, said: str) -> Mark:
    """VR-Bench's success rate: whether executing the moves reaches the goal.

    Moves end at the first that is not allowed, and at the goal: what is said after it is not walked. Beside the score
    stand the published `precision` (the longest common prefix with a shortest way, by that way's length), `match` (a
    shortest way, exactly) and `step` (how much longer than a shortest way the answer is, in successes; where no path
    could be read the published summary counts a step of 0 too).
    """
    maze = _maze(item)
    moves = published_moves(said)
    if moves is None:
        return Mark(0.0, "", parsed=False, parts={"precision": 0.0, "match": 0.0, "step": 0.0})
    shortest = distances(maze)[maze.start]
    prefix = optimal_prefix(maze, moves)
    parts = {"precision": prefix / shortest, "match": float(prefix == len(moves) == shortest)}
    won = walk(maze, moves).won
    if won:
        parts["step"] = len(moves) / shortest - 1
    return Mark(float(won), _words(moves), parts=parts)


def walked_path(item: Item, said: str) -> Mark:
    """Strict: the reply holds one path and no other, all its moves are allowed, and the last one reaches the goal."""
    maze = _maze(item)
    moves = only_moves(said)
    if moves is None:
        return Mark(0.0, "", parsed=False)
    walked = walk(maze, moves)
    used = len(walked.cells) - 1
    parts = {"step": len(moves) / distances(maze)[maze.start] - 1} if walked.won and used == len(moves) else {}
    return Mark(float(walked.won and used == len(moves)), _words(moves), parts=parts)


def published_moves(text: str) -> list[Any] | None:
    """The moves that VR-Bench reads: `path` of a JSON object that is the reply, or in a fence, or between its braces.

    Their names are not checked here: an unknown one ends the walk.
    """
    for candidate in (text, _fenced(text), _between_braces(text)):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and isinstance(found.get("path"), list):
            moves: list[Any] = found["path"]
            return moves
    return None


def _fenced(text: str) -> str:
    """What stands in the first code fence; "" where there is none."""
    _, opening, rest = text.partition("```")
    inside, closing, _ = rest.removeprefix("json").partition("```")
    return inside.strip() if opening and closing else ""


def _between_braces(text: str) -> str:
    """From the first opening to the last closing brace; "" where there is none."""
    begin, end = text.find("{"), text.rfind("}")
    return text[begin : end + 1] if 0 <= begin < end else ""


def only_moves(text: str) -> list[str] | None:
    """The moves of the one path in a text; None where there is none, where there are two, or a move is unknown."""
    text = text[-_LONGEST:]
    decoder, paths, at = json.JSONDecoder(), [], 0
    while (at := text.find("{", at)) >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if isinstance(found, dict) and isinstance(found.get("path"), list):
            paths.append(found["path"])
        at = end
    if not paths or any(path != paths[0] for path in paths):
        return None
    moves = paths[0]
    return moves if moves and all(isinstance(move, str) and move in MOVES for move in moves) else None


def moves_in_words(text: str) -> list[str] | None:
    """The moves of an answer that lists nothing else: `up, up, left`, `["up", "left"]`, `Up -> Left`.

    None where there is any other word.
    """
    words = re.findall(r"[A-Za-z0-9]+", text)
    moves = [word.lower() for word in words]
    return moves if moves and all(move in MOVES for move in moves) else None


def written_path(moves: list[str]) -> str:
    """Moves in the form that VR-Bench asks for."""
    return json.dumps({"path": moves})


def _maze(item: Item) -> Maze:
    return Maze.from_text(item.target)


def _words(moves: list[Any]) -> str:
    return ", ".join(map(str, moves))
