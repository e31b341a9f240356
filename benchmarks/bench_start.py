"""Start-up: `sightline --help` and `import sightline.agents`, against a bare interpreter.

    python benchmarks/bench_start.py

Prints the median of several fresh processes and the ratio to `python -c pass`, measured in turn in the same run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 7
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "sightline --help": [str(Path(sys.executable).parent / "sightline"), "--help"],
    "import sightline.agents": [sys.executable, "-c", "import sightline.agents"],
    "import sightline.tools": [sys.executable, "-c", "import sightline.tools"],
    "import langgraph.graph": [sys.executable, "-c", "import langgraph.graph"],
}
TARGETS = {"sightline --help": 0.4, "import sightline.agents": 1.0}


def main() -> None:
    """Run each command in turn, several times, and print a table."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - begun)
    bare = statistics.median(seconds["python -c pass"])
    print(f"{'command':28}{'median s':>10}{'x bare':>8}{'target s':>10}")
    for name, values in seconds.items():
        median = statistics.median(values)
        target = f"{TARGETS[name]:.1f}" if name in TARGETS else ""
        print(f"{name:28}{median:10.3f}{median / bare:8.1f}{target:>10}")


if __name__ == "__main__":
    main()
