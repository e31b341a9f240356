"""RotBench: by how much has a photo been turned (Niu et al., 2025)? Items are made from a folder of upright photos.

Each photo is asked about four times, turned by 0, 90, 180 and 270 degrees counter-clockwise.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import DataError, read_records
from sightline.evals.reading.pictures import PictureKeeper
from sightline.evals.scorers import Mark, read_typed
from sightline.evals.scorers.aggregates import Macro
from sightline.evals.scorers.judging import ModelJudge, Request

ANGLES = (0, 90, 180, 270)
LETTERS = ("A", "B", "C", "D")
SEED = 0
"""The published inference script seeds its shuffles with the number of the run, from 0."""

CATEGORIES = tuple(f"{angle} degrees" for angle in ANGLES)
QUESTION = (
    "By how many degrees counter-clockwise has this photo been turned? 0 is right-side up, 180 is upside down, 90 is a "
    "quarter turn counter-clockwise and 270 a quarter turn clockwise."
)

# Source: tianyiniu/RotBench, inference.py (364b738), Apache-2.0: SYS_PROMPT and build_prompt, verbatim.
_SYSTEM = (
    "You are an intelligent AI assistant that specializes in identifying rotation in images. You will be given an "
    "image and a multiple choice question. Each choice corresponds to the number of degrees the image has been "
    "rotated. A 90° rotation is a quarter-turn counter-clockwise; 270° is a quarter-turn clockwise. A 0° rotation "
    "indicates the image is right-side up; a 180° rotation indicates the image is up-side down."
)
_PROMPT = (
    "Identify whether the image has been rotated.\n\nResponse with a SINGLE LETTER, either A, B, C, or D, representing "
    "the correct rotation. You must select one of these choices even if you are uncertain. DO NOT INCLUDE ANYTHING "
    "ELSE IN YOUR RESPONSE.\n\nThe rotation of the image is:\n{choices}\n\nAnswer: "
)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items of `RotBench_large` or `RotBench_small`: a folder of photos, or the hub's parquet files.

    The turned photos are written once, into `.sightline/turned` of the folder, in the format of the original, by the
    published means: a photo that is not square is turned within its own frame, so that its corners are cut off and
    black bars appear at a quarter turn.
    """
    turned = PictureKeeper.beside(folder).folder.with_name("turned")
    for name, photo in _photos(folder, variant):
        for angle in ANGLES:
            options = _shuffled(f"{name}/{angle}")
            yield Item(
                id=f"{name}/{angle}",
                asked=Asked(
                    QUESTION,
                    "choice",
                    options=tuple(f"{letter}. {degrees}" for letter, degrees in zip(LETTERS, options, strict=True)),
                    pictures=(_turned(photo, angle, turned),),
                ),
                target=LETTERS[options.index(angle)],
                category=f"{angle} degrees",
                cluster=name,
                facts={"angle": angle, "angles": options},
            )


def _photos(folder: Path, variant: str) -> Iterator[tuple[str, Path]]:
    plain = next((place for place in (folder / f"RotBench_{variant}", folder / variant) if place.is_dir()), None)
    if plain is not None:
        photos = sorted(path for path in plain.iterdir() if path.suffix.lower() in (".jpg", ".png"))
        if not photos:
            raise DataError(plain.name, 0, "", "it holds no .jpg or .png")
        yield from ((photo.name, photo) for photo in photos)
        return
    keeper = PictureKeeper.beside(folder)
    for path in sorted((folder / "data").glob(f"{variant}-*.parquet")) or [folder / "data" / f"{variant}.parquet"]:
        for record in read_records(path):
            yield record.text("image_name"), keeper.one(record, "image")


def _shuffled(item: str) -> list[int]:
    angles = list(ANGLES)
    random.Random(f"{SEED} {item}").shuffle(angles)
    return angles


