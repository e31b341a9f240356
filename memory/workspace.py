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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.memory.artifacts import (
    PREFIXES,
    Artifact,
    ArtifactKind,
    ArtifactStore,
    DataDraft,
    Draft,
    ParentLink,
    ProgramDraft,
    StoredArtifact,
)
from sightline.memory.caching import ByteCache
from sightline.memory.errors import InputError
from sightline.memory.events import (
    ArtifactAdded,
    CallsCommitted,
    Event,
    FactStated,
    ToolStarted,
)
from sightline.memory.facts import ObjectSeen, ProgramWritten
from sightline.memory.fold import Fold
from sightline.memory.journal import FILE_NAME, Journal, read_events
from sightline.memory.pictures import (
    check_panorama,
    decode_png,
    encode_for_model,
    encode_png,
    load_picture,
    probe_video,
)
from sightline.memory.scene import MARKED
from sightline.memory.spatial import Cloud

if TYPE_CHECKING:
    from PIL.Image import Image

PIXEL_CACHE_BYTES = 256 << 20
ENCODED_CACHE_BYTES = 64 << 20
ARRAY_CACHE_BYTES = 1 << 30
"""Two reconstructions of 20 million points; what one call works on stays alive whatever the limit."""


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


class Workspace(Fold):
    """What a run knows, and the only way to write to it; see the module's text.

    Attributes:
        folder: Where it lives.
        store: Its artifacts' files.
        listeners: Called with every event after it has taken effect.
        closing: Called when it is closed: what was opened for the run ends with it.
    """

    def __init__(self, folder: Path, journal: Journal | None, events: Iterable[Event]) -> None:
        super().__init__()
        self.folder = folder
        self.store = ArtifactStore(folder / "artifacts")
        self.listeners: list[Callable[[Event], None]] = []
        self.closing: list[Callable[[], None]] = []
        self._journal = journal
        self._lock = threading.RLock()
        self._pixels: ByteCache[NDArray[np.uint8]] = ByteCache(PIXEL_CACHE_BYTES)
        self._encoded: ByteCache[tuple[str, str]] = ByteCache(ENCODED_CACHE_BYTES)
        self._arrays: ByteCache[dict[str, NDArray[Any]]] = ByteCache(ARRAY_CACHE_BYTES)
        self._clouds: dict[str, Cloud] = {}
        for event in events:
            self.apply(event)

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
        """Release the journal's lock, and what was opened for the run. Reading goes on working."""
        closing, self.closing = self.closing, []
        for end in closing:
            end()
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
            self.apply(placed)
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

    def add_program(self, text: str, suffix: str, engine: str, *, name: str = "", start: str = "") -> str:
        """Store a person's graphics program as the first revision; returns its handle.

        Args:
            text: The program.
            suffix: Ending of its file with the dot.
            engine: What renders it.
            name: Base name of the file it came from; for the person only.
            start: Handle of the file that it goes on from; "" for none.
        """
        draft = ProgramDraft(text, suffix, f"a program for {engine}, given by the person")
        handle = self._add_input(self.keep_program(draft, "input").model_copy(update={"file": name}))
        written = ProgramWritten(program=handle, engine=engine, start=start, thought="given by the person")
        self.append(FactStated(fact=written))
        return handle

    def add_start(self, content: bytes, suffix: str, engine: str, name: str = "") -> str:
        """Store a person's file that programs go on from (a scene, a presentation); returns its handle.

        Args:
            content: Its bytes.
            suffix: Its ending with the dot.
            engine: What reads it.
            name: Its base name; for the person only.
        """
        stored = StoredArtifact(
            key="input",
            kind="start",
            digest=self.store.put(content, suffix),
            suffix=suffix,
            title=f"a {suffix} file for {engine} that programs go on from",
            file=name,
            data={"engine": engine},
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

        Marks of one name in different pictures are one object; in one picture they are several.

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
            same = [o for o in self.scene.named(name) if all(s.source == MARKED for s in o.sightings)]
            elsewhere = next((o.handle for o in same if o.in_picture(picture) is None), None)
            fact = ObjectSeen(
                object=elsewhere or self._handles.next("obj"),
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
            data=draft.data,
        )

    def keep_data(self, draft: DataDraft, key: str) -> StoredArtifact:
        """Write new arrays to disk under `key`; they are numbered when their call is committed."""
        return StoredArtifact(
            key=key,
            kind=draft.kind,
            digest=self.store.put_arrays(draft.arrays),
            suffix=".npz",
            size=draft.size,
            title=draft.title,
            show=False,
            made_from=draft.made_from,
            data=draft.data,
        )

    def keep_program(self, draft: ProgramDraft, key: str) -> StoredArtifact:
        """Write a new program to disk under `key`; it is numbered when its call is committed."""
        return StoredArtifact(
            key=key,
            kind="program",
            digest=self.store.put(draft.text.encode(), draft.suffix),
            suffix=draft.suffix,
            title=draft.title,
            show=False,
        )

    def begin_call(self, tool: str, arguments: dict[str, Any]) -> str:
        """Note that a call made without an agent begins; returns its id."""
        with self._lock:
            own = sum(known.startswith("bound.") and known.count(".") == 1 for known in self.calls)
            call = f"bound.{1 + own}"
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
                        and not self.scene.knows(fact.object)
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

    def arrays(self, handle: str) -> dict[str, NDArray[Any]]:
        """The arrays of a depth map, reconstruction, mask or track, read-only.

        Raises:
            KeyError: There is none with this handle.
        """
        artifact = self.artifacts[handle]
        if artifact.suffix != ".npz":
            raise KeyError(handle)
        cached = self._arrays.get(artifact.digest)
        if cached is None:
            with np.load(self.path(handle), allow_pickle=False) as file:
                cached = {name: file[name] for name in file.files}
            for array in cached.values():
                array.setflags(write=False)
            self._arrays.put(artifact.digest, cached, sum(array.nbytes for array in cached.values()))
        return cached

    def cloud(self, handle: str) -> Cloud:
        """The reconstruction with this handle, as the run knows it now.

        Raises:
            KeyError: There is none.
        """
        if self.artifacts[handle].kind != "cloud":
            raise KeyError(handle)
        stated = self.scales.get(handle)
        # Kept while the scale is the same: a view must not read and scale millions of points again.
        key = f"{handle} {stated.metres if stated else None} {stated.factor if stated else None}"
        with self._lock:
            if key not in self._clouds:
                self._clouds = {k: c for k, c in list(self._clouds.items())[-1:] if c.handle != handle}
                self._clouds[key] = Cloud(handle, self)
            return self._clouds[key]

    def program(self, handle: str) -> str:
        """The text of a graphics program.

        Raises:
            KeyError: There is none with this handle.
        """
        if self.artifacts[handle].kind != "program":
            raise KeyError(handle)
        return self.path(handle).read_text("utf-8")

    def made(self, made_from: str) -> list[str]:
        """Handles of the artifacts that were computed from exactly this, in order; see `Artifact.made_from`."""
        return [handle for handle, artifact in self.artifacts.items() if made_from and artifact.made_from == made_from]

    def digest(self, handle: str) -> str:
        """The hash of an artifact's bytes, to make fingerprints of."""
        return self.artifacts[handle].digest

    def path(self, handle: str) -> Path:
        """The file that holds an artifact."""
        artifact = self.artifacts[handle]
        return self.store.path(artifact.digest, artifact.suffix)

    def encoded(self, handle: str, size: tuple[int, int], max_bytes: int) -> tuple[str, str]:
        """A picture as a model is sent it: base64 of the file at `size`, and its media type. Kept for later steps."""
        digest = self.artifacts[handle].digest
        cached = self._encoded.get(_encoded_key(digest, size, max_bytes))
        if cached is None:
            cached = encode_base64(self.pixels(handle), size, max_bytes)
            self.remember_encoded(digest, size, max_bytes, cached)
        return cached

    def remember_encoded(self, digest: str, size: tuple[int, int], max_bytes: int, encoded: tuple[str, str]) -> None:
        """Keep what `encode_base64` made of a picture ahead of time, under the digest of its file."""
        self._encoded.put(_encoded_key(digest, size, max_bytes), encoded, len(encoded[0]))


def encode_base64(pixels: NDArray[np.uint8], size: tuple[int, int], max_bytes: int) -> tuple[str, str]:
    """A picture as a model is sent it: base64 of the file at `size`, and its media type.

    Raises:
        InstrumentLimit: It cannot be made small enough.
    """
    data, media_type = encode_for_model(pixels, size, max_bytes)
    return base64.b64encode(data).decode("ascii"), media_type


def _encoded_key(digest: str, size: tuple[int, int], max_bytes: int) -> str:
    return f"{digest} {size} {max_bytes}"
