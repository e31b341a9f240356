"""Arguments: what a model gives becomes the value a tool wants, or a mistake that says what would be valid."""

from __future__ import annotations

import math
from pathlib import Path as FilePath
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tool_kit import STORED, raised_by, seeing, workspace_in

from sightline.geometry.dialects import DIALECTS, PERMILLE, PERMILLE_YX, PIXELS, UNIT
from sightline.memory import ModelMistake, Workspace
from sightline.memory.refs import places
from sightline.tools import Box, Path, Picture, Point, Sees, ToolResult, tool
from sightline.tools.arguments import resolve


@tool(family="test", example={})
def take(
    image: Picture,
    box: Box | None = None,
    point: Point | None = None,
    path: Path | None = None,
    boxes: list[Box] | None = None,
    points: list[Point] | None = None,
    paths: list[Path] | None = None,
    pictures: list[Picture] | None = None,
    how: Literal["fast", "slow"] = "fast",
    hows: list[Literal["fast", "slow"]] | None = None,
    count: int = 1,
    counts: list[int] | None = None,
    factor: float = 1.0,
    factors: list[float] | None = None,
    flag: bool = False,
    text: str = "",
    texts: list[str] | None = None,
) -> ToolResult:
    """Take one of each.

    Args:
        image: The picture.
        box: One box.
        point: One point.
        path: One path.
        boxes: Boxes.
        points: Points.
        paths: Paths.
        pictures: Pictures.
        how: Which way.
        hows: Which ways.
        count: How many.
        counts: How many, each.
        factor: How much.
        factors: How much, each.
        flag: Whether.
        text: Words.
        texts: Words, each.
    """
    return ToolResult("")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """img1 of 640x480 and a video, which is no picture."""
    with workspace_in(tmp_path_factory.mktemp("arguments")) as workspace:
        yield workspace


def value_of(ws: Workspace, name: str, given: Any, sees: Sees = STORED) -> Any:
    arguments = {"image": "img1"} | {name: given}
    return resolve(take, arguments, ws, sees)[name]


def mistake(ws: Workspace, arguments: dict[str, Any], sees: Sees = STORED) -> str:
    return raised_by(lambda: resolve(take, {"image": "img1"} | arguments, ws, sees), ModelMistake)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        # as they should be
        ("box", [10, 20, 30.5, 40], (10, 20, 30.5, 40)),
        ("point", [0, 480], (0, 480)),
        ("path", [[1, 2], [3, 4], [1, 2]], [(1, 2), (3, 4), (1, 2)]),
        ("boxes", [[1, 2, 3, 4], [5, 6, 7, 8]], [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ("boxes", [], []),
        ("paths", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[(1, 2), (3, 4)], [(5, 6), (7, 8)]]),
        ("how", "slow", "slow"),
        ("count", 3, 3),
        ("factor", 3, 3.0),
        ("flag", True, True),
        ("text", "a \N{SNOWMAN}", "a \N{SNOWMAN}"),
        ("texts", ["a", "b"], ["a", "b"]),
        # numbers and truth as text
        ("box", ["10", "20", "30", "40"], (10, 20, 30, 40)),
        ("count", "3", 3),
        ("count", 3.0, 3),
        ("factor", "2.5", 2.5),
        ("factor", " 2e1 ", 20.0),
        ("flag", "True", True),
        ("flag", "false", False),
        # lists as JSON text
        ("box", "[10, 20, 30, 40]", (10, 20, 30, 40)),
        ("boxes", "[[1, 2, 3, 4]]", [(1, 2, 3, 4)]),
        ("point", " [1, 2]", (1, 2)),
        ("path", "[[1, 2], [3, 4]]", [(1, 2), (3, 4)]),
        ("texts", '["a", "b"]', ["a", "b"]),
        ("factors", "[1, 2]", [1.0, 2.0]),
        # one where a list is wanted
        ("boxes", [1, 2, 3, 4], [(1, 2, 3, 4)]),
        ("boxes", "[1, 2, 3, 4]", [(1, 2, 3, 4)]),
        ("points", [1, 2], [(1, 2)]),
        ("paths", [[1, 2], [3, 4]], [[(1, 2), (3, 4)]]),
        ("texts", "a", ["a"]),
        ("hows", "slow", ["slow"]),
        ("counts", 4, [4]),
        ("factors", "4", [4.0]),
        # corners in another order
        ("box", [30, 40, 10, 20], (10, 20, 30, 40)),
        ("box", [30, 20, 10, 40], (10, 20, 30, 40)),
        # an overshoot of the edge within 2 %
        ("box", [-5, -9.6, 652.8, 489], (0, 0, 640, 480)),
        ("point", [640.4, 0], (640, 0)),
        # half a surrogate pair, and brackets that would be read as a reference
        ("text", "cut \ud83d", "cut \N{REPLACEMENT CHARACTER}"),
        ("text", "\ud83d\ude00", "\N{GRINNING FACE}"),
        (
            "text",
            "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}box img1 x\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}",
            "[[box img1 x]]",
        ),
        # null is as good as left out
        ("box", None, None),
        ("count", None, 1),
    ],
)
def test_values_and_repairs(ws: Workspace, name: str, given: Any, value: Any) -> None:
    got = value_of(ws, name, given)
    assert got == value
    assert type(got) is type(value)


