"""A run as a Rerun recording, read back with Rerun's own reader."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boxes_scene import Shot, thing
from PIL import Image
from scene_run import Run, run_on

from sightline.demos.recording import write_recording
from sightline.tools import find

pytest.importorskip("rerun", reason="needs the extra rerun")
from rerun.chunk import RrdReader

SIGHTLINE = Path(sys.executable).with_name("sightline")


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows by entity, in order; components by their last name, each with its step."""
    found: dict[str, list[dict[str, Any]]] = {}
    for chunk in RrdReader(str(path)).stream().to_chunks():
        batch = chunk.to_record_batch()
        for row in batch.to_pylist():
            named = {key.rpartition(":")[2]: value for key, value in row.items() if value is not None}
            found.setdefault(chunk.entity_path, []).append(named)
    return found


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, list[dict[str, Any]]]]:
    """A room of two boxes: reconstructed, detected, located, and seen from another place."""
    folder = tmp_path_factory.mktemp("recorded")
    things = (
        thing(3, "box", (-0.6, 4.0), (0.5, 0.5, 0.8)),
        thing(2, "crate", (0.8, 5.0), (0.6, 0.4, 0.5)),
    )
    run = run_on(folder, things, Shot(), Shot(position=(1.0, 0.0, 1.5), bearing=-10.0))
    run.reconstruct("img1", "img2")
    run(find("detect"), image="img1", names=["box", "crate"])
    assert "obj1" in run.text(find("locate"), thing="obj1", cloud="cloud1")
    run(find("view"), cloud="cloud1", image="img1", yaw=20)
    out = folder / "run.rrd"
    write_recording(run.workspace, out)
    return run, read(out)


def test_cameras_stand_where_the_reconstruction_has_them(recorded: Any) -> None:
    run, rows = recorded
    made = run.workspace.cloud("cloud1").reconstruction
    assert [path for path in sorted(rows) if path.startswith("/cloud1/cameras/")] == [
        f"/cloud1/cameras/{handle}" for handle in ("img1", "img2", "view2")
    ]
    for handle, camera in made.cameras.items():
        row = {key: value for one in rows[f"/cloud1/cameras/{handle}"] for key, value in one.items()}
        np.testing.assert_allclose(row["translation"][0], camera.position, atol=1e-6)
        np.testing.assert_allclose(np.reshape(row["mat3x3"][0], (3, 3)).T, camera.rotation, atol=1e-6)
        np.testing.assert_allclose(
            np.reshape(row["image_from_camera"][0], (3, 3)).T, camera.intrinsics.matrix, rtol=1e-6
        )
        assert row["resolution"][0] == [camera.intrinsics.width, camera.intrinsics.height]


def test_points_boxes_and_pictures_are_what_the_run_knows(recorded: Any) -> None:
    run, rows = recorded
    made = run.workspace.cloud("cloud1").reconstruction
    (points,) = rows["/cloud1/points"]
    np.testing.assert_allclose(np.array(points["positions"]), made.cloud.points, atol=1e-6)
    last = rows["/cloud1/objects"][-1]
    place = run.workspace.cloud("cloud1").place_of("obj1")
    np.testing.assert_allclose(last["centers"][0], place.centre, atol=1e-6)
    np.testing.assert_allclose(np.multiply(last["half_sizes"][0], 2), place.size, rtol=1e-6)
    assert last["labels"] == ["box"]
    boxes = rows["/pictures/img1/objects"][-1]
    assert boxes["labels"] == ["box", "crate"]
    (blob,) = rows["/pictures/img1"][0]["blob"]
    with Image.open(io.BytesIO(bytes(blob))) as picture:
        assert picture.size == run.workspace.artifacts["img1"].size


def test_a_step_shows_what_was_known_then(tmp_path: Path) -> None:
    asked = [str(SIGHTLINE), "ask", "demos/samples/coins.png", "-q", "How many coins are there?"]
    out = tmp_path / "run.rrd"
    done = subprocess.run(
        [*asked, "--rerun", str(out)], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.startswith("24")
    assert f"wrote {out}" in done.stderr
    rows = read(out)
    assert rows["/pictures/img1"][0]["step"] == 0
    assert rows["/pictures/view1"][0]["step"] == 1
    said = [row["text"][0] for row in rows["/run"]]
    assert said[0] == "Question: How many coins are there?"
    assert said[-1].startswith("Answer (answered): 24")
    again = tmp_path / "again.rrd"
    subprocess.run([str(SIGHTLINE), "trace", "last", "--rerun", str(again)], capture_output=True, check=True)
    assert read(again).keys() == rows.keys()


def test_a_file_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    subprocess.run(
        [str(SIGHTLINE), "ask", "demos/samples/coins.png", "-q", "How many coins are there?"],
        capture_output=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    out = tmp_path / "nowhere" / "run.rrd"
    done = subprocess.run(
        [str(SIGHTLINE), "trace", "last", "--rerun", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert (
        done.stderr
        == f"error: {out} cannot be written (No such file or directory). Name a file in a folder of yours.\n"
    )
