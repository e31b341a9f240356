"""A room made ready for questions: what stands in it, who looks at it, what shows where, and what things are called.

To `make_room` are added: things of classes that are there already in other colours, so that a class alone names
nothing; fewer chairs; and other sizes, so that what a thing is does not tell how tall it is.
"""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.evals.synthetic.cameras import CameraSpec
from sightline.evals.synthetic.furniture import MAKERS
from sightline.evals.synthetic.render import render
from sightline.evals.synthetic.rooms import Scene, footprint, make_room
from sightline.evals.synthetic.solids import Thing, Vector
from sightline.evals.synthetic.truth import distance_between
from sightline.evals.synthetic.writing import Clip, write_scene

if TYPE_CHECKING:
    from sightline.evals.synthetic.suite.looks import Look

SIZE = (640, 480)
PANORAMA = (1280, 640)
SMALL = 4
"""A look is smaller than its picture by this."""
FEWEST_PIXELS = 400
"""That a thing must show in a picture, to be asked about there."""
_SAFETY = 1.4
"""Small looks may be wrong about outlines: this much more must show in them."""

_EXTRA = {
    "stool": ("pink", "turquoise", "orange", "purple", "black"),
    "toy car": ("blue", "yellow", "purple", "white", "black"),
    "teddy": ("white", "pink", "turquoise"),
    "chair": ("white", "black", "pink"),
    "lamp": ("red", "blue", "green"),
}
"""Classes that are added to, with colours that the room itself does not give them."""
_RESIZED = frozenset({"stool", "teddy", "lamp", "plant", "ball", "shelf", "wardrobe", "box", "chair", "toy car"})
_NAMELESS = frozenset({"rug", "picture", "clock", "monitor", "mug"})
"""What is not asked about: it lies flat, hangs, or is small. What stands on a desk is too close to it."""


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture to be taken: by whom, when."""

    camera: CameraSpec
    time: float = 0.0


@dataclass(frozen=True, eq=False)
class Stage:
    """A room with the pictures that questions are asked about.

    Attributes:
        suite: The suite's name.
        seed: What all was made from.
        scene: The room.
        shots: The pictures, in order; for a video, the frames that its questions are chosen by.
        clip: The video, where there is one.
    """

    suite: str
    seed: int
    scene: Scene
    shots: tuple[Shot, ...]
    clip: Clip | None = None

    @property
    def key(self) -> str:
        """What pictures, scene and cluster are called."""
        return f"{self.suite}-{self.seed}"

    @property
    def panorama(self) -> bool:
        """Whether the pictures are panoramas."""
        return self.shots[0].camera.kind == "panorama"

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of a picture."""
        return self.clip.size if self.clip else PANORAMA if self.panorama else SIZE

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """What shows in each picture."""
        from sightline.evals.synthetic.suite.looks import look_at  # numba comes with it

        small = (self.size[0] // SMALL, self.size[1] // SMALL)
        if self.clip:
            small = self.size[0] // 2, self.size[1] // 2
        return tuple(look_at(self.scene, shot.camera, small, shot.time) for shot in self.shots)

    @cached_property
    def words(self) -> dict[str, str]:
        """What each thing is called, by its name in the scene: its class, with its colour if that is needed."""
        count = Counter(thing.category for thing in self.scene.objects)
        out = {}
        for thing in self.scene.objects:
            noun = "beach ball" if thing.category == "ball" else thing.category
            out[thing.name] = noun if count[thing.category] == 1 else f"{thing.colour} {noun}"
        return out

    @cached_property
    def known(self) -> tuple[Thing, ...]:
        """What can be asked about: nothing else is called the same, and some picture shows enough of it."""
        taken = Counter(self.words.values())
        named = [t for t in self.scene.objects if t.category not in _NAMELESS and taken[self.words[t.name]] == 1]
        return tuple(thing for thing in named if self.shown_in(thing))

    def shown_in(self, thing: Thing) -> tuple[int, ...]:
        """Pictures that show enough of a thing."""
        number = self.scene.id_of(thing.name)
        needed = _SAFETY * FEWEST_PIXELS / (self.size[0] * self.size[1])
        return tuple(k for k, seen in enumerate(self.looks) if seen.share(number) >= needed)

    def hidden_in(self, thing: Thing, k: int) -> bool:
        """Whether a picture shows nothing of a thing at all."""
        return self.looks[k].share(self.scene.id_of(thing.name)) == 0

    def boxes(self, things: Sequence[Thing], extra: int = 0) -> dict[str, list[list[float] | None]]:
        """Where things show, by what they are called, with None for `extra` pictures that show no room."""
        out: dict[str, list[list[float] | None]] = {}
        for thing in things:
            found = [seen.box(self.scene.id_of(thing.name)) for seen in self.looks]
            out[self.words[thing.name]] = [[round(v, 4) for v in box] if box else None for box in found]
            out[self.words[thing.name]] += [None] * extra
        return out

    def apart(self, a: Thing, b: Thing) -> float:
        """Metres between the closest points of two things."""
        return self._distances.setdefault((a.name, b.name), distance_between(a, b))

    @cached_property
    def _distances(self) -> dict[tuple[str, str], float]:
        return {}

    def write(self, folder: Path) -> None:
        """Take the pictures, with the truth beside them for oracle back ends."""
        scene = folder / "scenes" / self.key
        views = [] if self.clip else [render(self.scene, s.camera, self.size, s.time) for s in self.shots]
        write_scene(scene, self.scene, views, [self.clip] if self.clip else [])
        (folder / "pictures").mkdir(exist_ok=True)
        for k, name in enumerate(self.pictures):
            shutil.copyfile(scene / f"view{k}.png", folder / name)
        if self.clip:
            shutil.copyfile(scene / "video0.mp4", folder / self.video)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Paths of the pictures in the set's folder."""
        return () if self.clip else tuple(f"pictures/{self.key}-{k + 1}.png" for k in range(len(self.shots)))

    @property
    def video(self) -> str:
        """Path of the video in the set's folder; "" for none."""
        return f"pictures/{self.key}.mp4" if self.clip else ""


def furnished(seed: int, *, rolling: bool = False, walker: bool = False) -> Scene:
    """The room of a seed, with more things of the same classes, fewer chairs and other sizes.

    Args:
        seed: Everything random comes from it.
        rolling: The ball rolls, as in `make_room`.
        walker: A person walks, as in `make_room`.
    """
    rng = np.random.default_rng([seed, 11])
    scene = make_room(seed, rolling=rolling, walker=walker)
    chairs = [thing.name for thing in scene.objects if thing.category == "chair"]
    if chairs:
        scene = scene.without(*rng.choice(chairs, int(rng.integers(0, len(chairs))), replace=False))
    things = [
        _resized(thing, float(rng.uniform(0.55, 1.0)))
        if thing.category in _RESIZED and not thing.motion and rng.uniform() < 0.4
        else thing
        for thing in scene.things
    ]
    taken = [footprint(thing) for thing in things if not thing.structure and thing.category != "rug"]
    taken += [footprint(t.at(time)) for t in things if t.motion for time in np.linspace(0, 6, 13)]
    for category in rng.choice(list(_EXTRA), 3, replace=False):
        count = int(rng.integers(1, 4))
        for colour in rng.choice(_EXTRA[category], count, replace=False):
            extra = _resized(MAKERS[category](str(colour)), float(rng.uniform(0.8, 1.6)))
            if any(thing.name == extra.name for thing in things):
                continue
            placed = _free_place(extra, scene.size, taken, rng)
            if placed is not None:
                taken.append(footprint(placed))
                things.append(placed)
    return replace(scene, things=tuple(things))


def _free_place(
    thing: Thing, room: Vector, taken: Sequence[tuple[np.ndarray, np.ndarray]], rng: np.random.Generator
) -> Thing | None:
    """The thing somewhere on the floor where nothing else is."""
    half = np.array(room[:2]) / 2
    for _ in range(40):
        x, y = (float(v) for v in rng.uniform(-0.44, 0.44, 2) * room[:2])
        placed = thing.placed(x, y, float(rng.uniform(0, 360)))
        low, high = footprint(placed)
        inside = (low > -half + 0.02).all() and (high < half - 0.02).all()
        if inside and all((low - 0.1 > b).any() or (high + 0.1 < a).any() for a, b in taken):
            return placed
    return None


def _resized(thing: Thing, factor: float) -> Thing:
    """The thing, larger or smaller by a factor, on the same spot."""

    def times(vector: Vector) -> Vector:
        x, y, z = (factor * v for v in vector)
        return x, y, z

    return replace(thing, parts=tuple(replace(p, centre=times(p.centre), dim=times(p.dim)) for p in thing.parts))


def height(thing: Thing) -> float:
    """Of its box, in metres."""
    low, high = thing.box()
    return float(high[2] - low[2])


def wrapped(degrees: float) -> float:
    """The same direction in -180 to 180."""
    return (degrees + 180) % 360 - 180


def sees_front(shot: Shot, thing: Thing, within: float = 70.0) -> bool:
    """Whether a camera is on the side of a thing's front, within so many degrees of straight before it."""
    x, y, _ = np.asarray(shot.camera.position) - thing.centre()
    return abs(wrapped(math.degrees(math.atan2(float(x), float(y))) - thing.bearing)) <= within
