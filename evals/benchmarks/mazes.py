"""Mazes: follow moves, the first step, the length of the shortest way, the whole way; docs/synthetic-suite.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sightline.evals.benchmark import plain
from sightline.evals.item import Item
from sightline.evals.scorers import Mark, strict
from sightline.evals.scorers.paths import moves_in_words, walked_path, written_path
from sightline.evals.synthetic.puzzles.mazes import PATH, SUITE
from sightline.evals.synthetic.suite.as_benchmark import as_benchmark


def prompt(item: Item) -> str:
    """The question, its options, and how to answer."""
    return _SUITE.prompt(item) if item.category != PATH else f"{item.asked.question} Answer with the steps only."


def score(item: Item, said: str) -> Mark:
    """A way is walked step by step and must end on the goal; all else is right or wrong."""
    if item.category != PATH:
        return strict(item, said)
    return walked_path(item, render(item, said))


def render(item: Item, value: Any) -> str:
    """Steps in words as the list that is walked; other words as they are."""
    if item.category != PATH:
        return plain(item, value)
    moves = moves_in_words(str(value).rpartition("ANSWER:")[2])
    return str(value) if moves is None else written_path(moves)


_SUITE = as_benchmark(SUITE, "Mazes", "grid mazes: where moves lead, and which way is the shortest", size=400)

BENCHMARK = replace(_SUITE, prompt=prompt, official=score, strict=score, render=render, binary=True)
