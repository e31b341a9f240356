"""What a question can be answered from without seeing the scene: words, habits, and where things are in the picture.

Read from a question's `facts`, which no model is shown:

    boxes       {name: [box or null for each picture]}, boxes as fractions of the picture, (x0, y0, x1, y1)
    referents   names in the order in which the question says them
    options     {label: name} for options that name a thing

Where the pictures have been drawn, their thumbnails are cues too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from sightline.evals.synthetic.probing import Cues
from sightline.evals.synthetic.suite.dataset import Question

Box = tuple[float, float, float, float]

THUMBNAIL = 10
"""Pixels along a thumbnail's edge."""


@dataclass(frozen=True)
class Seen:
    """What a question's pictures show, in roles rather than names.

    Attributes:
        things: By role (`#0` the question's first referent, `A` an option's thing): its box in each picture, or None.
        looks: A thumbnail of each picture, flat, standardised; none where pictures have not been drawn.
        count: How many pictures there are.
    """

    things: dict[str, tuple[Box | None, ...]]
    looks: tuple[tuple[float, ...], ...]
    count: int

    def only_first(self) -> Seen:
        """The first picture alone."""
        things = {role: boxes[:1] for role, boxes in self.things.items()}
        return Seen(things, self.looks[:1], min(self.count, 1))

    def in_order(self, order: Sequence[int]) -> Seen:
        """The pictures in another order."""
        things = {role: tuple(boxes[k] for k in order) for role, boxes in self.things.items()}
        return replace(self, things=things, looks=tuple(self.looks[k] for k in order if k < len(self.looks)))


@dataclass(frozen=True)
class Answer:
    """An answer that could be given.

    Attributes:
        label: The option's letter, or the answer itself.
        text: What it says.
    """

    label: str
    text: str


def seen(question: Question, folder: Path | None) -> Seen:
    """What its pictures show.

    Raises:
        ValueError: A thing's boxes are not one for each picture.
    """
    boxes = question.facts.get("boxes", {})
    count = len(question.pictures) + len(question.panoramas) or max(map(len, boxes.values()), default=0)
    things: dict[str, tuple[Box | None, ...]] = {}
    roles = {f"#{k}": name for k, name in enumerate(question.facts.get("referents", ()))}
    for role, name in {**roles, **question.facts.get("options", {})}.items():
        if name in boxes:
            if len(boxes[name]) != count and not question.video:
                raise ValueError(f"{question.id}: {name} has {len(boxes[name])} boxes in {count} pictures")
            things[role] = tuple(tuple(box) if box else None for box in boxes[name])
    if question.video:
        count = max(map(len, things.values()), default=0)
    names = [*question.pictures, *question.panoramas] if folder is not None else []
    return Seen(things, tuple(_thumbnail(folder / name) for name in names if folder is not None), count)


def _thumbnail(path: Path) -> tuple[float, ...]:
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("L").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    grey = np.asarray(small, float).ravel()
    return tuple(((grey - grey.mean()) / (grey.std() + 1e-6) / THUMBNAIL).tolist())


# -------------------------------------------------------------------------------------------------- cues by solver


def words(question: Question, answer: Answer, view: Seen) -> Cues:
    """Words of the question and pairs of them, with the words of the answer."""
    del view
    asked = _words(" ".join([question.question, *question.known.values()]))
    phrases = [*asked, *(f"{a} {b}" for a, b in pairwise(asked))]
    said = [*_words(answer.text), f"= {answer.text}"]
    mentioned = [
        f"said in place {k}" for k, name in enumerate(question.facts.get("referents", ())) if name == answer.text
    ]
    return dict.fromkeys([*said, *mentioned, *(f"{a} > {b}" for a in phrases for b in said)], 1.0)


def habits(question: Question, answer: Answer, view: Seen) -> Cues:
    """The answer's letter and words, and where a number stands among those on offer."""
    del view
    cues = {f"label {answer.label}": 1.0, f"text {answer.text}": 1.0}
    if (number := _number(answer.text)) is not None:
        values = sorted(v for v in map(_number, map(_option_text, question.options)) if v is not None)
        if number in values:
            cues[f"rank {values.index(number)} of {len(values)}"] = 1.0
    return cues


