"""The oracle: the back end that reads the ground truth of a scene instead of looking.

It serves every role that has an answer in the truth, and tells "the model cannot reason" from "the instrument cannot
see". A picture is recognised by the digest of its pixels; one that is not of the scene is refused. It answers what it
is asked and no more: names are the ones asked for, never ids, file names or what else is in the scene. Nothing that a
model reads tells it from a real instrument; only `name`, which goes into provenance, says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.poses import UP, bearing_pitch_roll, difference, level_world
from sightline.geometry.reconstructions import Reconstruction
from sightline.geometry.scene_file import ObjectTruth, SceneTruth, ViewTruth, pixel_sha256, read_scene
from sightline.memory import InfrastructureError, InstrumentLimit
from sightline.tools.back_ends.posed_depth import PosedDepth, lifted
from sightline.tools.back_ends.protocols import (
    Box,
    DepthEstimate,
    Detection,
    Facing,
    MaskFound,
    Reconstructed,
    Seen,
    Tracked,
)

FEWEST_PIXELS = 20
"""What shows fewer pixels than this is not detected: no detector finds it either."""
_SAME_BOX = 0.3
"""Overlap of a box with the box around a thing, as IoU, from which the box means that thing."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Oracle:
    """Depth, detection, segmentation, tracking, facing and reconstruction from the truth.

    Attributes:
        scene: The truth.
        name: What it is, for provenance.
        trained_on: Nothing.
        names: Any words may be asked for.
    """

    scene: SceneTruth
    name: str = "oracle"
    trained_on: str = ""
    names: tuple[str, ...] | None = None

    # Depth

    def estimate(self, picture: Seen) -> DepthEstimate:
        """The true depth: z-depth, range for a panorama; NaN where nothing is and where the picture is not to be used.

        Raises:
            InstrumentLimit: The picture is not of this scene.
        """
        view = self._view(picture)
        return DepthEstimate(_depth(view, picture), "measured", 1.0, view.fx)

    # Detection

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        """What is visible of these names with at least `FEWEST_PIXELS` pixels, largest first, each thing once.

        Raises:
            InstrumentLimit: The picture is not of this scene.
        """
        ids = self._ids(picture)
        asked = self._asked(names)
        found = []
        for number, count in _counts(ids):
            if number in asked and count >= FEWEST_PIXELS:
                mask = ids == number
                found.append(Detection(asked[number], box_around(mask), 1.0, mask))
        return found

    # Segmentation

    def segment(
        self, picture: Seen, box: Box | None = None, points: Sequence[tuple[float, float]] = ()
    ) -> list[MaskFound]:
        """The thing whose box this is (else the one that fills most of it), or the things at the points together.

        Raises:
            InstrumentLimit: The picture is not of this scene.
        """
        ids = self._ids(picture)
        numbers = {n for n in (_at(ids, point) for point in points) if n}
        if box is not None and (inside := _in_box(ids, box)):
            numbers.add(inside)
        if not numbers:
            return []
        return [MaskFound(np.isin(ids, list(numbers)), 1.0)]

    # Tracking

    def track(self, frames: Iterator[Seen], names: Sequence[str], threshold: float) -> list[Tracked]:
        """Where the things with these names are in each frame; everything that is no part of the room for no names.

        Raises:
            InstrumentLimit: A frame is not of this scene.
        """
        asked = self._asked(names) if names else {o.id: o.category for o in self.scene.objects if not o.structure}
        boxes: dict[int, list[Box | None]] = {}
        for before, frame in enumerate(frames):
            ids = self._ids(frame)
            seen = {n for n, count in _counts(ids) if n in asked and count >= FEWEST_PIXELS}
            for number in seen:
                boxes.setdefault(number, [None] * before)
            for number, places in boxes.items():
                places.append(box_around(ids == number) if number in seen else None)
        return [Tracked(asked[number], tuple(places), 1.0) for number, places in sorted(boxes.items())]

    # Facing

    def facing(self, picture: Seen, name: str, box: Box) -> Facing:
        """Which way the front of the thing in this box points.

        Raises:
            InstrumentLimit: The picture is not of this scene.
        """
        view = self._view(picture)
        number = _in_box(self._ids(picture), box)
        thing = next((o for o in self.scene.objects if o.id == number), None)
        if thing is None or (thing.bearing is None and not thing.symmetric):
            return Facing("unknown")
        if thing.symmetric or thing.bearing is None:
            return Facing("symmetric")
        ahead = bearing_pitch_roll(view.matrix)[0]
        return Facing("found", difference(thing.at(view.time)[1], ahead), 0.0)

    # Reconstruction

    def reconstruct(self, pictures: Sequence[Seen]) -> Reconstructed:
        """All pictures of this scene in one world, with every pixel of theirs lifted by its depth.

        Raises:
            InstrumentLimit: None of them is of this scene.
        """
        views: dict[str, tuple[Seen, ViewTruth]] = {}
        left_out: dict[str, str] = {}
        for picture in pictures:
            view = self.scene.view_of(pixel_sha256(picture.pixels))
            if view is None:
                left_out[picture.handle] = "too few points in common with the others"
            elif view.kind == "panorama":
                left_out[picture.handle] = "a panorama, which no single camera saw"
            else:
                views[picture.handle] = (picture, view)
        if not views:
            raise InstrumentLimit(
                f"{', '.join(left_out)}: no cameras could be found.",
                "Give pictures as they were taken, that show one scene.",
            )
        return Reconstructed([self._lifted(views)], left_out)

    def _lifted(self, views: dict[str, tuple[Seen, ViewTruth]]) -> Reconstruction:
        first = next(iter(views.values()))[1]
        world = level_world(first.matrix, UP)
        moving = self._moving({view.time for _, view in views.values()})
        posed = [PosedDepth(picture, view.matrix, _depth(view, picture)) for picture, view in views.values()]
        cameras = {handle: view.camera.with_pose(world @ view.matrix) for handle, (_, view) in views.items()}
        leave = [np.isin(_read(view.ids), moving) if moving else None for _, view in views.values()]
        cloud, depths = lifted(posed, list(cameras.values()), leave)
        return Reconstruction(
            cameras=cameras,
            cloud=cloud,
            scale_kind="measured",
            up="known",
            depths=depths,
            warnings=("Things that moved between the pictures are not in the cloud.",) if moving else (),
            method="cameras and depth, measured",
        )

    def _moving(self, times: set[float]) -> list[int]:
        """Ids of things that are not in one place at all of these times."""
        return [o.id for o in self.scene.objects if len({o.at(time) for time in times}) > 1]

    # The truth

    def _view(self, picture: Seen) -> ViewTruth:
        view = self.scene.view_of(pixel_sha256(picture.pixels))
        if view is None:
            raise InstrumentLimit(
                f"{picture.handle}: this instrument works on pictures as they were taken, and this is none of them.",
                "Use the input picture that it shows.",
            )
        return view

    def _ids(self, picture: Seen) -> NDArray[np.uint16]:
        ids = _read(self._view(picture).ids)
        return ids if picture.ignore is None else np.where(picture.ignore, np.uint16(0), ids)

    def _asked(self, names: Sequence[str]) -> dict[int, str]:
        """By id, the closest of the names that were asked for: the one with the most words that fit."""
        by_length = sorted(dict.fromkeys(names), key=lambda name: -len(_words(name)))
        asked = {}
        for thing in self.scene.objects:
            name = next((name for name in by_length if is_called(thing, name)), None)
            if name is not None:
                asked[thing.id] = name
        return asked


