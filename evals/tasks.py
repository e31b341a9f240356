"""The benchmarks as tasks of Inspect, found through its entry point from any folder.

    inspect eval sightline/vsi_bench --model openai/gpt-5 -T strategy=react -T limit=200
    inspect eval sightline/blink --model anthropic/claude-sonnet-4-5 -T data=/data/blink -T strategy=cot
    inspect eval sightline/rooms --model sightline/rules -T perception=oracle

Arguments are those of `sightline eval`; docs/evals.md has them. A benchmark is imported when its task is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from inspect_ai import Task, task
from inspect_ai.model import ModelAPI, modelapi

from sightline.evals.benchmarks import NAMES, benchmark
from sightline.evals.running.setting_up import Asked, make_task

Names = str | Sequence[str]


def _task(name: str) -> Callable[..., Task]:
    def build(
        strategy: str = "react",
        variant: str = "",
        data: str = "",
        limit: int = 0,
        categories: Names = (),
        seed: int = 0,
        repeat: int = 1,
        tools: Names = (),
        back_ends: Names | Mapping[str, str] = (),
        perception: str = "real",
        offline: bool = False,
        frames: int = 0,
        pixels: int = 0,
        steps: int | None = None,
        calls: int | None = None,
        tokens: int | None = None,
        seconds: float | None = None,
        dollars: float | None = None,
    ) -> Task:
        limits = {"steps": steps, "calls": calls, "tokens": tokens, "seconds": seconds, "dollars": dollars}
        return make_task(
            benchmark(name),
            Asked(
                strategy=strategy,
                variant=variant,
                data=str(data),
                limit=limit,
                categories=_names(categories),
                seed=seed,
                repeat=repeat,
                tools=_names(tools),
                back_ends=_pairs(back_ends),
                perception=perception,
                offline=offline,
                frames=frames,
                pixels=pixels,
                budget=tuple((name, float(value)) for name, value in limits.items() if value is not None),
            ),
        )

    build.__doc__ = f"The benchmark {name}."
    build.__name__ = build.__qualname__ = f"task_{name}"
    made: Callable[..., Task] = task(name=name)(build)
    return made


def _names(given: Names) -> tuple[str, ...]:
    """Names by commas, or as a list: Inspect's command line makes one of what has commas."""
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(name.strip() for name in parts if name.strip())


def _pairs(given: Names | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Back ends by role: a mapping, or `role=name` by commas."""
    if isinstance(given, Mapping):
        return tuple((str(role), str(name)) for role, name in given.items())
    return tuple((role, name) for role, _, name in (pair.partition("=") for pair in _names(given)))


TASKS: dict[str, Callable[..., Task]] = {name: _task(name) for name in NAMES}
"""Each benchmark's task, by name."""


@modelapi(name="sightline")  # type: ignore[untyped-decorator]  # mypy does not follow Inspect
def sightline_models() -> type[ModelAPI]:
    """`sightline/rules`: the embedded model."""
    from sightline.evals.running.rules_api import RulesAPI

    return RulesAPI
