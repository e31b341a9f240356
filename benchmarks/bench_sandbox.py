"""Start of a sandbox and of a Python kernel in it, and a cell's round trip, each beside the same without a sandbox.

    python benchmarks/bench_sandbox.py

Prints medians, taken in turn in the same run, and the ratio to the unsandboxed twin: a bare program or interpreter for
a start, and a Python process that echoes lines over pipes for a round trip.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sightline.tools.code.staging import Staging
from sightline.tools.sandbox import Job, sandbox
from sightline.tools.sandbox.kernel import FunctionNote, Kernel, start_kernel

STARTS = 15
TRIPS = 300
ECHO = "import sys\nfor line in sys.stdin:\n    sys.stdout.write(line)\n    sys.stdout.flush()"
NOTE = FunctionNote("measure", "Measure.", [("thing", True, None)])
TARGETS = {"sandbox: /bin/true": 0.150, "a cell's round trip": 0.005}


async def answer(name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """What a tool says."""
    empty: dict[str, Any] = {"handles": [], "objects": [], "values": {}, "facts": [], "places": []}
    return {"outcome": "ok", "text": "measured", **empty}, 0.0


def starts(folder: Path) -> dict[str, list[float]]:
    """Seconds of fresh starts."""
    seconds: dict[str, list[float]] = {}
    chosen = sandbox()

    def bare() -> None:
        subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)

    def true() -> None:
        subprocess.run(["/bin/true"], check=True)

    def boxed() -> None:
        assert chosen.run(Job(("/bin/true",))).code == 0

    def kernel() -> None:
        asyncio.run(start_kernel(chosen, [NOTE], folder)).close()

    kernel()  # what is imported and read from disk the first time
    kinds: dict[str, Callable[[], None]] = {
        "/bin/true": true,
        "sandbox: /bin/true": boxed,
        "python -S -c pass": bare,
        "kernel ready, and closed": kernel,
    }
    for _ in range(STARTS):
        for name, start in kinds.items():
            begun = time.perf_counter()
            start()
            seconds.setdefault(name, []).append(time.perf_counter() - begun)
    return seconds


def echoing() -> subprocess.Popen[str]:
    """A process that gives every line back."""
    command = [sys.executable, "-S", "-c", ECHO]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


async def trips(folder: Path) -> dict[str, list[float]]:
    """Seconds of round trips after the start."""
    seconds: dict[str, list[float]] = {}
    kernel: Kernel = await start_kernel(sandbox(), [NOTE], folder)
    with echoing() as echo:
        assert echo.stdin is not None
        assert echo.stdout is not None
        for _ in range(TRIPS):
            begun = time.perf_counter()
            echo.stdin.write("1 + 1\n")
            echo.stdout.readline()
            seconds.setdefault("a line echoed by python", []).append(time.perf_counter() - begun)
            for name, code in (("a cell's round trip", "1 + 1"), ("a cell that calls a tool", "measure('a').text")):
                begun = time.perf_counter()
                ended = await kernel.run("1.1", code, answer, 10.0)
                seconds.setdefault(name, []).append(time.perf_counter() - begun)
                assert ended.value in ("2", "'measured'")
        echo.stdin.close()
    kernel.close()
    return seconds


def table(seconds: dict[str, list[float]], twins: dict[str, str]) -> None:
    """Print medians, ratios and targets."""
    for name, values in seconds.items():
        median = statistics.median(values)
        ratio = f"{median / statistics.median(seconds[twins[name]]):.1f}" if name in twins else ""
        target = f"{1000 * TARGETS[name]:.0f}" if name in TARGETS else ""
        slow = 1000 * statistics.quantiles(values, n=10)[-1]
        print(f"{name:28}{1000 * median:10.2f}{slow:10.2f}{ratio:>8}{target:>8}")


def main() -> None:
    """Measure and print."""
    staging = Staging()
    try:
        print(f"{'what':28}{'median ms':>10}{'90 % ms':>10}{'x twin':>8}{'target':>8}")
        table(
            starts(staging.folder),
            {"sandbox: /bin/true": "/bin/true", "kernel ready, and closed": "python -S -c pass"},
        )
        twin = "a line echoed by python"
        table(asyncio.run(trips(staging.folder)), {"a cell's round trip": twin, "a cell that calls a tool": twin})
    finally:
        staging.close()


if __name__ == "__main__":
    main()
