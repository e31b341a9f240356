"""`sightline eval` and its options: a benchmark is run, or one of the commands that make and check data.

sightline eval vsi_bench --model openai:gpt-5          # runs a benchmark
sightline eval --resume LOGDIR
sightline eval make rooms --n 500 --out DIR            # commands of their own
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

RUN = "run"


class RunsByDefault(TyperGroup):
    """What is no command of the group is a benchmark to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in that was left out."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [RUN, *args]
        return super().parse_args(ctx, args)


eval_app = typer.Typer(
    cls=RunsByDefault,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Run a benchmark: sightline eval BENCHMARK [options], see `sightline eval run --help`.",
)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


@eval_app.command(RUN)
def run(
    benchmark: Annotated[str, typer.Argument(help="A name of `sightline benchmarks`; none with --resume.")] = "",
    model: Annotated[
        str, typer.Option("--model", "-m", help="provider:name, Inspect's provider/name, or rules.")
    ] = "rules",
    base_url: Annotated[str | None, typer.Option("--base-url", help="An OpenAI-compatible server of your own.")] = None,
    strategy: Annotated[
        str,
        typer.Option(help="react, code, image, cot, direct, official, blind, prior, vote@K; several by commas."),
    ] = "react",
    data: Annotated[Path | None, typer.Option(help="Folder of the data; downloaded from the hub by default.")] = None,
    variant: Annotated[str, typer.Option(help="Variant of the benchmark; its first by default.")] = "",
    task: Annotated[str, typer.Option(help="Question types to ask, by commas; all by default.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Questions to draw, by types and seeded; 0 for all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the draw, and of the model where it takes one.")] = 0,
    repeat: Annotated[int, typer.Option(min=1, help="Times each question is asked.")] = 1,
    perception: Annotated[
        str, typer.Option(help="real, oracle (the truth of each scene), or both by commas.")
    ] = "real",
    tools: Annotated[str, typer.Option(help="Families or tools, by commas; the strategy's own by default.")] = "",
    back_end: Annotated[
        list[str] | None, typer.Option(help="What serves a role, e.g. depth=depth-pro; repeat.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never try to download weights.")] = False,
    frames: Annotated[int, typer.Option(min=0, help="Frames of a video; the protocol's by default.")] = 0,
    pixels: Annotated[int, typer.Option(min=0, help="Longest edge of pictures; the protocol's by default.")] = 0,
    effort: Annotated[str | None, typer.Option(help="Reasoning effort: minimal, low, medium, high, ...")] = None,
    temperature: Annotated[float | None, typer.Option(min=0.0, help="The model's own by default.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of one reply.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Turns a question may take; 12 by default.")] = None,
    calls: Annotated[int | None, typer.Option(min=1, help="Tool calls a question may take.")] = None,
    tokens: Annotated[int | None, typer.Option(min=1, help="Tokens a question may take.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Seconds a question may take.")] = None,
    dollars: Annotated[float | None, typer.Option(help="Dollars a question may cost.")] = None,
    grader: Annotated[str, typer.Option(help="The model that judges, for benchmarks with a judge.")] = "",
    max_connections: Annotated[
        int | None, typer.Option(min=1, help="Requests at once; adapts to the provider by default.")
    ] = None,
    max_retries: Annotated[int | None, typer.Option(min=0, help="Retries of a request; 6 by default.")] = None,
    log_dir: Annotated[Path | None, typer.Option(help="Folder of the logs; a new one below logs/ by default.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run whose logs lie here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list, for scripts.")] = False,
) -> None:
    """Run a benchmark, or go on with a run: no model call that had completed is paid again."""
    from sightline.demos.cli import evaluating

    if resume is not None:
        if benchmark:
            raise typer.BadParameter("a run that is gone on with has its benchmark already", param_hint="BENCHMARK")
        raise typer.Exit(evaluating.resume(resume, as_json=as_json))
    if not benchmark:
        raise typer.BadParameter("name one; `sightline benchmarks` lists them", param_hint="BENCHMARK")
    pairs = [pair.partition("=") for pair in back_end or []]
    asked: dict[str, Any] = {
        "data": "" if data is None else str(data),
        "variant": variant,
        "categories": _names(task),
        "limit": limit,
        "seed": seed,
        "repeat": repeat,
        "tools": _names(tools),
        "back_ends": {role.strip(): name.strip() for role, _, name in pairs},
        "offline": offline,
        "frames": frames,
        "pixels": pixels,
        "steps": steps,
        "calls": calls,
        "tokens": tokens,
        "seconds": seconds,
        "dollars": dollars,
    }
    generation = {
        "reasoning_effort": effort,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "seed": seed or None,
        "max_connections": max_connections,
        "max_retries": max_retries,
    }
    order: dict[str, Any] = {
        "model": model,
        "base_url": base_url,
        "grader": grader,
        "generation": {name: value for name, value in generation.items() if value is not None},
        "limits": {"retry_on_error": 1, "max_samples": max_connections},
    }
    raise typer.Exit(
        evaluating.evaluate(benchmark, asked, _names(strategy), _names(perception), order, log_dir, as_json=as_json)
    )
