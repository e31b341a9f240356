"""ViewSpatial-Bench: directions as the camera and as a person in the picture sees them (Li et al., 2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import file_in, letter_in, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.extractors import letter_in_last_line

TYPES = (
    "Camera perspective - Relative Direction",
    "Camera perspective - Object View Orientation",
    "Person perspective - Object View Orientation",
    "Person perspective - Relative Direction",
    "Person perspective - Scene Simulation Relative Direction",
)
PREFIX = "ViewSpatial-Bench/"
"""What the names of pictures begin with: the folder into which the published code unpacks them."""


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order; the published file has no ids, so their numbers serve, from 0."""
    del variant
    nested = (folder / PREFIX).is_dir()
    for record in read_records(folder / "ViewSpatial-Bench.json"):
        names = record.texts("image_path")
        pictures = tuple(
            file_in(folder, record, "image_path", name if nested else name.removeprefix(PREFIX)) for name in names
        )
        options = tuple(line.strip() for line in record.text("choices").split("\n") if line.strip())
        if len(options) < 2:
            raise record.fault("choices", f"at least two lines are needed, not {len(options)}")
        parts = names[0].removeprefix(PREFIX).split("/")
        yield Item(
            str(record.line - 1),
            Asked(record.text("question"), "choice", options, pictures=pictures),
            letter_in(record, "answer", options),
            record.one_of("question_type", {name: name for name in TYPES}),
            "/".join(parts[:2]),  # the scene of ScanNet, or the picture of COCO
        )


def prompt(item: Item) -> str:
    """The published ending, after question and choices."""
    choices = "\n".join(item.asked.options)
    return f"Question: {item.asked.question}\nChoices: {choices}\nReply only to the corresponding option.\nAnswer:"


BENCHMARK = Benchmark(
    name="viewspatial",
    title="ViewSpatial-Bench",
    about="Relative direction and facing from the camera's and from a person's point of view.",
    licence="Apache-2.0",
    size={"full": 5712},
    source=Source(
        layout="ViewSpatial-Bench.json, and beside it the unpacked scannetv2_val/ and val2017/",
        hub="lidingm/ViewSpatial-Bench",
        files=("ViewSpatial-Bench.json", "*.zip"),
        unpack=("*.zip",),
    ),
    protocol=Protocol(
        repository="ZJU-REAL/ViewSpatial-Bench",
        commit="2e85a5e",
        extractor="the first lone letter A to D of the last line, in either case",
        departures=(
            "the published code sends the question without its choices; here they stand before the published ending, "
            "as VLMEvalKit has it",
            "size of pictures and settings of generation depend on the model there",
        ),
    ),
    read=read,
    prompt=prompt,
    official=Choice(letter_in_last_line),
    strict=strict,
    aggregate=Micro(TYPES),
    categories=TYPES,
    chance=0.2633,
)
