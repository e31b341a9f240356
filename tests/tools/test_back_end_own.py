"""A back end of one's own: a reconstructor as Depth Anything 3 and VGGT are, in a world and a scale of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scene_run import Run
from tool_kit import raised_by

from sightline.evals.synthetic.render import Rendered, cameras_around, render
from sightline.evals.synthetic.rooms import example_room
from sightline.geometry.alignment import Similarity, align_poses
from sightline.geometry.poses import rotation_x, rotation_z
from sightline.memory import InfrastructureError, InputError, Workspace
from sightline.tools.back_ends import BackEnds
from sightline.tools.back_ends.posed_depth import reconstruction_of
from sightline.tools.reconstruction import reconstruct

LEARNED = """
import numpy as np
from sightline.geometry.cameras import Intrinsics
from sightline.tools.back_ends.posed_depth import PosedDepth, reconstruction_of
from sightline.tools.back_ends.protocols import Reconstructed

class Learned:
    name, trained_on = "learned", "rendered rooms"

    def __init__(self, weights):
        with np.load(weights) as data:
            self.poses, self.depths, self.focals = data["poses"], data["depths"], data["focals"]

    def reconstruct(self, pictures):
        lenses = [Intrinsics.from_focal(p.size, float(f), "estimated") for p, f in zip(pictures, self.focals)]
        views = [PosedDepth(p, self.poses[k], self.depths[k], lenses[k]) for k, p in enumerate(pictures)]
        return Reconstructed([reconstruction_of(views, "a learned reconstructor")])

def load(weights, offline):
    return Learned(weights)
"""
ELSEWHERE = Similarity(0.37, rotation_z(35) @ rotation_x(65), np.array([3.0, -2.0, 1.0]))
"""From the room's world to the model's."""


@pytest.fixture(scope="module")
def pictures() -> list[Rendered]:
    scene = example_room(1)
    return [render(scene, camera, (240, 180)) for camera in cameras_around(scene, 3, arc=70)]


@pytest.fixture
def weights(tmp_path: Path, pictures: list[Rendered], monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the model answers: world and scale are its own, depth is half as fine as the pictures."""
    (tmp_path / "learned_room.py").write_text(LEARNED, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    depths = [np.where(np.isfinite(p.depth), p.depth, np.nan)[1::2, 1::2] * ELSEWHERE.scale for p in pictures]
    poses = [ELSEWHERE.apply_to_pose(p.pose) for p in pictures]
    path = tmp_path / "weights.npz"
    np.savez(
        path, poses=np.array(poses), depths=np.array(depths, np.float32), focals=[p.matrix[0, 0] for p in pictures]
    )
    return path


def test_cameras_and_surfaces_are_those_of_the_room(tmp_path: Path, pictures: list[Rendered], weights: Path) -> None:
    with Workspace.create(tmp_path / "ws") as workspace:
        for picture in pictures:
            workspace.add_picture(picture.colour)
        back_ends = BackEnds({"reconstruction": f"learned_room.load:{weights}"})
        text = Run(workspace, back_ends).text(reconstruct, images=["img1", "img2", "img3"])
        assert text.startswith("cloud1: 3 of 3 pictures placed (img1, img2, img3)")
        assert "a dense surface" in text
        assert "not metres" in text
        found = workspace.cloud("cloud1").reconstruction
    to_room = align_poses([c.pose for c in found.cameras.values()], [p.pose for p in pictures])
    assert to_room.rms < 1e-6
    assert found.up == "estimated"
    off = np.degrees(np.arccos(np.clip((to_room.rotation @ (0, 0, 1))[2], -1, 1)))
    assert off <= found.up_error
    first, second = (found.cameras[handle] for handle in ("img1", "img2"))
    assert np.abs(first.position).max() < 1e-9
    assert abs(first.forward[0]) < 1e-6  # +y is ahead of the first camera
    assert second.position[0] > 0.1  # the next one of `cameras_around` stands to its right
    seen = to_room.apply(found.cloud.points)
    x, y, height = example_room(1).size
    inside = (np.abs(seen) <= (x / 2 + 0.02, y / 2 + 0.02, height + 0.02)).all(axis=1) & (seen[:, 2] > -0.02)
    assert inside.mean() > 0.99
    assert (np.abs(seen[:, 2]) < 0.01).mean() > 0.05  # the floor is at the room's height 0


def test_what_is_not_there_is_said_with_its_remedy(weights: Path) -> None:
    missing = BackEnds({"depth": "no_such_package.load"})
    assert "cannot be imported" in raised_by(missing.depth, InfrastructureError)
    assert "python -c 'import no_such_package'" in raised_by(missing.depth, InfrastructureError)
    other = BackEnds({"reconstruction": "learned_room.lod"})
    assert "learned_room has no callable 'lod'" in raised_by(other.reconstructor, InfrastructureError)
    told = raised_by(lambda: BackEnds({"reconstruction": "vggt"}), InputError)
    assert "There is no reconstruction back end 'vggt'" in told
    assert "PACKAGE.MODULE.LOADER" in told


def test_without_views_nothing_is_made() -> None:
    assert "one view or more" in raised_by(lambda: reconstruction_of([], "x"), ValueError)
