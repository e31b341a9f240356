"""Structure from motion: cameras and sparse points from several pictures, by COLMAP's incremental mapper.

Features and matches are ours (`pairs`), so that one check against repeated textures serves here and in `two_view`; the
mapper and its bundle adjustment are pycolmap's (Schoenberger and Frahm 2016). Nothing is believed because it converged:
each camera must agree with what single pairs of pictures say of it, or it is left out with the reason; and what
only something that two places have holds together, as a rug, is taken apart and mapped again (`joins`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import InfrastructureError
from sightline.tools.back_ends.protocols import Reconstructed, Seen
from sightline.tools.reconstruction.joins import around, places
from sightline.tools.reconstruction.lenses import colmap_camera, shared_lenses
from sightline.tools.reconstruction.matching import Features
from sightline.tools.reconstruction.pairs import Pair, connected, features_of, matches_between
from sightline.tools.reconstruction.reasons import duplicates, reasons
from sightline.tools.reconstruction.verifying import dense_enough, disagreeing
from sightline.tools.reconstruction.worlds import in_own_world

SEED = 0
_THREADS = 1
"""With two, the mapper gave one of two results on the same four pictures, by chance in 10 of 49 runs on a busy machine;
with one it gave the same in all of 102 runs, and was no slower."""
_FIRST_ANGLES = (12.0, 8.0, 4.0)
"""Degrees of triangulation asked of the first pair, each tried: a start with repeated textures bends a room by degrees,
fits its own points well, and shows only by the points that it leaves out."""
_LAST_ANGLE = 1.5
"""Tried where those leave a picture out."""
_LEAST_MATCHES = 15
_LEAST_POINTS = 25
"""Points that a camera must see to be believed."""
_POSE_ERROR, _POINT_ERROR = 9.0, 4.0
"""Pixels of a picture of 1000 within which a point must be seen, for a new camera and for good."""
_LARGEST_ERROR = 2.0
"""Mean reprojection error in pixels of a 1000 pixel picture above which a camera is not believed."""


@dataclass(frozen=True)
class StructureFromMotion:
    """The `sfm` back end."""

    name: str = "structure from motion (COLMAP)"
    trained_on: str = ""

    def reconstruct(self, pictures: Sequence[Seen]) -> Reconstructed:
        """Groups of pictures that belong together; see the module's text.

        Raises:
            InfrastructureError: pycolmap is not installed.
        """
        return reconstruct(pictures)


def load(weights: str, offline: bool) -> StructureFromMotion:
    """The back end; it has no weights.

    Raises:
        InfrastructureError: pycolmap is not installed.
    """
    _check_installed()
    return StructureFromMotion()


def _check_installed() -> None:
    try:
        import pycolmap  # noqa: F401
    except ImportError:
        raise InfrastructureError(
            "reconstruction from several photos needs pycolmap, which is not installed.",
            "Run: pip install 'sightline[recon]'",
        ) from None


def reconstruct(pictures: Sequence[Seen]) -> Reconstructed:
    """Cameras and points of every group of pictures that share what they show.

    Args:
        pictures: Two or more; handles are unique.

    Returns:
        Groups of at least two pictures, the largest first, each in a world of its own with the scale `relative`; and
        why each other picture was left out.
    """
    _check_installed()
    import pycolmap

    same = duplicates(pictures)
    used = [picture for picture in pictures if picture.handle not in same]
    features = features_of(used)
    matches = {pair: found for pair, found in matches_between(features).items() if len(found) >= _LEAST_MATCHES}
    groups: list[Reconstruction] = []
    placed: set[str] = set()
    verified: dict[Pair, Any] = {}
    apart: list[Pair] = []
    if matches:
        pycolmap.logging.minloglevel = pycolmap.logging.FATAL  # its steps and failures are told in our words
        with tempfile.TemporaryDirectory(prefix="sightline-sfm-") as folder:
            database, verified, lenses = _database(Path(folder), used, features, matches)
            groups, apart = _of_one_place_each(database, Path(folder), used, lenses, features, verified)
            placed = {handle for group in groups for handle in group.cameras}
    groups.sort(key=lambda group: -len(group.cameras))
    left = [picture for picture in used if picture.handle not in placed]
    out = {handle: f"it is the same photo as {first}" for handle, first in same.items()}
    out |= reasons(left, used, features, verified, apart)
    return Reconstructed(groups, out)


def _database(
    folder: Path, pictures: Sequence[Seen], features: Sequence[Features], matches: dict[Pair, NDArray[np.intp]]
) -> tuple[Path, dict[Pair, Any], dict[int, int]]:
    """A COLMAP database of cameras, features and verified matches.

    Returns:
        Its path; the two-view geometries that hold, by pair; and the camera id of each picture.
    """
    import pycolmap

    path = folder / "database.db"
    database = pycolmap.Database.open(path)
    lenses = shared_lenses(pictures)
    for lens in sorted(set(lenses.values())):
        number = next(i for i in lenses if lenses[i] == lens)
        camera = colmap_camera(pictures[number].intrinsics, lens, shared=sum(v == lens for v in lenses.values()))
        database.write_camera(camera, use_camera_id=True)
        rig = pycolmap.Rig(rig_id=lens)
        rig.add_ref_sensor(camera.sensor_id)
        database.write_rig(rig, use_rig_id=True)
    for number, (picture, found) in enumerate(zip(pictures, features, strict=True), start=1):
        image = pycolmap.Image(name=picture.handle, camera_id=lenses[number - 1], image_id=number)
        frame = pycolmap.Frame(frame_id=number, rig_id=lenses[number - 1])
        frame.add_data_id(image.data_id)
        database.write_frame(frame, use_frame_id=True)
        database.write_image(image, use_image_id=True)
        database.write_keypoints(number, found.points.astype(np.float32))
    for (i, j), pairs in matches.items():
        database.write_matches(i + 1, j + 1, pairs.astype(np.uint32))
    database.close()
    listing = folder / "pairs.txt"
    listing.write_text("".join(f"{pictures[i].handle} {pictures[j].handle}\n" for i, j in matches), "utf-8")
    options = pycolmap.TwoViewGeometryOptions()
    options.compute_relative_pose = True
    options.ransac.random_seed = SEED
    pycolmap.verify_matches(path, listing, options)
    database = pycolmap.Database.open(path)
    verified = {}
    for i, j in matches:
        geometry = database.read_two_view_geometry(i + 1, j + 1)
        agreeing = _agreeing(geometry)
        if len(agreeing) >= _LEAST_MATCHES and dense_enough(agreeing, features[i], features[j]):
            verified[i, j] = geometry
        else:
            database.delete_inlier_matches(i + 1, j + 1)
            database.delete_two_view_geometry(i + 1, j + 1)
    database.close()
    return path, verified, lenses


@dataclass(frozen=True)
class _Mapped:
    """A model, and the groups of its pictures that are believed.

    Attributes:
        model: pycolmap's.
        images: All its registered ones, by place of the picture in the input.
        groups: In Sightline's world, with the places of their pictures.
    """

    model: Any
    images: dict[int, Any]
    groups: list[tuple[Reconstruction, set[int]]]

    @property
    def believed(self) -> set[int]:
        """The places of all pictures that are believed."""
        return {n for _, numbers in self.groups for n in numbers}


def _of_one_place_each(
    database: Path,
    folder: Path,
    pictures: Sequence[Seen],
    lenses: dict[int, int],
    features: Sequence[Features],
    verified: dict[Pair, Any],
) -> tuple[list[Reconstruction], list[Pair]]:
    """The groups, and the pairs that only something in common holds together; `verified` is left without those."""
    import pycolmap

    apart: list[Pair] = []
    while True:
        best = _best(database, folder, pictures, lenses, features, verified)
        across = [pair for found in best for pair in _across(found, features, verified)]
        if not across:
            groups = [_warned(*group, found, features, verified) for found in best for group in found.groups]
            return groups, apart
        opened = pycolmap.Database.open(database)
        for i, j in across:
            opened.delete_inlier_matches(i + 1, j + 1)
            opened.delete_two_view_geometry(i + 1, j + 1)
            del verified[i, j]
        opened.close()
        apart += across


def _agreeing(geometry: Any) -> NDArray[np.intp]:
    """The matches of a pair that agree, (N, 2)."""
    return np.asarray(geometry.inlier_matches, dtype=np.intp).reshape(-1, 2)


def _warned(
    group: Reconstruction, numbers: set[int], found: _Mapped, features: Sequence[Features], verified: dict[Pair, Any]
) -> Reconstruction:
    """A group, with a warning where it is two pictures that only one flat thing holds together."""
    pair = min(numbers), max(numbers)
    if len(numbers) > 2 or not around(found.images, features, pair, _agreeing(verified[pair])).unconfirmed:
        return group
    warning = (
        f"{' and '.join(group.cameras)} are held together by one flat thing only, and nothing around it was found in "
        "both: if they are not of one place (two places may have the same rug or poster), this means nothing"
    )
    return replace(group, warnings=(*group.warnings, warning))


def _across(found: _Mapped, features: Sequence[Features], verified: dict[Pair, Any]) -> list[Pair]:
    """The pairs of a model that join two places."""
    agreeing = {pair: _agreeing(geometry) for pair, geometry in verified.items()}
    place = {
        n: k
        for k, own in enumerate(places(found.images, found.model, features, agreeing))
        for n in own
        if len(own) > 1 or n in found.believed  # one that is not believed may be where it was not, and says nothing
    }
    return [(i, j) for i, j in verified if i in place and j in place and place[i] != place[j]]


def _best(
    database: Path,
    folder: Path,
    pictures: Sequence[Seen],
    lenses: dict[int, int],
    features: Sequence[Features],
    verified: dict[Pair, Any],
) -> list[_Mapped]:
    """The groups of the start that places the most pictures to be believed, with the most points."""
    best: list[_Mapped] = []
    most = (0, 0)
    for angle in (*_FIRST_ANGLES, _LAST_ANGLE):
        if angle == _LAST_ANGLE and most[0] == len(pictures):
            break
        mapped: list[_Mapped] = []
        placed: set[int] = set()
        for model in _models(database, folder, pictures, lenses, angle):
            found = _believed(model, pictures, features, verified)
            if found.believed and not placed & found.believed:
                mapped.append(found)
                placed |= found.believed
        reached = len(placed), sum(len(group.cloud) for found in mapped for group, _ in found.groups)
        if reached > most:
            best, most = mapped, reached
    return best


def _models(database: Path, folder: Path, pictures: Sequence[Seen], lenses: dict[int, int], angle: float) -> list[Any]:
    """COLMAP's reconstructions from a first pair that sees points under this angle, the largest first."""
    import pycolmap

    pixel = max(max(picture.size) for picture in pictures) / 1000
    options = pycolmap.IncrementalPipelineOptions()
    options.random_seed = SEED
    options.num_threads = _THREADS
    options.extract_colors = False
    options.min_model_size = 2
    options.min_num_matches = _LEAST_MATCHES
    options.mapper.random_seed = SEED
    options.mapper.init_min_tri_angle = angle
    options.mapper.init_min_num_inliers = 40
    options.mapper.abs_pose_min_num_inliers = 20
    options.triangulation.random_seed = SEED
    options.triangulation.ignore_two_view_tracks = False
    # Tighter than COLMAP's own 12 and 4 pixels and 2 degrees: where a texture repeats, those let in enough wrong
    # points to bend a room by degrees.
    options.mapper.abs_pose_max_error = _POSE_ERROR * pixel
    options.mapper.filter_max_reproj_error = _POINT_ERROR * pixel
    options.triangulation.create_max_angle_error = options.triangulation.continue_max_angle_error = 1.0
    options.constant_cameras = {
        lens for number, lens in lenses.items() if pictures[number].intrinsics.source == "known"
    }
    out = Path(tempfile.mkdtemp(prefix="models-", dir=folder))
    found = list(pycolmap.incremental_mapping(database, folder, out, options).values())
    return sorted(found, key=lambda model: -model.num_reg_images())


def _believed(model: Any, pictures: Sequence[Seen], features: Sequence[Features], verified: dict[Pair, Any]) -> _Mapped:
    """A model in Sightline's world, without the cameras that are not to be believed.

    Where one of these was all that held two parts together, they are groups of their own.
    """
    number = {picture.handle: n for n, picture in enumerate(pictures)}
    every, images = {}, {}
    for image_id in model.reg_image_ids():
        image = model.image(image_id)
        every[number[image.name]] = image
        seen = [p for p in image.points2D if p.has_point3D()]
        errors = [model.point3D(p.point3D_id).error for p in seen]
        limit = _LARGEST_ERROR * max(image.camera.width, image.camera.height) / 1000
        if len(seen) >= _LEAST_POINTS and float(np.mean(errors)) <= limit:
            images[number[image.name]] = image
    for bad in disagreeing(images, features, verified):
        del images[bad]
    groups = [
        (in_own_world(model, [pictures[n] for n in sorted(own)]), own)
        for own in connected(images, verified)
        if len(own) > 1
    ]
    return _Mapped(model, every, groups)
