"""A run as a recording for the Rerun viewer: pictures, boxes, reconstructions, cameras, and the steps as a timeline.

    write_recording(workspace, Path("run.rrd"))       # then: rerun run.rrd

Entities:

    pictures/img1              each picture; under it `objects` (boxes and points) and `depth1` (a depth map of it)
    cloud1                     a reconstruction, in its own world: z up, y the first camera's forward
    cloud1/points, cloud1/surface, cloud1/objects
    cloud1/cameras/img1        a pinhole with its picture; virtual views (`view3`) are cameras, too
    run                        what was thought, called and found, as a text log

The timeline `step` counts the turns of the model: 0 is what was given. Lengths are in the reconstruction's units as the
run knows them at its end (metres where a scale is known).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.demos.wording import argument
from sightline.geometry.cameras import Camera
from sightline.geometry.dialects import PictureLimits
from sightline.memory import (
    Answered,
    Artifact,
    ArtifactAdded,
    CallRecord,
    CallsCommitted,
    Cloud,
    Fact,
    FactStated,
    InfrastructureError,
    InputError,
    ModelReplied,
    ObjectPlaced,
    ObjectSeen,
    RunStarted,
    StepComposed,
    Workspace,
)
from sightline.memory.fold import Fold
from sightline.memory.refs import fill, stored_pixels
from sightline.tools.camera.anchors import anchor_of
from sightline.tools.seeing import CAMERA

if TYPE_CHECKING:
    import rerun

LIMITS = PictureLimits(max_long_side=1600, max_bytes=8 << 20)
"""Of a picture in the recording; a larger one is scaled down, and its camera with it."""


def write_recording(workspace: Workspace, out: Path) -> None:
    """Write a run as a Rerun recording.

    Args:
        workspace: The run, finished or not.
        out: The file, which is replaced.

    Raises:
        InputError: The file cannot be written.
        InfrastructureError: The extra rerun is missing.
    """
    try:
        import rerun
    except ImportError:
        raise InfrastructureError(
            "Recordings need the extra rerun.", 'Install it: pip install "sightline[rerun]"'
        ) from None
    try:
        out.open("wb").close()
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror}).", "Name a file in a folder of yours.") from None
    name = workspace.started.run if workspace.started is not None else workspace.folder.name
    with rerun.RecordingStream("sightline", recording_id=name) as stream:
        stream.save(out)
        _Writer(workspace, stream, rerun).write()


class _Writer:
    """Logs a run's events in their order."""

    def __init__(self, workspace: Workspace, stream: rerun.RecordingStream, rr: Any) -> None:
        self._ws, self._stream, self._rr = workspace, stream, rr
        self._known = Fold()

    def write(self) -> None:
        """Everything, as it became known: what a step shows is what was known then."""
        self._at(0)
        for event in self._ws.events:
            self._known.apply(event)
            match event:
                case RunStarted():
                    self._say(f"Question: {event.question}")
                case ArtifactAdded():
                    self._artifact(event.artifact)
                case FactStated():
                    self._learned(event.fact)
                case StepComposed():
                    self._at(event.step)
                case ModelReplied() if event.text.strip():
                    self._say(event.text.strip())
                case CallsCommitted():
                    for call in event.calls:
                        self._call(self._known.calls[call])
                case Answered():
                    self._say(f"Answer ({event.status}): {event.text}")

    def _at(self, step: int) -> None:
        self._stream.set_time("step", sequence=step)

    def _log(self, entity: str, *what: Any, static: bool = False) -> None:
        self._stream.log(entity, *what, static=static)

    def _say(self, text: str, level: str = "INFO") -> None:
        self._log("run", self._rr.TextLog(text, level=level))

    # ---------------------------------------------------------------------------------------------- calls
    def _call(self, record: CallRecord) -> None:
        for inner in record.inner:
            self._call(inner)
        given = ", ".join(f"{name}={argument(value)}" for name, value in record.call.arguments.items())
        self._say(f"{record.call.name}({given})")
        if record.finished is None:
            self._say("not finished", "WARN")
            return
        self._say(fill(record.text, stored_pixels), "INFO" if record.finished.outcome == "ok" else "WARN")
        for handle in record.made:
            self._artifact(self._ws.artifacts[handle])
        for fact in record.finished.facts:
            self._learned(fact)

    def _learned(self, fact: Fact) -> None:
        if isinstance(fact, ObjectSeen):
            self._objects_in(fact.picture)
        elif isinstance(fact, ObjectPlaced):
            self._objects_of(fact.cloud)

    # ---------------------------------------------------------------------------------------------- artifacts
    def _artifact(self, artifact: Artifact) -> None:
        if artifact.is_picture:
            self._log(f"pictures/{artifact.handle}", self._encoded(artifact))
            self._objects_in(artifact.handle)
            self._virtual_camera(artifact)
        elif artifact.kind == "cloud":
            self._cloud(self._ws.cloud(artifact.handle))
        elif artifact.kind == "depth":
            arrays = self._ws.arrays(artifact.handle)
            entity = f"pictures/{artifact.data['picture']}/{artifact.handle}"
            self._log(entity, self._rr.DepthImage(np.asarray(arrays["depth"], np.float32)))

    def _size(self, artifact: Artifact) -> tuple[int, int]:
        return LIMITS.fit(artifact.size or (1, 1))

    def _encoded(self, artifact: Artifact) -> Any:
        import base64

        data, media = self._ws.encoded(artifact.handle, self._size(artifact), LIMITS.max_bytes)
        return self._rr.EncodedImage(contents=base64.b64decode(data), media_type=media)

    def _objects_in(self, picture: str) -> None:
        """Boxes and points of the objects known in a picture; drawn in the pixels of the picture as recorded."""
        artifact = self._ws.artifacts.get(picture)
        if artifact is None or not artifact.size:
            return
        scale = self._size(artifact)[0] / artifact.size[0]
        objects = self._known.scene.objects.values()
        seen = [(known, sighting) for known in objects if (sighting := known.in_picture(picture))]
        boxes = [(known.name, s.box) for known, s in seen if s.box is not None]
        points = [(known.name, s.point) for known, s in seen if s.box is None and s.point is not None]
        if boxes:
            corners = np.array([box for _, box in boxes]) * scale
            drawn = self._rr.Boxes2D(
                array=corners, array_format=self._rr.Box2DFormat.XYXY, labels=[n for n, _ in boxes]
            )
            self._log(f"pictures/{picture}/objects", drawn)
        if points:
            places = np.array([point for _, point in points]) * scale
            self._log(f"pictures/{picture}/points", self._rr.Points2D(places, labels=[n for n, _ in points], radii=4))

    # ---------------------------------------------------------------------------------------------- space
    def _cloud(self, cloud: Cloud) -> None:
        rr, made = self._rr, cloud.reconstruction
        self._log(cloud.handle, rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        radii = np.where(made.cloud.radius > 0, made.cloud.radius, -1.5)  # negative: pixels of the screen
        self._log(f"{cloud.handle}/points", rr.Points3D(made.cloud.points, colors=made.cloud.colors, radii=radii))
        if made.mesh is not None:
            surface = rr.Mesh3D(
                vertex_positions=made.mesh.vertices,
                triangle_indices=made.mesh.triangles,
                vertex_colors=made.mesh.colors,
            )
            self._log(f"{cloud.handle}/surface", surface)
        for handle, camera in made.cameras.items():
            self._camera(cloud, handle, camera)
        self._objects_of(cloud.handle)

    def _camera(self, cloud: Cloud, handle: str, camera: Camera) -> None:
        rr, entity = self._rr, f"{cloud.handle}/cameras/{handle}"
        artifact = self._ws.artifacts[handle]
        width, height = self._size(artifact)
        scale = np.diag([width / camera.intrinsics.width, height / camera.intrinsics.height, 1.0])
        self._log(entity, rr.Transform3D(translation=camera.position, mat3x3=camera.rotation))
        pinhole = rr.Pinhole(
            image_from_camera=scale @ camera.intrinsics.matrix,
            resolution=[width, height],
            camera_xyz=rr.ViewCoordinates.RDF,
            image_plane_distance=_frustum(cloud),
        )
        self._log(entity, pinhole, self._encoded(artifact))

    def _virtual_camera(self, artifact: Artifact) -> None:
        """A rendered view is a camera in its reconstruction; a map or a contact sheet is none."""
        handle = artifact.data.get("cloud")
        if CAMERA in artifact.data and isinstance(handle, str) and handle in self._ws.artifacts:
            cloud = self._ws.cloud(handle)
            self._camera(cloud, artifact.handle, anchor_of(self._ws, cloud, self._ws.picture(artifact.handle)).camera)

    def _objects_of(self, handle: str) -> None:
        """Boxes of the objects that were located in a reconstruction."""
        unit = self._ws.cloud(handle).unit
        objects = self._known.scene.objects.values()
        placed = [(known.name, known.places[handle]) for known in objects if handle in known.places]
        if not placed:
            return
        boxes = self._rr.Boxes3D(
            centers=[np.multiply(place.centre, unit) for _, place in placed],
            sizes=[np.multiply(place.size, unit) for _, place in placed],
            quaternions=[_quaternion(place) for _, place in placed],
            labels=[name for name, _ in placed],
        )
        self._log(f"{handle}/objects", boxes)


def _quaternion(place: ObjectPlaced) -> list[float]:
    """The rotation of a box as x, y, z, w."""
    from scipy.spatial.transform import Rotation

    turn: list[float] = Rotation.from_matrix(np.reshape(place.rotation, (3, 3))).as_quat().tolist()
    return turn


def _frustum(cloud: Cloud) -> float:
    """How far before a camera its picture is drawn: a twentieth of the cameras' and points' extent."""
    points = np.vstack([cloud.reconstruction.cloud.points, [c.position for c in cloud.reconstruction.cameras.values()]])
    low, high = np.percentile(points, [5, 95], axis=0)
    return float(np.linalg.norm(high - low)) / 20
