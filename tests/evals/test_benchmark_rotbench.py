"""RotBench: photos turned by the published means, letters shuffled by a seed, a judge for what is no letter."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from place_kit import write_grey

from sightline.evals import Item
from sightline.evals.benchmarks.rotbench import ANGLES, BENCHMARK
from sightline.evals.reading import DataError
from sightline.evals.scorers.judging import ModelJudge, Request
from sightline.memory import InfrastructureError

HALF = np.zeros((40, 40), np.uint8)
HALF[:20] = 255  # bright above, dark below


def photos(folder: Path, count: int = 3) -> Path:
    for n in range(count):
        write_grey(folder / "RotBench_small" / f"photo{n}.png", HALF)
    return folder


def hub(folder: Path) -> Path:
    buffer = io.BytesIO()
    Image.fromarray(HALF).save(buffer, "PNG")
    (folder / "data").mkdir(parents=True)
    rows = [{"image": {"bytes": buffer.getvalue(), "path": None}, "image_name": f"photo{n}.png"} for n in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "small-00000-of-00001.parquet")
    return folder


def bright_side(path: Path) -> str:
    with Image.open(path) as picture:
        grey = np.asarray(picture.convert("L"), dtype=float)
    sides = {"above": grey[:15], "below": grey[-15:], "left": grey[:, :15], "right": grey[:, -15:]}
    return max(sides, key=lambda side: float(sides[side].mean()))


def item_at(folder: Path, angle: int) -> Item:
    return next(item for item in BENCHMARK.read(folder, "small") if item.facts["angle"] == angle)


@pytest.mark.parametrize("layout", [photos, hub])
def test_each_photo_is_asked_about_four_times_turned_counter_clockwise(tmp_path: Path, layout: Any) -> None:
    items = list(BENCHMARK.read(layout(tmp_path), "small"))
    assert len(items) == 12
    assert len({item.cluster for item in items}) == 3
    assert [item.facts["angle"] for item in items[:4]] == list(ANGLES)
    sides = [bright_side(item.asked.pictures[0]) for item in items[:4]]
    assert sides == ["above", "left", "below", "right"]


def test_the_target_is_the_letter_of_the_angle_and_letters_are_shuffled(tmp_path: Path) -> None:
    items = list(BENCHMARK.read(photos(tmp_path, 12), "small"))
    for item in items:
        assert item.asked.spec.choices[item.target] == str(item.facts["angle"])
        assert sorted(item.facts["angles"]) == list(ANGLES)
    assert {item.target for item in items} == set("ABCD")
    assert len({tuple(item.facts["angles"]) for item in items}) > 8


def test_reading_twice_gives_the_same_items_and_writes_nothing_twice(tmp_path: Path) -> None:
    folder = photos(tmp_path)
    first = list(BENCHMARK.read(folder, "small"))
    times = [item.asked.pictures[0].stat().st_mtime_ns for item in first]
    again = list(BENCHMARK.read(folder, "small"))
    assert first == again
    assert times == [item.asked.pictures[0].stat().st_mtime_ns for item in again]


def test_the_names_of_turned_photos_do_not_tell_the_angle(tmp_path: Path) -> None:
    for item in BENCHMARK.read(photos(tmp_path), "small"):
        name = item.asked.pictures[0].name
        assert "photo" not in name
        assert len(name.split(".")[0]) == 32


def test_trap_a_photo_that_is_not_square_keeps_its_frame_and_gets_black_bars(tmp_path: Path) -> None:
    """By the published means (`Image.rotate` without `expand`): what is black at the sides gives the axis away."""
    write_grey(tmp_path / "RotBench_small" / "wide.png", np.full((40, 80), 200, np.uint8))
    for item in BENCHMARK.read(tmp_path, "small"):
        with Image.open(item.asked.pictures[0]) as picture:
            grey = np.asarray(picture)
        assert grey.shape == (40, 80)
        assert (grey[:, :15].max() == 0) == (item.facts["angle"] in (90, 270))


def test_a_turned_photo_carries_no_orientation_of_the_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "small").mkdir()
    Image.fromarray(HALF).convert("RGB").save(tmp_path / "small" / "photo.jpg", exif=exif)
    for item in BENCHMARK.read(tmp_path, "small"):
        with Image.open(item.asked.pictures[0]) as picture:
            assert 0x0112 not in picture.getexif()


def test_the_prompt_is_the_published_one(tmp_path: Path) -> None:
    item = item_at(photos(tmp_path), 90)
    prompt = BENCHMARK.prompt(item)
    assert prompt.startswith("You are an intelligent AI assistant that specializes in identifying rotation in images.")
    choices = "\n".join(f"{letter}. {angle}" for letter, angle in zip("ABCD", item.facts["angles"], strict=True))
    assert prompt.endswith(
        f"DO NOT INCLUDE ANYTHING ELSE IN YOUR RESPONSE.\n\nThe rotation of the image is:\n{choices}\n\nAnswer: "
    )


def test_a_letter_is_right_and_the_opposite_one_softly_so(tmp_path: Path) -> None:
    item = item_at(photos(tmp_path), 90)
    letters = {angle: "ABCD"[item.facts["angles"].index(angle)] for angle in ANGLES}
    for rule in (BENCHMARK.official, BENCHMARK.strict):
        marks = {angle: rule(item, letter) for angle, letter in letters.items()}
        assert {angle: mark.value for angle, mark in marks.items()} == {0: 0, 90: 1, 180: 0, 270: 0}
        assert {angle: mark.parts["soft"] for angle, mark in marks.items()} == {0: 0, 90: 1, 180: 0, 270: 1}


def test_trap_no_answer_counts_as_zero_degrees(tmp_path: Path) -> None:
    """Official: saying nothing is right for upright photos. Strict: it is wrong."""
    folder = photos(tmp_path)
    assert [BENCHMARK.official(item_at(folder, angle), "").value for angle in ANGLES] == [1, 0, 0, 0]
    assert not BENCHMARK.official(item_at(folder, 0), "").parsed
    assert BENCHMARK.strict(item_at(folder, 0), "").value == 0


async def test_words_go_to_the_judge_with_the_published_prompt_and_letters_do_not(tmp_path: Path) -> None:
    item = item_at(photos(tmp_path), 180)
    asked: list[Request] = []

    async def ask(request: Request) -> str:
        asked.append(request)
        return "180\n"

    assert isinstance(BENCHMARK.judge, ModelJudge)
    judge = BENCHMARK.judge.asking(ask)
    assert (await judge(item, item.target)).value == 1
    assert asked == []
    assert BENCHMARK.official(item, "It is upside down.").value == 0
    assert (await judge(item, "It is upside down.")).value == 1
    (request,) = asked
    assert request.prompt.endswith("\n\nStudent response: It is upside down.\n\nStudent selected angle: ")
    assert "RESPONSE ONLY WITH A SINGLE NUMBER, either 0/90/180/270." in request.system
    assert request.temperature == 0.3


async def test_trap_a_judge_without_an_angle_is_an_error_and_not_zero_degrees(tmp_path: Path) -> None:
    """Published: any other number of the judge's counts as 0 degrees, and so is right for upright photos."""

    async def ask(request: Request) -> str:
        return "45"

    assert isinstance(BENCHMARK.judge, ModelJudge)
    with pytest.raises(InfrastructureError, match="no verdict"):
        await BENCHMARK.judge.asking(ask)(item_at(photos(tmp_path), 0), "It is tilted.")


def test_folders_without_photos_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"small\.parquet: there is no such file"):
        list(BENCHMARK.read(tmp_path, "small"))
    (tmp_path / "RotBench_small").mkdir()
    with pytest.raises(DataError, match="RotBench_small: it holds no"):
        list(BENCHMARK.read(tmp_path, "small"))
