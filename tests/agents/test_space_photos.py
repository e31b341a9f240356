"""The embedded model on rendered photos of a room, through the whole loop; moving things changes what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sightline.agents import Answer, Budget, SpatialAgent
from sightline.agents.question import Mark
from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import Rendered, cameras_around, render
from sightline.evals.synthetic.rooms import Scene, example_room

pytest.importorskip("pycolmap", reason="needs sightline[recon]")

SIZE = (480, 360)
FIELD_OF_VIEW = 70.0
NAMES = {
    "ball": "beach ball", "box": "white box", "chair": "green chair", "teddy": "brown teddy", "table": "orange table",
    "monitor": "black monitor", "car": "orange toy car",
}  # fmt: skip
Places = dict[str, tuple[float, float]]
BALL_AND_BOX: Places = {"ball": (-1.3, -0.45), "box": (0.85, -0.6)}
"""From the first camera the ball is closer, from the last the box."""


@cache
def cameras() -> tuple[CameraSpec, ...]:
    """They walk to the right, and turn to the left."""
    return tuple(cameras_around(example_room(0), 4, FIELD_OF_VIEW, arc=45.0))


def room(moved: Places) -> Scene:
    scene = example_room(0)
    things = [(scene.thing(NAMES[name]), place) for name, place in {**BALL_AND_BOX, **moved}.items()]
    return scene.with_things(*(thing.placed(x, y, thing.bearing) for thing, (x, y) in things))


@cache
def photos(moved: tuple[tuple[str, tuple[float, float]], ...]) -> tuple[Scene, list[Rendered]]:
    scene = room(dict(moved))
    return scene, [render(scene, camera, SIZE) for camera in cameras()]


def marks_on(scene: Scene, pictures: Sequence[Rendered], names: Sequence[str], boxes: bool) -> list[Mark]:
    """Boxes around what is seen of things, or their middles where they are not hidden; in two pictures or more."""
    out = []
    for name in names:
        shown = [picture.ids == scene.id_of(NAMES[name]) for picture in pictures]
        found = []
        for k, (picture, mask) in enumerate(zip(pictures, shown, strict=True)):
            rows, columns = np.nonzero(mask)
            x, y = (float(v) for v in picture.camera.project(scene.thing(NAMES[name]).centre(), SIZE)[0])
            place: tuple[float, ...] = (x, y)
            if boxes and len(rows) > 100:
                place = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
            elif boxes or not (0 <= x < SIZE[0] and 0 <= y < SIZE[1] and mask[int(y), int(x)]):
                continue
            found.append(Mark(name, place, f"img{k + 1}"))
        assert len(found) >= 2, f"{name} is hidden"
        out += found
    return out


Ask = Callable[..., Answer]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    agent = SpatialAgent(runs=tmp_path)

    def put(question: str, moved: Places | None = None, swapped: bool = False, **given: Any) -> Answer:
        scene, pictures = photos(tuple((moved or {}).items()))
        ordered = pictures[::-1] if swapped else pictures
        marked = marks_on(scene, ordered, [n for n in NAMES if n in question], "apart" in question)
        return agent.ask(question, [p.colour for p in ordered], marks=marked, fov=FIELD_OF_VIEW, **given)

    return put


def surface(scene: Scene, pictures: Sequence[Rendered], name: str) -> NDArray[np.float64]:
    """All points of a thing that any picture shows, (N, 3), by exact depth."""
    out = []
    for picture in pictures:
        rows, columns = np.nonzero(picture.ids == scene.id_of(NAMES[name]))
        depth, focal = picture.depth[rows, columns], picture.camera.focal(SIZE[0])
        right, down = columns + 0.5 - SIZE[0] / 2, rows + 0.5 - SIZE[1] / 2
        seen = np.stack([right / focal * depth, down / focal * depth, depth], axis=1)
        out.append(seen @ picture.camera.axes.T + picture.camera.position)
    return np.concatenate(out)


def apart(a: str, b: str, moved: Places | None = None) -> float:
    """Metres between the closest points seen of two things."""
    shown = photos(tuple((moved or {}).items()))
    return float(cKDTree(surface(*shown, a)).query(surface(*shown, b))[0].min())


def number_in(answer: Answer) -> float:
    assert answer.status == "answered", answer.text
    return float(answer.text.split()[0])


def interval_in(answer: Answer) -> tuple[float, float]:
    """The interval that an answer's reason states."""
    found = re.search(r"\(([\d.]+) to ([\d.]+)\)", answer.details)
    assert found, answer.details
    return float(found[1]), float(found[2])


