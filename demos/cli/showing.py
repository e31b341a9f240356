"""`trace`, `tools` and `doctor`: what there is to see."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sightline.demos.cli.failing import ANSWERED, INFRASTRUCTURE, guarded
from sightline.demos.cli.running import record
from sightline.memory import InputError, Workspace, find_run


def trace(run: str | None, html: Path | None, recording: Path | None, runs: Path | None) -> int:
    """`sightline trace`; returns the exit code."""

    def work() -> int:
        from sightline.demos.trace import list_text, trace_html, trace_text

        if run is None:
            _print(list_text(runs))
            return ANSWERED
        workspace = Workspace.open(find_run(run, runs))
        if recording is not None:
            record(workspace, recording)
        if html is None and recording is not None:
            return ANSWERED
        if html is None:
            sys.stdout.write(trace_text(workspace))
            return ANSWERED
        page = trace_html(workspace)
        try:
            html.write_text(page, encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"{html} cannot be written ({error.strerror}).", "Name a file in a folder of yours."
            ) from None
        sys.stderr.write(f"wrote {html} ({len(page) / 1e6:.1f} MB)\n")
        return ANSWERED

    return guarded(work, as_json=False)


def program(run: str, handle: str, out: Path, runs: Path | None) -> int:
    """`sightline program`; returns the exit code."""

    def work() -> int:
        from sightline.tools.graphics import export_revision

        workspace = Workspace.open(find_run(run, runs))
        try:
            exported = export_revision(workspace, out, handle)
        except OSError as error:
            raise InputError(f"{out} cannot be written ({error.strerror}).", "Name a folder of yours.") from None
        sys.stdout.write(f"{exported.program}\n")
        if exported.start is not None:
            sys.stdout.write(f"{exported.start}\n")
        return ANSWERED

    return guarded(work, as_json=False)


def tools(name: str | None, *, as_json: bool) -> int:
    """`sightline tools`; returns the exit code."""

    def work() -> int:
        from sightline.tools import FAMILIES, StoredPixels, all_tools, find

        sees = StoredPixels()
        chosen = all_tools() if name is None else [t for t in all_tools() if t.family == name]
        if name is not None and name not in FAMILIES:
            chosen = [find(name)]
        if as_json:
            listing = [
                {"name": t.name, "family": t.family, "description": t.description, "parameters": t.schema(sees),
                 "example": t.example}
                for t in chosen
            ]  # fmt: skip
            sys.stdout.write(json.dumps(listing if name is None or name in FAMILIES else listing[0], indent=2) + "\n")
        elif len(chosen) == 1:
            sys.stdout.write(_one_tool(chosen[0], sees))
        else:
            _print(_catalogue(chosen))
        return ANSWERED

    return guarded(work, as_json=as_json)


def doctor(*, as_json: bool) -> int:
    """`sightline doctor`; returns the exit code: not 0 only where the core does not work."""
    from sightline.demos.doctor import examine

    findings = examine()
    if as_json:
        sys.stdout.write(json.dumps([f.to_json() for f in findings], indent=2) + "\n")
    else:
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for heading in ("", "what", "found", "what it is for", "to mend it"):
            # A command that is broken over lines cannot be copied.
            table.add_column(heading, overflow="fold", no_wrap=heading in ("what", "to mend it"))
        for finding in findings:
            sign = {"ok": "✓", "missing": "·", "broken": "✗"}[finding.state]
            table.add_row(sign, finding.what, finding.found, finding.purpose, finding.mend)
        _print(table)
    return INFRASTRUCTURE if any(f.state == "broken" for f in findings) else ANSWERED


def _catalogue(tools: list[Any]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("family", "tool", "what it does"):
        table.add_column(heading, no_wrap=heading != "what it does")
    family = ""
    for tool in tools:
        table.add_row("" if tool.family == family else tool.family, tool.name, tool.summary)
        family = tool.family
    return table


def _one_tool(tool: Any, sees: Any) -> str:
    lines = [f"{tool.name} ({tool.family})", "", tool.description, ""]
    if tool.parameters:
        lines.append("Arguments:")
        properties = tool.schema(sees)["properties"]
        for parameter in tool.parameters:
            needed = "" if parameter.required else ", optional"
            kind = properties[parameter.name]
            lines.append(f"  {parameter.name} ({_type_name(kind)}{needed}): {kind['description']}")
            if "enum" in kind:
                lines.append(f"      one of: {', '.join(kind['enum'])}")
        lines.append("")
    lines += ["Example:", f"  {json.dumps({'name': tool.name, 'arguments': tool.example})}", "", "Schema:"]
    lines.append(json.dumps(tool.schema(sees), indent=2))
    return "\n".join(lines) + "\n"


def _type_name(kind: dict[str, Any]) -> str:
    return f"list of {_type_name(kind['items'])}" if kind["type"] == "array" else str(kind["type"])


def _print(what: Any) -> None:
    """A rich table or text on standard output, as wide as its reader: a pipe has no width to keep to."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(what)
