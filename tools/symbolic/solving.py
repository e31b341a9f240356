"""`relation_solve`: what follows from statements about where things lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sightline.memory import InstrumentLimit, ModelMistake
from sightline.tools.contract import ToolResult, tool
from sightline.tools.symbolic import answer_sets, offsets
from sightline.tools.symbolic.offsets import Conclusion, Contradiction
from sightline.tools.symbolic.reading import Unread, read
from sightline.tools.symbolic.relations import Relation, in_words

MOST_STATEMENTS = 200
"""More in one call is no description of a scene but a text to be cut down first."""

SOLVERS = {"offsets": offsets.conclude, "clingo": answer_sets.conclude}


@tool(
    family="symbolic",
    example={
        "statements": ["The cup is to the left of the plate.", "The fork is below the cup, to the left."],
        "things": ["cup", "plate", "fork"],
        "a": "fork",
        "b": "plate",
    },
)
def relation_solve(
    statements: list[str],
    things: list[str],
    a: str,
    b: str,
    steps: Literal["unknown", "unit"] = "unknown",
    solver: Literal["offsets", "clingo"] = "offsets",
) -> ToolResult:
    """Work out which way one thing lies from another (left, right, above, below), from statements about others.

    Use it where relations are given in words, or where you have read them off pictures one by one, and the question
    needs several of them. It reads plain sentences, compass directions and clock positions, composes them, and says
    which statements the conclusion rests on, what does not follow, and which statements contradict each other.

    Args:
        statements: One sentence each, e.g. "The cup is to the upper left of the plate", "A is at B's 9 o'clock".
        things: The names of all things, as the statements write them.
        a: The thing that is asked about.
        b: The thing that it is placed by.
        steps: How far apart neighbours are. "unknown": nobody says, so only what holds for every distance follows.
            "unit": each statement is one step of eight directions, all of one length, as in a puzzle on a grid.
        solver: "offsets" names the statements used; "clingo" is a second, independent solver (answer sets).
    """
    _checked(statements, things, a, b)
    relations: list[Relation] = []
    unread: list[str] = []
    for number, statement in enumerate(statements):
        try:
            relations += read(statement, things, number)
        except Unread as reason:
            unread.append(f"statement {number + 1} ({statement!r}: {reason})")
    try:
        found = SOLVERS[solver](relations, a, b, steps)
    except Contradiction as contradiction:
        numbers = [f"{source + 1} ({statements[source]!r})" for source in contradiction.sources]
        how = " with steps of one length" if steps == "unit" else ""
        raise InstrumentLimit(
            f"The statements contradict each other{how}: {'; '.join(numbers)} cannot all hold.",
            "Look again at what they say, or leave one out.",
        ) from None
    lines = [_words(a, b, found, statements, steps)]
    if unread:
        lines.append(f"Not read, so not used: {'; '.join(unread)}.")
    return ToolResult(" ".join(lines))


def _words(a: str, b: str, found: Conclusion | None, statements: Sequence[str], steps: str) -> str:
    if found is None:
        return f"{a} relative to {b}: does not follow; no chain of statements connects the two."
    if found.x is None and found.y is None:
        return f"{a} relative to {b}: does not follow; the statements allow every direction."
    said = f"{a} relative to {b}: {in_words(found.x, found.y)}"
    if found.x is None:
        said += "; left or right does not follow"
    elif found.y is None:
        said += "; above or below does not follow"
    if found.offset is not None and steps == "unit":
        x, y = found.offset
        said += f", at ({x}, {y}) steps to the right and up, all steps taken for equally long"
    used = [f"{source + 1} ({statements[source]!r})" for source in found.chain]
    return f"{said}." + (f" It follows from {', '.join(used)}." if used else "")


def _checked(statements: Sequence[str], things: Sequence[str], a: str, b: str) -> None:
    if len(statements) > MOST_STATEMENTS:
        raise ModelMistake(
            f"{len(statements)} statements are more than the {MOST_STATEMENTS} that are read at once.",
            "Give those that connect the two things.",
        )
    missing = [name for name in (a, b) if name not in things]
    if missing:
        raise ModelMistake(f"{missing[0]!r} is not among the things.", f"Things: {', '.join(things)}.")
    if a == b:
        raise ModelMistake(f"a and b are both {a!r}.", "Name two things.")
    twice = next((name for name in things if list(things).count(name) > 1), None)
    if twice is not None or any(not name.strip() for name in things):
        raise ModelMistake(f"The thing {twice or ''!r} is named twice or blank.", "Give each thing a name of its own.")


TOOLS = [relation_solve]
"""The family, in the order it is listed."""
