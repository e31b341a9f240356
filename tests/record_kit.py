"""Records of runs, made from scores: what statistics, reports and exports work on, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sightline.evals.result import Result, RunRecord
from sightline.memory import Usage

TASKS = (
    "object_counting",
    "object_abs_distance",
    "object_size_estimation",
    "room_size_estimation",
    "object_rel_distance",
    "object_rel_direction_easy",
    "object_rel_direction_medium",
    "object_rel_direction_hard",
    "route_planning",
    "obj_appearance_order",
)
"""VSI-Bench's question types."""


def result(item: str, score: float | None = 1.0, **given: Any) -> Result:
    """An answered question; `score` None for one that ended in an error."""
    plain: dict[str, Any] = {
        "repeat": 1,
        "category": "a",
        "cluster": item,
        "group": "",
        "source": "",
        "official": score,
        "strict": score,
        "binary": True,
        "outcome": "error" if score is None else "answered",
        "cause": "provider" if score is None else "",
        "usage": Usage(calls=2, input_tokens=1000, output_tokens=50, dollars=0.002),
        "seconds": 4.0,
        "tool_seconds": 1.5,
        "tool_calls": 1,
        "frames": 1,
        "pixels": 3072,
    }
    return Result(item=item, **{**plain, **given})


def record(results: Sequence[Result], **given: Any) -> RunRecord:
    """A complete run of MMSI-Bench (a mean over all questions)."""
    plain: dict[str, Any] = {
        "log": "logs/run.eval",
        "benchmark": "mmsi_bench",
        "variant": "all",
        "arm": "react",
        "model": "openai/gpt-5",
        "snapshot": "gpt-5-2026-08-07",
        "scoring": "official scoring",
        "settings": {"effort": "medium", "temperature": None, "seed": 0, "repeat": 1, "questions": len(results)},
        "sample": "0123456789ab",
        "complete": True,
    }
    return RunRecord(results=tuple(results), **{**plain, **given})


def vsi_record(count: int, skill: float, seed: int, errors: int = 0, **given: Any) -> RunRecord:
    """A run of VSI-Bench: ten types, eight questions a scene, graded scores for the first four types."""
    generator = np.random.default_rng(seed)
    results = []
    for k in range(count):
        task = k % len(TASKS)
        luck = generator.random()
        graded = task < 4
        score = round(min(1.0, 1.4 * skill * luck), 1) if graded else float(luck < skill)
        results.append(
            result(
                f"vsi-{k}",
                score,
                category=TASKS[task],
                cluster=f"scene{k // 8}",
                source="scannet",
                binary=False,
                frames=32,
                pixels=32 * 448 * 336,
            )
        )
    for k in range(errors):
        place = k * 7 % count
        results[place] = replace(
            results[place], official=None, strict=None, outcome="error", cause="provider", message="The server is down."
        )
    return record(results, **{"benchmark": "vsi_bench", "variant": "full", **given})