def _turned(photo: Path, angle: int, folder: Path) -> Path:
    from PIL import Image

    file = photo.stat()
    name = hashlib.sha256(f"{photo.resolve()} {file.st_size} {file.st_mtime_ns} {angle}".encode()).hexdigest()[:32]
    path = folder / f"{name}{photo.suffix.lower()}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{name}.{os.getpid()}{path.suffix}"  # another run may be at it: files appear whole
        with Image.open(photo) as picture:
            picture.rotate(angle).save(unfinished, compress_level=1)  # of PNG: the same pixels in a third of the time
        unfinished.replace(path)
    return path


def prompt(item: Item) -> str:
    """The published text: the system's words and the question, in one message as it goes to Gemini."""
    return f"{_SYSTEM}\n\n{_PROMPT.format(choices=_choices(item))}"


def _choices(item: Item) -> str:
    return "\n".join(f"{letter}. {angle}" for letter, angle in zip(LETTERS, item.facts["angles"], strict=True))


def official(item: Item, said: str) -> Mark:
    """The published rule, as far as it needs no judge: a single letter; and no answer at all counts as 0 degrees.

    Everything else is left to the judge, and wrong without it.
    """
    return _decided(item, said) or Mark(0.0, "", parsed=False, parts={"soft": 0.0})


def _decided(item: Item, said: str) -> Mark | None:
    if not said:
        return _mark(item, 0, parsed=False)
    if said in LETTERS:
        return _mark(item, item.facts["angles"][LETTERS.index(said)])
    return None


def strictly(item: Item, said: str) -> Mark:
    """Strict: the letter of one option; saying nothing is wrong."""
    value = read_typed(item.asked.spec, said)
    if value is None:
        return Mark(0.0, "", parsed=False, parts={"soft": 0.0})
    return _mark(item, item.facts["angles"][LETTERS.index(str(value))])


def _mark(item: Item, angle: int, *, parsed: bool = True) -> Mark:
    """With the published soft score: whether at least the axis is right, upright or lying."""
    right = item.facts["angle"]
    return Mark(
        float(angle == right), f"{angle} degrees", parsed=parsed, parts={"soft": float(angle % 180 == right % 180)}
    )


def _request(item: Item, said: str) -> Request:
    published = json.loads(Path(__file__).with_name("rotbench_judge.json").read_text("utf-8"))
    return Request(
        f"{published['user']}\n\nStudent response: {said}\n\nStudent selected angle: ",
        system=published["system"],
        temperature=0.3,
    )


def _verdict(item: Item, words: str) -> Mark | None:
    angle = words.strip()
    return _mark(item, int(angle)) if angle in map(str, ANGLES) else None


BENCHMARK = Benchmark(
    name="rotbench",
    title="RotBench",
    about="By how many degrees a photo has been turned: 0, 90, 180 or 270.",
    licence="Apache-2.0 (code); not stated for the photos",
    size={"large": 1200, "small": 200},
    source=Source(
        hub="tianyin/RotBench",
        files=("data/*.parquet",),
        layout="data/{large,small}-*.parquet, or a folder RotBench_large or RotBench_small of upright photos.",
    ),
    protocol=Protocol(
        repository="tianyiniu/RotBench",
        commit="364b738",
        extractor="a single letter A to D; no answer counts as 0 degrees; anything else goes to the judge",
        judge="Qwen/Qwen3-8B, temperature 0.3",
        decoding={"temperature": 0.3},
        departures=(
            "the letters' order cannot be had again: the published shuffles depend on the order of a folder's files",
            "without a judge, what is no letter is wrong; with one, it is asked",
            "a judge that names no angle counts as 0 degrees in the published script; here it is asked again",
            "the publishers report four rotations and no overall; the overall is their unweighted mean",
        ),
    ),
    read=read,
    prompt=prompt,
    official=official,
    strict=strictly,
    judge=ModelJudge(_request, _verdict, _decided),
    offline=("large", "small"),
    aggregate=Macro(CATEGORIES),
    categories=CATEGORIES,
    chance=0.25,
)
