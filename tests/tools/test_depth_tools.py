"""The depth family as a model calls it, on rendered scenes whose truth is known."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing

from sightline.geometry.cameras import Intrinsics
from sightline.geometry.transforms import PictureTransform
from sightline.memory import DepthMap, ScaleStated, ToolFinished
from sightline.memory.refs import places
from sightline.tools.back_ends import Seen
from sightline.tools.contract import DataDraft, Picture, ToolContext, ToolResult, tool
from sightline.tools.depth import compare_depth, depth_at, depth_to_text, estimate_depth
from sightline.tools.depth.colouring import coloured
from sightline.tools.depth.maps import field_of
from sightline.tools.image import crop_zoom

RED = thing(2, "red box", (-0.6, 3.2), (0.6, 0.6, 0.8))
BLUE = thing(3, "blue box", (0.9, 4.6), (0.6, 1.2, 0.8))
VASE = thing(4, "green vase", (0.9, 4.6), (0.25, 0.25, 0.4), bottom=0.8)
SHOT = Shot(size=(320, 240), pitch=-12.0)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, (RED, BLUE, VASE), SHOT, Shot(size=(320, 240), position=(1.0, 0.0, 1.5)))


def pixel_of(run: Run, name: str) -> tuple[float, float]:
    """The middle pixel of those that show a thing in img1."""
    rows, columns = np.nonzero(run.scene.views[0].ids() == run.scene.object_of(name).id)
    middle = len(rows) // 2
    return float(columns[middle]) + 0.5, float(rows[middle]) + 0.5


def ordinal_map(run: Run) -> None:
    """Enters an order-only depth map of img1, as Depth Anything's relative output: 7 / z + 2."""
    depth = run.scene.views[0].depth()
    values = (7 / np.where(np.isfinite(depth), depth, np.inf) + 2).astype(np.float32)

    @tool(family="test", example={})
    def entering(context: ToolContext, image: Picture) -> ToolResult:
        """Enter a map.

        Args:
            context: What the call may use.
            image: Of what.
        """
        data = {"picture": "img1", "scale_kind": "ordinal", "scale_factor": 1.0, "scale_because": "", "focal": None}
        return ToolResult("entered", data=[DataDraft("depth", {"depth": values}, "depth", data, size=(320, 240))])

    run.text(entering, image="img1")


def test_estimate_depth_makes_a_map_and_shows_it(run: Run) -> None:
    text = run.text(estimate_depth, image="img1")
    assert text.startswith("depth1 is the depth of img1, metres, measured.")
    assert "view1 shows it in colours: bright is near, dark is far, hatched is not known." in text
    assert "oracle" not in text
    depth = run.workspace.artifacts["depth1"]
    assert depth.data["picture"] == "img1"
    assert depth.data["model"] == "oracle"
    truth = run.scene.views[0].depth()
    known = np.isfinite(truth)
    assert f"Known for {100 * known.mean():.3g} % of the picture" in text
    assert np.array_equal(run.workspace.arrays("depth1")["depth"][known], truth[known])


def test_a_second_call_costs_nothing_and_says_the_same(run: Run) -> None:
    first = run.text(estimate_depth, image="img1")
    again: ToolFinished = run.call(estimate_depth, image="img1")
    assert again.text == first
    assert again.artifacts == []
    assert run.text(estimate_depth, image="img2") != first  # another picture is another question


