"""What tests of the evals share: a small benchmark of mugs, made in a folder, and a model server that answers it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loop_kit import MODELS, photo
from PIL import Image
from servers import ModelServer, Request

from sightline.evals import Benchmark, Item, Protocol, RunRecord, Source
from sightline.evals.item import Asked
from sightline.evals.reading import read_records
from sightline.evals.scorers import Mark
from sightline.evals.scorers.aggregates import Micro

KINDS = ("nearer", "left")


def write_mugs(folder: Path, count: int, *, pictures: bool = True) -> Path:
    """Questions in `mugs.jsonl`, with a picture each; the right letter alternates."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for k in range(count):
        if pictures:
            Image.fromarray(photo(64, 48, seed=k)).save(folder / f"mug{k}.png")
        lines.append(
            {
                "id": f"mug-{k}",
                "question": f"Which mug is number {k}?",
                "picture": f"mug{k}.png" if pictures else "",
                "answer": "AB"[k % 2],
                "kind": KINDS[k // 2 % 2],
            }
        )
    (folder / "mugs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def _read(folder: Path, variant: str) -> Iterator[Item]:
    for record in read_records(folder / "mugs.jsonl"):
        picture = record.text("picture", empty=True)
        asked = Asked(
            record.text("question"),
            "choice",
            ("A. the red one", "B. the blue one"),
            pictures=(folder / picture,) if picture else (),
        )
        kind = record.text("kind")
        yield Item(record.text("id"), asked, record.text("answer"), kind, cluster=picture or record.text("id"))


def _official(item: Item, said: str) -> Mark:
    letter = said.strip()[:1].upper()
    return Mark(float(letter == item.target), letter, parsed=letter in ("A", "B"))


def _strict(item: Item, said: str) -> Mark:
    parsed = said.strip() in ("A", "B")
    return Mark(float(said.strip() == item.target), said.strip() if parsed else "", parsed=parsed)


MUGS = Benchmark(
    name="blink",
    title="Mugs",
    about="Two mugs.",
    licence="CC0",
    size={"all": 12},
    source=Source("mugs.jsonl and its pictures", where="Make it."),
    protocol=Protocol("example/mugs", "0" * 40, "first letter", decoding={"temperature": 0.0, "max_tokens": 16}),
    read=_read,
    prompt=lambda item: f"{item.asked.question}\nA. the red one\nB. the blue one\nAnswer with the letter.",
    official=_official,
    strict=_strict,
    aggregate=Micro(),
    categories=KINDS,
    chance=0.5,
)
"""A benchmark that stands where BLINK does, so that Inspect finds its task by a name."""


def number_of(request: Request) -> int:
    """Which question a request is about; 0 for one of Inspect's own, which asks whether a model gives summaries."""
    found = re.search(r"is number (\d+)\?", request.raw.decode())
    return int(found[1]) if found else 0


def ran(server: ModelServer | None, logs: Path, data: Path, benchmark: Benchmark = MUGS, **asked: Any) -> RunRecord:
    """A run of the benchmark against a scripted server, read back from its log.

    Args:
        server: The model; None for arms that ask none.
        logs: The log folder.
        data: The benchmark's data.
        benchmark: Which.
        asked: What to run; `generation` for settings of generation, the rest as `Asked` takes it.
    """
    from inspect_ai import eval as evaluate
    from inspect_ai.model import get_model

    from sightline.evals.running import read_runs
    from sightline.evals.running.setting_up import Asked as Ordered
    from sightline.evals.running.setting_up import make_task

    generation = {"max_retries": 0, **asked.pop("generation", {})}
    model = None
    if server is not None:
        protocol = type(server.protocol).__name__
        names = {"ChatCompletions": "chat_completions", "Responses": "responses", "Messages": "messages"}
        name = MODELS[names[protocol]].replace(":", "/")  # type: ignore[index]
        arguments = {} if protocol == "Messages" else {"responses_api": protocol == "Responses"}
        model = get_model(name, base_url=server.base_url, api_key="none", memoize=False, **arguments)
    evaluate(
        make_task(benchmark, Ordered(data=str(data), **asked)),
        model=model,
        log_dir=str(logs),
        display="none",
        ctl_server=False,
        retry_on_error=1,
        **generation,
    )
    (record,) = read_runs(logs)
    return record


def write_blink(folder: Path, count: int) -> Path:
    """The same questions in BLINK's format, as one of its tasks; the right letter alternates."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    for k in range(count):
        picture = io.BytesIO()
        Image.fromarray(photo(64, 48, seed=k)).save(picture, "PNG")
        question = f"Which mug is number {k}?"
        row: dict[str, Any] = {
            "idx": f"val_Relative_Depth_{k}",
            "question": question,
            "sub_task": "Relative_Depth",
            "prompt": f"{question}\nSelect from the following choices.\n(A) the red one\n(B) the blue one",
            "answer": f"({'AB'[k % 2]})",
            "choices": ["the red one", "the blue one"],
            "image_1": {"bytes": picture.getvalue(), "path": None},
        }
        rows.append(row | {f"image_{n}": None for n in (2, 3, 4)})
    path = folder / "Relative_Depth" / "val-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    return folder


def guessed(request: Request, index: int) -> str:
    """A letter in words, right for two of three questions."""
    number = number_of(request)
    return f"I look.\nANSWER: {'AB'[(number + (number % 3 == 0)) % 2]}"
