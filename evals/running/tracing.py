"""A sample's run in the log: its journal, and its pictures as the model was sent them.

Inspect keeps equal texts once a sample; a picture written here exactly as it stands in a model call costs nothing.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from sightline.agents.models.profile import ModelProfile
from sightline.memory import InputError, Workspace
from sightline.memory.artifacts import ArtifactStore
from sightline.memory.events import EVENT, ArtifactAdded, Event, ToolFinished
from sightline.memory.journal import FILE_NAME, write_journal
from sightline.memory.pictures import encode_png, load_picture, resize

SOURCE = "sightline"
"""Source of the log's events that hold runs."""

MOST_BYTES = {".png": 4_000_000}
"""A larger picture stays out of the log."""

MOST_OTHER_BYTES = 64_000
"""A larger file of another kind (a depth map, a reconstruction, a video) stays out: thousands of them fill a disk."""


def trace_of(ws: Workspace) -> dict[str, Any]:
    """A run as one JSON object: `run`, `journal`, `files` (data URIs by name), and `left_out` (names).

    The journal is one text, a line for each event: Inspect walks every value of an event several times.
    """
    sent = {handle for step in ws.steps for handle in step.composed.pictures}
    limits = None if ws.started is None else ModelProfile.from_json(ws.started.profile).limits
    files: dict[str, str] = {}
    left_out: list[str] = []
    for handle, artifact in ws.artifacts.items():
        name = f"{artifact.digest}{artifact.suffix}"
        path = ws.path(handle)
        if name in files or not path.is_file():
            continue
        if handle in sent and artifact.size is not None and limits is not None:
            data, media_type = ws.encoded(handle, limits.fit(artifact.size), limits.max_bytes)
            files[name] = f"data:{media_type};base64,{data}"
        elif path.stat().st_size > MOST_BYTES.get(artifact.suffix, MOST_OTHER_BYTES):
            left_out.append(name)
        else:
            kind = "image/png" if artifact.suffix == ".png" else "application/octet-stream"
            files[name] = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
    return {
        "run": ws.folder.name,
        "journal": "".join(f"{_written(event)}\n" for event in ws.events),
        "files": files,
        "left_out": left_out,
    }


def rebuild(trace: dict[str, Any], folder: Path) -> Path:
    """Write a run from what `trace_of` made; pictures are as the model was sent them, at their stored size.

    Returns:
        The run's folder, a new one below `folder`.

    Raises:
        InputError: A run of this name lies there, or the log was written without its pictures.
    """
    target = folder / str(trace["run"])
    if target.exists():
        raise InputError(f"{target} exists.", "Name another folder.")
    # Not splitlines: a model's words may hold other line separators, which JSON leaves as they are.
    events = [EVENT.validate_json(line) for line in trace["journal"].split("\n") if line]
    store = ArtifactStore(target / "artifacts")
    store.folder.mkdir(parents=True)
    sizes = {f"{a.digest}{a.suffix}": a.size for event in events for a in _artifacts(event)}
    for name, uri in trace["files"].items():
        if not uri.startswith("data:"):
            raise InputError("The log was written without its pictures.", "Run again without --no-log-images.")
        data = base64.b64decode(uri.partition(",")[2])
        path = store.folder / name
        size = sizes.get(name)
        if path.suffix == ".png" and size is not None:
            pixels = load_picture(data).pixels
            data = encode_png(pixels if (pixels.shape[1], pixels.shape[0]) == size else resize(pixels, size))
        path.write_bytes(data)
    write_journal(target / FILE_NAME, events)
    return target


def _artifacts(event: Event) -> list[Any]:
    if isinstance(event, ArtifactAdded):
        return [event.artifact]
    return list(event.artifacts) if isinstance(event, ToolFinished) else []


def _written(event: Event) -> str:
    """An event as a line of the journal; an input's without the name of its file."""
    if isinstance(event, ArtifactAdded):
        event = event.model_copy(update={"artifact": event.artifact.model_copy(update={"file": ""})})
    return event.model_dump_json()
