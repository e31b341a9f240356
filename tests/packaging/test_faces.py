"""A folder's `__init__.py` is its face: a docstring, re-exports, `__all__`, and nothing else."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

STAGE = Path("tools") / "graphics" / "engines" / "stage"
"""Files that run inside the sandbox, in the Python of an engine: nothing here could import them."""
NO_MODULE_NAMES = {"util", "utils", "helper", "helpers", "misc", "common", "stuff"}


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def beside_the_face(source: str) -> list[str]:
    """List the statements of an `__init__.py` that are more than a docstring, a re-export or `__all__`.

    A face may re-export lazily: `__getattr__` and `__dir__`, fed by a private table of constants, and imports
    under TYPE_CHECKING.
    """
    tree = ast.parse(source)
    lazy = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body)
    extra = []
    for index, node in enumerate(tree.body):
        match node:
            case ast.Expr(value=ast.Constant(value=str())) if index == 0:
                continue
            case ast.Import() | ast.ImportFrom():
                continue
            case ast.If(body=body) if is_type_checking(node) and not node.orelse:
                if all(isinstance(inner, ast.Import | ast.ImportFrom) for inner in body):
                    continue
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AnnAssign(target=ast.Name(id="__all__")):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if lazy:
                if name.startswith("_") and not any(isinstance(inner, ast.Call) for inner in ast.walk(node)):
                    continue
            case ast.FunctionDef(name="__getattr__" | "__dir__") if lazy:
                continue
        extra.append(f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}")
    return extra


def python_files(folders: dict[str, Path]) -> list[Path]:
    return sorted(path for folder in folders.values() for path in folder.rglob("*.py"))


def test_faces_hold_nothing_else(folders: dict[str, Path], repository: Path) -> None:
    found = [
        f"{path.relative_to(repository)}, {extra}"
        for path in python_files(folders)
        if path.name == "__init__.py"
        for extra in beside_the_face(path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "def build(): ...",
        "class Agent: ...",
        "LIMIT = 3",
        "_table = {'a': 'b'}",
        "register('drawing')",
        "import os\nif os.environ.get('X'):\n    import json",
        "_cache = load()\ndef __getattr__(name): ...",
    ],
)
def test_the_check_sees_more_than_a_face(source: str) -> None:
    assert beside_the_face(f'"""What it is for."""\n{source}')


def test_the_check_passes_eager_and_lazy_faces() -> None:
    assert beside_the_face('"""Doc."""\nfrom sightline.memory.events import Event\n__all__ = ["Event"]') == []
    lazy = (
        '"""Doc."""\nfrom typing import TYPE_CHECKING\n'
        "if TYPE_CHECKING:\n    from sightline.memory.events import E\n"
        '__all__ = ["E"]\n_HOMES = {"E": "sightline.memory.events"}\ndef __getattr__(name): ...'
    )
    assert beside_the_face(lazy) == []


def test_every_name_in_all_is_there(folders: dict[str, Path]) -> None:
    for name in folders:
        face = importlib.import_module(f"sightline.{name}")
        assert face.__file__ is not None, f"{name}/ has no __init__.py"
        assert isinstance(face.__all__, list | tuple), f"{name}/__init__.py needs __all__"
        assert len(set(face.__all__)) == len(face.__all__)
        missing = [public for public in face.__all__ if not hasattr(face, public)]
        assert not missing, f"sightline.{name}.__all__ names {missing}, which it does not have"


def test_every_module_imports_and_says_what_it_is_for(folders: dict[str, Path], repository: Path) -> None:
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*.py")):
            parts = list(path.relative_to(folder).with_suffix("").parts)
            if parts[-1] == "__main__":
                continue
            if path.is_relative_to(repository / STAGE):
                said = ast.get_docstring(ast.parse(path.read_text("utf-8")))
            else:
                said = importlib.import_module(".".join(["sightline", name, *parts]).removesuffix(".__init__")).__doc__
            assert said, f"{path.relative_to(repository)} has no docstring"


def test_every_folder_of_modules_is_a_package(folders: dict[str, Path], repository: Path) -> None:
    bare = {path.parent for path in python_files(folders) if not (path.parent / "__init__.py").exists()}
    assert not bare, f"without __init__.py: {sorted(str(path.relative_to(repository)) for path in bare)}"


def test_module_names_say_what_the_thing_is(folders: dict[str, Path], repository: Path) -> None:
    vague = [
        str(path.relative_to(repository))
        for path in python_files(folders)
        if NO_MODULE_NAMES & {path.stem, path.parent.name}
    ]
    assert not vague
