"""What a suite is, and where each is: `suite("rooms").make(folder, 500, seed=0)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from sightline.evals.synthetic.suite.dataset import RESERVED, About, Question, write_dataset
from sightline.memory import InputError

_HOMES = {
    "rooms": "sightline.evals.synthetic.suite.rooms",
    "orbits": "sightline.evals.synthetic.suite.orbits",
    "panoramas": "sightline.evals.synthetic.suite.panoramas",
    "motion": "sightline.evals.synthetic.suite.motion",
    "mazes": "sightline.evals.synthetic.puzzles.mazes",
    "rotation": "sightline.evals.synthetic.puzzles.rotation",
    "polycubes": "sightline.evals.synthetic.puzzles.polycubes",
}
"""Modules with a `SUITE`."""

SUITES = tuple(_HOMES)


@dataclass(frozen=True)
class Suite:
    """A suite of questions that are made from seeds.

    Attributes:
        name: The benchmark's.
        categories: The question types.
        questions: Folder, number, first seed, types -> that many questions, each with its seed, the types in turn. It
            writes the pictures into the folder, each before its question; with None for the folder it draws none, for
            checks that read only facts. The same arguments give the same questions.
        valid: Why a shortcut may answer a type, by (type, solver): where the type is what the solver does.
    """

    name: str
    categories: tuple[str, ...]
    questions: Callable[[Path | None, int, int, tuple[str, ...]], Iterator[tuple[int, Question]]]
    valid: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def make(self, folder: Path, count: int, seed: int = 0, categories: tuple[str, ...] = ()) -> About:
        """Write a set of this suite.

        Args:
            folder: Where; it must not hold a set yet.
            count: Number of questions.
            seed: The first seed; from `RESERVED` on for testing, below for training.
            categories: Only these types; all if empty.

        Raises:
            InputError: There is no such type, no question, or the seeds are of both splits.
        """
        if count < 1:
            raise InputError(f"A set has at least one question, not {count}.", "Say how many, e.g. --n 500.")
        return write_dataset(folder, self.name, seed, self.questions(folder, count, seed, self.chosen(categories)))

    def chosen(self, categories: tuple[str, ...]) -> tuple[str, ...]:
        """The types named, or all.

        Raises:
            InputError: There is no such type.
        """
        if unknown := sorted(set(categories) - set(self.categories)):
            raise InputError(
                f"{self.name} has no question type {unknown[0]!r}.", f"It has: {_listed(self.categories)}."
            )
        return categories or self.categories

    def make_variant(self, sizes: Mapping[str, int]) -> Callable[[Path, str], None]:
        """What `Benchmark.make` is: the variant `test` from the reserved seeds, `train` from those below."""

        def make(folder: Path, variant: str) -> None:
            self.make(folder, sizes[variant], RESERVED if variant == "test" else 0)

        return make


def suite(name: str) -> Suite:
    """The suite with this name.

    Raises:
        InputError: There is none.
    """
    if name not in _HOMES:
        raise InputError(f"There is no synthetic suite {name!r}.", f"There are: {_listed(SUITES)}.")
    found: Suite = import_module(_HOMES[name]).SUITE
    return found


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
