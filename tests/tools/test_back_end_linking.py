"""Tracks made by linking a detector's boxes: with a detector that finds coloured patches, no weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from shapes_kit import seen

from sightline.tools.back_ends.linking import MOST_MISSED, LinkTracker, overlap
from sightline.tools.back_ends.protocols import Detection, Seen, Tracked

COLORS = {"red": (220, 10, 10), "blue": (10, 10, 220)}


class Patches:
    """A `Detector` of plain coloured patches: each connected one is a thing, its score is its brightness."""

    name = "patches"
    trained_on = ""
    names: tuple[str, ...] | None = tuple(COLORS)

    def detect(self, picture: Seen, names: Sequence[str], threshold: float) -> list[Detection]:
        from scipy import ndimage

        found = []
        for name in names:
            channel = 0 if name == "red" else 2
            other = picture.pixels[..., 2 - channel].astype(int)
            labels, _ = ndimage.label(picture.pixels[..., channel].astype(int) - other > 30)
            for window in ndimage.find_objects(labels):
                y, x = window
                score = float(picture.pixels[window][..., channel].max()) / 255
                if score >= threshold:
                    found.append(Detection(name, (x.start, y.start, x.stop, y.stop), score))
        return sorted(found, key=lambda d: -d.score)


def run(frames: list[list[tuple[str, int, int, float]]], names: Sequence[str] = ()) -> list[Tracked]:
    """Frames of (colour, x, y, brightness), each a patch of 20x20."""
    pictures = []
    for number, patches in enumerate(frames):
        pixels = np.full((120, 260, 3), 5, np.uint8)
        for color, x, y, bright in patches:
            pixels[y : y + 20, x : x + 20] = [int(c * bright) for c in COLORS[color]]
        pictures.append(seen(pixels, f"f{number}", number / 10))
    return LinkTracker(Patches()).track(iter(pictures), names, 0.5)


def test_two_things_that_pass_each_other_keep_their_tracks() -> None:
    frames = [[("red", 10 + 6 * n, 20, 1.0), ("blue", 200 - 6 * n, 24, 1.0)] for n in range(30)]
    red, blue = sorted(run(frames), key=lambda t: t.name, reverse=True)
    assert (red.name, blue.name) == ("red", "blue")
    assert red.boxes[29] == (184, 20, 204, 40)
    assert all(box is not None for box in blue.boxes)


def test_two_of_one_kind_that_pass_on_two_levels_are_not_swapped() -> None:
    frames = [[("red", 10 + 6 * n, 20, 1.0), ("red", 190 - 6 * n, 48, 1.0)] for n in range(30)]
    tracks = run(frames)
    assert len(tracks) == 2
    assert sorted((t.boxes[0][0], t.boxes[29][0]) for t in tracks if t.boxes[0] and t.boxes[29]) == [
        (10, 184),
        (190, 16),
    ]


@pytest.mark.parametrize("gap", [1, 5, MOST_MISSED - 1])
def test_what_is_hidden_for_a_while_is_found_again_where_it_went(gap: int) -> None:
    frames = [[] if 8 <= n < 8 + gap else [("red", 10 + 6 * n, 20, 1.0)] for n in range(30)]
    (track,) = run(frames)
    assert [box is None for box in track.boxes] == [8 <= n < 8 + gap for n in range(30)]


def test_what_stays_away_longer_is_another_track() -> None:
    frames = [[] if 5 <= n < 6 + MOST_MISSED else [("red", 50, 20, 1.0)] for n in range(30)]
    assert len(run(frames)) == 2


def test_a_weak_box_goes_on_with_a_track_but_starts_none() -> None:
    weak_later = run([[("red", 50, 20, 1.0 if n < 5 else 0.35)] for n in range(10)])
    assert [len([b for b in t.boxes if b]) for t in weak_later] == [10]
    assert run([[("red", 50, 20, 0.35)] for n in range(10)]) == []


def test_a_fast_thing_that_overlaps_nothing_is_one_track() -> None:
    (track,) = run([[("red", 5 + 24 * n, 20, 1.0)] for n in range(10)])
    assert all(track.boxes)


def test_no_frames_and_nothing_seen() -> None:
    assert run([]) == []
    assert run([[], []]) == []


def test_names_limit_what_is_followed() -> None:
    tracks = run([[("red", 10, 20, 1.0), ("blue", 100, 20, 1.0)]] * 3, ["blue"])
    assert [t.name for t in tracks] == ["blue"]
    assert tracks[0].score == pytest.approx(220 / 255)


def test_overlap_is_that_of_the_areas() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0
