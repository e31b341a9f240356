"""The commands and their options. What they do is imported when they run, so that `--help` starts at once.

Exit codes: 0 with an answer; 1 the run ended without one (it cannot be told, a refusal, nothing readable); 2 a wrong
input or option; 3 something is missing or a provider failed; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.demos.cli.evals import eval_app

app = typer.Typer(
    name="sightline",
    help="Ask any vision-language model about space in pictures, with instruments instead of guesses.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

RunsOption = Annotated[Path | None, typer.Option("--runs", help="Folder of the runs, if not the usual one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]
ModelOption = Annotated[str | None, typer.Option("--model", "-m", help="provider:name, or rules (the default).")]
OwnModelOption = Annotated[str | None, typer.Option("--model", "-m", help="Default: the run's own.")]
RerunOption = Annotated[Path | None, typer.Option(help="Write a recording for the Rerun viewer here (.rrd).")]
UrlOption = Annotated[str | None, typer.Option("--base-url", help="An OpenAI-compatible server of your own.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sightline {version('sightline')}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What all commands share."""


@app.command()
def ask(
    pictures: Annotated[list[str] | None, typer.Argument(metavar="[PICTURES]...", help="Photos, in order.")] = None,
    question: Annotated[
        str, typer.Option("--question", "-q", help="The question; - reads it from standard input.")
    ] = "",
    option: Annotated[list[str] | None, typer.Option("--option", help="An option to choose from; repeat.")] = None,
    expect: Annotated[
        str | None,
        typer.Option(help="Kind of answer: yes_no, integer, number, point, points, box, path, ordering, text, ..."),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Unit of a number, e.g. m.")] = None,
    model: ModelOption = None,
    base_url: UrlOption = None,
    strategy: Annotated[
        str,
        typer.Option(help="react (tools), code (tools from Python), inverse_graphics (programs), direct, cot (none)."),
    ] = "react",
    tools: Annotated[str | None, typer.Option(help="Families or tools, by commas; all by default.")] = None,
    steps: Annotated[int, typer.Option(help="Turns of the model, the last one for the answer.")] = 12,
    dollars: Annotated[float | None, typer.Option(help="Most it may cost.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Wall time, checked before each step.")] = None,
    video: Annotated[list[str] | None, typer.Option(help="A video; repeat.")] = None,
    panorama: Annotated[list[str] | None, typer.Option(help="A panorama, equirectangular 2:1; repeat.")] = None,
    known: Annotated[list[str] | None, typer.Option(help='A fact, e.g. "door height=2.03 m"; repeat.')] = None,
    fov: Annotated[float | None, typer.Option(help="Horizontal field of view of the photos in degrees.")] = None,
    mark: Annotated[
        list[str] | None,
        typer.Option(help='A point or box you drew: "mug=40,80", "mug=40,80,90,130", "mug=img2:40,80"; repeat.'),
    ] = None,
    back_end: Annotated[
        list[str] | None,
        typer.Option(help='What serves a role, e.g. depth=depth-pro, "detection=yolo:my.pt"; repeat. See doctor.'),
    ] = None,
    target: Annotated[str | None, typer.Option(help="The picture a program is to match; like a first photo.")] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="A .blend, .pptx, .svg or .py that programs go on from; repeat.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="What draws programs: blender, slides, svg, plot.")] = None,
    verifier: Annotated[str | None, typer.Option(help="Model that judges programs; the same one by default.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never try to download weights.")] = False,
    rerun: RerunOption = None,
    as_json: JsonOption = False,
    runs: RunsOption = None,
) -> None:
    """Ask a question about one or more pictures, or for a program that makes one."""
    from sightline.demos.cli import running

    given: dict[str, Any] = {
        "question": question,
        "pictures": [*([target] if target else []), *(pictures or [])],
        "options": option or [],
        "expect": expect,
        "unit": unit,
        "video": video or [],
        "panorama": panorama or [],
        "known": known or [],
        "fov": fov,
        "marks": mark or [],
        "start": start or [],
        "engine": engine,
    }
    agent: dict[str, Any] = {
        "model": model or "rules",
        "base_url": base_url,
        "strategy": strategy,
        "tools": [name.strip() for name in tools.split(",") if name.strip()] if tools is not None else None,
        "back_ends": back_end or [],
        "verifier": verifier,
        "offline": offline,
        "runs": runs,
    }
    budget = {"steps": steps, "dollars": dollars, "seconds": seconds}
    raise typer.Exit(running.ask(given, agent, budget, rerun, as_json=as_json))


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="A run's id, the beginning of one, its folder, or last.")],
    model: OwnModelOption = None,
    base_url: UrlOption = None,
    as_json: JsonOption = False,
    runs: RunsOption = None,
) -> None:
    """Go on with a run that was stopped, killed or failed; no call that had completed is made again."""
    from sightline.demos.cli import running

    raise typer.Exit(running.resume(run, model, base_url, runs, as_json=as_json))


@app.command()
def branch(
    run: Annotated[str, typer.Argument(help="A run's id, the beginning of one, its folder, or last.")],
    after: Annotated[int, typer.Option(help="Last step to share; 0 begins anew with the same inputs.")],
    say: Annotated[str, typer.Option(help="What you add from there on.")] = "",
    model: OwnModelOption = None,
    base_url: UrlOption = None,
    as_json: JsonOption = False,
    runs: RunsOption = None,
) -> None:
    """Go on from a step of a run in a new run; the old one stays as it is."""
    from sightline.demos.cli import running

    raise typer.Exit(running.branch(run, after, say, model, base_url, runs, as_json=as_json))


