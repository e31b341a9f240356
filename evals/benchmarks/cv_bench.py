"""CV-Bench: counting and relations in 2D, depth and distance in 3D (Tong et al., Cambrian-1, 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import PictureKeeper, letter_in, lettered, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import SourceWeighted
from sightline.evals.scorers.extractors import leading_letter

TASKS = ("Count", "Relation", "Depth", "Distance")
SOURCES = {"ADE20K": 0.25, "COCO": 0.25, "Omni3D": 0.5}


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions in 2D, then in 3D."""
    del variant
    keeper = PictureKeeper.beside(folder)
    for name in ("test_2d.parquet", "test_3d.parquet"):
        for record in read_records(folder / name):
            options = lettered(record, "choices")
            picture = keeper.one(record, "image")
            yield Item(
                f"{record.one_of('type', {'2D': '2D', '3D': '3D'})}-{record.text('idx')}",
                Asked(record.text("question"), "choice", options, pictures=(picture,)),
                letter_in(record, "answer", options),
                record.one_of("task", {task: task for task in TASKS}),
                picture.stem,
                source=record.one_of("source", {source: source for source in SOURCES}),
                facts={"prompt": record.text("prompt")},
            )


def prompt(item: Item) -> str:
    """The record's own prompt after lmms-eval's note (lmms_eval/tasks/cv_bench/_default_template_yaml)."""
    letters = ", ".join(item.asked.spec.labels)
    note = f"Note: You only need to respond with {letters} without providing any additional information.\n"
    return f"{note}\n{item.facts['prompt']}"


def render(item: Item, value: Any) -> str:
    """`(B)`."""
    del item
    return f"({value})"


BENCHMARK = Benchmark(
    name="cv_bench",
    title="CV-Bench",
    about="Counting, spatial relation, depth order and relative distance in single pictures.",
    licence="Apache-2.0",
    size={"full": 2638},
    source=Source(
        layout="test_2d.parquet and test_3d.parquet",
        hub="nyu-visionx/CV-Bench",
        files=("test_2d.parquet", "test_3d.parquet"),
        revision="bc284db50d036958861cb60cdd7b77612052ce0d",
    ),
    protocol=Protocol(
        repository="EvolvingLMMs-Lab/lmms-eval",
        commit="75571cf",
        extractor="the first letter of the words",
        decoding={"max_tokens": 1024},
        departures=("the authors' repository holds no scorer; prompt and rule are those of lmms-eval",),
    ),
    read=read,
    prompt=prompt,
    official=Choice(leading_letter),
    strict=strict,
    aggregate=SourceWeighted(SOURCES, TASKS),
    categories=TASKS,
    render=render,
)
