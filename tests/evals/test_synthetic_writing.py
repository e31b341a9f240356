"""Scenes on disk: what is read is what was rendered, and the oracle recognises every picture and decoded frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sightline.evals.synthetic import (
    CameraSpec,
    Clip,
    Rendered,
    Scene,
    make_room,
    pan_of,
    truth,
    views_around,
    write_scene,
)
from sightline.evals.synthetic.render import render
from sightline.geometry.cameras import Intrinsics
from sightline.geometry.scene_file import SceneTruth, pixel_sha256, read_scene
from sightline.tools.back_ends import BackEnds, Seen

SIZE = (160, 120)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, list[Rendered], SceneTruth]:
    scene = make_room(4, walker=True, rolling=True, chessboard=True)
    views = [*views_around(scene, 2, SIZE), render(scene, CameraSpec((0, 0, 1.5), 40, kind="panorama"), (256, 128))]
    still = CameraSpec((0.0, -2.0, 1.5), pitch=-8)
    clips = (Clip([still] * 4, SIZE, fps=2), Clip(pan_of(still, 15, 3), SIZE, start=1.0))
    return scene, views, write_scene(tmp_path_factory.mktemp("scene"), scene, views, clips)


def test_what_is_read_is_what_was_rendered(written: tuple[Scene, list[Rendered], SceneTruth]) -> None:
    scene, views, found = written
    assert read_scene(found.folder) == found
    for view, picture in zip(found.views, views, strict=True):
        pixels = np.ascontiguousarray(cv2.imread(str(found.folder / view.file))[..., ::-1])
        assert (pixels == picture.colour).all()
        assert found.view_of(pixel_sha256(pixels)) is view
        assert (view.depth() == picture.depth).all()
        assert (view.ids() == picture.ids).all()
        assert np.allclose(view.matrix, picture.pose)
        assert view.kind == picture.camera.kind
    for place, (thing, told) in enumerate(zip(scene.things, found.objects, strict=True)):
        assert (told.id, told.name) == (place + 1, thing.name)
        assert told.bearing == (thing.bearing if thing.front else None)
        assert np.allclose(told.centre, thing.centre())
    assert found.room is not None
    assert found.room.size == pytest.approx(truth.room_size(scene))
    [board] = scene.boards
    [target] = found.targets
    assert np.allclose(target.corners, board.corners)
    assert np.linalg.norm(np.subtract(target.corners[1], target.corners[0])) == pytest.approx(target.square)


def test_boxes_hold_what_shows(written: tuple[Scene, list[Rendered], SceneTruth]) -> None:
    """Every pixel of a thing, lifted with its depth, lies in the box that the file tells of it."""
    _, views, found = written
    for picture in views[:2]:
        height, width = picture.depth.shape
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        focal = picture.matrix[0, 0]
        rays = np.stack([(x - width / 2) / focal, (y - height / 2) / focal, np.ones_like(x)], axis=-1)
        points = picture.depth[..., None] * rays @ picture.camera.axes.T + picture.camera.position
        for thing in found.objects:
            seen = points[picture.ids == thing.id]
            if len(seen):
                corners = thing.corners(picture.time)
                axes = np.stack([corners[4] - corners[0], corners[2] - corners[0], corners[1] - corners[0]])
                axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-9)
                local = np.abs((seen - corners.mean(axis=0)) @ axes.T)
                assert (local <= np.asarray(thing.size) / 2 + 1e-4).all(), thing.name


def test_frames_are_known_by_what_is_decoded(written: tuple[Scene, list[Rendered], SceneTruth]) -> None:
    import av

    scene, _, found = written
    still, pan = found.videos
    for video, count, step, start in ((still, 4, 0.5, 0.0), (pan, 3, 0.125, 1.0)):
        with av.open(str(found.folder / video.file)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert len(frames) == len(video.views) == count
        for k, (pixels, view) in enumerate(zip(frames, video.views, strict=True)):
            assert view.sha256 == pixel_sha256(pixels)
            assert view.time == pytest.approx(start + k * step)
    last = render(scene, CameraSpec((0.0, -2.0, 1.5), pitch=-8), SIZE, 1.5)
    assert (still.views[3].ids() == last.ids).all()
    ball = scene.id_of("beach ball")
    told = found.object_of("beach ball").at(1.5)[0]
    assert np.allclose(told, scene.thing("beach ball", 1.5).centre(), atol=1e-9)
    assert found.objects[ball - 1].motion
    bearings = [np.degrees(np.arctan2(v.matrix[0, 2], v.matrix[1, 2])) for v in pan.views]
    assert np.allclose(bearings, [0, 7.5, 15])


def test_the_oracle_recognises_the_pictures(written: tuple[Scene, list[Rendered], SceneTruth]) -> None:
    scene, views, found = written
    ends = BackEnds({"oracle": str(found.folder)}, offline=True)
    for k, picture in enumerate(views[:2]):
        seen = Seen(f"img{k + 1}", picture.colour, Intrinsics.guess(picture.size))
        assert np.array_equal(ends.depth().estimate(seen).depth, picture.depth)
        for detection in ends.detector().detect(seen, ["table"], 0.5):
            assert detection.box == truth.shown(picture, scene.id_of(detection_name(scene))).box


def detection_name(scene: Scene) -> str:
    return next(thing.name for thing in scene.things if thing.category == "table")


def test_a_clip_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="none"):
        Clip([])
    with pytest.raises(ValueError, match="even"):
        Clip([CameraSpec((0, 0, 1))], (161, 120))
