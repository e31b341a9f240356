"""What holds for every test: no network beyond loopback, no trace of the person who runs it.

Each test gets a home of its own, an environment without keys or settings, and fails if it, or a Python
process it started, tried to reach anything but this machine.
"""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import loopback_guard
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
NETWORK_GUARD = Path(loopback_guard.__file__).parent

# Keys, endpoints and settings of the person who runs the tests, by how the variable's name begins or ends.
FOREIGN_PREFIXES = (
    "SIGHTLINE_",
    "OPENAI_",
    "ANTHROPIC_",
    "GOOGLE_",
    "GEMINI_",
    "AZURE_",
    "AWS_",
    "HF_",
    "HUGGING_FACE_",
    "INSPECT_",
    "LANGCHAIN_",
    "LANGFUSE_",
    "LANGGRAPH_",
    "LANGSMITH_",
    "OTEL_",
    "XDG_",
)
FOREIGN_SUFFIXES = ("_API_KEY", "_AUTH_TOKEN", "_PROXY")

# What libraries must not do unasked: report, look for updates, ask a hub, install something.
QUIET = {
    "LANGSMITH_TRACING": "false",
    "HF_HUB_OFFLINE": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "DO_NOT_TRACK": "1",
    "YOLO_AUTOINSTALL": "false",
}

# Derandomised in CI: a red run there is one that anybody can repeat.
hypothesis.settings.register_profile("sightline", deadline=None, print_blob=True)
hypothesis.settings.register_profile("sightline-ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("sightline-ci" if os.environ.get("CI") else "sightline")

loopback_guard.install()


@pytest.fixture(scope="session")
def matplotlib_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole run: matplotlib takes seconds to list the fonts in a fresh home."""
    return tmp_path_factory.mktemp("matplotlib")


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, matplotlib_cache: Path) -> Path:
    """Give the test an empty home and an environment without anybody's keys or settings.

    Returns:
        The home, an empty folder that belongs to this test.
    """
    for name in list(os.environ):
        if name.upper().startswith(FOREIGN_PREFIXES) or name.upper().endswith(FOREIGN_SUFFIXES):
            monkeypatch.delenv(name)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MPLCONFIGDIR", str(matplotlib_cache))
    monkeypatch.setenv("PYTHONPATH", str(NETWORK_GUARD))
    return home


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory):
    """Fail the test if it, or a Python process it started, tried to leave this machine."""
    log = tmp_path_factory.getbasetemp() / f"network-{os.getpid()}.log"
    monkeypatch.setenv(loopback_guard.LOG_VARIABLE, str(log))
    yield log
    if log.exists():
        attempts = log.read_text("utf-8")
        log.unlink()
        pytest.fail(f"the network was refused:\n{attempts}", pytrace=False)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data beside the checkout; a test that needs it is skipped where there is none."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the data folder {folder.name}/ beside the checkout")
    return folder
