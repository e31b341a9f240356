"""A run that is killed and gone on with equals one that was not, and pays nothing twice; failures change no score."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_kit import number_of, write_blink
from servers import Call, Fail, Hang, ModelServer, Request, results
from servers.script import as_action

from sightline.evals import RunRecord
from sightline.evals.running import read_runs

pytestmark = pytest.mark.slow

SIGHTLINE = [sys.executable, "-c", "from sightline.demos.cli import main; main()", "eval"]
DEADLINE = 120.0
CONNECTIONS = 4


def guesses(request: Request) -> str:
    """In words, right for two of three."""
    number = number_of(request)
    return f"I look.\nANSWER: {'AB'[(number + (number % 3 == 0)) % 2]}"


def draws(request: Request) -> Call:
    """Draws twice, then answers, right for two of three."""
    number, made = number_of(request), len(results(request))
    if made < 2:
        return Call("draw_box", {"image": "img1", "boxes": [[5, 5, 20, 20 + made]], "labels": ["mug"]})
    return Call("answer", {"value": "AB"[(number + (number % 3 == 0)) % 2]})


def ordered(server: ModelServer, data: Path, logs: Path, *more: str) -> list[str]:
    """A command that runs BLINK on the server."""
    return [
        *SIGHTLINE, "blink", "--data", str(data), "--model", "openai:gpt-4.1", "--base-url", server.base_url,
        "--log-dir", str(logs), "--max-connections", str(CONNECTIONS), "--json", *more,
    ]  # fmt: skip


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)


def kill_when(command: list[str], reached: Callable[[], bool]) -> None:
    """Start a command and kill it with SIGKILL once something is reached."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE
    try:
        while not reached():
            assert process.poll() is None, f"it ended with {process.returncode} before it could be killed"
            assert time.monotonic() < deadline, "it never came so far"
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def alike(record: RunRecord) -> list[Any]:
    """What two runs of the same questions must agree in; not how long they took."""
    return [replace(result, seconds=0.0, tool_seconds=0.0) for result in record.results]


@pytest.mark.parametrize(("strategy", "plays", "half"), [("cot", guesses, 20), ("react", draws, 30)])
def test_a_killed_run_goes_on_and_equals_one_that_was_not_killed(
    strategy: str, plays: Callable[[Request], Any], half: int, tmp_path: Path
) -> None:
    data = write_blink(tmp_path / "data", 24 if strategy == "react" else 40)
    with ModelServer("chat_completions", lambda request, index: plays(request)) as server:
        done = run(ordered(server, data, tmp_path / "whole", "--strategy", strategy))
        assert done.returncode == 0, done.stderr
        needed = len(server.requests)
    with ModelServer("chat_completions", lambda request, index: Hang(0.05, as_action(plays(request)))) as server:
        logs = tmp_path / "killed"
        command = ordered(server, data, logs, "--strategy", strategy)
        kill_when(command, lambda: len(server.requests) >= half)
        at_kill = len(server.requests)
        assert at_kill < needed
        done = run([*SIGHTLINE, "--resume", str(logs), "--json"])
        assert done.returncode == 0, done.stderr
        asked = Counter(request.raw for request in server.requests)
    again = sum(times - 1 for times in asked.values())
    assert again <= CONNECTIONS, "only what was in flight is asked again"
    (whole,), (killed,) = read_runs(tmp_path / "whole"), read_runs(logs)
    assert alike(killed) == alike(whole)
    assert killed.complete
    assert not (logs / "runs").exists(), "nothing is left beside the logs"


def test_arms_that_had_not_begun_are_run_by_resume(tmp_path: Path) -> None:
    data = write_blink(tmp_path / "data", 12)
    with ModelServer("chat_completions", lambda request, index: Hang(0.05, as_action(guesses(request)))) as server:
        logs = tmp_path / "logs"
        command = ordered(server, data, logs, "--strategy", "cot,direct")
        kill_when(command, lambda: len(server.requests) >= 6)
        done = run([*SIGHTLINE, "--resume", str(logs), "--json"])
        assert done.returncode == 0, done.stderr
    assert {(record.arm, record.complete) for record in read_runs(logs)} == {("cot", True), ("direct", True)}


def test_a_server_that_fails_one_call_in_five_changes_no_score(tmp_path: Path) -> None:
    data = write_blink(tmp_path / "data", 20)
    calls = 0

    def fails_one_in_five(request: Request, index: int) -> Any:
        nonlocal calls
        calls += 1
        return Fail(500) if calls % 5 == 0 else guesses(request)

    with ModelServer("chat_completions", lambda request, index: guesses(request)) as server:
        run(ordered(server, data, tmp_path / "whole", "--strategy", "cot"))
    with ModelServer("chat_completions", fails_one_in_five) as server:
        done = run(ordered(server, data, tmp_path / "failing", "--strategy", "cot"))
        assert done.returncode == 0, done.stderr
        assert len(server.requests) > 20
    (whole,), (failing,) = read_runs(tmp_path / "whole"), read_runs(tmp_path / "failing")
    assert alike(failing) == alike(whole)


def test_a_server_that_is_down_is_told_and_gone_on_from(tmp_path: Path) -> None:
    data = write_blink(tmp_path / "data", 4)
    down = True
    with ModelServer("chat_completions", lambda request, index: Fail(404) if down else guesses(request)) as server:
        logs = tmp_path / "logs"
        done = run(ordered(server, data, logs, "--strategy", "cot", "--max-retries", "0"))
        assert done.returncode == 3, done.stderr
        down = False
        done = run([*SIGHTLINE, "--resume", str(logs), "--json"])
        assert done.returncode == 0, done.stderr
    (record,) = read_runs(logs)
    assert {result.outcome for result in record.results} == {"answered"}
