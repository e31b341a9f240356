"""`mcp`: the instruments for other programs."""

from __future__ import annotations

import sys
from pathlib import Path

from sightline.demos.cli.failing import ANSWERED, STOPPED, guarded
from sightline.demos.cli.running import back_end_settings
from sightline.memory import InputError


def mcp(roots: list[Path], back_ends: list[str], offline: bool, http: bool, host: str, port: int) -> int:
    """`sightline mcp`; returns the exit code."""

    def work() -> int:
        from sightline.demos.mcp import serve_http, serve_stdio
        from sightline.tools.back_ends import BackEnds

        for root in roots:
            if not root.is_dir():
                raise InputError(f"--root {root} is no folder.", "Name the folder that holds the pictures.")
        chosen = BackEnds(back_end_settings(back_ends), offline)
        try:
            if http:
                serve_http(roots, chosen, host, port)
            else:
                serve_stdio(roots, chosen)
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
            return STOPPED
        return ANSWERED

    return guarded(work, as_json=False)
