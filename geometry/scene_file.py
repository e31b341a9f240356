"""The ground truth of a scene on disk: what is where, which camera took which picture, and the exact depth and ids.

A scene is a folder with `scene.json` and, for each view, an RGB picture, the depth as float32 in a compressed `.npz`
(key `depth`), and the instance ids as a 16-bit grey PNG (0 = nothing). Rendered test scenes are written in this format;
`oracle` back ends read it, and so does whoever brings scanned scenes with known truth.

World: right-handed, z up, metres. Bearings are degrees clockwise from +y, seen from above. Depth is z-depth for pinhole
views and range (distance along the ray) for panoramas; infinite where a ray meets nothing. Cameras look along +z with x
to the right and y down, poses are camera-to-world, the first pixel's centre is (0.5, 0.5).

Pictures are recognised by their pixels: `sha256` is the digest of the bytes of the (height, width, 3) uint8 RGB array
in C order, so a file name gives nothing away and a re-encoded PNG is still the same picture.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.geometry.cameras import Camera, Intrinsics

FORMAT = "sightline-scene"
VERSION = 1
SCENE_FILE = "scene.json"

ViewKind = Literal["pinhole", "panorama"]
Vector = tuple[float, float, float]
Keyframe = tuple[float, Vector, float]
"""(time in seconds, centre in metres, bearing of the object's depth axis in degrees)."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class ObjectTruth:
    """One thing in the scene, as an upright box that fits it closely and may be turned about the vertical.

    Attributes:
        id: Its number in the instance-id pictures, 1 to 65535.
        name: What tells it from the others, such as `red chair`; unique in the scene.
        category: What kind of thing it is, such as `chair`.
        colour: Its main colour in a word.
        centre: Centre of its box in the world at time 0, in metres.
        size: (width, depth, height) in metres along its own axes: to its right, along its front, upwards.
        axis_bearing: Bearing of its depth axis at time 0, in degrees; the way its front faces where it has one.
        bearing: Bearing of its front at time 0, or None where it has no front.
        symmetric: Whether it looks the same after a turn about the vertical, so that asking for a front is vain.
        structure: Whether it belongs to the room (floor, wall, ceiling, door, ...), not to the things in it.
        motion: Key frames, by time; between them it moves in a straight line and turns the short way. Empty: it rests.
    """

    id: int
    name: str
    category: str
    colour: str
    centre: Vector
    size: Vector
    axis_bearing: float = 0.0
    bearing: float | None = None
    symmetric: bool = False
    structure: bool = False
    motion: tuple[Keyframe, ...] = ()

    def __post_init__(self) -> None:
        what = f"object {self.name!r}"
        if not 1 <= self.id <= 65535:
            raise ValueError(f"{what}: an id lies between 1 and 65535, not {self.id}")
        if not (np.shape(self.centre) == (3,) and np.isfinite(self.centre).all()):
            raise ValueError(f"{what}: a centre is three finite numbers, not {self.centre}")
        if not (np.shape(self.size) == (3,) and np.isfinite(self.size).all() and min(self.size) >= 0):
            raise ValueError(f"{what}: a size is three lengths, not {self.size}")
        if self.bearing is not None and self.bearing != self.axis_bearing:
            raise ValueError(f"{what}: its front faces along its depth axis, {self.bearing} is not {self.axis_bearing}")
        times = [key[0] for key in self.motion]
        if any(b <= a for a, b in pairwise(times)):
            raise ValueError(f"{what}: the times of a motion increase, these do not: {times}")

    def at(self, time: float) -> tuple[Vector, float]:
        """Its centre and the bearing of its depth axis at a time; before and after its motion it rests."""
        if not self.motion:
            return self.centre, self.axis_bearing
        if time <= self.motion[0][0]:
            return self.motion[0][1], self.motion[0][2]
        for (t0, c0, b0), (t1, c1, b1) in pairwise(self.motion):
            if time <= t1:
                s = (time - t0) / (t1 - t0)
                turned = (b1 - b0 + 180) % 360 - 180
                x, y, z = (a + s * (b - a) for a, b in zip(c0, c1, strict=True))
                return (x, y, z), (b0 + s * turned) % 360
        return self.motion[-1][1], self.motion[-1][2]

    def corners(self, time: float = 0.0) -> NDArray[np.float64]:
        """The corners of its box in the world at a time, (8, 3)."""
        centre, bearing = self.at(time)
        c, s = math.cos(math.radians(bearing)), math.sin(math.radians(bearing))
        axes = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])  # rows: its right, its front, up
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
        corners: NDArray[np.float64] = np.asarray(centre) + (signs * np.asarray(self.size) / 2) @ axes
        return corners