def test_what_is_found_in_the_coloured_picture_lies_in_the_original(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    assert run.workspace.in_original("view1", (160.0, 120.0)) == ("img1", (160.0, 120.0))


def test_near_is_bright_and_the_unknown_is_hatched(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    pixels, (_, _, width, height) = coloured(field_of(run.workspace, DepthMap("depth1", run.workspace)))
    assert pixels.shape[0] > height
    assert (width, height) == (320, 240)
    truth = run.scene.views[0].depth()
    brightness = pixels[: int(height), : int(width)].astype(float) @ [0.2126, 0.7152, 0.0722]
    known = np.isfinite(truth)
    order = np.argsort(truth[known])
    near, far = order[: len(order) // 4], order[-len(order) // 4 :]
    assert brightness[known][near].mean() > brightness[known][far].mean() + 50
    hatched = pixels[: int(height), : int(width)][~known]
    assert set(map(tuple, hatched)) == {(238, 238, 238), (170, 170, 170)}


def test_the_depth_of_points_is_that_of_the_scene(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    truth = run.scene.views[0].depth()
    asked = [pixel_of(run, "red box"), pixel_of(run, "blue box"), (300.5, 200.5)]
    text = run.text(depth_at, image="img1", points=[list(p) for p in asked])
    found = [float(v) for v in re.findall(r"z-depth ([\d.]+) m", text)]
    for value, (x, y) in zip(found, asked, strict=True):
        assert value == pytest.approx(truth[int(y), int(x)], rel=0.01)
    ranges = [float(v) for v in re.findall(r"range ([\d.]+) m", text)]
    focal = run.scene.views[0].fx
    for value, (x, y) in zip(ranges, asked, strict=True):
        longer = np.sqrt(1 + ((x - 160) / focal) ** 2 + ((y - 120) / focal) ** 2)
        assert value == pytest.approx(truth[int(y), int(x)] * longer, rel=0.01)
    assert [place for _, _, [place] in places(text)] == asked  # told as references, for any model's dialect
    assert "not known there" in run.text(depth_at, image="img1", points=[[5, 3]])


def test_the_depth_in_a_box_is_that_of_the_thing(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    rows, columns = np.nonzero(run.scene.views[0].ids() == 2)
    box = [int(columns.min()) - 6, int(rows.min()) - 6, int(columns.max()) + 7, int(rows.max()) + 2]
    text = run.text(depth_at, image="img1", boxes=[box])
    value = float(re.findall(r"z-depth ([\d.]+) m", text)[0])
    truth = run.scene.views[0].depth()
    assert value == pytest.approx(float(np.median(truth[run.scene.views[0].ids() == 2])), rel=0.03)


def test_places_in_a_crop_are_read_in_its_original(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    run.text(crop_zoom, image="img1", box=[60, 100, 180, 200])
    crop = run.workspace.artifacts["view2"]
    x, y = pixel_of(run, "red box")
    [there] = PictureTransform.from_json(crop.parents[0].transform).to_child([(x, y)]).tolist()
    direct = run.text(depth_at, image="img1", points=[[x, y]])
    through = run.text(depth_at, image="view2", points=[there])
    assert re.findall(r"z-depth ([\d.]+) m", direct) == re.findall(r"z-depth ([\d.]+) m", through)


def test_which_is_nearer(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    red, blue, vase = (run.mark(name) for name in ("red box", "blue box", "green vase"))
    text = run.text(compare_depth, image="img1", objects=[blue, red])
    assert f'{red} "red box" is nearer than {blue} "blue box"' in text
    swapped = run.text(compare_depth, image="img1", objects=[red, blue])
    assert f'{red} "red box" is nearer than {blue} "blue box"' in swapped
    three = run.text(compare_depth, image="img1", objects=[vase, blue, red])
    assert f'Nearest first: {red} "red box"' in three
    x, y = pixel_of(run, "red box")
    close = run.text(compare_depth, image="img1", points=[[x, y], [x + 1, y]])
    assert "too close to call" in close


def test_an_order_only_map_gives_ranks_and_no_lengths(run: Run) -> None:
    ordinal_map(run)
    red, blue = run.mark("red box"), run.mark("blue box")
    for text in (
        run.text(depth_at, image="img1", objects=[red, blue], points=[[10, 200]]),
        run.text(compare_depth, image="img1", objects=[red, blue]),
        run.text(depth_to_text, image="img1", objects=[red, blue]),
    ):
        assert not re.search(r"\d m\b|units|metre", text), text
        assert "%" in text
    assert f'{red} "red box" is nearer' in run.text(compare_depth, image="img1", objects=[blue, red])


def test_depth_in_words(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    red, blue, vase = (run.mark(name) for name in ("red box", "blue box", "green vase"))
    text = run.text(depth_to_text, image="img1")
    assert f'{vase} "green vase" rests on {blue} "blue box"' in text
    assert f'{red} "red box" rests on a level surface' in text
    assert f'Between what is seen of {red} "red box" and of' in text
    assert "no outline" not in text
    for line in text.splitlines():
        assert f'{red} "red box" rests on {blue}' not in line


def test_boxes_are_said_to_be_less_sure(run: Run) -> None:
    run.text(estimate_depth, image="img1")
    red = run.mark("red box", outline=False)
    assert f'Of {red} "red box" no outline is known' in run.text(depth_to_text, image="img1", objects=[red])


def test_what_cannot_be_answered_says_what_to_do(run: Run) -> None:
    assert "Call estimate_depth on img1 first" in run.text(depth_at, "limit", image="img1", points=[[10, 10]])
    run.text(estimate_depth, image="img1")
    assert "no places" in run.text(depth_at, "mistake", image="img1")
    assert "one place only" in run.text(compare_depth, "mistake", image="img1", points=[[10, 200]])
    assert "no objects are known in img1" in run.text(depth_to_text, "mistake", image="img1")
    assert "depth1 is the depth of img1, and the places are in img2" in run.text(
        depth_at, "mistake", image="img2", points=[[10, 10]], depth="depth1"
    )
    only_in_second = run.mark("red box", "img2")
    told = run.text(depth_at, "limit", image="img1", objects=[only_in_second])
    assert "was not seen in img1" in told


def test_a_picture_without_any_depth_is_refused(tmp_path: Path) -> None:
    run = Run(tmp_path, (RED,), Shot(pitch=60.0))
    assert "no depth could be told" in run.text(estimate_depth, "limit", image="img1")


def test_the_depth_of_a_reconstruction_serves_as_well(run: Run) -> None:
    cloud = run.reconstruct()
    text = run.text(estimate_depth, image="img2", cloud=cloud)
    assert text.startswith("depth1 is the depth of img2, metres, measured.")
    truth = run.scene.views[1].depth()
    known = np.isfinite(truth)
    assert np.allclose(run.workspace.arrays("depth1")["depth"][known], truth[known], rtol=1e-5)
    assert run.workspace.artifacts["depth1"].data["frame"] == cloud
    x, y = 160.5, 200.5
    value = float(re.findall(r"z-depth ([\d.]+) m", run.text(depth_at, image="img2", points=[[x, y]]))[0])
    assert value == pytest.approx(truth[200, 160], rel=0.01)


def test_a_stated_scale_is_another_question(run: Run) -> None:
    cloud = run.reconstruct()
    run.text(estimate_depth, image="img1", cloud=cloud)

    @tool(family="test", example={})
    def stating() -> ToolResult:
        """State a scale."""
        return ToolResult("stated", facts=[ScaleStated(cloud=cloud, metres=2.0, factor=1.05, because="a door")])

    run.text(stating)
    text = run.text(estimate_depth, image="img1", cloud=cloud)
    assert text.startswith("depth2 is the depth of img1, metres, measured (a door).")
    first, second = (run.workspace.arrays(h)["depth"] for h in ("depth1", "depth2"))
    known = np.isfinite(first)
    assert np.allclose(second[known], 2 * first[known], rtol=1e-5)


def test_a_sparse_cloud_gives_the_depth_of_its_points(run: Run) -> None:
    [group] = (
        run.back_ends.reconstructor()
        .reconstruct([Seen(f"img{n + 1}", p, Intrinsics.guess((320, 240))) for n, p in enumerate(run.pictures)])
        .groups
    )
    thin = replace(group, depths={}, cloud=replace(group.cloud.thinned(900), radius=np.zeros(900, np.float32)))

    @tool(family="test", example={})
    def entering() -> ToolResult:
        """Enter a cloud."""
        arrays, description = thin.to_arrays()
        return ToolResult("entered", data=[DataDraft("cloud", arrays, "cloud", {"reconstruction": description})])

    run.text(entering)
    text = run.text(estimate_depth, image="img1", cloud="cloud1")
    share = float(re.findall(r"Known for ([\d.]+) % of the picture", text)[0])
    assert 0.2 < share < 5
    depth, truth = run.workspace.arrays("depth1")["depth"], run.scene.views[0].depth()
    known = np.isfinite(depth) & np.isfinite(truth)
    assert np.median(np.abs(depth[known] / truth[known] - 1)) < 0.02


def test_a_picture_outside_the_reconstruction_is_refused(run: Run) -> None:
    cloud = run.reconstruct("img1")
    told = run.text(estimate_depth, "limit", image="img2", cloud=cloud)
    assert f"img2 has no camera in {cloud} (it holds img1)" in told


def test_a_panorama_is_sent_to_look(tmp_path: Path) -> None:
    run = Run(tmp_path, (RED,), SHOT)
    run.workspace.add_picture(np.zeros((100, 200, 3), np.uint8), kind="panorama")
    assert "is a panorama" in run.text(estimate_depth, "limit", image="pano1")
