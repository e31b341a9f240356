"""The strategy `code` over the real loop: the model writes cells, tools are called inside them, the trace tells it."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from code_kit import processes
from durable_code_run import CodeSetup
from durable_run import kill_when, only_run
from loop_kit import PROTOCOLS, Protocol, agent_on, photo
from servers import Call, ModelServer, Request, Turn, picture_sizes, results, texts

from sightline.agents import Budget, SpatialAgent
from sightline.demos.trace import trace_html, trace_text
from sightline.memory import CallRecord, InputError, ToolFinished, Workspace

OPTIONS = ["A. the red one", "B. the blue one"]

CUT = """\
part = crop_zoom("img1", [10, 20, 110, 95])
print(part.handle, image(part).shape)"""
LOOK = 'show(draw_box(part, boxes=[[5, 5, 50, 50]]))\ncrop_zoom("img7", [0, 0, 9, 9])'
CALLS = [
    Call("run_python", {"thought": "cut a part out", "code": CUT}),
    Call("run_python", {"code": LOOK}),
    Call("note", {"text": "view2 shows it"}),
    Call("answer", {"value": "B"}),
]


def play(request: Request, index: int) -> Turn:
    """Each call in a turn of its own."""
    return Turn(calls=[CALLS[len(results(request))]])


def _last(request: Request) -> str:
    return str(list(results(request).values())[-1])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_model_is_told_functions_and_calls_them_in_cells(protocol: Protocol, tmp_path: Path) -> None:
    with ModelServer(protocol, play) as server:
        agent = agent_on(server, protocol, tmp_path, strategy="code", tools=["image", "drawing"])
        heard = [event.type for event in agent.stream("Which?", photo(), options=OPTIONS)]
    first, second, third, _ = server.requests
    assert set(first.tool_names) == {"run_python", "plan", "note", "recall", "answer"}
    said = "\n".join(texts(first))
    assert "crop_zoom(image: picture, box: [x0, y0, x1, y1]): Cut out a part of a picture" in said
    assert "draw_box(image: picture, boxes: list of [x0, y0, x1, y1]" in said
    assert "run_python(" not in said.split("Functions in")[1]
    assert _last(second).startswith("view1 (")
    # The picture that was shown is seen, the one that was not is not.
    assert len(picture_sizes(second)) == 1
    assert len(picture_sizes(third)) == 2
    assert "ToolMistake: Not done: crop_zoom: there is no picture 'img7'" in _last(third)
    assert heard.count("tool_started") == heard.count("tool_finished") == 8
    ws = Workspace.open(next(tmp_path.iterdir()))
    assert list(ws.calls) == ["1.1", "1.1.1", "2.1", "2.1.1", "2.1.2", "2.1.3", "3.1", "4.1"]
    assert [r.call.name for r in ws.calls["2.1"].inner] == ["draw_box", "show", "crop_zoom"]
    assert ws.answer is not None
    assert ws.answer.value == "B"
    assert ws.notes == ["view2 shows it"]


def test_text_and_page_show_the_calls_inside(tmp_path: Path) -> None:
    with ModelServer("messages", play) as server:
        answer = agent_on(server, "messages", tmp_path, strategy="code", tools=["image", "drawing"]).ask(
            "Which?", photo(), options=OPTIONS
        )
    told = trace_text(answer.trace)
    cell = told[told.index("> run_python  thought cut a part out") : told.index("Step 2")]
    assert "    code:\n    . part = crop_zoom(" in cell
    assert "      > crop_zoom  image img1, box (10, 20, 110, 95)" in cell
    assert cell.index("> crop_zoom") < cell.index("+ view1") < cell.index("    view1 (")
    assert told.count("> crop_zoom") == 2
    assert "8 tool calls" in told
    page = trace_html(answer.trace)
    assert page.count('class="calls inner"') == 2
    assert "<pre>part = crop_zoom(&quot;img1&quot;" in page
    # Places that a program names are in stored pixels, and are drawn where it meant them.
    assert 'data-points="10.00 20.00 110.00 95.00"' in page
    assert len(re.findall(r'id="h-view1"', page)) == 1


def test_react_and_code_give_a_model_the_same_tools(tmp_path: Path) -> None:
    names: dict[str, set[str]] = {}
    for strategy in ("react", "code"):
        with ModelServer("messages", [Call("answer", {"value": "B"})]) as server:
            agent_on(server, "messages", tmp_path, strategy=strategy).ask("Which?", photo(), options=OPTIONS)
        said = "\n".join(texts(server.requests[0]))
        functions = re.findall(r"^(\w+)\(.*\): ", said.partition("Functions in")[2], re.MULTILINE)
        names[strategy] = {*server.requests[0].tool_names, *functions}
    assert names["react"] == names["code"]
    assert {"run_python", "distance", "crop_zoom"} <= names["code"]


def test_a_tool_is_no_tool_of_its_own_in_code(tmp_path: Path) -> None:
    script = [Call("crop_zoom", {"image": "img1", "box": [0, 0, 9, 9]}), Call("answer", {"value": "A"})]
    with ModelServer("messages", script) as server:
        answer = agent_on(server, "messages", tmp_path, strategy="code").ask("Which?", photo(), options=OPTIONS)
    assert "there is no tool named 'crop_zoom'. Tools: run_python, plan, note, recall, answer" in (
        answer.trace.calls["1.1"].text
    )


def test_the_embedded_rules_say_that_they_write_no_programs() -> None:
    with pytest.raises(InputError, match=r"write no programs.*react"):
        SpatialAgent("rules", strategy="code")


def test_calls_in_cells_count(tmp_path: Path) -> None:
    code = "for n in range(9): crop_zoom('img1', [0, 0, 10 + n, 10])"
    script = [Call("run_python", {"code": code}), Call("answer", {"value": "A"})]
    with ModelServer("messages", script) as server:
        agent = agent_on(server, "messages", tmp_path, strategy="code", budget=Budget(calls=5))
        answer = agent.ask("Which?", photo(), options=OPTIONS)
    assert len(answer.trace.calls["1.1"].inner) == 4  # and the cell's own
    assert "the budget of 5 calls is used up" in answer.trace.calls["1.1"].text
    assert answer.forced


# Kill and resume

LABELLED = """\
made = [logged_copy("img1", "bright").handle]
made.append(logged_copy("img2", "dark").handle)
made.append(logged_copy(made[1], "again").handle)
print(made)"""


CELLS = [
    Call("run_python", {"code": "first = 'kept'"}),
    Call("run_python", {"code": LABELLED}),
    Call("run_python", {"code": "first, len(made)"}),
    Call("answer", {"value": "B"}),
]


def write_cells(request: Request, index: int) -> Turn:
    """By what the request holds, so that a resumed run meets the same model."""
    return Turn(calls=[CELLS[len(results(request))]])


def told_by(record: CallRecord) -> tuple[str, str, list[str]]:
    return record.call.id, record.text, record.made


@pytest.mark.parametrize("hold", ["bright", "dark", "again"])
def test_killed_inside_a_cell_no_completed_call_is_made_again(hold: str, tmp_path: Path) -> None:
    with ModelServer("messages", write_cells) as server:
        setup = CodeSetup(server.base_url, "messages", tmp_path, hold=hold)
        kill_when(setup)
        ws = Workspace.open(only_run(setup))
        done = [r.call.id for r in ws.calls.values() if r.finished is not None]
        answer = CodeSetup(server.base_url, "messages", tmp_path).agent().resume("last")
    assert answer.value == "B"
    # The one in flight may be made again, those before it are not.
    order = ["bright", "dark", "again"]
    assert setup.log == order[: order.index(hold) + 1] + order[order.index(hold) :]
    calls = answer.trace.calls
    assert list(calls) == ["1.1", "2.1", "2.1.1", "2.1.2", "2.1.3", "3.1", "4.1"]
    assert calls["2.1"].text.startswith("['view1', 'view2', 'view3']")
    assert calls["3.1"].text == "('kept', 3)"
    finished = [event.call for event in answer.trace.events if isinstance(event, ToolFinished)]
    assert len(finished) == len(set(finished))
    assert set(done) <= set(finished)


@pytest.mark.parametrize("position", range(4, 23, 3))
def test_killed_after_any_event_it_comes_to_the_same(position: int, tmp_path: Path) -> None:
    with ModelServer("messages", write_cells) as server:
        setup = CodeSetup(server.base_url, "messages", tmp_path, stop_after=position)
        kill_when(setup)
        before = Workspace.open(only_run(setup))
        answer = setup.agent().resume("last")
    assert answer.value == "B"
    assert sorted(setup.log) == ["again", "bright", "dark"] or len(setup.log) == 4
    ended = {
        r.call.arguments.get("label") for r in before.calls.values() if r.finished and r.call.name == "logged_copy"
    }
    assert all(setup.log.count(str(label)) == 1 for label in ended)
    assert [told_by(r) for r in answer.trace.calls.values()][1:5] == [
        ("2.1", "['view1', 'view2', 'view3']\n" + MADE, []),
        ("2.1.1", "view1 is the bright copy of img1.", ["view1"]),
        ("2.1.2", "view2 is the dark copy of img2.", ["view2"]),
        ("2.1.3", "view3 is the again copy of view2.", ["view3"]),
    ]
    assert answer.trace.calls["3.1"].text == "('kept', 3)"


MADE = "(Made: logged_copy -> view1; logged_copy -> view2; logged_copy -> view3)"


def test_a_branch_has_the_variables_of_its_parent(tmp_path: Path) -> None:
    with ModelServer("messages", write_cells) as server:
        setup = CodeSetup(server.base_url, "messages", tmp_path)
        setup.ask()
        parent = only_run(setup)
        branch = setup.agent().branch(parent, 2, say="Once more.")
    assert branch.trace.calls["3.1"].text == "('kept', 3)"
    assert setup.log == ["bright", "dark", "again"]


def test_leaving_a_run_inside_a_cell_ends_its_kernel_and_it_can_be_gone_on_with(tmp_path: Path) -> None:
    before = processes()
    endless = Call("run_python", {"code": "x = 1\nshow('img1')\nwhile True: pass"})
    with ModelServer("messages", [endless, Call("answer", {"value": "A"})]) as server:
        agent = agent_on(server, "messages", tmp_path, strategy="code", budget=Budget(seconds=8))
        for event in agent.stream("Which?", photo(), options=OPTIONS):
            if event.type == "calls_committed":
                break
        assert processes() <= before
        answer = agent.resume("last")
    assert "was interrupted" in answer.trace.calls["1.1"].text
    assert [record.call.id for record in answer.trace.calls["1.1"].inner] == ["1.1.1"]
    assert processes() <= before


# Side by side


def test_runs_side_by_side_have_kernels_of_their_own(tmp_path: Path) -> None:
    def script(name: str) -> Any:
        cells = [f"mine = {name!r}", "import time\ntime.sleep(0.2)\nshow(image('img1')[:9, :9])", "mine"]

        def turn(request: Request, index: int) -> Turn:
            done = len(results(request))
            return Turn(
                calls=[Call("run_python", {"code": cells[done]}) if done < 3 else Call("answer", {"value": "B"})]
            )

        return turn

    answers: dict[str, Any] = {}

    def ask(name: str) -> None:
        with ModelServer("messages", script(name)) as server:
            agent = agent_on(server, "messages", tmp_path / name, strategy="code", tools=["image"])
            answers[name] = agent.ask("Which?", photo(seed=len(answers)), options=OPTIONS)

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, answer in answers.items():
        assert answer.trace.calls["3.1"].text == repr(name)
        assert list(answer.trace.artifacts) == ["img1", "view1"]
    assert len(answers) == 3
