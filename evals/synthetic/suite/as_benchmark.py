"""A suite as a benchmark: its own prompt and its own rule, which is the strict one."""

from __future__ import annotations

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Item
from sightline.evals.scorers import Mark, StrictNumber, strict
from sightline.evals.scorers.aggregates import Macro
from sightline.evals.scorers.number import VSI_MRA
from sightline.evals.synthetic.suite.dataset import LICENCE, reader
from sightline.evals.synthetic.suite.suites import Suite

_FORMS = {
    "choice": "Answer with the option's letter only.",
    "yes_no": "Answer with yes or no only.",
    "integer": "Answer with a whole number only.",
    "text": "Answer with the text only.",
}


def as_benchmark(suite: Suite, title: str, about: str, size: int = 500, frames: int = 0) -> Benchmark:
    """The benchmark of a suite, with the variants `test` (reserved seeds) and `train`.

    Args:
        suite: The suite.
        title: For people.
        about: One line.
        size: Questions of a variant that is made here.
        frames: Of its videos, that a model is shown.
    """
    sizes = {"test": size, "train": size}
    return Benchmark(
        name=suite.name,
        title=title,
        about=about,
        licence=LICENCE,
        size=sizes,
        source=Source(layout=f"what `sightline eval make {suite.name} --out DIR` writes"),
        protocol=Protocol("", "", "the value alone, or the last ANSWER line", frames=frames),
        read=reader(suite.name),
        prompt=prompt,
        official=score,
        strict=score,
        aggregate=Macro(suite.categories),
        categories=suite.categories,
        binary=False,
        make=suite.make_variant(sizes),
    )


def prompt(item: Item) -> str:
    """The question, what is stated beside it, the options, and how to answer."""
    asked = item.asked
    lines = [asked.question, *(f"{key}: {value}" for key, value in asked.known.items()), *asked.options]
    form = f"Answer with a number in {asked.unit} only." if asked.kind == "number" else _FORMS[asked.kind]
    return "\n".join([*lines, form])


def score(item: Item, said: str) -> Mark:
    """Numbers by mean relative accuracy (Yang et al., Thinking in Space, 2024), all else right or wrong."""
    return _NUMBERS(item, said) if item.asked.kind == "number" else strict(item, said)


_NUMBERS = StrictNumber(VSI_MRA)
