"""Fixtures for the tests of what is shipped and how it is laid out."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest


def load_script(path: Path) -> ModuleType:
    """Import a file of `scripts/`, which is no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def folders(repository: Path) -> dict[str, Path]:
    """The shipped packages: name below `sightline` -> folder."""
    return load_script(repository / "scripts/develop.py").packages(repository)


@pytest.fixture(scope="session")
def pyproject(repository: Path) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def develop(repository: Path) -> ModuleType:
    return load_script(repository / "scripts/develop.py")


@pytest.fixture(scope="session")
def compare_wheel(repository: Path) -> ModuleType:
    return load_script(repository / "scripts/compare_wheel.py")
