"""The latest reconstruction as a glTF file: its points, and where its cameras stand.

glTF 2.0, binary: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html. It is right-handed with y up, so a point
(x, y, z) of ours, z up, is (x, z, -y) there.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.memory import ModelMistake, Workspace
from sightline.tools.camera.anchors import anchor_of

MOST = 200_000
"""Points that a browser is given."""
PHOTO, VIRTUAL = (0, 130, 146), (214, 94, 36)
"""Colours of the cameras of photos, and of virtual views."""

_POINTS, _LINES = 0, 1  # glTF's primitive modes
_FLOAT, _UNSIGNED_BYTE = 5126, 5121  # and component types


def cloud_file(ws: Workspace, folder: Path) -> tuple[Path, str] | None:
    """Write the latest reconstruction of a run.

    Args:
        ws: The run.
        folder: Where the file goes.

    Returns:
        The file, and in words what of the cloud it holds; None while nothing is reconstructed.
    """
    clouds = [handle for handle, artifact in ws.artifacts.items() if artifact.kind == "cloud"]
    if not clouds:
        return None
    cloud = ws.cloud(clouds[-1])
    scene = cloud.reconstruction
    finite = np.isfinite(scene.cloud.points).all(axis=1)
    points, colors = scene.cloud.points[finite], scene.cloud.colors[finite]
    total = len(points)
    near = _near(points)
    points, colors = points[near], colors[near]
    if len(points) > MOST:
        # A random choice shows the density as it is; a regular one would leave stripes.
        chosen = np.sort(np.random.default_rng(0).choice(len(points), MOST, replace=False))
        points, colors = points[chosen], colors[chosen]
    virtual = _virtual_cameras(ws, clouds[-1])
    size = _frustum_size(points, [camera.position for camera in scene.cameras.values()])
    shapes = [(_POINTS, points, colors)]
    for cameras, color in ((list(scene.cameras.values()), PHOTO), (list(virtual.values()), VIRTUAL)):
        if cameras:
            lines = np.concatenate([frustum(camera, size) for camera in cameras])
            shapes.append((_LINES, lines, np.tile(np.array(color, np.uint8), (len(lines), 1))))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{clouds[-1]}-{len(virtual)}.glb"
    path.write_bytes(to_glb(shapes))
    far = total - int(near.sum())
    whole = len(points) + far == total
    shown = f"{total:,} points" if whole else f"showing {_many(len(points))} of {_many(total)} points"
    words = f"{cloud.handle}: {shown}, {len(scene.cameras)} cameras"
    if far:
        words += f"; {_many(far)} points far out are not shown"
    if virtual:
        words += f", {len(virtual)} virtual views (orange)"
    return path, words


def _virtual_cameras(ws: Workspace, cloud: str) -> dict[str, Camera]:
    found = {}
    for handle, artifact in ws.artifacts.items():
        if artifact.is_picture and artifact.data.get("cloud") == cloud:
            try:
                anchor = anchor_of(ws, ws.cloud(cloud), ws.picture(handle))
            except ModelMistake:  # a picture of the cloud without a camera, such as a map
                continue
            found[handle] = anchor.camera
    return found


def frustum(camera: Camera, size: float) -> NDArray[np.float32]:
    """A camera as lines: (16, 3) world points, two for each; the picture is `size` in front of it."""
    width, height = camera.intrinsics.size
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    rays = camera.rays(np.array(corners, float))
    ends = [camera.position + ray * size for ray in rays]
    pairs = [(camera.position, end) for end in ends]
    pairs += [(ends[index], ends[(index + 1) % 4]) for index in range(4)]
    return np.array([point for pair in pairs for point in pair], np.float32)


def _near(points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which points are not far out: a viewer fits all it is given, and a few stray ones would shrink the rest."""
    if len(points) < 100:
        return np.ones(len(points), bool)
    low, high = np.percentile(points, [1, 99], axis=0)
    margin = 0.5 * (high - low)
    return np.asarray(((points >= low - margin) & (points <= high + margin)).all(axis=1))


def _frustum_size(points: NDArray[np.float32], positions: list[NDArray[np.float64]]) -> float:
    spread = np.asarray(points if len(points) > 1 else positions, float)
    if len(spread) < 2:
        return 0.1
    low, high = np.percentile(spread, [5, 95], axis=0)
    return max(1e-6, 0.08 * float(np.linalg.norm(high - low)))


def to_glb(shapes: list[tuple[int, NDArray[np.float32], NDArray[np.uint8]]]) -> bytes:
    """Shapes as a binary glTF file.

    Args:
        shapes: For each its primitive mode (0 points, 1 lines), (N, 3) world points and (N, 3) RGB colours.
    """
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    primitives = []
    body = b""
    for mode, points, colors in shapes:
        turned = np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1).astype("<f4")
        # Pictures hold gamma-encoded values, glTF's vertex colours are linear.
        linear = np.round(255 * (colors / 255.0) ** 2.2).astype(np.uint8)
        rgba = np.concatenate([linear, np.full((len(colors), 1), 255, np.uint8)], axis=1)
        for data, component, kind, normalized in (
            (turned, _FLOAT, "VEC3", False),
            (rgba, _UNSIGNED_BYTE, "VEC4", True),
        ):
            views.append({"buffer": 0, "byteOffset": len(body), "byteLength": data.nbytes})
            accessor = {
                "bufferView": len(views) - 1,
                "componentType": component,
                "count": len(data),
                "type": kind,
                "normalized": normalized,
            }
            if kind == "VEC3" and len(data):
                accessor |= {"min": data.min(axis=0).tolist(), "max": data.max(axis=0).tolist()}
            accessors.append(accessor)
            body += data.tobytes()  # both kinds are multiples of four bytes, as the format asks
        primitives.append(
            {"attributes": {"POSITION": len(accessors) - 2, "COLOR_0": len(accessors) - 1}, "mode": mode, "material": 0}
        )
    tree = {
        "asset": {"version": "2.0", "generator": "sightline"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": primitives}],
        "materials": [{"extensions": {"KHR_materials_unlit": {}}, "pbrMetallicRoughness": {"metallicFactor": 0}}],
        "extensionsUsed": ["KHR_materials_unlit"],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(body)}],
    }
    text = json.dumps(tree, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(body)
    return b"".join(
        (
            struct.pack("<4sII", b"glTF", 2, length),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", len(body), b"BIN\0"),
            body,
        )
    )


def _many(number: int) -> str:
    """`900`, `200 k`, `2.1 M`."""
    if number >= 1_000_000:
        return f"{number / 1e6:.1f} M"
    return f"{number / 1e3:.0f} k" if number >= 10_000 else f"{number:,}"
