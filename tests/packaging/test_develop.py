"""scripts/develop.py: links the checkout into site-packages, and never touches what it did not make."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    for folder in ("geometry", "tools"):
        (root / folder).mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        '[tool.setuptools.package-dir]\n"sightline.geometry" = "geometry"\n"sightline.tools" = "tools"\n'
    )
    return root


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site-packages"


def links(site: Path) -> dict[str, Path]:
    return {path.name: path.readlink() for path in (site / "sightline").iterdir() if path.is_symlink()}


def test_links_every_package_then_changes_nothing(develop: ModuleType, checkout: Path, site: Path) -> None:
    assert len(develop.link(checkout, site)) == 2
    assert links(site) == {"geometry": checkout / "geometry", "tools": checkout / "tools"}
    assert not (site / "sightline" / "__init__.py").exists()
    assert develop.link(checkout, site) == []


def test_removes_stale_links_and_corrects_moved_ones(
    develop: ModuleType, checkout: Path, site: Path, tmp_path: Path
) -> None:
    develop.link(checkout, site)
    (site / "sightline" / "renamed_since").symlink_to(checkout / "gone")
    (site / "sightline" / "tools").unlink()
    (site / "sightline" / "tools").symlink_to(tmp_path / "another checkout")
    changes = develop.link(checkout, site)
    assert links(site) == {"geometry": checkout / "geometry", "tools": checkout / "tools"}
    assert any("another checkout" in change for change in changes)


def test_refuses_a_real_folder_before_it_changes_anything(develop: ModuleType, checkout: Path, site: Path) -> None:
    (site / "sightline" / "tools").mkdir(parents=True)
    (site / "sightline" / "stale").symlink_to(checkout / "gone")
    with pytest.raises(SystemExit, match=r"sightline/tools is not a link.*pip uninstall sightline"):
        develop.link(checkout, site)
    assert links(site) == {"stale": checkout / "gone"}


def test_refuses_an_init_file_that_would_end_the_namespace(develop: ModuleType, checkout: Path, site: Path) -> None:
    (site / "sightline").mkdir(parents=True)
    (site / "sightline" / "__init__.py").touch()
    with pytest.raises(SystemExit, match=r"__init__\.py is not a link"):
        develop.link(checkout, site)


def test_names_a_package_that_is_listed_and_missing(develop: ModuleType, checkout: Path, site: Path) -> None:
    (checkout / "tools").rmdir()
    with pytest.raises(SystemExit, match=r"tools is missing"):
        develop.link(checkout, site)
    assert not site.exists()
