"""`sightline blender install`: what this project installs for itself, when it is told to."""

from __future__ import annotations

import sys
from pathlib import Path

from sightline.demos.cli.failing import ANSWERED, guarded


def install_blender(python: Path | None) -> int:
    """`sightline blender install`; returns the exit code."""

    def work() -> int:
        from sightline.tools.graphics.engines.blender_install import install

        def say(line: str) -> None:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

        install(say, python, show_progress=sys.stderr.isatty())
        return ANSWERED

    return guarded(work, as_json=False)
