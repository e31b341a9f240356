"""Whether a question type can be answered by a shortcut: six solvers that do not reason about space.

    table = shortcut_table(list(read_questions(folder)), folder)
    print_table(table)

A type ships only if each solver stays within 5 points of chance over 1,000 questions, unless the type is what the
solver does. Solvers are probes (`sightline.evals.synthetic.probing`) that have seen other questions of the type with
their answers: a habit of the generator shows even where nobody thought of it.

    text            the question's words and the options', without the pictures
    prior           letters, answers and the rank of numbers among the options
    2D order        what is left, right, above, below in the picture
    low or large    lower in the picture, or larger in it, is nearer
    first picture   all that boxes and thumbnails tell, of the first picture
    shuffled        the same of all pictures, tested with the pictures in a wrong order; with another question's where
                    there is one picture
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.evals.scorers.number import VSI_MRA
from sightline.evals.synthetic import cues
from sightline.evals.synthetic.cues import Answer, Seen
from sightline.evals.synthetic.probing import Asked, Cues, predicted, told
from sightline.evals.synthetic.suite.dataset import Question

NEAR = 0.05
"""How far above chance a solver may be."""

ENOUGH = 1000
"""Questions of a type that a verdict needs."""

MOST_ANSWERS = 24
"""Whole-number answers that are told apart; a type with more is treated as one of numbers."""

Verdict = Literal["passes", "fails", "valid by definition", "does not apply", "too few questions"]

_CUES: dict[str, Callable[[Question, Answer, Seen], Cues]] = {
    "text": cues.words,
    "prior": cues.habits,
    "2D order": cues.order,
    "low or large": cues.low_or_large,
    "first picture": cues.everything,
    "shuffled": cues.everything,
}
SOLVERS = tuple(_CUES)


@dataclass(frozen=True)
class Cell:
    """One solver on one question type.

    Attributes:
        category, solver: Which.
        questions: How many.
        chance: What guessing gives, 0 to 1: one of the options, one of the whole numbers that occur; of numbers the
            mean relative accuracy of the best constant.
        score: What the solver gives, on questions that it was not fitted on.
        low, high: 95 % interval of the score, clusters taken whole (normal approximation).
        verdict: What that means.
        reason: Why, where the type is valid by definition or the solver does not apply.
    """

    category: str
    solver: str
    questions: int
    chance: float
    score: float
    low: float
    high: float
    verdict: Verdict
    reason: str = ""


Table = tuple[Cell, ...]


def shortcut_table(
    questions: Sequence[Question],
    folder: Path | None = None,
    valid: Mapping[tuple[str, str], str] | None = None,
) -> Table:
    """Try every solver on every question type.

    Args:
        questions: 1,000 or more of each type.
        folder: Where their pictures are, so that thumbnails are cues; None where they have not been drawn.
        valid: Why a shortcut may answer a type, by (type, solver).

    Returns:
        A cell for each type and solver, in the order of the types' names.
    """
    by_type: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        by_type[question.category].append(question)
    return tuple(
        _cell(category, solver, members, views, valid or {})
        for category, members in sorted(by_type.items())
        for views in [[cues.seen(question, folder) for question in members]]
        for solver in SOLVERS
    )


def _cell(
    category: str,
    solver: str,
    questions: Sequence[Question],
    views: Sequence[Seen],
    valid: Mapping[tuple[str, str], str],
) -> Cell:
    answers = _answers(questions)
    reason = _not_applicable(solver, questions, views)
    numbers = answers is None and all(isinstance(q.answer, int | float) for q in questions)
    if answers is None and not numbers:
        reason = "the answer is open: there is nothing to guess from"
    if reason:
        return Cell(category, solver, len(questions), 0.0, 0.0, 0.0, 0.0, "does not apply", reason)
    fitted, shown = _as_shown(solver, views)
    if answers is None:
        chance, scores = _of_numbers(solver, questions, fitted, shown)
    else:
        chance = float(np.mean([1 / len(entry) for entry in answers]))
        scores = _of_choices(solver, questions, answers, fitted, shown)
    score, half = _interval(scores, [question.cluster for question in questions])
    # A fitted probe turns a cue that points the wrong way round: below chance there is nothing to be had.
    verdict: Verdict = "passes" if score <= chance + NEAR else "fails"
    if verdict == "fails" and (category, solver) in valid:
        verdict, reason = "valid by definition", valid[category, solver]
    elif len(questions) < ENOUGH:
        verdict = "too few questions"
    return Cell(category, solver, len(questions), chance, score, score - half, score + half, verdict, reason)


def _not_applicable(solver: str, questions: Sequence[Question], views: Sequence[Seen]) -> str:
    if solver in ("2D order", "low or large") and not any(view.things for view in views):
        return "the question names nothing that has a place in the picture"
    if solver in ("first picture", "shuffled") and not any(view.things or view.looks for view in views):
        return "nothing is known of the pictures: draw them first"
    if solver == "first picture" and all(view.count <= 1 for view in views):
        return "there is one picture"
    return ""


def _answers(questions: Sequence[Question]) -> list[list[Answer]] | None:
    """What could be answered to each; None for numbers and for open answers."""
    whole = sorted({q.answer for q in questions if q.kind == "integer"})
    out = []
    for question in questions:
        if question.kind == "choice":
            parted = [option.partition(".") for option in question.options]
            out.append([Answer(label, text.strip()) for label, _, text in parted])
        elif question.kind == "yes_no":
            out.append([Answer(word, word) for word in ("yes", "no")])
        elif question.kind == "integer" and len(whole) <= MOST_ANSWERS:
            out.append([Answer(str(number), str(number)) for number in whole])
        else:
            return None
    return out


def _as_shown(solver: str, views: Sequence[Seen]) -> tuple[list[Seen], list[Seen]]:
    """What a solver is fitted on, and what it is tested with."""
    if solver == "first picture":
        views = [view.only_first() for view in views]
    if solver != "shuffled":
        return list(views), list(views)
    dice = np.random.default_rng(0)
    shown = []
    for k, view in enumerate(views):
        if view.count > 1:
            start = int(dice.integers(1, view.count))  # a rotation leaves no picture in its place
            shown.append(view.in_order([(start + at) % view.count for at in range(view.count)]))
        else:
            shown.append(views[(k + len(views) // 2) % len(views)])
    return list(views), shown


def _of_choices(
    solver: str,
    questions: Sequence[Question],
    answers: Sequence[Sequence[Answer]],
    fitted: Sequence[Seen],
    shown: Sequence[Seen],
) -> NDArray[np.float64]:
    of = _CUES[solver]
    probes = []
    for question, offered, before, now in zip(questions, answers, fitted, shown, strict=True):
        learned = [of(question, answer, before) for answer in offered]
        tested = learned if before is now else [of(question, answer, now) for answer in offered]
        right = [answer.label for answer in offered].index(str(question.answer))
        probes.append(Asked(question.cluster, right, learned, tested))
    return told(probes).astype(float)


_NUMBER = Answer("", "")


def _of_numbers(
    solver: str, questions: Sequence[Question], fitted: Sequence[Seen], shown: Sequence[Seen]
) -> tuple[float, NDArray[np.float64]]:
    of = _CUES[solver]
    targets = np.array([float(question.answer) for question in questions])
    said = predicted(
        [of(question, _NUMBER, view) for question, view in zip(questions, fitted, strict=True)],
        [of(question, _NUMBER, view) for question, view in zip(questions, shown, strict=True)],
        [question.cluster for question in questions],
        np.maximum(targets, 1e-6),
        _accuracy,
    )
    constants = np.unique(np.quantile(targets, np.linspace(0, 1, 101)))
    chance = max(float(_accuracy(np.full(len(targets), constant), targets).mean()) for constant in constants)
    return chance, _accuracy(said, targets)


def _accuracy(values: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean relative accuracy of each, as `VSI_MRA` has it."""
    error = np.abs(values - targets) / np.maximum(np.abs(targets), 1e-6)
    return np.asarray((error[:, None] <= 1 - np.array(VSI_MRA.thresholds)).mean(axis=1), float)


