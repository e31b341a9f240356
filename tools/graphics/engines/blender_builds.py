"""Which Blender there is: a binary, or a Python that has `bpy`.

In this order: what the setting `SIGHTLINE_BLENDER` names, the private environment of `sightline blender install`, and
`blender` on the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sightline.memory import InfrastructureError

SETTING = "SIGHTLINE_BLENDER"
LEAST_VERSION = (3, 4)
_REMEDY = f"Run: sightline blender install, or apt-get install blender, or set {SETTING} to a Blender that is here."
_SYSTEM, _LOCAL = Path("/usr"), Path("/usr/local")
"""What a sandbox shows of itself, and the part of it that it does not."""


@dataclass(frozen=True)
class Build:
    """A Blender that can run a script.

    Attributes:
        path: The binary, or the Python that has bpy.
        is_module: Whether it is such a Python.
        source: Where it was found, in words.
    """

    path: Path
    is_module: bool
    source: str

    def command(self, script: str) -> tuple[str, ...]:
        """What runs a script in it, in the background."""
        if self.is_module:
            return str(self.path), script
        # Settings of a person and scripts inside .blend files have no say in a picture.
        # Where a link on the path leads: only that folder is seen inside.
        return str(self.path.resolve()), "-b", "-noaudio", "--factory-startup", "-Y", "-t", "2", "--python", script

    @property
    def folders(self) -> tuple[Path, ...]:
        """Folders outside the system that it reads: its own, and for a virtual environment the Python under it."""
        if self.is_module:
            home = _base_home(self.path.parent.parent / "pyvenv.cfg")
            found = [self.path.parent.parent, *([home.parent] if home else [self.path.resolve().parent.parent])]
        else:
            found = [self.path.resolve().parent]
        own = [folder for folder in found if not folder.is_relative_to(_SYSTEM) or folder.is_relative_to(_LOCAL)]
        return tuple(dict.fromkeys(own))

    def version(self) -> str:
        """E.g. `3.4.1`.

        Raises:
            InfrastructureError: It does not start.
        """
        ask = ["-c", "import bpy; print('Blender', bpy.app.version_string)"] if self.is_module else ["--version"]
        try:
            done = subprocess.run([self.path, *ask], capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InfrastructureError(f"{self.path} does not start: {error}.", _REMEDY) from None
        found = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("Blender ")]
        if done.returncode or not found:
            words = " ".join(done.stderr.split())[-300:]
            raise InfrastructureError(
                f"{self.path} is no Blender that starts: {words or 'it names no version'}.", _REMEDY
            )
        return found[0]


def private_folder() -> Path:
    """Where `sightline blender install` makes its environment: `sightline/blender` in the user's data folder."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "sightline" / "blender"


def private_python() -> Path:
    """The Python of that environment; it may not be there."""
    return private_folder() / "bin" / "python"


def find_build() -> Build:
    """The Blender to use.

    Raises:
        InfrastructureError: There is none, or the setting names none.
    """
    named = os.environ.get(SETTING)
    if named:
        path = Path(shutil.which(named) or named).expanduser()
        if not path.is_file() or not os.access(path, os.X_OK):
            raise InfrastructureError(f"{SETTING} names {named}, which cannot be run.", "Name a Blender, or unset it.")
        return Build(path.absolute(), path.name.startswith("python"), f"named by {SETTING}")
    if private_python().is_file():
        return Build(private_python(), True, "installed by sightline blender install")
    on_path = shutil.which("blender")
    if on_path:
        return Build(Path(on_path), False, "on the path")
    raise InfrastructureError("There is no Blender on this machine.", _REMEDY)


def _base_home(settings: Path) -> Path | None:
    """Folder of the Python that a virtual environment was made from, from its `pyvenv.cfg`."""
    try:
        lines = settings.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return Path(value.strip())
    return None
