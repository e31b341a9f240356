"""Imports point one way only, those inside functions and lazy tables included."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# What each package may import beside itself. The command line reaches the evals, never the other way round.
BELOW = {
    "geometry": set(),
    "memory": {"geometry"},
    "tools": {"geometry", "memory"},
    "agents": {"geometry", "memory", "tools"},
    "evals": {"geometry", "memory", "tools", "agents"},
    "demos": {"geometry", "memory", "tools", "agents", "evals"},
}
MODULE_NAME = re.compile(r"sightline(\.\w+)+")


def imported(tree: ast.Module, module: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) for what a module imports, at any depth, or names as a module in a string.

    `module` is the dotted name that relative imports start from: the package's own for an `__init__`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and MODULE_NAME.fullmatch(str(node.value)):
            yield node.lineno, str(node.value)


def violations(source: str, module: str) -> list[str]:
    """List the imports that a module of Sightline may not make."""
    own = module.split(".")[1]
    found = []
    for line, name in imported(ast.parse(source), module):
        parts = name.split(".")
        if parts[0] in BELOW:
            found.append(f"{module}:{line} imports {name}: write sightline.{name}")
        elif parts[0] == "sightline" and parts[1:2] and parts[1] not in {own, *BELOW[own]}:
            found.append(f"{module}:{line} imports {name}: {own} may not import {parts[1]}")
    return found


def modules(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder).with_suffix("").parts
        yield path, ".".join(["sightline", name, *inner])


def test_every_package_has_its_place(folders: dict[str, Path]) -> None:
    assert folders.keys() == BELOW.keys()


@pytest.mark.parametrize("name", BELOW)
def test_imports_point_one_way(name: str, folders: dict[str, Path]) -> None:
    found = [
        problem
        for path, module in modules(folders[name], name)
        for problem in violations(path.read_text("utf-8"), module)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import sightline.tools",
        "from sightline import tools",
        "from sightline.agents.models import rules",
        "def late():\n    from sightline.tools import bind",
        "from ..tools import bind",
        "import importlib\nimportlib.import_module('sightline.tools.bind')",
        "LAZY = {'Workspace': 'sightline.agents.loop'}",
        "import tools",
        "from agents.models import rules",
    ],
)
def test_the_check_sees_an_import_that_points_up(source: str) -> None:
    assert violations(source, "sightline.memory.journal")


@pytest.mark.parametrize(
    "source",
    [
        "import sightline.geometry",
        "from sightline.memory.events import Event",
        "from .events import Event",
        "import json, numpy.linalg",
        "'Read sightline.tools for more.'",
    ],
)
def test_the_check_passes_an_import_that_points_down(source: str) -> None:
    assert violations(source, "sightline.memory.journal") == []
