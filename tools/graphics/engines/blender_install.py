"""`sightline blender install`: bpy in a Python 3.11 environment of its own, which no other package has to fit.

bpy wants exactly the Python it was built for and numpy below 2, so it cannot stand beside Sightline's own packages. The
environment is made beside its place and moved there when bpy has started once: what is there works.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sightline.memory import InfrastructureError, InputError
from sightline.tools.graphics.engines.blender_builds import Build, private_folder, private_python

BPY = "5.0.1"
PYTHON = (3, 11)
SIZE = "about 370 MB to download, 1 GB on disk"
_LEAST_FREE = 2 << 30
_LIBRARIES = "libgl1 libx11-6 libxi6 libxfixes3 libxrender1 libxkbcommon0 libsm6"
"""What bpy needs of a Debian system."""


def install(say: Callable[[str], None], python: Path | None = None, show_progress: bool = False) -> Build:
    """Make the environment, unless it is there already.

    Args:
        say: Called with each thing that is done, in words.
        python: A Python 3.11 to make it from; found by itself where None.
        show_progress: Let pip show its progress bar on the terminal.

    Raises:
        InputError: The Python named is none of this version.
        InfrastructureError: There is no Python 3.11, no room, no network, or bpy does not start here.
    """
    place = private_folder()
    if private_python().is_file():
        build = Build(private_python(), True, "")
        say(f"Blender {build.version()} (bpy) is installed already, in {place}.")
        return build
    base = _python(python)
    place.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(place.parent).free < _LEAST_FREE:
        raise InfrastructureError(
            f"bpy takes 1 GB, and {place.parent} has too little room.", "Free some, or set XDG_DATA_HOME to a folder."
        )
    unfinished = place.with_name("blender.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    say(f"Making an environment for bpy in {place}, with {base} ...")
    _run([base, "-m", "venv", unfinished], "The environment cannot be made", "Run: apt-get install python3.11-venv")
    say(f"Installing bpy {BPY} ({SIZE}) ...")
    inside = unfinished / "bin" / "python"
    pip: list[str | Path] = [inside, "-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:"]
    pip += [] if show_progress else ["--quiet", "--progress-bar=off"]
    _run(
        [*pip, f"bpy=={BPY}", "numpy<2"],
        f"bpy {BPY} cannot be installed",
        "Look whether pip reaches its registry from here and try again, or install Blender: apt-get install blender",
        shown=show_progress,
    )
    say("Starting it once ...")
    version = _starts(inside)
    unfinished.rename(place)
    say(f"Blender {version} (bpy) is ready; Sightline uses it from now on. To undo this, delete {place}.")
    return Build(private_python(), True, "")


def _python(named: Path | None) -> Path:
    """A Python of the version that bpy is built for, with venv."""
    wanted = ".".join(map(str, PYTHON))
    if named is not None:
        found = _is_wanted(named)
        if found is None:
            raise InputError(f"{named} is no Python {wanted} with venv.", f"Name a Python {wanted}.")
        return found
    candidates = [Path(sys.base_prefix) / "bin" / f"python{wanted}", Path(f"python{wanted}"), Path("python3")]
    for candidate in candidates:
        found = _is_wanted(candidate)
        if found is not None:
            return found
    raise InfrastructureError(
        f"bpy {BPY} needs Python {wanted}, and there is none with venv on this machine.",
        f"Install one (apt-get install python{wanted}-venv, or uv python install {wanted}) and name it: "
        "sightline blender install --python PATH",
    )


def _is_wanted(python: Path) -> Path | None:
    """The full path of a Python, if it starts, is of the right version and can make environments."""
    path = shutil.which(python.expanduser())
    if path is None:
        return None
    ask = "import ensurepip, venv, sys; print(*sys.version_info[:2], sys.executable, sep='\\n')"
    done = subprocess.run([path, "-I", "-c", ask], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or lines[:2] != [str(part) for part in PYTHON]:
        return None
    return Path(lines[2])


def _starts(python: Path) -> str:
    try:
        return Build(python, True, "").version()
    except InfrastructureError as error:
        remedy = f"Run: apt-get install {_LIBRARIES}" if ".so" in error.message else error.remedy
        raise InfrastructureError(f"bpy is installed, but does not start: {error.message}", remedy) from None


def _run(command: list[str | Path], failing: str, remedy: str, shown: bool = False) -> None:
    # A PYTHONPATH or an active environment of the caller must not leak into the new one.
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        command,
        stdout=None if shown else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip() and "WARNING" not in line]
        raise InfrastructureError(f"{failing}: {(lines or ['no reason given'])[-1].strip()}.", remedy)
