"""track, keypoints and read_text: their texts, what they enter, and frames of a real video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import MethodType
from typing import Any

import av
import numpy as np
import pytest
from scene_run import Run
from shapes_kit import draw_shape, seen
from tool_kit import workspace_in

from sightline.memory import Workspace
from sightline.tools.back_ends import BackEnds, TextFound
from sightline.tools.detection import keypoints, read_text, track
from sightline.tools.detection.frames import read_frames
from sightline.tools.detection.reading import read_in

RED = (220, 10, 10)
needs_yolo = pytest.mark.skipif(
    find_spec("ultralytics") is None or find_spec("lap") is None, reason="needs sightline[vision]"
)


def write_video(path: Path, frames: list[np.ndarray], fps: int = 10) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], "yuv444p"
        stream.options = {"crf": "8"}
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


def moving(count: int, hidden: range = range(0)) -> list[np.ndarray]:
    out = []
    for n in range(count):
        pixels = np.full((120, 160, 3), 110, np.uint8)
        if n not in hidden:
            draw_shape(pixels, "square", RED, (20 + 4.0 * n, 60), 24)
        out.append(pixels)
    return out


@pytest.fixture
def clip(tmp_path: Path) -> Iterator[Workspace]:
    write_video(tmp_path / "clip.mp4", moving(30))
    with Workspace.create(tmp_path / "ws") as workspace:
        workspace.add_video(tmp_path / "clip.mp4")
        yield workspace


@pytest.mark.parametrize(
    ("rate", "most", "count"), [(10, 100, 30), (100, 100, 30), (5, 100, 15), (2, 100, 6), (10, 4, 4)]
)
def test_frames_come_at_regular_times(clip: Workspace, rate: float, most: int, count: int) -> None:
    got = list(read_frames(clip.path("vid1"), rate, most))
    times = [time for time, _ in got]
    assert len(got) == count
    assert times[0] == 0
    assert np.diff(times) == pytest.approx(1 / min(rate, 10), abs=0.011)
    for time, pixels in got:
        columns = np.flatnonzero((pixels[60, :, 0].astype(int) - pixels[60, :, 1]) > 100)
        assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(20 + 40 * time, abs=1)


@pytest.fixture
def red_yolo(tmp_path: Path) -> Callable[[str, str], BackEnds]:
    """Back ends over a YOLO whose network boxes what is red in its input."""
    import torch

    from sightline.tools.back_ends.yolo_setup import import_ultralytics

    def make(role: str, name: str) -> BackEnds:
        pose = role == "keypoints"
        model = import_ultralytics().YOLO("yolo11n-pose.yaml" if pose else "yolo11n.yaml")
        model.model.names = {0: "person"} if pose else {0: "person", 1: "car"}
        path = tmp_path / f"{name}.pt"
        model.save(str(path))
        settings = {role: f"{name}:{path}"}
        loaded = BackEnds(settings, offline=True).load(role)

        def look(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            out = torch.zeros(1, 56 if pose else 84, 8)
            rows, columns = torch.nonzero(x[0, 0] - torch.maximum(x[0, 1], x[0, 2]) > 0.3, as_tuple=True)
            if len(rows):
                x0, y0, x1, y1 = (float(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
                out[0, :4, 0] = torch.tensor([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])
                out[0, 4, 0] = 0.9
                if pose:
                    joints = [[x0 + n, y0, 0.9 if n < 13 else 0.1] for n in range(17)]
                    out[0, 5:, 0] = torch.tensor(joints).flatten()
            return out

        loaded.model.model.forward = MethodType(look, loaded.model.model)
        return BackEnds(settings, offline=True)

    return make


@needs_yolo
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_track_follows_a_video_and_keeps_it(clip: Workspace, red_yolo: Callable[[str, str], BackEnds]) -> None:
    run = Run(clip, red_yolo("tracking", "yolo-track"))
    text = run.text(track, video="vid1", names=["People"], per_second=10)
    assert "1 person followed through 30 frames of vid1 from 0.0 to 2.9 s; tracks, not a count" in text
    assert "centre from 12 % of the width and 50 % of the height to 85 % of the width" in text
    (handle,) = (h for h, a in clip.artifacts.items() if a.kind == "track")
    assert handle in text
    arrays = clip.arrays(handle)
    assert arrays["boxes"].shape == (1, 30, 4)
    assert arrays["boxes"][0, 10] == pytest.approx((48, 48, 72, 72), abs=1.5)
    assert arrays["times"][-1] == pytest.approx(2.9, abs=0.01)
    assert clip.artifacts[handle].data["names"] == ["person"]
    count = len(clip.artifacts)
    assert f"{handle}, made before:" in run.text(track, video="vid1", names=["people"], per_second=10)
    assert len(clip.artifacts) == count
    nothing = run.text(track, video="vid1", names=["car"])
    assert nothing.startswith("no car was followed through 15 frames of vid1")
    assert "does not show there is none" in nothing
    assert "'boat'" in run(track, video="vid1", names=["boat"]).text
    assert run(track, video="vid1", names=[]).outcome != "ok"
    assert run(track, video="vid1", names=["person"], per_second=500).outcome != "ok"


@needs_yolo
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_keypoints_are_named_and_people_entered(tmp_path: Path, red_yolo: Callable[[str, str], BackEnds]) -> None:
    pixels = np.full((480, 640, 3), 110, np.uint8)
    pixels[100:400, 200:300] = RED
    with workspace_in(tmp_path, pixels, np.full((60, 80, 3), 90, np.uint8)) as workspace:
        run = Run(workspace, red_yolo("keypoints", "yolo-pose"))
        text = run.text(keypoints, image="img1")
        assert text.startswith("1 person detected at 0.40 or above, in img1 only; not a total.")
        assert "left shoulder" in text.split("not seen")[0]
        assert "not seen: left knee, right knee, left ankle, right ankle" in text
        (person,) = workspace.scene.objects.values()
        assert person.name == "person"
        assert person.sightings[0].box == pytest.approx((200, 100, 300, 400), abs=1)
        assert "no person detected above 0.40 in img2" in run.text(keypoints, image="img2")


class Reader:
    """Says how large what it was given is."""

    name = "reader"
    trained_on = ""

    def read(self, picture: Any) -> list[TextFound]:
        return [TextFound(f"{picture.size}", (1.0, 2.0, 5.0, 6.0), 0.9)]


def test_text_in_a_box_is_placed_in_the_picture() -> None:
    (found,) = read_in(seen(np.zeros((100, 200, 3), np.uint8)), (50.5, 20.0, 90.0, 60.0), Reader())
    assert found.text == "(40, 40)"
    assert found.box == (51.0, 22.0, 55.0, 26.0)


def test_reading_twice_reads_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Counting(Reader):
        def read(self, picture: Any) -> list[TextFound]:
            asked.append(picture.size)
            return super().read(picture)

    pixels = np.random.default_rng(5).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    with workspace_in(tmp_path, pixels) as workspace:
        monkeypatch.setattr(BackEnds, "text_reader", lambda self: Counting())
        run = Run(workspace, BackEnds(offline=True))
        first, again = (run.text(read_text, image="img1") for _ in range(2))
        assert asked == [(120, 90)]
        assert again.partition(";")[0] == first.partition(";")[0]
        assert "(40, 50)" in run.text(read_text, image="img1", box=[10, 10, 50, 60])
        leave_a_part_out(run)
        run.text(read_text, image="img1")  # other pixels are seen now
    assert asked == [(120, 90), (40, 50), (120, 90)]


def leave_a_part_out(run: Run) -> None:
    from sightline.tools.reconstruction import mask_out

    run.text(mask_out, image="img1", boxes=[[0, 0, 60, 60]], reason="screen")


def test_no_writing_is_not_no_writing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers", reason="needs sightline[vision]")
    from sightline.tools.back_ends.text_transformers import Trocr

    with workspace_in(tmp_path, np.full((200, 300, 3), 128, np.uint8)) as workspace:
        monkeypatch.setattr(BackEnds, "text_reader", lambda self: Trocr("x", None, None))
        text = Run(workspace, BackEnds(offline=True)).text(read_text, image="img1")
    assert text.startswith("no writing was read in img1: that does not show there is none")


def test_missing_weights_are_nobodys_mistake(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as workspace:
        run = Run(workspace, BackEnds(offline=True))
        from sightline.tools.detection import detect

        for tool, arguments in ((detect, {"names": ["mug"]}), (keypoints, {}), (read_text, {})):
            assert run(tool, image="img1", **arguments).outcome == "infrastructure"


def test_a_turned_picture_has_outlines_too(tmp_path: Path) -> None:
    """No camera saw it, but its pixels are there; what is found is also known in the photo."""
    from sightline.tools.detection import segment
    from sightline.tools.image import rotate

    pixels = np.full((100, 160, 3), 210, np.uint8)
    draw_shape(pixels, "square", RED, (50, 40), 30)
    with workspace_in(tmp_path, pixels) as workspace:
        run = Run(workspace, BackEnds({"segmentation": "grabcut"}, offline=True))
        run(rotate, image="img1", degrees=90)
        text = run.text(segment, image="view1", point=[40, 110], name="tile")  # (50, 40) turned counter-clockwise
        mask = workspace.arrays(text.split(":")[0])["mask"]
        assert mask.sum() == pytest.approx(900, abs=10)
        (tile,) = workspace.scene.objects.values()
        assert [s.picture for s in tile.sightings] == ["view1", "img1"]
        assert tile.sightings[1].box == pytest.approx((35, 25, 65, 55))
