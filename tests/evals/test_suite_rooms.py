"""Questions about rooms: true by other maths than the suite's, the same for the same seed, and no shortcut's."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sightline.agents import SpatialAgent
from sightline.demos.cli.app import app
from sightline.evals.benchmarks import benchmark
from sightline.evals.synthetic.render import render
from sightline.evals.synthetic.suite import motion, orbits, panoramas, rooms
from sightline.evals.synthetic.suite.dataset import RESERVED, Question, read_about, read_questions
from sightline.evals.synthetic.suite.stage import FEWEST_PIXELS, Stage
from sightline.evals.synthetic.suite.suites import Suite, suite
from sightline.evals.synthetic.truth import shown

ROOMS = 3


@cache
def asked(name: str, count: int) -> tuple[tuple[int, Question], ...]:
    found = suite(name)
    return tuple(found.questions(None, count, RESERVED, found.categories))


@cache
def stage(seed: int) -> Stage:
    return rooms.stage_of(seed)


def of_rooms(category: str) -> list[tuple[Stage, Question]]:
    return [(stage(seed), q) for seed, q in asked("rooms", ROOMS * 28) if q.category == category]


def right(question: Question) -> str:
    """The text of the right option."""
    return next(option[3:] for option in question.options if option[0] == question.answer)


def place(on: Stage, name: str) -> tuple[float, float]:
    """Where what is called so stands, on the floor."""
    thing = next(t for t in on.scene.objects if on.words[t.name] == name)
    x, y, _ = thing.centre()
    return float(x), float(y)


def side(eye: tuple[float, float], way: tuple[float, float], target: tuple[float, float]) -> str:
    """By the sign of a cross product, and by no angle."""
    turn = way[0] * (target[1] - eye[1]) - way[1] * (target[0] - eye[0])
    return "left" if turn > 0 else "right"


@pytest.mark.parametrize("found", [rooms.SUITE, orbits.SUITE, panoramas.SUITE], ids=lambda found: found.name)
def test_the_types_come_in_turn_and_pairs_belong_together(found: Suite) -> None:
    count = 4 * len(found.categories)
    questions = [question for _, question in asked(found.name, count)]
    assert len(questions) == count == len({question.id for question in questions})
    assert {q.category for q in questions} == set(found.categories)
    assert all(sum(q.category == category for q in questions) == 4 for category in found.categories)
    for question in questions:
        if question.variation:
            first = next(q for q in questions if q.pair == question.pair and not q.variation)
            assert first.question != question.question
            assert first.cluster == question.cluster
        if question.kind == "choice":
            assert question.answer in {option[0] for option in question.options}


def test_the_same_seed_gives_the_same_questions() -> None:
    found = suite("rooms")
    assert tuple(found.questions(None, ROOMS * 28, RESERVED, found.categories)) == asked("rooms", ROOMS * 28)


def test_left_and_right_of_who_stands_at_a_thing() -> None:
    for on, question in of_rooms("direction_standing"):
        said = question.facts["referents"]
        at, facing, what = (said[1], said[2], said[0]) if question.variation == "paraphrase" else said
        eye, ahead = place(on, at), place(on, facing)
        assert right(question) == side(eye, (ahead[0] - eye[0], ahead[1] - eye[1]), place(on, what))


def test_left_and_right_of_a_camera() -> None:
    for on, question in of_rooms("direction_camera"):
        camera = on.shots[int(question.question.partition("photo ")[2][0]) - 1].camera
        b = math.radians(camera.bearing + 180 * (question.variation == "flip"))
        way = math.sin(b), math.cos(b)
        assert right(question) == side(camera.position[:2], way, place(on, question.facts["referents"][0]))


def test_what_is_nearer_to_a_camera_by_points_on_its_surface() -> None:
    """Depth where a picture shows a thing is never less than its distance, and nearly that where it faces the lens."""
    on, question = of_rooms("nearer_camera")[0]
    k = int(question.question.partition("photo ")[2][0]) - 1
    picture = render(on.scene, on.shots[k].camera, (320, 240))
    near = {}
    for name in question.facts["options"].values():
        thing = next(t for t in on.scene.objects if on.words[t.name] == name)
        mask = picture.ids == on.scene.id_of(thing.name)
        y, x = np.nonzero(mask)
        f = on.shots[k].camera.focal(320)
        rays = np.hypot(np.hypot((x + 0.5 - 160) / f, (y + 0.5 - 120) / f), 1)
        near[name] = float((picture.depth[mask] * rays).min())
    chosen = min(near, key=near.__getitem__) if "farther" not in question.question else max(near, key=near.__getitem__)
    assert right(question) == chosen


def test_an_antonym_has_the_other_answer_and_a_paraphrase_the_same() -> None:
    questions = [question for _, question in asked("rooms", ROOMS * 28)]
    for first in questions:
        for other in questions:
            if first.pair and first.pair == other.pair and not first.variation and other.kind == "choice":
                if other.variation == "antonym":
                    assert right(first) != right(other)
                elif other.variation == "paraphrase":
                    assert right(first) == right(other)


def test_referents_show_in_the_pictures_and_nothing_else_is_called_so() -> None:
    on = stage(RESERVED)
    names = [on.words[t.name] for t in on.scene.objects]
    pictures = [render(on.scene, shot.camera, on.size) for shot in on.shots[:2]]
    checked = 0
    for thing in on.known:
        assert names.count(on.words[thing.name]) == 1
        for k in set(on.shown_in(thing)) & {0, 1}:
            assert shown(pictures[k], on.scene.id_of(thing.name)).pixels >= FEWEST_PIXELS
            checked += 1
    assert checked > 5


def test_near_ties_are_not_asked() -> None:
    for _, question in asked("rooms", ROOMS * 28):
        if question.margin is not None:
            degrees = question.category.startswith("direction") or question.category in (
                "route", "perspective", "camera_turn",
            )  # fmt: skip
            assert question.margin >= (10 if degrees else 0.08)


@pytest.mark.slow
def test_lower_in_the_picture_is_nearer_only_half_of_the_time() -> None:
    found = suite("rooms")
    hits = []
    for _, question in found.questions(None, 80, RESERVED, ("nearer_camera",)):
        k = int(question.question.partition("photo ")[2][0]) - 1
        boxes = question.facts["boxes"]
        low = max(question.facts["options"], key=lambda label: boxes[question.facts["options"][label]][k][3])
        hits.append((low == question.answer) != ("farther" in question.question))
    assert 0.3 <= np.mean(hits) <= 0.7


def test_a_set_is_made_and_read_back(tmp_path: Path) -> None:
    out = tmp_path / "set"
    arguments = ["eval", "make", "rooms", "--n", "2", "--seed", str(RESERVED), "--out", str(out), "--task", "map"]
    made = CliRunner().invoke(app, arguments)
    assert made.exit_code == 0, made.output
    assert read_about(out).split == "test"
    first, second = read_questions(out)
    assert first.pictures[:4] == second.pictures[:4]
    items = list(benchmark("rooms").read(out, "test"))
    assert [item.target for item in items] == [first.answer, second.answer]
    assert (out / "index.html").stat().st_size > 5_000
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 2
    assert "holds questions already" in again.output


def test_an_unknown_suite_or_type_is_said(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["eval", "make", "castles", "--out", str(tmp_path / "x")])
    assert found.exit_code == 2
    assert "rooms" in found.output
    found = CliRunner().invoke(app, ["eval", "make", "rooms", "--task", "colour", "--out", str(tmp_path / "x")])
    assert found.exit_code == 2
    assert "direction_camera" in found.output


@pytest.mark.slow
def test_what_moves_is_asked_about_in_a_video(tmp_path: Path) -> None:
    about = motion.SUITE.make(tmp_path, 5, RESERVED)
    assert about.questions == 5
    assert all((tmp_path / question.video).stat().st_size > 10_000 for question in read_questions(tmp_path))


@pytest.mark.slow
def test_rules_with_the_scene_s_truth_are_right_on_what_they_understand(tmp_path: Path) -> None:
    """Nothing is marked: what the question names is looked for in the photos."""
    types = ("direction_standing", "distance", "nearer_thing", "nearer_camera")
    rooms.SUITE.make(tmp_path / "set", 16, RESERVED + 500, types)
    for question in read_questions(tmp_path / "set"):
        item = question.item(tmp_path / "set")
        agent = SpatialAgent("rules", back_ends={"oracle": item.facts["scene"]}, runs=tmp_path / "runs")
        answer = agent.ask(
            item.asked.question,
            list(item.asked.pictures),
            known=item.asked.known,
            fov=item.asked.field_of_view,
            options=item.asked.options,
            expect=item.asked.kind,
            unit=item.asked.unit,
        )
        if question.kind == "number":
            assert isinstance(answer.value, float), question.id
            assert answer.value == pytest.approx(question.answer, rel=0.05), question.id
        else:
            assert answer.value == question.answer, question.id
