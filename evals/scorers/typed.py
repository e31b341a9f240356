r"""The strict rule: what is not one answer in the form that was asked for is wrong.

What is read is what `sightline.agents.answers` reads strictly: the value alone (`B`, `B. left`, `3.5 m`), or the last
`ANSWER:` line, `<answer>` tag or `\boxed{}` with nothing but a value in it. "It could be B or C", "I think it is B" and
"cannot tell" are no answers here, whatever the published rule makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sightline.agents.answers import AnswerSpec, Value, extract, read_value, without_thinking
from sightline.evals.item import Item
from sightline.evals.scorers.mark import Mark
from sightline.memory import ModelMistake
from sightline.tools.contract import StoredPixels

_SEES = StoredPixels()
_NO_PICTURE = (1, 1)


def read_typed(spec: AnswerSpec, said: str) -> Value | None:
    """The typed value that words are, in the form asked for; None for everything else, `cannot tell` included.

    Not for places, whose reading needs the picture's size: see `sightline.evals.scorers.points`.

    Args:
        spec: The form.
        said: A model's words, or a value as `Benchmark.render` wrote it.
    """
    try:
        return read_value(spec, {"value": without_thinking(said)}, _SEES, _NO_PICTURE).value
    except ModelMistake:
        found = extract(spec, said, _SEES, _NO_PICTURE)
        return found.value if found.how == "strict" else None


def strict(item: Item, said: str) -> Mark:
    """1 where the typed value is the target: a choice's label, yes or no, a whole number, an ordering, a text."""
    value = read_typed(item.asked.spec, said)
    if value is None:
        return Mark(0.0, "", parsed=False)
    return Mark(float(value == item.target), item.asked.spec.official_text(value))


@dataclass(frozen=True)
class StrictNumber:
    """A number read strictly, in the question's unit, and scored by a metric.

    Attributes:
        metric: (value, target) -> 0 to 1; see `sightline.evals.scorers.number`.
    """

    metric: Callable[[float, float], float]

    def __call__(self, item: Item, said: str) -> Mark:
        """Score an answer."""
        value = read_typed(item.asked.spec, said)
        if not isinstance(value, int | float):
            return Mark(0.0, "", parsed=False)
        return Mark(self.metric(float(value), float(item.target)), item.asked.spec.official_text(value))
