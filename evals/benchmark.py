"""What a benchmark is: where its data lies, how it asks, how it scores. One small file each in `evals/benchmarks`.

    BENCHMARK = Benchmark(
        name="blink",
        title="BLINK",
        ...,
        read=read,                # folder, variant -> items
        prompt=prompt,            # the published prompt, verbatim
        render=letter_in_brackets # how an agent's typed answer is written for the published scorer
        official=...,             # the published rule, its traps included
        strict=...,               # the same question, every failure of the answer wrong
        aggregate=Macro(TASKS),
    )

docs/benchmarks.md has a page on adding one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightline.evals.item import Item
from sightline.evals.rows import Aggregate
from sightline.evals.scorers.mark import Judge, Scorer


@dataclass(frozen=True)
class Source:
    """Where the data lies.

    Attributes:
        hub: Id of the data set on the Hugging Face hub; "" where it is elsewhere or made here.
        files: Patterns of the files that are needed from there.
        revision: A commit of it, where one is known.
        where: In words, for people: what to download and unpack where it is not on the hub.
        unpack: Archives among the files, to be unpacked beside them.
        layout: In words, what a folder given with `--data` must hold.
    """

    layout: str
    hub: str = ""
    files: tuple[str, ...] = ()
    revision: str = ""
    where: str = ""
    unpack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """What must agree before a score is called `official`.

    Attributes:
        repository: Where the published scorer lies, e.g. `zeyofu/BLINK_Benchmark`; "" for our own.
        commit: Its commit, as far as it is known.
        extractor: The function that reads an answer there, in words.
        judge: Model and prompt of the published judge; "" for none.
        frames: Frames of a video, evenly spaced; 0 where there is none.
        pixels: Longest edge of a picture as sent; 0 for the model's own limit.
        decoding: Settings of generation, e.g. `{"temperature": 0, "max_tokens": 16}`.
        departures: What of the published protocol is not known or not met, in words: while there is any, no run is
            called `official`.
    """

    repository: str
    commit: str
    extractor: str
    judge: str = ""
    frames: int = 0
    pixels: int = 0
    decoding: Mapping[str, Any] = field(default_factory=dict)
    departures: tuple[str, ...] = ()


def plain(item: Item, value: Any) -> str:
    """A typed answer as `AnswerSpec.official_text` writes it: `B`, `yes`, `3.5`."""
    return item.asked.spec.official_text(value)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark.

    Attributes:
        name: What the command line calls it.
        title: Its published name.
        about: One line.
        licence: Of the data.
        size: Questions by variant; 0 where their number is not published.
        source: Where the data lies.
        protocol: What `official` means for it.
        read: The items of a variant in a folder, in the published order; lazily. Raises `DataError`.
        prompt: The published prompt for an item, verbatim: text that goes with the pictures in one user message.
        official: The published rule.
        strict: The same question, read strictly: what is no answer in the form asked for is wrong.
        aggregate: How the scores become one number.
        render: Writes an agent's typed value as the published scorer expects a model's words.
        judge: Scores by a model in place of `official`.
        offline: With a judge, the variants that `official` scores in full without it; a run of another one needs it.
        binary: Whether scores can only be 0 or 1.
        chance: What guessing gives, 0 to 1, where that is known.
        categories: The published question types, in the published order.
        make: Makes a variant's data in an empty folder, where they come from seeds: what a run without `--data` reads.
        split: `test` where the published split is one to be tested on: exports for training refuse it.
    """

    name: str
    title: str
    about: str
    licence: str
    size: Mapping[str, int]
    source: Source
    protocol: Protocol
    read: Callable[[Path, str], Iterator[Item]]
    prompt: Callable[[Item], str]
    official: Scorer
    strict: Scorer
    aggregate: Aggregate
    categories: tuple[str, ...]
    render: Callable[[Item, Any], str] = plain
    judge: Judge | None = None
    offline: tuple[str, ...] = ()
    binary: bool = True
    chance: float | None = None
    make: Callable[[Path, str], None] | None = None
    split: str = "test"

    def split_of(self, variant: str) -> str:
        """What a variant may be used for: of what is made here, the variant `train` is for training."""
        return "train" if self.make and variant == "train" else self.split

    @property
    def variants(self) -> tuple[str, ...]:
        """Names of the variants; the first is the default."""
        return tuple(self.size)
