"""What the documentation says is so: its code runs, its commands parse, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BIN = Path(sys.executable).parent


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def with_commands() -> dict[str, str]:
    """The environment of somebody who has activated this one."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the samples lie where a checkout has them, and which may be written to."""
    (tmp_path / "demos").symlink_to(ROOT / "demos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGHTLINE_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_python_runs(page: Path, checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks(page, "python"))],
        cwd=checkout, env=with_commands(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "console")], ids=lambda p: p.name)
def test_commands_run(page: Path, checkout: Path) -> None:
    environment = with_commands()
    first = ["sightline", "ask", "demos/samples/coins.png", "-q", "How many coins are there?"]
    commands = [shlex.split(line) for block in blocks(page, "console") for line in block.splitlines()]
    for command in [first, *commands]:
        done = subprocess.run(
            command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert done.stdout or done.stderr


def shown_commands(page: Path) -> list[list[str]]:
    """Commands in indented blocks, continued lines joined."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in re.findall(r"^    (sightline .*)$", text, re.MULTILINE)]


@pytest.mark.parametrize("command", [c for page in PAGES for c in shown_commands(page)], ids=lambda c: " ".join(c)[:60])
def test_shown_commands_have_the_options_they_show(command: list[str]) -> None:
    from typer.main import get_command

    from sightline.demos.cli.app import app

    group = get_command(app)
    subcommand = group.commands[command[1]]  # type: ignore[attr-defined]
    subcommand.make_context(command[1], command[2:])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_and_targets_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in link:
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for target in re.findall(r"^    make ([a-z-]+)", text, re.MULTILINE):
        assert target in targets


def test_the_forms_are_those_of_the_code() -> None:
    from sightline.agents.models.forms import FORMS
    from sightline.agents.models.space_forms import SPACE_FORMS

    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    first, second = re.findall(r"^\| .+ \|\n\|-\|-\|\n((?:\|.+\|\n)+)", page, re.MULTILINE)
    for table, forms in ((first, FORMS), (second, SPACE_FORMS)):
        assert tuple(re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)) == forms


def test_the_tool_table_names_every_tool() -> None:
    from sightline.tools import all_tools

    page = (ROOT / "README.md").read_text("utf-8")
    for tool in all_tools():
        assert f"`{tool.name}`" in page, tool.name
