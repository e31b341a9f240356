"""Make the checkout importable as `sightline.*` in the interpreter that runs this script.

`pip install -e .` brings the metadata and the `sightline` command, but imports code through a finder hook
that mypy cannot follow. This links each top-level folder into `site-packages/sightline/`, where Python, mypy
and editors all find it, new files included. `make setup` runs both; running this again changes nothing.

Installing a wheel into the same environment would write through the links into the checkout: give a wheel an
environment of its own, or delete `site-packages/sightline` first.
"""

from __future__ import annotations

import sys
import sysconfig
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def packages(checkout: Path) -> dict[str, Path]:
    """Map each name below `sightline` to its folder, as pyproject.toml lists them."""
    settings = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))
    mapping: dict[str, str] = settings["tool"]["setuptools"]["package-dir"]
    return {name.removeprefix("sightline."): checkout / folder for name, folder in mapping.items()}


def obstacles(namespace: Path) -> list[str]:
    """Say what stands in `site-packages/sightline` that is no link; empty when nothing is in the way."""
    if namespace.is_symlink() or (namespace.exists() and not namespace.is_dir()):
        return [f"{namespace} is not a folder: delete it."]
    if not namespace.is_dir():
        return []
    return [
        f"{entry} is not a link, so it belongs to an installed sightline: "
        f"run `{sys.executable} -m pip uninstall sightline`, or delete it, and try again."
        for entry in sorted(namespace.iterdir())
        if not entry.is_symlink() and entry.name != "__pycache__"
    ]


def link(checkout: Path, site_packages: Path) -> list[str]:
    """Link the checkout's packages into `site_packages/sightline` and drop links that are not its own.

    Args:
        checkout: Root of the repository, holding pyproject.toml.
        site_packages: Folder on the interpreter's path; `sightline` is made below it.

    Returns:
        One line for each change; empty when everything was in place.

    Raises:
        SystemExit: A real file or folder is in the way, or a folder of the checkout is missing. Nothing has
            been changed then.
    """
    namespace = site_packages / "sightline"
    wanted = packages(checkout)
    missing = [
        f"{folder} is missing, and pyproject.toml lists it." for folder in wanted.values() if not folder.is_dir()
    ]
    if problems := obstacles(namespace) + missing:
        raise SystemExit("\n".join(problems))

    namespace.mkdir(parents=True, exist_ok=True)
    changes = []
    for entry in sorted(namespace.iterdir()):
        if entry.is_symlink() and (entry.name not in wanted or entry.readlink() != wanted[entry.name]):
            changes.append(f"removed {entry} (it pointed to {entry.readlink()})")
            entry.unlink()
    for name, folder in wanted.items():
        path = namespace / name
        if not path.is_symlink():
            path.symlink_to(folder, target_is_directory=True)
            changes.append(f"linked {path} -> {folder}")
    return changes


def main() -> None:
    """Link the checkout into the running interpreter and report what changed."""
    site_packages = Path(sysconfig.get_path("purelib"))
    try:
        changes = link(CHECKOUT, site_packages)
    except PermissionError as error:
        raise SystemExit(f"{error}: use a virtual environment, as `make setup` does.") from error
    print("\n".join(changes) or f"{site_packages / 'sightline'} already links to {CHECKOUT}")


if __name__ == "__main__":
    main()
