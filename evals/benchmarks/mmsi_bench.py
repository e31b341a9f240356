"""MMSI-Bench: relations, attributes and motion across several pictures (Yang et al., 2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import PictureKeeper, inline_options, letter_in, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.extractors import backticked

TYPES = (
    *(f"Positional Relationship ({pair})" for pair in ("Cam.–Cam.", "Obj.–Obj.", "Reg.–Reg.")),
    *(f"Positional Relationship ({pair})" for pair in ("Cam.–Obj.", "Obj.–Reg.", "Cam.–Reg.")),
    *("Attribute (Meas.)", "Attribute (Appr.)", "Motion (Cam.)", "Motion (Obj.)", "MSR"),
)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order."""
    del variant
    keeper = PictureKeeper.beside(folder)
    # Some copies write the pairs with hyphens.
    types = {written: name for name in TYPES for written in (name, name.replace("–", "-"))}
    for record in read_records(folder / "MMSI_Bench.parquet"):
        text = record.text("question")
        question, options = inline_options(text, ":")
        options = options or ("A", "B", "C", "D")
        pictures = keeper.several(record, "images")
        asked = Asked(question, "choice", options, pictures=pictures)
        target = letter_in(record, "answer", options)
        category = record.one_of("question_type", types)
        yield Item(record.text("id"), asked, target, category, pictures[0].stem, facts={"question": text})


def prompt(item: Item) -> str:
    """The published prompt (vlmeval/dataset/mmsi_bench.py:build_prompt)."""
    post = "Answer with the option's letter from the given choices directly. Enclose the option's letter within ``."
    return f"{item.facts['question']}\n{post}"


def render(item: Item, value: Any) -> str:
    """The letter within double backticks, as the prompt asks for it."""
    del item
    return f"``{value}``"


BENCHMARK = Benchmark(
    name="mmsi_bench",
    title="MMSI-Bench",
    about="Positions, attributes and motion of cameras, objects and regions across two and more pictures.",
    licence="CC BY-NC 4.0",
    size={"full": 1000},
    source=Source(layout="MMSI_Bench.parquet", hub="RunsenXu/MMSI-Bench", files=("MMSI_Bench.parquet",)),
    protocol=Protocol(
        repository="OpenRobotLab/MMSI-Bench",
        commit="4e28bff",
        extractor="between backticks, the first lone capital A to D",
        judge="VLMEvalKit's, where nothing can be read",
        departures=(
            "where nothing can be read, the published run asks a model; the answer is wrong here",
            "the published settings of generation depend on the model and are not known here",
        ),
    ),
    read=read,
    prompt=prompt,
    official=Choice(backticked),
    strict=strict,
    aggregate=Micro(TYPES),
    categories=TYPES,
    render=render,
    chance=0.25,
)
