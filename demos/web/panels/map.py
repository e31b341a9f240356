"""The scene from above: the latest reconstruction's points, cameras and located objects, with a scale."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sightline.demos.trace.markup import escape, tag
from sightline.memory import Cloud, Workspace
from sightline.memory.scene import short_name

WIDTH, HEIGHT = 320.0, 260.0
DOTS = 900
MARGIN = 26.0
"""Of the drawing: CSS pixels, dots at most, CSS pixels around it."""


def map_svg(ws: Workspace) -> str:
    """The map as SVG, +y (forward of the first camera) up; "" while nothing is reconstructed."""
    clouds = [handle for handle, artifact in ws.artifacts.items() if artifact.kind == "cloud"]
    if not clouds:
        return ""
    cloud = ws.cloud(clouds[-1])
    scene = cloud.reconstruction
    points = scene.cloud.points[np.isfinite(scene.cloud.points).all(axis=1)]
    places = {item.handle: (item.name, cloud.place_of(item.handle)) for item in ws.scene.objects.values()}
    located = {handle: (name, place) for handle, (name, place) in places.items() if place is not None}
    cameras = [camera.position[:2] for camera in scene.cameras.values()]
    corners = [*cameras, *(np.asarray(place.centre[:2]) for _, place in located.values())]
    if len(points):
        # A few points far out must not shrink all the others to a dot.
        corners += list(np.percentile(points[:, :2], [3, 97], axis=0))
    if not corners:
        return ""
    view = _View(np.asarray(corners))
    drawn = [_dots(view, points, scene.cloud.colors)]
    drawn += [_camera(view, handle, camera.position, camera.forward) for handle, camera in scene.cameras.items()]
    drawn += [_object(view, handle, name, place.centre, place.size) for handle, (name, place) in located.items()]
    drawn.append(_scale(view, cloud))
    said = f"Map of {cloud.handle} from above: {len(scene.cameras)} cameras, {len(located)} located objects"
    return tag(
        "svg",
        *drawn,
        class_="map",
        viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        role="img",
        aria_label=said,
    )


class _View:
    """From world x, y to the drawing, which has y down."""

    def __init__(self, corners: NDArray[np.float64]) -> None:
        low, high = corners.min(axis=0), corners.max(axis=0)
        self._middle = (low + high) / 2
        span = np.maximum(high - low, 1e-9)
        self.scale = float(min((WIDTH - 2 * MARGIN) / span[0], (HEIGHT - 2 * MARGIN) / span[1]))

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (
            WIDTH / 2 + (x - float(self._middle[0])) * self.scale,
            HEIGHT / 2 - (y - float(self._middle[1])) * self.scale,
        )


def _dots(view: _View, points: NDArray[np.float32], colors: NDArray[np.uint8]) -> str:
    if not len(points):
        return ""
    chosen = np.linspace(0, len(points) - 1, min(DOTS, len(points))).astype(int)
    dots = []
    for index in chosen:
        x, y = view.at(float(points[index, 0]), float(points[index, 1]))
        if 0 <= x <= WIDTH and 0 <= y <= HEIGHT:
            r, g, b = (int(value) for value in colors[index])
            dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.3" fill="#{r:02x}{g:02x}{b:02x}"/>')
    return tag("g", *dots, opacity="0.75")


def _camera(view: _View, handle: str, position: NDArray[np.float64], forward: NDArray[np.float64]) -> str:
    x, y = view.at(float(position[0]), float(position[1]))
    angle = math.atan2(-float(forward[1]), float(forward[0]))
    tips = [
        (x + 13 * math.cos(angle + turn), y + 13 * math.sin(angle + turn)) for turn in (-0.5, 0.5)
    ]  # the field that it looks into, not to scale
    wedge = " ".join(f"{px:.1f},{py:.1f}" for px, py in ((x, y), *tips))
    return tag("g", f'<polygon class="camera" points="{wedge}"/>', _label(x, y + 12, handle))


def _object(
    view: _View, handle: str, name: str, centre: tuple[float, float, float], size: tuple[float, float, float]
) -> str:
    x, y = view.at(centre[0], centre[1])
    radius = min(30.0, max(4.0, max(size[0], size[1]) * view.scale / 2))
    mark = f'<circle class="thing" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
    return tag("g", mark, _label(x, y - radius - 4, short_name(name) or handle))


def _label(x: float, y: float, words: str) -> str:
    inside = min(WIDTH - 4, max(4.0, x))
    anchor = "start" if inside < 40 else "end" if inside > WIDTH - 40 else "middle"
    return tag("text", escape(words), x=f"{inside:.1f}", y=f"{min(HEIGHT - 4, max(10.0, y)):.1f}", text_anchor=anchor)


def _scale(view: _View, cloud: Cloud) -> str:
    """A bar of a round length, with its unit: metres only where the run knows them."""
    longest = 80 / view.scale
    power = 10.0 ** math.floor(math.log10(longest))
    length = max(step * power for step in (1, 2, 5) if step * power <= longest)
    metric = cloud.scale.kind in ("measured", "estimated")
    words = f"{length:g} {'m' if metric else 'scene units'}"
    right = 8 + length * view.scale
    bar = f'<path class="bar" d="M8 {HEIGHT - 12:g}v4h{right - 8:.1f}v-4"/>'
    return tag("g", bar, tag("text", escape(words), x=f"{right + 6:.1f}", y=f"{HEIGHT - 6:g}"))
