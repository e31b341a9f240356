"""The Python of this environment in the sandbox, for the engines that are Python packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.environment import VARIABLES, this_environment


def require(*packages: str) -> None:
    """Check that packages of the extra `graphics` are installed, without importing them.

    Raises:
        InfrastructureError: One is not.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise InfrastructureError(
            f"{' and '.join(missing)} is not installed.", "Run: pip install 'sightline[graphics]'"
        )


def python_job(script: str) -> tuple[tuple[str, ...], tuple[Path, ...], dict[str, str]]:
    """What runs a script of `/in` with the packages of this environment: command, readable folders, variables."""
    here = this_environment()
    environment = {**VARIABLES, "PYTHONPATH": ":".join(map(str, here.packages)), "PYTHONNOUSERSITE": "1"}
    folders = tuple(folder for folder in here.folders if folder != here.geometry)
    return (str(here.executable), script), folders, environment
