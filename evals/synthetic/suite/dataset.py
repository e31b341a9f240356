"""The suite's questions on disk: a folder that a person can open, and that `--data` reads.

    questions.jsonl   one question a line; see `Question`
    pictures/         what a model is shown
    scenes/           truth for oracle back ends, as `write_scene` writes it
    dataset.json      what it is; written last, so that a folder without it was never finished
    index.html        a gallery

Seeds from `RESERVED` on are for testing, all below for training. A set is of one split, and `dataset.json` says of
which; the benchmarks' variants `test` and `train` read only their own, so that no test question can be trained on
by mistake.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from sightline.agents.answers import Kind
from sightline.evals.item import Asked, Item
from sightline.evals.reading.records import DataError, Record, read_records
from sightline.memory import InputError

FORMAT, FORMAT_VERSION = "sightline-questions", 1
LICENCE = "CC0-1.0"
"""Of what is made: pictures, questions and truth."""

RESERVED = 1_000_000
"""The first seed that is kept for testing."""

QUESTIONS, ABOUT, PAGE = "questions.jsonl", "dataset.json", "index.html"

Split = Literal["test", "train"]
SPLITS: dict[str, Split] = {"test": "test", "train": "train"}

_KINDS: dict[str, Kind] = {
    kind: kind for kind in ("choice", "yes_no", "integer", "number", "text", "ordering", "point", "box")
}


@dataclass(frozen=True)
class Question:
    """A question as a line of `questions.jsonl`; paths are relative to the folder, with `/`.

    Attributes:
        id: Unique in the set.
        question: Its words, without options and without a word on the answer's form.
        kind: Kind of the answer.
        answer: The truth, as plain JSON data in the form that the suite's scorer reads: an option's letter, `yes` or
            `no`, a number, a text.
        category: The question type.
        cluster: What dependent questions share: the seed's scene or puzzle, pairs included.
        options: Lettered options, `A. left`.
        unit: Unit of a number.
        pictures, panoramas: Files under `pictures/`.
        video: A file under `pictures/`; "" for none.
        field_of_view: Of the pictures, horizontal, in degrees, where the question states it.
        known: Facts stated beside the question, by name.
        group: Questions that count only together; "" where each counts alone.
        scene: A folder under `scenes/` with the truth for oracle back ends; "" for none.
        margin: How far the truth is from being another answer, in the type's own measure (degrees, a ratio); None
            where answers are discrete.
        pair: What a question and its variations share; "" where there are none.
        variation: How it differs from the pair's first: `flip` (the mirrored case: the answer changes with it),
            `paraphrase` (other words, same answer), `antonym` (the opposite asked); "" for the first itself.
        facts: What shortcut solvers and reports read, never a model: see `sightline.evals.synthetic.shortcuts`.
    """

    id: str
    question: str
    kind: Kind
    answer: Any
    category: str
    cluster: str
    options: tuple[str, ...] = ()
    unit: str | None = None
    pictures: tuple[str, ...] = ()
    panoramas: tuple[str, ...] = ()
    video: str = ""
    field_of_view: float | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    scene: str = ""
    margin: float | None = None
    pair: str = ""
    variation: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def item(self, folder: Path) -> Item:
        """The question as the runner asks it; the scene's folder, the margin and the pair are among its facts."""
        facts = dict(self.facts)
        if self.scene:
            facts["scene"] = str(folder / self.scene)
        facts |= {"margin": self.margin, "pair": self.pair, "variation": self.variation}
        return Item(
            id=self.id,
            asked=Asked(
                self.question,
                self.kind,
                options=self.options,
                unit=self.unit,
                pictures=tuple(folder / name for name in self.pictures),
                video=folder / self.video if self.video else None,
                panoramas=tuple(folder / name for name in self.panoramas),
                known=self.known,
                field_of_view=self.field_of_view,
            ),
            target=self.answer,
            category=self.category,
            cluster=self.cluster,
            group=self.group,
            facts=facts,
        )


@dataclass(frozen=True)
class About:
    """What a set is, as `dataset.json` says it.

    Attributes:
        name: The suite's.
        split: What it may be used for.
        first_seed, last_seed: Seeds it was made from.
        questions: How many there are.
        categories: How many of each type.
        made_with: The version of Sightline.
        licence: Of the set.
    """

    name: str
    split: Split
    first_seed: int
    last_seed: int
    questions: int
    categories: Mapping[str, int]
    made_with: str
    licence: str = LICENCE


def split_of(first_seed: int, last_seed: int) -> Split:
    """The split of a range of seeds.

    Raises:
        InputError: It holds seeds of both splits, or negative ones.
    """
    if first_seed < 0:
        raise InputError(f"A seed is 0 or more, not {first_seed}.", f"Those from {RESERVED} on are kept for testing.")
    if first_seed < RESERVED <= last_seed:
        raise InputError(
            f"Seeds {first_seed} to {last_seed} are partly for training and partly kept for testing.",
            f"Begin at {RESERVED} or later to test, or make fewer questions.",
        )
    return "test" if first_seed >= RESERVED else "train"


