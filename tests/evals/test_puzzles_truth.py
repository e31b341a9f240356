"""The puzzles' truth, found anew from the pictures: by searching white pixels, turning arrays, painting cubes."""

from __future__ import annotations

import random
from collections import deque
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sightline.evals.synthetic.puzzles import cubes, mazes, polycubes, rotation
from sightline.evals.synthetic.puzzles.dealing import Deal, Maker
from sightline.evals.synthetic.puzzles.figures import changed, draw_figure, figure, images
from sightline.evals.synthetic.puzzles.views import draw_clock

SEEDS = range(8)


def deals(maker: Maker) -> list[Deal]:
    return [deal for seed in SEEDS for deal in maker(seed, random.Random(f"truth {seed}"))]


def said(deal: Deal) -> str:
    texts = dict(option.split(". ", 1) for option in deal[0].options)
    return texts.get(deal[0].answer, str(deal[0].answer))


# ---------------------------------------------------------------------------------------------------- mazes

STEPS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


def read_maze(picture: np.ndarray[Any, Any]) -> tuple[set[tuple[int, int]], tuple[int, int], tuple[int, int]]:
    """Open cells, start and goal, from the middles of the squares."""
    middle = picture[mazes.TILE // 2 :: mazes.TILE, mazes.TILE // 2 :: mazes.TILE].astype(int)
    red, green, blue = middle[..., 0], middle[..., 1], middle[..., 2]
    start = tuple(map(int, np.argwhere((red > 180) & (green < 100))[0]))
    goal = tuple(map(int, np.argwhere((green > 120) & (red < 100))[0]))
    walls = (red < 200) & (blue > 200)
    return {(int(r), int(c)) for r, c in np.argwhere(~walls)}, start, goal  # type: ignore[return-value]


def steps_from(cells: set[tuple[int, int]], start: tuple[int, int]) -> dict[tuple[int, int], int]:
    found, queue = {start: 0}, deque([start])
    while queue:
        at = queue.popleft()
        for down, right in STEPS.values():
            there = (at[0] + down, at[1] + right)
            if there in cells and there not in found:
                found[there] = found[at] + 1
                queue.append(there)
    return found


def test_the_length_is_that_of_the_drawn_maze() -> None:
    for deal in deals(mazes.length):
        cells, start, goal = read_maze(deal[1][0]())
        assert int(said(deal)) == steps_from(cells, start)[goal]


def test_the_next_move_alone_leads_nearer() -> None:
    for deal in deals(mazes.next_move):
        cells, start, goal = read_maze(deal[1][0]())
        left = steps_from(cells, goal)
        nearer = [name for name, (a, b) in STEPS.items() if left.get((start[0] + a, start[1] + b), 999) < left[start]]
        assert nearer == [said(deal)]


def test_moves_that_fail_run_into_a_wall_and_the_others_arrive() -> None:
    for deal in deals(mazes.follow):
        cells, at, goal = read_maze(deal[1][0]())
        whole = True
        for move in deal[0].question.partition("Moves: ")[2].rstrip(".").split(", "):
            at = (at[0] + STEPS[move][0], at[1] + STEPS[move][1])
            whole = whole and at in cells
        assert at == goal, "also moves that fail end on the goal's square, so that counting them tells nothing"
        assert deal[0].answer == ("yes" if whole == (deal[0].variation == "") else "no")


# ---------------------------------------------------------------------------------------------------- figures


def shape(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(picture.astype(int).sum(axis=2) < 650)


def likeness(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    return float((a & b).sum() / (a | b).sum())


def turned_picture(mask: np.ndarray[Any, Any], degrees: float) -> np.ndarray[Any, Any]:
    return np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).rotate(degrees)) > 127


@given(st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_figures_turn_counter_clockwise_and_have_eight_images(seed: int) -> None:
    cells = figure(random.Random(seed))
    upright = shape(draw_figure(cells, 0))
    assert likeness(shape(draw_figure(cells, 90)), np.rot90(upright)) > 0.95
    turned = [shape(draw_figure(image, 0)) for image in images(cells)]
    expected = [np.rot90(start, k) for start in (upright, np.fliplr(upright)) for k in range(4)]
    assert all(likeness(a, b) > 0.95 for a, b in zip(turned, expected, strict=True))
    assert all(likeness(a, b) < 0.9 for k, a in enumerate(turned) for b in turned[:k])
    other = changed(cells, random.Random(seed))
    assert len(other) == len(cells)
    assert other not in images(cells)


def test_the_angle_is_the_one_that_fits_best() -> None:
    for deal in deals(rotation.angle):
        before, after = (shape(draw()) for draw in deal[1])
        sign = 1 if "counter" in deal[0].question else -1
        offered = [int(option.split(". ")[1]) for option in deal[0].options]
        assert max(offered, key=lambda a: likeness(turned_picture(before, sign * a), after)) == int(said(deal))


def fits_turned(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    return max(likeness(turned_picture(a, degrees), b) for degrees in range(0, 360, 15))


def test_turned_or_mirrored_as_the_pictures_show() -> None:
    for deal in deals(rotation.turned_or_mirrored):
        before, after = (shape(draw()) for draw in deal[1])
        turned = fits_turned(before, after) > fits_turned(np.fliplr(before), after)
        assert deal[0].answer == ("yes" if turned == (deal[0].variation != "antonym") else "no")


def test_one_figure_alone_is_the_first_one_turned() -> None:
    for deal in deals(rotation.match)[:5]:
        first, *others = (shape(draw()) for draw in deal[1])
        fits = [fits_turned(first, other) for other in others]
        assert f"picture {int(np.argmax(fits)) + 2}" == said(deal)
        assert sum(fit > 0.93 for fit in fits) == 1


def test_two_steps_lead_where_arrays_lead() -> None:
    for deal in deals(rotation.two_steps):
        result, *others = (shape(draw()) for draw in deal[1])
        for step in deal[0].question.partition("first ")[2].split(", and then "):
            if "left and right" in step:
                result = np.fliplr(result)
            elif "top and bottom" in step:
                result = np.flipud(result)
            else:
                result = np.rot90(result, 2 if "180" in step else 1 if "counter" in step else 3)
        fits = [likeness(result, other) > 0.95 for other in others]
        assert sum(fits) == 1
        assert f"picture {fits.index(True) + 2}" == said(deal)


def test_a_clock_turns_counter_clockwise_and_a_mirror_exchanges_left_and_right() -> None:
    plain = draw_clock(200, 0, dot=True).astype(int)
    assert np.abs(np.rot90(plain) - draw_clock(200, 90, dot=True)).mean() < 2
    assert np.abs(np.fliplr(plain) - draw_clock(200, 0, dot=True, mirrored=True)).mean() < 2
    three = draw_clock(180, 0).sum(axis=2) < 150
    assert three[150:170, 165:225].sum() > 3 * three[150:170, 95:155].sum(), "the hour hand points right at three"


def test_a_clocks_answer_is_what_its_picture_shows() -> None:
    for deal in deals(rotation.clock):
        hour, minute = map(int, said(deal).split(":"))
        shown, mirror = deal[1][0](), "mirror" in deal[0].question
        drawn = [
            int(np.abs(shown.astype(int) - draw_clock(60 * hour + minute, turn, mirrored=mirror, dot=not mirror)).sum())
            for turn in range(0, 360, 30)
        ]
        assert drawn.count(0) == 1
        assert not mirror or drawn[0] == 0


# ---------------------------------------------------------------------------------------------------- cubes


def body_of(deal: Deal, picture: int = 0) -> cubes.Body:
    return deal[1][picture].args[0]  # type: ignore[attr-defined, no-any-return]


def painted(body: cubes.Body) -> dict[cubes.Cube, int]:
    """Pixels of each cube when its faces are painted from the farthest to the nearest."""
    from PIL import ImageDraw

    azimuth, elevation = np.radians([cubes.AZIMUTH, cubes.ELEVATION])
    right = np.array([np.cos(azimuth), np.sin(azimuth), 0])
    up = np.array([-np.sin(azimuth) * np.sin(elevation), np.cos(azimuth) * np.sin(elevation), np.cos(elevation)])
    towards = np.cross(right, up)
    quads = []
    for number, cube in enumerate(sorted(body), start=1):
        for axis in range(3):
            far = np.array(cube, float)
            far[axis] += float(towards[axis] > 0)
            a, b = (np.eye(3)[k] for k in range(3) if k != axis)
            corners = [far, far + a, far + a + b, far + b]
            quads.append((float(np.mean([c @ towards for c in corners])), number, corners))
    picture = Image.new("I", (900, 900))
    pen = ImageDraw.Draw(picture)
    for _, number, corners in sorted(quads, key=lambda quad: quad[0]):
        pen.polygon([(300 + 60 * float(c @ right), 600 - 60 * float(c @ up)) for c in corners], fill=number)
    counts = np.bincount(np.asarray(picture).ravel(), minlength=len(body) + 1)
    return {cube: int(n) for cube, n in zip(sorted(body), counts[1:], strict=True)}


@given(st.sets(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=14))
@settings(max_examples=40, deadline=None)
def test_what_rays_see_is_what_paint_leaves(body: set[cubes.Cube]) -> None:
    pixels = painted(frozenset(body))
    for cube, faces in cubes.seen_cubes(frozenset(body)).items():
        # Slivers along an edge are lost or won by the width of a drawn line.
        assert faces > 0 or pixels[cube] < 260
        assert pixels[cube] > 0 or faces < 0.1


def test_counts_are_of_columns_whose_hidden_cubes_are_certain() -> None:
    for deal in [*deals(polycubes.count), *deals(polycubes.hidden)]:
        body = body_of(deal)
        pixels = painted(body)
        assert all((x, y, z - 1) in body for x, y, z in body if z), "nothing floats"
        hidden = sum(faces == 0 for faces in cubes.seen_cubes(body).values())
        assert deal[0].answer == (hidden if deal[0].category == polycubes.HIDDEN else len(body))
        assert all(pixels[cube] > 150 for cube, faces in cubes.seen_cubes(body).items() if faces)


def grid(body: cubes.Body) -> np.ndarray[Any, Any]:
    out = np.zeros((3, 3, 4), bool)
    for cube in body:
        out[cube] = True
    return out


def views(body: cubes.Body) -> dict[str, set[tuple[int, int]]]:
    """Silhouettes as (column, row) by numpy: the array is turned until the side asked for is in front."""
    out = {}
    for side, quarters in (("front", 0), ("right", 3), ("back", 2), ("left", 1)):
        turned = np.rot90(grid(body), quarters, axes=(0, 1))
        out[side] = {(int(x), int(z)) for x, z in np.argwhere(turned.any(axis=1))}
    out["top"] = {(int(x), int(y)) for x, y in np.argwhere(grid(body).any(axis=2))}
    return out


@pytest.mark.parametrize("maker", [polycubes.side_view, polycubes.plan])
def test_one_view_alone_is_the_one_asked_for(maker: Maker) -> None:
    for deal in deals(maker):
        side = "top" if maker is polycubes.plan else deal[0].question.rstrip("?").rsplit(" ", 1)[1]
        wanted = views(body_of(deal))[side]
        shown = [set(body_of(deal, k)) for k in range(1, 5)]
        assert shown.count(wanted) == 1  # type: ignore[arg-type]
        assert f"picture {shown.index(wanted) + 2}" == said(deal)  # type: ignore[arg-type]


def congruent(a: cubes.Body, b: cubes.Body) -> bool:
    """By trying every signed permutation of the axes with determinant 1, with numpy."""

    def settled(points: np.ndarray[Any, Any]) -> set[tuple[int, ...]]:
        return {tuple(map(int, point)) for point in points - points.min(axis=0)}

    wanted = settled(np.array(sorted(b)))
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            matrix = np.eye(3, dtype=int)[list(order)] * np.array(signs)[:, None]
            if round(float(np.linalg.det(matrix))) == 1 and settled(np.array(sorted(a)) @ matrix.T) == wanted:
                return True
    return False


def test_bodies_are_the_same_or_mirrored_as_said_and_hide_nothing() -> None:
    for deal in deals(polycubes.same_or_mirrored):
        first, second = body_of(deal), body_of(deal, 1)
        same = congruent(first, second)
        assert deal[0].answer == ("yes" if same == (deal[0].variation != "antonym") else "no")
        assert same or congruent(cubes.mirror_image(first), second)
        assert min(*painted(first).values(), *painted(second).values()) > 300


def test_one_body_alone_is_the_first_one() -> None:
    for deal in deals(polycubes.match):
        same = [congruent(body_of(deal), body_of(deal, k)) for k in range(1, 5)]
        assert sum(same) == 1
        assert f"picture {same.index(True) + 2}" == said(deal)


def test_there_are_24_turns_and_mirroring_is_none_of_them() -> None:
    assert len(set(cubes.turns())) == 24
    assert all(round(float(np.linalg.det(np.array(turn)))) == 1 for turn in cubes.turns())


def test_truth_is_found_without_the_maths_that_it_judges() -> None:
    folder = Path(cubes.__file__).parent
    imported = {
        line.split()[1]
        for path in folder.glob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if line.strip().startswith(("import sightline", "from sightline"))
    }
    assert imported
    assert {name for name in imported if not name.startswith("sightline.evals.")} == set()
