"""What the web demo is made of: limits, the queue, the feed, marks, old runs, maps and clouds; without a browser."""

from __future__ import annotations

import asyncio
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from trace_example import write_example

from sightline.demos.web import Address, Limits
from sightline.demos.web.feed import Feed
from sightline.demos.web.limits import sort_files
from sightline.demos.web.marking import mark_of, marks_html, to_draw_on
from sightline.demos.web.opening import open_upload
from sightline.demos.web.panels.cloud import cloud_file, frustum, to_glb
from sightline.demos.web.panels.map import map_svg
from sightline.demos.web.panels.memory import memory_panel
from sightline.demos.web.samples import SAMPLES
from sightline.demos.web.session import Brain, House, Session
from sightline.demos.web.slots import Slots
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import DataDraft, InputError, ToolFinished, Workspace


@pytest.fixture
def photo(tmp_path: Path) -> str:
    Image.new("RGB", (400, 200), "white").save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


# What may be given


def test_files_are_sorted_by_what_they_are(photo: str) -> None:
    assert sort_files([photo], Limits(), panorama=False).pictures == {"img1": photo}
    assert sort_files([photo], Limits(), panorama=True).pictures == {"pano1": photo}


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        (Limits(files=1), "2 files were given; the limit is 1"),
        (Limits(megapixels=0.05), "0 megapixels; the limit is 0.05"),
        (Limits(upload_mb=0), "MB; the limit is 0"),
    ],
)
def test_what_is_beyond_a_limit_is_refused(photo: str, limits: Limits, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        sort_files([photo, photo], limits, panorama=False)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
    with pytest.raises(InputError, match="megapixels; the limit is 60"):
        sort_files([str(bomb)], Limits(), panorama=False)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    for name, said in (("notes.txt", "no picture and no video"), ("broken.jpg", "cannot be read as a picture")):
        (tmp_path / name).write_bytes(b"nothing to see")
        with pytest.raises(InputError, match=said):
            sort_files([str(tmp_path / name)], Limits(), panorama=False)


# Who may reach it


@pytest.mark.parametrize("address", [Address("0.0.0.0"), Address(share=True), Address("192.168.1.7", password="short")])
def test_a_page_that_others_reach_needs_a_password(address: Address) -> None:
    with pytest.raises(InputError, match="needs a password of eight"):
        address.check()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_page_for_oneself_needs_none(host: str) -> None:
    Address(host).check()


def test_strangers_do_not_use_the_owners_keys_or_network() -> None:
    house = House(Limits(), None, True, Slots(1, 1))
    with pytest.raises(InputError, match="needs a key"):
        house.check(Brain("openai:gpt-5"))
    with pytest.raises(InputError, match="server's address"):
        house.check(Brain("rules", base_url="http://10.0.0.1/v1"))
    house.check(Brain("openai:gpt-5", key="sk-mine"))
    assert "sk-mine" not in repr(Brain(key="sk-mine"))


# The queue and the feed


async def test_turns_are_given_in_order_and_each_knows_its_place() -> None:
    slots = Slots(1, 5)
    told: dict[str, list[int]] = {"b": [], "c": []}
    order: list[str] = []
    release = asyncio.Event()

    async def work(name: str) -> None:
        async with slots.turn(lambda place: told[name].append(place)):
            order.append(name)
            await release.wait()

    first = asyncio.create_task(work("a"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(work(name)) for name in ("b", "c")]
    await asyncio.sleep(0)
    assert told == {"b": [0], "c": [1]}
    release.set()
    await asyncio.gather(first, *others)
    assert order == ["a", "b", "c"]
    assert told["c"] == [1, 0]


async def test_who_stops_waiting_holds_up_nobody() -> None:
    slots = Slots(1, 5)
    release = asyncio.Event()
    done: list[str] = []

    async def work(name: str) -> None:
        async with slots.turn(lambda place: None):
            await release.wait()
            done.append(name)

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[0].cancel()
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == ["c"]
    async with asyncio.timeout(5), slots.turn(lambda place: None):
        pass


async def test_a_full_queue_says_so() -> None:
    slots = Slots(1, 0)
    async with slots.turn(lambda place: None):
        with pytest.raises(InputError, match="wait already"):
            async with slots.turn(lambda place: None):
                pass


async def test_the_feed_tells_everything_once_and_forgets_what_was_received() -> None:
    feed = Feed()
    feed.tell({"n": 1}, {"n": 2})
    following, messages = await feed.more(0, 5)
    assert [m["n"] for m in messages] == [1, 2]
    again, same = await feed.more(0, 5)
    assert (again, same) == (following, messages), "what was lost on the way is told again"
    waiting = asyncio.create_task(feed.more(following, 5))
    await asyncio.sleep(0)
    feed.tell({"n": 3})
    assert (await waiting)[1] == [{"n": 3}]
    assert (await feed.more(0, 0.01))[1] == [{"n": 3}], "what was received is forgotten"


# Marks


def test_what_is_drawn_is_a_box_in_stored_pixels(photo: str) -> None:
    layer = np.zeros((100, 200, 4), np.uint8)
    layer[10:30, 40:80, 3] = 255
    mark = mark_of(" mug ", "img1", photo, {"background": None, "layers": [layer]})
    assert (mark.name, mark.picture, mark.place) == ("mug", "img1", (80.0, 20.0, 160.0, 60.0))
    assert "mug" in marks_html([mark])


def test_a_dot_is_a_point(photo: str) -> None:
    layer = np.zeros((200, 400, 4), np.uint8)
    layer[98:104, 196:204, 3] = 255
    assert mark_of("lamp", "img1", photo, {"layers": [layer]}).place == (200.0, 101.0)


@pytest.mark.parametrize(("name", "drawn", "said"), [("", None, "no name"), ("mug", None, "Nothing is drawn")])
def test_an_empty_drawing_is_no_mark(photo: str, name: str, drawn: None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mark_of(name, "img1", photo, drawn)


def test_the_picture_to_draw_on_is_small_and_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    Image.new("RGB", (2000, 1000), "white").save(tmp_path / "turned.jpg", exif=exif)
    assert to_draw_on(str(tmp_path / "turned.jpg")).shape == (720, 360, 3)


# Old runs


def test_a_zipped_run_is_opened_with_its_pictures(tmp_path: Path) -> None:
    write_example(tmp_path / "run")
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for path in (tmp_path / "run").rglob("*"):
            archive.write(path, Path("some folder") / path.relative_to(tmp_path))
        archive.writestr("some folder/run/other.txt", "not a part of a run")
    folder = open_upload(tmp_path / "old.zip", tmp_path / "opened", Limits())
    opened = Workspace.open(folder)
    assert opened.pixels("img1").shape[2] == 3
    assert not (folder / "other.txt").exists()


def test_a_zip_writes_nowhere_else(tmp_path: Path) -> None:
    write_example(tmp_path / "run")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.write(tmp_path / "run" / "trace.jsonl", "trace.jsonl")
        archive.writestr("artifacts/../../../escaped.txt", "out")
        archive.writestr("../escaped.txt", "out")
    open_upload(tmp_path / "evil.zip", tmp_path / "deep" / "opened", Limits())
    assert not list(tmp_path.rglob("escaped.txt"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.zip", b"PK nothing", "cannot be unpacked"),
        ("no.txt", b"", "no run that is known"),
        ("no.jsonl", b"{broken\n{}\n", "not a valid event"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said):
        open_upload(tmp_path / name, tmp_path / "opened", Limits())


def test_a_zip_that_swells_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.jsonl", b" " * 30_000_000)
    with pytest.raises(InputError, match="too large unpacked"):
        open_upload(tmp_path / "big.zip", tmp_path / "opened", Limits(upload_mb=1))


# Maps and clouds


def reconstructed(folder: Path, count: int) -> Workspace:
    """A run that holds a reconstruction of two photos, one unit apart."""
    random = np.random.default_rng(0)
    points = random.uniform((-2, 1, 0), (2, 5, 2), (count, 3)).astype(np.float32)
    colors = random.integers(0, 255, (count, 3)).astype(np.uint8)
    lens = Intrinsics.from_field_of_view((64, 48), 60.0)
    forward = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 1.5], [0, 0, 0, 1]])
    other = forward.copy()
    other[0, 3] = 1.0
    scene = Reconstruction(
        {"img1": Camera(lens, forward), "img2": Camera(lens, other)}, PointCloud(points, colors), "relative"
    )
    arrays, data = scene.to_arrays()
    ws = Workspace.create(folder)
    for _ in range(2):
        ws.add_picture(np.zeros((48, 64, 3), np.uint8))
    call = ws.begin_call("reconstruct", {})
    stored = ws.keep_data(DataDraft("cloud", arrays, "a room", {"reconstruction": data}), "fresh0")
    ws.append(ToolFinished(call=call, tool="reconstruct", outcome="ok", text="made", artifacts=[stored]))
    ws.commit([call])
    return ws


def glb_tree(content: bytes) -> dict[str, object]:
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON"
    tree: dict[str, object] = json.loads(content[20 : 20 + size])
    return tree


def test_a_cloud_is_given_as_it_is_with_its_cameras(tmp_path: Path) -> None:
    made = cloud_file(reconstructed(tmp_path / "run", 5000), tmp_path / "out")
    assert made is not None
    path, words = made
    assert words == "cloud1: 5,000 points, 2 cameras"
    points, cameras = glb_tree(path.read_bytes())["meshes"][0]["primitives"]  # type: ignore[index]
    assert (points["mode"], cameras["mode"]) == (0, 1)


def test_a_large_cloud_says_how_much_of_it_is_shown(tmp_path: Path) -> None:
    made = cloud_file(reconstructed(tmp_path / "run", 210_000), tmp_path / "out")
    assert made is not None
    assert made[1] == "cloud1: showing 200 k of 210 k points, 2 cameras"
    tree = glb_tree(made[0].read_bytes())
    assert tree["accessors"][0]["count"] == 200_000  # type: ignore[index]


def test_gltf_has_y_up() -> None:
    content = to_glb([(0, np.array([[1, 2, 3]], np.float32), np.array([[255, 0, 0]], np.uint8))])
    size = struct.unpack_from("<I", content, 12)[0]
    assert struct.unpack_from("<3f", content, 28 + size) == (1.0, 3.0, -2.0)


def test_a_frustum_looks_where_its_camera_does() -> None:
    pose = np.array([[1.0, 0, 0, 5], [0, 0, 1, 0], [0, -1, 0, 1], [0, 0, 0, 1]])
    lines = frustum(Camera(Intrinsics.from_field_of_view((40, 30), 90.0), pose), 0.5)
    assert lines.shape == (16, 3)
    ends = lines[1:8:2]
    assert np.allclose(lines[0], (5, 0, 1))
    assert (ends[:, 1] > 0).all(), "it looks along +y"
    assert np.allclose(np.linalg.norm(ends - lines[0], axis=1), 0.5, atol=1e-6)


def test_the_map_has_forward_up_and_a_scale(tmp_path: Path) -> None:
    drawn = map_svg(reconstructed(tmp_path / "run", 300))
    assert drawn.count('class="camera"') == 2
    assert "scene units" in drawn
    assert ">img1<" in drawn


def test_the_memory_panel_says_what_a_run_knows(tmp_path: Path) -> None:
    write_example(tmp_path / "run")
    ws = Workspace.open(tmp_path / "run")
    panel = memory_panel(ws, "r1-")
    for item in ws.plan:
        assert item.text in panel
    for known in ws.scene.objects.values():
        assert f">{known.handle}<" in panel
    assert memory_panel(Workspace.create(tmp_path / "new"), "").startswith("<p")


# Sessions


async def test_a_closed_tab_ends_its_runs_and_leaves_nothing(tmp_path: Path) -> None:
    from sightline.demos.web.session import Form

    session = Session(House(Limits(), None, True, Slots(2, 2)))
    await session.ask(Form("How many coins are there?", [str(SAMPLES[0].paths[0])]))
    lane = session.lanes["r1"]
    await session.close()
    assert not lane.busy
    assert lane.state == "stopped"
    assert not session.folder.exists()


async def test_a_run_that_was_stopped_before_it_began_begins_when_it_is_to_go_on(tmp_path: Path) -> None:
    from sightline.demos.web.session import Form

    session = Session(House(Limits(), tmp_path / "runs", False, Slots(2, 2)))
    await session.ask(Form("How many coins are there?", [str(SAMPLES[0].paths[0])]))
    await session.stop("r1")
    await session.resume("r1")
    state, received = "", 0
    while state != "done":
        received, messages = await session.feed.more(received, 20)
        state = next((m["state"] for m in reversed(messages) if m["do"] == "state"), "")
        assert state != "failed", messages
    answer = session.lanes["r1"].workspace.answer
    assert answer is not None
    assert answer.value == 24
    await session.close()


async def test_a_run_that_takes_too_long_is_stopped_with_words(tmp_path: Path) -> None:
    from sightline.demos.web.session import Form

    session = Session(House(Limits(seconds=0.05), tmp_path / "runs", False, Slots(2, 2)))
    await session.ask(Form("How many coins are there?", [str(SAMPLES[0].paths[0])]))
    said = ""
    received = 0
    while not said:
        received, messages = await session.feed.more(received, 20)
        said = next((m["said"] for m in messages if m["do"] == "state" and m.get("said")), "")
    assert "the limit of this page" in said
    await session.close()


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_samples_are_answered_by_looking_at_them(sample: object, tmp_path: Path) -> None:
    """The rules answer every question offered, and another picture changes the answer or takes it away."""
    from sightline.agents import SpatialAgent
    from sightline.demos.web.samples import Sample

    assert isinstance(sample, Sample)
    agent = SpatialAgent("rules", runs=tmp_path, checkpoint=False)

    def ask(question: str, pictures: list[object]) -> tuple[str, str]:
        given = {"panorama": pictures} if sample.panorama else {"images": pictures}
        answer = agent.ask(question, given.pop("images", ()), marks=sample.marks, **given)
        return answer.status, answer.details

    assert len(sample.offered) == 3
    for question in sample.offered:
        status, details = ask(question, list(sample.paths))
        assert status == "answered", (question, details)
        opened = [np.asarray(Image.open(path).convert("RGB")) for path in sample.paths]
        changed = [picture[::-1, ::-1].copy() for picture in opened[::-1]]
        if not sample.boxes:  # what is marked must stay inside
            changed = [picture[: len(picture) // 2, : len(picture[0]) // 2].copy() for picture in changed]
        assert ask(question, list(changed)) != (status, details), question


@pytest.mark.slow
def test_a_sample_of_an_inspect_log_is_opened(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai", reason="the extra evals is not installed")
    from eval_kit import MUGS, write_mugs
    from inspect_ai import eval as evaluate

    from sightline.evals.running.setting_up import Asked, make_task

    data = write_mugs(tmp_path / "data", 2)
    task = make_task(MUGS, Asked(data=str(data)))
    (log,) = evaluate(task, model="sightline/rules", log_dir=str(tmp_path / "logs"), display="none", ctl_server=False)
    opened = Workspace.open(open_upload(Path(log.location), tmp_path / "opened", Limits(), "mug-1"))
    assert opened.started is not None
    assert opened.pixels("img1").shape == (48, 64, 3)
    with pytest.raises(InputError, match="has no sample 'mug-99'"):
        open_upload(Path(log.location), tmp_path / "opened", Limits(), "mug-99")
