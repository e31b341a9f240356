"""`demo`: the web page."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sightline.demos.cli.failing import ANSWERED, guarded

PASSWORD = "SIGHTLINE_DEMO_PASSWORD"


def demo(host: str, port: int, steps: int, runs: Path | None, *, password: bool, share: bool) -> int:
    """`sightline demo`; returns the exit code when it is interrupted."""

    def work() -> int:
        from sightline.demos.web import Address, Limits, serve

        served = serve(Address(host, port, _password(wanted=password), share), Limits(steps=steps), runs)
        sys.stdout.write(f"{served.url}\n")
        sys.stdout.flush()
        if sys.stderr.isatty():
            sys.stderr.write("Ctrl-C ends it.\n")
        try:
            served.wait()
        finally:
            served.close()
        return ANSWERED

    return guarded(work, as_json=False)


def _password(*, wanted: bool) -> str:
    """From the environment, or asked for: on the command line every user of the machine could read it."""
    if known := os.environ.get(PASSWORD):
        return known
    if not wanted:
        return ""
    from getpass import getpass

    return getpass("Password for the page: ")
