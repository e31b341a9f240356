"""VSI-Bench: distances, sizes, counts, directions, routes and orders in videos of rooms (Yang et al., CVPR 2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sightline.agents.answers import Kind
from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import Record, file_in, letter_in, read_records
from sightline.evals.scorers import Choice, Mark, NumberScore, StrictNumber, strict
from sightline.evals.scorers.aggregates import NestedMacro
from sightline.evals.scorers.extractors import first_word
from sightline.evals.scorers.number import VSI_MRA, first_float

NUMBERS: dict[str, tuple[Kind, str | None]] = {
    "object_counting": ("integer", None),
    "object_abs_distance": ("number", "m"),
    "object_size_estimation": ("number", "cm"),
    "room_size_estimation": ("number", "m²"),
}
"""Kind and unit of the types that are answered with a number; the units stand in the questions."""

DIRECTIONS = ("object_rel_direction_easy", "object_rel_direction_medium", "object_rel_direction_hard")
CHOICES = ("object_rel_distance", *DIRECTIONS, "route_planning", "obj_appearance_order")
FILES = {"full": "test.jsonl", "debiased": "test_debiased.parquet", "pruned": "test_pruned.parquet"}

_CHOICE, _NUMBER, _STRICT_NUMBER = Choice(first_word), NumberScore(first_float, VSI_MRA), StrictNumber(VSI_MRA)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order."""
    for record in read_records(folder / FILES[variant]):
        yield _item(record, folder)


def _item(record: Record, folder: Path) -> Item:
    category = record.one_of("question_type", {name: name for name in (*NUMBERS, *CHOICES)})
    source, scene = record.text("dataset"), record.text("scene_name")
    video = file_in(folder, record, "scene_name", f"{source}/{scene}.mp4")
    question = record.text("question")
    if category in NUMBERS:
        kind, unit = NUMBERS[category]
        target: float | str = record.number("ground_truth")
        asked = Asked(question, kind, unit=unit, video=video)
    else:
        options = record.texts("options")
        target = letter_in(record, "ground_truth", options)
        asked = Asked(question, "choice", options, video=video)
    return Item(record.text("id"), asked, target, category, f"{source}/{scene}", source=source)


def prompt(item: Item) -> str:
    """The published prompt (lmms_eval/tasks/vsibench/utils.py:vsibench_doc_to_text)."""
    lines = ["These are frames of a video.", item.asked.question]
    if item.asked.options:
        lines += ["Options:", *item.asked.options, "Answer with the option's letter from the given choices directly."]
    else:
        lines.append("Please answer the question using a single word or phrase.")
    return "\n".join(lines)


def official(item: Item, said: str) -> Mark:
    """The first word: a letter, or a number with ten-threshold mean relative accuracy."""
    return (_NUMBER if item.category in NUMBERS else _CHOICE)(item, said)


def strictly(item: Item, said: str) -> Mark:
    """The typed value: a label, or a number in the question's unit with the same accuracy."""
    return (_STRICT_NUMBER if item.category in NUMBERS else strict)(item, said)


BENCHMARK = Benchmark(
    name="vsi_bench",
    title="VSI-Bench",
    about="Counts, sizes, distances, directions, routes and orders in videos of real rooms.",
    licence="Apache-2.0",
    size={"full": 5130, "debiased": 2362, "pruned": 2768},
    source=Source(
        layout="test.jsonl (or test_debiased.parquet, test_pruned.parquet) and the videos as DATASET/SCENE.mp4",
        hub="nyu-visionx/VSI-Bench",
        files=(*FILES.values(), "*.zip"),
        unpack=("*.zip",),
    ),
    protocol=Protocol(
        repository="vision-x-nyu/thinking-in-space",
        commit="51e089c",
        extractor="first word, without full stops; numbers by float()",
        frames=32,
        decoding={"temperature": 0, "top_p": 1, "max_tokens": 16},
        departures=(
            "the paper's number of frames depends on the model; 32 evenly spaced ones are sent here",
            "for Gemini and GPT the published prompt for numbers ends in other words",
        ),
    ),
    read=read,
    prompt=prompt,
    official=official,
    strict=strictly,
    aggregate=NestedMacro(
        {
            "object_counting": ("object_counting",),
            "object_abs_distance": ("object_abs_distance",),
            "object_size_estimation": ("object_size_estimation",),
            "room_size_estimation": ("room_size_estimation",),
            "object_rel_distance": ("object_rel_distance",),
            "object_rel_direction": DIRECTIONS,
            "route_planning": ("route_planning",),
            "obj_appearance_order": ("obj_appearance_order",),
        }
    ),
    categories=(*NUMBERS, *CHOICES),
    binary=False,
)
