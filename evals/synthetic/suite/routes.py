"""Question types about going somewhere and seeing from there: routes with two turns, and another person's view."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np

from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.asking import NEAR_DEGREES, Draft, Group, several
from sightline.evals.synthetic.suite.stage import Stage, wrapped
from sightline.evals.synthetic.truth import bearing, standing_at

_TURNS = ("left, then left", "left, then right", "right, then left", "right, then right")
_SMALLEST, _LARGEST = 25.0, 155.0
"""Degrees of a turn: what is less is straight on, what is more is back."""
_VIEW = 50.0
"""Degrees to each side that somebody sees well."""
_MOST = 12


def route(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which turns lead from thing to thing."""
    out: list[Group] = []
    for way in several(stage.known, 4, dice):
        if any(np.linalg.norm((p.centre() - q.centre())[:2]) < 0.9 for p, q in combinations(way, 2)):
            continue
        turns = _turns(way)
        back = _turns(way[::-1])
        if not all(_SMALLEST <= abs(turn) <= _LARGEST for turn in (*turns, *back)):
            continue
        a, b, c, d = (stage.words[thing.name] for thing in way)
        margin = min(min(abs(t) - _SMALLEST, _LARGEST - abs(t)) for t in turns) + _SMALLEST
        out.append(
            [
                Draft(words, _said(said), "choice", _TURNS, things, margin, variation)
                for words, said, things, variation in (
                    (
                        f"A robot drives from the {a} straight to the {b}, turns, drives straight to the {c}, turns, "
                        f"and drives straight to the {d}. Which way does it turn at the {b} and at the {c}?",
                        turns,
                        way,
                        "",
                    ),
                    (
                        f"You go in straight lines from the {a} to the {b}, on to the {c} and on to the {d}. What are "
                        "your two turns?",
                        turns,
                        way,
                        "paraphrase",
                    ),
                    (
                        f"A robot drives from the {d} straight to the {c}, turns, drives straight to the {b}, turns, "
                        f"and drives straight to the {a}. Which way does it turn at the {c} and at the {b}?",
                        back,
                        way[::-1],
                        "flip",
                    ),
                )
            ]
        )
        if len(out) == _MOST:
            break
    return out


def perspective(stage: Stage, dice: np.random.Generator) -> list[Group]:
    """Which of two things is further to the left for somebody elsewhere who sees both."""
    out: list[Group] = []
    for at, facing, p, q in several(stage.known, 4, dice):
        if any(np.linalg.norm((at.centre() - x.centre())[:2]) < 0.7 for x in (facing, p, q)):
            continue
        first, second = (standing_at(at, facing, x).azimuth for x in (p, q))
        if max(abs(first), abs(second)) > _VIEW or abs(first - second) < NEAR_DEGREES:
            continue
        a, b, c, d = (stage.words[thing.name] for thing in (at, facing, p, q))
        left, right = (c, d) if first < second else (d, c)
        margin = abs(first - second)
        out.append(
            [
                Draft(words, answer, "choice", (c, d), things, margin, variation)
                for words, answer, things, variation in (
                    (
                        f"Somebody stands at the {a} and looks towards the {b}. Which is further to the left in what "
                        f"they see: the {c} or the {d}?",
                        left,
                        (at, facing, p, q),
                        "",
                    ),
                    (
                        f"A photo is taken from the {a} with the {b} in its middle. Of the {d} and the {c}, which is "
                        "further left in that photo?",
                        left,
                        (at, facing, q, p),
                        "paraphrase",
                    ),
                    (
                        f"Somebody stands at the {a} and looks towards the {b}. Which is further to the right in what "
                        f"they see: the {c} or the {d}?",
                        right,
                        (at, facing, p, q),
                        "antonym",
                    ),
                )
            ]
        )
        if len(out) == _MOST:
            break
    return out


def _turns(way: tuple[Thing, ...]) -> tuple[float, float]:
    """The turns at the second and the third of four things, in degrees, + to the right."""
    legs = [bearing(p, q) for p, q in pairwise(way)]
    return wrapped(legs[1] - legs[0]), wrapped(legs[2] - legs[1])


def _said(turns: tuple[float, float]) -> str:
    first, second = ("right" if turn > 0 else "left" for turn in turns)
    return f"{first}, then {second}"
