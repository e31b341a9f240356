"""Which weights are on this machine, for `sightline doctor`: looked up without torch and without the network."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sightline.tools.back_ends.registry import ROLES
from sightline.tools.back_ends.weights import cached_folder


@dataclass(frozen=True)
class WeightsState:
    """The default weights of one back end.

    Attributes:
        role: What it serves, e.g. `depth`.
        name: The back end, as a setting names it.
        summary: What it is.
        weights: Hub id or file name; "" where it needs none.
        license: Their licence; "" where it needs none.
        where: The folder or file they lie in; None where they are not here.
        size: Bytes on disk; 0 where they are not here.
        default: Whether it serves its role when nothing is set.
    """

    role: str
    name: str
    summary: str
    weights: str
    license: str
    where: Path | None
    size: int
    default: bool

    @property
    def ready(self) -> bool:
        """Whether it can run without a download."""
        return not self.weights or self.where is not None

    def __str__(self) -> str:
        """One line, e.g. `depth=depth-pro: not here, downloads on first use (apple/DepthPro-hf, licence ...)`."""
        if not self.weights:
            return f"{self.role}={self.name}: needs no weights"
        here = f"here, {_size(self.size)}" if self.where is not None else "not here, downloads on first use"
        return f"{self.role}={self.name}: {here} ({self.weights}, licence {self.license})"


def list_weights() -> list[WeightsState]:
    """Every back end of every role with the state of its default weights, in the order of `ROLES`."""
    out = []
    for role, kinds in ROLES.items():
        for number, (name, kind) in enumerate(kinds.items()):
            where = find_local(kind.weights) if kind.weights else None
            size = 0 if where is None else _bytes(where)
            out.append(
                WeightsState(role, name, kind.summary, kind.weights, kind.license, where, size, default=number == 0)
            )
    return out


def find_local(weights: str) -> Path | None:
    """Where weights lie on this machine: a path, a hub id in the cache, or a file in ultralytics' folder."""
    path = Path(weights).expanduser()
    if path.exists():
        return path
    if weights.endswith((".pt", ".onnx", ".engine")):
        file = ultralytics_folder() / weights
        return file if file.is_file() else None
    return cached_folder(weights) if find_spec("huggingface_hub") else None


def ultralytics_folder() -> Path:
    """Where ultralytics keeps weights that it downloads, read from its settings file without importing it."""
    if named := os.environ.get("YOLO_CONFIG_DIR"):
        settings = Path(named).expanduser() / "Ultralytics"
    else:
        settings = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "Ultralytics"
    for folder in (settings, Path(tempfile.gettempdir()) / "Ultralytics"):
        try:
            return Path(json.loads((folder / "settings.json").read_text(encoding="utf-8"))["weights_dir"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return Path("weights")


def _bytes(path: Path) -> int:
    """Size on disk, links followed: the cache links from a snapshot to its blobs."""
    if path.is_file():
        return path.stat().st_size
    return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
