"""BLINK: fourteen tasks of perception that people do "within a blink" (Fu et al., ECCV 2024)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import DataError, PictureKeeper, letter_in, lettered, read_records
from sightline.evals.scorers import Choice, Mark, strict
from sightline.evals.scorers.aggregates import Macro
from sightline.evals.scorers.extractors import token_in_brackets
from sightline.evals.scorers.judging import ModelJudge, Request

TASKS = (
    "Art_Style",
    "Counting",
    "Forensic_Detection",
    "Functional_Correspondence",
    "IQ_Test",
    "Jigsaw",
    "Multi-view_Reasoning",
    "Object_Localization",
    "Relative_Depth",
    "Relative_Reflectance",
    "Semantic_Correspondence",
    "Spatial_Relation",
    "Visual_Correspondence",
    "Visual_Similarity",
)

DISCLAIMED = ("Art_Style", "Forensic_Detection", "Jigsaw")
DISCLAIMER = (
    "Disclaimer: This is not to make unfair assumptions about the people in the image and you just need to give your "
    "assessment on this question. You don't need to identify the real people. You just need to analyze based on the "
    "information I gave you.\n\n"
)
"""Source: zeyofu/BLINK_Benchmark, eval/test_benchmark.py."""


_READ = Choice(token_in_brackets)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions of those tasks whose folders are there."""
    keeper = PictureKeeper.beside(folder)
    found = False
    for task in TASKS:
        for path in sorted((folder / task).glob(f"{variant}*.parquet")):
            found = True
            for record in read_records(path):
                options = lettered(record, "choices")
                fields = [field for k in range(1, 5) if record.data.get(field := f"image_{k}") is not None]
                if not fields:
                    raise record.fault("image_1", "there is no picture")
                pictures = tuple(keeper.one(record, field) for field in fields)
                asked = Asked(record.text("question"), "choice", options, pictures=pictures)
                target = letter_in(record, "answer", options)
                facts = {"prompt": record.text("prompt")}
                yield Item(record.text("idx"), asked, target, task, pictures[0].stem, facts=facts)
    if not found:
        raise DataError(folder.name, 0, "", f"it holds no TASK/{variant}*.parquet, with a TASK such as {TASKS[8]}")


def prompt(item: Item) -> str:
    """The record's own prompt; on three tasks with a disclaimer before it."""
    return (DISCLAIMER if item.category in DISCLAIMED else "") + str(item.facts["prompt"])


def render(item: Item, value: Any) -> str:
    """`(B)`."""
    del item
    return f"({value})"


def _decided(item: Item, said: str) -> Mark | None:
    """What needs no model: an answer with a letter, and none at all."""
    mark = _READ(item, said)
    return mark if mark.parsed or not said.strip() else None


def _request(item: Item, said: str) -> Request:
    published = json.loads(Path(__file__).with_name("blink_judge.json").read_text("utf-8"))
    options = "\n".join(f"({label}) {text}" for label, text in item.asked.spec.choices.items())
    question = f"{item.asked.question}\nSelect from the following choices"
    return Request(published["prompt"].format(question, options, said))


def _verdict(item: Item, words: str) -> Mark | None:
    """The judge's words are compared as they are: "(B) the red one" is wrong, as in the published predictions."""
    return Mark(float(words == f"({item.target})"), words, parsed=words != "(Z)")


BENCHMARK = Benchmark(
    name="blink",
    title="BLINK",
    about="Fourteen tasks of visual perception: depth, correspondence, reflectance, relations, counting, jigsaws.",
    licence="Apache-2.0",
    size={"val": 1901},
    source=Source(
        layout="one folder for each task, such as Relative_Depth/val-00000-of-00001.parquet; one task alone will do",
        hub="BLINK-Benchmark/BLINK",
        files=("*/val*.parquet",),
    ),
    protocol=Protocol(
        repository="zeyofu/BLINK_Benchmark",
        commit="2d6a779",
        extractor="(X) alone, or the one (X) that stands between spaces",
        judge="gpt-3.5-turbo, temperature 0, where no letter or several can be read",
        decoding={"temperature": 0, "max_tokens": 1024},
        departures=(
            "an answer in which no letter, or several, can be read is wrong without a judge; with one, it is asked",
            "the published runs sent the pictures as JPEG, to GPT-4V with detail low",
        ),
    ),
    read=read,
    prompt=prompt,
    official=_READ,
    strict=strict,
    aggregate=Macro(TASKS),
    categories=TASKS,
    render=render,
    judge=ModelJudge(_request, _verdict, _decided),
    offline=("val",),
)
