"""One photo, or every photo of a reconstruction, lifted into 3D by its depth.

Depth of a lone photo must be metric, or relative: ordinal depth holds no lengths and is refused. Where a reconstruction
has placed the photo already, its sparse points say what the depth map's numbers mean there, and any kind will do:
metric depth is scaled to them, ordinal inverse depth is scaled and shifted (it is right up to just that). The unit
stays the reconstruction's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.cameras import Camera
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.gravity import up_from_floor
from sightline.geometry.poses import camera_up, level_world
from sightline.geometry.reconstructions import Reconstruction, UpKind
from sightline.memory import InstrumentLimit
from sightline.tools.back_ends.protocols import DepthEstimate, Seen

MOST_POINTS = 2_000_000
_FEWEST = 100
_FEWEST_SHARED = 40
"""Sparse points of a photo that its depth map is fitted to; fewer would bend it."""
_FITS = 0.15
"""Largest median relative error of a fitted depth map at the sparse points."""
_ROUNDS = 8


def lift(picture: Seen, found: DepthEstimate, name: str) -> Reconstruction:
    """One photo with its depth as a reconstruction of one camera.

    Up comes from the floor where one is seen, else picture-up is assumed. A focal length that is a guess is replaced by
    the one that the depth estimator found.

    Args:
        picture: The photo.
        found: Its depth; metric or relative.
        name: What a unit of length is called where it is not metres.

    Raises:
        InstrumentLimit: The depth is an order only, or hardly any of it is known.
    """
    if found.kind == "ordinal":
        raise InstrumentLimit(
            f"the depth of {picture.handle} is an order only: it cannot be lifted to 3D, because it holds no lengths.",
            "Use a metric depth back end (depth-anything-indoor, depth-pro), or `reconstruct` several photos.",
        )
    lens = picture.intrinsics
    if lens.source == "guess" and found.focal is not None:
        lens = type(lens).from_focal(lens.size, found.focal, "estimated")
    rows, columns = found.depth.shape
    own = lens.resized((columns, rows))
    known = smooth_depth(found.depth)
    if picture.ignore is not None:
        known &= ~_resized_mask(picture.ignore, (columns, rows))
    step = max(1, int(np.ceil(np.sqrt(rows * columns / MOST_POINTS))))
    known &= np.add.outer(np.arange(rows) % step, np.arange(columns) % step) == 0
    if known.sum() < _FEWEST:
        raise InstrumentLimit(
            f"hardly any depth is known in {picture.handle}.", "Use another photo, or `reconstruct` several."
        )
    colors = _resized(picture.pixels, (columns, rows))
    first = PointCloud.from_depth(Camera(own), found.depth, colors, 0, known)
    up, error = camera_up(np.eye(4)), 0.0
    kind: UpKind = "assumed"
    try:
        gravity = up_from_floor(first.thinned(50_000).points, np.zeros((1, 3)), up)
        up, error, kind = gravity.up, gravity.error, "estimated"
    except ValueError:
        pass  # no floor: picture-up stays, and says that it is assumed
    world = level_world(np.eye(4), up)
    cloud = first.transformed(world)
    return Reconstruction(
        cameras={picture.handle: Camera(lens, world)},
        cloud=cloud,
        scale_kind=found.kind,
        scale_factor=found.factor,
        scale_because="" if found.kind == "measured" else f"from the depth of {picture.handle} alone",
        up=kind,
        up_error=error,
        depths={picture.handle: found.depth},
        warnings=("One photo shows one side of everything: what is hidden is not in it.",),
        method=f"depth of {name}, lifted",
    )


@dataclass(frozen=True)
class Fitted:
    """A depth map in the units of a reconstruction.

    Attributes:
        depth: (h, w) float32 z-depth, NaN where unknown.
        error: Median relative error at the sparse points.
        shared: Sparse points that it was fitted to.
    """

    depth: NDArray[np.float32]
    error: float
    shared: int


def fitted(reconstruction: Reconstruction, handle: str, found: DepthEstimate) -> Fitted:
    """A photo's depth map in the units of the reconstruction that placed it.

    Args:
        reconstruction: With a camera for the photo, and points seen in it.
        handle: The photo.
        found: Its depth, of any kind.

    Raises:
        InstrumentLimit: Too few points are shared, or the map does not fit them.
    """
    points = reconstruction.cloud.points[reconstruction.seen_in(handle)].astype(np.float64)
    pixels, z = reconstruction.cameras[handle].project(points)
    rows, columns = found.depth.shape
    width, height = reconstruction.cameras[handle].intrinsics.size
    inside = np.isfinite(pixels).all(axis=1) & (pixels >= 0).all(axis=1) & (pixels < (width, height)).all(axis=1)
    pixels, z = pixels[inside] * (columns / width, rows / height), z[inside]
    read = found.depth[pixels[:, 1].astype(np.intp), pixels[:, 0].astype(np.intp)].astype(np.float64)
    usable = np.isfinite(read) if found.kind == "ordinal" else np.isfinite(read) & (read > 0)
    read, z = read[usable], z[usable]
    if len(z) < _FEWEST_SHARED:
        raise InstrumentLimit(
            f"only {len(z)} points of the reconstruction lie on the depth of {handle}: too few to fit it to them.",
            "Reconstruct with more photos near it, or of more texture.",
        )
    if found.kind == "ordinal":
        scale, shift = _line(read, 1 / z)
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = np.asarray(1 / (scale * found.depth + shift))
            at = np.asarray(1 / (scale * read + shift))
    else:
        scale = float(np.exp(np.median(np.log(z / read))))
        whole, at = np.asarray(scale * found.depth), scale * read
    depth = np.where(np.isfinite(whole) & (whole > 0), whole, np.nan).astype(np.float32)
    error = float(np.median(np.abs(np.where(at > 0, at, np.inf) / z - 1)))
    if error > _FITS:
        raise InstrumentLimit(
            f"the depth of {handle} does not fit the reconstruction: half of the points are off by {100 * error:.0f} % "
            "or more.",
            "Use another depth back end, or go on with the sparse reconstruction.",
        )
    return Fitted(depth, error, len(z))


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Y = a x + b with least absolute errors, by reweighted least squares."""
    weights = np.ones(len(x))
    design = np.stack([x, np.ones(len(x))], axis=1)
    solution = np.zeros(2)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        solution, *_ = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)
        weights = 1 / np.maximum(np.abs(y - design @ solution), 1e-6 * float(np.abs(y).mean()))
    return float(solution[0]), float(solution[1])


