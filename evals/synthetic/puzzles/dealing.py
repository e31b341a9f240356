"""What the puzzles share: types dealt in turn, options lettered with the right one anywhere, pictures written out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.evals.synthetic.suite.dataset import Question

Picture = NDArray[np.uint8]
"""(H, W, 3) uint8, RGB."""

LETTERS = "ABCDEFGH"

Deal = tuple[Question, Sequence[Callable[[], Picture]]]
"""A question, whose `pictures` are named by the dealer, and what draws each of them."""

Maker = Callable[[int, random.Random], list[Deal]]
"""Seed and dice of a type -> a puzzle's question and its variations."""


def dealt(
    makers: Mapping[str, Maker], folder: Path | None, count: int, seed: int, categories: tuple[str, ...]
) -> Iterator[tuple[int, Question]]:
    """So many questions, from one seed after the other, of whichever type has fewest so far.

    A puzzle depends on its seed and its type alone, so that a longer set begins like a shorter one. Variations follow
    their first; the last puzzle may be cut short.

    Args:
        makers: By type.
        folder: Where pictures are written; None to draw none.
        count: Number of questions.
        seed: The first.
        categories: The types.
    """
    made: Counter[str] = Counter()
    while made.total() < count:
        category = min(categories, key=lambda name: made[name])
        for question, drawers in makers[category](seed, random.Random(f"{category} {seed}")):
            if made.total() < count:
                made[category] += 1
                yield seed, _with_pictures(question, drawers, folder)
        seed += 1


def _with_pictures(question: Question, drawers: Sequence[Callable[[], Picture]], folder: Path | None) -> Question:
    names = tuple(f"pictures/{question.id}-{k}.png" for k in range(len(drawers)))
    if folder is not None:
        from PIL import Image

        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        for name, draw in zip(names, drawers, strict=True):
            Image.fromarray(draw()).save(folder / name)
    return replace(question, pictures=names)


def lettered(texts: Sequence[str]) -> tuple[str, ...]:
    """Options with their letters."""
    return tuple(f"{letter}. {text}" for letter, text in zip(LETTERS, texts, strict=False))


def shuffled(right: str, wrong: Sequence[str], dice: random.Random) -> tuple[tuple[str, ...], str]:
    """Lettered options in any order, and the right one's letter."""
    texts = dice.sample([right, *wrong], len(wrong) + 1)
    return lettered(texts), LETTERS[texts.index(right)]


def one_of(numbers: Sequence[int], dice: random.Random) -> tuple[tuple[str, ...], str, int]:
    """Lettered numbers, as they are given, and one of them: its letter and itself.

    Numbers to choose from come first, and which is right afterwards: whatever they are, each is right as often.
    """
    right = dice.choice(numbers)
    return lettered([str(number) for number in numbers]), LETTERS[numbers.index(right)], right
