"""The drawing tools: exact to the pixel, legible on any background and at any size; the ruler's lengths and angles."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tool_kit import call, raised_by, workspace_in

from sightline.memory import InputError, Workspace
from sightline.memory.refs import places
from sightline.tools import all_tools, find
from sightline.tools.drawing.canvas import draw, halo_width, stroke_width, with_colors
from sightline.tools.drawing.palette import INKS, contrast
from sightline.tools.drawing.ruler import angle_at, measure_segment
from sightline.tools.drawing.shapes import Arrow, Box, Label, Line, Point
from sightline.tools.drawing.shapes import Path as PathShape

Pixels = NDArray[np.uint8]
DRAWING = [tool for tool in all_tools() if tool.family == "drawing"]


def ground(kind: str, width: int = 400, height: int = 300) -> Pixels:
    """A background: white, black, mid grey, noise, or stripes."""
    if kind == "noise":
        return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    if kind == "stripes":
        return (
            np.where((np.arange(width) // 7 % 2)[None, :, None], 255, 0).repeat(height, 0).repeat(3, 2).astype(np.uint8)
        )
    level = {"white": 255, "black": 0, "grey": 128}[kind]
    return np.full((height, width, 3), level, np.uint8)


def changed(before: Pixels, after: Pixels) -> NDArray[np.float64]:
    """How much each pixel changed, 0 to 1."""
    return np.abs(after.astype(float) - before).max(axis=2) / 255


def centre_of(weight: NDArray[np.float64]) -> tuple[float, float]:
    ys, xs = np.mgrid[0 : weight.shape[0], 0 : weight.shape[1]]
    return float((weight * (xs + 0.5)).sum() / weight.sum()), float((weight * (ys + 0.5)).sum() / weight.sum())


# Exactness


@given(st.floats(40, 360), st.floats(40, 260))
def test_a_point_is_centred_where_it_is_drawn(x: float, y: float) -> None:
    before = ground("white")
    found = centre_of(changed(before, draw(before, [Point((x, y), "black")])))
    assert found == pytest.approx((x, y), abs=0.15)


@given(st.floats(40, 180), st.floats(40, 130), st.floats(220, 360), st.floats(170, 260))
def test_a_box_is_centred_on_its_edges(x0: float, y0: float, x1: float, y1: float) -> None:
    before = ground("white")
    marks = changed(before, draw(before, [Box((x0, y0, x1, y1), "black")]))
    middle_row, middle_column = marks[int((y0 + y1) / 2)], marks[:, int((x0 + x1) / 2)]
    half_x, half_y = int((x0 + x1) / 2), int((y0 + y1) / 2)

    def middle(line: NDArray[np.float64], start: int) -> float:
        return start + float((line * (np.arange(len(line)) + 0.5)).sum() / line.sum())

    assert middle(middle_row[:half_x], 0) == pytest.approx(x0, abs=0.3)
    assert middle(middle_row[half_x:], half_x) == pytest.approx(x1, abs=0.3)
    assert middle(middle_column[:half_y], 0) == pytest.approx(y0, abs=0.3)
    assert middle(middle_column[half_y:], half_y) == pytest.approx(y1, abs=0.3)


def test_an_arrows_tip_is_at_its_end() -> None:
    before = ground("white")
    marks = changed(before, draw(before, [Arrow((100, 150), (300, 150), "black")]))
    columns = np.nonzero(marks.max(axis=0) > 0.5)[0]
    assert columns.max() + 1 == pytest.approx(300, abs=halo_width((400, 300)) + 1.5)
    assert centre_of(marks)[1] == pytest.approx(150, abs=0.2)


def test_left_of_the_origin_of_pixels_is_half_a_pixel() -> None:
    # The middle of the middle pixel of 41 is at 20.5, not at 20.
    before = ground("white", 41, 41)
    marks = changed(before, draw(before, [Point((20.5, 20.5), "black")]))
    assert marks[20, 20] == marks.max()
    assert centre_of(marks) == pytest.approx((20.5, 20.5), abs=0.1)


# What stays


@st.composite
def any_shape(draw_from: st.DrawFn) -> object:
    place = st.tuples(st.floats(-50, 350), st.floats(-50, 350))
    text = st.one_of(st.none(), st.text(max_size=30))
    color = st.sampled_from(["auto", *INKS])
    kind = draw_from(st.sampled_from(["box", "line", "arrow", "point", "path", "label"]))
    a, b, c = draw_from(place), draw_from(place), draw_from(place)
    ink, words = draw_from(color), draw_from(text)
    match kind:
        case "box":
            return Box((min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])), ink, words)
        case "line":
            return Line(a, b, ink, words)
        case "arrow":
            return Arrow(a, b, ink, words)
        case "point":
            return Point(a, ink, words)
        case "path":
            return PathShape((a, b, c), draw_from(st.booleans()), False, ink, words)
        case _:
            return Label(a, words or "x", ink)


@settings(max_examples=80)
@given(
    st.lists(any_shape(), max_size=6),
    st.sampled_from([(1, 1), (3, 40), (20, 20), (64, 48), (300, 300)]),
    st.sampled_from(["white", "black", "noise"]),
)
def test_any_shapes_on_any_picture(drawn: list, size: tuple[int, int], kind: str) -> None:
    before = ground(kind, *size)
    kept = before.copy()
    after = draw(before, drawn)
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert after is not before
    assert np.array_equal(before, kept)


def test_far_from_the_shapes_nothing_changes() -> None:
    before = ground("noise")
    after = draw(before, [Box((50, 50, 150, 120), label="cup")])
    assert np.array_equal(after[200:, :], before[200:, :])
    assert np.array_equal(after[:, 300:], before[:, 300:])
    # Nor inside the box, away from its edges: what was marked can still be seen.
    assert np.array_equal(after[70:100, 70:130], before[70:100, 70:130])


def test_two_shapes_with_one_label_are_both_there() -> None:
    before = ground("white")
    two = draw(before, [Box((20, 60, 120, 160), "red", "cup"), Box((220, 60, 320, 160), "red", "cup")])
    assert changed(before[:, :200], two[:, :200]).sum() == pytest.approx(
        changed(before[:, 200:], two[:, 200:]).sum(), rel=0.05
    )


# Legibility


@pytest.mark.parametrize("kind", ["white", "black", "grey", "noise", "stripes"])
@pytest.mark.parametrize("color", ["auto", *INKS])
def test_a_stroke_can_be_seen_on_any_background(kind: str, color: str) -> None:
    before = ground(kind)
    after = draw(before, [Line((60, 150), (340, 151), color)])  # type: ignore[arg-type]
    band = slice(143, 158)
    # Along the line there is everywhere a pair of neighbouring tones that differ strongly: the ink and its halo.
    column = after[band, 80:320].astype(float).mean(axis=2)
    assert np.median(column.max(axis=0) - column.min(axis=0)) > 60
    assert (changed(before, after)[band, 80:320].max(axis=0) > 0.2).all()


@pytest.mark.parametrize("name", INKS)
def test_text_on_its_plate_has_contrast(name: str) -> None:
    before = ground("grey", 600, 400)
    after = draw(before, [Label((300, 200), "WWWW", name)])  # type: ignore[arg-type]
    plate = after[changed(before, after) > 0.02].reshape(-1, 3) if name != "grey" else after.reshape(-1, 3)
    tones, counts = np.unique(plate, axis=0, return_counts=True)
    common = [tuple(int(v) for v in tone) for tone in tones[np.argsort(-counts)][:4]]
    assert max(contrast(a, b) for a in common for b in common) >= 4.5


@pytest.mark.parametrize("size", [(64, 48), (400, 300), (1280, 960), (4000, 3000)])
def test_strokes_and_labels_grow_with_the_picture(size: tuple[int, int]) -> None:
    before = ground("white", *size)
    box = (size[0] * 0.3, size[1] * 0.4, size[0] * 0.7, size[1] * 0.8)
    plain, labelled = draw(before, [Box(box, "blue")]), draw(before, [Box(box, "blue", "cup")])
    assert stroke_width(size) >= max(1.0, max(size) / 500)
    text = changed(plain, labelled) > 0.1
    rows = np.nonzero(text.any(axis=1))[0]
    assert rows.max() - rows.min() + 1 >= max(8, size[1] * 0.02)


@pytest.mark.parametrize("at", [(2, 2), (398, 2), (2, 298), (398, 298)])
def test_labels_stay_inside_the_picture(at: tuple[float, float]) -> None:
    before = ground("white")
    marks = changed(before, draw(before, [Point(at, "blue", "a long label")]))
    assert marks.sum() > 400  # the whole plate is there, not a cut-off part


def test_auto_tells_many_shapes_apart() -> None:
    before = ground("white")
    shapes = [Box((10 + 40 * i, 40, 40 + 40 * i, 90)) for i in range(7)]
    assert len({shape.color for shape in with_colors(before, shapes)}) == 7


@pytest.mark.parametrize("bad", [Box((0, 0, math.nan, 5)), Point((math.inf, 0)), PathShape(())])
def test_what_is_no_place_is_refused(bad: object) -> None:
    message = raised_by(lambda: draw(ground("white"), [bad]), InputError)  # type: ignore[list-item]
    assert message


# The ruler


def test_up_is_ninety_degrees_although_y_points_down() -> None:
    assert measure_segment((100, 200), (100, 100)).angle == pytest.approx(90)
    assert measure_segment((100, 100), (200, 100)).angle == 0
    assert measure_segment((100, 100), (100, 200)).angle == pytest.approx(-90)
    assert measure_segment((200, 100), (100, 100)).angle == pytest.approx(180)


@given(st.floats(1, 500), st.floats(-179.9, 180), st.floats(0, 400), st.floats(0, 400))
def test_a_segment_is_measured_as_it_was_made(length: float, angle: float, x: float, y: float) -> None:
    end = (x + length * math.cos(math.radians(angle)), y - length * math.sin(math.radians(angle)))
    found = measure_segment((x, y), end)
    assert found.length == pytest.approx(length, rel=1e-6)
    assert math.isclose((found.angle - angle + 180) % 360, 180, abs_tol=1e-4)
    assert -180 < found.angle <= 180


@given(st.floats(1, 200), st.floats(1, 200), st.floats(-180, 180), st.floats(0, 180))
def test_an_angle_does_not_change_when_it_is_turned(a: float, b: float, turn: float, angle: float) -> None:
    vertex = (250.0, 250.0)

    def out(length: float, degrees: float) -> tuple[float, float]:
        return 250 + length * math.cos(math.radians(degrees)), 250 - length * math.sin(math.radians(degrees))

    assume(angle < 179.9)
    assert angle_at(vertex, out(a, turn), out(b, turn + angle)) == pytest.approx(angle, abs=1e-3)


# The tools


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


@pytest.mark.parametrize("tool", DRAWING, ids=lambda tool: tool.name)
def test_each_drawing_is_a_new_picture_and_the_original_stays(tool: object, ws: Workspace) -> None:
    before = ws.pixels("img1").copy()
    finished = call(find(tool.name), tool.example, ws)  # type: ignore[attr-defined]
    assert finished.outcome == "ok", finished.text
    assert np.array_equal(ws.pixels("img1"), before)
    assert ws.pixels("view1").shape == before.shape
    assert not np.array_equal(ws.pixels("view1"), before)
    assert "view1" in ws.calls["t.1"].text
    handle, points = ws.to_input("view1", np.array([[12.0, 34.0]]))
    assert (handle, points.tolist()) == ("img1", [[12.0, 34.0]])


def test_the_text_says_what_is_where(ws: Workspace) -> None:
    finished = call(
        find("draw_box"),
        {"image": "img1", "boxes": [[10, 20, 60, 80], [100, 20, 160, 80]], "labels": ["cup", "cup"], "color": "red"},
        ws,
    )
    assert [place[2] for place in places(finished.text)] == [[(10, 20), (60, 80)], [(100, 20), (160, 80)]]
    assert finished.text.count('"cup"') == 2
    assert finished.text.count("red box") == 2


def test_the_ruler_tells_lengths_and_angles(ws: Workspace) -> None:
    finished = call(
        find("ruler"), {"image": "img1", "paths": [[[100, 200], [160, 120]], [[0, 100], [100, 100], [100, 0]]]}, ws
    )
    assert "100.0 px at 53.1 degrees" in finished.text
    assert "angle at the middle point 90.0 degrees" in finished.text
    assert "not lengths in space" in finished.text


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("draw_box", {"boxes": [[1, 1, 9, 9]], "labels": ["a", "b"]}, "2 labels for 1 shapes"),
        ("draw_box", {"boxes": []}, "nothing to draw"),
        ("draw_box", {"boxes": [[1, 1, 9, 9]] * 101}, "too many"),
        ("draw_box", {"boxes": [[1, 1, 9, 9]], "color": "beige"}, "one of: auto, red"),
        ("draw_line", {"lines": [[[1, 1], [9, 9], [20, 20]]]}, "has 3 points"),
        ("draw_path", {"paths": [[[1, 1], [9, 9]]], "closed": True, "arrow": True}, "not both"),
        ("label", {"points": [[1, 1]], "texts": [" "]}, "a text is empty"),
        ("ruler", {"paths": [[[1, 1], [1, 1]]]}, "in one place"),
        ("ruler", {"paths": [[[1, 1], [2, 2], [3, 3], [4, 4]]]}, "has 4 points"),
        ("draw_point", {"points": [[9000, 3]]}, "outside img1"),
    ],
)
def test_mistakes_name_what_is_valid(tool: str, arguments: dict, says: str, ws: Workspace) -> None:
    finished = call(find(tool), {"image": "img1", **arguments}, ws)
    assert finished.outcome == "mistake"
    assert says in finished.text


def test_a_label_the_font_cannot_write_is_a_mistake(ws: Workspace) -> None:
    finished = call(find("label"), {"image": "img1", "points": [[9, 9]], "texts": ["\u5496\u5561"]}, ws)
    assert finished.outcome == "mistake"
    assert "Latin letters" in finished.text
