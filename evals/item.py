"""One question of a benchmark, as data: what a model is shown, and, apart from it, what only a scorer may see.

`Item.asked` is all that reaches a prompt, a handle, a tool or a cell. Everything else (the target, ids, the names of
files and sources) stays with the runner and the scorer; tests/evals/test_leakage.py holds that with canaries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightline.agents.answers import AnswerSpec, Kind


@dataclass(frozen=True)
class Asked:
    """What a model is shown.

    Attributes:
        question: The question's own words, without options and without a word on the answer's form.
        kind: Kind of the answer; see `sightline.agents.answers.spec`.
        options: Options, lettered (`A. left`), in the benchmark's order.
        unit: Unit of a number.
        pictures: Files, in the benchmark's order; read when the question is asked.
        video: A video, of which the protocol's number of frames is shown.
        panoramas: Equirectangular pictures, after the others.
        known: Facts that the benchmark states beside the question, by name.
        field_of_view: Horizontal field of view of the pictures in degrees, where the benchmark states it.
    """

    question: str
    kind: Kind
    options: tuple[str, ...] = ()
    unit: str | None = None
    pictures: tuple[Path, ...] = ()
    video: Path | None = None
    panoramas: tuple[Path, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    field_of_view: float | None = None

    @property
    def spec(self) -> AnswerSpec:
        """The form of the answer."""
        return AnswerSpec.infer(self.question, self.options, self.kind, self.unit)


@dataclass(frozen=True)
class Item:
    """One question with its truth.

    Attributes:
        id: Unique in the benchmark; the published id where there is one.
        asked: What a model is shown.
        target: The truth, as plain JSON data in the form that the benchmark's scorer reads.
        category: The published question type; what reports break down by and samples are stratified by.
        cluster: What questions share that makes them dependent (a scene, a picture): resampled together.
        group: Questions that count only together (flips, circular options); "" where each counts alone.
        source: The data set it was drawn from, where the benchmark's mean is weighted by it.
        facts: Whatever else the scorer or the aggregate needs, as plain JSON data.
    """

    id: str
    asked: Asked
    target: Any
    category: str
    cluster: str
    group: str = ""
    source: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
