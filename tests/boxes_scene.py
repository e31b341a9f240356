"""A scene of upright boxes on a floor, rendered by plain ray casting: pictures, depth and ids with known truth.

It shares nothing with `geometry/` but the file format. The world is a floor at z = 0 and boxes on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sightline.geometry.scene_file import ObjectTruth, SceneTruth, ViewTruth, pixel_sha256, write_scene_file

FLOOR = ObjectTruth(1, "floor", "floor", "grey", (0.0, 5.0, -0.05), (40.0, 40.0, 0.1), structure=True)


@dataclass(frozen=True)
class Shot:
    """A camera at a place, looking towards a bearing and a pitch; field of view in degrees across."""

    position: tuple[float, float, float] = (0.0, 0.0, 1.5)
    bearing: float = 0.0
    pitch: float = -10.0
    field_of_view: float = 60.0
    size: tuple[int, int] = (160, 120)
    time: float = 0.0


def thing(
    number: int,
    name: str,
    at: tuple[float, float],
    size: tuple[float, float, float],
    *,
    bottom: float = 0.0,
    bearing: float | None = None,
    symmetric: bool = False,
    motion: tuple[tuple[float, tuple[float, float, float], float], ...] = (),
) -> ObjectTruth:
    """A box that stands at (x, y), `bottom` above the floor."""
    colour, _, category = name.rpartition(" ")
    centre = (at[0], at[1], bottom + size[2] / 2)
    return ObjectTruth(
        number,
        name,
        category,
        colour,
        centre,
        size,
        axis_bearing=bearing or 0.0,
        bearing=bearing,
        symmetric=symmetric,
        motion=motion,
    )


def pose_of(shot: Shot) -> np.ndarray:
    """Camera-to-world: columns right, down, forward, position."""
    b, p = math.radians(shot.bearing), math.radians(shot.pitch)
    forward = np.array([math.sin(b) * math.cos(p), math.cos(b) * math.cos(p), math.sin(p)])
    right = np.array([math.cos(b), -math.sin(b), 0.0])
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(forward, right), forward, shot.position
    return pose


def render(objects: tuple[ObjectTruth, ...], shot: Shot) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """RGB (H, W, 3) uint8, z-depth (H, W) float32 with inf for sky, ids (H, W) uint16."""
    width, height = shot.size
    focal = width / (2 * math.tan(math.radians(shot.field_of_view) / 2))
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([(x - width / 2) / focal, (y - height / 2) / focal, np.ones_like(x)], axis=-1)
    pose = pose_of(shot)
    directions = rays @ pose[:3, :3].T
    origin = np.asarray(shot.position)
    depth = np.full((height, width), np.inf)
    ids = np.zeros((height, width), np.uint16)
    for o in objects:
        centre, bearing = o.at(shot.time)
        c, s = math.cos(math.radians(bearing)), math.sin(math.radians(bearing))
        axes = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        start, way = axes @ (origin - np.asarray(centre)), directions @ axes.T
        half = np.asarray(o.size) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = (-half - start) / way, (half - start) / way
        near, far = np.fmin(a, b).max(axis=-1), np.fmax(a, b).min(axis=-1)
        hit = (near <= far) & (near > 0) & (near < depth)
        depth[hit], ids[hit] = near[hit], o.id
    shade = np.random.default_rng(7).integers(40, 215, (max(o.id for o in objects) + 1, 3))
    texture = 30 * ((np.floor(x / 5) + np.floor(y / 5)) % 2)
    pixels = np.clip(shade[ids] + texture[..., None], 0, 255).astype(np.uint8)
    pixels[np.isinf(depth)] = (180, 200, 230)
    return pixels, depth.astype(np.float32), ids


def write_scene(folder: Path, objects: tuple[ObjectTruth, ...], *shots: Shot) -> tuple[SceneTruth, list[np.ndarray]]:
    """A scene folder; returns its truth and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = (FLOOR, *objects)
    views, pictures = [], []
    for number, shot in enumerate(shots):
        pixels, depth, ids = render(objects, shot)
        name = f"view{number}"
        cv2.imwrite(str(folder / f"{name}.png"), pixels[..., ::-1])
        cv2.imwrite(str(folder / f"{name}.ids.png"), ids)
        np.savez_compressed(folder / f"{name}.npz", depth=depth)
        width, height = shot.size
        focal = width / (2 * math.tan(math.radians(shot.field_of_view) / 2))
        views.append(
            ViewTruth(
                name,
                f"{name}.png",
                "pinhole",
                width,
                height,
                tuple(map(tuple, pose_of(shot).tolist())),
                pixel_sha256(pixels),
                f"{name}.npz",
                f"{name}.ids.png",
                shot.time,
                focal,
                focal,
                width / 2,
                height / 2,
                folder=folder,
            )
        )
        pictures.append(pixels)
    scene = SceneTruth(objects, tuple(views), folder=folder)
    write_scene_file(folder, scene)
    return scene, pictures