def densified(
    reconstruction: Reconstruction, maps: Mapping[str, Fitted], pictures: Mapping[str, Seen]
) -> Reconstruction:
    """The same cameras with every pixel of these photos lifted; their sparse points give way, those of others stay.

    Args:
        reconstruction: With cameras for all of them.
        maps: Depth by handle.
        pictures: The photos by handle.
    """
    total = sum(m.depth.size for m in maps.values())
    step = max(1, int(np.ceil(np.sqrt(total / MOST_POINTS))))
    replaced = [reconstruction.handles.index(handle) for handle in maps]
    clouds = [reconstruction.cloud.where(~np.isin(reconstruction.cloud.view, replaced))]
    for handle, fit in maps.items():
        camera = reconstruction.cameras[handle]
        rows, columns = fit.depth.shape
        keep = smooth_depth(fit.depth) & (np.add.outer(np.arange(rows) % step, np.arange(columns) % step) == 0)
        ignore = pictures[handle].ignore
        if ignore is not None:
            keep &= ~_resized_mask(ignore, (columns, rows))
        own = Camera(camera.intrinsics.resized((columns, rows)), camera.pose)
        cloud = PointCloud.from_depth(
            own,
            fit.depth,
            _resized(pictures[handle].pixels, (columns, rows)),
            reconstruction.handles.index(handle),
            keep,
        )
        clouds.append(replace(cloud, radius=cloud.radius * np.float32(step)))
    return replace(
        reconstruction,
        cloud=PointCloud.joined(clouds),
        depths={**reconstruction.depths, **{handle: fit.depth for handle, fit in maps.items()}},
        method=f"{reconstruction.method}, with depth maps fitted to it",
    )


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _resized_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    import cv2

    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0)
