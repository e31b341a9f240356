"""The ultralytics back ends on checkpoints that the tests make: loading, conventions, refusals, a real detector."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import pytest

if find_spec("ultralytics") is None:  # importing it here would be ultralytics' own import, which asks the network
    pytest.skip("needs sightline[vision]", allow_module_level=True)

import yaml
from shapes_kit import SHAPES, draw_shape, scene, seen
from tool_kit import raised_by

from sightline.memory import InfrastructureError, InstrumentLimit
from sightline.tools.back_ends.linking import LinkTracker, overlap
from sightline.tools.back_ends.protocols import KEYPOINTS, Detection
from sightline.tools.back_ends.registry import BackEnds
from sightline.tools.back_ends.yolo import YoloDetector, YoloTracker, load_yolo, load_yolo_pose, load_yolo_track
from sightline.tools.back_ends.yolo_setup import find_yolo_weights, import_ultralytics

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NAMES = ("red thing", "wine glass", "person")
RED = (220, 10, 10)


def saved(folder: Path, config: str, names: tuple[str, ...] = NAMES) -> Path:
    """A checkpoint with random weights."""
    model = import_ultralytics().YOLO(config)
    model.model.names = dict(enumerate(names))
    path = folder / f"{Path(config).stem}.pt"
    model.save(str(path))
    return path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("yolo"), "yolo11n.yaml")


@pytest.fixture
def eye(checkpoint: Path) -> YoloDetector:
    """A real predictor over a network that boxes what is red, in the pixels of its own input."""
    import torch

    detector = load_yolo(str(checkpoint), True)

    def look(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        out = torch.zeros(1, 4 + 80, 8)
        rows, columns = torch.nonzero(x[0, 0] - torch.maximum(x[0, 1], x[0, 2]) > 0.4, as_tuple=True)
        if len(rows):
            x0, y0, x1, y1 = (float(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
            out[0, :4, 0] = torch.tensor([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])
            out[0, 4, 0] = 0.9
        return out

    network = detector.model.model
    network.forward = MethodType(look, network)
    return detector


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((640, 640), (100, 200, 101, 201)),
        ((640, 480), (0, 0, 1, 1)),
        ((640, 480), (639, 479, 640, 480)),
        ((320, 100), (300, 90, 318, 99)),
        ((1280, 2000), (1000, 1500, 1200, 1900)),
    ],
)
def test_a_red_patch_comes_back_where_it_is(
    eye: YoloDetector, size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    """Channel order, letterbox, pixel convention and scale: with BGR and RGB swapped, nothing is red."""
    pixels = np.full((size[1], size[0], 3), 90, np.uint8)
    pixels[box[1] : box[3], box[0] : box[2]] = RED
    found = eye.detect(seen(pixels), ["red thing"], 0.3)
    assert [d.name for d in found] == ["red thing"]
    assert found[0].box == pytest.approx(box, abs=0.02 if max(size) == 640 else max(size) / 640)
    blue = pixels[..., ::-1]
    assert eye.detect(seen(blue), ["red thing"], 0.3) == []


def test_a_very_large_picture_is_shrunk_before_the_network_sees_it(eye: YoloDetector) -> None:
    pixels = np.full((6000, 8000, 3), 90, np.uint8)
    pixels[3000:3600, 4000:4800] = RED
    (found,) = eye.detect(seen(pixels), ["Red Things"], 0.3)
    assert found.name == "Red Things"
    assert found.box == pytest.approx((4000, 3000, 4800, 3600), abs=13)


def test_a_one_pixel_picture_gives_nothing(eye: YoloDetector) -> None:
    assert eye.detect(seen(np.zeros((1, 1, 3), np.uint8)), ["person"], 0.3) == []


def test_names_outside_the_closed_set_are_refused_with_the_nearest(eye: YoloDetector) -> None:
    said = raised_by(lambda: eye.detect(seen(np.zeros((8, 8, 3), np.uint8)), ["glass jar"], 0.3), InstrumentLimit)
    assert "'glass jar'" in said
    assert "wine glass" in said


def test_a_random_checkpoint_loads_and_runs(checkpoint: Path) -> None:
    detector = BackEnds({"detection": f"yolo:{checkpoint}"}, offline=True).detector()
    assert detector.names == NAMES
    assert detector.name == "YOLO yolo11n"
    assert detector.trained_on
    assert detector.detect(seen(scene(np.random.default_rng(1))[0]), NAMES, 0.25) == []


@pytest.mark.parametrize("weights", ["yolo11n.pt", "nothing-of-the-kind.pt", "./missing/best.pt"])
def test_missing_weights_are_refused_with_the_remedy(weights: str) -> None:
    said = raised_by(lambda: find_yolo_weights(weights, offline=True), InfrastructureError)
    assert weights in said
    assert "path" in said


@pytest.mark.parametrize(
    ("weights", "setting"),
    [
        ("yolo11n-pose.pt", "keypoints=yolo-pose"),
        ("yolo11s-pose.pt", "keypoints=yolo-pose"),
        ("mobile_sam.pt", "segmentation=sam"),
        ("yolo11s.pt", "detection=yolo"),
    ],
)
def test_the_remedy_names_the_role_that_the_weights_serve(weights: str, setting: str) -> None:
    said = raised_by(lambda: find_yolo_weights(weights, offline=True), InfrastructureError)
    assert f"--back-end {setting}:PATH/TO/FILE.pt" in said


@pytest.mark.parametrize("content", [b"no checkpoint" * 100, b"junk", b"", b"PK\x03\x04 half an archive"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    junk = tmp_path / "junk.pt"
    junk.write_bytes(content)
    assert "cannot be read" in raised_by(lambda: load_yolo(str(junk), True), InfrastructureError)
    assert junk.exists()


def test_weights_for_another_task_are_refused(checkpoint: Path) -> None:
    assert "for detect" in raised_by(lambda: load_yolo_pose(str(checkpoint), True), InfrastructureError)


def test_loading_and_detecting_leave_the_current_folder_alone(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ultralytics.utils import SETTINGS
    from ultralytics.utils.events import events

    monkeypatch.chdir(tmp_path)
    load_yolo(str(checkpoint), True).detect(seen(np.zeros((60, 80, 3), np.uint8)), ["person"], 0.2)
    assert list(tmp_path.iterdir()) == []
    assert not SETTINGS["sync"]
    assert not events.enabled


@pytest.mark.parametrize(("config", "name"), [("yolov8n-worldv2.yaml", "yolo-world"), ("yoloe-11n-seg.yaml", "yoloe")])
def test_open_set_models_use_the_words_they_hold_and_name_the_encoder_for_others(
    tmp_path: Path, config: str, name: str
) -> None:
    path = saved(tmp_path, config)
    detector = BackEnds({"detection": f"{name}:{path}"}, offline=True).detector()
    picture = seen(scene(np.random.default_rng(2))[0])
    assert detector.names is None
    found = detector.detect(picture, ["person", "wine glass"], 0.0)
    assert all(d.name in ("person", "wine glass") for d in found)
    if name == "yoloe" and found:
        assert found[0].mask is not None
        assert found[0].mask.shape == picture.pixels.shape[:2]
    said = raised_by(lambda: detector.detect(picture, ["a blue teapot"], 0.2), InfrastructureError)
    assert "clip" in said.casefold() or "encoder" in said
    assert "grounding-dino" in said


def test_closed_set_weights_are_no_open_set_model(checkpoint: Path) -> None:
    backs = BackEnds({"detection": f"yolo-world:{checkpoint}"}, offline=True)
    assert "not of YOLO-World" in raised_by(backs.detector, InfrastructureError)


def test_pose_gives_coco_keypoints_in_pixels_of_the_picture(tmp_path: Path) -> None:
    import torch

    back_end = load_yolo_pose(str(saved(tmp_path, "yolo11n-pose.yaml", ("person",))), True)

    def look(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        out = torch.zeros(1, 5 + 51, 8)
        height, width = x.shape[2:]
        out[0, :4, 0] = torch.tensor([width / 2, height / 2, width / 2, height / 2])
        out[0, 4, 0] = 0.8
        joints = torch.tensor([[width / 2 + n, height / 2, 0.9] for n in range(17)])
        out[0, 5:, 0] = joints.flatten()
        return out

    back_end.model.model.forward = MethodType(look, back_end.model.model)
    (person,) = back_end.keypoints(seen(np.zeros((960, 1280, 3), np.uint8)), 0.3)
    assert person.box == pytest.approx((320, 240, 960, 720))
    assert person.points.shape == (len(KEYPOINTS), 2)
    assert person.points[3] == pytest.approx((640 + 6, 480))  # shrunk by two, so 3 of its pixels are 6 of the picture
    assert person.scores == pytest.approx(np.full(17, 0.9))


@pytest.mark.slow
def test_sam_runs_on_random_weights(tmp_path: Path) -> None:
    import torch

    import_ultralytics()
    from ultralytics.models.sam.build import build_mobile_sam

    path = tmp_path / "mobile_sam.pt"
    torch.save(build_mobile_sam().state_dict(), path)
    segmenter = BackEnds({"segmentation": f"sam:{path}"}, offline=True).segmenter()
    pixels, drawn = scene(np.random.default_rng(3), (160, 96))
    x0, y0, x1, y1 = drawn[0].box
    for prompt in ({"box": drawn[0].box}, {"points": [((x0 + x1) / 2, (y0 + y1) / 2)]}):
        try:
            masks = segmenter.segment(seen(pixels), **prompt)
        except InstrumentLimit:
            continue  # random weights may outline nothing
        assert all(m.mask.shape == (96, 160) for m in masks)


# A detector that really detects


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small YOLO, trained for two minutes on rendered shapes."""
    import cv2
    import matplotlib

    ultralytics = import_ultralytics()
    from ultralytics.utils import USER_CONFIG_DIR

    root = tmp_path_factory.mktemp("shapes")
    # Training looks for a font, and would fetch one.
    shutil.copy(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", USER_CONFIG_DIR / "Arial.ttf")
    rng = np.random.default_rng(0)
    for split, count in (("train", 256), ("val", 8)):
        images, labels = root / "images" / split, root / "labels" / split
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        for number in range(count):
            pixels, drawn = scene(rng)
            cv2.imwrite(str(images / f"{number}.png"), pixels[..., ::-1])
            lines = []
            for shape in drawn:
                x0, y0, x1, y1 = (v / 128 for v in shape.box)
                lines.append(f"{SHAPES.index(shape.name)} {(x0 + x1) / 2} {(y0 + y1) / 2} {x1 - x0} {y1 - y0}")
            (labels / f"{number}.txt").write_text("\n".join(lines))
    data = {"path": str(root), "train": "images/train", "val": "images/val", "names": dict(enumerate(SHAPES))}
    (root / "shapes.yaml").write_text(yaml.safe_dump(data))
    config = yaml.safe_load((Path(ultralytics.__file__).parent / "cfg/models/v8/yolov8.yaml").read_text())
    config |= {"nc": len(SHAPES), "scales": {"n": [0.33, 0.25, 256]}}
    (root / "smalln.yaml").write_text(yaml.safe_dump(config))
    ultralytics.YOLO(str(root / "smalln.yaml")).train(
        data=str(root / "shapes.yaml"),
        project=str(root / "runs"),
        imgsz=128,
        epochs=25,
        batch=16,
        optimizer="AdamW",
        lr0=0.004,
        warmup_epochs=1,
        mosaic=0.0,
        close_mosaic=0,
        scale=0.3,
        erasing=0.0,
        hsv_h=0.0,
        hsv_s=0.2,
        hsv_v=0.2,
        seed=0,
        device="cpu",
        workers=0,
        pretrained=False,
        plots=False,
        val=False,
        amp=False,
        verbose=False,
    )
    (weights,) = root.rglob("last.pt")
    return weights


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_trained_detector_finds_shapes_in_place(trained: Path) -> None:
    detector = load_yolo(str(trained), True)
    assert detector.names == SHAPES
    assert detector.trained_on == "shapes"
    rng = np.random.default_rng(7)
    offsets, missed, total = [], 0, 0
    for _ in range(40):
        pixels, drawn = scene(rng)
        found = detector.detect(seen(pixels), [*SHAPES], 0.4)
        for shape in drawn:
            total += 1
            same = [d for d in found if d.name == shape.name]
            best = max(same, key=lambda d: overlap(d.box, shape.box), default=None)
            if best is None or overlap(best.box, shape.box) < 0.7:
                missed += 1
            else:
                offsets.append(np.subtract(best.box, shape.box))
    assert missed <= 0.05 * total
    assert np.abs(np.mean(offsets, axis=0)).max() < 0.45  # half a pixel is what a wrong convention would cost
    only = detector.detect(seen(scene(np.random.default_rng(8))[0]), ["Circles"], 0.4)
    assert all(d.name == "Circles" for d in only)


def clip_of(frames: int, hidden: range = range(0)) -> list[np.ndarray[Any, Any]]:
    """A circle that moves right, a square that moves left; the circle is away in some frames."""
    out = []
    for n in range(frames):
        pixels = np.full((128, 128, 3), 190, np.uint8)
        if n not in hidden:
            draw_shape(pixels, "circle", (205, 40, 35), (25 + 4.0 * n, 35), 30)
        draw_shape(pixels, "square", (45, 80, 200), (100 - 4.0 * n, 95), 28)
        out.append(pixels)
    return out


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("how", ["bytetrack", "link"])
def test_trackers_follow_two_shapes_through_a_gap(trained: Path, how: str) -> None:
    if how == "bytetrack":
        pytest.importorskip("lap", reason="needs sightline[vision]")
        tracker: Any = load_yolo_track(str(trained), True)
    else:
        tracker = LinkTracker(load_yolo(str(trained), True))
    frames = clip_of(18, hidden=range(8, 10))
    for _ in range(2):  # nothing of the first video is left in the second
        tracks = tracker.track((seen(p, f"f{n}", n / 10) for n, p in enumerate(frames)), ["circle", "square"], 0.4)
        assert sorted(t.name for t in tracks) == ["circle", "square"]
        circle, square = sorted(tracks, key=lambda t: t.name)
        assert circle.boxes[8] is None
        assert circle.boxes[9] is None
        assert circle.boxes[14] is not None
        assert circle.boxes[14] == pytest.approx((66, 20, 96, 50), abs=4)
        assert sum(box is not None for box in square.boxes) >= 16


@pytest.mark.parametrize("gap", [0, 3])
def test_bytetrack_links_boxes_of_a_network(eye: YoloDetector, gap: int) -> None:
    pytest.importorskip("lap", reason="needs sightline[vision]")
    tracker = YoloTracker(eye.model, eye.weights)
    frames = []
    for n in range(12):
        pixels = np.full((120, 160, 3), 90, np.uint8)
        if not 5 <= n < 5 + gap:
            pixels[40:70, 10 + 4 * n : 50 + 4 * n] = RED
        frames.append(seen(pixels))
    (track,) = tracker.track(iter(frames), [], 0.3)
    assert track.name == "red thing"
    assert [box is None for box in track.boxes] == [5 <= n < 5 + gap for n in range(12)]
    assert track.boxes[11] == pytest.approx((54, 40, 94, 70), abs=0.5)


def test_a_tracker_without_lap_names_what_to_install(checkpoint: Path) -> None:
    if find_spec("lap") is not None:
        pytest.skip("lap is installed")
    assert "lap" in raised_by(lambda: load_yolo_track(str(checkpoint), True), InfrastructureError)


def test_detections_are_sorted_and_hold_what_was_asked(eye: YoloDetector) -> None:
    pixels = np.full((64, 64, 3), 90, np.uint8)
    pixels[10:30, 10:30] = RED
    both = eye.detect(seen(pixels), ["red thing", "RED-THING", "person"], 0.1)
    assert [type(d) for d in both] == [Detection]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_trained_detector_behind_the_tools(trained: Path, tmp_path: Path) -> None:
    """The whole way: names in the plural, one the detector does not know, a 48-megapixel photo, asked twice."""
    import cv2
    from scene_run import Run

    from sightline.memory import Workspace
    from sightline.tools.detection import count, detect

    small = np.full((96, 128, 3), 200, np.uint8)
    draw_shape(small, "circle", (205, 40, 35), (30, 30), 30)
    draw_shape(small, "circle", (45, 80, 200), (80, 60), 34)
    large = cv2.resize(small, (8000, 6000), interpolation=cv2.INTER_NEAREST)
    with Workspace.create(tmp_path / "ws") as workspace:
        for pixels in (small, large, np.full((2, 2, 3), 90, np.uint8)):
            workspace.add_picture(pixels)
        run = Run(workspace, BackEnds({"detection": f"yolo:{trained}"}, offline=True))
        text = run.text(detect, image="img1", names=["Circles", "circle", "star"])
        assert text.startswith("2 circles detected at 0.30 or above")
        assert "'star' is not among the 3 names that this detector knows" in text
        run(detect, image="img1", names=["circle"])
        assert len(workspace.scene.objects) == 2
        assert run.text(detect, image="img2", names=["circle"]).startswith("2 circles")
        boxes = sorted(o.in_picture("img2").box for o in workspace.scene.objects.values() if o.in_picture("img2"))  # type: ignore[union-attr,type-var]
        scale = 8000 / 128
        assert np.divide(boxes, scale) == pytest.approx(np.array([(15, 15, 45, 45), (63, 43, 97, 77)]), abs=4)
        assert run.text(count, images=["img1", "img2"], name="circle").startswith("2 circles over 2 photos")
        assert "no circle detected" in run.text(detect, image="img3", names=["circle"])


def test_other_libraries_stay_as_they_were() -> None:
    # ultralytics replaces Image.open by one that asks for pi_heif on a broken file, and cv2.imread by its own.
    code = (
        "import cv2\nfrom PIL import Image\nbefore = Image.open, cv2.imread, cv2.imwrite\n"
        "from sightline.tools.back_ends.yolo_setup import import_ultralytics\nimport_ultralytics()\n"
        "assert (Image.open, cv2.imread, cv2.imwrite) == before"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
