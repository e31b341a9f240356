"""Orbits: eight photos along a way round a room, in their order; docs/synthetic.md."""

from __future__ import annotations

from sightline.evals.synthetic.suite.as_benchmark import as_benchmark
from sightline.evals.synthetic.suite.orbits import SUITE

BENCHMARK = as_benchmark(SUITE, "Orbits", "eight photos along a way round a room, exact truth, by seed", size=240)
