"""`sightline eval make` and `sightline eval check`: questions from seeds, and whether shortcuts can answer them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sightline.demos.cli.evals import eval_app

ENOUGH = 1000
FAILED = 1

Suite = Annotated[str, typer.Argument(help="rooms, orbits, panoramas, motion, mazes, rotation or polycubes.")]
Types = Annotated[str, typer.Option("--task", help="Question types, by commas; all by default.")]


@eval_app.command("make")
def make(
    suite: Suite,
    out: Annotated[Path, typer.Option("--out", help="Folder to write: new, or without questions.")],
    n: Annotated[int, typer.Option("--n", min=1, help="Questions, the types in turn.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="First seed; from 1000000 on the questions are for testing.")] = 0,
    task: Types = "",
) -> None:
    """Make questions of the synthetic suite: pictures, questions.jsonl, the truth, a gallery (index.html)."""
    from sightline.demos.cli.failing import guarded

    def work() -> int:
        from sightline.evals.synthetic.suite.suites import suite as suite_named

        about = suite_named(suite).make(out, n, seed, _types(task))
        sys.stdout.write(
            f"{about.questions:,} questions of {len(about.categories)} types for {about.split} from seeds "
            f"{about.first_seed} to {about.last_seed}.\nLook at them: {out / 'index.html'}\n"
            f"Ask them: sightline eval {suite} --data {out} --variant {about.split}\n"
        )
        return 0

    raise typer.Exit(guarded(work, as_json=False))


@eval_app.command("check")
def check(
    suite: Suite,
    n: Annotated[int, typer.Option("--n", min=1, help="Questions of each type.")] = ENOUGH,
    seed: Annotated[int, typer.Option(min=0, help="First seed.")] = 0,
    task: Types = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
) -> None:
    """Try six shortcuts on each question type, without drawing a picture; exit code 1 where one works."""
    from sightline.demos.cli.failing import guarded

    def work() -> int:
        from sightline.evals.synthetic.shortcuts import as_markdown, passes, print_table, shortcut_table
        from sightline.evals.synthetic.suite.suites import suite as suite_named

        found = suite_named(suite)
        chosen = found.chosen(_types(task))
        questions = [question for _, question in found.questions(None, n * len(chosen), seed, chosen)]
        table = shortcut_table(questions, valid=found.valid)
        if markdown:
            sys.stdout.write(as_markdown(table) + "\n")
        else:
            print_table(table)
        return 0 if passes(table) else FAILED

    raise typer.Exit(guarded(work, as_json=False))


def _types(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
