"""Items whose answers are places, with masks written as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.agents.answers import Kind
from sightline.evals import Asked, Item


def item_of(target: Any, kind: Kind = "points", *, pictures: tuple[Path, ...] = (), **facts: Any) -> Item:
    """An item with this target."""
    asked = Asked("Where?", kind, pictures=pictures)
    return Item("1", asked, target, category="c", cluster="1", facts=facts)


def write_grey(path: Path, grey: NDArray[np.uint8]) -> Path:
    """A picture or mask, as PNG or whatever the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grey).save(path)
    return path


def box_mask(size: tuple[int, int], box: tuple[int, int, int, int], grey: int = 255) -> NDArray[np.uint8]:
    """A mask of (width, height) that is `grey` in x0 <= x < x1, y0 <= y < y1 and black around."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = grey
    return mask
