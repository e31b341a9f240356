"""Scorers: from what a model said to a mark, by the published rule and by the strict one."""

from __future__ import annotations

from sightline.evals.scorers.choice import Choice
from sightline.evals.scorers.mark import Judge, Mark, Scorer
from sightline.evals.scorers.number import NumberScore
from sightline.evals.scorers.typed import StrictNumber, read_typed, strict

__all__ = ["Choice", "Judge", "Mark", "NumberScore", "Scorer", "StrictNumber", "read_typed", "strict"]
