"""One client's desk: a workspace of its own, the tools bound to it, and what brings pictures in.

A desk lives as long as the client's session. Its workspace lies in a temporary folder that nobody else reads, and is
removed with it: what a client wants to keep it reads as a resource before it leaves.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sightline.demos.mcp.roots import granted_file
from sightline.geometry.dialects import PictureLimits
from sightline.memory import CallRecord, InputError, ModelMistake, SceneObject, Workspace
from sightline.tools import Look, StoredPixels, all_tools
from sightline.tools.back_ends import BackEnds
from sightline.tools.background import in_daemon_thread
from sightline.tools.binding import BoundTool, bind, write_places

SCHEME = "sightline://"
LARGEST_DATA = 32 << 20
"""Bytes of a picture that is given as a data: URI."""

_DATA = re.compile(r"data:(?:image|video)/[\w.+-]+;base64,(.*)", re.DOTALL)

MEDIA = {".png": "image/png", ".npz": "application/x-npz", ".py": "text/x-python", ".svg": "image/svg+xml"}

OPENERS = {
    "open_picture": (
        "Bring a photo in. The other tools then know it by a handle (img1, img2, ...). Give all photos of one scene "
        "that belong together.",
        "A photo (JPEG, PNG, HEIC, WebP, TIFF, ...)",
    ),
    "open_panorama": (
        "Bring a panorama in: an equirectangular picture, twice as wide as high, that shows all directions.",
        "A panorama",
    ),
    "open_video": ("Bring a video in. Tools take frames of it, and measure how camera and things move.", "A video"),
}
"""Tools of the desk itself: their description, and what their argument `path` names."""


CLIENT = StoredPixels(limits=PictureLimits(max_bytes=700_000))
"""How a client's model sees pictures: no larger than common models look at them, in pixels as sent."""


class Desk:
    """A client's workspace and tools.

    Args:
        back_ends: What serves the tools.
        look: A model for tools that ask one; None where the client lends none.
    """

    def __init__(self, back_ends: BackEnds, look: Look | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sightline-mcp-"))
        self.workspace = Workspace.create(self._folder / "run")
        asks = {"ask_image", "locate_by_vlm"} if look is None else set()
        wanted = [tool for tool in all_tools() if tool.name not in asks]
        self.tools: dict[str, BoundTool] = {
            tool.name: tool  # type: ignore[misc]  # `bind` makes these
            for tool in bind(wanted, self.workspace, CLIENT, look, back_ends)
        }

    def close(self) -> None:
        """End what runs for it, and remove its folder."""
        self.workspace.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ------------------------------------------------------------------------------------------------- inputs
    async def open(self, opener: str, path: str, roots: Sequence[Path]) -> str:
        """Bring an input in; returns its handle.

        Raises:
            ModelMistake: The file is not in a granted folder, or the data: URI is none.
            InputError: It cannot be used.
        """
        add: Callable[..., str] = {
            "open_picture": self.workspace.add_picture,
            "open_panorama": lambda source: self.workspace.add_picture(source, kind="panorama"),
            "open_video": self.workspace.add_video,
        }[opener]
        source = self._decoded(opener, path) if path.startswith("data:") else granted_file(path, roots)
        return await in_daemon_thread(lambda: add(source))

    def _decoded(self, opener: str, uri: str) -> bytes | Path:
        match = _DATA.fullmatch(uri)
        try:
            data = base64.b64decode(match[1], validate=True) if match else b""
        except binascii.Error:
            data = b""
        if not data:
            raise ModelMistake("The data: URI cannot be read.", "Write it as data:image/png;base64,... .")
        if len(data) > LARGEST_DATA:
            raise InputError(f"The picture has {len(data)} bytes.", f"Give at most {LARGEST_DATA}, or a path.")
        if opener == "open_video":  # a video is read from a file
            place = self._folder / "given.mp4"
            place.write_bytes(data)
            return place
        return data

    # ------------------------------------------------------------------------------------------------- words
    def said(self, record: CallRecord) -> str:
        """What a call said, places as this client names them."""
        return write_places(self.workspace, CLIENT, record.text)

    def about(self, handle: str) -> str:
        """An artifact in a line: handle, size as sent, title."""
        artifact = self.workspace.artifacts[handle]
        size = ""
        if artifact.size is not None and artifact.is_picture:
            width, height = CLIENT.limits.fit(artifact.size)
            size = f" ({width}x{height} as sent)"
            if (width, height) != artifact.size:
                size = f" ({width}x{height} as sent, {artifact.size[0]}x{artifact.size[1]} stored)"
        title = write_places(self.workspace, CLIENT, artifact.title)
        return f"{handle}{size}" + (f": {title}" if title else "")

    def picture(self, handle: str) -> tuple[str, str]:
        """A picture as sent: base64, and its media type."""
        artifact = self.workspace.artifacts[handle]
        assert artifact.size is not None, f"{handle} has no size"
        return self.workspace.encoded(handle, CLIENT.limits.fit(artifact.size), CLIENT.limits.max_bytes)

    # ------------------------------------------------------------------------------------------------- resources
    def resources(self) -> list[tuple[str, str, str, str]]:
        """(URI, name, description, media type) of all that can be read: artifacts as stored, and what is known."""
        found = [
            (f"{SCHEME}artifacts/{handle}", handle, self.about(handle), _media(artifact.suffix))
            for handle, artifact in self.workspace.artifacts.items()
        ]
        found.append(
            (f"{SCHEME}scene", "scene", "The objects that are known, with boxes and places.", "application/json")
        )
        found.append(
            (f"{SCHEME}journal", "journal", "Everything that happened, one event a line.", "application/jsonl")
        )
        return found

    def read(self, uri: str) -> tuple[str | bytes, str]:
        """What lies under a URI: text or bytes, and the media type.

        Raises:
            ModelMistake: Nothing does.
        """
        name = uri.removeprefix(SCHEME)
        if name == "scene":
            objects = [_plain(known) for known in self.workspace.scene.objects.values()]
            return json.dumps(objects, ensure_ascii=False), "application/json"
        if name == "journal":
            lines = (event.model_dump_json() for event in self.workspace.events)
            return "\n".join(lines), "application/jsonl"
        handle = name.removeprefix("artifacts/")
        if handle == name or handle not in self.workspace.artifacts:
            known = ", ".join(self.workspace.artifacts) or "none yet"
            raise ModelMistake(f"There is no resource {uri}.", f"Artifacts: {known}.")
        artifact = self.workspace.artifacts[handle]
        content = self.workspace.path(handle).read_bytes()
        media = _media(artifact.suffix)
        return (content.decode("utf-8") if media.startswith("text/") else content), media


def _plain(known: SceneObject) -> dict[str, Any]:
    """An object as JSON data; places in stored pixels, and in each reconstruction's own units."""
    return {
        "handle": known.handle,
        "name": known.name,
        "sightings": [asdict(sighting) for sighting in known.sightings],
        "places": {cloud: fact.model_dump(mode="json") for cloud, fact in known.places.items()},
        "faces": {attribute: fact.model_dump(mode="json") for attribute, fact in known.faces.items()},
    }


def _media(suffix: str) -> str:
    return MEDIA.get(suffix, "application/octet-stream")
