"""Weights of models: where they are, how they get there, and how a model is loaded from them.

A setting names a folder or a hub id. A folder is used as it is. A hub id is looked up in the usual Hugging Face cache
(`HF_HOME`, `HF_HUB_CACHE`) without a word to the network; only when it is not there is it downloaded into that cache,
with progress, and never when offline (`--offline` or `HF_HUB_OFFLINE`). Only `safetensors` files are fetched and
read: they hold numbers and no code.

Every failure is an `InfrastructureError` that names the command that mends it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.memory import InfrastructureError
from sightline.tools.back_ends.registry import ROLES

if TYPE_CHECKING:
    import torch

WANTED_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
"""What is downloaded of a repository: settings, vocabularies and numbers; no pickles, no duplicates for other
frameworks."""
MOST_THREADS = 8
"""CPU threads of one model; more do not help pictures of this size, and calls run beside each other."""

_reporting = threading.Lock()


def require(extra: str, *packages: str) -> None:
    """Check that packages are installed, without importing them.

    Args:
        extra: The extra of Sightline that brings them.
        packages: Their import names.

    Raises:
        InfrastructureError: One is not installed.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise InfrastructureError(
            f"This needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            f"Run: pip install 'sightline[{extra}]'",
        )


def find_weights(weights: str, offline: bool = False) -> Path:
    """The folder of a checkpoint, downloaded if need be.

    Args:
        weights: A folder, or a hub id such as `depth-anything/Depth-Anything-V2-Small-hf`.
        offline: Never try to download.

    Returns:
        A folder with `config.json` and all of its `safetensors` files.

    Raises:
        InfrastructureError: The folder is no checkpoint, the weights are not there and offline, the hub cannot be
            reached or does not have them.
    """
    folder = Path(weights).expanduser()
    if folder.exists() or _is_path(weights):
        return _checked_folder(folder, weights)
    require("vision", "huggingface_hub")
    cached = cached_folder(weights)
    if cached is not None:
        return cached
    if offline or _hub_is_off():
        how = "with --offline" if offline else "with HF_HUB_OFFLINE set"
        raise InfrastructureError(
            f"The weights {weights} are not on this machine, and nothing is downloaded {how}.",
            f"Run once without that, or give a local folder: --back-end {setting_of(weights)}:FOLDER",
        )
    return _download(weights)