# How the camera turned


def test_which_way_the_camera_turned(ask: Ask) -> None:
    question = "Did the camera turn left or right from img1 to img2?"
    answer = ask(question)
    assert (answer.status, answer.value) == ("answered", "left"), answer.text
    assert [c.call.name for c in answer.trace.calls.values()] == ["relative_camera_motion", "answer"]
    assert ask(question, swapped=True).value == "right"
    assert ask(question, swapped=True, options=["to the left", "to the right"]).value == "B"


def test_by_how_many_degrees_it_turned(ask: Ask) -> None:
    first, second = cameras()[0].axes, cameras()[2].axes
    truth = np.degrees(np.arccos((np.trace(first.T @ second) - 1) / 2))
    answer = ask("By how many degrees did the camera turn from img1 to img3?")
    assert answer.value == pytest.approx(truth, abs=2)
    off = [truth / 2, truth, 1.5 * truth]
    assert (
        ask("How much did the camera turn from img1 to img3?", options=[f"{v:.0f} degrees" for v in off]).value == "B"
    )


# How far apart


@pytest.mark.slow
def test_ratios_of_distances(ask: Ask) -> None:
    found = {pair: number_in(ask(f"How far apart are the {pair[0]} and the {pair[1]}?")) for pair in
             [("ball", "monitor"), ("box", "monitor"), ("teddy", "monitor"), ("ball", "box")]}  # fmt: skip
    longest = found["ball", "monitor"]
    for pair, value in found.items():
        assert value / longest == pytest.approx(apart(*pair) / apart("ball", "monitor"), rel=0.05), pair


@pytest.mark.slow
def test_moving_a_thing_changes_the_distance(ask: Ask) -> None:
    question = "How far apart are the ball and the box?"
    answer = ask(question)
    assert [c.call.name for c in answer.trace.calls.values()] == [
        "reconstruct",
        "locate",
        "locate",
        "distance",
        "answer",
    ]
    assert "not metres" in answer.text
    moved = {"ball": (-0.6, -0.45)}
    ratio = number_in(ask(question, moved)) / number_in(answer)
    assert ratio == pytest.approx(apart("ball", "box", moved) / apart("ball", "box"), rel=0.05)


@pytest.mark.slow
def test_photos_alone_give_no_metres(ask: Ask) -> None:
    answer = ask("How many metres are the ball and the box apart?", expect="number", unit="m")
    assert answer.status == "cannot tell"
    assert "photos alone give no metres" in answer.text
    steps = [[c.call.name for c in step.calls] for step in answer.trace.steps]
    assert steps == [["reconstruct"], ["locate", "locate"], ["distance"], ["answer"]]


# Closer


@pytest.mark.slow
def test_which_is_closer_to_the_camera(ask: Ask) -> None:
    question = "Which is closer to the camera of img1, the ball or the box?"
    assert ask(question).value == "ball"
    assert ask(question, swapped=True).value == "box"
    assert ask(question, {"ball": (-0.9, 1.1)}, options=["the ball", "the box"]).value == "B"


@pytest.mark.slow
def test_which_is_closer_to_a_third(ask: Ask) -> None:
    question = "Which is closer to the monitor, the ball or the teddy?"
    assert ask(question).value == "teddy"
    assert ask(question, {"ball": (-0.4, 1.5)}).value == "ball"


# For somebody who stands somewhere


