"""What a depth map says of things, checked sentence by sentence against the truth of rendered scenes of boxes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from boxes_scene import FLOOR, Shot, render, thing

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.quantities import Scale, ScaleKind
from sightline.geometry.scene_file import ObjectTruth
from sightline.tools.depth.comparing import compare
from sightline.tools.depth.fields import DepthField
from sightline.tools.depth.relations import GROUND, Statement, part_from, statements

NAMES = ("red box", "green crate", "blue chair", "pink case", "white drum")


def room(seed: int) -> tuple[ObjectTruth, ...]:
    """Boxes on a floor, some on top of others, a wall behind them and a picture on the wall."""
    rng = np.random.default_rng(seed)
    out = [
        thing(20, "grey wall", (0.0, 9.0), (12.0, 0.1, 4.0)),
        thing(21, "gold picture", (rng.uniform(-2, 2), 8.93), (0.9, 0.04, 0.7), bottom=1.3),
    ]
    for n, name in enumerate(NAMES):
        at = (rng.uniform(-1.8, 1.8), rng.uniform(2.8, 7.0))
        size = tuple(rng.uniform(0.35, 0.9, 3))
        if any(math.hypot(at[0] - o.centre[0], at[1] - o.centre[1]) < 1.1 for o in out):
            continue
        out.append(thing(2 + n, name, at, size, bearing=rng.uniform(0, 360)))
        if rng.random() < 0.6:
            top = (size[0] * 0.4, size[1] * 0.4, rng.uniform(0.2, 0.4))
            out.append(thing(12 + n, f"small {name}", at, top, bottom=size[2], bearing=out[-1].axis_bearing))
    return tuple(out)


def field_of(depth: np.ndarray, shot: Shot, kind: ScaleKind = "measured", noise: float = 0.0) -> DepthField:
    width, height = shot.size
    lens = Intrinsics.from_field_of_view((width, height), shot.field_of_view)
    values = np.where(np.isfinite(depth), depth, np.nan)
    if noise:
        rough = np.random.default_rng(3).normal(size=(height // 16, width // 16))
        values = values * np.exp(noise * cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC))
    if kind == "ordinal":
        values = 40 / np.where(np.isfinite(depth), depth, np.inf) + 3
    factor = 1.5 if kind == "estimated" else 1.0
    return DepthField(values.astype(np.float32), Scale(kind, "depth1", factor), (width, height), lens)


def truth_of(objects: tuple[ObjectTruth, ...], shot: Shot) -> tuple[dict[str, np.ndarray], set[tuple[str, str]]]:
    """What is visible of each thing (masks), and which thing is in front of a part of which (over at least a pixel)."""
    _, _, ids = render((FLOOR, *objects), shot)
    visible = {o.name: ids == o.id for o in objects}
    whole = {o.name: render((o,), shot)[2] == o.id for o in objects}
    hides = {
        (a, b)
        for a, b in itertools.permutations(visible, 2)
        if (visible[a] & whole[b]).any()  # b would be seen there, but for what is in front of it
    }
    return visible, hides


def rests(objects: tuple[ObjectTruth, ...], name: str) -> str:
    one = next(o for o in objects if o.name == name)
    bottom = one.centre[2] - one.size[2] / 2
    if abs(bottom) < 1e-6:
        return GROUND
    for other in objects:
        under = other is not one and abs(other.centre[2] + other.size[2] / 2 - bottom) < 1e-6
        if under and math.dist(one.centre[:2], other.centre[:2]) < min(other.size[:2]) / 2:
            return other.name
    return "nothing"


SHOT = Shot(size=(360, 270), pitch=-14.0, position=(0.0, 0.0, 1.7))
SEEDS = range(4)


@cache
def scene_of(seed: int):
    objects = room(seed)
    return objects, render((FLOOR, *objects), SHOT)[1], *truth_of(objects, SHOT)


def said(seed: int, kind: ScaleKind, noise: float = 0.0):
    shot = SHOT
    objects, depth, visible, hides = scene_of(seed)
    field = field_of(depth, shot, kind, noise)
    parts = [part_from(field, name, mask) for name, mask in visible.items() if mask.sum() >= 60]
    return statements(field, parts), objects, depth, visible, hides


def check(statement: Statement, objects, depth, visible, hides) -> bool:
    a, b = statement.subject, statement.object
    match statement.kind:
        case "hides":
            return (a, b) in hides
        case "rests on":
            return rests(objects, a) == b
        case "nearer":
            return np.median(depth[visible[a]]) < np.median(depth[visible[b]])
        case "gap":
            return np.quantile(depth[visible[a]], 0.9) < np.quantile(depth[visible[b]], 0.1)
        case "too close":
            middles = [float(np.median(depth[visible[name]])) for name in (a, b)]
            return max(middles) / min(middles) < 1.35
        case _:
            return True


@pytest.mark.parametrize(
    ("kind", "noise"), [("measured", 0.0), ("estimated", 0.01), ("relative", 0.0), ("ordinal", 0.0)]
)
def test_every_sentence_is_true_in_the_scene(kind: ScaleKind, noise: float) -> None:
    counts: dict[str, int] = {}
    for seed in SEEDS:
        sentences, *scene = said(seed, kind, noise)
        for sentence in sentences:
            assert check(sentence, *scene), (seed, kind, sentence.text)
            counts[sentence.kind] = counts.get(sentence.kind, 0) + 1
    assert counts["nearer"] >= 8
    assert counts["rests on"] >= 8
    assert counts["hides"] >= 8


def test_most_of_what_is_so_is_said() -> None:
    resting = found_resting = hiding = found_hiding = 0
    for seed in SEEDS:
        sentences, objects, _, visible, hides = said(seed, "measured")
        seen = {name for name, mask in visible.items() if mask.sum() >= 60 and not mask[-6:].any()}
        spoken = {(s.kind, s.subject, s.object) for s in sentences}
        for name in seen - {"gold picture"}:
            resting += 1
            found_resting += ("rests on", name, rests(objects, name)) in spoken
        for a, b in hides:
            side_by_side = cv2.dilate(visible[a].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & visible[b]
            touching = rests(objects, a) == b or a == "gold picture"  # there is hardly a jump to be seen
            if a in seen and b in seen and not touching and side_by_side.sum() >= 10:
                hiding += 1
                found_hiding += ("hides", a, b) in spoken
    assert found_resting / resting > 0.6
    assert found_hiding / hiding > 0.9


def test_a_picture_on_the_wall_rests_on_nothing() -> None:
    for seed in range(4):
        sentences, *_ = said(seed, "measured")
        assert not [s for s in sentences if s.kind == "rests on" and s.subject == "gold picture"]


def test_an_ordinal_map_tells_no_lengths() -> None:
    sentences, *_ = said(1, "ordinal")
    for sentence in sentences:
        assert " m " not in sentence.text
        assert "m)" not in sentence.text
        assert "units" not in sentence.text
        assert not sentence.text.endswith(" m.")


def test_a_flipped_order_would_be_noticed() -> None:
    """The same map read the wrong way round gives false sentences: the check above can fail."""
    sentences, objects, depth, visible, hides = said(1, "measured")
    wrong = 0
    for s in sentences:
        if s.kind in ("nearer", "hides"):
            wrong += not check(Statement(s.kind, s.object, s.subject, s.text), objects, depth, visible, hides)
    assert wrong >= 3


def test_places_of_one_depth_are_too_close_to_call_and_far_ones_are_not() -> None:
    values = np.full((40, 60), 2.0, np.float32)
    values[:, 20:40] = 2.05
    values[:, 40:] = 4.0
    for kind, factor in (("estimated", 1.5), ("measured", 1.0)):
        field = DepthField(values, Scale(kind, "depth1", factor), (600, 400))
        left, middle, right = (field.at_point((x, 200.0)) for x in (100.0, 300.0, 500.0))
        expected = "too close" if kind == "estimated" else "nearer"
        assert compare("a", left, "b", middle).verdict == expected
        assert compare("a", left, "b", right).verdict == "nearer"
        assert compare("a", right, "b", left).verdict == "farther"
        assert compare("a", right, "b", left).text.startswith("b is nearer than a: z-depth 2 m against 4 m")


def test_a_larger_ordinal_value_is_nearer() -> None:
    values = np.linspace(1.0, 9.0, 60, dtype=np.float32)[None].repeat(40, 0)
    field = DepthField(values, Scale("ordinal", "depth1"), (60, 40))
    left, right = field.at_point((2.0, 20.0)), field.at_point((58.0, 20.0))
    assert compare("left", left, "right", right).text.startswith("right is nearer than left")
    assert right.rank > 0.9
    assert left.rank < 0.1
    with pytest.raises(ValueError, match="no lengths"):
        left.length()


def test_a_map_of_another_size_than_its_picture() -> None:
    values = np.full((3, 4), 5.0, np.float32)
    values[2, 3] = 1.0
    field = DepthField(values, Scale("measured", "depth1"), (400, 300))
    assert field.at_point((399.0, 299.0)).length() == pytest.approx(1.0)
    assert field.at_point((400.0, 300.0)).length() == pytest.approx(1.0)
    assert field.at_point((299.0, 299.0)).length() == pytest.approx(5.0)
    mask = np.zeros((300, 400), bool)
    mask[200:, 300:] = True
    assert field.on_map(mask).tolist() == [[False] * 4, [False] * 4, [False, False, False, True]]
    with pytest.raises(ValueError, match="outside"):
        field.at_point((401.0, 10.0))


def test_unknown_depth_is_told() -> None:
    values = np.full((10, 10), np.nan, np.float32)
    values[:5] = 3.0
    field = DepthField(values, Scale("measured", "depth1"), (10, 10))
    assert field.known == 0.5
    sky, wall = field.at_point((5.0, 9.0)), field.at_point((5.0, 1.0))
    assert not sky.found
    assert compare("sky", sky, "wall", wall).text == "sky and wall: the depth of sky is not known."


def test_a_box_finds_the_thing_in_it_and_not_what_is_behind() -> None:
    shot = Shot(size=(320, 240))
    box = thing(2, "red box", (0.2, 3.5), (0.6, 0.6, 1.2))
    _, depth, ids = render((FLOOR, box, thing(3, "grey wall", (0, 9), (12, 0.1, 4))), shot)
    field = field_of(depth, shot)
    rows, columns = np.nonzero(ids == 2)
    found = field.surface_in((columns.min() - 8.0, rows.min() - 8.0, columns.max() + 9.0, rows.max() + 2.0))
    hit = (found & (ids == 2)).sum()
    assert hit / (ids == 2).sum() > 0.9
    assert hit / found.sum() > 0.75
    assert field.under(found).length() == pytest.approx(float(np.median(depth[ids == 2])), rel=0.02)


def test_which_way_a_surface_faces() -> None:
    for pitch in (-35.0, 0.0, 20.0):
        shot = Shot(size=(160, 120), pitch=pitch, position=(0, 0, 1.7))
        wall = thing(3, "grey wall", (0, 6), (20, 0.1, 8))
        _, depth, ids = render((FLOOR, wall), shot)
        field = field_of(depth, shot)
        if (ids == 1).sum() > 50:
            assert field.normal_up(ids == 1) == pytest.approx(math.cos(math.radians(pitch)), abs=0.01)
        facing = field.normal_up(ids == 3)
        assert facing is not None
        assert abs(facing) < 0.6
        b = math.radians(pitch)
        known = DepthField(field.values, field.scale, field.size, field.intrinsics, up=(0, -math.cos(b), math.sin(b)))
        assert known.normal_up(ids == 3) == pytest.approx(0.0, abs=0.01)
        if (ids == 1).sum() > 50:
            assert known.normal_up(ids == 1) == pytest.approx(1.0, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "noise"), [("measured", 0.0), ("estimated", 0.015), ("ordinal", 0.0)])
def test_sentences_hold_in_furnished_rooms(kind: ScaleKind, noise: float) -> None:
    """Chairs with legs, mugs on tables, rugs, walls: the synthetic rooms, whose truth shares nothing with ours."""
    rendering = pytest.importorskip("sightline.evals.synthetic.render", reason="the synthetic rooms are not there")
    from sightline.evals.synthetic.rooms import example_room

    size = (512, 384)
    wrong, counts = [], {"hides": 0, "rests on": 0}
    for seed in range(2):
        scene = example_room(seed)
        things = {thing.name: thing for thing in scene.things}
        heights = {n: [v[2] + t.position[2] for v in t.box()] for n, t in things.items()}
        for view in rendering.views_around(scene, 2, size):
            masks = {n: view.ids == scene.id_of(n) for n in things}
            masks = {n: m for n, m in masks.items() if m.sum() >= 80}
            field = field_of(view.depth, Shot(size=size, field_of_view=70.0), kind, noise)
            parts = [part_from(field, n, m) for n, m in masks.items()]
            middles = {n: float(np.median(view.depth[m])) for n, m in masks.items()}
            for s in statements(field, parts):
                if s.kind == "nearer" and middles[s.subject] > middles[s.object]:
                    wrong.append(s.text)
                if s.kind == "hides":
                    counts["hides"] += 1
                    whole = rendering.render(replace(scene, things=(things[s.object],)), view.camera, size).ids > 0
                    # Outlines that only touch, by chance, are the one thing that cannot be told apart.
                    near = cv2.dilate(whole.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
                    if not (masks[s.subject] & near).any():
                        wrong.append(s.text)
                if s.kind == "rests on" and s.object != GROUND:
                    counts["rests on"] += 1
                    if not -0.02 <= heights[s.subject][0] - heights[s.object][1] <= 0.02:
                        wrong.append(s.text)
    assert counts["hides"] >= 40
    assert counts["rests on"] >= 8
    assert len(wrong) <= 0.02 * sum(counts.values()), wrong
