"""`sightline blender install`, with real pip and venv, from a folder of packages that stand in for the registry."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from sightline.memory import InfrastructureError, InputError
from sightline.tools.graphics.engines.blender_builds import find_build, private_folder
from sightline.tools.graphics.engines.blender_install import BPY, PYTHON, install

pytestmark = pytest.mark.skipif(sys.version_info[:2] != PYTHON, reason="bpy needs this very Python")

WORKING = "class app:\n    version_string = '5.0.1'\n"
BROKEN = "raise ImportError('libXi.so.6: cannot open shared object file: No such file or directory')\n"


def wheel(folder: Path, name: str, version: str, code: str) -> None:
    """A package with one module."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that pip takes packages from, and nothing else."""
    folder = tmp_path / "registry"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return folder


def test_it_is_installed_once_and_then_used(registry: Path) -> None:
    wheel(registry, "bpy", BPY, WORKING)
    wheel(registry, "numpy", "1.26.4", "")
    wheel(registry, "numpy", "2.4.0", "")
    said: list[str] = []
    build = install(said.append)
    assert build.version() == BPY
    assert any("1 GB on disk" in line for line in said)
    assert said[-1].startswith(f"Blender {BPY} (bpy) is ready")
    assert list(private_folder().rglob("numpy-1.26.4.dist-info"))
    assert not list(private_folder().rglob("numpy-2.4.0.dist-info"))
    found = find_build()
    assert found.path == build.path
    assert found.is_module
    assert private_folder() in found.folders

    again: list[str] = []
    install(again.append)
    assert again == [f"Blender {BPY} (bpy) is installed already, in {private_folder()}."]


def test_what_fails_leaves_nothing_that_is_taken_for_blender(registry: Path) -> None:
    with pytest.raises(InfrastructureError, match=f"bpy {BPY} cannot be installed: .*apt-get install blender"):
        install(lambda line: None)
    assert not private_folder().exists()
    wheel(registry, "bpy", BPY, BROKEN)
    wheel(registry, "numpy", "1.26.4", "")
    with pytest.raises(InfrastructureError, match=r"does not start: .*libXi\.so\.6.*apt-get install .*libxi6"):
        install(lambda line: None)
    assert not private_folder().exists()
    # The next attempt begins afresh.
    wheel(registry, "bpy", BPY, WORKING)
    assert install(lambda line: None).version() == BPY


def test_another_python_is_refused(registry: Path, tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\nprintf '3\\n9\\n/usr/bin/python3.9\\n'\n")
    other.chmod(0o755)
    with pytest.raises(InputError, match=r"is no Python 3\.11 with venv"):
        install(lambda line: None, other)
