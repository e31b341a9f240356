"""The first file that runs in a kernel's sandbox: makes the worker importable from the files beside it, and starts it.

Afterwards nothing of sightline can be imported but `sightline.geometry`, from the folder that the host names: a cell
has no way into the tools' code, and it does not matter how sightline is installed.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any

PACKAGE = "sightline.tools.sandbox"
FILES = ("worker", "cell_functions")
"""Modules of the package that run inside, in files of these names beside this one."""


class Modules(importlib.abc.MetaPathFinder):
    """Finds modules in the files named, with namespaces above them, and nothing else.

    Attributes:
        files: By the module's full name.
    """

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """As the import system asks."""
        file = self.files.get(name)
        if file is not None:
            folder = [os.path.dirname(file)] if file.endswith("__init__.py") else None  # noqa: PTH120 - quick start
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=folder)
        if any(known.startswith(f"{name}.") for known in self.files):
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        return None


def main() -> None:
    """Start the worker."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - quick start
    files = {f"{PACKAGE}.{name}": f"{here}/{name}.py" for name in FILES}
    sys.meta_path.insert(0, Modules(files))
    worker = importlib.import_module(f"{PACKAGE}.worker")
    files.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "sightline"]:
        del sys.modules[name]
    worker.main(files)


if __name__ == "__main__":
    main()
