"""No file that git would take holds a path of the machine it was written on, or anything like a key."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

KEYS = {
    "OpenAI or Anthropic": r"\bsk-[A-Za-z0-9_-]{24,}",
    "Google": r"\bAIza[0-9A-Za-z_-]{35}",
    "AWS": r"\bAKIA[0-9A-Z]{16}\b",
    "GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36}",
    "Hugging Face": r"\bhf_[A-Za-z0-9]{30,}",
    "Slack": r"\bxox[abpr]-[0-9A-Za-z-]{20,}",
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
# Folders that say nothing about a machine, though somebody's checkout may lie right below them.
COMMON = {Path(name) for name in ("/", "/usr", "/usr/local", "/home", "/opt", "/mnt", "/srv", "/tmp")}


def machine_folders(repository: Path) -> set[Path]:
    """Folders whose paths give this machine away: checkout, what it lies in, home, interpreter."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    candidates = {repository, repository.parent, home, Path(sys.prefix), Path(sys.base_prefix)}
    return candidates - COMMON - {Path(tempfile.gettempdir())}


def findings(text: str, folders: set[Path]) -> list[str]:
    """List what a text should not hold: keys (by kind, not by value) and paths below the folders given."""
    paths = "|".join(re.escape(str(folder)) for folder in sorted(folders, key=str, reverse=True))
    found = [f"looks like a key ({kind})" for kind, pattern in KEYS.items() if re.search(pattern, text)]
    found += [f"path {match}" for match in re.findall(rf"(?<![\w.~-])(?:{paths})/[\w.-]*", text)]
    return found


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    """The files that are in git or would be added to it."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip(f"needs a git checkout: {listing.stderr.strip()}")
    return [path for name in listing.stdout.split("\0") if name and (path := repository / name).is_file()]


def test_no_machine_paths_and_no_keys(tracked: list[Path], repository: Path) -> None:
    folders = machine_folders(repository)
    found = [
        f"{path.relative_to(repository)}: {finding}"
        for path in tracked
        for finding in findings(path.read_bytes().decode("utf-8", errors="ignore"), folders)
    ]
    assert not found, "\n".join(found)


def test_the_search_finds_what_is_planted() -> None:
    folders = {Path("/somewhere/checkout"), Path("/somewhere")}
    assert findings('open("/somewhere/checkout/a.png")', folders)
    assert findings("file:///somewhere/else", folders)
    assert findings("key = " + "sk-" + "a1B2" * 8, folders) == ["looks like a key (OpenAI or Anthropic)"]
    assert findings("-----BEGIN RSA " + "PRIVATE KEY-----", folders)
    assert findings("see docs/somewhere/else, risk-averse, https://x.org/somewhere/", folders) == []


def test_nothing_large_or_generated_is_tracked(tracked: list[Path], repository: Path) -> None:
    generated = ("__pycache__", ".venv", ".egg-info", ".mypy_cache", ".hypothesis")
    wrong = [
        str(path.relative_to(repository))
        for path in tracked
        if any(part.endswith(generated) for part in path.relative_to(repository).parts)
        or path.stat().st_size > 5_000_000
    ]
    assert not wrong
