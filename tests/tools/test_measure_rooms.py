"""Measuring in furnished rooms: what is stated holds the truth, with masks and with boxes only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightline.evals.synthetic.render import views_around
from sightline.evals.synthetic.rooms import example_room
from sightline.geometry import poses
from sightline.geometry.cameras import Camera, Intrinsics
from sightline.geometry.clouds import PointCloud, smooth_depth
from sightline.geometry.reconstructions import Reconstruction
from sightline.memory import InstrumentLimit
from sightline.tools.measure.floors import find_floor
from sightline.tools.measure.surfaces import room_outline
from sightline.tools.measure.things import Mark, observed_from

FEWEST = 60


@pytest.mark.slow
def test_places_in_rooms_are_within_their_errors() -> None:
    right = {"mask": [], "box": []}
    for seed in (0, 1):
        scene = example_room(seed)
        views = views_around(scene, 4, (384, 384))
        world = poses.level_world(views[0].pose, poses.UP)
        cameras, depths, clouds = {}, {}, []
        for k, view in enumerate(views):
            camera = Camera(Intrinsics.from_field_of_view(view.size, view.camera.fov, "known"), world @ view.pose)
            depth = np.where(np.isfinite(view.depth), view.depth, np.nan).astype(np.float32)
            cameras[f"img{k}"], depths[f"img{k}"] = camera, depth
            clouds.append(PointCloud.from_depth(camera, depth, view.colour, k, smooth_depth(depth)))
        room = Reconstruction(cameras, PointCloud.joined(clouds), "measured", up="known", depths=depths)
        floor = find_floor(room)
        assert floor is not None
        assert floor.height == pytest.approx(world[2, 3], abs=0.01)
        outline = room_outline(room, floor)
        assert sorted(outline.size[:2].tolist()) == pytest.approx(sorted(scene.size[:2]), rel=0.01)
        for number, thing in enumerate(scene.things, start=1):
            shown = {f"img{k}": view.ids == number for k, view in enumerate(views)}
            masks = {handle: mask for handle, mask in shown.items() if mask.sum() >= FEWEST}
            if thing.structure or not masks:
                continue
            marks = []
            for handle, mask in masks.items():
                rows, columns = np.nonzero(mask)
                box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
                marks.append(Mark(handle, box, None, handle))
            truth = world[:3, :3] @ thing.centre() + world[:3, 3]
            for kind, how in (("mask", marks), ("box", [replace(m, mask=None) for m in marks])):
                try:
                    found = observed_from(room, thing.name, how, masks)
                except InstrumentLimit:
                    continue
                right[kind].append(np.linalg.norm(found.centre - truth) <= found.error)
    assert len(right["mask"]) > 35
    assert np.mean(right["mask"]) >= 0.97
    assert np.mean(right["box"]) >= 0.9
