"""One answer judged inside a real Inspect evaluation: python judge_run.py BASE_URL LOG_DIR [grader]; prints JSON.

A process of its own: Inspect leaves streams open that pytest counts as leaks.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Target, accuracy, scorer
from inspect_ai.solver import TaskState, solver

from sightline.evals import Asked, Item
from sightline.evals.scorers import Mark
from sightline.evals.scorers.judging import ModelJudge, Request


@solver
def silent() -> Any:
    """Answers nothing."""

    async def solve(state: TaskState, generate: Any) -> TaskState:
        return state

    return solve


@scorer(metrics=[accuracy()])
def judged() -> Any:
    """Asks the judge about one answer."""
    item = Item("1", Asked("How many?", "text"), "5", category="c", cluster="1")
    judge = ModelJudge(
        lambda _, said: Request(f"Is {said} right?", system="Be strict.", max_tokens=10),
        lambda _, words: {"True": Mark(1.0, "right"), "False": Mark(0.0, "wrong")}.get(words),
        lambda *_: None,
    )

    async def score(state: TaskState, target: Target) -> Score:
        mark = await judge(item, "5")
        return Score(value=mark.value or 0, explanation=mark.read)

    return score


def main(base_url: str, folder: str, *roles: str) -> None:
    """Run it."""
    model = get_model("openai/gpt-4o", base_url=base_url, api_key="none", responses_api=False)
    given = dict.fromkeys(roles, model) or None
    task = Task(dataset=[Sample("?")], solver=silent(), scorer=judged())
    (log,) = inspect_eval(
        task,
        model=model,
        model_roles=given,
        log_dir=folder,
        display="none",
        max_retries=0,
    )
    score = log.samples[0].scores["judged"].value if log.status == "success" else None
    error = " ".join(log.error.message.split()) if log.error else ""
    print(json.dumps({"status": log.status, "score": score, "error": error}))


if __name__ == "__main__":
    main(*sys.argv[1:])