def cached_folder(hub_id: str) -> Path | None:
    """The complete checkpoint of a hub id in the cache; None where there is none. Asks no network, reads no weights."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(hub_id, local_files_only=True, allow_patterns=list(WANTED_FILES)))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return None if what_lacks(folder) else folder


def what_lacks(folder: Path) -> str:
    """What a folder lacks to be a checkpoint, in words; "" where it is one."""
    if not folder.is_dir():
        return "it is not a folder"
    if not (folder / "config.json").is_file():
        return "it has no config.json"
    if (folder / "model.safetensors").is_file():
        return ""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return "it has no model.safetensors"
    try:
        parts = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"its {index.name} cannot be read"
    lacking = [part for part in parts if not (folder / part).is_file()]
    return f"it lacks {lacking[0]}" if lacking else ""


def load_pretrained(
    model_class: Any, folder: Path, model_type: str, weights: str, unneeded: Sequence[str] = ("mask_token",)
) -> Any:
    """A transformers model from a checkpoint: in evaluation mode, on the device that `device` names.

    Args:
        model_class: A class with `from_pretrained`.
        folder: What `find_weights` gave.
        model_type: The `model_type` that its settings must state, e.g. `depth_anything`.
        weights: The setting, for messages.
        unneeded: Ends of names of parts that a checkpoint may lack, because only training uses them.

    Raises:
        InfrastructureError: The checkpoint is of another model, is damaged, or lacks a part of the model: what is
            missing would be filled with random numbers.
    """
    import torch

    found = checkpoint_type(folder)
    if not found:
        raise InfrastructureError(
            f"{weights} is no checkpoint that can be read: its config.json is damaged, or names no model.",
            "Save the checkpoint again with `save_pretrained`, or give other weights.",
        )
    if found != model_type:
        raise InfrastructureError(
            f"{weights} is a checkpoint of {found}, not of {model_type}.",
            "Name the back end that it belongs to, or other weights; `sightline doctor` lists both.",
        )
    where = device()
    if where == "cpu":
        bound_threads()
    try:
        with _quiet():
            model, info = model_class.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                dtype=torch.float16 if where == "cuda" else torch.float32,
            )
    except torch.cuda.OutOfMemoryError as error:
        raise InfrastructureError(
            f"The GPU has no room for {weights}.", "Free it, or hide it with: CUDA_VISIBLE_DEVICES= sightline ..."
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, _safetensors_error()) as error:
        raise InfrastructureError(
            f"The checkpoint {weights} cannot be loaded: {_first_line(error)}", _refetch(folder, weights)
        ) from error
    lacking = sorted(key for key in info["missing_keys"] if not key.endswith(tuple(unneeded)))
    if lacking:
        raise InfrastructureError(
            f"The checkpoint {weights} lacks {len(lacking)} parts of the model, e.g. {lacking[0]}.",
            _refetch(folder, weights),
        )
    return model.to(where).eval()


def load_processor(processor_class: Any, folder: Path, weights: str, **settings: Any) -> Any:
    """A transformers processor from a checkpoint.

    Raises:
        InfrastructureError: Its settings are missing or cannot be read.
    """
    try:
        return processor_class.from_pretrained(folder, local_files_only=True, **settings)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InfrastructureError(
            f"The settings that prepare pictures for {weights} cannot be read: {_first_line(error)}",
            _refetch(folder, weights),
        ) from error


def checkpoint_type(folder: Path) -> str:
    """The `model_type` that a checkpoint's settings state; "" where they state none."""
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def device() -> str:
    """Where models run: `cuda` where torch finds a GPU, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def bound_threads() -> None:
    """Keep torch to the CPUs this process may use, and to `MOST_THREADS`; a container often sees more than it has."""
    import torch

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = max(1, min(allowed, MOST_THREADS))
    if torch.get_num_threads() > wanted:
        torch.set_num_threads(wanted)


@contextmanager
def running(weights: str) -> Iterator[None]:
    """Around a model at work: no gradients, and running out of memory told in words.

    Raises:
        InfrastructureError: The GPU or the machine ran out of memory.
    """
    import torch

    try:
        with torch.inference_mode():
            yield
    except (torch.cuda.OutOfMemoryError, MemoryError) as error:
        raise InfrastructureError(
            f"{weights} ran out of memory.", "Free the GPU, or hide it with: CUDA_VISIBLE_DEVICES= sightline ..."
        ) from error


def to_device(inputs: Any, model: torch.nn.Module) -> dict[str, Any]:
    """A processor's tensors on the model's device; those of real numbers in its precision."""
    first = next(model.parameters())
    return {
        name: value.to(first.device, first.dtype) if value.is_floating_point() else value.to(first.device)
        for name, value in inputs.items()
    }


def _download(hub_id: str) -> Path:
    import httpx2
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    constants.HF_HUB_DISABLE_TELEMETRY = True  # nothing about this machine or run is sent along
    local = f"or give a local folder: --back-end {setting_of(hub_id)}:FOLDER"
    try:
        folder = Path(snapshot_download(hub_id, allow_patterns=list(WANTED_FILES)))
    except GatedRepoError as error:
        raise InfrastructureError(
            f"The weights {hub_id} are behind a licence that must be accepted on their page.",
            f"Accept it there and run: hf auth login; {local}",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise InfrastructureError(
            f"The hub has no weights {hub_id!r}, and there is no such folder.", f"Check the name, {local}"
        ) from error
    except (LocalEntryNotFoundError, httpx2.HTTPError) as error:
        raise InfrastructureError(
            f"The hub cannot be reached to download the weights {hub_id}: {_first_line(error.__cause__ or error)}",
            f"Check the network (HF_ENDPOINT names another hub) and run again: it resumes; {local}",
        ) from error
    except OSError as error:
        raise InfrastructureError(
            f"The weights {hub_id} could not be stored: {_first_line(error)}",
            f"Free space or set HF_HOME to a folder with room, and run again: it resumes; {local}",
        ) from error
    lack = what_lacks(folder)
    if lack:
        raise InfrastructureError(
            f"The hub's {hub_id} is no checkpoint that can be used: {lack}.", f"Choose other weights, {local}"
        )
    return folder


def _is_path(weights: str) -> bool:
    """Whether a setting can only be meant as a path: a hub id is NAME or OWNER/NAME."""
    return weights.startswith((".", "~", os.sep)) or weights.count("/") > 1 or "\\" in weights


def _checked_folder(folder: Path, weights: str) -> Path:
    if not folder.exists():
        raise InfrastructureError(
            f"There is no folder {weights}.", "Give a folder that holds a checkpoint, or a hub id."
        )
    lack = what_lacks(folder)
    if lack:
        raise InfrastructureError(
            f"{weights} is no checkpoint: {lack}.",
            "Give the folder that holds config.json and model.safetensors, as `save_pretrained` writes them.",
        )
    return folder.resolve()


def _hub_is_off() -> bool:
    from huggingface_hub import constants

    return constants.is_offline_mode() or os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")


def setting_of(weights: str, otherwise: str = "ROLE=NAME") -> str:
    """The back end that these weights are the default of, as a setting names it; of other weights, `otherwise`."""
    for role, kinds in ROLES.items():
        for name, kind in kinds.items():
            if kind.weights == weights:
                return f"{role}={name}"
    return otherwise


def _refetch(folder: Path, weights: str) -> str:
    if Path(weights).expanduser().exists():
        return "Save the checkpoint again with `save_pretrained`, or give other weights."
    return f"Remove {folder.parent.parent.name} from the Hugging Face cache (hf cache ls) and run again."


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".") + "."


def _safetensors_error() -> type[Exception]:
    from safetensors import SafetensorError

    error: type[Exception] = SafetensorError
    return error


@contextmanager
def _quiet() -> Iterator[None]:
    """No report of each tensor on the terminal; what matters in it is raised."""
    logging: Any = import_module("transformers.utils.logging")
    with _reporting:
        level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()
