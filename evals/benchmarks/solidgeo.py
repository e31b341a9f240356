"""SolidGeo: solid geometry from text and figures, judged by a model; 963 items without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sightline.agents.answers import AnswerSpec, extract
from sightline.evals.benchmark import Benchmark, Protocol, Source
from sightline.evals.item import Asked, Item
from sightline.evals.reading import Record, read_records
from sightline.evals.reading.pictures import file_in
from sightline.evals.scorers import Mark, read_typed
from sightline.evals.scorers.aggregates import Micro
from sightline.evals.scorers.judging import ModelJudge, Request
from sightline.tools import StoredPixels

LETTERS = ("A", "B", "C", "D", "E")
CATEGORIES = (
    "Measurement of Solid Geometric Forms",
    "Solid Shape Identification",
    "Spatial Metric Relations",
    "Multi-view Projection",
    "Planar Unfolding and Configuration",
    "Composite Solid Structures",
    "3D Coordinate and Vector Reasoning",
    "Solid Geometry Modeling",
)
"""Problem types; an item may have several, of which the first counts here."""

_LETTER = re.compile(r"\s*\$?\s*(?:\\mathrm\s*\{\s*|\(\s*|（\s*)?([A-E])(?![A-Za-z])")
_FIGURE = re.compile(r"\s*<ImageHere>\s*")
_WRAPPERS = re.compile(r"\\(?:text|mathrm|mathbf|left|right|[,;!])|[\s$~{}\\]")
_LETTER_SPEC = AnswerSpec(kind="choice", options=LETTERS)

_JUDGE_SYSTEM = (
    "You compare a student's answer to a problem of solid geometry with the answer key. The student is right only if "
    "every part and every step that the problem asks for agrees with the key; a part that is missing, incomplete or "
    "wrong makes the whole answer wrong. Do not solve the problem, and do not explain. Reply with one word: True or "
    "False."
)


def read(folder: Path, variant: str) -> Iterator[Item]:
    """The items of `SolidGeo.json`; the variant `choice` holds those whose key begins with a letter.

    The published file writes the paths of its figures with a backslash.
    """
    for record in read_records(folder / "SolidGeo.json"):
        letter = letter_of(record.text("answer")) if record.text("answer_type") == "choice" else None
        if variant == "choice" and letter is None:
            continue
        yield _item(record, folder, letter, offline=variant == "choice")


def _item(record: Record, folder: Path, letter: str | None, *, offline: bool) -> Item:
    question, choices = record.text("question"), record.texts("choices", empty=True)
    options = tuple(f"{label}. {text}" for label, text in zip(LETTERS, choices, strict=False))
    lettered = letter is not None and len(options) == len(choices) >= 2 and all(text.strip() for text in choices)
    kinds = record.texts("problem_type")
    asked = _FIGURE.sub("\n\n", _without(question, choices) if lettered else question).strip()
    return Item(
        id=record.text("qa_id"),
        asked=Asked(
            asked,
            "choice" if lettered else "text",
            options=options if lettered else (),
            pictures=tuple(file_in(folder, record, "image", name) for name in record.texts("image", empty=True)),
        ),
        target=record.text("answer"),
        category=kinds[0],
        cluster=record.text("qa_id"),
        source=record.text("source", empty=True),
        facts={
            "question": question,
            "letter": letter,
            "offline": offline,
            "answer_type": record.text("answer_type"),
            "level": record.text("complexity_level"),
            "problem_types": list(kinds),
        },
    )


def letter_of(key: str) -> str | None:
    r"""The letter that an answer key begins with: `B`, `B 【分析】`, `$\mathrm{B}$`, `(B)`; None where it has none."""
    match = _LETTER.match(key)
    return match[1] if match else None


def _without(question: str, choices: tuple[str, ...]) -> str:
    """The question without the options that stand at its end: they are given apart."""
    lines = [rf"{label}\s*[.．、]\s*{re.escape(text.strip())}" for label, text in zip(LETTERS, choices, strict=False)]
    tail = r"\s*".join(lines)
    return re.sub(rf"\s*{tail}\s*$", "", question)


def prompt(item: Item) -> str:
    """The question as published, its options included."""
    return str(item.facts["question"])


def official(item: Item, said: str) -> Mark:
    """What needs no judge: the letter, where the key is one and the words leave one reading.

    Everything else is left to the judge, and has no score without it.
    """
    if item.facts["letter"] is None:
        return Mark(None, "", parsed=False)
    value = extract(_LETTER_SPEC, said, StoredPixels(), (1, 1)).value
    if value is None:
        return Mark(0.0, "", parsed=False)
    return Mark(float(value == item.facts["letter"]), str(value))


def strictly(item: Item, said: str) -> Mark:
    """Strict, without a judge: the letter alone, or the key's own words, LaTeX and spaces aside."""
    if item.facts["letter"] is None:
        given, key = (_WRAPPERS.sub("", text).lower() for text in (said, str(item.target)))
        return Mark(float(bool(given) and given == key), given[:80], parsed=bool(given))
    value = read_typed(_LETTER_SPEC, said)
    return Mark(float(value == item.facts["letter"]), str(value or ""), parsed=value is not None)


def _request(item: Item, said: str) -> Request:
    return Request(
        f"Problem: {item.facts['question']}\n\nAnswer key: {item.target}\n\nStudent's answer: {said}\n\n"
        "Is the student's answer right in every part? True or False?",
        system=_JUDGE_SYSTEM,
        max_tokens=10,
    )


def _verdict(item: Item, words: str) -> Mark | None:
    found = words.strip().strip(".*`").lower()
    return Mark(float(found == "true"), found) if found in ("true", "false") else None


def _decided(item: Item, said: str) -> Mark | None:
    if not said.strip():
        return Mark(0.0, "", parsed=False)
    return official(item, said) if item.facts["offline"] else None


BENCHMARK = Benchmark(
    name="solidgeo",
    title="SolidGeo",
    about="Problems of solid geometry in text and figures, in English and Chinese.",
    licence="CC BY-NC 4.0",
    size={"full": 3113, "choice": 963},
    source=Source(
        where="Download data/SolidGeo.json and its images from the GitHub repository HarryYancy/SolidGeo.",
        layout="SolidGeo.json, and images/ beside it.",
    ),
    protocol=Protocol(
        repository="HarryYancy/SolidGeo",
        commit="97c4f82",
        extractor="a judge compares the whole answer with the key; the variant choice compares letters instead",
        judge="deepseek-v3, temperature 0, at most 10 tokens, True or False",
        decoding={},
        departures=(
            "the published inputs (question_input) are not in the published file: the question is asked as it stands",
            "the published judge's words are under a licence that does not let them be given here; ours ask the same",
            "an answer that the published judge fails on counts as wrong there; here it is an error",
            "of an item's problem types the first counts; the published table counts an item under each",
        ),
    ),
    read=read,
    prompt=prompt,
    official=official,
    strict=strictly,
    judge=ModelJudge(_request, _verdict, _decided),
    aggregate=Micro(CATEGORIES),
    categories=CATEGORIES,
)
