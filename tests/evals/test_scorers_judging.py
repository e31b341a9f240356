"""A model as judge: pinned prompt, checked verdict, and a failure that is an error and never a wrong answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from place_kit import item_of
from servers import Fail, ModelServer, Say

from sightline.evals import Item
from sightline.evals.scorers import Mark
from sightline.evals.scorers.judging import ModelJudge, Request, ask_grader
from sightline.memory import InfrastructureError


def request(item: Item, said: str) -> Request:
    return Request(f"Truth {item.target}, answer {said}: true or false?", system="Be strict.", max_tokens=10)


def verdict(item: Item, words: str) -> Mark | None:
    return {"true": Mark(1.0, "right"), "false": Mark(0.0, "wrong")}.get(words.strip().lower())


def never(item: Item, said: str) -> Mark | None:
    return Mark(0.0, "", parsed=False) if not said else None


RUN = Path(__file__).resolve().parents[1] / "judge_run.py"
JUDGE = ModelJudge(request, verdict, never)
ITEM = item_of("5", "text")


def replies(*words: str) -> tuple[Callable[[Request], Any], list[Request]]:
    asked: list[Request] = []
    left: Iterator[str] = iter(words)

    async def ask(request: Request) -> str:
        asked.append(request)
        return next(left)

    return ask, asked


@pytest.mark.parametrize(("words", "value"), [("True", 1), (" false\n", 0)])
async def test_a_verdict_is_the_score(words: str, value: float) -> None:
    ask, asked = replies(words)
    assert (await JUDGE.asking(ask)(ITEM, "about 5")).value == value
    assert asked == [Request("Truth 5, answer about 5: true or false?", "Be strict.", max_tokens=10)]


async def test_what_is_no_verdict_is_asked_for_again() -> None:
    ask, asked = replies("Well...", "It is True, I think", "true")
    assert (await JUDGE.asking(ask)(ITEM, "5")).value == 1
    assert len(asked) == 3


async def test_no_verdict_at_all_is_an_error_and_not_a_wrong_answer() -> None:
    ask, asked = replies("hm", "hm", "perhaps")
    with pytest.raises(InfrastructureError, match=r"no verdict in 3 attempts.*'perhaps'.*--grader"):
        await JUDGE.asking(ask)(ITEM, "5")
    assert len(asked) == 3


async def test_what_needs_no_judge_asks_none() -> None:
    ask, asked = replies()
    assert await JUDGE.asking(ask)(ITEM, "") == Mark(0.0, "", parsed=False)
    assert asked == []


def evaluate(folder: Path, server: ModelServer, *roles: str) -> dict[str, Any]:
    """Judge one answer inside a real Inspect evaluation; what came of it."""
    command = [sys.executable, str(RUN), server.base_url, str(folder), *roles]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


@pytest.mark.slow
def test_the_judge_is_the_model_in_the_role_grader(tmp_path: Path) -> None:
    with ModelServer("chat_completions", [Say("True")]) as server:
        assert evaluate(tmp_path, server, "grader") == {"status": "success", "score": 1, "error": ""}
    (sent,) = server.requests
    assert [message["content"] for message in sent.body["messages"]] == ["Be strict.", "Is 5 right?"]
    assert sent.body["temperature"] == 0


@pytest.mark.slow
def test_without_a_grader_nothing_is_judged_and_no_model_marks_itself(tmp_path: Path) -> None:
    with ModelServer("chat_completions", []) as server:
        outcome = evaluate(tmp_path, server)
    assert outcome["status"] == "error"
    assert "none is named for it" in outcome["error"]
    assert server.requests == []


@pytest.mark.slow
def test_a_judge_that_is_down_is_an_error_that_names_it(tmp_path: Path) -> None:
    with ModelServer("chat_completions", [Fail(400), Fail(400)]) as server:
        outcome = evaluate(tmp_path, server, "grader")
    assert outcome["status"] == "error"
    assert outcome["error"].startswith("The judge openai/gpt-4o: ")
    assert "rejected the request (400" in outcome["error"]


async def test_outside_an_evaluation_there_is_no_judge() -> None:
    with pytest.raises(InfrastructureError, match="none is named"):
        await ask_grader(Request("?"))
