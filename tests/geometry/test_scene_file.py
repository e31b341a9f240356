"""The ground-truth file: what is written is read, and what is wrong in it is said in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.geometry.scene_file import ObjectTruth, RoomTruth, SceneTruth, pixel_sha256, read_scene, write_scene_file

BALL = ObjectTruth(
    2,
    "red ball",
    "ball",
    "red",
    (0, 0, 0.2),
    (0.4, 0.4, 0.4),
    motion=((0.0, (0, 0, 0.2), 350.0), (2.0, (4, 0, 0.2), 10.0)),
)
CHAIR = ObjectTruth(1, "chair", "chair", "blue", (1, 2, 0.5), (0.4, 0.6, 1.0), axis_bearing=90, bearing=90)
SCENE = SceneTruth((CHAIR, BALL), room=RoomTruth((-2, -3, 0), (2, 3, 2.5)), seed=3)


def test_round_trip(tmp_path: Path) -> None:
    write_scene_file(tmp_path, SCENE)
    assert read_scene(tmp_path) == SCENE
    assert SCENE.room is not None
    assert SCENE.room.size == (4, 6, 2.5)


def test_where_things_are() -> None:
    assert BALL.at(-1) == ((0, 0, 0.2), 350.0)
    assert BALL.at(9) == ((4, 0, 0.2), 10.0)
    centre, bearing = BALL.at(1.0)
    assert centre == pytest.approx((2, 0, 0.2))
    assert bearing % 360 == pytest.approx(0, abs=1e-9)  # the short way, over north
    corners = CHAIR.corners()  # it faces east: its depth of 0.6 lies along x
    assert np.ptp(corners, axis=0) == pytest.approx((0.6, 0.4, 1.0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "no scene"),
        ({"version": 9}, "version 9"),
        ({"colour": 1}, "unknown field colour"),
        ({"objects": 3}, "objects is a list"),
        ({"objects": [{"id": 0}]}, "missing"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    write_scene_file(tmp_path, SCENE)
    path = tmp_path / "scene.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=words):
        read_scene(tmp_path)


def test_names_and_numbers_are_unique(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unique"):
        SceneTruth((CHAIR, CHAIR))
    with pytest.raises(ValueError, match=r"holds no scene\.json"):
        read_scene(tmp_path)
    with pytest.raises(ValueError, match="uint8"):
        pixel_sha256(np.zeros((2, 2), np.uint8))
