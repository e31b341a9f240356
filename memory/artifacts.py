"""Artifacts: everything with a handle, and the folder their bytes lie in.

Bytes are content-addressed (`artifacts/<sha256>.png`), so that writing twice costs nothing and a branch can share
them. State, messages and checkpoints hold handles only. A derived picture knows how its coordinates map to those of
the pictures it was made from, so that what is found in it can be said of the original.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sightline.geometry.transforms import PictureTransform
from sightline.memory.errors import InfrastructureError
from sightline.memory.refs import fresh_key, new_ref

DataKind = Literal["depth", "cloud", "mask", "track"]
"""Artifacts that are arrays: a depth map, a reconstruction, the outline of a thing, things followed through frames."""
ArtifactKind = Literal["input", "view", "video", "panorama", "depth", "cloud", "mask", "track", "program", "start"]

PREFIXES: dict[ArtifactKind, str] = {
    "input": "img",
    "view": "view",
    "video": "vid",
    "panorama": "pano",
    "depth": "depth",
    "cloud": "cloud",
    "mask": "mask",
    "track": "track",
    "program": "prog",
    "start": "start",
}
"""What a handle of each kind begins with. `obj` belongs to the scene map."""

PICTURES: frozenset[ArtifactKind] = frozenset({"input", "view", "panorama"})


class ParentLink(BaseModel):
    """How a derived picture maps to one it was made from.

    Attributes:
        handle: The parent's handle (or a reference to a new one, until it is numbered).
        transform: Child to parent in continuous pixels, as `PictureTransform.to_json` writes it.
        region: The part (x0, y0, x1, y1) of the child that this parent fills; None for all of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    handle: str
    transform: list[float]
    region: tuple[float, float, float, float] | None = None


class StoredArtifact(BaseModel):
    """An artifact whose bytes are on disk and which has no handle yet; `key` names it until then."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    kind: ArtifactKind
    digest: str
    suffix: str
    size: tuple[int, int] | None = None
    title: str = ""
    parents: list[ParentLink] = Field(default_factory=list)
    show: bool = True
    file: str = ""
    made_from: str = ""
    data: dict[str, Any] = Field(default_factory=dict)


class Artifact(StoredArtifact):
    """An artifact with its handle.

    Attributes:
        handle: Short name, never reused in a run.
        size: Width and height in stored pixels, for pictures.
        title: What it is, in words (may hold references, see `sightline.memory.refs`).
        parents: What it was made from.
        made_by: The call that made it, `person` for inputs.
        file: Base name of the file it came from. For the person only: never part of a prompt.
        made_from: Hash of all that a costly result was computed from, so that asking again finds it; "" for others.
        data: What else is known: EXIF facts, a video's length, the camera of a virtual view, what the arrays mean.
    """

    handle: str
    made_by: str

    @property
    def is_picture(self) -> bool:
        """Whether it has pixels to show."""
        return self.kind in PICTURES


@dataclass
class Draft:
    """A picture that a tool has made and that has no handle yet.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        title: What it is, in words; may hold references.
        parents: (handle, child-to-parent transform, region of the child or None).
        show: Whether the model is shown it at once.
        data: What else is known of it, plain JSON; strings in it may hold references.
    """

    pixels: NDArray[np.uint8]
    title: str
    parents: list[tuple[str, PictureTransform, tuple[float, float, float, float] | None]] = field(default_factory=list)
    show: bool = True
    data: dict[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=fresh_key)

    def __str__(self) -> str:
        """A reference to it, to write into a result's text."""
        return new_ref(self.key)


