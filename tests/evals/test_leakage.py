"""What only a scorer may see reaches no prompt, handle, tool or cell: a benchmark full of canaries is run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_kit import MUGS, ran
from loop_kit import photo
from PIL import Image
from servers import Call, ModelServer, Request, Turn, results

from sightline.evals import Benchmark, Item
from sightline.evals.item import Asked
from sightline.evals.running import extract_run
from sightline.evals.running.folders import finished
from sightline.memory import Workspace
from sightline.tools import all_tools

CANARIES = {
    place: f"canary-{place}-{1000 + k}"
    for k, place in enumerate(
        ["target", "id", "file", "folder", "fact", "source", "cluster", "group", "category", "mask", "logs"]
    )
}


def _read(folder: Path, variant: str) -> Iterator[Item]:
    yield Item(
        id=CANARIES["id"],
        asked=Asked("Where is the mug?", "text", pictures=(folder / f"{CANARIES['file']}.png",)),
        target=CANARIES["target"],
        category=CANARIES["category"],
        cluster=CANARIES["cluster"],
        group=CANARIES["group"],
        source=CANARIES["source"],
        facts={"note": CANARIES["fact"], "mask": str(folder / f"{CANARIES['mask']}.png")},
    )


SECRETS: Benchmark = replace(MUGS, read=_read, categories=(CANARIES["category"],))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    data = tmp_path / CANARIES["folder"]
    data.mkdir()
    Image.fromarray(photo(64, 48)).save(data / f"{CANARIES['file']}.png")
    Image.fromarray(photo(64, 48, seed=1)).save(data / f"{CANARIES['mask']}.png")
    return data, tmp_path / CANARIES["logs"]


def told(sent: str) -> list[str]:
    """The canaries in a text, in any case."""
    return [canary for canary in CANARIES.values() if canary in sent.lower()]


def test_the_canaries_are_found_where_they_are_sent(folders: tuple[Path, Path]) -> None:
    """The test itself: a question that holds a secret is noticed."""
    data, logs = folders

    def read(folder: Path, variant: str) -> Iterator[Item]:
        for item in _read(folder, variant):
            yield replace(item, asked=replace(item.asked, question=f"Is it {item.target}?"))

    with ModelServer("chat_completions", lambda request, index: "ANSWER: there") as server:
        ran(server, logs, data, replace(SECRETS, read=read), strategy="cot")
        assert told(server.requests[0].raw.decode()) == [CANARIES["target"]]


def test_no_tool_brings_a_secret_to_the_model(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """Every tool is called as its example says, on the item's picture; none of what it says is secret."""
    data, logs = folders
    calls = [Call(tool.name, tool.example) for tool in all_tools() if tool.name != "run_python"]
    made: set[str] = set()

    def uses_every_tool(request: Request, index: int) -> Any:
        offered = {tool["function"]["name"] for tool in request.body.get("tools", [])}
        waiting = [call for call in calls if call.name in offered and call.name not in made]
        made.update(call.name for call in waiting[:8])
        return Turn(calls=waiting[:8] or [Call("answer", {"value": "there"})])

    with ModelServer("chat_completions", uses_every_tool, limits=None) as server:
        record = ran(server, logs, data, SECRETS, budget=(("steps", 30.0),), offline=True)
        declared = {tool["function"]["name"] for tool in server.requests[0].body["tools"]} - {"answer", "run_python"}
        assert not [found for request in server.requests for found in told(request.raw.decode("utf-8", "replace"))]
        assert not [found for request in server.requests for found in told(json.dumps(dict(request.headers)))]
        assert not [found for request in server.requests for found in told(request.path)]
    assert record.results[0].item == CANARIES["id"], "the log, which is for people, does hold it"
    (folder,) = extract_run(Path(record.log), CANARIES["id"], 1, tmp_path / "out")
    called = {record.call.name for record in Workspace.open(folder).calls.values()}
    assert len(declared) > 30
    assert declared <= called


_LOOK_AROUND = """
import os
seen = []
for root, folders, files in os.walk("/"):
    if root.startswith(("/proc", "/sys", "/usr", "/lib")):
        folders.clear()
    seen += [os.path.join(root, name) for name in folders + files]
print(len(seen), [name for name in seen if "canary-" in name.lower()])
print({name: value for name, value in os.environ.items()})
print([name for name in list(globals()) if not name.startswith("__")])
"""


def test_no_cell_can_see_a_secret(folders: tuple[Path, Path]) -> None:
    data, logs = folders

    def looks_around(request: Request, index: int) -> Any:
        if not results(request):
            return Call("run_python", {"thought": "what is there?", "code": _LOOK_AROUND})
        return Call("answer", {"value": "there"})

    with ModelServer("chat_completions", looks_around) as server:
        record = ran(server, logs, data, SECRETS, strategy="code")
        (second,) = [request for request in server.requests if results(request)]
        said = json.dumps(results(second), default=str)
    if record.results[0].outcome == "error" and "bwrap" in record.results[0].message:
        pytest.skip("no sandbox here")
    assert not told(said), said
    assert re.search(r"\d{3,} \[", said), "it looked"


def test_a_run_in_the_log_names_no_file_of_the_data(folders: tuple[Path, Path], tmp_path: Path) -> None:
    data, logs = folders
    with ModelServer("chat_completions", lambda request, index: "ANSWER: there") as server:
        record = ran(server, logs, data, SECRETS, strategy="cot")
    finished.remove()
    (folder,) = extract_run(Path(record.log), CANARIES["id"], 1, tmp_path / "out")
    assert not told((folder / "trace.jsonl").read_text())
    assert Workspace.open(folder).artifacts["img1"].file == ""
