"""Detections in the field's own type, and back."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("supervision", reason="needs sightline[vision]")

from sightline.tools.back_ends.protocols import Detection
from sightline.tools.back_ends.supervision_bridge import from_supervision, to_supervision


def test_there_and_back() -> None:
    mask = np.zeros((10, 20), bool)
    mask[2:5, 3:9] = True
    found = [Detection("chair", (3, 2, 9, 5), 0.8, mask), Detection("mug", (1.5, 1, 4, 6), 0.4, ~mask)]
    passed = to_supervision(found)
    assert passed.xyxy.tolist() == [[3, 2, 9, 5], [1.5, 1, 4, 6]]
    assert passed.class_id.tolist() == [0, 1]
    back = from_supervision(passed)
    assert [(d.name, d.box, d.score) for d in back] == [(d.name, d.box, d.score) for d in found]
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(back, found, strict=True))


def test_some_without_masks_and_none_at_all() -> None:
    some = to_supervision([Detection("a", (0, 0, 1, 1), 1.0, np.ones((2, 2), bool)), Detection("b", (0, 0, 1, 1), 0.5)])
    assert some.mask is None
    assert from_supervision(to_supervision([])) == []
