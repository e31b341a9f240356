"""Looking around in a panorama: every sign against pictures, the seam, the poles, what a view keeps, and refusals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from panorama_kit import DISCS, apart, made, middles, panorama_of_discs, refused, vector, workspace_of

from sightline.memory import InstrumentLimit, Workspace
from sightline.tools.contract import Panorama, ToolResult
from sightline.tools.image import crop_zoom
from sightline.tools.panorama import TOOLS, cubemap, look, turn
from sightline.tools.seeing import camera_of, intrinsics_of


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace_of(tmp_path_factory.mktemp("panorama"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return workspace_of(tmp_path, panorama_of_discs((512, 256)))


def seen(workspace: Workspace, handle: str) -> dict[str, tuple[float, float]]:
    """Where the discs are in a picture, from -0.5 (left, top) to 0.5."""
    pixels = workspace.pixels(handle)
    height, width = pixels.shape[:2]
    return {name: (x / width - 0.5, y / height - 0.5) for name, (x, y) in middles(pixels).items()}


# ------------------------------------------------------------------------------------------------------- signs


def test_straight_ahead_everything_is_on_its_side(shared: Workspace) -> None:
    text, handle = made(shared, look, panorama="pano1", yaw=0)
    where = seen(shared, handle)
    assert set(where) == {"ahead", "left", "right", "above", "below"}
    assert where["left"][0] < -0.2 < 0.2 < where["right"][0]
    assert where["above"][1] < -0.2 < 0.2 < where["below"][1]
    assert np.abs(where["ahead"]).max() < 0.005
    assert f"{handle} is pano1 seen towards yaw 0, pitch 0 (straight ahead, level)" in text.replace(
        "⟦new t.1/0⟧", handle
    )
    assert "It covers yaw -45 to 45, pitch -36.9 to 36.9." in text


def test_yaw_turns_right_and_pitch_looks_up(shared: Workspace) -> None:
    text, handle = made(shared, look, panorama="pano1", yaw=30)
    assert np.abs(seen(shared, handle)["right"]).max() < 0.005
    assert seen(shared, handle)["ahead"][0] < -0.2
    assert "30 degrees to the right, level" in text
    text, handle = made(shared, look, panorama="pano1", yaw=-30, pitch=10)
    assert abs(seen(shared, handle)["left"][0]) < 0.005
    assert seen(shared, handle)["left"][1] > 0.1
    assert "yaw -30, pitch 10 (30 degrees to the left, 10 degrees up)" in text
    text, handle = made(shared, look, panorama="pano1", yaw=0, pitch=-25)
    assert np.abs(seen(shared, handle)["below"]).max() < 0.005
    assert "25 degrees down" in text


@pytest.mark.parametrize("name", list(DISCS))
@pytest.mark.parametrize("field_of_view", [60.0, 110.0])
def test_what_one_looks_at_is_in_the_middle_within_half_a_degree(
    shared: Workspace, name: str, field_of_view: float
) -> None:
    """Also across the seam and at the poles, and off the middle as well."""
    yaw, pitch = DISCS[name][0]
    for offset in ((0.0, 0.0), (9.0, 7.0 if pitch < 80 else -7.0)):
        _, handle = made(
            shared, look, panorama="pano1", yaw=yaw + offset[0], pitch=pitch + offset[1], field_of_view=field_of_view
        )
        camera = camera_of(shared, handle)
        assert camera is not None
        spot = np.array(middles(shared.pixels(handle))[name])
        ray = camera.rays(spot)
        assert np.degrees(np.arccos(np.clip(ray @ vector(yaw, pitch), -1, 1))) < 0.5


def test_across_the_seam_left_and_right_keep_their_sides(shared: Workspace) -> None:
    text, handle = made(shared, look, panorama="pano1", yaw=180)
    where = seen(shared, handle)
    assert set(where) == {"seam", "before the seam", "behind the seam"}
    assert where["before the seam"][0] < -0.1 < 0.1 < where["behind the seam"][0]
    assert abs(where["seam"][0]) < 0.005
    assert "straight behind, level" in text
    assert "yaw 135 to -135 (across the seam, straight behind)" in text
    assert np.array_equal(shared.pixels(handle), shared.pixels(made(shared, look, panorama="pano1", yaw=-180)[1]))


def test_straight_up_the_lower_edge_is_towards_yaw_and_straight_down_the_upper(shared: Workspace) -> None:
    text, handle = made(shared, look, panorama="pano1", yaw=120, pitch=90)
    where = seen(shared, handle)
    assert where["near up"][1] > 0.05
    assert abs(where["near up"][0]) < 0.005
    assert "straight up; its lower edge is towards yaw 120" in text
    text, handle = made(shared, look, panorama="pano1", yaw=-60, pitch=-90)
    where = seen(shared, handle)
    assert where["near down"][1] < -0.05
    assert abs(where["near down"][0]) < 0.005
    assert "straight down; its upper edge is towards yaw -60" in text
    assert "straight down inside" in text


# ------------------------------------------------------------------------------------------------------- turning


def test_turning_goes_on_from_the_view(shared: Workspace) -> None:
    first = made(shared, look, panorama="pano1", yaw=150, pitch=5)[1]
    text, second = made(shared, turn, view=first, yaw=45, pitch=15, field_of_view=60)
    assert np.abs(seen(shared, second)["behind the seam"]).max() < 0.005
    assert f"{first} turned 45 degrees right and 15 degrees up" in text
    assert "towards yaw -165, pitch 20" in text
    assert intrinsics_of(shared, second).horizontal_fov == pytest.approx(60)
    text, third = made(shared, turn, view=second, yaw=-35, pitch=-32)
    assert np.abs(seen(shared, third)["before the seam"]).max() < 0.005
    assert "35 degrees left and 32 degrees down" in text
    assert intrinsics_of(shared, third).horizontal_fov == pytest.approx(60)


def test_a_view_turned_back_is_the_same_picture(workspace: Workspace) -> None:
    first = made(workspace, look, panorama="pano1", yaw=170, pitch=-20)[1]
    there = made(workspace, turn, view=first, yaw=100, pitch=40)[1]
    assert np.array_equal(
        workspace.pixels(made(workspace, turn, view=there, yaw=-100, pitch=-40)[1]), workspace.pixels(first)
    )


# ------------------------------------------------------------------------------------------------------- the rest


def test_a_view_keeps_how_it_was_made_and_its_camera(shared: Workspace) -> None:
    handle = made(shared, look, panorama="pano1", yaw=200, pitch=-10, field_of_view=70)[1]
    artifact = shared.artifacts[handle]
    kept = {name: artifact.data[name] for name in ("panorama", "yaw", "pitch", "roll", "field_of_view")}
    assert kept == {"panorama": "pano1", "yaw": -160.0, "pitch": -10.0, "roll": 0.0, "field_of_view": 70.0}
    assert artifact.parents == []
    lens = intrinsics_of(shared, handle)
    assert (lens.source, lens.size) == ("known", artifact.size)
    assert lens.horizontal_fov == pytest.approx(70)
    camera = camera_of(shared, handle)
    assert camera is not None
    assert np.allclose(camera.forward, vector(-160, -10))
    crop = made(shared, crop_zoom, image=handle, box=[0, 0, 200, 200])[1]
    assert intrinsics_of(shared, crop).source == "known"


def test_a_view_is_as_fine_as_the_panorama_and_says_where_it_is_enlarged(shared: Workspace) -> None:
    text, wide = made(shared, look, panorama="pano1", yaw=0, field_of_view=125)
    assert shared.artifacts[wide].size == (628, 471)
    assert "enlarged" not in text
    text, _ = made(shared, look, panorama="pano1", yaw=0, field_of_view=10)
    assert "enlarged 18 times beyond what pano1 resolves" in text


def test_the_crosshair_marks_the_middle_and_leaves_it_free(shared: Workspace) -> None:
    plain = shared.pixels(made(shared, look, panorama="pano1", yaw=45, pitch=20)[1])
    text, handle = made(shared, look, panorama="pano1", yaw=45, pitch=20, crosshair=True)
    changed = (shared.pixels(handle) != plain).any(axis=-1)
    rows, columns = changed.nonzero()
    height, width = changed.shape
    assert (rows.min() + rows.max() + 1) / 2 == pytest.approx(height / 2, abs=1.5)
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(width / 2, abs=1.5)
    assert not changed[height // 2 - 3 : height // 2 + 4, width // 2 - 3 : width // 2 + 4].any()
    assert changed.mean() < 0.02
    assert "Its middle, marked by a cross, is" in text


def test_the_cube_map_shows_every_disc_and_each_face_is_a_view(shared: Workspace) -> None:
    text, sheet = made(shared, cubemap, panorama="pano1")
    assert set(middles(shared.pixels(sheet))) == set(DISCS)
    links = shared.artifacts[sheet].parents
    assert len(links) == 6
    assert "right (yaw 90) is" in text
    with pytest.raises(InstrumentLimit):
        intrinsics_of(shared, sheet)
    for name, spot in middles(shared.pixels(sheet)).items():
        face, points = shared.to_input(sheet, np.array([spot]))
        camera = camera_of(shared, face)
        assert camera is not None, name
        assert camera.rays(points[0]) @ vector(*DISCS[name][0]) > np.cos(np.radians(0.5)), name
        assert intrinsics_of(shared, face).horizontal_fov == pytest.approx(90)
    # The faces of the middle row are in reading order, up is above front and down below it.
    regions = {link.handle: link.region or (0.0,) * 4 for link in links}
    front, right, back, left, up, down = regions.values()
    assert left[0] < front[0] < right[0] < back[0]
    assert up[0] == down[0] == front[0]
    assert up[1] < front[1] < down[1]
    assert "towards yaw 135" in made(shared, turn, view=next(iter(regions)), yaw=135)[0]


def test_two_threads_give_the_pictures_that_one_gives(workspace: Workspace) -> None:
    picture = workspace.picture("pano1")
    panorama = Panorama(picture.handle, picture.size, workspace)
    ways = [(yaw, pitch) for yaw in (0, 100, 180, -60) for pitch in (-90, 0, 40)]

    def pixels(way: tuple[int, int]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
        drafts = cast("ToolResult", look(panorama, *map(float, way), crosshair=True)).pictures
        return [draft.pixels for draft in drafts + cast("ToolResult", cubemap(panorama)).pictures[-1:]]

    one_after_the_other = [pixels(way) for way in ways]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(pixels, ways))
    for a, b in zip(one_after_the_other, together, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_what_is_refused_says_what_to_do(workspace: Workspace) -> None:
    view = made(workspace, look, panorama="pano1", yaw=0, pitch=80)[1]
    text = refused(workspace, look, panorama="img1", yaw=0)
    assert "img1 is a picture, not a panorama. Panoramas: pano1." in text
    assert "Panoramas: pano1" in refused(workspace, look, panorama=view, yaw=0)
    for wrong in (0.5, 151):
        text = refused(workspace, look, panorama="pano1", yaw=0, field_of_view=wrong)
        assert "Choose 1 to 150 degrees" in text
        assert "`cubemap` shows all around" in text
    assert "beyond straight up" in refused(workspace, look, panorama="pano1", yaw=0, pitch=91)
    assert "change yaw by 180" in refused(workspace, look, panorama="pano1", yaw=0, pitch=-95)
    assert "-180 (behind, by the left) to 180" in refused(workspace, look, panorama="pano1", yaw=400)
    text = refused(workspace, turn, view=view, pitch=20)
    assert "would go over the top. Turn by a pitch of -170 to 10." in text
    assert "Turn by -360 to 360" in refused(workspace, turn, view=view, yaw=500)
    assert f"Views of panoramas: {view}." in refused(workspace, turn, view="img1", yaw=10)
    assert "Use `look`" in refused(workspace, turn, view="pano1", yaw=10)
    for wrong in (0.1, 160):
        assert "Choose 1 to 150" in refused(workspace, turn, view=view, field_of_view=wrong)


@pytest.mark.parametrize("instrument", TOOLS, ids=lambda tool: tool.name)
def test_the_example_of_each_tool_works(workspace: Workspace, instrument: object) -> None:
    made(workspace, look, panorama="pano1", yaw=0)  # view1
    made(workspace, instrument, **instrument.example)  # type: ignore[attr-defined]


def test_the_kit_tells_angles() -> None:
    assert apart((179, 0), (-179, 0)) == pytest.approx(2)
    assert apart((0, 80), (180, 80)) == pytest.approx(20)
