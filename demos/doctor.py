"""What is installed, what is missing, and the one command that mends each. Looks, and changes nothing; no network.

Keys are only looked for: their values are neither read out nor printed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires, version
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from sightline.memory import InfrastructureError, runs_folder

EXTRAS: dict[str, str] = {
    "google": "Gemini models",
    "mcp": "the MCP server, and tools of others",
    "vision": "depth, detection, segmentation by learned models; ultralytics in it is AGPL-3.0",
    "recon": "3D reconstruction from several photos",
    "graphics": "slides and vector graphics",
    "symbolic": "a second solver for relations in words (clingo)",
    "evals": "benchmarks, on Inspect",
    "demo": "the web demo",
    "rerun": "recordings for the Rerun viewer",
}
"""What each extra is for."""

KEYS: dict[str, str] = {
    "OPENAI_API_KEY": "openai:...",
    "ANTHROPIC_API_KEY": "anthropic:...",
    "GOOGLE_API_KEY": "google_genai:...",
}
"""Keys, and the models that need them."""

LEAST_FREE = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: Its name.
        state: `ok`, `missing` (something optional), or `broken` (the core does not work without it).
        found: A version, a place, or that it is not there.
        purpose: What it is for.
        mend: The command that mends it; "" where nothing is to be done.
    """

    what: str
    state: Literal["ok", "missing", "broken"]
    found: str
    purpose: str
    mend: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything."""
    return [_python(), *_core(), _opencv(), *_extras(), *_weights(), _sandbox(), *_engines(), *_keys(), _runs()]


def _python() -> Finding:
    return Finding("Python", "ok", ".".join(map(str, sys.version_info[:3])), "everything")


def _source() -> str:
    """What pip is to be given for Sightline: the folder it was installed from, or its name."""
    told = distribution("sightline").read_text("direct_url.json")
    address = json.loads(told)["url"] if told else ""
    return unquote(urlsplit(address).path) if address.startswith("file:") else "sightline"


def _requirements() -> dict[str, list[str]]:
    """Names of required distributions by extra; "" is the core."""
    grouped: dict[str, list[str]] = {"": []}
    for line in requires("sightline") or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if name is not None and name.group(0) != "sightline":
            grouped.setdefault(extra.group(1) if extra else "", []).append(name.group(0))
    return grouped


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _core() -> list[Finding]:
    findings = []
    for name in _requirements()[""]:
        found = _installed(name)
        if found is None:
            findings.append(Finding(name, "broken", "not installed", "the core", f"pip install '{_source()}'"))
        else:
            findings.append(Finding(name, "ok", found, "the core"))
    return findings


def _opencv() -> Finding:
    """OpenCV's wheel needs two libraries of the system, which slim images lack."""
    try:
        import cv2
    except ImportError as error:
        return Finding("import cv2", "broken", str(error), "the core", "apt-get install libgl1 libglib2.0-0")
    return Finding("import cv2", "ok", str(cv2.__version__), "the core")


def _extras() -> list[Finding]:
    grouped = _requirements()
    findings = []
    for extra, purpose in EXTRAS.items():
        missing = [name for name in grouped.get(extra, []) if _installed(name) is None]
        if missing:
            found = f"without {', '.join(missing)}"
            findings.append(Finding(f"[{extra}]", "missing", found, purpose, f"pip install '{_source()}[{extra}]'"))
        else:
            findings.append(Finding(f"[{extra}]", "ok", "installed", purpose))
    return findings


def _weights() -> list[Finding]:
    """The default weights of every back end that needs some; they come by themselves when first used."""
    from sightline.tools.back_ends.weights_listing import list_weights

    findings = []
    for weights in list_weights():
        if not weights.weights:
            continue
        what = f"{weights.role}={weights.name}"
        purpose = f"{weights.summary} ({weights.license})" + (", the default" if weights.default else "")
        if weights.ready:
            findings.append(Finding(what, "ok", f"{weights.weights}, {weights.size / 1e6:.0f} MB", purpose))
        else:
            mend = "downloads on first use; or --back-end " + f"{what}:FOLDER"
            findings.append(Finding(what, "missing", f"{weights.weights} is not here", purpose, mend))
    return findings


def _sandbox() -> Finding:
    """The sandbox, tried: bubblewrap can be there and be forbidden to work."""
    from sightline.tools.sandbox import sandbox

    purpose = "running programs that a model writes"
    try:
        found = sandbox()
    except InfrastructureError as error:
        return Finding("sandbox", "missing", error.message, purpose, error.remedy)
    return Finding("sandbox", "ok", f"{found.name}, works", purpose)


def _engines() -> list[Finding]:
    """What draws graphics programs outside Python; Blender is started, as one that does not start is none."""
    from sightline.tools.graphics.engines.blender_builds import find_build
    from sightline.tools.graphics.engines.slides import find_office

    findings = []
    purpose = "rendering 3D scenes"
    try:
        build = find_build()
        findings.append(Finding("Blender", "ok", f"{build.version()}, {build.path} ({build.source})", purpose))
    except InfrastructureError as error:
        mend = "sightline blender install (0.4 GB), or apt-get install blender"
        findings.append(Finding("Blender", "missing", error.message, purpose, mend))
    purpose = "drawing slides"
    try:
        findings.append(Finding("LibreOffice", "ok", str(find_office()), purpose))
    except InfrastructureError:
        findings.append(
            Finding("LibreOffice", "missing", "not on the path", purpose, "apt-get install libreoffice-impress")
        )
    return findings


def _keys() -> list[Finding]:
    return [
        Finding(name, "ok", "set", f"models {models}")
        if os.environ.get(name)
        else Finding(name, "missing", "not set", f"models {models}", f"export {name}=...")
        for name, models in KEYS.items()
    ]


def _runs() -> Finding:
    folder = runs_folder()
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        mend = "export SIGHTLINE_RUNS=... (a folder of yours)"
        return Finding("runs", "broken", f"{folder} cannot be written", "where runs are kept", mend)
    free = shutil.disk_usage(nearest).free
    if free < LEAST_FREE:
        found = f"{folder}, only {free / 1e9:.1f} GB free"
        return Finding("runs", "missing", found, "where runs are kept", "remove old runs, or set SIGHTLINE_RUNS")
    return Finding("runs", "ok", f"{folder}, {free / 1e9:.0f} GB free", "where runs are kept")
