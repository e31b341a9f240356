"""RoboSpatial-Home: relations, fit and free space in photos of homes (Song et al., 2025)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import Record, read_records
from sightline.evals.reading.pictures import PictureKeeper, file_in
from sightline.evals.scorers import Choice, Mark, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.point_conventions import Unparsable, read_points
from sightline.evals.scorers.points import in_polygon, picture_size, ray_casting
from sightline.evals.scorers.yes_no import begins_yes_no
from sightline.geometry.dialects import UNIT

CATEGORIES = ("configuration", "context", "compatibility")

_FORM = re.compile(r"\s*(?:Your (?:final )?answer should be formatted|Answer yes or no).*", re.DOTALL | re.IGNORECASE)
_NUMBER = r"(\d+(?:\.\d*)?)"
_PAIRS = (
    re.compile(rf"\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)"),
    re.compile(rf"\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]"),
)
_LONGEST_LIST = 10_000


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items: of `annotations.json`, as the published download writes it, or of the hub's parquet files."""
    written = folder / "annotations.json"
    if written.is_file():
        for record in read_records(written):
            picture = file_in(folder, record, "img", record.text("img"))
            yield _item(record, picture, str(record.line), record.text("img"))
        return
    keeper = PictureKeeper.beside(folder)
    for split in CATEGORIES:
        for path in sorted((folder / "data").glob(f"{split}-*.parquet")) or [folder / "data" / f"{split}.parquet"]:
            for record in read_records(path):
                picture = keeper.one(record, "img")
                yield _item(record, picture, f"{split}/{record.line}", picture.stem)


def _item(record: Record, picture: Path, name: str, scene: str) -> Item:
    question, answer = record.text("question"), record.text("answer").strip()
    yes_no = answer.lower() in ("yes", "no")
    return Item(
        id=name,
        asked=Asked(_FORM.sub("", question), "yes_no" if yes_no else "point", pictures=(picture,)),
        target=answer.lower() if yes_no else _polygon(record, answer),
        category=record.one_of("category", {name: name for name in CATEGORIES}),
        cluster=scene,
        facts={"question": question},
    )


def _polygon(record: Record, answer: str) -> list[list[float]]:
    try:
        corners = [[float(x), float(y)] for x, y in ast.literal_eval(answer)]
    except (ValueError, TypeError, SyntaxError):
        raise record.fault("answer", "yes, no or a list of points is needed") from None
    if len(corners) < 3:
        raise record.fault("answer", f"a region needs three corners or more, not {len(corners)}")
    return corners


def official(item: Item, said: str) -> Mark:
    """The published rule: what the words begin with, or the first point that they hold, in the region's polygon."""
    if isinstance(item.target, str):
        return Choice(begins_yes_no)(item, said)
    if (point := first_point(said)) is None:
        return Mark(0.0, "", parsed=False)
    return Mark(float(ray_casting(point, item.target)), f"({point[0]:g}, {point[1]:g})")


def first_point(text: str) -> tuple[float, float] | None:
    """The point that the published script reads: the first pair in parentheses, else in brackets, else of a list.

    Signs are known only in a list, where it is Python's literal.
    """
    for pattern in _PAIRS:
        if match := pattern.search(text):
            return float(match[1]), float(match[2])
    _, _, rest = text.partition("[")
    inside, closed, _ = rest.partition("]")
    if not closed or len(inside) > _LONGEST_LIST or "\\" in inside:
        return None
    try:
        values = ast.literal_eval(f"[{inside.strip().removesuffix(',')}]")
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    point: Any = values
    if values and isinstance(values[0], list | tuple):
        point = values[0]
    if len(point) != 2 or not all(isinstance(value, int | float) for value in point):
        return None
    return float(point[0]), float(point[1])


def strictly(item: Item, said: str) -> Mark:
    """Strict: yes or no and nothing else; for a region, every point is a fraction and lies in it or on its edge."""
    if isinstance(item.target, str):
        return strict(item, said)
    try:
        points: Sequence[Sequence[float]] = read_points(said, UNIT, (1, 1)).tolist()
    except Unparsable:
        return Mark(0.0, "", parsed=False)
    inside = [in_polygon(point, item.target) for point in points]
    return Mark(float(all(inside)), f"{sum(inside)} of {len(inside)} points in the region")


def prompt(item: Item) -> str:
    """The published question, which asks for the answer's form itself."""
    return str(item.facts["question"])


def render(item: Item, value: Any) -> str:
    """`yes` or `no`, or a point in stored pixels as fractions."""
    if isinstance(value, str):
        return value
    width, height = picture_size(item.asked.pictures[0])
    return f"[({value[0] / width:.6f}, {value[1] / height:.6f})]"


BENCHMARK = Benchmark(
    name="robospatial_home",
    title="RoboSpatial-Home",
    about="Relations between things, whether something fits, and where free space is, in photos of homes.",
    licence="Apache-2.0",
    size={"all": 350},
    source=Source(
        hub="chanhee-luke/RoboSpatial-Home",
        files=("data/*.parquet",),
        layout="data/{configuration,context,compatibility}-*.parquet, or annotations.json and images/ as "
        "download_benchmark.py of RoboSpatial-Eval writes them.",
    ),
    protocol=Protocol(
        repository="chanhee-luke/RoboSpatial-Eval",
        commit="19f04a5",
        extractor="what the words begin with (yes, no), or the first point by ray casting in the polygon",
        departures=(
            "the published script has decoding settings for six models and none in general",
            "the published leaderboard's total is a mean of three categories for some models; the script's is over "
            "all questions, as here",
        ),
    ),
    read=read,
    prompt=prompt,
    render=render,
    official=official,
    strict=strictly,
    aggregate=Micro(CATEGORIES),
    categories=CATEGORIES,
)
