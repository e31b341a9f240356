"""What shows where in a small picture, without light and colour: a tenth of a picture's time.

Questions are chosen by what these say; the pictures themselves are only drawn for those that are written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.kernels import FAR, cast, look
from sightline.evals.synthetic.rooms import Scene
from sightline.evals.synthetic.solids import Packed, pack

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Look:
    """What a camera sees.

    Attributes:
        ids: (height, width) uint16 instance ids, as in `Rendered`.
        camera: Who sees it.
        time: When, in seconds.
    """

    ids: NDArray[np.uint16]
    camera: CameraSpec
    time: float = 0.0
    _known: dict[int, Box | None] = field(default_factory=dict, repr=False)

    def share(self, number: int) -> float:
        """Share of the picture that shows an instance id, 0 to 1."""
        return float(self._counts[number]) / self.ids.size if number < len(self._counts) else 0.0

    @cached_property
    def _counts(self) -> NDArray[np.intp]:
        return np.bincount(self.ids.ravel())

    def box(self, number: int) -> Box | None:
        """(x0, y0, x1, y1) round an instance id, as fractions of the picture; None where it does not show.

        In a panorama x1 is above 1 where the thing crosses the seam.
        """
        if number not in self._known:
            self._known[number] = self._box(number)
        return self._known[number]

    def _box(self, number: int) -> Box | None:
        rows, columns = np.nonzero(self.ids == number)
        if not len(rows):
            return None
        height, width = self.ids.shape
        x0, x1 = int(columns.min()), int(columns.max()) + 1
        if self.camera.kind == "panorama" and x0 == 0 and x1 == width:
            taken = np.unique(columns)
            gap = int(np.argmax(np.diff(taken))) if len(taken) > 1 else 0
            if len(taken) < width:
                x0, x1 = int(taken[gap + 1]), int(taken[gap]) + 1 + width
        return x0 / width, int(rows.min()) / height, x1 / width, (int(rows.max()) + 1) / height


def look_at(scene: Scene, camera: CameraSpec, size: tuple[int, int], time: float = 0.0) -> Look:
    """See a scene.

    Args:
        scene: Of what.
        camera: Who sees it.
        size: (width, height) in pixels.
        time: When, in seconds.
    """
    packed = _packed(scene, time)
    width, height = size
    panorama = camera.kind == "panorama"
    focal = width / (2 * np.pi) if panorama else camera.focal(width)
    lens = (panorama, focal, focal, width / 2, height / 2, np.zeros(5), np.ascontiguousarray(camera.axes))
    ids = np.zeros((height, width), np.uint16)
    _see(np.array(camera.position, dtype=np.float64), lens, packed.scene, packed.owner, ids)
    return Look(ids, camera, time)


@lru_cache(maxsize=8)
def _packed(scene: Scene, time: float) -> Packed:
    return pack(scene.at(time), defaultdict(int), scene.contrast)  # which texture is all the same here


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _see(eye: Any, lens: Any, scene: Any, owner: Any, ids: Any) -> None:
    direction, stack = np.empty(3), np.empty(48, np.int32)
    for y in range(ids.shape[0]):
        for x in range(ids.shape[1]):
            look(x + 0.5, y + 0.5, lens, direction)
            _, surface, _ = cast(eye, direction, 0, FAR, False, scene, stack)
            if surface >= 0:
                ids[y, x] = owner[surface]
