"""Small files in the official formats of benchmarks, and items to score."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from sightline.agents.answers import Kind
from sightline.evals.item import Asked, Item

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"
"""Question files of real benchmarks, which are not part of the project."""


def picture(shade: int = 0, form: str = "PNG") -> bytes:
    """A small picture; another shade is another picture."""
    data = io.BytesIO()
    Image.new("RGB", (8, 6), (shade, 90, 200)).save(data, form)
    return data.getvalue()


def on_hub(data: bytes) -> dict[str, Any]:
    """A picture as the hub's parquet files have it."""
    return {"bytes": data, "path": "a name that says nothing.jpg"}


def write_parquet(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """A parquet file, small groups of rows as large data sets have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=2)


def choice(target: str = "B", options: Sequence[str] = ("left", "right", "above", "below")) -> Item:
    """A question of multiple choice."""
    lettered = tuple(f"{letter}. {text}" for letter, text in zip("ABCDEF", options, strict=False))
    return Item("1", Asked("Where is it?", "choice", lettered), target, "a", "scene")


def number(target: float, unit: str | None = None, kind: Kind = "number") -> Item:
    """A question for a number."""
    return Item("1", Asked("How much is it?", kind, unit=unit), target, "a", "scene")