def load(weights: str, offline: bool) -> Oracle:
    """The oracle of a scene.

    Args:
        weights: The scene's folder.
        offline: Means nothing here.

    Raises:
        InfrastructureError: The folder holds no scene that can be read.
    """
    if not weights:
        raise InfrastructureError("The oracle has no scene to read.", "Name its folder: --back-end oracle=FOLDER")
    try:
        return Oracle(read_scene(Path(weights).expanduser()))
    except (ValueError, OSError) as error:
        raise InfrastructureError(
            f"The oracle cannot read its scene: {error}.", "Give a folder that holds a scene: --back-end oracle=FOLDER"
        ) from error


def is_called(thing: ObjectTruth, name: str) -> bool:
    """Whether words mean a thing: its name, its category, or nothing but words of its name, category and colour."""
    asked = _words(name)
    if not asked:
        return False
    if asked in (_words(thing.name), _words(thing.category)):
        return True
    known = {*_words(thing.name), *_words(thing.category), *_words(thing.colour)}
    kinds = {_words(thing.category)[-1:], _words(thing.name)[-1:]}
    return set(asked) <= known and asked[-1:] in kinds  # `red` alone is no thing


def box_around(mask: NDArray[np.bool_]) -> Box:
    """(x0, y0, x1, y1) of the outermost pixels of a mask that is not empty, (H, W)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _words(name: str) -> tuple[str, ...]:
    """Lower-case words without articles, the last in the singular: `the red Chairs` is red, chair."""
    words = [word for word in re.findall(r"[a-z0-9]+", name.lower()) if word not in ("a", "an", "the")]
    if words and len(words[-1]) > 3 and words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1][: -2 if words[-1].endswith(("shes", "ches", "xes")) else -1]
    return tuple(words)


def _depth(view: ViewTruth, picture: Seen) -> NDArray[np.float32]:
    depth = _read(view.depth)
    unusable = ~np.isfinite(depth)
    if picture.ignore is not None:
        unusable |= picture.ignore
    return np.where(unusable, np.float32(np.nan), depth)


def _counts(ids: NDArray[np.uint16]) -> list[tuple[int, int]]:
    """(id, pixels) of what is in the picture, largest first."""
    counts: NDArray[Any] = np.bincount(ids.ravel())
    numbers = [int(n) for n in np.flatnonzero(counts) if n]
    return sorted(((n, int(counts[n])) for n in numbers), key=lambda pair: (-pair[1], pair[0]))


def _at(ids: NDArray[np.uint16], point: tuple[float, float]) -> int:
    """Id at a point in continuous pixels, 0 outside; the picture's far edges count as its last pixels."""
    height, width = ids.shape
    x, y = point
    if not (0 <= x <= width and 0 <= y <= height):
        return 0
    return int(ids[min(int(y), height - 1), min(int(x), width - 1)])


def _in_box(ids: NDArray[np.uint16], box: Box) -> int:
    """Id of the thing that a box is drawn around, or else of the one that fills most of it; 0 where nothing is."""
    height, width = ids.shape
    x0, y0 = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    x1, y1 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    counts = _counts(ids[y0:y1, x0:x1]) if x1 > x0 and y1 > y0 else []
    if not counts:
        return 0
    overlap, number = max((_iou(box_around(ids == n), box), n) for n, _ in counts)
    return number if overlap >= _SAME_BOX else counts[0][0]


def _iou(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _read(read: Callable[[], _T]) -> _T:
    """A part of the truth.

    Raises:
        InfrastructureError: It is not there.
    """
    try:
        return read()
    except (ValueError, OSError) as error:
        raise InfrastructureError("A part of the scene's truth cannot be read.", "Write the scene again.") from error
