"""Points in masks and polygons: every convention names the same pixel, and every published trap is kept."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from place_kit import box_mask, item_of, write_grey

from sightline.evals.scorers.point_conventions import (
    Pointed,
    Unparsable,
    fraction_tuples,
    gemini_json,
    gemini_points,
    molmo_points,
    molmo_xml,
    pixel_tuples,
    pixels_of,
    read_points,
    robopoint_points,
    roborefer_points,
)
from sightline.evals.scorers.points import PointsInMask, in_polygon, on_edge, picture_size, ray_casting, read_mask
from sightline.geometry.dialects import PERCENT, PERMILLE, PERMILLE_YX, PIXELS, UNIT
from sightline.memory import InputError

SIZE = (640, 480)

sides = st.integers(1, 4000)
shares = st.floats(0, 1)


# ------------------------------------------------------------------------------------ one pixel, every convention
@given(sides, sides, shares, shares)
def test_every_published_convention_gives_back_the_pixel_that_was_written(
    width: int, height: int, across: float, down: float
) -> None:
    size, point = (width, height), (across * width, down * height)
    pixel = (min(math.floor(point[0]), width - 1), min(math.floor(point[1]), height - 1))
    assert robopoint_points(fraction_tuples([point], size), size).pixels == (pixel,)
    assert roborefer_points(fraction_tuples([point], size), size, absolute=False).pixels == (pixel,)
    assert roborefer_points(pixel_tuples([point], size), size, absolute=True).pixels == (pixel,)
    assert molmo_points(molmo_xml([point], size), size).pixels == (pixel,)
    assert gemini_points(gemini_json([point], size), size).pixels == (pixel,)


@pytest.mark.parametrize(
    ("said", "dialect"),
    [
        ("The spot is (320, 120).", PIXELS),
        ("[(0.5, 0.25)]", UNIT),
        ('<point x="50" y="25" alt="spot">spot</point>', PERCENT),
        ('[{"point_2d": [500, 250], "label": "spot"}]', PERMILLE),
        ('```json\n[{"point": [250, 500], "label": "spot"}]\n```', PERMILLE_YX),
    ],
    ids=["pixels", "0-1", "0-100", "0-1000", "y first"],
)
def test_one_place_said_in_every_convention_is_one_place(said: str, dialect: object) -> None:
    assert read_points(said, dialect, SIZE).tolist() == [[320, 120]]  # type: ignore[arg-type]


def test_the_far_corner_is_the_last_pixel() -> None:
    assert pixels_of(read_points("(1.0, 1.0)", UNIT, SIZE), SIZE).pixels == ((639, 479),)


@pytest.mark.parametrize(
    "said", ["", "on the table", "(1.2, 0.5)", "(-0.1, 0.5)", "(0.1, 0.1, 0.3, 0.3)", "(0.1, 0.2) and (0.1, 0.2, 0.3)"]
)
def test_our_reader_takes_nothing_that_is_not_in_the_form(said: str) -> None:
    with pytest.raises(Unparsable):
        read_points(said, UNIT, SIZE)


# ----------------------------------------------------------------------------------------------- published traps
def test_trap_whole_numbers_are_pixels_and_decimals_are_fractions() -> None:
    said = "[(320, 120), (0.5, 0.25), (1, 0.25)]"
    assert roborefer_points(said, SIZE, absolute=False).pixels == ((320, 120), (320, 120), (640, 120))
    assert robopoint_points(said).pixels == ((320, 120), (320, 120), (640, 120))


def test_trap_whole_numbers_where_fractions_were_asked_for(tmp_path: Path) -> None:
    """Official: (320, 240) is a pixel, and right. Strict: it is no fraction, and wrong."""
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (300, 200, 400, 300)))
    official = PointsInMask(lambda _, said, size: roborefer_points(said, size, absolute=False), unparsable=None)
    strict = PointsInMask(lambda _, said, size: pixels_of(read_points(said, UNIT, size), size))
    item = item_of(str(mask))
    assert official(item, "[(320, 240)]").value == 1
    assert strict(item, "[(320, 240)]").value == 0
    assert official(item, "[(0.5, 0.5)]").value == strict(item, "[(0.5, 0.5)]").value == 1


def test_trap_roborefer_scales_whole_boxes_and_robopoint_does_not() -> None:
    assert roborefer_points("(0, 0, 1, 1)", (4, 2), absolute=False).boxes == ((0, 0, 4, 2),)
    assert robopoint_points("(0, 0, 1, 1)", (4, 2)).boxes == ((0, 0, 1, 1),)


def test_trap_a_whole_box_is_scaled_beyond_the_picture_and_counts_nearly_nothing() -> None:
    """The published script expands 64,000 x 48,000 points here; their mean is taken without listing them."""
    pointed = roborefer_points("(100, 100, 200, 200)", SIZE, absolute=False)
    assert pointed.count == 64_000 * 48_000
    assert pointed.share_in(np.ones((480, 640))) == 0


def test_trap_a_box_counts_as_every_pixel_in_it(tmp_path: Path) -> None:
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (0, 0, 64, 48)))
    official = PointsInMask(lambda _, said, __: robopoint_points(said), soft=True, unparsable=None)
    assert official(item_of(str(mask)), "(0.0, 0.0, 0.2, 0.2)").value == pytest.approx(0.25)
    assert official(item_of(str(mask)), "(0.0, 0.0, 0.2, 0.2) (0.0, 0.0)").value == pytest.approx(
        (64 * 48 + 1) / (128 * 96 + 1)
    )


def test_trap_a_negative_corner_counts_from_the_far_edge_for_robopoint() -> None:
    assert robopoint_points("(-40, -80, 640, 480)").boxes == ((600, 400, 640, 480),)


@pytest.mark.parametrize("said", ["(100, 0.5, 0.9, 0.8)", "(10, 10, 20.5, 20)"])
def test_trap_a_box_of_mixed_numbers_drops_the_item_from_the_mean(tmp_path: Path, said: str) -> None:
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (0, 0, 640, 480)))
    official = PointsInMask(lambda _, text, __: robopoint_points(text), unparsable=None)
    strict = PointsInMask(lambda _, text, size: pixels_of(read_points(text, UNIT, size), size))
    assert official(item_of(str(mask)), said).value is None
    assert not official(item_of(str(mask)), said).parsed
    assert strict(item_of(str(mask)), said).value == 0


def test_trap_a_box_with_swapped_corners_drops_the_item_for_roborefer_only() -> None:
    with pytest.raises(Unparsable, match="order"):
        roborefer_points("(0.5, 0.5, 0.1, 0.1)", SIZE, absolute=False)
    assert robopoint_points("(0.5, 0.5, 0.1, 0.1)").count == 0
    assert roborefer_points("(0.5, 0.5, 0.5, 0.9)", SIZE, absolute=False).count == 0


def test_trap_words_without_points_count_as_zero_and_are_not_dropped(tmp_path: Path) -> None:
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (0, 0, 640, 480)))
    official = PointsInMask(lambda _, said, size: roborefer_points(said, size, absolute=False), unparsable=None)
    for said in ("", "I see no such place.", "[0.5, 0.5]", "(0.5; 0.5)", "(.5, .5)"):
        mark = official(item_of(str(mask)), said)
        assert (mark.value, mark.parsed) == (0, False)


def test_trap_points_outside_count_as_zero_in_the_mean(tmp_path: Path) -> None:
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (0, 0, 640, 480)))
    official = PointsInMask(lambda _, said, size: roborefer_points(said, size, absolute=False), unparsable=None)
    strict = PointsInMask(lambda _, said, size: pixels_of(read_points(said, UNIT, size), size))
    assert official(item_of(str(mask)), "(0.5, 0.5), (1.5, 0.5), (-0.5, 0.5), (1.0, 1.0)").value == 0.25
    assert strict(item_of(str(mask)), "(0.5, 0.5), (1.5, 0.5)").value == 0


def test_trap_molmos_own_form_for_one_point_is_not_read() -> None:
    assert molmo_points('<point x="61.5" y="40.4" alt="mug">mug</point>', SIZE).count == 0
    assert molmo_points('<points x1="61.5" y1="40.4" alt="mug">mug</points>', SIZE).pixels == ((393, 193),)
    strict = read_points('<point x="61.5" y="40.4" alt="mug">mug</point>', PERCENT, SIZE)
    assert pixels_of(strict, SIZE).pixels == ((393, 193),)


def test_trap_gemini_without_a_fence_has_no_points() -> None:
    bare = '[{"point": [250, 500], "label": "spot"}]'
    assert gemini_points(bare, SIZE).count == 0
    assert gemini_points(f"```json\n{bare}\n```", SIZE).pixels == ((320, 120),)
    assert gemini_points(f"```\n{bare}\n```", SIZE).pixels == ((320, 120),)
    assert gemini_points("```json\nnot json\n```", SIZE).count == 0
    assert read_points(bare, PERMILLE_YX, SIZE).tolist() == [[320, 120]]


@pytest.mark.parametrize("inside", ["3", '[{"point": ["a", 1]}]', "[1]", '[{"point": [1e999, 2]}]'])
def test_trap_gemini_json_of_another_shape_drops_the_item(inside: str) -> None:
    with pytest.raises(Unparsable):
        gemini_points(f"```json\n{inside}\n```", SIZE)


def test_trap_qwen_is_asked_for_json_and_read_for_tuples() -> None:
    assert roborefer_points('[{"point_2d": [412, 96], "label": "mug"}]', SIZE, absolute=True).count == 0
    assert roborefer_points("(412, 96)", SIZE, absolute=True).pixels == ((412, 96),)


def test_trap_lmms_eval_scales_whole_numbers_too() -> None:
    """lmms-eval's variant (75571cf) takes `(1, 1)` times the size, which lies outside; published it is pixel (1, 1)."""
    everywhere = np.ones((480, 640))
    assert roborefer_points("(1, 1)", SIZE, absolute=False).share_in(everywhere) == 1
    assert Pointed(((1 * 640, 1 * 480),)).share_in(everywhere) == 0
    assert pixels_of(read_points("(1, 1)", UNIT, SIZE), SIZE).share_in(everywhere) == 1


