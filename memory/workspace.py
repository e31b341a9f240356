"""`Workspace`: what a run knows. It is the fold of the run's journal, and the only way to write to it.

A workspace lives in a folder: `trace.jsonl` (the journal), `artifacts/` (pictures, by content). Open one to look at a
finished run, create one to start a run or to use the tools without an agent:

    ws = Workspace.create("somewhere")
    img1 = ws.add_picture("room.jpg")
    ws.picture(img1).pixels      # (H, W, 3) uint8
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from sightline.geometry.transforms import PictureTransform
from sightline.memory.artifacts import (
    PREFIXES,
    Artifact,
    ArtifactKind,
    ArtifactStore,
    Draft,
    HandleCounter,
    ParentLink,
    StoredArtifact,
)
from sightline.memory.caching import ByteCache
from sightline.memory.errors import InputError
from sightline.memory.events import (
    Answered,
    ArtifactAdded,
    Call,
    CallsCommitted,
    Event,
    FactStated,
    ModelFailed,
    ModelReplied,
    PersonSaid,
    RunResumed,
    RunStarted,
    StepComposed,
    ToolFinished,
    ToolStarted,
    Usage,
)
from sightline.memory.facts import Fact, NoteAdded, ObjectSeen, PictureRecalled, PlanItem, PlanRevised
from sightline.memory.journal import FILE_NAME, Journal, read_events
from sightline.memory.pictures import (
    check_panorama,
    decode_png,
    encode_for_model,
    encode_png,
    load_picture,
    probe_video,
)
from sightline.memory.refs import number_new
from sightline.memory.scene import MARKED, SceneMap
from sightline.memory.steps import CallRecord, StepRecord

if TYPE_CHECKING:
    from PIL.Image import Image

PIXEL_CACHE_BYTES = 256 << 20
ENCODED_CACHE_BYTES = 64 << 20


PictureSource: TypeAlias = "str | PathLike[str] | bytes | Image | NDArray[Any]"


@dataclass(frozen=True)
class Picture:
    """A picture of the run: what tools are given for a picture handle."""

    handle: str
    size: tuple[int, int]
    _workspace: Workspace

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB, read-only."""
        return self._workspace.pixels(self.handle)

    @property
    def artifact(self) -> Artifact:
        """Everything else known of it."""
        return self._workspace.artifacts[self.handle]


