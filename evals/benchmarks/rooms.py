"""Rooms: four photos of a furnished room and fourteen question types; docs/synthetic.md."""

from __future__ import annotations

from sightline.evals.synthetic.suite.as_benchmark import as_benchmark
from sightline.evals.synthetic.suite.rooms import SUITE

BENCHMARK = as_benchmark(SUITE, "Rooms", "four rendered photos of a furnished room, exact truth, by seed", size=560)
