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
_FIGURE = "<ImageHere>"
_OPTION = re.compile(r"(?<![A-Za-z])([A-E])\s*[.．、]\s*")
_WORKING = re.compile(r"[\[【]\s*(?:Analysis|分析|详解|解析)\s*[\]】].*", re.DOTALL)
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
    published = record.text("question")
    question, options = _parted(_numbered(published)) if letter else (_numbered(published), ())
    if letter and not options:
        options = tuple(record.texts("choices", empty=True))
    lettered = letter in LETTERS[: len(options)] and len(options) >= 2 and all(option.strip() for option in options)
    written = [f"{label}. {text}" for label, text in zip(LETTERS, options, strict=False)]
    kinds = record.texts("problem_type")
    return Item(
        id=record.text("qa_id"),
        asked=Asked(
            question if lettered else _numbered(published),
            "choice" if lettered else "text",
            options=tuple(written) if lettered else (),
            pictures=tuple(file_in(folder, record, "image", name) for name in record.texts("image", empty=True)),
        ),
        target=record.text("answer"),
        category=kinds[0],
        cluster=record.text("qa_id"),
        source=record.text("source", empty=True),
        facts={
            "question": published,
            "letter": letter,
            "offline": offline,
            "answer_type": record.text("answer_type"),
            "level": record.text("complexity_level"),
            "problem_types": list(kinds),
        },
    )


def _numbered(question: str) -> str:
    """The question with its figures' places named where there are several: options may be figures."""
    places = question.count(_FIGURE)
    for number in range(1, places + 1):
        question = question.replace(_FIGURE, f"[picture {number}]" if places > 1 else "", 1)
    return question.strip("# \n")


def _parted(question: str) -> tuple[str, tuple[str, ...]]:
    """The question and the options that end it (`A. ... B. ...`); none where there is no such end."""
    marks = list(_OPTION.finditer(question))
    first = max((n for n, mark in enumerate(marks) if mark[1] == "A"), default=len(marks))
    run = marks[first:]
    if len(run) < 2 or [mark[1] for mark in run] != list(LETTERS[: len(run)]):
        return question, ()
    ends = [mark.start() for mark in run[1:]] + [len(question)]
    texts = tuple(" ".join(question[mark.end() : end].split()) for mark, end in zip(run, ends, strict=True))
    return (question[: run[0].start()].strip(), texts) if all(texts) else (question, ())


def letter_of(key: str) -> str | None:
    r"""The letter that an answer key begins with: `B`, `B 【分析】`, `$\mathrm{B}$`, `(B)`; None where it has none."""
    match = _LETTER.match(key)
    return match[1] if match else None


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
    """Strict, without a judge: the letter alone, or the key's own words without its working, LaTeX and spaces aside."""
    if item.facts["letter"] is None:
        given, key = (_WRAPPERS.sub("", text).lower() for text in (said, _WORKING.sub("", str(item.target))))
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
    offline=("choice",),
    aggregate=Micro(CATEGORIES),
    categories=CATEGORIES,
)
