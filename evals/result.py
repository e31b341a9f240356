"""What one question of one run came to, read from a log; what reports, comparisons and exports work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sightline.memory import Usage

Outcome = Literal["answered", "no answer", "error"]
"""`no answer` is wrong and counts: budget, an instrument's limit, context overflow, refusal, unparsable output,
"cannot tell". `error` is infrastructure: a provider that failed after its retries, missing weights, a lost machine, a
judge that is down. See docs/evals.md."""

Cause = Literal[
    "",
    "budget",
    "cannot tell",
    "context overflow",
    "cut off",
    "instrument limit",
    "refused",
    "unparsable",
    "provider",
    "instrument",
    "judge",
    "machine",
]


@dataclass(frozen=True)
class Result:
    """One question, asked once.

    Attributes:
        item: Id of the item.
        repeat: Which time it was asked, from 1.
        category, cluster, group, source: As the item has them.
        official: By the published rule, 0 to 1; None where that leaves it out, or the outcome is an error.
        strict: By the strict rule, 0 to 1: every failure of the agent is wrong; None only for an error.
        binary: Whether its score can only be 0 or 1.
        outcome: Whether there was an answer.
        cause: Why there was none.
        message: What an error said, with what mends it.
        forced: The budget had ended and the model was made to answer.
        parsed: Whether the official rule could read an answer.
        said: What was scored.
        read: What the official rule took for the answer.
        parts: What was reported beside the score.
        usage: Model calls with their retries and sub-calls.
        tool_seconds, seconds: Time in tools, and wall time of the whole question.
        tool_calls: Calls of tools.
        frames, pixels: Pictures of the input that the model was shown, and their pixels as sent.
    """

    item: str
    repeat: int
    category: str
    cluster: str
    group: str
    source: str
    official: float | None
    strict: float | None
    binary: bool
    outcome: Outcome
    cause: Cause = ""
    message: str = ""
    forced: bool = False
    parsed: bool = True
    said: str = ""
    read: str = ""
    parts: dict[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    tool_seconds: float = 0.0
    seconds: float = 0.0
    tool_calls: int = 0
    frames: int = 0
    pixels: int = 0


@dataclass(frozen=True)
class RunRecord:
    """A run of one benchmark with one arm, as its log tells it.

    Attributes:
        log: Path of the log.
        benchmark, variant: What was asked.
        arm: `react`, `cot`, `direct`, `official`, `blind`, `prior`, `vote@5`, ...
        model: As the person named it; `snapshot` is what the provider said it served, or "".
        scoring: `official` where prompt, pictures, decoding, extractor and judge all are the published ones, else
            `official scoring`.
        settings: Everything else that makes two runs comparable: effort, temperature, seed, tools, back ends, budget,
            frames, pixel cap, sample.
        sample: Hash of the ids that were drawn.
        complete: Whether all of them were asked.
        results: One for each question and repeat.
    """

    log: str
    benchmark: str
    variant: str
    arm: str
    model: str
    snapshot: str
    scoring: str
    settings: dict[str, object]
    sample: str
    complete: bool
    results: tuple[Result, ...]
