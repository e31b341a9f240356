"""Benchmarks run on Inspect against scripted servers: what is sent, what is scored, what the log tells."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from eval_kit import MUGS, number_of, ran, write_mugs
from loop_kit import PROTOCOLS, Protocol
from servers import Call, Fail, ModelServer, Request, Say, Turn, picture_sizes, results, texts

from sightline.evals.arms import arm_named
from sightline.evals.running import extract_run
from sightline.evals.running.frames import sampled_frames
from sightline.memory import InputError, Workspace


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_mugs(tmp_path / "data", 4)


def right(request: Request, index: int) -> Turn:
    """The right answer, in words."""
    return Say(f"I look.\nANSWER: {'AB'[number_of(request) % 2]}")


def draws_first(request: Request, index: int) -> Call:
    """Draws a box, then gives the right answer."""
    if not results(request):
        return Call("draw_box", {"image": "img1", "boxes": [[5, 5, 20, 20]], "labels": ["mug"]})
    return Call("answer", {"value": "AB"[number_of(request) % 2]})


# Through all three wire protocols


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_arm_without_tools_is_scored(protocol: Protocol, tmp_path: Path, data: Path) -> None:
    with ModelServer(protocol, right) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot")
    assert record.complete
    assert (record.arm, record.benchmark, record.scoring) == ("cot", "blink", "official scoring")
    assert [result.item for result in record.results] == ["mug-0", "mug-1", "mug-2", "mug-3"]
    assert [(r.official, r.strict, r.outcome, r.said) for r in record.results] == [
        (1.0, 1.0, "answered", "AB"[k % 2]) for k in range(4)
    ]
    assert {(r.frames, r.pixels) for r in record.results} == {(1, 64 * 48)}
    assert all(r.usage.calls == 1 and r.usage.input_tokens > 0 for r in record.results)
    assert record.snapshot


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_agent_with_tools_is_scored(protocol: Protocol, tmp_path: Path, data: Path) -> None:
    with ModelServer(protocol, draws_first) as server:
        record = ran(server, tmp_path / "logs", data, strategy="image")
        second = [request for request in server.requests if results(request)]
        assert all(len(picture_sizes(request)) == 2 for request in second), "the drawing was shown"
    assert [r.official for r in record.results] == [1.0] * 4
    assert all(r.tool_calls == 1 and r.usage.calls == 2 for r in record.results)
    assert record.settings["tools"] == ["image", "drawing"]


def test_the_embedded_rules_run_as_a_model(tmp_path: Path, data: Path) -> None:
    from inspect_ai import eval as evaluate

    from sightline.evals.running import read_runs
    from sightline.evals.running.setting_up import Asked, make_task

    task = make_task(MUGS, Asked(data=str(data)))
    evaluate(task, model="sightline/rules", log_dir=str(tmp_path / "logs"), display="none", ctl_server=False)
    (record,) = read_runs(tmp_path / "logs")
    assert record.model == "sightline/rules"
    assert {(r.outcome, r.cause, r.official, r.strict) for r in record.results} == {
        ("no answer", "cannot tell", 0.0, 0.0)
    }
    assert {r.usage.dollars for r in record.results} == {0.0}


# The log


def test_a_samples_run_is_in_the_log_with_its_pictures_once(tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", draws_first) as server:
        record = ran(server, tmp_path / "logs", data, strategy="image")
    with zipfile.ZipFile(record.log) as archive:
        sample = json.loads(archive.read("samples/mug-0_epoch_1.json"))
    pictures = [text for text in sample["attachments"].values() if text.startswith("data:image/")]
    assert len(pictures) == 2, "the photo and the drawing"
    assert json.dumps(sample).count(";base64,") == 2
    (folder,) = extract_run(Path(record.log), "mug-0", 1, tmp_path / "out")
    run = Workspace.open(folder)
    assert [step.calls[0].call.name for step in run.steps] == ["draw_box", "answer"]
    assert run.answer is not None
    assert run.answer.value == "A"
    assert run.pixels("img1").shape == run.pixels("view1").shape == (48, 64, 3)


def test_words_with_odd_line_breaks_come_back_from_the_log(tmp_path: Path, data: Path) -> None:
    said = "One\u2028two\u0085three.\nANSWER: A"
    with ModelServer("chat_completions", lambda request, index: Say(said)) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot", limit=2)
    (folder,) = extract_run(Path(record.log), record.results[0].item, 1, tmp_path / "out")
    reply = Workspace.open(folder).steps[0].reply
    assert reply is not None
    assert reply.text == said


def test_no_run_is_left_beside_the_log(tmp_path: Path, data: Path) -> None:
    from sightline.evals.running.folders import finished

    with ModelServer("chat_completions", right) as server:
        ran(server, tmp_path / "logs", data, strategy="cot")
    finished.remove()
    assert [path.suffix for path in (tmp_path / "logs").iterdir()] == [".eval"]


def test_a_run_that_the_log_does_not_hold_is_named(tmp_path: Path, data: Path) -> None:
    record = ran(None, tmp_path / "logs", data, strategy="prior")
    with pytest.raises(InputError, match="mug-9"):
        extract_run(Path(record.log), "mug-9", 1, tmp_path / "out")
    with pytest.raises(InputError, match="No run was kept"):
        extract_run(Path(record.log), "mug-1", 1, tmp_path / "out")


# What counts as wrong, and what as an error


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Say("ANSWER: cannot tell"), "cannot tell"),
        (Turn("I must not.", stop="content_filter"), "refused"),
        (Turn("First I", stop="length"), "cut off"),
        (Say("Some mug or other."), "unparsable"),
    ],
)
def test_no_answer_is_wrong_and_counts(reply: Turn, cause: str, tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", lambda request, index: reply) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot", limit=1)
    (result,) = record.results
    assert (result.outcome, result.cause, result.official, result.strict) == ("no answer", cause, 0.0, 0.0)


def test_a_budget_that_ends_without_an_answer_is_wrong(tmp_path: Path, data: Path) -> None:
    def never(request: Request, index: int) -> Any:
        if request.body.get("tools"):
            return Call("draw_box", {"image": "img1", "boxes": [[5, 5, 20, 20]], "labels": ["mug"]})
        return Say("I am still looking.")

    with ModelServer("chat_completions", never) as server:
        record = ran(server, tmp_path / "logs", data, strategy="image", limit=1, budget=(("steps", 3.0),))
    (result,) = record.results
    assert (result.outcome, result.cause, result.forced, result.strict) == ("no answer", "budget", True, 0.0)


def test_a_prompt_longer_than_the_context_window_is_wrong(tmp_path: Path, data: Path) -> None:
    body = {
        "error": {
            "message": "This model's maximum context length is 8192 tokens.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        }
    }
    with ModelServer("chat_completions", lambda request, index: Fail(400, body=body)) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot", limit=1)
        assert len(server.requests) == 1
    (result,) = record.results
    assert (result.outcome, result.cause, result.strict) == ("no answer", "context overflow", 0.0)


def test_a_provider_that_is_down_is_an_error_and_not_wrong(tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", lambda request, index: Fail(404)) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot")
    assert {(r.outcome, r.cause, r.official, r.strict) for r in record.results} == {("error", "provider", None, None)}
    assert "knows no model" in record.results[0].message
    assert "--resume" in record.results[0].message


def test_an_instrument_that_is_missing_is_an_error(tmp_path: Path, data: Path) -> None:
    def measures(request: Request, index: int) -> Call:
        if not results(request):
            return Call("estimate_depth", {"image": "img1"})
        return Call("answer", {"value": "A"})

    back_ends = (("depth", "depth-anything:" + str(tmp_path / "no-weights")),)
    with ModelServer("chat_completions", measures) as server:
        record = ran(server, tmp_path / "logs", data, limit=1, offline=True, back_ends=back_ends)
    (result,) = record.results
    assert (result.outcome, result.cause) == ("error", "instrument")
    assert result.message


def test_a_question_that_failed_goes_on_and_pays_nothing_twice(tmp_path: Path, data: Path) -> None:
    failed: set[int] = set()

    def breaks_once(request: Request, index: int) -> Any:
        number = number_of(request)
        if results(request) and number not in failed:
            failed.add(number)
            return Fail(404)
        return draws_first(request, index)

    with ModelServer("chat_completions", breaks_once) as server:
        record = ran(server, tmp_path / "logs", data, strategy="image")
        assert len(server.requests) == 4 * 3, "a drawing, a failure, an answer"
    assert [r.official for r in record.results] == [1.0] * 4
    assert all(r.usage.calls == 2 for r in record.results)


# The arms


def test_the_official_arm_sends_the_published_prompt_and_nothing_else(tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", lambda request, index: Say("AB"[number_of(request) % 2])) as server:
        record = ran(server, tmp_path / "logs", data, strategy="official")
        bodies = [request.body for request in server.requests]
        first = next(r for r in server.requests if number_of(r) == 0)
    assert record.scoring == "official"
    assert [r.official for r in record.results] == [1.0] * 4
    assert all(body["temperature"] == 0.0 and 16 in body.values() for body in bodies)
    (message,) = first.body["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "text"]
    assert texts(first) == ["Which mug is number 0?\nA. the red one\nB. the blue one\nAnswer with the letter."]


def test_official_is_said_only_where_all_agrees(tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", lambda request, index: Say("A")) as server:
        warm = {"generation": {"temperature": 0.7}}
        assert ran(server, tmp_path / "a", data, strategy="official", **warm).scoring == "official scoring"
        small = ran(server, tmp_path / "b", data, strategy="official", pixels=32)
        assert (small.scoring, {r.pixels for r in small.results}) == ("official scoring", {32 * 24})
        departing = replace(MUGS, protocol=replace(MUGS.protocol, departures=("a part is not known",)))
        assert ran(server, tmp_path / "c", data, departing, strategy="official").scoring == "official scoring"


def test_the_blind_arm_sees_nothing(tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", right) as server:
        record = ran(server, tmp_path / "logs", data, strategy="blind")
        assert all(picture_sizes(request) == [] for request in server.requests)
    assert {r.frames for r in record.results} == {0}
    assert [r.official for r in record.results] == [1.0] * 4


def test_votes_are_counted(tmp_path: Path, data: Path) -> None:
    asked: dict[int, int] = {}

    def wavers(request: Request, index: int) -> Turn:
        number = number_of(request)
        asked[number] = asked.get(number, 0) + 1
        return Say(f"ANSWER: {'AB'[number % 2] if asked[number] != 2 else 'BA'[number % 2]}")

    with ModelServer("chat_completions", wavers) as server:
        record = ran(server, tmp_path / "logs", data, strategy="vote@3", generation={"seed": 7})
        seeds = {(number_of(request), request.body["seed"]) for request in server.requests}
    assert seeds == {(number, 7 + k) for number in range(4) for k in range(3)}
    assert record.arm == "vote@3"
    assert [r.official for r in record.results] == [1.0] * 4
    assert {r.usage.calls for r in record.results} == {3}
    assert len(extract_run(Path(record.log), "mug-0", 1, tmp_path / "out")) == 3


def test_the_prior_asks_no_model_and_says_that_it_saw_the_labels(tmp_path: Path) -> None:
    data = write_mugs(tmp_path / "data", 9)
    record = ran(None, tmp_path / "logs", data, strategy="prior")
    assert record.model == "none (has seen the labels)"
    right_ones = sum(r.official or 0 for r in record.results)
    assert right_ones == 5, "A is right in 3 of 5 of one type, and in 2 of 4 of the other"
    assert {r.usage.calls for r in record.results} == {0}


def test_an_unknown_arm_is_named() -> None:
    with pytest.raises(InputError, match="react"):
        arm_named("raect")
    with pytest.raises(InputError, match="how many votes"):
        arm_named("vote@1")


# What is asked


def test_repeats_are_told_apart(tmp_path: Path, data: Path) -> None:
    with ModelServer("chat_completions", right) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot", repeat=2)
    assert [(r.item, r.repeat) for r in record.results] == [(f"mug-{k}", repeat) for repeat in (1, 2) for k in range(4)]


def test_a_limit_draws_the_same_sample_again(tmp_path: Path) -> None:
    data = write_mugs(tmp_path / "data", 24)
    records = [ran(None, tmp_path / name, data, strategy="prior", limit=8, seed=5) for name in "ab"]
    other = ran(None, tmp_path / "c", data, strategy="prior", limit=8, seed=6)
    assert records[0].sample == records[1].sample != other.sample
    assert {r.category for r in records[0].results} == {"nearer", "left"}
    assert len(records[0].results) == 8


def test_question_types_are_picked_and_unknown_ones_named(tmp_path: Path, data: Path) -> None:
    record = ran(None, tmp_path / "logs", data, strategy="prior", categories=("left",))
    assert {r.category for r in record.results} == {"left"}
    with pytest.raises(InputError, match="nearer, left"):
        ran(None, tmp_path / "logs", data, strategy="prior", categories=("right",))


def test_a_missing_picture_is_an_error_that_names_it(tmp_path: Path, data: Path) -> None:
    (data / "mug0.png").unlink()
    with ModelServer("chat_completions", right) as server:
        record = ran(server, tmp_path / "logs", data, strategy="cot")
    assert [(r.outcome, r.cause) for r in record.results] == [("error", "machine"), *[("answered", "")] * 3]
    assert "mug0.png" in record.results[0].message


# Videos


def write_video(path: Path, frames: int) -> Path:
    """A video whose frames get lighter, frame k with the grey 10 k."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 10 * k, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_frames_are_evenly_spaced(tmp_path: Path) -> None:
    frames = sampled_frames(write_video(tmp_path / "a.mp4", 20), 5)
    assert [round(float(frame.mean()) / 10) for frame in frames] == [0, 4, 9, 14, 19]
    assert len(sampled_frames(tmp_path / "a.mp4", 64)) == 20
    with pytest.raises(InputError, match=r"b\.mp4 is missing"):
        sampled_frames(tmp_path / "b.mp4", 5)


def test_a_video_is_shown_as_the_protocols_frames(tmp_path: Path, data: Path) -> None:
    video = write_video(data / "a.mp4", 20)

    def read(folder: Path, variant: str) -> Any:
        for item in MUGS.read(folder, variant):
            yield replace(item, asked=replace(item.asked, pictures=(), video=video))

    moving = replace(MUGS, read=read, protocol=replace(MUGS.protocol, frames=6))
    with ModelServer("chat_completions", right) as server:
        record = ran(server, tmp_path / "logs", data, moving, strategy="cot")
        assert {tuple(picture_sizes(request)) for request in server.requests} == {((64, 48),) * 6}
    assert {(r.frames, r.pixels) for r in record.results} == {(6, 6 * 64 * 48)}
