"""Polycubes: things of cubes, what is hidden, other views, mirror images; docs/synthetic-suite.md."""

from __future__ import annotations

from dataclasses import replace

from sightline.evals.synthetic.puzzles.polycubes import SUITE
from sightline.evals.synthetic.suite.as_benchmark import as_benchmark

BENCHMARK = replace(
    as_benchmark(SUITE, "Polycubes", "things of cubes: how many, seen from elsewhere, same or mirrored", size=600),
    binary=True,
)
