"""Scenes on disk: pictures, depth, ids, videos and truth, in the format of `sightline.geometry.scene_file`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.render import Rendered, Size, render
from sightline.evals.synthetic.rooms import Scene
from sightline.evals.synthetic.solids import Floats, Thing, Vector, upright
from sightline.geometry.scene_file import (
    ObjectTruth,
    RoomTruth,
    SceneTruth,
    TargetTruth,
    VideoTruth,
    ViewTruth,
    pixel_sha256,
    read_scene,
    write_scene_file,
)


@dataclass(frozen=True)
class Clip:
    """A video to be taken: frame k by camera k, at time `start + k / fps`.

    Attributes:
        cameras: One a frame; `[camera] * 48` holds still, `pan_of` turns on the spot.
        size: (width, height), both even.
        fps: Frames a second.
        start: Time of the first frame in seconds.
    """

    cameras: Sequence[CameraSpec]
    size: Size = (320, 240)
    fps: int = 8
    start: float = 0.0

    def __post_init__(self) -> None:
        if not self.cameras:
            raise ValueError("a clip has a camera for each of its frames; this one has none")
        if self.size[0] % 2 or self.size[1] % 2:
            raise ValueError(f"a video's width and height are even, not {self.size[0]}x{self.size[1]}")


def write_scene(
    folder: Path | str, scene: Scene, views: Sequence[Rendered] = (), videos: Sequence[Clip] = ()
) -> SceneTruth:
    """Write a scene with pictures of it, and take its videos.

    Pictures are `view0.png`, ... and videos `video0.mp4`, ...; frames are views of the names `video0-000`, ... and are
    recognised by what a reader decodes, not by what was encoded. One frame at a time is held in memory.

    Args:
        folder: Where; made if it is not there.
        scene: What.
        views: Pictures of it; a set of pinhole views with their depth is an RGB-D set.
        videos: Videos of it.

    Returns:
        The truth, read back from disk.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for number, picture in enumerate(views):
        name = f"view{number}"
        _write_png(folder / f"{name}.png", picture.colour[..., ::-1])
        pictures.append(_view(folder, name, f"{name}.png", picture, pixel_sha256(picture.colour)))
    half_x, half_y = scene.size[0] / 2, scene.size[1] / 2
    truth = SceneTruth(
        objects=tuple(object_truth(thing, k + 1) for k, thing in enumerate(scene.things)),
        views=tuple(pictures),
        videos=tuple(_film(folder, f"video{k}", scene, clip) for k, clip in enumerate(videos)),
        room=RoomTruth((-half_x, -half_y, 0.0), (half_x, half_y, scene.size[2])),
        targets=tuple(
            TargetTruth(b.name, b.square, b.columns, b.rows, tuple(_vector(c) for c in b.corners)) for b in scene.boards
        ),
        seed=scene.seed,
    )
    write_scene_file(folder, truth)
    return read_scene(folder)


def object_truth(thing: Thing, number: int) -> ObjectTruth:
    """A thing as the box that fits it in its own frame; a rolling ball's box does not roll."""
    low, high = thing.box()
    middle, size = (low + high) / 2, high - low

    def centre(position: Vector, bearing: float) -> Vector:
        return _vector(np.asarray(position) + upright(bearing) @ middle)

    now = thing.at(0.0)
    return ObjectTruth(
        id=number,
        name=thing.name,
        category=thing.category,
        colour=thing.colour,
        centre=centre(now.position, now.bearing),
        size=_vector(size),
        axis_bearing=now.bearing,
        bearing=now.bearing if thing.front else None,
        symmetric=thing.symmetric,
        structure=thing.structure,
        motion=tuple((time, centre(position, bearing), bearing) for time, position, bearing in thing.motion),
    )


def _film(folder: Path, name: str, scene: Scene, clip: Clip) -> VideoTruth:
    import av

    file = f"{name}.mp4"
    views: list[ViewTruth] = []
    with av.open(str(folder / file), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(clip.fps))
        stream.width, stream.height = clip.size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "16", "preset": "fast"}
        for k, camera in enumerate(clip.cameras):
            picture = render(scene, camera, clip.size, clip.start + k / clip.fps)
            views.append(_view(folder, f"{name}-{k:03d}", file, picture, "0" * 64))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture.colour, format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(folder / file)) as container:
        digests = [pixel_sha256(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    recognised = tuple(replace(view, sha256=digest) for view, digest in zip(views, digests, strict=True))
    return VideoTruth(file, float(clip.fps), recognised)


def _view(folder: Path, name: str, file: str, picture: Rendered, sha256: str) -> ViewTruth:
    """Write a picture's depth and ids, and say what it is."""
    np.savez_compressed(folder / f"{name}.npz", depth=picture.depth)
    _write_png(folder / f"{name}.ids.png", picture.ids)
    width, height = picture.size
    lens = {}
    if picture.camera.kind == "pinhole":
        focal = picture.camera.focal(width)
        lens = {"fx": focal, "fy": focal, "cx": width / 2, "cy": height / 2}
    a, b, c, d = (_row(row) for row in picture.pose)
    return ViewTruth(
        name=name,
        file=file,
        kind=picture.camera.kind,
        width=width,
        height=height,
        pose=(a, b, c, d),
        sha256=sha256,
        depth_file=f"{name}.npz",
        ids_file=f"{name}.ids.png",
        time=picture.time,
        distortion=picture.camera.distortion,
        folder=folder,
        **lens,
    )


def _write_png(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    import cv2

    if not cv2.imwrite(str(path), np.ascontiguousarray(pixels)):
        raise OSError(f"cannot write {path}")


def _row(row: Floats) -> tuple[float, float, float, float]:
    a, b, c, d = (float(v) for v in row)
    return a, b, c, d


def _vector(v: Floats) -> Vector:
    x, y, z = (float(c) for c in v)
    return x, y, z
