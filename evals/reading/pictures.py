"""Pictures that lie inside question files (parquet, base64 in TSV), written out once, under the hash of their bytes.

    keeper = PictureKeeper.beside(folder)
    picture = keeper.one(record, "image")
    pictures = keeper.several(record, "images")

A path is given, never pixels: a data set of a thousand pictures costs no memory, and one picture that a hundred
questions share is one file. The names say nothing of the question, its id or its source.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.evals.reading.records import Record

_BEGINNINGS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\x00", ".tiff"),
    (b"MM\x00*", ".tiff"),
)

_ENDS = {".jpg": b"\xff\xd9", ".png": b"IEND"}

TAIL = 4096
"""Bytes at the end of a picture among which its end is looked for: some programs write a note after it."""


def cache_folder() -> Path:
    """The user's cache for benchmarks: `$XDG_CACHE_HOME/sightline/benchmarks`, or under `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sightline" / "benchmarks"


@dataclass(frozen=True)
class PictureKeeper:
    """Writes pictures out.

    Attributes:
        folder: Where they go; made when the first is written.
    """

    folder: Path

    @classmethod
    def beside(cls, data: Path) -> PictureKeeper:
        """A keeper in `.sightline/pictures` of a data folder, or in the user's cache where that cannot be written."""
        if os.access(data, os.W_OK):
            return cls(data / ".sightline" / "pictures")
        place = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]
        return cls(cache_folder() / "pictures" / place)

    def one(self, record: Record, field: str) -> Path:
        """The picture in a field: bytes, the hub's `{"bytes": ..., "path": ...}`, or base64.

        Raises:
            DataError: There is none, or it is no picture.
        """
        return self._keep(record, field, record.get(field))

    def several(self, record: Record, field: str) -> tuple[Path, ...]:
        """The pictures in a field, in their order: a list of the above, JSON text of one, or a single one.

        Raises:
            DataError: There is none, or one is no picture.
        """
        value = record.get(field)
        if isinstance(value, str) and value.lstrip().startswith("["):
            try:
                value = json.loads(value)
            except json.JSONDecodeError as error:
                raise record.fault(field, f"its list of pictures is no JSON ({error.msg}); it may be cut off") from None
        pictures = value if isinstance(value, list) else [value]
        if not pictures:
            raise record.fault(field, "there is no picture")
        return tuple(self._keep(record, field, picture) for picture in pictures)

    def _keep(self, record: Record, field: str, value: Any) -> Path:
        data = _bytes_of(record, field, value)
        ending = next((ending for start, ending in _BEGINNINGS if data.startswith(start)), "")
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            ending = ".webp"
        if not ending:
            raise record.fault(field, f"its {len(data)} bytes are no JPEG, PNG, WebP, GIF, BMP or TIFF")
        if _ENDS.get(ending, b"") not in data[-TAIL:]:
            raise record.fault(field, f"the picture is cut off after {len(data)} bytes")
        path = self.folder / f"{hashlib.sha256(data).hexdigest()}{ending}"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            # Another run may be writing the same one: it appears whole, or not at all.
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(data)
            Path(file.name).chmod(0o644)  # others may read the data folder, too
            Path(file.name).replace(path)
        return path


def _bytes_of(record: Record, field: str, value: Any) -> bytes:
    if isinstance(value, dict):
        value = value.get("bytes")
    if isinstance(value, str) and value.strip():
        encoded = value.strip()
        if encoded.startswith("data:"):
            encoded = encoded.partition(",")[2]
        try:
            value = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise record.fault(field, f"the picture is no base64 ({error}); it may be cut off") from None
    if not isinstance(value, bytes) or not value:
        raise record.fault(field, "there is no picture")
    return value


def file_in(folder: Path, record: Record, field: str, name: str) -> Path:
    """A file that a record names, which must lie in the folder.

    Existence is not looked up here: thousands of questions name files that only some runs open.

    Raises:
        DataError: The name leads out of the folder.
    """
    parts = Path(name.replace("\\", "/")).parts
    if not name.strip() or ".." in parts or Path(name).is_absolute():
        raise record.fault(field, f"{name!r} is no file inside the data folder")
    return folder.joinpath(*parts)
