"""Evaluation: benchmarks with their published rules, a runner on Inspect, statistics, reports, synthetic scenes."""

from __future__ import annotations

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.benchmarks import NAMES, benchmark
from sightline.evals.item import Asked, Item
from sightline.evals.result import Result, RunRecord
from sightline.evals.rows import Aggregate, Rows

__all__ = [
    "NAMES",
    "Aggregate",
    "Asked",
    "Benchmark",
    "Item",
    "Protocol",
    "Result",
    "Rows",
    "RunRecord",
    "Source",
    "benchmark",
]
