"""Rendered rooms with exact truth: the test world of instruments, and of the synthetic benchmark later.

A room is drawn from a seed (`make_room`), cameras take pictures of it (`render.render`), `write_scene` puts pictures,
videos and truth into a folder that oracle back ends read, and `truth` answers questions about it with maths that
shares nothing with `sightline.geometry`. docs/synthetic.md shows how.

Names are loaded when first used: numba and OpenCV come with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.evals.synthetic.cameras import CameraSpec, looking_at, orbit_of, pan_of, stereo_pair
    from sightline.evals.synthetic.hard_cases import HARD_CASES, Case
    from sightline.evals.synthetic.render import Rendered, cameras_around, views_around
    from sightline.evals.synthetic.rooms import Scene, example_room, make_room
    from sightline.evals.synthetic.solids import Thing
    from sightline.evals.synthetic.writing import Clip, write_scene

__all__ = [
    "HARD_CASES",
    "CameraSpec",
    "Case",
    "Clip",
    "Rendered",
    "Scene",
    "Thing",
    "cameras_around",
    "example_room",
    "looking_at",
    "make_room",
    "orbit_of",
    "pan_of",
    "stereo_pair",
    "views_around",
    "write_scene",
]

_HOMES = {
    "CameraSpec": "cameras",
    "looking_at": "cameras",
    "orbit_of": "cameras",
    "pan_of": "cameras",
    "stereo_pair": "cameras",
    "HARD_CASES": "hard_cases",
    "Case": "hard_cases",
    "Rendered": "render",
    "cameras_around": "render",
    "views_around": "render",
    "Scene": "rooms",
    "example_room": "rooms",
    "make_room": "rooms",
    "Thing": "solids",
    "Clip": "writing",
    "write_scene": "writing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
