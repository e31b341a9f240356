"""ultralytics, imported so that it keeps to itself, and its weights.

Left alone, ultralytics looks up the network when it is imported, reports what it runs, installs packages, and writes
settings into the home and weights into the current folder. Here it gets a folder in the user's cache, its reports are
off, and checkpoints are read without running code of theirs (its own safe loading: numbers and known classes only).
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sightline.memory import InfrastructureError
from sightline.tools.back_ends.weights import require, setting_of

ENVIRONMENT = {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_OFFLINE": "true",  # while it is imported: it asks two name servers whether there is a network
    "YOLO_VERBOSE": "false",
    "ULTRALYTICS_SAFE_LOAD": "true",
}
"""What ultralytics reads when it is imported."""

UNREADABLE: tuple[type[Exception], ...] = (
    OSError, EOFError, TypeError, ValueError, RuntimeError, KeyError, AttributeError, ImportError,
    pickle.UnpicklingError, struct.error,
)  # fmt: skip
"""What ultralytics and torch raise for a file that is no checkpoint of theirs, or a damaged one."""
_importing = threading.RLock()
_INTEGRATIONS = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")


def cache_folder() -> Path:
    """Where ultralytics' weights and settings are: `sightline/ultralytics` in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sightline" / "ultralytics"


def import_ultralytics() -> Any:
    """The package, quiet and unable to report or install.

    Raises:
        InfrastructureError: It is not installed.
    """
    require("vision", "ultralytics", "torch", "torchvision")
    with _importing:
        if "ultralytics.utils" not in sys.modules:
            folder = cache_folder()
            _write_settings(folder)
            with _environment({**ENVIRONMENT, "YOLO_CONFIG_DIR": str(folder)}), _unpatched():
                import ultralytics
                import ultralytics.utils
        import ultralytics
        from ultralytics.utils.events import events

        events.enabled = False
        return ultralytics


@contextmanager
def _unpatched() -> Iterator[None]:
    """Take back what ultralytics replaces in other libraries: its `Image.open` asks for a package on a broken file."""
    import cv2
    from PIL import Image

    kept = [(Image, "open"), (cv2, "imread"), (cv2, "imwrite"), (cv2, "imshow")]
    before = [getattr(library, name) for library, name in kept]
    try:
        yield
    finally:
        for (library, name), function in zip(kept, before, strict=True):
            setattr(library, name, function)


def find_yolo_weights(weights: str, offline: bool = False) -> Path:
    """The file of a checkpoint, downloaded if need be.

    Args:
        weights: A path, or the name of a file that ultralytics publishes, e.g. `yolo11n.pt`.
        offline: Never try to download.

    Raises:
        InfrastructureError: There is no such file; it is not on this machine and offline; it cannot be downloaded.
    """
    path = Path(weights).expanduser()
    if path.is_file():
        return path.resolve()
    cached = cached_yolo_weights(weights)
    if cached is not None:
        return cached
    import_ultralytics()
    from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES

    if weights not in GITHUB_ASSETS_NAMES:
        raise InfrastructureError(
            f"There is no file {weights}, and ultralytics publishes no weights of that name.",
            "Give a path to a .pt file, or a name such as yolo11n.pt.",
        )
    if offline or is_offline():
        raise InfrastructureError(
            f"The weights {weights} are not on this machine, and nothing is downloaded offline.",
            f"Run once with a network, or give a local path: {_local(weights)}",
        )
    return _download(weights)


def cached_yolo_weights(weights: str) -> Path | None:
    """Where weights that ultralytics publishes are on this machine, or None. Imports nothing, asks no network."""
    path = cache_folder() / "weights" / weights
    return path if Path(weights).name == weights and path.is_file() else None


def _local(weights: str) -> str:
    """The option that names a file of one's own in place of these weights."""
    other = "keypoints=yolo-pose" if "-pose" in weights else "detection=yolo"
    return f"--back-end {setting_of(weights, other)}:PATH/TO/FILE.pt"


def is_offline() -> bool:
    """Whether the environment forbids downloads."""
    names = ("HF_HUB_OFFLINE", "YOLO_OFFLINE")
    return any(os.environ.get(name, "").casefold() in ("1", "true", "yes", "on") for name in names)


def _download(weights: str) -> Path:
    """Fetch published weights into the cache; a partial file never stands under the final name."""
    from ultralytics.utils.downloads import attempt_download_asset

    final = cache_folder() / "weights" / weights
    partial = final.parent / "partial" / weights
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        attempt_download_asset(partial)
        if not partial.is_file():
            raise ConnectionError("nothing arrived")
        partial.replace(final)
    except (OSError, RuntimeError) as error:  # its own errors for a failed download are of these
        raise InfrastructureError(
            f"The weights {weights} could not be downloaded: {str(error).splitlines()[0] if str(error) else error!r}.",
            f"Check the network and run again, or give a local path: {_local(weights)}",
        ) from error
    return final


def _write_settings(folder: Path) -> None:
    """Settings that ultralytics finds when it is imported: it would make its own, with reports on."""
    file = folder / "Ultralytics" / "settings.json"
    if file.exists():
        return
    settings = {"sync": False, "vscode_msg": False, "openvino_msg": False, **dict.fromkeys(_INTEGRATIONS, False)}
    places = {f"{name}_dir": str(folder / name) for name in ("weights", "runs", "datasets")}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.with_name(f"settings-{os.getpid()}.json")
        whole.write_text(json.dumps(settings | places), encoding="utf-8")
        whole.replace(file)
    except OSError:
        return  # ultralytics then keeps its own in a temporary folder; its reports are off in any case


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Variables set for a while, then as they were."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
