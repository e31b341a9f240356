"""The wheel holds the tree, under `sightline` and nowhere else."""

from __future__ import annotations

import configparser
import email
import importlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info")


@pytest.fixture(scope="module")
def source(repository: Path, folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a build reads, so that a leftover `build/` of the checkout cannot take part."""
    copy = tmp_path_factory.mktemp("source")
    for folder in folders.values():
        shutil.copytree(folder, copy / folder.relative_to(repository), ignore=IGNORED)
    for name in ("pyproject.toml", "setup.py", "LICENSE", "README.md"):
        shutil.copy(repository / name, copy / name)
    return copy


def build(source: Path, out: Path) -> Path:
    """Build an sdist, and a wheel from the sdist alone."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(source, tmp_path_factory.mktemp("dist"))


def test_the_wheel_equals_the_tree(wheel: Path, repository: Path, compare_wheel: ModuleType) -> None:
    assert compare_wheel.differences(wheel, repository) == []


def test_the_comparison_sees_what_setuptools_leaves_out(
    source: Path, wheel: Path, compare_wheel: ModuleType, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(source, tree)
    before = set(compare_wheel.differences(wheel, tree))
    (tree / "tools" / "unlisted").mkdir()
    (tree / "tools" / "unlisted" / "late.py").write_text('"""Late."""\n')
    (tree / "demos" / "samples" / "scene.new-ending").write_text("data")
    (tree / "memory" / "errors.py").write_text('"""Edited."""\n')
    (tree / "geometry" / "py.typed").unlink()
    found = sorted(set(compare_wheel.differences(wheel, tree)) - before)
    assert [line.partition(" from the ")[0].partition(",")[0] for line in found] == [
        "sightline/demos/samples/scene.new-ending is missing",
        "sightline/geometry/py.typed is in the wheel",
        "sightline/memory/errors.py differs",
        "sightline/tools/unlisted/late.py is missing",
    ]


def test_nothing_lands_beside_the_namespace(wheel: Path, folders: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"sightline"}
    assert {name.split("/")[1] for name in names if ".dist-info/" not in name} == set(folders)
    assert all(f"sightline/{name}/py.typed" in names for name in folders)


def test_the_metadata_names_licence_python_and_extras(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        assert archive.read(f"{info}/licenses/LICENSE").decode().strip().startswith("Apache License")
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata.get_all("Provides-Extra", [])) == {
        "vision",
        "recon",
        "graphics",
        "symbolic",
        "evals",
        "demo",
        "mcp",
        "google",
        "rerun",
        "all",
        "dev",
    }


def test_the_command_starts_something_that_exists(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        scripts = configparser.ConfigParser()
        scripts.read_string(archive.read(entry).decode())
    module, _, function = scripts["console_scripts"]["sightline"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_all_is_the_sum_of_the_other_extras(pyproject: dict) -> None:
    extras = pyproject["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    summed = everything.removeprefix("sightline[").removesuffix("]").split(",")
    assert set(summed) == extras.keys() - {"all", "dev"}


def test_plain_names_are_not_importable_as_ours(repository: Path, folders: dict[str, Path]) -> None:
    """`agents` may well be installed, as somebody else's; it must never be this repository's."""
    site_packages = Path(sysconfig.get_path("purelib"))
    ask = "import importlib.util as u, sys; print(u.find_spec(sys.argv[1]))"
    for name in folders:
        assert (site_packages / name).resolve() != repository / name
        # In a process of its own, without the current folder on its path: pytest may have put it there.
        found = subprocess.run([sys.executable, "-I", "-c", ask, name], capture_output=True, text=True, check=True)
        assert str(repository / name) not in found.stdout


def test_the_namespace_has_no_init(folders: dict[str, Path]) -> None:
    namespace = importlib.import_module("sightline")
    assert getattr(namespace, "__file__", None) is None
    for name in folders:
        assert importlib.util.find_spec(f"sightline.{name}") is not None
