"""From handles to what is known of a thing in a reconstruction: the part of measuring that reads the run's memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.boxes import Box3D
from sightline.geometry.cameras import Camera
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import Cloud, InstrumentLimit, ModelMistake, SceneObject, Workspace
from sightline.memory.scene import Sighting, short_name
from sightline.tools.measure import observed as seen
from sightline.tools.measure import outlines, plates
from sightline.tools.measure.floors import find_floor
from sightline.tools.measure.observed import FEWEST_POINTS, Observed

Floats = NDArray[np.float64]
Warp = Callable[[Floats], Floats]


_SHAPE = 0.04
"""The middle of what was seen differs from the middle of the thing by about this share of its length, for holes and
thin parts that were missed."""


_POINTED = 0.01
"""Share of the distance by which a marked point is not better known than: points that near in the picture count."""


@dataclass(frozen=True)
class Mark:
    """Where a thing is in one picture of a reconstruction."""

    picture: str
    box: tuple[float, float, float, float] | None
    point: tuple[float, float] | None
    mask: str | None

    @property
    def centre(self) -> tuple[float, float]:
        """The marked point, or the middle of the box."""
        if self.point is not None:
            return self.point
        assert self.box is not None, "a mark has a box or a point"
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2


def label_of(item: SceneObject) -> str:
    """How texts call an object: `obj1 "red chair"`."""
    return f'{item.handle} "{short_name(item.name)}"'


def clouds_of(workspace: Workspace) -> list[Cloud]:
    """The run's reconstructions, the latest first."""
    return [workspace.cloud(h) for h, a in reversed(list(workspace.artifacts.items())) if a.kind == "cloud"]


def chosen_cloud(workspace: Workspace, things: Sequence[SceneObject], wanted: Cloud | None = None) -> Cloud:
    """The reconstruction that these objects can all be measured in: the wanted one, or the latest that holds them.

    Raises:
        InstrumentLimit: There is none, or they are in different ones.
    """
    known = clouds_of(workspace) if wanted is None else [workspace.cloud(wanted.handle)]
    if not known:
        raise InstrumentLimit(
            "nothing is reconstructed yet: there is no space to measure in.",
            "Use `reconstruct` on two pictures or more, or `register_depth` on one.",
        )
    for cloud in known:
        if all(marks_of(workspace, cloud, t) or cloud.place_of(t.handle) for t in things):
            return cloud
    where = []
    for thing in things:
        inside = [c.handle for c in known if marks_of(workspace, c, thing) or c.place_of(thing.handle)]
        where.append(f"{label_of(thing)} is {'in ' + ', '.join(inside) if inside else 'in none of them'}")
    if wanted is None and len(known) > 1:
        raise InstrumentLimit(
            f"no reconstruction holds all of these: {'; '.join(where)}. Different reconstructions share neither scale "
            "nor place, so nothing is measured across them.",
            "Mark or detect them in pictures of one reconstruction, or reconstruct their pictures together.",
        )
    missing = [label_of(t) for t in things if not (marks_of(workspace, known[0], t) or known[0].place_of(t.handle))]
    raise InstrumentLimit(
        f"{' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not seen in a picture of {known[0].handle} "
        f"({', '.join(known[0].pictures)}).",
        "Mark or detect it in one of these pictures first.",
    )


def marks_of(workspace: Workspace, cloud: Cloud, item: SceneObject) -> list[Mark]:
    """Where an object was seen in pictures that have a camera in a reconstruction, each picture once, the latest."""
    out: dict[str, Mark] = {}
    for sighting in item.sightings:
        mark = mark_in(workspace, cloud, sighting)
        if mark is not None:
            before = out.get(mark.picture)
            out[mark.picture] = mark if before is None or mark.mask or not before.mask else before
    return list(out.values())


