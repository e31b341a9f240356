"""What a handle of spatial data stands for: reconstructions, depth maps, masks, videos and tracks of a run.

Each is a thin, frozen reading of an artifact; arrays are read from disk when they are asked for and kept while memory
allows. A `Cloud` is a reconstruction as the run knows it now: with the scale that was stated for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.quantities import Scale, ScaleKind
from sightline.geometry.reconstructions import Reconstruction

if TYPE_CHECKING:
    from sightline.memory.artifacts import Artifact
    from sightline.memory.facts import ObjectPlaced
    from sightline.memory.workspace import Workspace


@dataclass(frozen=True)
class Stored:
    """An artifact of the run that is no plain picture."""

    handle: str
    _workspace: Workspace

    @property
    def artifact(self) -> Artifact:
        """Everything known of it."""
        return self._workspace.artifacts[self.handle]

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its arrays by name, read-only."""
        return self._workspace.arrays(self.handle)

    def __str__(self) -> str:
        return self.handle


@dataclass(frozen=True)
class Cloud(Stored):
    """A reconstruction: cameras and points in one world."""

    @cached_property
    def reconstruction(self) -> Reconstruction:
        """As the run knows it now: in metres where a scale was stated for it."""
        computed = Reconstruction.from_arrays(self.arrays, self.artifact.data["reconstruction"])
        stated = self._workspace.scales.get(self.handle)
        if stated is None:
            return computed
        scaled = computed.transformed(np.diag([stated.metres, stated.metres, stated.metres, 1.0]))
        return replace(scaled, scale_kind="measured", scale_factor=stated.factor, scale_because=stated.because)

    @property
    def unit(self) -> float:
        """What one unit as computed is in the units of `reconstruction`: 1 until a scale was stated."""
        stated = self._workspace.scales.get(self.handle)
        return 1.0 if stated is None else stated.metres

    @property
    def scale(self) -> Scale:
        """What its lengths are worth."""
        stated = self._workspace.scales.get(self.handle)
        if stated is not None:
            return Scale("measured", self.handle, stated.factor, stated.because)
        data = self.artifact.data["reconstruction"]
        return Scale(data["scale_kind"], self.handle, data["scale_factor"], data["scale_because"])

    @property
    def pictures(self) -> list[str]:
        """Handles of the pictures that have a camera in it, in order; costs no reading of arrays."""
        return list(self.artifact.data["reconstruction"]["cameras"])

    def place_of(self, handle: str) -> ObjectPlaced | None:
        """Where an object is in it, in the units of `reconstruction`; None where it was not located."""
        known = self._workspace.scene.get(handle)
        place = None if known is None else known.places.get(self.handle)
        if place is None or self.unit == 1.0:
            return place
        (x, y, z), (a, b, c), unit = place.centre, place.size, self.unit
        return place.model_copy(
            update={
                "centre": (x * unit, y * unit, z * unit),
                "size": (a * unit, b * unit, c * unit),
                "error": place.error * unit,
            }
        )


@dataclass(frozen=True)
class DepthMap(Stored):
    """Depth of one picture."""

    @property
    def array(self) -> NDArray[np.float32]:
        """(h, w) float32; z-depth, a panorama's range, or for `ordinal` inverse depth: larger is nearer."""
        return self.arrays["depth"]

    @property
    def picture(self) -> str:
        """Handle of the picture it is the depth of."""
        return str(self.artifact.data["picture"])

    @property
    def kind(self) -> ScaleKind:
        """What its numbers are worth."""
        kind: ScaleKind = self.artifact.data["scale_kind"]
        return kind

    @property
    def focal(self) -> float | None:
        """Focal length in pixels of the picture that the estimator found, or None."""
        focal: float | None = self.artifact.data.get("focal")
        return focal

    @property
    def scale(self) -> Scale:
        """What its lengths are worth."""
        data = self.artifact.data
        frame = str(data.get("frame") or self.handle)  # a map taken from a reconstruction has that one's unit
        return Scale(self.kind, frame, data["scale_factor"], data["scale_because"])


@dataclass(frozen=True)
class Mask(Stored):
    """The outline of a thing in a picture."""

    @property
    def array(self) -> NDArray[np.bool_]:
        """(H, W) bool, of the picture's stored size."""
        return self.arrays["mask"]

    @property
    def picture(self) -> str:
        """Handle of the picture it belongs to."""
        return str(self.artifact.data["picture"])


@dataclass(frozen=True)
class Video(Stored):
    """A video that a person gave."""

    @property
    def path(self) -> Path:
        """Its file."""
        return self._workspace.path(self.handle)

    @property
    def info(self) -> dict[str, Any]:
        """duration_s, frames, fps, size, rotation: see `sightline.memory.video.VideoInfo`."""
        return self.artifact.data


@dataclass(frozen=True)
class Track(Stored):
    """Things followed through the frames of a video."""

    @property
    def names(self) -> list[str]:
        """What each thing is."""
        return [str(name) for name in self.artifact.data["names"]]

    @property
    def boxes(self) -> NDArray[np.float64]:
        """(things, frames, 4) stored pixels (x0, y0, x1, y1); NaN where not seen."""
        return self.arrays["boxes"]

    @property
    def times(self) -> NDArray[np.float64]:
        """(frames,) seconds into the video."""
        return self.arrays["times"]

    @property
    def video(self) -> str:
        """Handle of the video."""
        return str(self.artifact.data["video"])
