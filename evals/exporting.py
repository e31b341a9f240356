"""Runs as data to train on: right answers as conversations, or questions with what their reward is computed from.

    export(Path("logs/rooms"), "sft", Path("rooms.jsonl"))    # conversations that ended in a right answer
    export(Path("logs/rooms"), "rl", Path("rooms.jsonl"))     # prompts, each once, with its target

A line is one JSON object in OpenAI's chat form: `messages` (for `rl` the prompt alone), `tools` as they were declared,
`source`, and for `rl` `reward`. Pictures lie beside the file, as the model was sent them, and are named relative to it.
Questions of a test split are refused: whoever trained on them could never be tested again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sightline.evals.benchmark import Benchmark
from sightline.evals.benchmarks import benchmark
from sightline.evals.result import Result, RunRecord
from sightline.evals.running.logs import read_run, read_runs
from sightline.evals.running.tracing import SOURCE
from sightline.memory import InputError, ModelReplied, StepComposed
from sightline.memory.events import EVENT

Format = Literal["sft", "rl"]
FORMATS: tuple[Format, ...] = ("sft", "rl")


@dataclass
class Exported:
    """What was written.

    Attributes:
        path: The file.
        lines: Questions in it.
        pictures: Files of pictures beside it.
        left_out: How many questions were left out, by reason.
    """

    path: Path
    lines: int = 0
    pictures: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, why: str) -> None:
        """Count a question that is not in the file."""
        self.left_out[why] = self.left_out.get(why, 0) + 1


def export(logs: Path, form: Format, out: Path) -> Exported:
    """Write the runs of a log folder, or of one log, as data to train on.

    Args:
        logs: A log folder of `sightline eval`, or one log.
        form: `sft` for conversations whose strict score is full; `rl` for prompts with a reward reference.
        out: The file, in JSON lines; pictures go into a folder beside it, `<name>_pictures`.

    Raises:
        InputError: A run is of a test split, or of an arm without conversations; a file is in the way.
    """
    records = read_runs(logs) if logs.is_dir() else [read_run(logs)]
    for record in records:
        _refuse(record)
    if out.exists():
        raise InputError(f"{out} exists.", "Name another file with --out.")
    made = Exported(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    keeper = _Pictures(out.with_name(f"{out.stem}_pictures"))
    asked: set[tuple[str, str, str]] = set()
    with part.open("w", encoding="utf-8") as file:
        for record in records:
            for result in record.results:
                key = (record.benchmark, record.variant, result.item)
                if form == "rl" and key in asked:
                    continue
                line = _line(record, result, form, keeper, made)
                if line is not None:
                    asked.add(key)
                    made.lines += 1
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    part.rename(out)  # a file that is there is whole
    made.pictures = keeper.count
    return made


def _refuse(record: RunRecord) -> None:
    about = benchmark(record.benchmark)
    if about.split_of(record.variant) == "test":
        trainable = [variant for variant in about.variants if about.split_of(variant) != "test"]
        raise InputError(
            f"{about.title} {record.variant} is there to be tested on and is not exported to train on.",
            f"Run its variant {trainable[0]}." if trainable else "Run a synthetic suite with --variant train.",
        )
    if record.arm == "prior" or record.arm.startswith("vote@"):
        raise InputError(
            f"The run {record.arm} of {record.log} holds no conversation that led to its answers.",
            "Export a run of react, code, cot, direct or official.",
        )


def _line(record: RunRecord, result: Result, form: Format, keeper: _Pictures, made: Exported) -> dict[str, Any] | None:
    if result.outcome == "error":
        made.leave_out("ended in an error")
        return None
    if form == "sft" and not (result.strict is not None and result.strict >= 1):
        made.leave_out("not fully right")
        return None
    from inspect_ai.log import read_eval_log_sample

    sample = read_eval_log_sample(record.log, id=result.item, epoch=result.repeat, resolve_attachments="full")
    call = _call(sample.events, last=form == "sft")
    if call is None:
        made.leave_out("asked by an earlier process, whose conversation is not in this log")
        return None
    about = benchmark(record.benchmark)
    messages = [_message(message, keeper) for message in call.input]
    line: dict[str, Any] = {"messages": messages}
    if form == "sft":
        messages.append(_message(call.output.message, keeper))
    else:
        line["reward"] = {
            "benchmark": record.benchmark,
            "item": result.item,
            "category": result.category,
            "target": sample.target,
            "rule": f"sightline.evals.benchmark({record.benchmark!r}).strict",
        }
    if call.tools:
        line["tools"] = [_tool(tool) for tool in call.tools]
    line["source"] = _source(record, result, about)
    return line


def _call(events: Sequence[Any], *, last: bool) -> Any:
    """The first or the last call of the model that leads the run.

    Its calls are known by their replies, which stand in the run's journal; models that judge or look on the agent's
    behalf have calls in the same list.
    """
    journals = [event.data["journal"] for event in events if event.event == "info" and event.source == SOURCE]
    replies = {reply for journal in journals for reply in _led(journal)}
    calls = [
        event
        for event in events
        if event.event == "model" and not event.output.empty and event.output.message.id in replies
    ]
    return calls[-1 if last else 0] if calls else None


def _led(journal: str) -> Iterator[str]:
    """Ids of the replies of the model that leads, not of one that judges its programs."""
    events = [EVENT.validate_json(line) for line in journal.split("\n") if line]
    judged = {event.step for event in events if isinstance(event, StepComposed) and event.role}
    for event in events:
        if isinstance(event, ModelReplied) and event.step not in judged and (name := event.message["data"].get("id")):
            yield str(name)


def _source(record: RunRecord, result: Result, about: Benchmark) -> dict[str, Any]:
    return {
        "benchmark": record.benchmark,
        "variant": record.variant,
        "split": about.split_of(record.variant),
        "licence": about.licence,
        "item": result.item,
        "repeat": result.repeat,
        "sample": record.sample,
        "arm": record.arm,
        "model": record.model,
        "snapshot": record.snapshot,
        "date": str(record.settings.get("started", ""))[:10],
        "sightline": record.settings.get("version", ""),
    }


# Messages in OpenAI's chat form


def _message(message: Any, keeper: _Pictures) -> dict[str, Any]:
    made: dict[str, Any] = {"role": message.role, "content": _content(message.content, keeper)}
    if message.role == "assistant":
        shown = _reasoning(message.content)
        if shown:
            made["reasoning_content"] = shown
        if message.tool_calls:
            made["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
                }
                for call in message.tool_calls
            ]
    if message.role == "tool":
        made["tool_call_id"] = message.tool_call_id
    return made


def _content(content: str | list[Any], keeper: _Pictures) -> str | list[dict[str, Any]]:
    if isinstance(content, str):
        return content
    blocks: list[dict[str, Any]] = []
    for block in content:
        if block.type == "text":
            blocks.append({"type": "text", "text": block.text})
        elif block.type == "image":
            blocks.append({"type": "image_url", "image_url": {"url": keeper.keep(block.image)}})
    if all(block["type"] == "text" for block in blocks):
        return "\n".join(block["text"] for block in blocks)
    return blocks


def _reasoning(content: str | list[Any]) -> str:
    """Reasoning that the provider shows; what it encrypts is of no use to another model."""
    if isinstance(content, str):
        return ""
    return "\n".join(b.reasoning for b in content if b.type == "reasoning" and not b.redacted and b.reasoning)


def _tool(tool: Any) -> dict[str, Any]:
    parameters = tool.parameters.model_dump(mode="json", exclude_none=True)
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": parameters},
    }


class _Pictures:
    """Pictures beside the file, each different one once.

    Args:
        folder: Made with the first of them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def keep(self, uri: str) -> str:
        """Write a picture that a message holds; its name relative to the exported file."""
        head, comma, data = uri.partition(",")
        if not uri.startswith("data:image/") or not comma:
            raise InputError("The log was written without its pictures.", "Run again without --no-log-images.")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error:
            raise InputError("A picture in the log is damaged.", "Run the question again.") from None
        suffix = head.removeprefix("data:image/").partition(";")[0].replace("jpeg", "jpg")
        path = self.folder / f"{hashlib.sha256(content).hexdigest()[:32]}.{suffix}"
        if not path.exists():
            self.folder.mkdir(exist_ok=True)
            path.write_bytes(content)
            self.count += 1
        return f"{self.folder.name}/{path.name}"
