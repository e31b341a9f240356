"""SAT, its real test: how cameras and objects moved, and what an action leads to (Ray et al., 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import PictureKeeper, lettered, read_records
from sightline.evals.scorers import Choice, strict
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.extractors import first_bare_word

HINT = (
    "When multiple images are provided, You want to realize that when camera moves left, the objects in the image move "
    "right, and vice versa. And when you are asked about the movement of the same object captured in different images, "
    "you can compare the position of the object relative to other objects in the image to answer the question."
)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions, in the file's order, by number; in `reversed` each again with its options the other way round."""
    keeper = PictureKeeper.beside(folder)
    for record in read_records(folder / "SAT_test.parquet"):
        texts = tuple(option[3:] for option in lettered(record, "answers"))
        right = record.text("correct_answer").strip()
        if texts.count(right) != 1:
            raise record.fault("correct_answer", f"{right!r} is not one of {', '.join(texts)}")
        pictures = keeper.several(record, "image_bytes")
        name = str(record.line - 1)
        orders = {name: texts, f"{name}-reversed": texts[::-1]} if variant == "reversed" else {name: texts}
        for each, order in orders.items():
            options = tuple(f"{letter}. {text}" for letter, text in zip("ABCDEF", order, strict=False))
            asked = Asked(record.text("question"), "choice", options, pictures=pictures)
            yield Item(each, asked, "ABCDEF"[order.index(right)], record.text("question_type"), name)


def prompt(item: Item) -> str:
    """The prompt of lmms-eval (lmms_eval/tasks/sat/utils.py:sat_doc_to_text)."""
    options = "".join(f"{option}\n" for option in item.asked.options)
    post = "Only output the letter of the correct option and nothing else."
    return f"{item.asked.question.strip()}\n{HINT}\n\n{options}\n{post}"


BENCHMARK = Benchmark(
    name="sat",
    title="SAT, real test",
    about="Motion of cameras and objects, consequences of actions, perspective; options in both orders.",
    licence="MIT",
    size={"reversed": 300, "plain": 150},
    source=Source(layout="SAT_test.parquet", hub="array/SAT", files=("SAT_test.parquet",)),
    protocol=Protocol(
        repository="EvolvingLMMs-Lab/lmms-eval",
        commit="75571cf",
        extractor="first word, without punctuation",
        decoding={"temperature": 0, "top_p": 1, "max_tokens": 16},
        departures=(
            "the authors' code asks LLaVA for the option's words; prompt and rule are those of lmms-eval",
            "lmms-eval asks each question once, from another copy of the data",
        ),
    ),
    read=read,
    prompt=prompt,
    official=Choice(first_bare_word),
    strict=strict,
    aggregate=Micro(),
    categories=(),
    chance=0.5,
)