def test_trap_lmms_eval_rounds_the_mask_and_the_published_rule_takes_all_but_black(tmp_path: Path) -> None:
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (0, 0, 640, 480), grey=100))
    official = PointsInMask(lambda _, said, size: roborefer_points(said, size, absolute=False), unparsable=None)
    rounded = PointsInMask(official.read, above=127, unparsable=None)
    assert official(item_of(str(mask)), "(0.5, 0.5)").value == 1
    assert rounded(item_of(str(mask)), "(0.5, 0.5)").value == 0


def test_large_numbers_lie_outside_and_longer_ones_than_python_takes_drop_the_item() -> None:
    far = roborefer_points(f"({'9' * 4000}, 5)", SIZE, absolute=False)
    assert far.count == 1
    assert far.share_in(np.ones((480, 640))) == 0
    for said in (f"({'9' * 5000}, 5)", f"({'9' * 400}.5, 5)", f"({'9' * 400}.5, 0.5, 0.5, 0.5)"):
        for read in (robopoint_points, lambda text: roborefer_points(text, SIZE, absolute=False)):
            with pytest.raises(Unparsable, match="too l"):
                read(said)
    with pytest.raises(Unparsable, match="too large"):
        molmo_points(f'x1="{"9" * 400}" y1="5"', SIZE)


