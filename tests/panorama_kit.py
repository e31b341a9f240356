"""What tests of panoramas share: spheres with coloured discs at known directions, with maths of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tool_kit import call

from sightline.memory import Workspace

SIZE = (1024, 512)
DISCS: dict[str, tuple[tuple[float, float], tuple[int, int, int]]] = {
    "ahead": ((0, 0), (255, 0, 0)),
    "right": ((30, 0), (0, 255, 0)),
    "left": ((-30, 0), (0, 0, 255)),
    "above": ((0, 25), (255, 255, 0)),
    "below": ((0, -25), (255, 0, 255)),
    "east": ((90, 10), (0, 255, 255)),
    "seam": ((180, 5), (255, 128, 0)),
    "before the seam": ((160, -12), (128, 0, 255)),
    "behind the seam": ((-165, 20), (0, 128, 255)),
    "up": ((0, 90), (128, 255, 0)),
    "near up": ((120, 78), (255, 0, 128)),
    "down": ((0, -90), (0, 255, 128)),
    "near down": ((-60, -76), (128, 0, 0)),
}
"""Yaw, pitch and colour of each disc; between them all is grey."""
Pixels = NDArray[np.uint8]


def vector(yaw: Any, pitch: Any) -> NDArray[np.float64]:
    """Unit vectors: x to the right of yaw 0, y towards yaw 0, z up."""
    a, b = np.radians(yaw), np.radians(pitch)
    return np.stack([np.sin(a) * np.cos(b), np.cos(a) * np.cos(b), np.sin(b)], axis=-1)


def apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Degrees between two (yaw, pitch)."""
    p, q = vector(*a), vector(*b)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(p, q)), p @ q)))


def panorama_of_discs(size: tuple[int, int] = SIZE, radius: float = 4.0) -> Pixels:
    """The panorama of `DISCS`: its centre column is yaw 0, columns to the right are larger yaws, its top is up."""
    u, v = np.meshgrid((np.arange(size[0]) + 0.5) / size[0], (np.arange(size[1]) + 0.5) / size[1])
    rays = vector(u * 360 - 180, 90 - v * 180)
    out = np.full((size[1], size[0], 3), 90, dtype=np.uint8)
    for where, color in DISCS.values():
        out[rays @ vector(*where) > np.cos(np.radians(radius))] = color
    return out


def middles(pixels: Pixels) -> dict[str, tuple[float, float]]:
    """Where each disc is seen, centroid in continuous pixels; those that an edge cuts are left out."""
    found = {}
    signed = pixels.astype(np.int16)
    coloured = np.ptp(signed, axis=-1) > 60  # the ground is grey
    rows, columns = coloured.nonzero()
    colors = signed[rows, columns]
    for name, (_, color) in DISCS.items():
        same = np.abs(colors - np.array(color, dtype=np.int16)).max(axis=-1) < 25
        y, x = rows[same], columns[same]
        if y.size > 20 and min(y.min(), x.min()) > 0 and y.max() < len(pixels) - 1 and x.max() < pixels.shape[1] - 1:
            found[name] = (float(x.mean() + 0.5), float(y.mean() + 0.5))
    return found


def workspace_of(folder: Path, panorama: Pixels | None = None) -> Workspace:
    """A workspace whose pano1 is the panorama of discs, and whose img1 is an ordinary picture."""
    workspace = Workspace.create(folder / "ws")
    workspace.add_picture(panorama_of_discs() if panorama is None else panorama, kind="panorama")
    workspace.add_picture(np.full((240, 320, 3), 90, dtype=np.uint8))
    return workspace


def made(workspace: Workspace, instrument: Any, **arguments: Any) -> tuple[str, str]:
    """Call a tool that works; returns its text and the handle of the last picture it made ("" for none)."""
    known = set(workspace.artifacts)
    name = f"t.{len(workspace.calls) + 1}"
    finished = call(instrument, arguments, workspace, name=name)
    assert finished.outcome == "ok", finished.text
    new = [handle for handle in workspace.artifacts if handle not in known]
    return finished.text, new[-1] if new else ""


def refused(workspace: Workspace, instrument: Any, **arguments: Any) -> str:
    """Call a tool with arguments that are a model's mistake; returns what it is told."""
    name = f"t.{len(workspace.calls) + 1}"
    finished = call(instrument, arguments, workspace, name=name)
    assert finished.outcome == "mistake", finished.text
    return finished.text


def direction_in(line: str) -> tuple[float, float]:
    """The first yaw and pitch that a line states; the yaw of a pole is 0."""
    pitch = re.search(r"pitch (-?[\d.]+)", line)
    assert pitch is not None, line
    yaw = re.search(r"yaw (-?[\d.]+), pitch", line)
    return (0.0 if yaw is None else float(yaw[1])), float(pitch[1])
