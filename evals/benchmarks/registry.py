"""The benchmarks' names; `benchmark(name)` finds one without importing the others."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from sightline.memory import InputError

if TYPE_CHECKING:
    from sightline.evals.benchmark import Benchmark

NAMES = (
    "3dsrbench",
    "aecv_counting",
    "blink",
    "cv_bench",
    "embspatial",
    "mindcube",
    "mmsi_bench",
    "omnispatial",
    "q_spatial",
    "refspatial",
    "robospatial_home",
    "rotbench",
    "sat",
    "solidgeo",
    "spartqa_human",
    "stepgame",
    "viewspatial",
    "vr_bench_maze",
    "vsi_bench",
    "where2place",
    "rooms",
    "orbits",
    "panoramas",
    "mazes",
    "motion",
    "rotation",
    "polycubes",
)
"""Each is a module of this package with a `BENCHMARK`; the last seven are made here, from seeds."""


def benchmark(name: str) -> Benchmark:
    """The benchmark with this name.

    Raises:
        InputError: There is none.
    """
    if name not in NAMES:
        close = difflib.get_close_matches(name, NAMES, 3, 0.5)
        hint = f"Did you mean {' or '.join(close)}?" if close else "See `sightline benchmarks`."
        raise InputError(f"There is no benchmark {name!r}.", hint)
    module = "threedsrbench" if name == "3dsrbench" else name  # no module's name begins with a digit
    found: Benchmark = import_module(f"sightline.evals.benchmarks.{module}").BENCHMARK
    return found
