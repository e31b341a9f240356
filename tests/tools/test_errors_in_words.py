"""Errors in words: each names what happened, to what, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from loop_kit import photo
from tool_kit import call, raised_by, workspace_in

from sightline.memory import InputError, Workspace
from sightline.tools.back_ends import BackEnds
from sightline.tools.camera import top_down
from sightline.tools.depth import estimate_depth
from sightline.tools.detection import detect
from sightline.tools.panorama import look
from sightline.tools.reconstruction import reconstruct, relative_camera_motion


def said(workspace: Workspace, outcome: str, tool: object, **arguments: object) -> str:
    finished = call(tool, dict(arguments), workspace, back_ends=BackEnds(offline=True))  # type: ignore[arg-type]
    assert finished.outcome == outcome, finished.text
    if outcome == "infrastructure":  # the remedy is for the person: the trace has it, the model's text has not
        return f"{finished.text}\n{finished.detail}"
    return finished.text


def test_weights_that_are_not_there_offline_name_the_command_that_fetches_them(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs sightline[vision]")
    text = said(workspace_in(tmp_path), "infrastructure", estimate_depth, image="img1")
    assert "The weights depth-anything/Depth-Anything-V2-Small-hf are not on this machine" in text
    assert "nothing is downloaded with --offline" in text
    assert "Run once without that, or give a local folder: --back-end depth=depth-anything:FOLDER" in text


@pytest.mark.parametrize(
    ("missing", "extra", "tool", "arguments"),
    [
        ("pycolmap", "recon", reconstruct, {"images": ["img1", "img2"]}),
        ("torch", "vision", estimate_depth, {"image": "img1"}),
        ("transformers", "vision", detect, {"image": "img1", "names": ["person"]}),
    ],
)
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    extra: str,
    tool: object,
    arguments: dict[str, object],
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # what Python does where a package is not installed
    workspace = workspace_in(tmp_path, photo(), photo()[::-1])
    text = said(workspace, "infrastructure", tool, **arguments)
    assert missing in text
    assert f"pip install 'sightline[{extra}]'" in text


def test_too_few_matches_say_how_many_and_what_photos_would_do(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    other = rng.integers(0, 255, (480, 640, 3), dtype=np.uint8)
    text = said(workspace_in(tmp_path, photo(), other), "limit", relative_camera_motion, first="img1", second="img2")
    assert "not enough overlap between img1 and img2: only " in text
    assert "share at least a third" in text


def test_photos_that_cannot_be_reconstructed_say_why_each(tmp_path: Path) -> None:
    pytest.importorskip("pycolmap", reason="needs sightline[recon]")
    flat = np.full((240, 320, 3), 240, np.uint8)
    workspace = workspace_in(tmp_path, flat, flat + 1, flat.copy())
    text = said(workspace, "limit", reconstruct, images=["img1", "img2", "img3"])
    assert "nothing could be reconstructed from img1, img2, img3" in text
    assert "img1: it has too little texture: only 0 points stand out" in text
    assert "img3: it is the same photo as img1" in text
    assert "taken from different spots" in text


def test_one_photo_names_the_way_that_lifts_one(tmp_path: Path) -> None:
    text = said(workspace_in(tmp_path), "mistake", reconstruct, images=["img1"])
    assert "one picture (img1) cannot be reconstructed" in text
    assert "estimate_depth, then register_depth" in text


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        (top_down, {"cloud": "img1"}, "img1 is a picture, not a reconstruction. Reconstructions: none yet; make one"),
        (top_down, {"cloud": "cloud3"}, "there is no reconstruction 'cloud3'. Reconstructions: none yet; make one"),
        (estimate_depth, {"image": "cloud1"}, "there is no picture 'cloud1'. Pictures: img1."),
        (look, {"panorama": "img1", "yaw": 0}, "img1 is a picture, not a panorama. Panoramas: none yet; hand a 2:1"),
    ],
)
def test_a_wrong_handle_says_what_it_is_and_what_there_is(
    tmp_path: Path, tool: object, arguments: dict[str, object], says: str
) -> None:
    assert says in said(workspace_in(tmp_path), "mistake", tool, **arguments)


def test_a_panorama_that_is_not_two_to_one_gives_its_ratio_and_the_remedy(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    text = raised_by(lambda: workspace.add_picture(photo(300, 200), kind="panorama"), InputError)
    assert "The panorama is 300x200, a ratio of 1.500:1; a full equirectangular one is 2:1." in text
    assert len(text) > len("The panorama is 300x200, a ratio of 1.500:1; a full equirectangular one is 2:1.") + 10
    assert list(workspace.artifacts) == ["img1"]  # nothing half-entered
