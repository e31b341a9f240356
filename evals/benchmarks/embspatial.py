"""EmbSpatial-Bench: relations of things as somebody in the room sees them (Du et al., ACL 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import PictureKeeper, lettered, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.extractors import leading_letter

NOTE = "Note: You only need to respond with A, B, C, D without providing any additional information.\n"


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order."""
    keeper = PictureKeeper.beside(folder)
    for record in read_records(folder / "data" / f"{variant}-00000-of-00001.parquet"):
        options, right = lettered(record, "answer_options"), record.number("answer")
        if right not in range(len(options)):
            raise record.fault("answer", f"{right:g} is no index of {len(options)} options")
        picture = keeper.one(record, "image")
        asked = Asked(record.text("question"), "choice", options, pictures=(picture,))
        target = options[int(right)][0]
        yield Item(record.text("question_id"), asked, target, record.text("relation"), picture.stem)


def prompt(item: Item) -> str:
    """The prompt of lmms-eval (lmms_eval/tasks/embspatial/utils.py:embspatial_doc_to_text)."""
    options = "\n".join(f"{label}) {text}" for label, text in item.asked.spec.choices.items())
    return f"{NOTE}{item.asked.question}\n{options}"


BENCHMARK = Benchmark(
    name="embspatial",
    title="EmbSpatial-Bench",
    about="Left, right, above, below, close and far in pictures of rooms.",
    licence="not known here",
    size={"test": 3640},
    source=Source(
        layout="data/test-00000-of-00001.parquet", hub="FlagEval/EmbSpatial-Bench", files=("data/test*.parquet",)
    ),
    protocol=Protocol(
        repository="EvolvingLMMs-Lab/lmms-eval",
        commit="75571cf",
        extractor="the first letter of the words",
        decoding={"max_tokens": 1024},
        departures=("the authors' repository holds no scorer; prompt and rule are those of lmms-eval",),
    ),
    read=read,
    prompt=prompt,
    official=Choice(leading_letter),
    strict=strict,
    aggregate=Micro(),
    categories=(),
)
