"""A benchmark's data from the Hugging Face hub: downloaded once, with progress, into the user's cache, and unpacked."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path

from sightline.evals.benchmark import Source
from sightline.evals.reading.pictures import cache_folder
from sightline.evals.reading.records import DataError
from sightline.memory import InfrastructureError, InputError

_DONE = ".complete.json"


def fetch(source: Source, name: str) -> Path:
    """The folder with a benchmark's data, downloaded where it is not there yet.

    A download that was interrupted goes on where it was. Once it is whole, the network is not asked again.

    Args:
        source: What is needed from where.
        name: The benchmark's name, which names the folder in the cache.

    Raises:
        InputError: It is not on the hub; says where it is.
        InfrastructureError: It cannot be downloaded; says why and what to do.
        DataError: An archive is broken.
    """
    if not source.hub:
        raise InputError(f"{name} is not on the hub.", f"{source.where} Then give the folder with --data DIR.")
    folder = cache_folder() / name
    wanted = {"hub": source.hub, "revision": source.revision, "files": list(source.files)}
    done = folder / _DONE
    if done.is_file() and json.loads(done.read_text("utf-8")) == wanted:
        return folder
    _download(source, folder)
    for pattern in source.unpack:
        for archive in sorted(folder.glob(pattern)):
            _unpack(archive)
    done.write_text(json.dumps(wanted), "utf-8")
    return folder


def _download(source: Source, folder: Path) -> None:
    try:
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HTTPError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
            XetDownloadError,
        )
    except ImportError:
        raise InfrastructureError(
            "Downloading a benchmark needs the extra evals.", 'Install it: pip install "sightline[evals]"'
        ) from None
    remedy = f"Or give a folder with --data DIR: {source.layout}"
    try:
        # Asked first: without it, a folder that an interrupted download left would pass for a whole one when offline.
        commit = HfApi().dataset_info(source.hub, revision=source.revision or None).sha
        snapshot_download(
            source.hub,
            repo_type="dataset",
            revision=commit,
            local_dir=folder,
            allow_patterns=list(source.files) or None,
        )
    except GatedRepoError:
        raise InfrastructureError(
            f"The data set {source.hub} is gated.",
            f"Accept its terms on its page of the hub, then log in with `hf auth login`. {remedy}",
        ) from None
    except RepositoryNotFoundError:
        raise InfrastructureError(f"The hub does not show the data set {source.hub}.", remedy) from None
    except OfflineModeIsEnabled:
        raise InfrastructureError(
            f"The data set {source.hub} is not in the cache, and HF_HUB_OFFLINE forbids a download.",
            f"Unset HF_HUB_OFFLINE. {remedy}",
        ) from None
    except (HTTPError, EntryNotFoundError, XetDownloadError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InfrastructureError(
            f"The data set {source.hub} cannot be downloaded ({reason}).",
            f"Run the command again: it goes on where it stopped. {remedy}",
        ) from None


def _unpack(archive: Path) -> None:
    """Unpack a ZIP file beside itself; what is there already with the right size stays."""
    from huggingface_hub.utils import tqdm

    try:
        with zipfile.ZipFile(archive) as packed:
            for member in tqdm(packed.infolist(), desc=f"Unpacking {archive.name}"):
                there = archive.parent / member.filename
                if not (there.is_file() and there.stat().st_size == member.file_size):
                    packed.extract(member, archive.parent)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DataError(archive.name, 0, "", f"it is no whole ZIP file ({error})") from None
