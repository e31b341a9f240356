"""The running interpreter as a sandbox sees it: which folders it needs, and what is importable from them.

Nothing of the checkout is among them but the folder of `sightline.geometry`: neither the tools, nor tests, nor data.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import sightline.geometry

PACKAGE_FOLDERS = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class PythonEnvironment:
    """An interpreter and its packages.

    Attributes:
        executable: The interpreter.
        folders: What has to be readable for it.
        packages: Folders to import from, beside the standard library's.
        geometry: The folder of `sightline.geometry`.
    """

    executable: Path
    folders: tuple[Path, ...]
    packages: tuple[Path, ...]
    geometry: Path


def this_environment() -> PythonEnvironment:
    """The environment that runs this, without what is importable only because of the current folder or a variable."""
    base = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    personal = Path(site.getusersitepackages()).resolve()
    packages = tuple(
        dict.fromkeys(
            folder
            for folder in (Path(entry).resolve() for entry in sys.path if entry)
            if folder.name in PACKAGE_FOLDERS and folder.is_dir() and folder != personal
        )
    )
    geometry = Path(str(sightline.geometry.__file__)).parent.resolve()
    standard = (Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))
    wanted = (Path(sys.base_prefix).resolve(), base.parent, *standard, *packages, geometry)
    return PythonEnvironment(base, _outermost(wanted), packages, geometry)


def _outermost(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """Without those that lie in another one, and without the system's, which are there anyway: /usr but /usr/local."""
    wanted = [
        folder
        for folder in dict.fromkeys(folders)
        if folder.is_relative_to("/usr/local") or not folder.is_relative_to("/usr")
    ]
    return tuple(
        folder for folder in wanted if not any(other != folder and folder.is_relative_to(other) for other in wanted)
    )


THREADS = str(min(4, os.cpu_count() or 1))
"""Threads of numerical libraries: each counts as a process of the sandbox."""

VARIABLES = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp/matplotlib",
    "NUMBA_CACHE_DIR": "/tmp/numba",
    "OPENBLAS_NUM_THREADS": THREADS,
    "OMP_NUM_THREADS": THREADS,
}
"""Environment of the worker."""
