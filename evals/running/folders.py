"""Where the runs of samples lie while they are worked on: LOGDIR/runs/TASK/SAMPLE-EPOCH.

A sample that failed, or whose process was killed, goes on from there: no completed model call is paid twice. A folder
is removed only when its sample stands in the log on disk, which Inspect writes a few samples at a time.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import threading
import zipfile
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

EVERY = 32
"""Samples after which folders that are no longer needed are looked for."""


def path_of(location: str) -> Path:
    """The path of a log that Inspect names, which may be a `file://` address."""
    parts = urlsplit(location)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(location)


def runs_of(log: Path) -> Path:
    """The folder of a log's runs; a log that goes on from an earlier one has the same."""
    return log.parent / "runs" / _task_id(log)


def sample_folder(log: Path, sample: str, epoch: int) -> Path:
    """Where a sample's runs lie. Its name tells nothing of the sample."""
    return runs_of(log) / f"{hashlib.sha256(sample.encode()).hexdigest()[:16]}-{epoch}"


@lru_cache(256)
def _task_id(log: Path) -> str:
    """What a log and those that go on from it share; read here, as Inspect's reader runs an event loop of its own."""
    try:
        with zipfile.ZipFile(log) as archive:
            start = json.loads(archive.read("_journal/start.json"))
    except (OSError, zipfile.BadZipFile, KeyError):
        return log.stem  # a log in JSON, which is not written before its end
    return str(start["eval"]["task_id"])


class Finished:
    """The logs in which samples end, and whose folders are looked through now and then."""

    def __init__(self) -> None:
        self._logs: set[Path] = set()
        self._lock = threading.Lock()
        self._since = 0

    def add(self, log: Path) -> None:
        """A sample of this log has its score."""
        with self._lock:
            self._logs.add(log)
            self._since += 1
            due = self._since >= EVERY
            self._since = 0 if due else self._since
        if due:
            # Not on the event loop, which others wait for.
            threading.Thread(target=self.remove, daemon=True, name="sightline-remove-runs").start()

    def remove(self) -> None:
        """Remove the folders of the samples that stand in their log without an error."""
        with self._lock:
            logs = list(self._logs)
        for log in logs:
            runs = runs_of(log)
            if not runs.is_dir():
                continue
            kept = {folder.name for folder in runs.iterdir()}
            for sample, epoch in _logged(log):
                folder = sample_folder(log, sample, epoch)
                if folder.name in kept:
                    shutil.rmtree(folder, ignore_errors=True)
            for folder in (runs, runs.parent):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()


def _logged(log: Path) -> set[tuple[str, int]]:
    """Samples that stand in a log on disk."""
    found: set[tuple[str, int]] = set()
    try:
        with zipfile.ZipFile(log) as archive:
            for name in archive.namelist():
                # Inspect's journal of summaries is written together with the samples, and is small.
                if name.startswith("_journal/summaries/") or name == "summaries.json":
                    entries = json.loads(archive.read(name))
                    found |= {(str(e["id"]), int(e["epoch"])) for e in entries if not e.get("error")}
    except (OSError, zipfile.BadZipFile, KeyError):
        return set()  # it is being written: another time
    return found


finished = Finished()
atexit.register(finished.remove)