def mark_in(workspace: Workspace, cloud: Cloud, sighting: Sighting) -> Mark | None:
    """A sighting as a mark in a picture of the reconstruction; one in a crop counts for what it was cut from."""
    if sighting.picture in cloud.pictures:
        if sighting.box is None and sighting.point is None:
            return None
        return Mark(sighting.picture, sighting.box, sighting.point, sighting.mask)
    place = sighting.box or sighting.point
    if place is None or sighting.picture not in workspace.artifacts:
        return None
    found = workspace.in_original(sighting.picture, place)
    if found is None or found[0] not in cloud.pictures:
        return None
    handle, there = found
    if len(there) == 4:
        return Mark(handle, (there[0], there[1], there[2], there[3]), None, None)
    return Mark(handle, None, (there[0], there[1]), None)


def observed(workspace: Workspace, cloud: Cloud, item: SceneObject) -> Observed:
    """What a reconstruction shows of an object: its points by mask or box, else its place by rays.

    Raises:
        InstrumentLimit: It has too few points there, and the marks do not tell its place either.
    """
    marks = marks_of(workspace, cloud, item)
    masks = {m.mask: workspace.arrays(m.mask)["mask"] for m in marks if m.mask in workspace.artifacts}
    place = cloud.place_of(item.handle)
    known = None
    if place is not None:
        known = Box3D(np.array(place.centre), np.array(place.size), np.reshape(place.rotation, (3, 3)))
    return observed_from(cloud.reconstruction, label_of(item), marks, masks, known)


def observed_from(
    reconstruction: Reconstruction,
    label: str,
    marks: Sequence[Mark],
    masks: dict[str, NDArray[np.bool_]],
    known: Box3D | None = None,
) -> Observed:
    """What a reconstruction shows of a thing that is marked in pictures of it.

    Args:
        reconstruction: Where.
        label: How to call it.
        marks: Where it is in pictures that have a camera.
        masks: Arrays of the masks that marks name.
        known: Its box from earlier, for things without marks.

    Raises:
        InstrumentLimit: It has too few points, and its place does not follow from rays either.
    """
    floor = find_floor(reconstruction)
    height = None if floor is None else floor.height
    found: list[NDArray[np.intp]] = []
    used, how, cuts, unsure = [], set(), [], 0.0
    for mark in marks:
        mask = masks.get(mark.mask) if mark.mask is not None else None
        if mask is not None:
            index, word = seen.points_in_mask(reconstruction, mark.picture, mask), "outline"
        elif mark.box is not None:
            mask = outlines.outline_in_box(reconstruction, mark.picture, mark.box, height)
            index, word = seen.points_in_box(reconstruction, mark.picture, mark.box, height), "box"
            if (
                mask is not None
                and len(inner := seen.points_in_mask(reconstruction, mark.picture, mask)) >= FEWEST_POINTS
            ):
                index = inner
        else:
            index, word = seen.points_at(reconstruction, mark.picture, mark.centre), "marked point"
        if len(index) >= (3 if word == "marked point" else FEWEST_POINTS):
            found.append(index)
            used.append(mark)
            how.add(word)
            cuts.append(outlines.share_cut_off(reconstruction, mark.picture, mark.box, mask))
            picture_size = reconstruction.cameras[mark.picture].intrinsics.size
            told = mask is not None and mark.box is not None and outlines.spans(mask, mark.box, picture_size)
            if word == "box" and mark.box is not None and not told:
                unsure = max(unsure, _drawn_size(reconstruction, mark.picture, mark.box, index))
    if not found and known is not None and not marks:
        index = np.nonzero(known.contains(reconstruction.cloud.points, margin=0.02 * known.longest))[0]
        if len(index) >= FEWEST_POINTS:
            return _of_points(reconstruction, label, index, list(reconstruction.cameras), "its known place", 0.0, 0.0)
    if found:
        index = np.unique(np.concatenate(_one_body(reconstruction, found)))
        if how == {"box"}:
            index = _in_the_boxes(reconstruction, index, used)
        pictures = [m.picture for m in used]
        body = _of_points(
            reconstruction, label, index, pictures, f"its {' and '.join(sorted(how))}", missing_share(cuts), unsure
        )
        body = replace(body, uncovered=_uncovered(reconstruction, used, body.points))
        outlined = {m.picture: masks[m.mask] for m in used if m.mask is not None and m.mask in masks}
        return _bounded_plate(reconstruction, body, outlined) if len(outlined) == len(used) else body
    if len(marks) >= 2:
        return _of_rays(reconstruction, label, marks)
    if not marks:
        raise InstrumentLimit(f"{label} is marked in no picture of this reconstruction.", "Mark or detect it first.")
    raise InstrumentLimit(
        f"the reconstruction has too few points on {label} in {marks[0].picture} to say where it is.",
        "Mark it in a second picture, from another place, or use a reconstruction with dense depth.",
    )