def write_dataset(folder: Path, name: str, first_seed: int, questions: Iterable[tuple[int, Question]]) -> About:
    """Write a set; whoever makes the questions writes their pictures and scenes into the folder before each is drawn.

    Args:
        folder: Where; made if it is not there.
        name: The suite's.
        first_seed: Where the seeds begin.
        questions: Each with the seed it was made from; drawn one at a time.

    Returns:
        What was written.

    Raises:
        InputError: The folder holds a set already, seeds are of both splits, or there is no question.
        ValueError: Two questions have the same id.
    """
    from sightline.evals.synthetic.suite.gallery import write_gallery

    if (folder / ABOUT).exists() or (folder / QUESTIONS).exists():
        raise InputError(f"{folder} holds questions already.", "Name another folder, or remove it first.")
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    ids: set[str] = set()
    last = first_seed
    unfinished = folder / f"{QUESTIONS}.part"
    with unfinished.open("w", encoding="utf-8") as file:
        for seed, question in questions:
            if question.id in ids:
                raise ValueError(f"two questions have the id {question.id!r}")
            split_of(first_seed, seed)  # before hours of work are in vain
            ids.add(question.id)
            counts[question.category] += 1
            last = max(last, seed)
            file.write(json.dumps(_plain(question), ensure_ascii=False) + "\n")
    if not ids:
        raise InputError(f"There is no question to write for {name}.", "Ask for at least one.")
    about = About(
        name, split_of(first_seed, last), first_seed, last, len(ids), dict(sorted(counts.items())), version("sightline")
    )
    unfinished.replace(folder / QUESTIONS)
    write_gallery(folder, about, read_questions(folder))
    said = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(about)}
    (folder / ABOUT).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return about


def _plain(question: Question) -> dict[str, Any]:
    """Its fields, those that are empty left out."""
    return {key: value for key, value in asdict(question).items() if value not in ("", (), {}, None) or key == "answer"}


def read_about(folder: Path) -> About:
    """What a set is.

    Raises:
        DataError: `dataset.json` is missing or is none.
    """
    if not (folder / ABOUT).is_file():
        raise DataError(
            ABOUT, 0, "", f"there is no such file in {folder}; the set is none of ours, or its making was cut off"
        )
    try:
        data = json.loads((folder / ABOUT).read_text("utf-8"))
    except ValueError:
        raise DataError(ABOUT, 0, "", "it is no JSON; it may be cut off") from None
    if not isinstance(data, dict):
        raise DataError(ABOUT, 0, "", "an object is needed")
    record = Record(data, ABOUT, 0)
    if record.text("format") != FORMAT or data.get("version") != FORMAT_VERSION:
        raise record.fault("format", f"this version reads {FORMAT} {FORMAT_VERSION}")
    categories = record.get("categories")
    if not isinstance(categories, dict) or not all(isinstance(n, int) for n in categories.values()):
        raise record.fault("categories", "the number of questions of each type is needed")
    return About(
        name=record.text("name"),
        split=record.one_of("split", SPLITS),
        first_seed=int(record.number("first_seed")),
        last_seed=int(record.number("last_seed")),
        questions=int(record.number("questions")),
        categories=categories,
        made_with=record.text("made_with"),
        licence=record.text("licence"),
    )


def read_questions(folder: Path) -> Iterator[Question]:
    """The questions, one after the other.

    Raises:
        DataError: A line is none, a field is wrong, or a file that it names is not there.
    """
    for record in read_records(folder / QUESTIONS):
        yield _question(record, folder)


def reader(name: str) -> Callable[[Path, str], Iterator[Item]]:
    """What `Benchmark.read` is for a suite: the items of a folder.

    It raises `DataError` where the folder is of another suite or split, has fewer questions than it says, or a line is
    wrong.
    """

    def read(folder: Path, variant: str) -> Iterator[Item]:
        about = read_about(folder)
        if about.name != name:
            raise DataError(ABOUT, 0, "name", f"it holds {about.name}, not {name}")
        if about.split != variant:
            raise DataError(
                ABOUT,
                0,
                "split",
                f"it is for {about.split}, not for {variant}: use --variant {about.split}",
            )
        count = 0
        for question in read_questions(folder):
            count += 1
            yield question.item(folder)
        if count != about.questions:
            raise DataError(QUESTIONS, 0, "", f"it has {count} questions, and {ABOUT} says {about.questions}")

    return read


def _question(record: Record, folder: Path) -> Question:
    kind = record.one_of("kind", _KINDS)
    options = record.texts("options", empty=kind not in ("choice", "ordering"))
    margin = None if record.data.get("margin") is None else record.number("margin")
    view = None if record.data.get("field_of_view") is None else record.number("field_of_view")
    video = record.text("video", empty=True)
    scene = record.text("scene", empty=True)
    question = Question(
        id=record.text("id"),
        question=record.text("question"),
        kind=kind,
        answer=_answer(record, kind, options),
        category=record.text("category"),
        cluster=record.text("cluster"),
        options=options,
        unit=record.text("unit", empty=True) or None,
        pictures=tuple(_inside(record, folder, "pictures", name) for name in record.texts("pictures", empty=True)),
        panoramas=tuple(_inside(record, folder, "panoramas", name) for name in record.texts("panoramas", empty=True)),
        video=_inside(record, folder, "video", video) if video else "",
        field_of_view=view,
        known=_object(record, "known"),
        group=record.text("group", empty=True),
        scene=_inside(record, folder, "scene", scene) if scene else "",
        margin=margin,
        pair=record.text("pair", empty=True),
        variation=record.text("variation", empty=True),
        facts=_object(record, "facts"),
    )
    return question


def _answer(record: Record, kind: Kind, options: tuple[str, ...]) -> Any:
    answer = record.get("answer")
    if kind == "choice":
        letters = {option.partition(".")[0]: None for option in options}
        record.one_of("answer", letters)
    elif kind == "yes_no":
        record.one_of("answer", {"yes": None, "no": None})
    elif kind in ("integer", "number"):
        record.number("answer")
    return answer


def _object(record: Record, field: str) -> dict[str, Any]:
    value = record.data.get(field, {})
    if not isinstance(value, dict):
        raise record.fault(field, "an object is needed")
    return value


def _inside(record: Record, folder: Path, field: str, name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise record.fault(field, f"{name!r} does not lie in the set's folder")
    if not (folder / path).exists():
        raise record.fault(field, f"there is no {name}")
    return name