@dataclass
class DataDraft:
    """Arrays that a tool has made and that have no handle yet: a depth map, a reconstruction, a mask, a track.

    Attributes:
        kind: What they are.
        arrays: By name; any dtype but objects.
        title: What it is, in words; may hold references.
        data: What the arrays mean, plain JSON; strings in it may hold references.
        made_from: See `Artifact.made_from`; made by `sightline.memory.caching.fingerprint`.
        size: (width, height), for depth maps and masks.
    """

    kind: DataKind
    arrays: Mapping[str, NDArray[Any]]
    title: str
    data: dict[str, Any] = field(default_factory=dict)
    made_from: str = ""
    size: tuple[int, int] | None = None
    key: str = field(default_factory=fresh_key)

    def __str__(self) -> str:
        """A reference to it, to write into a result's text."""
        return new_ref(self.key)


@dataclass
class ProgramDraft:
    """A graphics program that a tool has made and that has no handle yet.

    Attributes:
        text: The program.
        suffix: Ending of its file with the dot: `.py`, `.svg`.
        title: What it is, in words; may hold references.
    """

    text: str
    suffix: str
    title: str
    key: str = field(default_factory=fresh_key)

    def __str__(self) -> str:
        """A reference to it, to write into a result's text."""
        return new_ref(self.key)


class ArtifactStore:
    """A folder of content-addressed files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes, suffix: str) -> str:
        """Write bytes once; returns their SHA-256 in hex. Atomic: a kill leaves no half file under a final name.

        Raises:
            InfrastructureError: They cannot be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest, suffix)
        if not path.exists():
            with self._part() as part:
                part.write(data)
            Path(part.name).replace(path)
        return digest

    def put_file(self, source: Path, suffix: str) -> str:
        """Copy a file in without holding it in memory; returns its SHA-256 in hex.

        Raises:
            InfrastructureError: It cannot be written.
        """
        hasher = hashlib.sha256()
        with source.open("rb") as src, self._part() as part:
            while chunk := src.read(1 << 20):
                hasher.update(chunk)
                part.write(chunk)
        digest = hasher.hexdigest()
        Path(part.name).replace(self.path(digest, suffix))
        return digest

    def put_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> str:
        """Write arrays as one `.npz` without pickles; returns its SHA-256 in hex. Equal arrays give equal files.

        Raises:
            InfrastructureError: They cannot be written.
        """
        with self._part() as part:
            contiguous: dict[str, Any] = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
            np.savez(part, allow_pickle=False, **contiguous)
        with Path(part.name).open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        Path(part.name).replace(self.path(digest, ".npz"))
        return digest

    @contextmanager
    def _part(self) -> Iterator[IO[bytes]]:
        """A file to write into before it gets its final name; removed where that fails."""
        name = ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".part-", delete=False) as part:
                name = part.name
                yield part
        except OSError as error:
            if name:
                Path(name).unlink(missing_ok=True)
            raise InfrastructureError(
                f"A picture cannot be written to {self.folder} ({error.strerror}).",
                "Free some space, or set SIGHTLINE_RUNS.",
            ) from error

    def path(self, digest: str, suffix: str) -> Path:
        """Where the bytes with this digest lie."""
        return self.folder / f"{digest}{suffix}"

    def link_all(self, other: ArtifactStore) -> None:
        """Make every file of `other` available here, by hard link where the file system allows it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in other.folder.glob("*"):
            target = self.folder / path.name
            if path.name.startswith(".part-") or target.exists():
                continue
            try:
                os.link(path, target)
            except OSError:  # another file system, or one without hard links
                self.put_file(path, path.suffix)


class HandleCounter:
    """Numbers handles: `img1`, `img2`, `view1`, ... Never gives one twice."""

    def __init__(self) -> None:
        self._last: Counter[str] = Counter()

    def next(self, prefix: str) -> str:
        """The next free handle with this prefix."""
        self._last[prefix] += 1
        return f"{prefix}{self._last[prefix]}"

    def taken(self, handle: str) -> None:
        """Note that a handle exists, as read from a journal."""
        prefix = handle.rstrip("0123456789")
        self._last[prefix] = max(self._last[prefix], int(handle[len(prefix) :]))
