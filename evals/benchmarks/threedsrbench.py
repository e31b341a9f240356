"""3DSRBench: 3D relations on natural pictures, flipped and with options in every order (Ma et al., 2024)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import PictureKeeper, Record, letter_in, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.extractors import first_pattern

CATEGORIES = (
    "height_higher",
    "location_above",
    "location_closer_to_camera",
    "location_next_to",
    "orientation_in_front_of",
    "orientation_on_the_left",
    "orientation_viewpoint",
    "multi_object_closer_to",
    "multi_object_facing",
    "multi_object_viewpoint_towards_object",
    "multi_object_parallel",
    "multi_object_same_direction",
)
FLIPPED, CIRCULAR = "3dsrbench_v1_vlmevalkit.tsv", "3dsrbench_v1_vlmevalkit_circular.tsv"
FILES = {"vanilla": FLIPPED, "flip": FLIPPED, "circular": CIRCULAR, "both": CIRCULAR}
_QID = re.compile(r"(?P<base>.{8})(?P<flip>-flip)?(?P<order>-\d+)?")

SHORT = 64
"""Characters up to which the field `image` is the index of the row that has the picture, as VLMEvalKit reads it."""


def group_of(qid: str, variant: str) -> str:
    """What a question counts together with: nothing, its flip, its orders, or all of them; "" for nothing.

    Args:
        qid: `XXXXXXXX`, `XXXXXXXX-flip`, `XXXXXXXX-2` or `XXXXXXXX-flip-2`.
        variant: One of `FILES`.
    """
    match variant:
        case "flip":
            return qid.replace("-flip", "")
        case "circular":
            return qid[:13] if "-flip" in qid else qid[:8]
        case "both":
            return qid[:8]
        case _:
            return ""


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order."""
    keeper = PictureKeeper.beside(folder)
    seen: dict[str, Path] = {}
    for record in read_records(folder / FILES[variant]):
        qid = record.text("qid")
        if _QID.fullmatch(qid) is None:
            raise record.fault("qid", f"{qid!r} is not of the form XXXXXXXX[-flip][-N]")
        options = tuple(f"{letter}. {text}" for letter in "ABCD" if (text := _option(record, letter)))
        if len(options) < 2:
            raise record.fault("A", f"at least two options are needed, not {len(options)}")
        picture = _picture(record, keeper, seen)
        yield Item(
            qid,
            Asked(record.text("question"), "choice", options, pictures=(picture,)),
            letter_in(record, "answer", options),
            record.one_of("category", {category: category for category in CATEGORIES}),
            qid[:8],
            group_of(qid, variant),
        )


def _option(record: Record, letter: str) -> str:
    text = record.text(letter, empty=True).strip()
    return "" if text.lower() == "nan" else text


def _picture(record: Record, keeper: PictureKeeper, seen: dict[str, Path]) -> Path:
    said = record.text("image")
    if len(said) > SHORT:
        return seen.setdefault(record.text("index"), keeper.one(record, "image"))
    if said not in seen:
        raise record.fault("image", f"it refers to the row {said!r}, which has no picture before this line")
    return seen[said]


def prompt(item: Item) -> str:
    """The prompt of VLMEvalKit and lmms-eval (lmms_eval/tasks/3dsrbench/utils.py:doc_to_text)."""
    options = "".join(f"{option}\n" for option in item.asked.options)
    post = "Please select the correct answer from the options above. \n"
    return f"Question: {item.asked.question}\nOptions:\n{options}{post}"


BENCHMARK = Benchmark(
    name="3dsrbench",
    title="3DSRBench",
    about="Height, location, orientation and relations of objects in 3D; flips and circular options count together.",
    licence="CC BY 4.0",
    size={"vanilla": 5157, "flip": 5157, "circular": 0, "both": 0},
    source=Source(
        layout=f"{FLIPPED} (vanilla, flip) or {CIRCULAR} (circular, both)",
        hub="ccvl/3DSRBench",
        files=(FLIPPED, CIRCULAR),
    ),
    protocol=Protocol(
        repository="EvolvingLMMs-Lab/lmms-eval",
        commit="75571cf",
        extractor="the first of a list of patterns that matches",
        decoding={"temperature": 0, "top_p": 1, "max_tokens": 4096},
        departures=(
            "the authors' script lies on the hub only and was not read; prompt and rule are those of lmms-eval",
            "which of the four scores the paper's headline is, is not known here",
        ),
    ),
    read=read,
    prompt=prompt,
    official=Choice(first_pattern),
    strict=strict,
    aggregate=Micro(CATEGORIES),
    categories=CATEGORIES,
)