LOOPS = ["(" + "9" * 300_000, "(" * 300_000, "(1, " * 100_000, "```json\n" * 50_000, "[" * 300_000]


@pytest.mark.parametrize("said", LOOPS, ids=["digits", "parentheses", "pairs", "fences", "brackets"])
def test_a_model_that_loops_costs_no_time(said: str) -> None:
    """With the published patterns the first of these takes an hour."""
    assert robopoint_points(said).count == 0
    assert roborefer_points(said, SIZE, absolute=False).count == 0
    assert molmo_points(said, SIZE).count == gemini_points(said, SIZE).count == 0
    with pytest.raises(Unparsable, match="no points"):
        read_points(said, UNIT, SIZE)


# ---------------------------------------------------------------------------------------------------------- masks
def test_a_soft_mask_counts_by_its_grey_and_a_hard_one_by_a_threshold(tmp_path: Path) -> None:
    mask = write_grey(tmp_path / "m.png", box_mask(SIZE, (0, 0, 640, 480), grey=51))
    read = lambda _, said, size: roborefer_points(said, size, absolute=False)  # noqa: E731
    item = item_of(str(mask))
    assert PointsInMask(read, soft=True)(item, "(0.5, 0.5)").value == pytest.approx(0.2)
    assert PointsInMask(read)(item, "(0.5, 0.5)").value == 1
    assert PointsInMask(read, above=127)(item, "(0.5, 0.5)").value == 0
    assert PointsInMask(read, above=51)(item, "(0.5, 0.5)").value == 0


