"""The tool contract: what a declaration must say, what a model reads of it, and how a call can end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any, Literal

import numpy as np
import pytest
from tool_kit import STORED, call, seeing, workspace_in

from sightline.geometry.dialects import DIALECTS, PERMILLE_YX
from sightline.memory import Draft, InfrastructureError, InputError, InstrumentLimit, ModelMistake, NoteAdded
from sightline.memory.refs import box_ref
from sightline.tools import Box, Path, Picture, Point, Tool, ToolContext, ToolResult, tool


@tool(family="test", example={"image": "img1", "box": [0, 0, 10, 10]})
def everything(
    image: Picture,
    box: Box,
    corner: Point | None = None,
    route: Path | None = None,
    boxes: list[Box] | None = None,
    how: Literal["fast", "slow"] = "fast",
    factor: float = 2.0,
    times: int = 1,
    mirror: bool = False,
    others: list[Picture] | None = None,
    words: list[str] | None = None,
    context: ToolContext | None = None,
) -> ToolResult:
    """Do everything.

    At length,
    over two lines.

    Args:
        image: The picture.
        box: The box,
            described at length.
        corner: A corner.
        route: A route.
        boxes: More boxes.
        how: Which way.
        factor: How much.
        times: How often.
        mirror: Whether to mirror.
        others: More pictures.
        words: Some words.
        context: What the call may use.

    Returns:
        Nothing a model should read about.
    """
    return ToolResult("done")


def test_a_declaration_is_read_from_the_function() -> None:
    assert (everything.name, everything.family, everything.summary) == ("everything", "test", "Do everything.")
    assert everything.describe(STORED) == "Do everything.\nAt length, over two lines."
    assert everything.wants_context
    names = [p.name for p in everything.parameters]
    assert names == ["image", "box", "corner", "route", "boxes", "how", "factor", "times", "mirror", "others", "words"]
    assert [p.name for p in everything.parameters if p.required] == ["image", "box"]


def test_a_schema_says_types_order_and_defaults() -> None:
    properties = everything.schema(STORED)["properties"]
    numbers = {"type": "array", "items": {"type": "number"}}
    assert {k: v for k, v in properties["box"].items() if k != "description"} == numbers
    assert properties["box"]["description"] == "The box, described at length. [x0, y0, x1, y1], places in `image`."
    assert properties["corner"]["description"] == "A corner. [x, y], places in `image`."
    assert properties["route"]["items"] == numbers
    assert properties["boxes"]["items"] == numbers
    assert properties["how"] == {"type": "string", "enum": ["fast", "slow"], "description": "Which way. Default: fast."}
    assert properties["factor"] == {"type": "number", "description": "How much. Default: 2.0."}
    assert properties["times"]["type"] == "integer"
    assert properties["mirror"]["type"] == "boolean"
    assert properties["others"]["items"] == {"type": "string"}
    assert everything.schema(STORED)["required"] == ["image", "box"]
    assert "context" not in properties


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_schema_names_places_in_the_models_order(dialect: Any) -> None:
    described = everything.schema(seeing(dialect))["properties"]
    first = "x0, y0" if dialect.order == "xy" else "y0, x0"
    pair = "[x, y]" if dialect.order == "xy" else "[y, x]"
    assert f"[{first}" in described["box"]["description"]
    assert f"Each box is [{first}" in described["boxes"]["description"]
    assert pair in described["corner"]["description"]
    assert pair in described["route"]["description"]


def test_a_tool_is_still_a_function() -> None:
    assert everything(None, (0, 0, 1, 1)).text == "done"  # type: ignore[union-attr]


# What is missing is an error where the tool is declared, so at import.


def undescribed(image: Picture) -> ToolResult:
    return ToolResult("")


def no_argument_section(image: Picture) -> ToolResult:
    """Say nothing of the argument."""
    return ToolResult("")


def empty_description(image: Picture) -> ToolResult:
    return ToolResult("")


empty_description.__doc__ = "Describe with nothing.\n\nArgs:\n    image:\n"


def misspelt(image: Picture) -> ToolResult:
    """Describe another argument too.

    Args:
        image: A picture.
        imege: A slip.
    """
    return ToolResult("")


def untyped(image) -> ToolResult:
    """Give no type.

    Args:
        image: A picture.
    """
    return ToolResult("")


def of_type(hint: Any) -> Callable[..., ToolResult]:
    """A function whose one argument has this type."""

    def function(value: Any) -> ToolResult:
        """Take a value.

        Args:
            value: The value.
        """
        return ToolResult("")

    function.__annotations__["value"] = hint
    return function


def box_without_picture(box: Box) -> ToolResult:
    """Name a place nowhere.

    Args:
        box: A box.
    """
    return ToolResult("")


def box_in_many(image: list[Picture], box: Box) -> ToolResult:
    """Name a place in several pictures.

    Args:
        image: Pictures.
        box: A box.
    """
    return ToolResult("")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (undescribed, "has no docstring"),
        (no_argument_section, "'image'.*not described"),
        (empty_description, "'image'.*not described"),
        (misspelt, "'imege', which is no argument"),
        (untyped, "'image'.*has no type"),
        (of_type(dict[str, int]), "cannot be told to every provider"),
        (of_type(tuple[int, int]), "cannot be told to every provider"),
        (of_type(int | str), "cannot be told to every provider"),
        (of_type(list[list[float]]), "cannot be told to every provider"),
        (of_type(Literal[1, 2]), "cannot be told to every provider"),
        (of_type(Any), "cannot be told to every provider"),
        (of_type(bytes), "cannot be told to every provider"),
        (of_type(list), "cannot be told to every provider"),
        (box_without_picture, "need an argument 'image' that is one picture"),
        (box_in_many, "need an argument 'image' that is one picture"),
    ],
)
def test_what_a_model_could_not_understand_is_refused_at_declaration(
    function: Callable[..., ToolResult], says: str
) -> None:
    with pytest.raises(TypeError, match=says):
        tool(function)


# How a call ends.


def ending(action: Callable[[], ToolResult], **options: Any) -> Tool:
    """A tool that does this."""

    def act() -> ToolResult:
        """Act."""
        return action()

    return tool(family="test", example={}, **options)(act)


def throw(error: BaseException) -> ToolResult:
    raise error


@pytest.mark.parametrize(
    ("error", "outcome", "reads"),
    [
        (ModelMistake("the box is odd.", "Give another."), "mistake", "Not done: the box is odd. Give another."),
        (InstrumentLimit("too few matches.", "Look closer."), "limit", "Cannot tell: too few matches. Look closer."),
        (InfrastructureError("torch is missing.", "pip install torch"), "infrastructure", "Not available: torch is m"),
        (InputError("no such file.", "Name another."), "mistake", "Not done: no such file."),
        (ZeroDivisionError("x"), "infrastructure", "act crashed (ZeroDivisionError)"),
        # These three mean something to asyncio, and must mean nothing here.
        (StopIteration(), "infrastructure", "act crashed (RuntimeError)"),
        (SystemExit(3), "infrastructure", "act crashed (RuntimeError)"),
        (TimeoutError("a socket's"), "infrastructure", "act crashed (TimeoutError)"),
    ],
)
def test_a_failure_is_sorted(error: BaseException, outcome: str, reads: str, tmp_path: FilePath) -> None:
    with workspace_in(tmp_path) as ws:
        finished = call(ending(lambda: throw(error)), {}, ws)
    assert finished.outcome == outcome
    assert finished.text.startswith(reads)
    assert "pip install" not in finished.text  # a remedy for the person, not for the model
    assert (type(error).__name__ in finished.detail) == ("crashed" in finished.text)


def test_a_call_past_its_limit_is_given_up(tmp_path: FilePath) -> None:
    released = threading.Event()

    def wait() -> ToolResult:
        released.wait(10)
        return ToolResult("too late")

    with workspace_in(tmp_path) as ws:
        finished = call(ending(wait, time_limit=0.05), {}, ws)
        released.set()
    assert finished.outcome == "infrastructure"
    assert "given up after 0.05 s" in finished.text


def test_what_a_tool_makes_is_numbered_when_its_call_is_committed(tmp_path: FilePath) -> None:
    def make() -> ToolResult:
        draft = Draft(np.zeros((4, 6, 3), np.uint8), "black")
        return ToolResult(f"{draft} at {box_ref(str(draft), (0, 0, 3, 2))}.", [draft], [NoteAdded(text="made it")])

    with workspace_in(tmp_path) as ws:
        call(ending(make), {}, ws)
        assert ws.pictures == ["img1", "view1"]
        assert ws.artifacts["view1"].size == (6, 4)
        assert ws.notes == ["made it"]
        assert ws.calls["t.1"].text == f"view1 at {box_ref('view1', (0, 0, 3, 2))}."


async def test_an_async_tool_is_awaited(tmp_path: FilePath) -> None:
    @tool
    async def wait_for_nothing() -> ToolResult:
        """Wait."""
        return ToolResult("waited")

    with workspace_in(tmp_path) as ws:
        assert (await wait_for_nothing.run({}, ToolContext(ws, sees=seeing(PERMILLE_YX)))).text == "waited"


def test_declaring_tools_loads_no_agent_library() -> None:
    import subprocess

    script = "import sys, sightline.tools; print([m for m in ('langchain_core', 'cv2', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
