"""List what the wheel holds; everything else is in pyproject.toml.

The top-level folders become `sightline.*` through `package-dir`, a mapping for which setuptools has no
discovery of its own. A list kept by hand goes stale, and a subpackage it lacks is silently missing from the
wheel; so this walks the folders.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-dir"]

setup(
    packages=[
        package
        for name, folder in FOLDERS.items()
        for package in (name, *(f"{name}.{inner}" for inner in find_packages(str(ROOT / folder))))
    ]
)
