"""Benchmarks, scorers and reports: to come."""

from __future__ import annotations

__all__: list[str] = []