@app.command()
def trace(
    run: Annotated[str | None, typer.Argument(help="A run's id, the beginning of one, its folder, or last.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page here.")] = None,
    rerun: RerunOption = None,
    runs: RunsOption = None,
) -> None:
    """Show a run as text, or write it as a page or a recording; without a run, list them."""
    from sightline.demos.cli import showing

    raise typer.Exit(showing.trace(run, html, rerun, runs))


@app.command()
def program(
    run: Annotated[str, typer.Argument(help="A run's id, the beginning of one, its folder, or last.")],
    handle: Annotated[str, typer.Argument(help="A revision, e.g. prog3; the best one by default.")] = "",
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path(),
    runs: RunsOption = None,
) -> None:
    """Write a run's graphics program as one that runs by itself, with the file it starts from."""
    from sightline.demos.cli import showing

    raise typer.Exit(showing.program(run, handle, out, runs))


@app.command()
def tools(
    name: Annotated[str | None, typer.Argument(help="A tool or a family.")] = None, as_json: JsonOption = False
) -> None:
    """The tools a model can call; with a name, one as the model sees it."""
    from sightline.demos.cli import showing

    raise typer.Exit(showing.tools(name, as_json=as_json))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """What is installed, what is missing, and the one command that mends each."""
    from sightline.demos.cli import showing

    raise typer.Exit(showing.doctor(as_json=as_json))


@app.command()
def mcp(
    root: Annotated[list[Path] | None, typer.Option(help="A folder whose files may be opened; repeat.")] = None,
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")] = False,
    host: Annotated[str, typer.Option(help="Address for --http; others than loopback need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port for --http; 0 takes a free one.")] = 8765,
    back_end: Annotated[
        list[str] | None, typer.Option(help="What serves a role, e.g. depth=depth-pro; repeat. See doctor.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never try to download weights.")] = False,
) -> None:
    """Serve all tools over MCP, to a coding assistant, a desktop client or an agent."""
    from sightline.demos.cli import connecting

    raise typer.Exit(connecting.mcp(root or [], back_end or [], offline, http, host, port))


import_module("sightline.demos.cli.making")  # its commands join those of `eval`
app.add_typer(eval_app, name="eval")


@app.command()
def benchmarks(
    name: Annotated[str | None, typer.Argument(help="A benchmark.")] = None, as_json: JsonOption = False
) -> None:
    """The benchmarks that `sightline eval` runs; with a name, one: size, licence, data, metric, what is published."""
    from sightline.demos.cli import evaluating

    raise typer.Exit(evaluating.benchmarks(name, as_json=as_json))


@app.command()
def demo(
    host: Annotated[str, typer.Option(help="Address to serve on; others than this machine need --password.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port; 0 for any that is free.")] = 7860,
    share: Annotated[bool, typer.Option("--share", help="A public address by Gradio's relay; needs --password.")] = (
        False
    ),
    password: Annotated[
        bool,
        typer.Option("--password", help="Ask for a password to log in with; or set SIGHTLINE_DEMO_PASSWORD."),
    ] = False,
    steps: Annotated[int, typer.Option(min=1, help="Steps that a visitor may give a run.")] = 40,
    runs: RunsOption = None,
) -> None:
    """The web page: give pictures, ask, and watch the agent reason."""
    from sightline.demos.cli import serving

    raise typer.Exit(serving.demo(host, port, steps, runs, password=password, share=share))


@app.command()
def report(
    logs: Annotated[Path, typer.Argument(metavar="LOGDIR", help="A log folder of `sightline eval`, or one log.")],
    html: Annotated[bool, typer.Option("--html", help="Write LOGDIR/report.html instead, with plots.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What runs of benchmarks came to: scores with intervals, question types, cost, errors, settings."""
    from sightline.demos.cli import reporting

    raise typer.Exit(reporting.report(logs, html=html, as_json=as_json))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="LOG_A", help="A log, or a folder with one.")],
    second: Annotated[Path, typer.Argument(metavar="LOG_B", help="Another, over the same questions.")],
    strict: Annotated[bool, typer.Option("--strict", help="Compare strict scores, not the published rule's.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs question by question: difference, interval, wins and losses, by question type."""
    from sightline.demos.cli import reporting

    raise typer.Exit(reporting.compare(first, second, strict=strict, as_json=as_json))


@app.command()
def export(
    logs: Annotated[Path, typer.Argument(metavar="LOGDIR", help="A log folder of `sightline eval`, or one log.")],
    form: Annotated[str, typer.Option("--format", help="sft: right conversations; rl: prompts with their targets.")],
    out: Annotated[Path, typer.Option(help="File to write, JSON lines; pictures go into a folder beside it.")],
) -> None:
    """Write runs as data to train on, stamped with its source; test splits are refused."""
    from sightline.demos.cli import reporting

    raise typer.Exit(reporting.export(logs, form, out))


blender = typer.Typer(no_args_is_help=True, help="Blender for the graphics tools.")
app.add_typer(blender, name="blender")


@blender.callback()
def _blender() -> None:
    """Keeps `install` a command of its own while it is the only one."""


@blender.command("install")
def blender_install(
    python: Annotated[
        Path | None, typer.Option("--python", help="A Python 3.11 to use, if not the one that is found.")
    ] = None,
) -> None:
    """Install bpy in an environment of its own, in your data folder: 0.4 GB to download, 1 GB on disk."""
    from sightline.demos.cli import installing

    raise typer.Exit(installing.install_blender(python))


def main() -> None:
    """The `sightline` command."""
    try:
        app(standalone_mode=True)
    except BrokenPipeError:
        # The reader has gone (`sightline trace | head`); Python must not complain about it again at exit.
        sys.stderr.close()
        sys.exit(0)
