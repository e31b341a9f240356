"""From what a person asks for to an Inspect task: the items drawn, the plan of the arm, and what the log must tell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig

from sightline.agents import Budget
from sightline.agents.toolbox import toolbox
from sightline.evals.arms import Arm, arm_named
from sightline.evals.benchmark import Benchmark
from sightline.evals.item import Item
from sightline.evals.running.data import folder_of
from sightline.evals.running.logs import DECODING, METADATA
from sightline.evals.running.scoring import sightline_scorer
from sightline.evals.running.solving import Plan, sightline_agent
from sightline.memory import InputError


@dataclass(frozen=True)
class Asked:
    """What a person asks for; plain data, which a log keeps so that `--resume` finds it again.

    Attributes:
        strategy: The arm; see `sightline.evals.arms`.
        variant: Of the benchmark; "" for its first.
        data: Folder of the data; "" for the hub, or what is made here.
        limit: Questions drawn; 0 for all.
        categories: Question types asked; all if empty.
        seed: Of the draw.
        repeat: How many times each question is asked.
        tools: Families or names of tools; the arm's own if empty.
        back_ends: What serves the tools, by role.
        perception: `real`, or `oracle` to read the truth of each scene.
        offline: Never try to download weights.
        frames, pixels: In place of the protocol's; 0 to keep to it.
        budget: What a question may use; see `sightline.agents.Budget`.
    """

    strategy: str = "react"
    variant: str = ""
    data: str = ""
    limit: int = 0
    categories: tuple[str, ...] = ()
    seed: int = 0
    repeat: int = 1
    tools: tuple[str, ...] = ()
    back_ends: tuple[tuple[str, str], ...] = ()
    perception: str = "real"
    offline: bool = False
    frames: int = 0
    pixels: int = 0
    budget: tuple[tuple[str, float], ...] = ()


def make_task(benchmark: Benchmark, asked: Asked) -> Task:
    """The Inspect task of a benchmark.

    Raises:
        InputError: A name is not known, or the data cannot be read.
        InfrastructureError: The data cannot be downloaded.
    """
    arm = arm_named(asked.strategy)
    variant = asked.variant or benchmark.variants[0]
    if variant not in benchmark.variants:
        raise InputError(f"{benchmark.title} has no variant {variant!r}.", f"It has: {', '.join(benchmark.variants)}.")
    if asked.perception not in ("real", "oracle"):
        raise InputError(f"There is no perception {asked.perception!r}.", "Use real or oracle.")
    tools = asked.tools or arm.tools
    if arm.kind == "agent":
        toolbox(tools)  # a wrong name is told before a question is asked
    budget = Budget(**{name: int(v) if name in _WHOLE else v for name, v in asked.budget})  # type: ignore[arg-type]
    every = list(benchmark.read(folder_of(benchmark, asked.data, variant), variant))
    items = drawn(benchmark, every, asked)
    plan = Plan(
        arm=arm,
        benchmark=benchmark,
        items={item.id: item for item in items},
        tools=tools,
        budget=budget,
        back_ends=dict(asked.back_ends),
        oracle=asked.perception == "oracle",
        offline=asked.offline,
        frames=asked.frames or benchmark.protocol.frames,
        pixels=asked.pixels or benchmark.protocol.pixels,
        prior=_prior(benchmark, every) if arm.kind == "prior" else {},
    )
    return Task(
        dataset=MemoryDataset([_sample(item) for item in items], name=f"{benchmark.name}/{variant}"),
        solver=sightline_agent(plan),
        scorer=sightline_scorer(plan),
        epochs=asked.repeat,
        config=_config(benchmark, arm),
        fail_on_error=False,
        name=benchmark.name,
        version=version("sightline"),
        metadata={METADATA: settings(benchmark, variant, plan, asked, items)},
    )


_WHOLE = frozenset({"steps", "calls", "pictures", "tokens"})


def drawn(benchmark: Benchmark, every: Sequence[Item], asked: Asked) -> list[Item]:
    """The items to ask: of the categories named, a seeded and stratified sample where there is a limit.

    Raises:
        InputError: There is no such category, or nothing to ask.
    """
    if unknown := sorted(set(asked.categories) - set(benchmark.categories)):
        raise InputError(
            f"{benchmark.title} has no question type {unknown[0]!r}.", f"It has: {', '.join(benchmark.categories)}."
        )
    items = [item for item in every if not asked.categories or item.category in asked.categories]
    if not items:
        raise InputError(f"There is no question of {benchmark.title} to ask.", "See `sightline benchmarks`.")
    if asked.limit:
        from sightline.evals.statistics.sampling import draw

        items = draw(items, asked.limit, asked.seed)
    return items


def settings(benchmark: Benchmark, variant: str, plan: Plan, asked: Asked, items: Sequence[Item]) -> dict[str, Any]:
    """What two runs must agree in to be compared, and what a reader of a log wants to know."""
    from sightline.evals.statistics.power import detectable
    from sightline.evals.statistics.sampling import sample_hash

    protocol = benchmark.protocol
    published = plan.arm.kind == "official" and not protocol.departures
    unchanged = plan.frames == protocol.frames and plan.pixels == protocol.pixels
    known = set(protocol.decoding) <= DECODING
    return {
        "benchmark": benchmark.name,
        "variant": variant,
        "arm": plan.arm.name,
        "published_protocol": published and unchanged and known,
        "departures": list(protocol.departures),
        "decoding": dict(protocol.decoding),
        "source_commit": protocol.commit,
        "tools": None if plan.tools is None else list(plan.tools),
        "back_ends": dict(plan.back_ends),
        "perception": asked.perception,
        "budget": plan.budget.to_json(),
        "frames": plan.frames,
        "pixels": plan.pixels,
        "draw_seed": asked.seed,
        "questions": len(items),
        "repeat": asked.repeat,
        "categories": list(asked.categories),
        "binary": benchmark.binary,
        "sample": sample_hash([item.id for item in items]),
        "detectable": detectable(items, benchmark.aggregate).line,
        "version": version("sightline"),
    }


def _config(benchmark: Benchmark, arm: Arm) -> GenerateConfig:
    """The published decoding, for the published prompt; finite retries, so that a provider that is down shows."""
    decoding = {k: v for k, v in benchmark.protocol.decoding.items() if k in DECODING} if arm.kind == "official" else {}
    return GenerateConfig(max_retries=MAX_RETRIES, attempt_timeout=ATTEMPT_SECONDS, **decoding)


MAX_RETRIES = 6
"""Retries of a model call; with Inspect's backoff they span some minutes."""

ATTEMPT_SECONDS = 600
"""Seconds after which an attempt counts as lost: reasoning models think for minutes."""


def _prior(benchmark: Benchmark, items: Iterable[Item]) -> dict[str, str]:
    from sightline.evals.scorers.prior import fit_prior

    return fit_prior(items, benchmark)


def _sample(item: Item) -> Sample:
    return Sample(
        input=item.asked.question,
        target=item.target if isinstance(item.target, str) else json.dumps(item.target),
        id=item.id,
        metadata={
            "category": item.category,
            "cluster": item.cluster,
            "group": item.group,
            "source": item.source,
        },
    )