def missing_share(cuts: Sequence[float]) -> float:
    """How much of its length a thing may lack, as a share of it, from the shares of its outlines that are cut off.

    Nothing where one picture shows it whole. Else it goes by the least of them, and pictures make up for each other.
    """
    least = min(cuts, default=0.0)
    return min(1.0, 3 * least) * (1.0 if len(cuts) < 3 else 0.3)


def focal_warps(reconstruction: Reconstruction, near: Sequence[str]) -> list[Warp]:
    """What the world would be if the focal length were at either end of its interval; none where it is known.

    Depth stays and widths change, seen from the first of these pictures.

    Args:
        reconstruction: Where.
        near: Handles of the pictures that what is measured was seen in.
    """
    camera = reconstruction.cameras[near[0] if near else reconstruction.handles[0]]
    factor = camera.intrinsics.focal_factor
    if factor == 1:
        return []
    return [_warp(camera, 1 / factor), _warp(camera, factor)]


def check_within(value: float, low: float, high: float, what: str) -> float:
    """A model's number, if it lies in a range.

    Raises:
        ModelMistake: It does not.
    """
    if not low <= value <= high:
        raise ModelMistake(f"{what} is {low:g} to {high:g}, not {value:g}.", "Choose one in that range.")
    return value


def _warp(camera: Camera, widths: float) -> Warp:
    stretch = np.array([widths, widths, 1.0])
    return lambda points: camera.to_world(camera.to_camera(points) * stretch)


def _uncovered(reconstruction: Reconstruction, marks: Sequence[Mark], points: Floats) -> float:
    """How far the boxes drawn around a thing reach beyond its points, in world units; the middle of the pictures.

    The points of a reconstruction from photos alone lie where there is texture: a plain sofa goes on without any.
    """
    reaches = []
    for mark in marks:
        if mark.box is None or mark.picture in reconstruction.depths:
            continue
        camera = reconstruction.cameras[mark.picture]
        pixels, depth = camera.project(points)
        low, high = np.nanquantile(pixels, [0.02, 0.98], axis=0)
        beyond = max(low[0] - mark.box[0], low[1] - mark.box[1], mark.box[2] - high[0], mark.box[3] - high[1], 0.0)
        reaches.append(float(beyond) * float(np.median(depth)) / camera.intrinsics.fx)
    return float(np.median(reaches)) if reaches else 0.0


def _drawn_size(reconstruction: Reconstruction, picture: str, box: Sequence[float], index: NDArray[np.intp]) -> float:
    """The longer side of a drawn box, at the depth of the points found in it."""
    camera = reconstruction.cameras[picture]
    reach = float(np.median(camera.to_camera(reconstruction.cloud.points[index])[:, 2]))
    return max(box[2] - box[0], box[3] - box[1]) * reach / camera.intrinsics.fx


def _one_body(reconstruction: Reconstruction, found: list[NDArray[np.intp]]) -> list[NDArray[np.intp]]:
    """Drops what single pictures found elsewhere than most: a box there held something else before the thing."""
    if len(found) < 3:
        return found
    centres = np.array([np.median(reconstruction.cloud.points[i], axis=0) for i in found])
    middle = np.median(centres, axis=0)
    away = np.linalg.norm(centres - middle, axis=1)
    sizes = [float(np.linalg.norm(np.ptp(reconstruction.cloud.points[i], axis=0))) for i in found]
    reach = max(float(np.median(sizes)), 3 * float(np.median(away)))
    return [i for i, d in zip(found, away, strict=True) if d <= reach] or found


