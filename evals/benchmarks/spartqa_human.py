"""SpartQA-Human: questions that people wrote about described blocks of shapes (Mirzaee et al., 2021). No pictures.

Four types with their published rule, exact match: YN one of Yes, No, DK; CO (choose an object) and FB (find the block)
the right one of the candidates, or all right ones where there are several; FR (find the relation) the set of all
relations that hold. Of the 511 rows of the published test file one is blank.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import Record, read_records
from sightline.evals.scorers import Mark
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.labels import LabelSet, folded

TYPES = {"YN": "yes/no", "CO": "choose object", "FR": "find relation", "FB": "find block"}
DK = "DK"
"""The data's "do not know": what the story leaves open."""

NONE = "none"
"""No block fits: an empty list in the data."""

_exact = LabelSet()


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The questions of human_test.json (or human_train.json), story by story."""
    for story, entry in enumerate(read_records(folder / f"human_{variant}.json", under="data"), start=1):
        text = " ".join(entry.texts("story"))
        for question in _questions(entry):
            if not question.text("question", empty=True).strip():
                continue  # the published file has a row without question, answer or candidates
            kind = question.one_of("q_type", {name: name for name in TYPES})
            labels = _labels(question, kind)
            yield Item(
                f"{story}-{question.text('q_id')}",
                Asked(f"{text}\n{question.text('question')}\n{_ending(kind, labels)}", "text"),
                _target(question, kind, labels),
                TYPES[kind],
                f"story {story}",
                facts={"labels": list(labels)},
            )


def _questions(entry: Record) -> Iterator[Record]:
    questions = entry.get("questions")
    if not isinstance(questions, list):
        raise entry.fault("questions", "a list of questions is needed")
    for question in questions:
        if not isinstance(question, dict):
            raise entry.fault("questions", "a list of objects is needed")
        yield Record(question, entry.file, entry.line)


def _labels(question: Record, kind: str) -> tuple[str, ...]:
    if kind == "YN":
        return ("Yes", "No", DK)
    candidates = tuple(label.strip() for label in question.texts("candidate_answers"))
    return (*candidates, NONE) if kind == "FB" else candidates


def _target(question: Record, kind: str, labels: tuple[str, ...]) -> list[str]:
    """The right labels: the data give their numbers among the candidates, or the labels themselves."""
    answers = question.get("answer")
    if not isinstance(answers, list) or (not answers and kind != "FB"):
        raise question.fault("answer", "a list of answers is needed")
    if not answers:
        return [NONE]
    found = []
    for answer in answers:
        if isinstance(answer, int) and 0 <= answer < len(labels):
            found.append(labels[answer])
        elif isinstance(answer, str) and folded(answer) in map(folded, labels):
            found.append(next(label for label in labels if folded(label) == folded(answer)))
        else:
            raise question.fault("answer", f"{answer!r} is none of the candidates {', '.join(labels)}")
    return found


def _ending(kind: str, labels: tuple[str, ...]) -> str:
    listed = ", ".join(labels)
    if kind == "FR":
        return f"Answer with all that hold of: {listed} ({DK}: the story leaves it open)."
    if kind == "FB":
        return f"Answer with all that fit of: {listed}."
    if kind == "YN":
        return f"Answer with one of: {listed} ({DK}: the story leaves it open)."
    return f"Answer with one of: {listed}."


def prompt(item: Item) -> str:
    """Story, question and candidates; no prompt is published."""
    return item.asked.question


def official(item: Item, said: str) -> Mark:
    """Exact match of the set of labels."""
    return _exact(item, said)


def strict(item: Item, said: str) -> Mark:
    """The same, and nothing but candidates may be said."""
    mark = _exact(item, said)
    said_labels = set(mark.read.split(", ")) if mark.read else set()
    known = {folded(label) for label in item.facts["labels"]}
    if not said_labels <= known:
        return Mark(0.0, "", parsed=False)
    return mark


def render(item: Item, value: Any) -> str:
    """The words as they are."""
    return str(value)


BENCHMARK = Benchmark(
    name="spartqa_human",
    title="SpartQA-Human",
    about="Questions of four types about described blocks of shapes; text only, written by people.",
    licence="MIT",
    size={"test": 510, "train": 616},
    source=Source(
        layout="human_test.json (and human_train.json)",
        where="They are in the repository HLR/SpaRTUN, branch DevelopModel, Dataset.",
    ),
    protocol=Protocol(
        repository="HLR/SpaRTUN",
        commit="8f2bc72",
        extractor="the classifier's labels; sets for questions with several right ones",
        departures=("no prompt for language models is published with it",),
    ),
    read=read,
    prompt=prompt,
    official=official,
    strict=strict,
    aggregate=Micro(tuple(TYPES.values())),
    categories=tuple(TYPES.values()),
    render=render,
)
