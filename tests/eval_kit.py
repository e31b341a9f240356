"""What tests of the evals share: a small benchmark of mugs, made in a folder, and a model server that answers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from loop_kit import photo
from PIL import Image

from sightline.evals import Benchmark, Item, Protocol, Source
from sightline.evals.item import Asked
from sightline.evals.reading import read_records
from sightline.evals.scorers import Mark
from sightline.evals.scorers.aggregates import Micro

KINDS = ("nearer", "left")


def write_mugs(folder: Path, count: int, *, pictures: bool = True) -> Path:
    """Questions in `mugs.jsonl`, with a picture each; the right letter alternates."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for k in range(count):
        if pictures:
            Image.fromarray(photo(64, 48, seed=k)).save(folder / f"mug{k}.png")
        lines.append(
            {
                "id": f"mug-{k}",
                "question": f"Which mug is number {k}?",
                "picture": f"mug{k}.png" if pictures else "",
                "answer": "AB"[k % 2],
                "kind": KINDS[k // 2 % 2],
            }
        )
    (folder / "mugs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def _read(folder: Path, variant: str) -> Iterator[Item]:
    for record in read_records(folder / "mugs.jsonl"):
        picture = record.text("picture", empty=True)
        asked = Asked(
            record.text("question"),
            "choice",
            ("A. the red one", "B. the blue one"),
            pictures=(folder / picture,) if picture else (),
        )
        kind = record.text("kind")
        yield Item(record.text("id"), asked, record.text("answer"), kind, cluster=picture or record.text("id"))


def _official(item: Item, said: str) -> Mark:
    letter = said.strip()[:1].upper()
    return Mark(float(letter == item.target), letter, parsed=letter in ("A", "B"))


def _strict(item: Item, said: str) -> Mark:
    parsed = said.strip() in ("A", "B")
    return Mark(float(said.strip() == item.target), said.strip() if parsed else "", parsed=parsed)


MUGS = Benchmark(
    name="blink",
    title="Mugs",
    about="Two mugs.",
    licence="CC0",
    size={"all": 12},
    source=Source("mugs.jsonl and its pictures", where="Make it."),
    protocol=Protocol("example/mugs", "0" * 40, "first letter", decoding={"temperature": 0.0, "max_tokens": 16}),
    read=_read,
    prompt=lambda item: f"{item.asked.question}\nA. the red one\nB. the blue one\nAnswer with the letter.",
    official=_official,
    strict=_strict,
    aggregate=Micro(),
    categories=KINDS,
    chance=0.5,
)
"""A benchmark that stands where BLINK does, so that Inspect finds its task by a name."""
