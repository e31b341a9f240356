"""Where2Place: several spots in the free space that a sentence describes, in photos of homes (Yuan et al., 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import read_records
from sightline.evals.reading.pictures import file_in
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.point_conventions import fraction_tuples, pixels_of, read_points, robopoint_points
from sightline.evals.scorers.points import PointsInMask, picture_size
from sightline.geometry.dialects import UNIT

CATEGORY = "free space"
_FORM = " Your answer"
"""Where the sentence on the answer's form begins, as the published script for GPT cuts it off."""


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items of `point_questions.jsonl`; the mask of a question is found by its place in the file, not by its id."""
    for place, record in enumerate(read_records(folder / "point_questions.jsonl")):
        said = record.text("text").removeprefix("<image>").lstrip("\n")
        picture = file_in(folder / "images", record, "image", record.text("image"))
        masks = [folder / "masks" / f"{place:02d}{ending}" for ending in (".jpg", ".png")]
        yield Item(
            id=record.text("question_id"),
            asked=Asked(said.split(_FORM)[0], "points", pictures=(picture,)),
            target=str(next((mask for mask in masks if mask.exists()), masks[0])),
            category=CATEGORY,
            cluster=picture.stem,
            facts={"text": said},
        )


def prompt(item: Item) -> str:
    """The published text, the sentence on the answer's form included."""
    return str(item.facts["text"])


def render(item: Item, value: Any) -> str:
    """Points in stored pixels as fractions, `[(0.41, 0.10), ...]`."""
    return fraction_tuples(value, picture_size(item.asked.pictures[0]))


BENCHMARK = Benchmark(
    name="where2place",
    title="Where2Place",
    about="Point at several spots in the free space that a sentence describes.",
    licence="Apache-2.0",
    size={"points": 100},
    source=Source(
        hub="wentao-yuan/where2place",
        files=("point_questions.jsonl", "images/*", "masks/*"),
        layout="point_questions.jsonl, images/, and masks/ with 00.jpg, 01.jpg, ... in the order of the questions.",
    ),
    protocol=Protocol(
        repository="wentaoyuan/RoboPoint",
        commit="adbee8d",
        extractor="text2pts at 640 x 480, whatever the picture's size; boxes are every pixel in them; a point counts "
        "by the mask's grey; what raises an error is left out of the mean",
        decoding={"temperature": 0.2, "max_tokens": 1024},
        departures=(
            "this is what is published for models that answer in points, as RoboPoint does; GPT models were asked "
            "there for a box, on a picture with labelled axes",
        ),
    ),
    read=read,
    prompt=prompt,
    render=render,
    official=PointsInMask(lambda _, said, __: robopoint_points(said), soft=True, unparsable=None),
    strict=PointsInMask(lambda _, said, size: pixels_of(read_points(said, UNIT, size), size), above=127),
    aggregate=Micro((CATEGORY,)),
    categories=(CATEGORY,),
    binary=False,
)
