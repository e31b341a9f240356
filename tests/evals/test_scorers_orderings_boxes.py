"""Orderings by their pairs, boxes by their overlap."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from place_kit import box_mask, item_of, write_grey
from scipy.stats import kendalltau

from sightline.evals import Asked, Item
from sightline.evals.scorers.boxes import BoxOverlap, iou
from sightline.evals.scorers.orderings import Ordering, pairs_right

ASKED = Asked("In which order do they appear?", "ordering", options=("A. chair", "B. table", "C. lamp", "D. sofa"))
ITEM = Item("1", ASKED, ["C", "A", "D", "B"], category="c", cluster="1")


@pytest.mark.parametrize(
    ("said", "exact", "pairs"),
    [
        ("C, A, D, B", 1, 1),
        ("ANSWER: C, A, D, B", 1, 1),
        ("The order is C then A then D then B.", 1, 1),
        ("A, C, D, B", 0, 5 / 6),
        ("B, D, A, C", 0, 0),
        ("C, A, D", 0, None),
        ("C, A, D, D", 0, None),
        ("C, A, D, B or maybe A, C, D, B", 0, None),
        ("", 0, None),
    ],
)
def test_an_ordering_is_right_or_partly_right(said: str, exact: float, pairs: float | None) -> None:
    mark = Ordering()(ITEM, said)
    assert (mark.value, mark.parsed) == (exact, pairs is not None)
    assert Ordering(by_pairs=True)(ITEM, said).value == pytest.approx(pairs or 0)


@given(st.permutations(list("ABCDE")), st.permutations(list("ABCDE")))
def test_the_share_of_pairs_is_kendalls_tau(given_: list[str], right: list[str]) -> None:
    ranks = [given_.index(label) for label in right]
    tau = kendalltau(ranks, range(5)).statistic
    assert pairs_right(given_, right) == pytest.approx((1 + tau) / 2)


@pytest.mark.parametrize(
    ("given_", "right"), [("AB", "ABC"), ("AA", "AB"), ("AB", "AA"), ("A", "A")], ids=["few", "twice", "tie", "one"]
)
def test_orderings_of_other_labels_are_refused(given_: str, right: str) -> None:
    with pytest.raises(ValueError, match="ordering"):
        pairs_right(given_, right)


whole_boxes = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 8), st.integers(1, 8)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(whole_boxes, whole_boxes)
def test_iou_of_whole_boxes_is_that_of_their_pixels(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    one, other = (box_mask((24, 24), box) > 0 for box in (a, b))  # type: ignore[arg-type]
    expected = np.logical_and(one, other).sum() / np.logical_or(one, other).sum()
    assert iou(a, b) == pytest.approx(expected)


@given(whole_boxes, whole_boxes, st.floats(0.01, 100), st.floats(-50, 50))
def test_iou_is_symmetric_and_unchanged_by_moving_and_scaling(
    a: tuple[int, ...], b: tuple[int, ...], scale: float, shift: float
) -> None:
    def moved(box: tuple[int, ...]) -> list[float]:
        return [value * scale + shift for value in box]

    assert iou(a, b) == pytest.approx(iou(b, a))
    assert iou(moved(a), moved(b)) == pytest.approx(iou(a, b), abs=1e-6)


def test_touching_boxes_do_not_overlap_and_flat_ones_are_refused() -> None:
    assert iou((0, 0, 2, 2), (2, 0, 4, 2)) == 0
    assert iou((0, 0, 2, 2), (5, 5, 6, 6)) == 0
    for a, b in combinations([(0, 0, 2, 2), (3, 3, 3, 5), (4, 4, 2, 6)], 2):
        with pytest.raises(ValueError, match="area"):
            iou(a, b)


@pytest.mark.parametrize(
    ("said", "overlap"),
    [
        ("[10, 10, 30, 30]", 1),
        ("ANSWER: [10, 10, 30, 20]", 0.5),
        ("[10, 10, 30, 30] or [0, 0, 5, 5]", 0),
        ("the mug", 0),
        ("[10, 10, 130, 30]", 0),
    ],
)
def test_a_box_is_scored_by_its_overlap_or_by_a_threshold(tmp_path: Path, said: str, overlap: float) -> None:
    picture = write_grey(tmp_path / "p.png", np.zeros((80, 100), np.uint8))
    item = item_of([10, 10, 30, 30], "box", pictures=(picture,))
    assert BoxOverlap()(item, said).value == pytest.approx(overlap)
    assert BoxOverlap(0.5)(item, said).value == float(overlap >= 0.5)
    assert BoxOverlap(0.51)(item, said).value == float(overlap >= 0.51)