def order(question: Question, answer: Answer, view: Seen) -> Cues:
    """Left, right, above and below in the pictures."""
    return _crossed(question, answer, _orders(view, answer, {"x": _middle_x, "y": _middle_y}))


def low_or_large(question: Question, answer: Answer, view: Seen) -> Cues:
    """Which is lower in the picture, and which is larger in it."""
    return _crossed(question, answer, _orders(view, answer, {"bottom": lambda b: b[3], "area": _area}))


def everything(question: Question, answer: Answer, view: Seen) -> Cues:
    """All that boxes and thumbnails tell: places, sizes, what is shown, orders, looks."""
    tokens = list(_orders(view, answer, {"x": _middle_x, "y": _middle_y, "bottom": lambda b: b[3], "area": _area}))
    for role, boxes in view.things.items():
        mine = "mine" if role == answer.label else role if role.startswith("#") else ""
        for k, box in enumerate(boxes):
            if mine and box is None:
                tokens.append(f"{mine} hidden in {k}")
            elif mine and box is not None:
                tokens.append(f"{mine} in {k}: {int(_middle_x(box) * 3)} {int(_middle_y(box) * 3)}")
                tokens.append(f"{mine} in {k}: size {round(np.log2(max(_area(box), 1e-6)))}")
    cues = _crossed(question, answer, tokens)
    for k, look in enumerate(view.looks):
        cues |= {f"{answer.text} pixel {k} {at}": value for at, value in enumerate(look)}
    return cues


def _orders(view: Seen, answer: Answer, measures: dict[str, Callable[[Box], float]]) -> Iterator[str]:
    """How things stand to each other: the answer's thing among those of the options, and the question's in pairs."""
    options = {role: boxes for role, boxes in view.things.items() if not role.startswith("#")}
    asked = {role: boxes for role, boxes in view.things.items() if role.startswith("#")}
    for name, measure in measures.items():
        if answer.label in options and (mine := _mean(options[answer.label], measure)) is not None:
            values = [value for boxes in options.values() if (value := _mean(boxes, measure)) is not None]
            yield f"{name} rank {sum(value < mine for value in values)} of {len(values)}"
            for role, boxes in asked.items():
                if (other := _mean(boxes, measure)) is not None:
                    yield f"{name} after {role}: {mine > other}"
        for a, b in combinations(sorted(asked), 2):
            first, second = _mean(asked[a], measure), _mean(asked[b], measure)
            if first is not None and second is not None:
                yield f"{name} {a} {b}: {first > second}"
                yield f"{name} {a} {b}: {_step(first - second)}"
        for role, boxes in asked.items():
            if len(asked) == 1 and (value := _mean(boxes, measure)) is not None:
                yield f"{name} {role}: {_step(value)}"


def _crossed(question: Question, answer: Answer, tokens: Sequence[str] | Iterator[str]) -> Cues:
    """Each cue alone, with the answer's words, and with the question's: `nearer` turns what `farther` means."""
    skeleton = _skeleton(question)
    names = set(question.facts.get("options", {}).values())
    said = "" if answer.text in names else answer.text
    out: Cues = {f"{skeleton} {said}": 1.0, said: 1.0}
    for token in tokens:
        out[f"{token} > {said}"] = 1.0
        out[f"{token} > {skeleton} > {said}"] = 1.0
    return out


def _skeleton(question: Question) -> str:
    """The question without the names of things."""
    text = question.question
    for k, name in enumerate(question.facts.get("referents", ())):
        text = text.replace(name, f"#{k}")
    for name in sorted(question.facts.get("options", {}).values(), key=len, reverse=True):
        text = text.replace(name, "*")
    return text


def _mean(boxes: Sequence[Box | None], measure: Callable[[Box], float]) -> float | None:
    values = [measure(box) for box in boxes if box is not None]
    return sum(values) / len(values) if values else None


def _step(value: float) -> int:
    return int(np.floor(value * 6))


def _middle_x(box: Box) -> float:
    return (box[0] + box[2]) / 2


def _middle_y(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+(?:\.\d+)?", text.lower())


def _option_text(option: str) -> str:
    return option.partition(".")[2].strip()


def _number(text: str) -> float | None:
    found = re.match(r"-?\d+(?:\.\d+)?", text)
    return float(found[0]) if found else None
