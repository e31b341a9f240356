"""OmniSpatial: motion, interaction, logic and perspective in single pictures (Jia et al., 2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import file_in, lettered, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.extractors import answer_line_or_a

TYPES = (
    *("Manipulation", "Motion_Analysis", "Traffic_Analysis", "Localization", "Geospatial_Strategy"),
    *("Pattern_Recognition", "Geometric_Reasoning", "Egocentric", "Allocentric", "Hypothetical"),
)

TASK = """
You are a spatial-reasoning assistant.

Task
-----
You will receive\x20\x20
1. **Image** - a single RGB frame depicting a scene.\x20\x20
2. **Question** - a natural-language query about spatial relationships between objects in the image.\x20\x20
3. **Options** - ≥2 answer candidates, each tagged by a capital letter (A, B, C, D…).

Guidelines
----------
Please follow these steps to analyze the image and answer the question:
1. First, carefully observe the image and identify all relevant objects and their spatial relationships.
2. Next, break down the question into key components that need to be addressed.
3. Think through the spatial reasoning step-by-step to arrive at your answer. It may be necessary to transfer \
perspective to better understand the scene.
4. Finally, select the most appropriate option (A, B, C, or D) based on your analysis.

Always ground your answer in the visual evidence; do not hallucinate unseen objects.
If uncertain, pick the most plausible option—never refuse or reply “insufficient information.”


End your answer with a separate line formatted exactly as:

Answer: X
where X ∈ {A, B, C, D}.
"""
"""The prompt manual_cot and the format re. Source: qizekun/OmniSpatial, vlms_eval/system_prompts.py (972f6ed)."""


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order; folder is the unpacked archive, or what holds it as `OmniSpatial-test`."""
    del variant
    base = folder / "OmniSpatial-test" if (folder / "OmniSpatial-test").is_dir() else folder
    for record in read_records(base / "data.json"):
        options, right = lettered(record, "options"), record.number("answer")
        if right not in range(len(options)):
            raise record.fault("answer", f"{right:g} is no index of {len(options)} options")
        task, number = record.text("task_type"), record.text("id")
        picture = file_in(base, record, "id", f"{task}/{number.partition('_')[0]}.png")
        yield Item(
            f"{task}_{number}",
            Asked(record.text("question"), "choice", options, pictures=(picture,)),
            options[int(right)][0],
            record.one_of("sub_task_type", {name: name for name in TYPES}),
            f"{task}/{picture.stem}",
        )


def prompt(item: Item) -> str:
    """The published task, question and options (api_eval.py:process_info)."""
    return TASK + "\n" + item.asked.question + "\n" + "".join(f"{option}\n" for option in item.asked.options)


def render(item: Item, value: Any) -> str:
    """`Answer: B`."""
    del item
    return f"Answer: {value}"


BENCHMARK = Benchmark(
    name="omnispatial",
    title="OmniSpatial",
    about="Dynamic reasoning, interaction, complex logic and perspective taking in single pictures.",
    licence="CC BY-NC 4.0",
    size={"test": 1533},
    source=Source(
        layout="the unpacked OmniSpatial-test.zip: data.json, and TASK_TYPE/NUMBER.png beside it",
        hub="qizekun/OmniSpatial",
        files=("OmniSpatial-test.zip",),
        unpack=("OmniSpatial-test.zip",),
    ),
    protocol=Protocol(
        repository="qizekun/OmniSpatial",
        commit="208bac2",
        extractor='the last "Answer: X"; A where there is none',
        departures=(
            "the published system prompt stands at the head of the user message",
            "the published mean is over five repeats, at the model's own settings of generation",
        ),
    ),
    read=read,
    prompt=prompt,
    official=Choice(answer_line_or_a),
    strict=strict,
    aggregate=Micro(TYPES),
    categories=TYPES,
    render=render,
)
