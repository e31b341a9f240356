"""Q-Spatial Bench: distances and sizes in metres, from one picture (Liao et al., EMNLP 2024)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.agents.answers import AnswerSpec
from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import PictureKeeper, file_in, read_records
from sightline.evals.scorers import Mark, read_typed
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.number import WithinRatio
from sightline.evals.scorers.units import centimetres_in, scalar_with_unit

FILES = {"plus": "QSpatial_plus", "scannet": "QSpatial_scannet"}
TASK = (
    "You will be provided with a question and a 2D image. The question involves measuring the precise distance in 3D "
    "space through a 2D image. You will answer the question by providing a numeric answer consisting of a scalar and a "
    r'distance unit in the format of """\scalar{scalar} \distance_unit{distance unit}""" at the end of your response.'
)
"""Source: andrewliao11/Q-Spatial-Bench-code, prompt_templates/system_prompt.txt."""

_METRES = AnswerSpec(kind="number", unit="m")
_RATIO = WithinRatio(2.0)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order; the published file has no ids, so their numbers serve, from 0."""
    keeper = PictureKeeper.beside(folder)
    for path in sorted((folder / "data").glob(f"{FILES[variant]}*.parquet")) or [folder / f"{FILES[variant]}.parquet"]:
        for record in read_records(path):
            value, unit = record.number("answer_value"), record.text("answer_unit")
            metres = read_typed(_METRES, f"{value:.9g} {unit}")
            if not isinstance(metres, float) or not unit.strip():
                raise record.fault("answer_unit", f"{unit!r} is no unit of length")
            if value <= 0:
                raise record.fault("answer_value", f"a length is above 0, not {value:g}")
            # ScanNet's pictures may not be passed on: there the record has only their names.
            if record.data.get("image") is not None:
                picture = keeper.one(record, "image")
            else:
                picture = file_in(folder, record, "image_path", record.text("image_path"))
            yield Item(
                f"{variant}-{record.line - 1}",
                Asked(record.text("question"), "number", unit="m", pictures=(picture,)),
                metres,
                record.text("question_type"),
                picture.stem,
                facts={"answer_value": value, "answer_unit": unit},
            )


def prompt(item: Item) -> str:
    """The published task and question (prompt_templates/zero_shot_prompt.txt)."""
    return f"{TASK}\n\nQuestion: {item.asked.question}\nLet's think step by step."


def render(item: Item, value: Any) -> str:
    r"""`\scalar{1.5} \distance_unit{meters}`."""
    return rf"\scalar{{{item.asked.spec.official_text(value)}}} \distance_unit{{meters}}"


def official(item: Item, said: str) -> Mark:
    """Within a factor of two, by the last scalar and the last unit; the true value is converted as there."""
    found = scalar_with_unit(said)
    if found is None:
        return Mark(0.0, "", parsed=False)
    target = item.facts["answer_value"] * centimetres_in(item.facts["answer_unit"])
    return Mark(_RATIO(found, target), f"{found:g} cm")


def strictly(item: Item, said: str) -> Mark:
    r"""Within a factor of two, by one number with a unit, in `\scalar{} \distance_unit{}` or as an answer."""
    pairs = re.findall(r"scalar\{([^}]*)\}[\s\\]*distance_unit\{([^}]*)\}", said)
    value = read_typed(_METRES, f"{pairs[-1][0].strip()} {pairs[-1][1].strip()}" if pairs else said)
    if not isinstance(value, int | float):
        return Mark(0.0, "", parsed=False)
    return Mark(_RATIO(float(value), float(item.target)), f"{value:g} m")


BENCHMARK = Benchmark(
    name="q_spatial",
    title="Q-Spatial Bench",
    about="Distances and sizes with a unit, right within a factor of two.",
    licence="Apache-2.0",
    size={"plus": 101, "scannet": 170},
    source=Source(
        layout=(
            "data/QSpatial_plus-*.parquet; for scannet data/QSpatial_scannet-*.parquet, and ScanNet's pictures under "
            "the names in its field image_path"
        ),
        hub="andrewliao11/Q-Spatial-Bench",
        files=("data/*.parquet",),
    ),
    protocol=Protocol(
        repository="andrewliao11/Q-Spatial-Bench-code",
        commit="ebe8137",
        extractor="mean of the numbers in the last scalar{}, unit in the last distance_unit{}",
        departures=(
            "the published system prompt stands at the head of the user message",
            "the published settings of generation are not known here",
        ),
    ),
    read=read,
    prompt=prompt,
    official=official,
    strict=strictly,
    aggregate=Micro(),
    categories=(),
    render=render,
)
