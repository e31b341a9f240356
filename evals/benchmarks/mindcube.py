"""MindCube: what is where, from a few views that each show a part of a scene (Yin et al., 2025)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import file_in, inline_options, letter_in, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Excluding, Micro
from sightline.evals.scorers.extractors import letter_with_stop

SETTINGS = ("around", "rotation", "translation", "among")
"""In the order in which the published scorer looks for them in the id."""

FILES = {"tinybench": "MindCube_tinybench.jsonl", "full": "MindCube.jsonl"}

INSTRUCTION = (
    "[Task]\n"
    "Your task is to analyze the spatial arrangement of objects in the scene by examining the provided images, which "
    "show the scene from different viewpoints.\n"
    "[Answer Instruction]\n"
    "You only need to provide *ONE* correct answer selecting from the options listed below. For example, if you think "
    "the correct answer is 'A. Above' from 'A. Above B. Under C. Front D. Behind', your response should **only** be "
    "'<answer>A. Above</answer>'.\n"
)
"""Source: mll-lab-nu/MindCube, src/prompt_generation/templates.py:RAW_QA_BACKGROUND_INSTRUCTION."""


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order; folder is the unpacked data.zip, or what holds it as `data`."""
    base = folder / "data" if (folder / "data").is_dir() else folder
    for record in read_records(base / "raw" / FILES[variant]):
        name, text = record.text("id"), record.text("question")
        names = record.texts("images")
        pictures = tuple(file_in(base, record, "images", picture) for picture in names)
        question, options = inline_options(text, ".")
        options = options or ("A", "B", "C", "D", "E")
        asked = Asked(question, "choice", options, pictures=pictures)
        setting = next((setting for setting in SETTINGS if setting in name.lower()), "other")
        scene = names[0].rpartition("/")[0]
        yield Item(name, asked, letter_in(record, "gt_answer", options), setting, scene, facts={"question": text})


def prompt(item: Item) -> str:
    """The published prompt of the setting raw_qa."""
    return f"{INSTRUCTION}\n[Question]\n{item.facts['question']}"


def render(item: Item, value: Any) -> str:
    """`<answer>B. left</answer>`, as the prompt asks for it."""
    return f"<answer>{value}. {item.asked.spec.choices[value]}</answer>"


BENCHMARK = Benchmark(
    name="mindcube",
    title="MindCube",
    about="Mental models of a scene from two to four views: around, among, rotation.",
    licence="MIT",
    size={"tinybench": 1050, "full": 21154},
    source=Source(
        layout="the unpacked data.zip: raw/MindCube_tinybench.jsonl (or MindCube.jsonl) and other_all_image/",
        hub="MLL-Lab/MindCube",
        files=("data.zip",),
        revision="9c941b46a6bd65b6914669ef7a579948fc9c8467",
        unpack=("data.zip",),
    ),
    protocol=Protocol(
        repository="mll-lab-nu/MindCube",
        commit="8650074",
        extractor="last letter A to E with a full stop; then <Answer>; then a list of patterns",
        departures=(
            "the published settings of generation, and the size at which pictures are sent, are not known here",
        ),
    ),
    read=read,
    prompt=prompt,
    official=Choice(letter_with_stop),
    strict=strict,
    aggregate=Excluding(("translation",), Micro()),
    categories=SETTINGS,
    render=render,
)
