"""Panoramas: one picture all round from inside a room; docs/synthetic.md."""

from __future__ import annotations

from sightline.evals.synthetic.suite.as_benchmark import as_benchmark
from sightline.evals.synthetic.suite.panoramas import SUITE

BENCHMARK = as_benchmark(SUITE, "Panoramas", "a panorama from inside a room, exact truth, by seed", size=240)
