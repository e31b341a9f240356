"""Views of a rendered room's panorama are the pictures that a camera there takes; the renderer has its own maths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from panorama_kit import made, workspace_of

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import render
from sightline.evals.synthetic.rooms import Scene, example_room
from sightline.memory import Workspace
from sightline.tools.panorama import look

EYE = (0.0, -0.5, 1.5)
SIZE = (1024, 512)


@pytest.fixture(scope="module")
def room() -> Scene:
    return example_room()


@pytest.fixture(scope="module")
def workspace(room: Scene, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    panorama = render(room, CameraSpec(EYE, kind="panorama"), SIZE).colour
    return workspace_of(Path(tmp_path_factory.mktemp("room")), panorama)


def likeness(
    a: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], b: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> float:
    """Peak signal-to-noise ratio in dB."""
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.mark.slow
@pytest.mark.parametrize(("yaw", "pitch", "field"), [(40, -15, 90), (-175, 10, 70), (25, 90, 90), (70, -90, 100)])
def test_a_view_is_what_a_camera_there_sees(
    workspace: Workspace, room: Scene, yaw: int, pitch: int, field: int
) -> None:
    _, handle = made(workspace, look, panorama="pano1", yaw=yaw, pitch=pitch, field_of_view=field)
    pixels = workspace.pixels(handle)
    size = (pixels.shape[1], pixels.shape[0])

    def taken(bearing: float, up: float) -> float:
        return likeness(pixels, render(room, CameraSpec(EYE, bearing, up, fov=field), size).colour)

    right = taken(yaw, pitch)
    assert right > 24
    # Half a degree off in any direction is told apart, and so is every flipped sign.
    step = 0.5 if abs(pitch) < 90 else 1.0
    for bearing, up in ((yaw + step, pitch), (yaw - step, pitch), (yaw, pitch + step), (yaw, pitch - step)):
        assert taken(bearing, up) < right
    for bearing, up in ((-yaw, pitch), (yaw, -pitch)):
        if (bearing - yaw) % 360 or up != pitch:
            assert taken(bearing, up) < right - 4
