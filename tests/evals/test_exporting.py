"""Runs as data to train on: what is in a line, what is left out, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from eval_kit import ran, write_mugs
from loop_kit import photo
from PIL import Image
from servers import Call, ModelServer, Request, Say, Turn, results, texts
from typer.testing import CliRunner

from sightline.demos.cli.app import app
from sightline.evals import benchmark
from sightline.evals.exporting import export
from sightline.evals.synthetic.suite.dataset import Question, write_dataset
from sightline.memory import InputError

ROOMS = benchmark("rooms")
CATEGORY = ROOMS.categories[0]


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three questions of the training seeds, two pictures each."""
    folder = tmp_path_factory.mktemp("rooms") / "data"
    (folder / "pictures").mkdir(parents=True)
    questions = []
    for k in range(3):
        names = tuple(f"pictures/{k}-{j}.png" for j in range(2))
        for j, name in enumerate(names):
            Image.fromarray(photo(96, 72, seed=2 * k + j)).save(folder / name)
        words, options = f"Where is chair {k}?", ("A. left", "B. right")
        questions.append(
            (k, Question(f"rooms-{k}", words, "choice", "AB"[k % 2], CATEGORY, f"scene{k}", options, pictures=names))
        )
    write_dataset(folder, "rooms", 0, questions)
    return folder


@pytest.fixture(scope="module")
def logs(rooms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which the agent draws, then answers: the first two questions rightly."""
    truth = {item.asked.question: item for item in ROOMS.read(rooms, "train")}
    ids = [item.id for item in truth.values()]

    def turn(request: Request, index: int) -> Turn | Call:
        if not results(request):
            return Call("draw_box", {"image": "img1", "boxes": [[5, 5, 60, 60]], "labels": ["it"]})
        item = next(item for question, item in truth.items() if question in "\n".join(texts(request)))
        return Say("no idea") if item.id == ids[2] else Call("answer", {"value": item.target})

    folder = tmp_path_factory.mktemp("logs")
    with ModelServer("chat_completions", turn) as server:
        record = ran(server, folder, rooms, ROOMS, variant="train", strategy="image")
    assert [r.strict for r in record.results] == [1.0, 1.0, 0.0]
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def urls(messages: list[dict[str, Any]]) -> list[str]:
    blocks = [block for message in messages if isinstance(message["content"], list) for block in message["content"]]
    return [block["image_url"]["url"] for block in blocks if block["type"] == "image_url"]


def test_right_answers_become_conversations_with_their_calls_results_and_pictures(logs: Path, tmp_path: Path) -> None:
    made = export(logs, "sft", tmp_path / "rooms.jsonl")
    assert made.left_out == {"not fully right": 1}
    found = lines(tmp_path / "rooms.jsonl")
    assert made.lines == len(found) == 2
    for line in found:
        roles = [message["role"] for message in line["messages"]]
        assert roles[0] == "system"
        assert roles[-1] == "assistant"
        calls = [call for message in line["messages"] for call in message.get("tool_calls", [])]
        assert [call["function"]["name"] for call in calls] == ["draw_box", "answer"]
        (told,) = [message for message in line["messages"] if message["role"] == "tool"]
        assert told["tool_call_id"] == calls[0]["id"]
        assert {tool["function"]["name"] for tool in line["tools"]} >= {"draw_box", "answer"}
        pictures = urls(line["messages"])
        assert len(pictures) == 3, "two photos and the drawing"
        for name in pictures:
            Image.open(io.BytesIO((tmp_path / name).read_bytes())).verify()
    assert made.pictures == len(list((tmp_path / "rooms_pictures").iterdir()))


def test_every_line_says_where_it_comes_from(logs: Path, tmp_path: Path) -> None:
    export(logs, "sft", tmp_path / "rooms.jsonl")
    source = lines(tmp_path / "rooms.jsonl")[0]["source"]
    assert (source["benchmark"], source["variant"], source["split"]) == ("rooms", "train", "train")
    assert source["licence"] == ROOMS.licence
    assert source["arm"] == "image"
    assert source["date"].startswith("20")
    assert all(source[name] for name in ("item", "sample", "model", "snapshot", "sightline"))


def test_questions_become_prompts_with_a_target_that_the_rule_accepts(logs: Path, rooms: Path, tmp_path: Path) -> None:
    made = export(logs, "rl", tmp_path / "rooms.jsonl")
    found = lines(tmp_path / "rooms.jsonl")
    assert made.lines == len(found) == 3
    items = {item.id: item for item in ROOMS.read(rooms, "train")}
    for line in found:
        assert [message["role"] for message in line["messages"]] == ["system", "user"]
        assert len(urls(line["messages"])) == 2
        reward = line["reward"]
        item = items[reward["item"]]
        assert benchmark(reward["benchmark"]).strict(item, reward["target"]).value == 1


@pytest.mark.parametrize("arm", ["cot", "official"])
def test_a_repeated_question_is_one_prompt(arm: str, rooms: Path, tmp_path: Path) -> None:
    with ModelServer("chat_completions", lambda request, index: Say("ANSWER: cannot tell")) as server:
        ran(server, tmp_path / "logs", rooms, ROOMS, variant="train", strategy=arm, repeat=2, limit=1)
    assert export(tmp_path / "logs", "rl", tmp_path / "out.jsonl").lines == 1
    assert export(tmp_path / "logs", "sft", tmp_path / "none.jsonl").lines == 0


def test_a_test_split_is_refused_in_a_line(tmp_path: Path) -> None:
    ran(None, tmp_path / "logs", write_mugs(tmp_path / "data", 2), strategy="prior")
    out = tmp_path / "out.jsonl"
    done = CliRunner().invoke(app, ["export", str(tmp_path / "logs"), "--format", "sft", "--out", str(out)])
    assert done.exit_code == 2
    assert "there to be tested on" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_a_run_without_conversations_is_refused(rooms: Path, tmp_path: Path) -> None:
    ran(None, tmp_path / "logs", rooms, ROOMS, variant="train", strategy="prior")
    with pytest.raises(InputError, match="holds no conversation"):
        export(tmp_path / "logs", "rl", tmp_path / "out.jsonl")


def test_the_command_counts_and_overwrites_nothing(logs: Path, tmp_path: Path) -> None:
    arguments = ["export", str(logs), "--format", "sft", "--out", str(tmp_path / "a" / "rooms.jsonl")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "left out: 1, not fully right" in done.stderr
    assert "2 questions" in done.stderr
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 2
    assert "exists" in again.stderr
    odd = CliRunner().invoke(app, [*arguments[:3], "dpo", "--out", str(tmp_path / "b.jsonl")])
    assert odd.exit_code == 2
    assert "There are: sft, rl." in odd.stderr
