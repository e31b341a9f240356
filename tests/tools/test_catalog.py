"""Every tool in the catalogue, whatever family comes later: its schema, its words, and its example on a photo."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing
from loop_kit import photo
from servers import schema_problems
from tool_kit import SaidBefore, call, moving_video, raised_by, seeing

from sightline.geometry.dialects import DIALECTS
from sightline.memory import DataDraft, InputError
from sightline.tools import FAMILIES, Tool, ToolResult, all_tools, find, select, tool
from sightline.tools.binding import write_places

TOOLS = all_tools()
PROVIDERS = ("openai", "anthropic", "gemini", "inspect")

every_tool = pytest.mark.parametrize("instrument", TOOLS, ids=[t.name for t in TOOLS])


ELSEWHERE = {
    "keypoints": "weights",
    "read_text": "weights",
    "track": "weights",
    "relative_camera_motion": "textured photos",
    "match_objects": "a mug",
    "set_scale": "a reconstruction whose scale no sensor has measured",
    "inspect_view": "cameras, which a drawing has not",
    "fit_camera": "cameras, which a drawing has not",
}
"""Tools whose example this scene cannot serve, and what they need; here they must fail in words."""

HAS_RESVG = find_spec("resvg_py") is not None
DRAWINGS = (
    ("write_program", find("write_program").example),
    ("edit_program", {"thought": "blue", "search": ["#c02020"], "replace": ["#2020c0"]}),
)

THINGS = (
    thing(2, "red bench", (0.2, 3.6), (2.2, 0.5, 0.5)),
    thing(3, "green vase", (0.4, 3.5), (0.2, 0.2, 0.35), bottom=0.5),
    thing(4, "blue chair", (-1.2, 3.4), (0.5, 0.5, 0.9), bearing=90.0),
)
SHOTS = tuple(
    Shot(size=(400, 300), position=(x, y, 1.6), bearing=bearing, pitch=-12.0, field_of_view=70.0)
    for x, y, bearing in ((0.0, 0.0, 0.0), (2.6, 1.2, -45.0), (-2.6, 2.0, 55.0))
)


@pytest.fixture(scope="module", params=["pixels", "permille_yx"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str]:
    """A run with everything that the examples name, on a scene whose instruments read the truth."""
    run = Run(tmp_path_factory.mktemp("catalog"), THINGS, *SHOTS)
    run.workspace.add_picture(photo(400, 200), kind="panorama")
    run.workspace.add_video(moving_video(run.workspace.folder / "made.mp4"))
    for item in THINGS:
        for picture in ("img1", "img2", "img3"):
            run.mark(item.name, picture)
    for name, arguments in (
        ("look", {"panorama": "pano1", "yaw": 30}),
        ("reconstruct", {"images": ["img1", "img2"]}),
        ("estimate_depth", {"image": "img1"}),
        *(("locate", {"thing": handle, "cloud": "cloud1"}) for handle in ("obj1", "obj2", "obj3")),
        ("front_of", {"thing": "obj3", "image": "img1"}),
        *(DRAWINGS if HAS_RESVG else ()),
    ):
        run.text(find(name), **arguments)
    run.text(followed)
    return run, request.param


@tool(family="test", example={})
def followed() -> ToolResult:
    """Keep the track of the square in `moving_video`: no tracker that needs no weights can follow it."""
    lefts = 10 + np.arange(24) * 110 // 24
    boxes = np.stack([lefts, np.full(24, 50), lefts + 30, np.full(24, 80)], axis=1).astype(np.float64)[None]
    arrays = {"boxes": boxes, "times": np.arange(24) / 24}
    draft = DataDraft("track", arrays, "a red square", {"names": ["square"], "video": "vid1"})
    return ToolResult("followed", data=[draft])


@every_tool
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_its_schema_survives_every_provider(instrument: Tool, dialect: Any) -> None:
    schema = instrument.schema(seeing(dialect))
    assert json.loads(json.dumps(schema)) == schema
    problems = {provider: schema_problems(schema, provider) for provider in PROVIDERS}
    assert problems == {provider: [] for provider in PROVIDERS}


@every_tool
def test_it_is_called_and_described_as_providers_and_readers_want(instrument: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", instrument.name)
    assert instrument.name != "answer"  # the loop's own
    assert instrument.summary.endswith((".", "?"))
    assert len(instrument.description) <= 1024  # OpenAI's limit
    for parameter in instrument.parameters:
        assert parameter.description.endswith((".", "?")), parameter.name
    assert instrument.time_limit > 0
    assert instrument.family in FAMILIES


@every_tool
def test_its_example_works_on_a_run_that_has_what_it_names(instrument: Tool, scene: tuple[Run, str]) -> None:
    if instrument.family == "graphics" and not HAS_RESVG:
        pytest.skip("needs sightline[graphics]")
    run, dialect = scene
    workspace = run.workspace
    look = SaidBefore(['{"visible": true, "box": [100, 120, 300, 240]}'] * 9)
    sees = seeing(DIALECTS[dialect], longest=400)
    name = f"example.{instrument.name}"
    finished = call(instrument, instrument.example, workspace, sees, look, name=name, back_ends=run.back_ends)
    # In another dialect the example's numbers are other places, where there may be nothing.
    elsewhere = dialect != "pixels" and any(p.has_places for p in instrument.parameters)
    if elsewhere and finished.outcome == "limit":
        assert not finished.detail
    elif instrument.name in ELSEWHERE:
        assert finished.outcome in ("limit", "infrastructure"), finished.text
        assert "Traceback" not in finished.detail  # what mends it, if anything
    else:
        assert finished.outcome == "ok", f"{finished.text}\n{finished.detail}"
    told = write_places(workspace, sees, workspace.calls[name].text)
    assert told.strip()
    assert "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}" not in told
    assert "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}" not in told
    for handle in workspace.calls[name].made:
        if not handle.startswith("mask"):  # outlines are named by the objects they belong to
            assert handle in told  # a reader without pictures learns what was made


@every_tool
def test_its_example_gives_every_argument_it_needs(instrument: Tool) -> None:
    assert {p.name for p in instrument.parameters if p.required} <= set(instrument.example)


def test_names_are_unique_and_families_hold_their_own() -> None:
    assert len({t.name for t in TOOLS}) == len(TOOLS)
    for family in FAMILIES:
        assert {t.family for t in select([family])} <= {family, "memory"}


def test_selecting_by_family_and_name() -> None:
    assert [t.name for t in select()] == [t.name for t in TOOLS]
    assert [t.name for t in select([])] == ["plan", "note", "recall"]
    assert [t.name for t in select(["ask_image", "memory"])] == ["ask_image", "plan", "note", "recall"]
    assert find("recall").name == "recall"


def test_an_unknown_name_is_told_with_what_is_near() -> None:
    assert "Did you mean recall" in raised_by(lambda: find("recal"), InputError)
    assert "Did you mean drawing" in raised_by(lambda: select(["drawings"]), InputError)
    assert "Known: " in raised_by(lambda: select(["qqqq"]), InputError)