class Workspace:
    """What a run knows; see the module's text.

    Attributes:
        folder: Where it lives.
        events: All events so far.
        started: How the run began; None in a workspace used without an agent.
        artifacts: By handle, in the order they were numbered.
        scene: The objects known.
        plan: The plan as last revised.
        notes: Findings, oldest first.
        steps: The run's steps.
        calls: Every tool call by id, also those made without an agent.
        answer: The answer, once there is one.
        usage: What model calls used so far, those inside tools included.
    """

    def __init__(self, folder: Path, journal: Journal | None, events: Iterable[Event]) -> None:
        self.folder = folder
        self.store = ArtifactStore(folder / "artifacts")
        self.events: list[Event] = []
        self.started: RunStarted | None = None
        self.artifacts: dict[str, Artifact] = {}
        self.scene = SceneMap()
        self.plan: list[PlanItem] = []
        self.notes: list[str] = []
        self.steps: list[StepRecord] = []
        self.calls: dict[str, CallRecord] = {}
        self.answer: Answered | None = None
        self.failure: ModelFailed | None = None
        self.usage = Usage()
        self.listeners: list[Callable[[Event], None]] = []
        self._journal = journal
        self._handles = HandleCounter()
        self._pending_notices: list[str] = []
        self._lock = threading.RLock()
        self._pixels: ByteCache[NDArray[np.uint8]] = ByteCache(PIXEL_CACHE_BYTES)
        self._encoded: ByteCache[tuple[str, str]] = ByteCache(ENCODED_CACHE_BYTES)
        for event in events:
            self._apply(event)

    @classmethod
    def create(cls, folder: str | PathLike[str]) -> Self:
        """A new workspace in `folder`, which is made; it must not hold one already.

        Raises:
            InputError: The folder holds a run.
        """
        path = Path(folder)
        if (path / FILE_NAME).exists():
            raise InputError(f"{path} already holds a run.", "Open it with Workspace.open, or name another folder.")
        return cls(path, Journal(path / FILE_NAME), [])

    @classmethod
    def open(cls, folder: str | PathLike[str], *, write: bool = False) -> Self:
        """A run's workspace as its journal tells it; with `write`, to go on with it.

        Raises:
            InputError: No run lies there, its journal is damaged, or another process writes it.
        """
        path = Path(folder)
        if write:
            if not (path / FILE_NAME).is_file():
                raise InputError(f"There is no run in {path}.", "Name a run listed by `sightline trace`.")
            journal = Journal(path / FILE_NAME)
            return cls(path, journal, journal.recovered)
        return cls(path, None, read_events(path / FILE_NAME))

    def close(self) -> None:
        """Release the journal's lock. Reading goes on working."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Writing

    def append(self, event: Event) -> Event:
        """Write an event to the journal and let it take effect; listeners hear of it."""
        with self._lock:
            if self._journal is None:
                raise RuntimeError(f"the workspace in {self.folder} was opened for reading")
            placed = self._journal.append(event)
            self._apply(placed)
        for listener in list(self.listeners):
            listener(placed)
        return placed

    def add_picture(self, source: PictureSource, *, kind: ArtifactKind = "input") -> str:
        """Store a person's picture as an input; returns its handle.

        Args:
            source: A path, the bytes of a file, a PIL image, or an array (see `load_picture`).
            kind: `input`, or `panorama` for an equirectangular picture, which must be 2:1.

        Raises:
            InputError: It cannot be used; the message says why.
        """
        loaded = load_picture(source)
        if kind == "panorama":
            check_panorama(loaded.pixels)
        height, width = loaded.pixels.shape[:2]
        data: dict[str, Any] = {"notes": list(loaded.notes)}
        if loaded.exif is not None:
            data["exif"] = loaded.exif.to_json()
        stored = StoredArtifact(
            key="input",
            kind=kind,
            digest=self.store.put(encode_png(loaded.pixels), ".png"),
            suffix=".png",
            size=(width, height),
            title="; ".join(loaded.notes),
            file=loaded.name,
            data=data,
        )
        return self._add_input(stored)

    def add_video(self, path: str | PathLike[str]) -> str:
        """Store a person's video; returns its handle.

        Raises:
            InputError: It is not a video that can be read.
        """
        source = Path(path)
        info = probe_video(source)
        suffix = source.suffix.lower()
        stored = StoredArtifact(
            key="input",
            kind="video",
            digest=self.store.put_file(source, suffix),
            suffix=suffix,
            size=info.size,
            title=f"{info.duration_s:.1f} s of video, {info.size[0]}x{info.size[1]}, {info.fps:.3g} frames a second",
            file=source.name,
            data=info.to_json(),
        )
        return self._add_input(stored)

    def _add_input(self, stored: StoredArtifact) -> str:
        with self._lock:
            handle = self._handles.next(PREFIXES[stored.kind])
            artifact = Artifact(**stored.model_dump(), handle=handle, made_by="person")
            self.append(ArtifactAdded(artifact=artifact))
        return handle

    def add_mark(self, name: str, picture: str, place: tuple[float, ...]) -> None:
        """Enter a point or a box that a person drew, as an object of the scene map.

        Args:
            name: What it marks.
            picture: Handle of the picture.
            place: (x, y) or (x0, y0, x1, y1) in stored pixels.

        Raises:
            InputError: The place is not a point or box, or not in the picture.
        """
        known = self.artifacts.get(picture)
        if known is None or known.size is None:
            raise InputError(
                f'The mark "{name}" is on {picture}, which is not an input.',
                f"Inputs: {', '.join(self.artifacts)}.",
            )
        width, height = known.size
        xs, ys = place[0::2], place[1::2]
        inside = all(0 <= x <= width for x in xs) and all(0 <= y <= height for y in ys)
        if len(place) not in (2, 4) or not inside or (len(place) == 4 and (xs[0] >= xs[1] or ys[0] >= ys[1])):
            raise InputError(
                f'The mark "{name}" {place} is not a point x,y or a box x0,y0,x1,y1 inside {picture}.',
                f"{picture} is {width} pixels wide and {height} high; x0 < x1 and y0 < y1.",
            )
        with self._lock:
            fact = ObjectSeen(
                object=self._handles.next("obj"),
                name=name,
                picture=picture,
                box=(place[0], place[1], place[2], place[3]) if len(place) == 4 else None,
                point=(place[0], place[1]) if len(place) == 2 else None,
                source=MARKED,
            )
            self.append(FactStated(fact=fact))

    def keep(self, draft: Draft, key: str) -> StoredArtifact:
        """Write a new picture to disk under `key`; it is numbered when its call is committed."""
        height, width = draft.pixels.shape[:2]
        digest = self.store.put(encode_png(draft.pixels), ".png")
        kept = draft.pixels.copy()
        kept.setflags(write=False)
        self._pixels.put(digest, kept, kept.nbytes)  # it is mostly looked at next
        parents = [ParentLink(handle=h, transform=t.to_json(), region=region) for h, t, region in draft.parents]
        return StoredArtifact(
            key=key,
            kind="view",
            digest=digest,
            suffix=".png",
            size=(width, height),
            title=draft.title,
            parents=parents,
            show=draft.show,
        )

    def begin_call(self, tool: str, arguments: dict[str, Any]) -> str:
        """Note that a call made without an agent begins; returns its id."""
        with self._lock:
            call = f"bound.{1 + sum(known.startswith('bound.') for known in self.calls)}"
            self.append(ToolStarted(call=call, tool=tool, arguments=arguments))
        return call

    def commit(self, calls: list[str]) -> None:
        """Let finished calls take effect in this order: number what they made, and learn their facts."""
        with self._lock:
            handles: dict[str, str] = {}
            for call in calls:
                finished = self.calls[call].finished
                assert finished is not None, f"call {call} is committed before it ended"
                for artifact in finished.artifacts:
                    handles[artifact.key] = self._handles.next(PREFIXES[artifact.kind])
                for fact in finished.facts:
                    if (
                        isinstance(fact, ObjectSeen)
                        and fact.object not in self.scene.objects
                        and fact.object not in handles
                    ):
                        handles[fact.object] = self._handles.next("obj")
            self.append(CallsCommitted(calls=calls, handles=handles))

    # Reading

    def pixels(self, handle: str) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB of a picture, read-only."""
        artifact = self.artifacts[handle]
        cached = self._pixels.get(artifact.digest)
        if cached is None:
            cached = decode_png(self.path(handle).read_bytes())
            cached.setflags(write=False)
            self._pixels.put(artifact.digest, cached, cached.nbytes)
        return cached

    def picture(self, handle: str) -> Picture:
        """The picture with this handle.

        Raises:
            KeyError: There is none.
        """
        artifact = self.artifacts[handle]
        if not artifact.is_picture or artifact.size is None:
            raise KeyError(handle)
        return Picture(handle, artifact.size, self)

    def path(self, handle: str) -> Path:
        """The file that holds an artifact."""
        artifact = self.artifacts[handle]
        return self.store.path(artifact.digest, artifact.suffix)

    def encoded(self, handle: str, size: tuple[int, int], max_bytes: int) -> tuple[str, str]:
        """A picture as a model is sent it: base64 of the file at `size`, and its media type. Kept for later steps."""
        key = f"{self.artifacts[handle].digest} {size} {max_bytes}"
        cached = self._encoded.get(key)
        if cached is None:
            data, media_type = encode_for_model(self.pixels(handle), size, max_bytes)
            cached = (base64.b64encode(data).decode("ascii"), media_type)
            self._encoded.put(key, cached, len(cached[0]))
        return cached

    @property
    def pictures(self) -> list[str]:
        """Handles of all pictures, oldest first."""
        return [h for h, a in self.artifacts.items() if a.is_picture]

    @property
    def inputs(self) -> list[str]:
        """Handles of what the person gave, in order."""
        return [h for h, a in self.artifacts.items() if a.made_by == "person"]

    @property
    def notices(self) -> list[str]:
        """What a person has added and no step has shown to the model yet."""
        return list(self._pending_notices)

    @property
    def begun(self) -> bool:
        """Whether the run has started and has all its inputs: one killed before that cannot be gone on with."""
        stated = sum(isinstance(event, FactStated) for event in self.events)
        return self.started is not None and len(self.inputs) + stated >= self.started.given

    def to_input(self, handle: str, points: NDArray[np.float64]) -> tuple[str, NDArray[np.float64]]:
        """Where points of a derived picture lie in the input it comes from.

        Follows the first parent that holds all the points, up to a picture without parents.

        Args:
            handle: A picture.
            points: (N, 2) in its stored pixels.

        Returns:
            The handle of the oldest ancestor reached, and the (N, 2) points in its stored pixels.
        """
        while parents := self.artifacts[handle].parents:
            link = next((p for p in parents if p.region is None or _inside(points, p.region)), None)
            if link is None:
                break
            points = PictureTransform.from_json(link.transform).to_parent(points)
            handle = link.handle
        return handle, points

    def in_original(self, handle: str, place: Sequence[float]) -> tuple[str, tuple[float, ...]] | None:
        """A point (x, y) or box (x0, y0, x1, y1) of a derived picture, in the input it comes from.

        Returns:
            The input's handle and the place in its stored pixels (for a box, the upright one that encloses it), or
            None where the picture is an input itself.
        """
        x, y = list(place[0::2]), list(place[1::2])
        corners = [(x[0], y[0])] if len(place) == 2 else [(a, b) for a in x for b in y]
        origin, points = self.to_input(handle, np.asarray(corners, dtype=np.float64))
        if origin == handle:
            return None
        if len(place) == 2:
            return origin, tuple(float(v) for v in points[0])
        return origin, tuple(float(v) for v in (*points.min(axis=0), *points.max(axis=0)))

    # The fold

    def _apply(self, event: Event) -> None:
        self.events.append(event)
        match event:
            case RunStarted():
                self.started = event
            case ArtifactAdded():
                self._number(event.artifact)
            case FactStated():
                self._learn(event.fact)
            case StepComposed():
                self.steps.append(StepRecord(event.step, event, notices=self._pending_notices))
                self._pending_notices = []
            case ModelReplied():
                self.failure = None
                step = self.steps[-1]
                step.reply = event
                step.calls = [CallRecord(call) for call in event.calls]
                self.calls.update({record.call.id: record for record in step.calls})
                self.usage += event.usage
            case ToolStarted():
                # A call made without an agent has no reply that announced it.
                call = Call(id=event.call, provider_id=event.call, name=event.tool, arguments=event.arguments)
                self.calls.setdefault(event.call, CallRecord(call))
            case ToolFinished():
                self.calls[event.call].finished = event
                self.usage += event.usage
            case CallsCommitted():
                self._commit(event)
            case Answered():
                self.answer = event
            case ModelFailed():
                self.failure = event
            case PersonSaid():
                self._pending_notices.append(event.text)
            case RunResumed():
                pass
            case _:
                assert_never(event)

    def _commit(self, event: CallsCommitted) -> None:
        for call in event.calls:
            record = self.calls[call]
            finished = record.finished
            assert finished is not None, f"the journal commits call {call} before it ended"
            record.committed = True
            record.handles = event.handles
            for stored in finished.artifacts:
                fields = stored.model_dump()
                fields["title"] = number_new(stored.title, event.handles)
                fields["parents"] = [
                    {**link, "handle": number_new(link["handle"], event.handles)} for link in fields["parents"]
                ]
                self._number(Artifact(**fields, handle=event.handles[stored.key], made_by=call))
            for fact in finished.facts:
                if isinstance(fact, ObjectSeen):
                    named = event.handles.get(fact.object, fact.object)
                    picture = number_new(fact.picture, event.handles)
                    fact = fact.model_copy(update={"object": named, "picture": picture})
                self._learn(fact)

    def _number(self, artifact: Artifact) -> None:
        self.artifacts[artifact.handle] = artifact
        self._handles.taken(artifact.handle)

    def _learn(self, fact: Fact) -> None:
        match fact:
            case PlanRevised():
                self.plan = list(fact.items)
            case NoteAdded():
                self.notes.append(fact.text)
            case ObjectSeen():
                self._handles.taken(fact.object)
                self.scene.see(fact.object, fact)
            case PictureRecalled():
                pass  # shown by the step that recalled it, see CallRecord.shown
            case _:
                assert_never(fact)


def _inside(points: NDArray[np.float64], region: tuple[float, float, float, float]) -> bool:
    low, high = np.asarray(region[:2]), np.asarray(region[2:])
    return bool(np.all((points >= low) & (points <= high)))
