"""StepGame: which way one of several letters lies from another, k sentences away (Shi et al., 2022). No pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import DataError, read_records
from sightline.evals.scorers import Mark, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.labels import Label

LABELS = ("left", "right", "above", "below", "upper-left", "upper-right", "lower-left", "lower-right", "overlap")
OPTIONS = tuple(f"{letter}. {label}" for letter, label in zip("ABCDEFGHI", LABELS, strict=True))
HOPS = tuple(f"k={k}" for k in range(1, 11))
_exact = Label(LABELS)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The stories of all files qa1 to qa10 of the split that are there, in order; the published keys are their ids."""
    files = [folder / f"qa{k}_{variant}.json" for k in range(1, 11)]
    if not any(file.is_file() for file in files):
        raise DataError(f"qa1_{variant}.json", 0, "", f"there is no file qa1_{variant}.json to qa10_{variant}.json")
    for k, file in enumerate(files, start=1):
        for record in read_records(file) if file.is_file() else ():
            label = record.one_of("label", {name: name for name in LABELS})
            story = "\n".join(record.texts("story"))
            yield Item(
                f"k{k}-{record.text('key')}",
                Asked(f"{story}\n{record.text('question')}", "choice", OPTIONS),
                OPTIONS[LABELS.index(label)][0],
                HOPS[k - 1],
                f"k{k}-{record.text('key')}",
                facts={"label": label},
            )


def prompt(item: Item) -> str:
    """Story, question, and the nine labels; no prompt is published."""
    return f"{item.asked.question}\nAnswer with one of: {', '.join(LABELS)}."


def official(item: Item, said: str) -> Mark:
    """The label, and nothing else."""
    return _exact(replace(item, target=item.facts["label"]), said)


def render(item: Item, value: Any) -> str:
    """The label that an option's letter stands for."""
    return item.asked.spec.choices[str(value)]


BENCHMARK = Benchmark(
    name="stepgame",
    title="StepGame",
    about="Which way one thing lies from another, from a story of 1 to 10 sentences; text only.",
    licence="MIT",
    size={"valid": 10_000, "test": 100_000},
    source=Source(
        layout="qa1_valid.json to qa10_valid.json (or _test), the clean sets",
        where="They are in the repository ZhengxiangShi/StepGame, Dataset/CompleteVersion/clean.",
    ),
    protocol=Protocol(
        repository="ZhengxiangShi/StepGame",
        commit="5e6aff1",
        extractor="the label itself, of a classifier with nine outputs",
        departures=("no prompt for language models is published with it",),
    ),
    read=read,
    prompt=prompt,
    official=official,
    strict=strict,
    aggregate=Micro(HOPS),
    categories=HOPS,
    render=render,
    chance=1 / 9,
)
