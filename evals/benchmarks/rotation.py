"""Rotation: flat figures, clocks and pictures that have been turned or mirrored; docs/synthetic-suite.md."""

from __future__ import annotations

from dataclasses import replace

from sightline.evals.synthetic.puzzles.rotation import SUITE
from sightline.evals.synthetic.suite.as_benchmark import as_benchmark

BENCHMARK = replace(
    as_benchmark(SUITE, "Rotation", "figures, clocks and pictures that have been turned or mirrored", size=600),
    binary=True,
)
