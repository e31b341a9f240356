"""Running benchmarks on Inspect: the agent as a solver, its log, and what is read from it."""

from __future__ import annotations

from sightline.evals.running.logs import extract_run, read_run, read_runs

__all__ = ["extract_run", "read_run", "read_runs"]
