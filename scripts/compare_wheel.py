"""Say where a built wheel and the checkout differ: `python scripts/compare_wheel.py dist/sightline-*.whl`.

setuptools leaves out without a word what it was not told of (a folder without `__init__.py`, a data file
with a new ending), and packs what an old build left behind. Exits with 1 and one line for each difference.
"""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def expected(checkout: Path) -> dict[str, Path]:
    """Map each name the wheel must hold to its file: all there is below the packages, caches apart."""
    settings = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))
    mapping: dict[str, str] = settings["tool"]["setuptools"]["package-dir"]
    return {
        f"{name.replace('.', '/')}/{path.relative_to(checkout / folder).as_posix()}": path
        for name, folder in mapping.items()
        for path in (checkout / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def differences(wheel: Path, checkout: Path) -> list[str]:
    """Compare a wheel's files with the checkout's, names and contents; its metadata folder is left out.

    Returns:
        One line for each difference, empty when there is none.
    """
    wanted = expected(checkout)
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.endswith("/") and not name.split("/")[0].endswith(".dist-info")
        }
    return [
        *(
            f"{name} is missing from the wheel: does its folder have an __init__.py, or does "
            "package-data in pyproject.toml know its ending?"
            for name in sorted(wanted.keys() - packed.keys())
        ),
        *(f"{name} is in the wheel, not in the checkout" for name in sorted(packed.keys() - wanted.keys())),
        *(
            f"{name} differs from the checkout's"
            for name in sorted(wanted.keys() & packed.keys())
            if wanted[name].read_bytes() != packed[name]
        ),
    ]


def main() -> None:
    """Compare the wheel named on the command line with this checkout."""
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} WHEEL")
    wheel = Path(sys.argv[1])
    if problems := differences(wheel, CHECKOUT):
        raise SystemExit("\n".join(problems))
    print(f"{wheel.name} holds what the checkout holds: {len(expected(CHECKOUT))} files")


if __name__ == "__main__":
    main()