def test_masks_of_one_bit_and_of_three_channels_are_read(tmp_path: Path) -> None:
    from PIL import Image

    grey = box_mask((8, 6), (2, 1, 5, 4))
    Image.fromarray(grey).convert("1").save(tmp_path / "bit.png")
    Image.fromarray(grey).convert("RGB").save(tmp_path / "rgb.png")
    assert (read_mask(tmp_path / "bit.png") == grey).all()
    assert (read_mask(tmp_path / "rgb.png") == grey).all()


@pytest.mark.parametrize("broken", [None, b"", b"no picture"])
def test_a_mask_that_cannot_be_read_is_named(tmp_path: Path, broken: bytes | None) -> None:
    path = tmp_path / "mask_7.png"
    if broken is not None:
        path.write_bytes(broken)
    with pytest.raises(InputError, match=r"mask_7\.png"):
        PointsInMask(lambda *_: Pointed(((0, 0),)))(item_of(str(path)), "")


@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 30)), (4, (40, 30)), (5, (30, 40)), (8, (30, 40))])
def test_the_size_of_a_photo_is_that_after_its_rotation(
    tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (40, 30)).save(tmp_path / "photo.jpg", exif=exif)
    assert picture_size(tmp_path / "photo.jpg") == size


@given(
    st.lists(st.tuples(st.integers(-3, 12), st.integers(-3, 9)), max_size=6),
    st.lists(st.tuples(*[st.integers(-3, 12)] * 4), max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_the_mean_over_boxes_is_that_over_their_pixels_listed(
    pixels: list[tuple[int, int]], corners: list[tuple[int, int, int, int]], seed: int
) -> None:
    mask = np.random.default_rng(seed).random((6, 9))
    boxes = tuple((min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners)
    listed = [*pixels]
    for x0, y0, x1, y1 in boxes:
        listed += [(x, y) for x in range(x0, x1) for y in range(y0, y1)]
    values = [mask[y, x] if 0 <= x < 9 and 0 <= y < 6 else 0.0 for x, y in listed]
    expected = float(np.mean(values)) if values else 0.0
    assert Pointed(tuple(pixels), boxes).share_in(mask) == pytest.approx(expected)


# ------------------------------------------------------------------------------------------------------- polygons
SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]

corner = st.tuples(st.integers(-20, 20), st.integers(-20, 20))
polygons = st.lists(corner, min_size=3, max_size=8, unique=True)


def test_trap_vlmevalkit_says_that_the_middle_of_a_square_is_outside() -> None:
    """Its rule lacks the check that the point is left of the edge, so a vertical edge behind it counts as well."""

    def crossings_on_both_sides(x: float, y: float, polygon: list[tuple[float, float]]) -> bool:
        inside = False
        for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            crosses = min(ay, by) < y <= max(ay, by) and ay != by
            if crosses and (ax == bx or x <= (y - ay) * (bx - ax) / (by - ay) + ax):
                inside = not inside
        return inside

    assert not crossings_on_both_sides(0.5, 0.5, SQUARE)
    assert ray_casting((0.5, 0.5), SQUARE)
    assert in_polygon((0.5, 0.5), SQUARE)


def test_trap_a_point_on_the_edge_counts_on_one_side_only() -> None:
    """Official: the left and upper edges are inside, the right and lower ones are not. Strict: all are."""
    edges = {"left": (0.2, 0.5), "right": (0.8, 0.5), "upper": (0.5, 0.2), "lower": (0.5, 0.8)}
    assert {name: ray_casting(point, SQUARE) for name, point in edges.items()} == {
        "left": True,
        "right": False,
        "upper": True,
        "lower": False,
    }
    assert all(in_polygon(point, SQUARE) for point in edges.values())


def test_trap_corners_in_the_order_of_rows_make_a_bow_tie() -> None:
    """A published answer lists its corners row by row: as a polygon it crosses itself, and its left is outside."""
    rows = [(0.434, 0.834), (0.671, 0.838), (0.428, 0.993), (0.691, 0.996)]
    around = [rows[0], rows[1], rows[3], rows[2]]
    assert ray_casting((0.45, 0.91), around)
    assert not ray_casting((0.45, 0.91), rows)


@given(polygons, st.tuples(st.floats(-25, 25), st.floats(-25, 25)), st.integers(0, 7))
def test_winding_and_first_corner_change_nothing(
    polygon: list[tuple[int, int]], point: tuple[float, float], turn: int
) -> None:
    assume(not on_edge(point, polygon, 1e-6))
    turned = polygon[turn % len(polygon) :] + polygon[: turn % len(polygon)]
    assert ray_casting(point, polygon) == ray_casting(point, turned) == ray_casting(point, polygon[::-1])


@given(polygons, st.tuples(st.floats(-25, 25), st.floats(-25, 25)), corner)
def test_moving_everything_changes_nothing(
    polygon: list[tuple[int, int]], point: tuple[float, float], by: tuple[int, int]
) -> None:
    assume(not on_edge(point, polygon, 1e-6))
    moved = [(x + by[0], y + by[1]) for x, y in polygon]
    assert ray_casting(point, polygon) == ray_casting((point[0] + by[0], point[1] + by[1]), moved)


@given(polygons)
def test_the_rule_agrees_with_a_filled_picture(polygon: list[tuple[int, int]]) -> None:
    """Crossings counted column by column on whole numbers, at points that no edge of whole corners can touch."""
    for column in range(-21, 21, 3):
        for row in range(-21, 21, 3):
            x, y = column + 1 / 3 + 1e-4, row + 1 / math.pi
            count = 0
            for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
                if min(ax, bx) < x < max(ax, bx):  # a ray straight down, where the rule's ray goes right
                    count += ay + (x - ax) * (by - ay) / (bx - ax) > y
            assume(not on_edge((x, y), polygon, 1e-7))
            assert ray_casting((x, y), polygon) == (count % 2 == 1)


@given(polygons, st.integers(0, 7), st.floats(0, 1))
def test_points_on_an_edge_are_inside_for_the_strict_reading(
    polygon: list[tuple[int, int]], edge: int, share: float
) -> None:
    (ax, ay), (bx, by) = polygon[edge % len(polygon)], polygon[(edge + 1) % len(polygon)]
    assert in_polygon((ax + share * (bx - ax), ay + share * (by - ay)), polygon)