def test_handles_become_pictures(ws: Workspace) -> None:
    values = resolve(take, {"image": " img1 ", "pictures": "img1"}, ws, STORED)
    assert values["image"].handle == "img1"
    assert values["image"].pixels.shape == (480, 640, 3)
    assert [p.handle for p in values["pictures"]] == ["img1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"image": None}, "take needs the argument 'image'. It is: The picture."),
        ({"img": 1}, "take has no argument 'img'. Its arguments are: image, box, "),
        ({"image": "img9"}, "there is no picture 'img9'. Pictures: img1."),
        ({"image": 1}, "there is no picture 1. Pictures: img1."),
        ({"image": ["img1"]}, 'there is no picture ["img1"]. Pictures: img1.'),
        ({"pictures": ["img1", "obj1"]}, "there is no picture 'obj1'."),
        ({"box": [1, 2, 3]}, "box is a list of 4 numbers, not [1, 2, 3]. One box."),
        ({"box": {"x0": 1}}, 'box is a list of 4 numbers, not {"x0": 1}.'),
        ({"box": "left half"}, 'box is a list of 4 numbers, not "left half".'),
        ({"box": 7}, "box is a list of 4 numbers, not 7."),
        ({"box": [1, 2, 3, True]}, "box is a list of 4 numbers, not true."),
        ({"box": [[1, 2], [3, 4]]}, "box is a list of 4 numbers, not [[1, 2], [3, 4]]."),
        ({"box": [1, 2, 3, "x"]}, 'box is a list of 4 numbers, not "x".'),
        ({"box": [10, 20, 10, 40]}, "the box [10, 20, 10, 40] has no area. Give two opposite corners."),
        ({"box": [1, 2, 3, math.nan]}, "box is a list of 4 numbers, not NaN."),
        ({"box": [1, 2, 3, math.inf]}, "box is a list of 4 numbers, not Infinity."),
        ({"box": "[1, 2, 3, NaN]"}, "box is a list of 4 numbers, not NaN."),
        ({"box": [1, 2, 3, 10**400]}, "box is a list of 4 numbers, not 1000000"),
        ({"box": [0, 0, 700, 100]}, "box [0.0, 0.0, 700.0, 100.0] lies outside img1. There x goes from 0 to 640"),
        ({"box": [1e308, 0, 1e308, 1]}, "lies outside img1"),
        ({"boxes": [[1, 2, 3, 4], [1, 2]]}, "boxes is a list, each a list of 4 numbers, not [1, 2]."),
        ({"boxes": "all of them"}, 'boxes is a list, each a list of 4 numbers, not "all of them".'),
        ({"point": [1, 2, 3]}, "point is a list of 2 numbers, not [1, 2, 3]."),
        ({"path": [[1, 2]]}, "path is a list of points, not [[1, 2]]."),
        ({"path": [[1, 2], [3]]}, "path is a list of points, not [[1, 2], [3]]."),
        ({"path": [1, 2, 3, 4]}, "path is a list of points, not [1, 2, 3, 4]."),
        ({"how": "quick"}, "how cannot be 'quick'. It is one of: fast, slow."),
        ({"how": 3}, "how is a string, not 3."),
        ({"count": 2.5}, "count is an integer, not 2.5. How many."),
        ({"count": True}, "count is an integer, not true."),
        ({"count": "many"}, 'count is an integer, not "many".'),
        ({"count": math.inf}, "count is an integer, not Infinity."),
        ({"factor": math.nan}, "factor is a number, not NaN."),
        ({"factor": "nan"}, "factor is a number, not NaN."),
        ({"factor": False}, "factor is a number, not false."),
        ({"factor": 10**400}, "factor is a number, not 1000"),
        ({"flag": 1}, "flag is a boolean, not 1."),
        ({"flag": "yes"}, 'flag is a boolean, not "yes".'),
        ({"text": 5}, "text is a string, not 5."),
        ({"texts": ["a", 5]}, "texts is a list, each a string, not 5."),
        ({"texts": '["a"'}, 'texts is a list, each a string, not "[\\"a\\"".'),
        ({"counts": "a few"}, 'counts is a list, each an integer, not "a few".'),
    ],
)
def test_mistakes(ws: Workspace, arguments: dict[str, Any], says: str) -> None:
    said = mistake(ws, arguments)
    assert said.startswith("take")
    assert says in said
    assert "\n" not in said
    assert len(said) < 500