def _interval(scores: NDArray[np.float64], clusters: Sequence[str]) -> tuple[float, float]:
    """Mean and half the width of its interval, from the spread of the clusters' sums."""
    mean = float(scores.mean())
    sums: dict[str, float] = defaultdict(float)
    for score, cluster in zip(scores, clusters, strict=True):
        sums[cluster] += float(score) - mean
    return mean, 1.96 * float(np.sqrt(sum(value**2 for value in sums.values()))) / len(scores)


def passes(table: Table) -> bool:
    """Whether every type may ship."""
    return all(cell.verdict in ("passes", "valid by definition", "does not apply") for cell in table)


def as_markdown(table: Table) -> str:
    """The table as documentation shows it: a row for each type, in percent, reasons below."""
    lines = [f"| type | n | chance | {' | '.join(SOLVERS)} |", "|-" * (3 + len(SOLVERS)) + "|"]
    notes: list[str] = []
    for category in dict.fromkeys(cell.category for cell in table):
        cells = [cell for cell in table if cell.category == category]
        chances = [cell.chance for cell in cells if cell.verdict != "does not apply"]
        chance = f"{100 * chances[0]:.1f}" if chances else "-"
        shown = [_shown(cell, notes) for cell in cells]
        lines.append(f"| {category} | {cells[0].questions} | {chance} | {' | '.join(shown)} |")
    return "\n".join([*lines, "", *(f"{k}. {note}" for k, note in enumerate(notes, start=1))])


def _shown(cell: Cell, notes: list[str]) -> str:
    mark = ""
    if cell.reason:
        if cell.reason not in notes:
            notes.append(cell.reason)
        mark = f" ({notes.index(cell.reason) + 1})"
    if cell.verdict == "does not apply":
        return f"-{mark}"
    value = f"{100 * cell.score:.1f} ± {50 * (cell.high - cell.low):.1f}"
    return f"**{value} fails**" if cell.verdict == "fails" else f"{value}{mark}"


def print_table(table: Table) -> None:
    """The table in a terminal."""
    from rich.console import Console
    from rich.table import Table as Drawn

    console = Console()
    drawn = Drawn("type", "n", "chance", *SOLVERS)
    notes: list[str] = []
    for category in dict.fromkeys(cell.category for cell in table):
        cells = [cell for cell in table if cell.category == category]
        chances = [cell.chance for cell in cells if cell.verdict != "does not apply"]
        shown = [_shown(cell, notes).replace("**", "") for cell in cells]
        painted = [f"[red]{text}[/red]" if "fails" in text else text for text in shown]
        drawn.add_row(category, str(cells[0].questions), f"{100 * chances[0]:.1f}" if chances else "-", *painted)
    console.print(drawn)
    for number, note in enumerate(notes, start=1):
        console.print(f"({number}) {note}", highlight=False)
    few = {cell.category for cell in table if cell.verdict == "too few questions"}
    if few:
        console.print(f"A verdict needs {ENOUGH:,} questions of a type; too few of: {', '.join(sorted(few))}.")
