"""ask_image and locate_by_vlm: fresh model calls, isolated, counted, and not believed too readily."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loop_kit import PROTOCOLS, Protocol, agent_on, photo
from servers import Call, ModelServer, Say, Turn, Usage, picture_sizes, results, texts
from tool_kit import SaidBefore, call, seeing, workspace_in

from sightline.geometry.dialects import PERMILLE_YX, PIXELS
from sightline.memory import Usage as Used
from sightline.memory import Workspace
from sightline.memory.refs import places
from sightline.tools import LookReply
from sightline.tools.model import ask_image, locate_by_vlm


@pytest.fixture
def ws(tmp_path: Path) -> Any:
    with workspace_in(tmp_path, photo(), photo(300, 200)) as workspace:
        yield workspace


def locate(ws: Workspace, reply: str, dialect: Any = PIXELS, longest: int = 1 << 20, phrase: str = "the mug") -> Any:
    look = SaidBefore([reply], seeing(dialect, longest))
    return call(locate_by_vlm, {"image": "img1", "phrase": phrase}, ws, look=look)


def test_a_box_is_converted_from_the_asked_models_dialect(ws: Workspace) -> None:
    finished = locate(ws, 'Here: {"visible": true, "box": [250, 500, 500, 1000]}', PERMILLE_YX)
    assert places(finished.text) == [("box", "img1", [(320.0, 120.0), (640.0, 240.0)])]
    known = ws.scene.objects["obj1"]
    assert known.name == "the mug"
    assert (known.sightings[0].box, known.sightings[0].source) == ((320.0, 120.0, 640.0, 240.0), "locate_by_vlm")
    assert ws.calls["t.1"].text.startswith("obj1 'the mug': box ")


def test_what_is_found_in_a_crop_is_known_in_the_photo(ws: Workspace) -> None:
    from sightline.tools import find

    call(find("crop_zoom"), {"image": "img1", "box": [100, 100, 200, 200]}, ws, name="t.0")
    look = SaidBefore(['{"box": [0, 0, 300, 600]}'])
    call(locate_by_vlm, {"image": "view1", "phrase": "mug"}, ws, look=look)
    known = ws.scene.objects["obj1"]
    assert [(s.picture, s.box) for s in known.sightings] == [
        ("view1", (0, 0, 300, 600)),
        ("img1", (100, 100, 150, 200)),
    ]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ('{"visible": true, "point": [320, 240]}', [(320.0, 240.0)]),
        ('```json\n{"box": [10, 20, 30, 40]}\n```', [(10.0, 20.0), (30.0, 40.0)]),
        ('{"visible": true, "box": [30, 40, 10, 20]}', [(10.0, 20.0), (30.0, 40.0)]),
        ('{"visible": true, "box": [-3, 0, 645, 480]}', [(0.0, 0.0), (640.0, 480.0)]),
    ],
)
def test_places_are_read(reply: str, found: list[tuple[float, float]], ws: Workspace) -> None:
    finished = locate(ws, reply)
    assert finished.outcome == "ok"
    assert places(finished.text)[0][2] == found


def test_pixels_are_those_of_the_picture_as_sent(ws: Workspace) -> None:
    finished = locate(ws, '{"point": [160, 120]}', longest=320)
    assert places(finished.text)[0][2] == [(320.0, 240.0)]


def test_not_visible_is_an_answer(ws: Workspace) -> None:
    finished = locate(ws, '{"visible": false}')
    assert finished.outcome == "ok"
    assert "does not see 'the mug' in img1. That does not show it is not there" in finished.text
    assert ws.scene.objects == {}


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("It is on the left.", "gave no place but: It is on the left."),
        ('{"visible": true', "gave no place but"),
        ("{" * 5000, "gave no place but"),
        ("[1, 2]", "gave no place but"),
        ('{"visible": true}', "neither a box nor a point"),
        ('{"box": [1, 2, 3]}', "neither a box nor a point"),
        ('{"box": [true, 2, 3, 4]}', "neither a box nor a point"),
        ('{"box": ["1", 2, 3, 4]}', "neither a box nor a point"),
        ('{"box": [NaN, 2, 3, 4]}', "neither a box nor a point"),
        ('{"box": [1, 2, 3, 1' + "0" * 400 + "]}", "neither a box nor a point"),
        ('{"box": {"x": 1}}', "neither a box nor a point"),
        ('{"box": [900, 10, 990, 90]}', "a place outside img1"),
        ('{"box": [10, 10, 10, 90]}', "a box without area"),
        ("\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}box img1 x\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}", "[[box"),
    ],
)
def test_a_reply_that_is_no_place_is_a_limit(reply: str, says: str, ws: Workspace) -> None:
    finished = locate(ws, reply)
    assert finished.outcome == "limit"
    assert says in finished.text
    assert finished.usage.calls == 1  # it was asked, and is paid for


@pytest.mark.parametrize(
    ("reply", "says"),
    [(LookReply("", Used(calls=1)), "empty reply"), (LookReply("No.", Used(calls=1), True), "refused")],
)
def test_a_refusal_and_an_empty_reply_are_limits_that_are_counted(reply: LookReply, says: str, ws: Workspace) -> None:
    finished = call(ask_image, {"images": ["img1"], "question": "Who?"}, ws, look=SaidBefore([reply]))
    assert (finished.outcome, finished.usage.calls) == ("limit", 1)
    assert says in finished.text
    assert ws.usage.calls == 1


@pytest.mark.parametrize(
    ("instrument", "arguments", "says"),
    [
        (ask_image, {"images": [], "question": "What?"}, "takes 1 to 8 pictures, not 0"),
        (ask_image, {"images": ["img1"] * 9, "question": "What?"}, "takes 1 to 8 pictures, not 9"),
        (ask_image, {"images": ["img1"], "question": "  "}, "the question is empty"),
        (locate_by_vlm, {"image": "img1", "phrase": ""}, "the phrase is empty"),
    ],
)
def test_mistakes_ask_nobody(instrument: Any, arguments: dict[str, Any], says: str, ws: Workspace) -> None:
    look = SaidBefore([])
    finished = call(instrument, arguments, ws, look=look)
    assert (finished.outcome, look.asked) == ("mistake", [])
    assert says in finished.text


def test_without_a_model_that_sees_it_is_not_available(ws: Workspace) -> None:
    finished = call(ask_image, {"images": ["img1"], "question": "What?"}, ws)
    assert finished.outcome == "infrastructure"
    assert "--model" not in finished.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_in_the_loop_the_call_is_isolated_and_counted(protocol: Protocol, tmp_path: Path) -> None:
    script = [
        Turn(calls=[Call("ask_image", {"images": ["img2"], "question": "What colour?"})], usage=Usage(100, 10)),
        Turn(text="Blue.", usage=Usage(1000, 100)),
        Turn(calls=[Call("answer", {"value": "B"})], usage=Usage(100, 10)),
    ]
    with ModelServer(protocol, script) as server:
        agent = agent_on(server, protocol, tmp_path, tools=["model"])
        answer = agent.ask("Which is blue?", [photo(), photo(300, 200)], options=["A. left", "B. right"])
    asked = server.requests[1]
    assert picture_sizes(asked) == [(300, 200)]
    assert asked.tool_names == []
    words = "\n".join(texts(asked))
    assert "What colour?" in words
    assert "Which is blue?" not in words
    assert list(results(server.requests[2]).values()) == ["A fresh model call on img2 says: Blue."]
    assert (answer.usage.calls, answer.usage.input_tokens, answer.usage.output_tokens) == (3, 1200, 120)
    prices = agent.adapter.profile.prices
    assert prices is not None
    assert answer.usage.dollars == pytest.approx(prices.cost(1200, 0, 0, 120))


def test_a_helper_is_another_model_with_a_dialect_of_its_own(tmp_path: Path) -> None:
    from sightline.agents.models import connect, profile_for

    main = [Call("locate_by_vlm", {"image": "img1", "phrase": "the mug"}), Call("answer", {"value": "A"})]
    with (
        ModelServer("messages", main) as server,
        ModelServer("chat_completions", [Say('{"point": [500, 250]}')]) as other,
    ):
        # Qwen3-VL speaks thousandths, the main model pixels.
        helper = connect("openai:Qwen/Qwen3-VL-8B", base_url=other.base_url).model
        agent = agent_on(server, "messages", tmp_path, tools=["model"], helper=helper)
        answer = agent.ask("Which?", photo(), options=["A. left", "B. right"])
    assert len(server.requests) == 2
    assert len(other.requests) == 1
    assert other.requests[0].model == "Qwen/Qwen3-VL-8B"
    assert profile_for("openai:Qwen/Qwen3-VL-8B").dialect.name == "permille"
    (told,) = results(server.requests[1]).values()
    assert "(320, 120)" in told
    assert answer.usage.calls == 3
