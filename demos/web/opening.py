"""Old runs from a file that was uploaded: a run's folder as a zip, its journal alone, or a sample of an Inspect log."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from sightline.demos.web.limits import Limits
from sightline.memory import InputError, Workspace
from sightline.memory.journal import FILE_NAME

MOST_FILES = 20_000
"""Files in a zipped run."""


def open_upload(upload: Path, into: Path, limits: Limits, sample: str = "") -> Path:
    """Unpack an uploaded run.

    Args:
        upload: A `.zip` of a run's folder, a `trace.jsonl`, or an `.eval` log.
        into: Where to unpack it.
        limits: How large it may be.
        sample: Which one of a log, by its id; the first one by default.

    Returns:
        The run's folder.

    Raises:
        InputError: It holds no run, or one that is damaged.
    """
    into.mkdir(parents=True, exist_ok=True)
    folder = into / f"{len(list(into.iterdir())) + 1}" / upload.stem
    folder.mkdir(parents=True)
    ending = upload.suffix.lower()
    if ending == ".zip":
        _unzip(upload, folder, limits)
    elif ending == ".jsonl":
        shutil.copyfile(upload, folder / FILE_NAME)
    elif ending == ".eval":
        folder = _from_log(upload, sample, folder)
    else:
        raise InputError(
            f"{upload.name} is no run that is known here.", "Give a run's folder as .zip, its trace.jsonl, or an .eval."
        )
    workspace = Workspace.open(folder)
    if workspace.started is None and not workspace.calls:
        raise InputError(f"{upload.name} holds an empty run.", "Give another one.")
    return folder


def _unzip(upload: Path, folder: Path, limits: Limits) -> None:
    """Unpack the journal and the artifacts, and nothing else, by names of our own choice."""
    try:
        with zipfile.ZipFile(upload) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            journals = [m for m in members if PurePosixPath(m.filename).name == FILE_NAME]
            if len(journals) != 1:
                raise InputError(
                    f"{upload.name} holds {len(journals)} runs.", f"Zip one run's folder: with {FILE_NAME} in it."
                )
            size = sum(member.file_size for member in members)
            if len(members) > MOST_FILES or size > 20e6 * limits.upload_mb:
                raise InputError(f"{upload.name} is too large unpacked.", "Open it on your own machine.")
            root = PurePosixPath(journals[0].filename).parent
            for member in members:
                path = PurePosixPath(member.filename)
                inside = path.relative_to(root) if path.is_relative_to(root) else path
                is_artifact = inside.parts[:1] == ("artifacts",) and ".." not in inside.parts
                if not is_artifact and str(inside) != FILE_NAME:
                    continue
                target = folder.joinpath(*inside.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{upload.name} cannot be unpacked ({error}).", "Zip the run's folder again.") from error


def _from_log(log: Path, sample: str, folder: Path) -> Path:
    """The run of a sample of an Inspect log that this project's evals wrote."""
    from importlib.util import find_spec

    if find_spec("inspect_ai") is None:
        raise InputError("Inspect logs need Inspect.", "Install it with: pip install 'sightline[evals]'")
    from inspect_ai.log import read_eval_log_sample_summaries

    from sightline.evals.running import extract_run

    try:
        known = read_eval_log_sample_summaries(str(log))
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{log.name} is no log that can be read ({error}).", "It may be cut off.") from None
    chosen = next((summary for summary in known if str(summary.id) == sample), known[0] if known else None)
    if chosen is None or (sample and str(chosen.id) != sample):
        ids = ", ".join(str(summary.id) for summary in known[:5])
        raise InputError(f"{log.name} has no sample {sample!r}.", f"Its samples: {ids or 'none'}.")
    return extract_run(log, str(chosen.id), chosen.epoch, folder)[0]