@dataclass(frozen=True)
class ViewTruth:
    """One picture (or one frame of a video), the camera that took it, and what it shows.

    Attributes:
        name: Unique in the scene.
        file: The picture, or for a frame the video it belongs to.
        kind: `pinhole`, or `panorama`: equirectangular, 2:1, yaw 0 (the camera's forward) in the centre column.
        width: In pixels.
        height: In pixels.
        pose: Camera-to-world, rows of a 4x4 matrix.
        sha256: Digest of the RGB pixels, see `pixel_sha256`.
        depth_file: The depth, or None.
        ids_file: The instance ids, or None.
        time: Seconds.
        fx: Focal length in pixels; None for a panorama, as the next three.
        fy: Focal length in pixels.
        cx: Principal point, x in continuous pixels.
        cy: Principal point, y in continuous pixels.
        distortion: Brown-Conrady (k1, k2, p1, p2, k3), or empty.
        folder: Where the scene lies; not written.
    """

    name: str
    file: str
    kind: ViewKind
    width: int
    height: int
    pose: tuple[tuple[float, float, float, float], ...]
    sha256: str
    depth_file: str | None = None
    ids_file: str | None = None
    time: float = 0.0
    fx: float | None = None
    fy: float | None = None
    cx: float | None = None
    cy: float | None = None
    distortion: tuple[float, ...] = ()
    folder: Path = field(default=Path(), compare=False)

    def __post_init__(self) -> None:
        what = f"view {self.name!r}"
        if self.kind not in ("pinhole", "panorama"):
            raise ValueError(f"{what}: a view is pinhole or panorama, not {self.kind!r}")
        if self.kind == "panorama" and self.width != 2 * self.height:
            raise ValueError(f"{what}: a panorama is twice as wide as high, not {self.width}x{self.height}")
        if (self.kind == "pinhole") != all(v is not None for v in (self.fx, self.fy, self.cx, self.cy)):
            raise ValueError(f"{what}: a pinhole view has fx, fy, cx and cy, and a panorama none of them")
        if len(self.sha256) != 64:
            raise ValueError(f"{what}: sha256 has 64 hexadecimal digits, not {self.sha256!r}")
        if self.kind == "pinhole":
            try:
                _ = self.camera
            except ValueError as error:
                raise ValueError(f"{what}: {error}") from error
        elif np.shape(self.pose) != (4, 4):
            raise ValueError(f"{what}: a pose is 4x4")

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The pose as a (4, 4) array."""
        return np.array(self.pose, dtype=np.float64)

    @property
    def camera(self) -> Camera:
        """The camera of a pinhole view.

        Raises:
            ValueError: The view is a panorama.
        """
        if self.fx is None or self.fy is None or self.cx is None or self.cy is None:
            raise ValueError("a panorama has no pinhole camera; it has only a pose")
        lens = Intrinsics(self.width, self.height, self.fx, self.fy, self.cx, self.cy, self.distortion)
        return Camera(lens, self.matrix)

    def depth(self) -> NDArray[np.float32]:
        """Read the depth: (height, width) float32 in metres; z-depth, range for a panorama; inf where nothing is."""
        path = self._path(self.depth_file, "depth")
        with np.load(path, allow_pickle=False) as data:
            if "depth" not in data:
                raise ValueError(f"{path.name} holds no array named depth")
            depth = np.asarray(data["depth"], dtype=np.float32)
        return self._fitting(depth, path)

    def ids(self) -> NDArray[np.uint16]:
        """Read the instance ids: (height, width) uint16, 0 where nothing is."""
        import cv2

        path = self._path(self.ids_file, "ids")
        ids = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if ids is None or ids.dtype != np.uint16:
            raise ValueError(f"{path.name} is no 16-bit grey PNG")
        return self._fitting(cast("NDArray[np.uint16]", ids), path)

    def _path(self, file: str | None, what: str) -> Path:
        if file is None:
            raise ValueError(f"view {self.name!r} has no {what} file")
        path = self.folder / file
        if not path.is_file():
            raise ValueError(f"view {self.name!r}: its {what} file {file!r} is missing")
        return path

    def _fitting(self, array: NDArray[Any], path: Path) -> NDArray[Any]:
        if array.shape != (self.height, self.width):
            raise ValueError(f"{path.name} has the shape {array.shape}, not {(self.height, self.width)}")
        return array


@dataclass(frozen=True)
class VideoTruth:
    """A video and the truth of each decoded frame, in order.

    Attributes:
        file: The video.
        fps: Frames a second.
        views: One a frame; `sha256` is that of the decoded frame, so of what a reader of the file sees.
    """

    file: str
    fps: float
    views: tuple[ViewTruth, ...]


@dataclass(frozen=True)
class TargetTruth:
    """A chessboard of known size.

    Attributes:
        name: Its object's name.
        square: Side of a square in metres.
        columns: Inner corners along a row.
        rows: Inner corners along a column.
        corners: Inner corners in the world, row by row from the top left as seen from its front, (rows * columns, 3).
    """

    name: str
    square: float
    columns: int
    rows: int
    corners: tuple[Vector, ...]


@dataclass(frozen=True)
class RoomTruth:
    """The room's inner space as a box along the world's axes: its lowest and its highest corner, in metres."""

    low: Vector
    high: Vector

    @property
    def size(self) -> Vector:
        """Extent along x, y and z in metres."""
        x, y, z = (b - a for a, b in zip(self.low, self.high, strict=True))
        return x, y, z


@dataclass(frozen=True)
class SceneTruth:
    """Everything known about a scene.

    Attributes:
        objects: The things in it, and the parts of the room (`structure`).
        views: The pictures.
        videos: The videos, with their frames.
        room: The room, or None where there is none.
        targets: Chessboards.
        seed: What it was made from, or None.
        folder: Where it lies; not written.
    """

    objects: tuple[ObjectTruth, ...]
    views: tuple[ViewTruth, ...] = ()
    videos: tuple[VideoTruth, ...] = ()
    room: RoomTruth | None = None
    targets: tuple[TargetTruth, ...] = ()
    seed: int | None = None
    folder: Path = field(default=Path(), compare=False)

    def __post_init__(self) -> None:
        for what, found in (
            ("object ids", [str(o.id) for o in self.objects]),
            ("object names", [o.name for o in self.objects]),
            ("view names", [v.name for v in self.all_views]),
        ):
            twice = sorted({name for name, count in Counter(found).items() if count > 1})
            if twice:
                raise ValueError(f"{what} are unique; these come twice: {', '.join(twice)}")

    @property
    def all_views(self) -> tuple[ViewTruth, ...]:
        """The pictures, then the frames of the videos."""
        return (*self.views, *(view for video in self.videos for view in video.views))

    @cached_property
    def _by_pixels(self) -> dict[str, ViewTruth]:
        return {view.sha256: view for view in reversed(self.all_views)}

    def view_of(self, sha256: str) -> ViewTruth | None:
        """The picture or frame with these pixels (`pixel_sha256`), the first of equal ones; None if there is none."""
        return self._by_pixels.get(sha256)

    def object_of(self, name: str) -> ObjectTruth:
        """The object of this name.

        Raises:
            ValueError: There is none; the message names those there are.
        """
        for thing in self.objects:
            if thing.name == name:
                return thing
        raise ValueError(f"no object is named {name!r}; there are: {', '.join(o.name for o in self.objects)}")


def pixel_sha256(pixels: ArrayLike) -> str:
    """The digest by which a picture is recognised: of its (height, width, 3) uint8 RGB bytes in C order.

    Raises:
        ValueError: The array is of another shape or type.
    """
    array = np.asarray(pixels)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise ValueError(f"pixels are (height, width, 3) uint8, not {array.shape} {array.dtype}")
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def write_scene_file(folder: Path, scene: SceneTruth) -> None:
    """Write `scene.json`. The files that it names are written by whoever makes them."""
    data = asdict(scene)
    del data["folder"]
    for view in [*data["views"], *(view for video in data["videos"] for view in video["views"])]:
        del view["folder"]
    text = json.dumps({"format": FORMAT, "version": VERSION, **data}, indent=1, allow_nan=False)
    (folder / SCENE_FILE).write_text(text + "\n", encoding="utf-8")


def read_scene(folder: Path | str) -> SceneTruth:
    """Read a scene's truth; depth and ids are read when asked for.

    Raises:
        ValueError: The folder holds no scene, a file is missing, or a field is missing, unknown or impossible.
    """
    folder = Path(folder)
    path = folder / SCENE_FILE
    if not path.is_file():
        raise ValueError(f"{folder.name!r} holds no {SCENE_FILE}")
    try:
        data = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{SCENE_FILE} is not JSON: {error}") from error
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise ValueError(f"{SCENE_FILE} is no scene: its format is not {FORMAT!r}")
    if (version := data.pop("version", None)) != VERSION:
        raise ValueError(f"{SCENE_FILE} has version {version}; this Sightline reads version {VERSION}")
    return _scene(data, folder)


def _scene(data: dict[str, Any], folder: Path) -> SceneTruth:
    def view(entry: object) -> ViewTruth:
        made = _make(ViewTruth, entry, "view")
        for file in (made.file, made.depth_file, made.ids_file):
            if file is not None:
                _check_file(folder, file)
        return replace(made, folder=folder)

    def video(entry: object) -> VideoTruth:
        made = _make(VideoTruth, entry, "video")
        _check_file(folder, made.file)
        return replace(made, views=tuple(map(view, made.views)))

    known = {f.name for f in fields(SceneTruth)} - {"folder"}
    if unknown := sorted(set(data) - known):
        raise ValueError(f"scene: unknown field {', '.join(unknown)}")
    for name in ("objects", "views"):
        if name not in data:
            raise ValueError(f"scene: the field {name} is missing")
    return SceneTruth(
        objects=tuple(_make(ObjectTruth, entry, "object") for entry in _list(data["objects"], "objects")),
        views=tuple(view(entry) for entry in _list(data["views"], "views")),
        videos=tuple(video(entry) for entry in _list(data.get("videos", []), "videos")),
        room=None if data.get("room") is None else _make(RoomTruth, data["room"], "room"),
        targets=tuple(_make(TargetTruth, entry, "target") for entry in _list(data.get("targets", []), "targets")),
        seed=data.get("seed"),
        folder=folder,
    )


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"scene: {what} is a list, not {type(value).__name__}")
    return value


def _make(kind: type[_T], entry: object, what: str) -> _T:
    """A dataclass from a JSON object: lists become tuples, and every field is known, there, and of a fitting kind."""
    if not isinstance(entry, dict):
        raise ValueError(f"{what}: an entry is a JSON object, not {type(entry).__name__}")
    label = f"{what} {entry['name']!r}" if "name" in entry else what
    known = {f.name for f in fields(kind)} - {"folder"}  # type: ignore[arg-type]
    if unknown := sorted(set(entry) - known):
        raise ValueError(f"{label}: unknown field {', '.join(unknown)}")
    try:
        return kind(**{name: _tuples(value) for name, value in entry.items()})
    except TypeError as error:
        raise ValueError(f"{label}: {error}") from error


def _tuples(value: object) -> object:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def _check_file(folder: Path, file: str) -> None:
    parts = PurePosixPath(file)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"a scene's files lie in its folder; {file!r} does not")
    if not (folder / file).is_file():
        raise ValueError(f"the file {file!r} that {SCENE_FILE} names is missing")