def _in_the_boxes(reconstruction: Reconstruction, index: NDArray[np.intp], marks: Sequence[Mark]) -> NDArray[np.intp]:
    """Of some points, those that most of the boxes drawn around the thing hold, where there are several."""
    boxes = [(m.picture, m.box) for m in marks if m.box is not None]
    if len(boxes) < 2:
        return index
    points = reconstruction.cloud.points[index].astype(np.float64)
    votes = np.zeros(len(index), np.intp)
    for picture, (x0, y0, x1, y1) in boxes:
        pixels, _ = reconstruction.cameras[picture].project(points)
        dx, dy = 0.05 * (x1 - x0), 0.05 * (y1 - y0)
        with np.errstate(invalid="ignore"):
            votes += ((pixels >= (x0 - dx, y0 - dy)) & (pixels <= (x1 + dx, y1 + dy))).all(axis=1)
    kept = votes >= max(2, math.ceil(0.6 * len(boxes)))
    return index[kept] if kept.sum() >= FEWEST_POINTS else index


def _of_points(
    reconstruction: Reconstruction,
    label: str,
    index: NDArray[np.intp],
    pictures: list[str],
    how: str,
    missing: float,
    unsure: float,
) -> Observed:
    cloud = reconstruction.cloud
    points, radius = cloud.points[index].astype(np.float64), cloud.radius[index].astype(np.float64)
    box = seen.box_of(points)
    cameras = [reconstruction.cameras[p] for p in pictures]
    partial = not seen.seen_from_all_sides(box.centre, cameras)
    draft = Observed(label, points, radius, box, 0.0, 0.0, partial, pictures, how)
    between = draft.spacing
    if draft.only_point:
        # The marks of several pictures may show different surfaces of the thing: it is as unsure as they are apart.
        apart = float(np.linalg.norm(points - np.median(points, axis=0), axis=1).max())
        away = min(float(np.linalg.norm(camera.position - box.centre)) for camera in cameras)
        return replace(draft, error=max(2 * between, apart, _POINTED * away), rim=between)
    hidden = seen.hidden_depth(points, box, between) if partial else 0.0
    # Points of a box that depth could not part may be half of something else, or a part of the thing.
    doubt = max(box.longest * missing, unsure / 2) + _SHAPE * box.longest
    cut = missing > 0
    return replace(draft, error=hidden / 2 + doubt + 2 * between, rim=between, partial=partial or cut, cut=cut)


def _bounded_plate(reconstruction: Reconstruction, body: Observed, masks: dict[str, NDArray[np.bool_]]) -> Observed:
    """A flat, level thing with what the photos together leave open of its reach, in place of a rule of thumb."""
    if reconstruction.up == "assumed" or not body.solid or not plates.is_plate(body.box):
        return body
    reach = plates.unseen_reach(reconstruction, body.box, masks)
    if reach is None:
        return body
    # Reaching further at one end moves the centre by half of that.
    off = float(np.linalg.norm(reach.max(axis=1) / 2))
    error = off + _SHAPE * body.box.longest + 2 * body.spacing
    open_ends = bool((reach.max(axis=1) > _SHAPE * body.box.longest + 2 * body.spacing).any())
    if error >= body.error:
        return body
    return replace(body, error=error, partial=open_ends, cut=False)


def _of_rays(reconstruction: Reconstruction, label: str, marks: Sequence[Mark]) -> Observed:
    cameras = [reconstruction.cameras[m.picture] for m in marks]
    try:
        point, error = seen.triangulated(cameras, [m.centre for m in marks], [seen.mark_error(m.box) for m in marks])
    except ValueError as why:
        raise InstrumentLimit(f"{label}: {why}.", "Mark it in pictures taken from further apart.") from why
    width = height = 0.0
    for camera, mark in zip(cameras, marks, strict=True):
        if mark.box is not None:
            reach = float(camera.to_camera(point)[2]) / camera.intrinsics.fx
            width = max(width, (mark.box[2] - mark.box[0]) * reach)
            height = max(height, (mark.box[3] - mark.box[1]) * reach)
    box = Box3D(point, np.array([width, width, height]), np.eye(3))
    pictures = [m.picture for m in marks]
    reach = error + max(width, height) / 2
    return Observed(label, point[None], np.array([reach]), box, error, 0.0, True, pictures, "rays through its marks")
