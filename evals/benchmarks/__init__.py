"""The benchmarks, one small file each."""

from __future__ import annotations

from sightline.evals.benchmarks.registry import NAMES, benchmark

__all__ = ["NAMES", "benchmark"]
