"""The back ends for depth, loaded from tiny checkpoints that these tests save: real code, random weights."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from boxes_run import Run
from boxes_scene import Shot, thing
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs sightline[vision]")
pytest.importorskip("transformers", reason="needs sightline[vision]")

from sightline.geometry.cameras import Intrinsics  # noqa: E402
from sightline.memory import InfrastructureError  # noqa: E402
from sightline.tools.back_ends import BackEnds, Seen  # noqa: E402
from sightline.tools.back_ends.depth_transformers import focal_from_field_of_view, network_size  # noqa: E402
from sightline.tools.depth import estimate_depth  # noqa: E402


def seen(width: int, height: int, **settings_: object) -> Seen:
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], axis=-1).astype(np.uint8)
    return Seen("img1", pixels, Intrinsics.guess((width, height)), **settings_)  # type: ignore[arg-type]


def save_depth_anything(folder: Path, *, kind: str = "relative", reach: int = 1) -> Path:
    from transformers import (
        DepthAnythingConfig,
        DepthAnythingForDepthEstimation,
        Dinov2Config,
        DPTImageProcessor,
    )

    torch.manual_seed(1)
    backbone = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=32,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
        depth_estimation_type=kind,
        max_depth=reach,
    )
    DepthAnythingForDepthEstimation(config).save_pretrained(folder)
    DPTImageProcessor(size={"height": 56, "width": 56}, keep_aspect_ratio=True, ensure_multiple_of=14).save_pretrained(
        folder
    )
    return folder


def save_depth_pro(folder: Path) -> Path:
    from transformers import DepthProConfig, DepthProForDepthEstimation, DepthProImageProcessor, Dinov2Config

    torch.manual_seed(2)

    def encoder() -> dict[str, object]:
        return Dinov2Config(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=16, patch_size=4
        ).to_dict()

    config = DepthProConfig(
        patch_size=16,
        fusion_hidden_size=8,
        intermediate_hook_ids=[1, 0],
        intermediate_feature_dims=[8, 8],
        scaled_images_ratios=[0.25, 0.5, 1],
        scaled_images_feature_dims=[8, 8, 8],
        merge_padding_value=1,
        use_fov_model=True,
        num_fov_head_layers=1,
        image_model_config=encoder(),
        patch_model_config=encoder(),
        fov_model_config=encoder(),
    )
    model = DepthProForDepthEstimation(config)
    with torch.no_grad():  # an angle that can be: the last bias of the head that finds it
        [*_, bias] = [p for name, p in model.named_parameters() if "fov_model.head" in name and name.endswith("bias")]
        bias.fill_(62.0)
        for name, parameter in model.named_parameters():
            if name.startswith("head") and name.endswith("bias"):
                parameter.fill_(0.5)  # inverse depths that are not all 0
    model.save_pretrained(folder)
    DepthProImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("weights")
    return {
        "ordinal": save_depth_anything(base / "ordinal"),
        "indoor": save_depth_anything(base / "indoor", kind="metric", reach=20),
        "outdoor": save_depth_anything(base / "outdoor", kind="metric", reach=80),
        "pro": save_depth_pro(base / "pro"),
    }


def test_depth_anything_gives_an_order_in_the_pictures_shape(checkpoints: dict[str, Path]) -> None:
    model = BackEnds({"depth": f"depth-anything:{checkpoints['ordinal']}"}, offline=True).depth()
    found = model.estimate(seen(90, 60))
    assert found.kind == "ordinal"
    assert found.depth.shape == (60, 90)
    assert found.depth.dtype == np.float32
    assert np.isfinite(found.depth).all()
    assert found.depth.std() > 0
    assert "Depth Anything V2" in model.name
    assert str(checkpoints["ordinal"].parent) not in model.name  # a name goes into results: no paths
    assert "Hypersim" in model.trained_on


@pytest.mark.parametrize(("which", "reach", "data"), [("indoor", 20, "Hypersim"), ("outdoor", 80, "Virtual KITTI 2")])
def test_metric_depth_anything_says_how_wrong_it_may_be(
    checkpoints: dict[str, Path], which: str, reach: float, data: str
) -> None:
    model = BackEnds({"depth": f"depth-anything-{which}:{checkpoints[which]}"}, offline=True).depth()
    found = model.estimate(seen(60, 90))
    assert found.kind == "estimated"
    assert found.factor >= 1.25
    assert found.depth.shape == (90, 60)
    assert np.nanmax(found.depth) <= reach
    assert np.nanmin(found.depth) > 0
    assert model.trained_on.split("then")[1].strip().startswith(data)
    assert f"{which}s" in model.name


def test_the_same_output_as_transformers_own_pipeline(checkpoints: dict[str, Path]) -> None:
    """A square picture of the network's own size is not resampled: the numbers are the model's."""
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    picture = seen(56, 56)
    for which, name in (("ordinal", "depth-anything"), ("indoor", "depth-anything-indoor")):
        folder = checkpoints[which]
        processor = AutoImageProcessor.from_pretrained(folder)
        network = AutoModelForDepthEstimation.from_pretrained(folder)
        with torch.no_grad():
            expected = network(**processor(images=picture.pixels, return_tensors="pt")).predicted_depth[0].numpy()
        found = BackEnds({"depth": f"{name}:{folder}"}, offline=True).depth().estimate(picture)
        np.testing.assert_allclose(found.depth, expected, rtol=1e-4)


def test_depth_pro_agrees_with_its_own_post_processing_and_finds_the_focal_length(
    checkpoints: dict[str, Path],
) -> None:
    from transformers import AutoImageProcessor, DepthProForDepthEstimation

    # Of the size of the network's output, and the same for every way to make it smaller: nothing is resampled.
    pixels = seen(64, 64).pixels.repeat(4, axis=0).repeat(4, axis=1)
    picture = Seen("img1", pixels, Intrinsics.guess((256, 256)))
    processor = AutoImageProcessor.from_pretrained(checkpoints["pro"])
    network = DepthProForDepthEstimation.from_pretrained(checkpoints["pro"]).eval()
    with torch.no_grad():
        out = network(**processor(images=picture.pixels, return_tensors="pt"))
    assert out.predicted_depth.shape == (1, 256, 256)
    [expected] = processor.post_process_depth_estimation(out, target_sizes=[(256, 256)])
    model = BackEnds({"depth": f"depth-pro:{checkpoints['pro']}"}, offline=True).depth()
    found = model.estimate(picture)
    assert found.kind == "estimated"
    angle = math.radians(float(out.field_of_view))
    assert found.focal == pytest.approx(128 / math.tan(angle / 2), rel=1e-5)
    assert found.focal == pytest.approx(float(expected["focal_length"]), rel=1e-5)
    theirs = expected["predicted_depth"].numpy()
    near = theirs < 900  # theirs goes on to 10 km
    assert near.any()
    np.testing.assert_allclose(found.depth[near], theirs[near], rtol=2e-3)
    assert np.isnan(found.depth[theirs > 1001]).all()


def test_depth_pro_believes_a_known_focal_length(checkpoints: dict[str, Path]) -> None:
    model = BackEnds({"depth": f"depth-pro:{checkpoints['pro']}"}, offline=True).depth()
    pixels = seen(64, 64).pixels
    near, far = (
        model.estimate(Seen("img1", pixels, Intrinsics.from_focal((64, 64), focal))) for focal in (60.0, 120.0)
    )
    both = np.isfinite(near.depth) & np.isfinite(far.depth)
    assert both.any()
    np.testing.assert_allclose(far.depth[both], 2 * near.depth[both], rtol=1e-4)  # a longer lens: farther away
    assert near.focal == far.focal  # what the model itself found


def test_the_focal_length_of_a_right_angle_is_half_the_width() -> None:
    assert focal_from_field_of_view(1000, 90.0) == pytest.approx(500)
    assert focal_from_field_of_view(1000, 53.130102) == pytest.approx(1000, rel=1e-6)
    assert focal_from_field_of_view(1000, None) is None
    assert focal_from_field_of_view(1000, float("nan")) is None
    assert focal_from_field_of_view(1000, 190.0) is None


@pytest.mark.parametrize(
    ("which", "size"), [("ordinal", (1, 1)), ("ordinal", (2000, 20)), ("pro", (3, 200)), ("pro", (640, 16))]
)
def test_any_shape_of_picture(checkpoints: dict[str, Path], which: str, size: tuple[int, int]) -> None:
    name = "depth-pro" if which == "pro" else "depth-anything"
    depth = BackEnds({"depth": f"{name}:{checkpoints[which]}"}, offline=True).depth().estimate(seen(*size)).depth
    scale = min(1, 1536 / max(size))
    assert depth.shape == (max(1, round(size[1] * scale)), max(1, round(size[0] * scale)))


@given(st.integers(1, 20_000), st.integers(1, 20_000))
@settings(deadline=None, max_examples=200)
def test_what_the_network_sees_is_bounded_and_in_patches(width: int, height: int) -> None:
    w, h = network_size((width, height), 518, 14)
    assert w % 14 == h % 14 == 0
    assert w * h <= 3.3 * 518 * 518
    assert (w >= h) == (width >= height) or w == h
    if max(width, height) <= 3 * min(width, height):
        assert min(w, h) == 518
        assert max(w, h) / 518 == pytest.approx(max(width, height) / min(width, height), abs=0.02)


def test_pixels_that_must_not_be_used_have_no_depth(checkpoints: dict[str, Path]) -> None:
    ignore = np.zeros((60, 90), bool)
    ignore[10:20, 30:60] = True
    model = BackEnds({"depth": f"depth-anything:{checkpoints['ordinal']}"}, offline=True).depth()
    depth = model.estimate(seen(90, 60, ignore=ignore)).depth
    assert (np.isnan(depth) == ignore).all()


@pytest.mark.slow
def test_a_48_megapixel_photo_stays_within_bounded_memory(checkpoints: dict[str, Path]) -> None:
    import resource

    picture = seen(8000, 6000)
    model = BackEnds({"depth": f"depth-pro:{checkpoints['pro']}"}, offline=True).depth()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    depth = model.estimate(picture).depth
    assert depth.shape == (1152, 1536)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB


def test_a_checkpoint_of_another_kind_is_named(checkpoints: dict[str, Path]) -> None:
    for setting, told in (
        (f"depth-pro:{checkpoints['ordinal']}", "a checkpoint of depth_anything, not of depth_pro"),
        (f"depth-anything:{checkpoints['indoor']}", "gives metric depth"),
        (f"depth-anything-indoor:{checkpoints['ordinal']}", "--back-end depth=depth-anything:"),
    ):
        with pytest.raises(InfrastructureError, match=told):
            BackEnds({"depth": setting}, offline=True).depth()


def test_a_checkpoint_that_lacks_a_part_is_refused(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    for file in checkpoints["ordinal"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(tmp_path / "model.safetensors")
    tensors.pop("head.conv1.weight")
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InfrastructureError, match=r"lacks 1 parts of the model, e.g. head.conv1.weight"):
        BackEnds({"depth": f"depth-anything:{tmp_path}"}, offline=True).depth()


def test_damaged_files_are_told_in_words(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    for file in checkpoints["ordinal"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"not numbers")
    with pytest.raises(InfrastructureError, match=r"cannot be loaded.*save_pretrained"):
        BackEnds({"depth": f"depth-anything:{tmp_path}"}, offline=True).depth()
    (tmp_path / "config.json").write_text(json.dumps([1]), encoding="utf-8")
    with pytest.raises(InfrastructureError, match=r"config\.json is damaged, or names no model"):
        BackEnds({"depth": f"depth-anything:{tmp_path}"}, offline=True).depth()


def test_many_threads_load_a_model_once(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    for file in checkpoints["ordinal"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    ends = BackEnds({"depth": f"depth-anything:{tmp_path}"}, offline=True)
    picture = seen(60, 45)
    with ThreadPoolExecutor(6) as pool:
        models = list(pool.map(lambda _: ends.depth(), range(6)))
        maps = list(pool.map(lambda _: ends.depth().estimate(picture).depth, range(6)))
    assert len({id(model) for model in models}) == 1
    alone = ends.depth().estimate(picture).depth
    assert all(np.array_equal(found, alone) for found in maps)


def test_the_tool_runs_a_real_model_and_lists_its_training_data(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    run = Run(tmp_path, (thing(2, "red box", (0.0, 3.0), (0.5, 0.5, 0.5)),), Shot())
    run.back_ends = BackEnds({"depth": f"depth-anything:{checkpoints['ordinal']}"}, offline=True)
    text = run.text(estimate_depth, image="img1")
    assert "an order only: no lengths, no ratios" in text
    assert " m " not in text
    data = run.workspace.artifacts["depth1"].data
    assert "Hypersim" in data["data"]
    assert data["model"].startswith("Depth Anything V2")
    run.back_ends = BackEnds({"depth": f"depth-pro:{checkpoints['pro']}"}, offline=True)
    text = run.text(estimate_depth, image="img1")
    assert "metres, estimated: may be off by a factor of 1.6" in text
    assert "The horizontal field of view is" in text
    assert "depth2" in text  # another back end is another question