@pytest.mark.slow
def test_on_which_side_something_is(ask: Ask) -> None:
    question = "If I stand at the car facing the monitor, is the ball on my left or on my right?"
    assert ask(question).value == "left"
    assert ask(question, {"ball": BALL_AND_BOX["box"], "box": BALL_AND_BOX["ball"]}).value == "right"


@pytest.mark.slow
def test_whoever_turns_round_has_it_on_the_other_side(ask: Ask) -> None:
    assert ask("Standing at the monitor facing the car, is the ball on my left or on my right?").value == "right"
    assert ask("Standing at the car facing the monitor, is the ball to my left?", expect="yes/no").value == "yes"


@pytest.mark.slow
def test_in_front_and_behind(ask: Ask) -> None:
    question = "If I stand at the car facing the monitor, is the box behind me?"
    assert ask(question, expect="yes/no").value == "yes"
    assert ask(question, {"box": (-0.6, 1.3)}, expect="yes/no").value == "no"
    everywhere = ["front-left", "front-right", "back-left", "back-right"]
    where = "If I stand at the car facing the monitor, where is the ball?"
    assert ask(where, options=everywhere).value == "C"


# What stays as it was


def test_pixels_are_asked_of_one_picture(ask: Ask) -> None:
    answer = ask("How far apart are the ball and the box in pixels in img1?")
    assert "reconstruct" not in [c.call.name for c in answer.trace.calls.values()]


@pytest.mark.slow
def test_a_stated_size_gives_metres(ask: Ask) -> None:
    question = "How many metres are the box and the chair apart?"
    scene = photos(())[0]
    height = float(scene.thing(NAMES["chair"]).centre()[2]) * 2  # it stands on the floor
    answer = ask(question, expect="number", unit="m", known={"chair height": f"{100 * height:.0f} cm"})
    assert "set_scale" in [c.call.name for c in answer.trace.calls.values()]
    truth = apart("box", "chair")
    low, high = interval_in(answer)
    if answer.status == "answered":  # sixty sparse points each: too wide an interval is no answer
        assert answer.value == pytest.approx(truth, rel=0.25), answer.text
    else:
        assert "the places are not known well enough" in answer.text
    assert low <= truth <= high


@pytest.mark.slow
def test_a_budget_that_is_too_small_is_said(tmp_path: Path) -> None:
    scene, pictures = photos(())
    marks = marks_on(scene, pictures, ["ball", "box"], True)
    for steps, status in ((2, "cannot tell"), (4, "answered")):
        agent = SpatialAgent(runs=tmp_path, budget=Budget(steps=steps))
        answer = agent.ask("How far apart are the ball and the box?", [p.colour for p in pictures], marks=marks, fov=70)
        assert (answer.status, answer.forced) == (status, True)
        assert ("budget is too small" in answer.text) == (steps == 2)


@pytest.mark.slow
def test_across_rooms_nothing_is_measured(tmp_path: Path) -> None:
    (here, pictures), other = photos(()), example_room(3)
    there = [render(other, camera, SIZE) for camera in cameras_around(other, 2, FIELD_OF_VIEW, arc=15.0)]
    far = [Mark("rug", (240.0, 300.0), "img3"), Mark("rug", (240.0, 300.0), "img4")]
    marks = [*marks_on(here, pictures[:2], ["ball"], True), *far]
    shown = [p.colour for p in [*pictures[:2], *there]]
    answer = SpatialAgent(runs=tmp_path).ask("How far apart are the ball and the rug?", shown, marks=marks, fov=70)
    assert answer.status == "cannot tell"
    assert "the photos fall apart into" in answer.text, answer.text


@pytest.mark.slow
def test_photos_of_different_rooms_are_refused(tmp_path: Path) -> None:
    pictures = [photos(())[1][0].colour, render(example_room(3), cameras()[0], SIZE).colour]
    marks = [Mark("ball", (100.0, 200.0)), Mark("box", (300.0, 200.0), "img2")]
    answer = SpatialAgent(runs=tmp_path).ask("How far apart are the ball and the box?", pictures, marks=marks, fov=70)
    assert answer.status == "cannot tell"
    assert "nothing could be reconstructed" in answer.text
