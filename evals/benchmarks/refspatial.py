"""RefSpatial-Bench: point at an object, or at free space, that several relations single out (Zhou et al., 2025).

The published protocol differs by model family, in prompt and in reading: each is a variant. The prompts stand in
Evaluation/test_benchmark.py of Zhoues/RoboRefer and on the data card; the readings in Evaluation/summarize_acc.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import Record, read_records
from sightline.evals.reading.pictures import PictureKeeper, file_in
from sightline.evals.scorers.aggregates import Macro
from sightline.evals.scorers.point_conventions import (
    Pointed,
    fraction_tuples,
    gemini_json,
    gemini_points,
    molmo_points,
    molmo_xml,
    pixel_tuples,
    pixels_of,
    read_points,
    roborefer_points,
)
from sightline.evals.scorers.points import PointsInMask, picture_size
from sightline.geometry.dialects import PERCENT, PERMILLE_YX, PIXELS, UNIT, CoordinateDialect, Size

SPLITS = {"location": "Location", "placement": "Placement", "unseen": "Unseen"}


@dataclass(frozen=True)
class Family:
    """What is published for a family of models.

    Attributes:
        prompt: Of the fields `prompt`, `suffix` and `object`.
        read: Words and the mask's size to points.
        write: Points in stored pixels and the picture's size to words that `read` takes for the same pixels.
        dialect: What the numbers mean, for the strict reading.
    """

    prompt: str
    read: Callable[[str, Size], Pointed]
    write: Callable[[Iterable[Sequence[float]], Size], str]
    dialect: CoordinateDialect


def _fractions(said: str, size: Size) -> Pointed:
    return roborefer_points(said, size, absolute=False)


def _pixels(said: str, size: Size) -> Pointed:
    return roborefer_points(said, size, absolute=True)


FAMILIES = {
    "tuples": Family("{prompt} {suffix}", _fractions, fraction_tuples, UNIT),
    "gemini": Family("Locate one point of {object}.", gemini_points, gemini_json, PERMILLE_YX),
    "molmo": Family("Locate several points of {object}.", molmo_points, molmo_xml, PERCENT),
    "qwen": Family(
        "Locate {object} in this image and output the point coordinates in JSON format.", _pixels, pixel_tuples, PIXELS
    ),
    "robobrain": Family("{prompt} Please provide its 2D coordinates.", _pixels, pixel_tuples, PIXELS),
}
"""By variant; `tuples` is published for RoboRefer, RoboPoint, GPT-4o and Claude."""


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items: from the raw folders (`Location/question.json`, ...) or the hub's parquet files."""
    keeper = PictureKeeper.beside(folder)
    for split, name in SPLITS.items():
        raw = folder / name / "question.json"
        if raw.is_file():
            for record in read_records(raw):
                picture = file_in(raw.parent, record, "rgb_path", record.text("rgb_path"))
                mask = file_in(raw.parent, record, "mask_path", record.text("mask_path"))
                yield _item(record, split, variant, picture, mask, f"{split}/{picture.stem}")
            continue
        for path in sorted((folder / "data").glob(f"{split}-*.parquet")) or [folder / "data" / f"{split}.parquet"]:
            for record in read_records(path):
                picture, mask = keeper.one(record, "image"), keeper.one(record, "mask")
                yield _item(record, split, variant, picture, mask, picture.stem)


def _item(record: Record, split: str, variant: str, picture: Path, mask: Path, scene: str) -> Item:
    said = {field: record.text(field, empty=field == "suffix") for field in ("prompt", "suffix", "object")}
    return Item(
        id=f"{split}/{record.text('id')}",
        asked=Asked(said["prompt"], "point", pictures=(picture,)),
        target=str(mask),
        category=split,
        cluster=scene,
        facts={**said, "family": variant, "step": record.number("step")},
    )


def _family(item: Item) -> Family:
    return FAMILIES[str(item.facts["family"])]


def prompt(item: Item) -> str:
    """The published prompt for the variant's family of models."""
    return _family(item).prompt.format(**{field: item.facts[field] for field in ("prompt", "suffix", "object")})


def render(item: Item, value: Any) -> str:
    """A point in stored pixels, as the variant's family writes it."""
    return _family(item).write([value], picture_size(item.asked.pictures[0]))


BENCHMARK = Benchmark(
    name="refspatial",
    title="RefSpatial-Bench",
    about="Point at the object, or the free space, that several spatial relations single out.",
    licence="Apache-2.0",
    size=dict.fromkeys(FAMILIES, 277),
    source=Source(
        hub="BAAI/RefSpatial-Bench",
        files=("data/*.parquet",),
        layout="data/{location,placement,unseen}-*.parquet, or Location/, Placement/ and Unseen/, each with "
        "question.json, image/ and mask/.",
    ),
    protocol=Protocol(
        repository="Zhoues/RoboRefer",
        commit="d97a995",
        extractor="text2pts, xml2pts or json2pts by model family; whole numbers are pixels, decimals are fractions; "
        "points outside count 0; what raises an error is left out of the mean",
        departures=(
            "the prompts of the variants gemini, molmo, qwen and robobrain were read in a fork of the repository",
            "the published decoding settings are not known",
            "the publishers report three splits and no overall; the overall is their unweighted mean",
        ),
    ),
    read=read,
    prompt=prompt,
    render=render,
    official=PointsInMask(lambda item, said, size: _family(item).read(said, size), unparsable=None),
    strict=PointsInMask(lambda item, said, size: pixels_of(read_points(said, _family(item).dialect, size), size)),
    aggregate=Macro(tuple(SPLITS)),
    categories=tuple(SPLITS),
    binary=False,
)
