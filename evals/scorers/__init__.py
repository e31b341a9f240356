"""Scorers: from what a model said to a mark, by the published rule and by the strict one."""

from __future__ import annotations

from sightline.evals.scorers.mark import Judge, Mark, Scorer

__all__ = ["Judge", "Mark", "Scorer"]