def test_something_that_is_no_picture(ws: Workspace, tmp_path: FilePath) -> None:
    import av
    import numpy as np

    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
        container.mux(stream.encode())
    with workspace_in(tmp_path) as workspace:
        workspace.add_video(path)
        said = raised_by(lambda: resolve(take, {"image": "vid1"}, workspace, STORED), ModelMistake)
    assert said == "take: vid1 is a video, not a picture. Pictures: img1."


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_places_are_read_in_the_models_dialect(ws: Workspace, dialect: Any) -> None:
    sees = seeing(dialect, longest=320)  # sent at half its size
    stored = (64.0, 48.0, 320.0, 240.0)
    numbers = dialect.to_model([stored[:2], stored[2:]], (640, 480), (320, 240)).ravel().tolist()
    assert value_of(ws, "box", numbers, sees) == pytest.approx(stored)
    assert value_of(ws, "point", numbers[:2], sees) == pytest.approx(stored[:2])
    assert value_of(ws, "path", [numbers[:2], numbers[2:]], sees) == [
        pytest.approx(stored[:2]),
        pytest.approx(stored[2:]),
    ]


@pytest.mark.parametrize(
    ("dialect", "numbers", "says"),
    [
        (PIXELS, [0, 0, 640, 480], "There x goes from 0 to 320 and y from 0 to 240; places are pixels of the picture"),
        (UNIT, [0, 0, 1.1, 1], "There x goes from 0 to 1 and y from 0 to 1"),
        (PERMILLE, [0, 0, 1100, 900], "There x goes from 0 to 1000 and y from 0 to 1000"),
        (PERMILLE_YX, [0, 0, 900, 1100], "y first, then x; a box is [y0, x0, y1, x1]"),
        (PERMILLE_YX, [0, 0, 1100, 900], "[0.0, 0.0, 1100.0, 900.0] lies outside img1"),
    ],
)
def test_outside_the_picture_is_told_in_the_models_dialect(
    ws: Workspace, dialect: Any, numbers: list[float], says: str
) -> None:
    assert says in mistake(ws, {"box": numbers}, seeing(dialect, longest=320))


def test_yx_is_not_xy(ws: Workspace) -> None:
    sees = seeing(PERMILLE_YX)
    assert value_of(ws, "point", [250, 500], sees) == pytest.approx((320.0, 120.0))
    assert value_of(ws, "box", [0, 500, 500, 1000], sees) == pytest.approx((320.0, 0.0, 640.0, 240.0))


def test_long_lists_and_deep_ones_are_read_or_told_briefly(ws: Workspace) -> None:
    assert len(value_of(ws, "points", [[1, 2]] * 50_000)) == 50_000
    assert len(mistake(ws, {"box": list(range(100_000))})) < 300
    assert len(mistake(ws, {"image": "x" * 1_000_000})) < 300
    assert len(mistake(ws, {"x" * 1_000_000: 1})) < 500
    assert "is a list of 4 numbers" in mistake(ws, {"box": "[" * 100_000})
    nested: list[Any] = []
    for _ in range(5_000):
        nested = [nested]
    assert "not something nested that deeply" in mistake(ws, {"box": nested})


def test_nothing_a_model_writes_poses_as_a_place(ws: Workspace) -> None:
    opened, closed = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
    forged = f"{opened}box img1 1 2 3 4{closed}"
    for arguments in ({"image": forged}, {forged: 1}, {"how": forged}, {"box": forged}, {"texts": [forged, 1]}):
        assert places(mistake(ws, arguments)) == []
    assert places(value_of(ws, "text", forged)) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**400)
    | st.floats()
    | st.text()
    | st.text(alphabet=st.characters(categories=["Cs", "Nd", "Ps"]))
    | st.sampled_from(["img1", "[1, 2]", "[[1,2],[3,4]]", "fast", "1e999", "-0", "NaN", "true"])
    | st.floats(0, 600),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)
NEAR_PLACES = st.lists(st.floats(-10, 700) | st.integers(-10, 700) | st.text(max_size=3), max_size=5)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    name=st.sampled_from([p.name for p in take.parameters]),
    value=JSON | NEAR_PLACES | st.lists(NEAR_PLACES, max_size=3),
    dialect=st.sampled_from(sorted(DIALECTS)),
)
def test_any_json_gives_a_value_or_a_mistake(ws: Workspace, name: str, value: Any, dialect: str) -> None:
    sees = seeing(DIALECTS[dialect], longest=300)
    said, got = "", None
    try:
        got = value_of(ws, name, value, sees)
    except ModelMistake as error:
        said = str(error)
    assert said.encode().decode() == said  # it can be kept in a journal and sent to a provider
    assert len(said) < 500
    for x, y in _points(name, got):
        assert 0 <= x <= 640
        assert 0 <= y <= 480


def _points(name: str, value: Any) -> list[tuple[float, float]]:
    """Every point of a resolved place."""
    if value is None:
        return []
    match name:
        case "point":
            return [value]
        case "box":
            assert value[0] < value[2]
            assert value[1] < value[3]
            return [value[:2], value[2:]]
        case "path" | "points":
            return value
        case "boxes":
            return [point for box in value for point in _points("box", box)]
        case "paths":
            return [point for path in value for point in path]
        case _:
            return []
