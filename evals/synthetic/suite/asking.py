"""From what a scene allows to ask to the questions of a set: drafts, their variations, and which of them are asked."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.agents.answers import Kind
from sightline.evals.synthetic.solids import Thing
from sightline.evals.synthetic.suite.balance import Balance
from sightline.evals.synthetic.suite.dataset import Question
from sightline.evals.synthetic.suite.stage import Stage

MOST_OFFERED = 12
"""Groups of drafts of a type that a scene offers to choose from."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A question that could be asked.

    Attributes:
        words: The question.
        answer: The truth; for a choice the text of the right option.
        kind: Kind of the answer.
        options: Texts of all options, in any order.
        things: What the question and its options name, in the order in which they are said.
        margin: How far the truth is from another answer, in degrees or as a ratio less one.
        variation: `flip`, `paraphrase` or `antonym`, for those.
        unit: Of a number.
        known: Facts stated beside the question.
        usual: About what a number usually is, for balancing.
        boxes: Boxes for the shortcut solvers where they are not those of `things`.
        drawing: Draws a last picture, (height, width, 3) uint8, that goes with the room's.
        facts: What reports read.
    """

    words: str
    answer: Any
    kind: Kind = "choice"
    options: tuple[str, ...] = ()
    things: tuple[Thing, ...] = ()
    margin: float | None = None
    variation: str = ""
    unit: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    usual: float = 1.0
    boxes: Mapping[str, Any] | None = None
    drawing: Callable[[], NDArray[np.uint8]] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


Group: TypeAlias = list[Draft]
"""A draft, and its variations."""
Family: TypeAlias = Callable[[Stage, np.random.Generator], list[Group]]
"""A question type: what can be asked about a stage."""


def asked(
    suite: str,
    families: Mapping[str, Family],
    stage_of: Callable[[int], Stage | None],
    free: frozenset[tuple[str, str]] = frozenset(),
) -> Callable[[Path | None, int, int, tuple[str, ...]], Iterator[tuple[int, Question]]]:
    """What `Suite.questions` is for types about rooms.

    Args:
        suite: The suite's name.
        families: The question types.
        stage_of: The stage of a seed; None where it makes none.
        free: Cues that are not balanced, by type; see `Balance`.
    """

    def questions(
        folder: Path | None, count: int, first_seed: int, categories: tuple[str, ...]
    ) -> Iterator[tuple[int, Question]]:
        balance, seed = Balance(free), first_seed
        wanted = Counter({c: count // len(categories) for c in categories})
        wanted.update(categories[: count % len(categories)])
        whole: Counter[tuple[str, int]] = Counter()
        while wanted:
            stage, written = stage_of(seed), False
            if stage is None:
                seed += 1
                continue
            for category in [c for c in categories if wanted[c] > 0]:
                dice = np.random.default_rng([seed, zlib.crc32(category.encode())])
                groups = [g for g in families[category](stage, dice) if not _too_often(whole, category, g[0])]
                if not groups:
                    continue
                chosen = [groups[k] for k in dice.permutation(len(groups))[:MOST_OFFERED]]
                offered = [_questions(stage, category, group, dice) for group in chosen]
                picked = balance.pick([[question for question, _ in pair] for pair in offered])
                drafts = next(pair for pair in offered if pair[0][0] is picked[0])
                if drafts[0][1].kind == "integer":
                    whole[category, drafts[0][1].answer] += 1
                for question, draft in drafts[: wanted[category]]:
                    if folder is not None:
                        if not written:
                            stage.write(folder)
                            written = True
                        _draw(folder, question, draft)
                    wanted[category] -= 1
                    yield seed, question
            wanted = +wanted
            seed += 1

    return questions


def _too_often(whole: Counter[tuple[str, int]], category: str, draft: Draft) -> bool:
    """Whether a whole number was the answer more often than the others of its type."""
    others = [n for (kind, answer), n in whole.items() if kind == category and answer != draft.answer]
    return draft.kind == "integer" and whole[category, draft.answer] > max(others, default=0)


def _questions(
    stage: Stage, category: str, group: Sequence[Draft], dice: np.random.Generator
) -> list[tuple[Question, Draft]]:
    """The first draft and one of its variations as questions."""
    chosen = [group[0]]
    if len(group) > 1:
        chosen.append(group[int(dice.integers(1, len(group)))])
    pair = f"{stage.key}-{category}" if len(chosen) > 1 else ""
    return [(_question(stage, category, draft, pair, dice), draft) for draft in chosen]


def _question(stage: Stage, category: str, draft: Draft, pair: str, dice: np.random.Generator) -> Question:
    order = dice.permutation(len(draft.options))
    options = [f"{chr(65 + k)}. {draft.options[int(at)]}" for k, at in enumerate(order)]
    answer = draft.answer
    if draft.kind == "choice":
        answer = next(option[0] for option in options if option[3:] == draft.answer)
    identity = f"{stage.key}-{category}" + (f"-{draft.variation}" if draft.variation else "")
    names = [stage.words[thing.name] for thing in draft.things]
    named = {option[0]: option[3:] for option in options if option[3:] in names}
    extra = 1 if draft.drawing else 0
    shown = stage.pictures + ((f"pictures/{identity}.png",) if extra else ())
    facts: dict[str, Any] = {
        "referents": names,
        "boxes": draft.boxes if draft.boxes is not None else stage.boxes(draft.things, extra),
        **draft.facts,
    }
    if draft.boxes is not None and not names:
        facts["referents"] = list(draft.boxes)
    if named:
        facts["options"] = named
    if draft.margin is not None:
        facts["bin"] = margin_bin(draft.margin)
    if draft.kind == "number":
        facts["usual"] = draft.usual
    return Question(
        id=identity,
        question=draft.words,
        kind=draft.kind,
        answer=answer,
        category=category,
        cluster=stage.key,
        options=tuple(options),
        unit=draft.unit,
        pictures=() if stage.panorama else shown,
        panoramas=shown if stage.panorama else (),
        video=stage.video,
        field_of_view=None if stage.panorama or stage.clip else stage.shots[0].camera.fov,
        known=draft.known,
        scene=f"scenes/{stage.key}",
        margin=None if draft.margin is None else round(draft.margin, 3),
        pair=pair,
        variation=draft.variation,
        facts=facts,
    )


def _draw(folder: Path, question: Question, draft: Draft) -> None:
    if draft.drawing is not None:
        from PIL import Image

        Image.fromarray(draft.drawing()).save(folder / question.pictures[-1])


NEAR_DEGREES, NEAR_RATIO = 10.0, 0.08
"""What is nearer to another answer is not asked."""


def margin_bin(margin: float) -> str:
    """How hard a margin makes a question: `narrow`, `middle` or `wide`; below 5 it is a ratio, else degrees."""
    narrow, middle = (0.25, 0.75) if margin < 5 else (20.0, 40.0)
    return "narrow" if margin < narrow else "middle" if margin < middle else "wide"


def several(things: Sequence[Thing], count: int, dice: np.random.Generator) -> Iterator[tuple[Thing, ...]]:
    """Different things at random: tuples of so many, until `MOST_OFFERED` times eight were drawn."""
    if len(things) < count:
        return
    for _ in range(8 * MOST_OFFERED):
        yield tuple(things[int(k)] for k in dice.choice(len(things), count, replace=False))
