"""The rules that hold for every protocol: tools, pictures, secrets, size, and calls paired with results."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from servers.pictures import PictureLimits, metadata
from servers.request import Part, Reading, Tool
from servers.schemas import Provider, schema_problems

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CREDENTIAL_HEADERS = {"authorization", "x-api-key"}  # where a key belongs; nowhere else


def check_tools(reading: Reading, provider: Provider) -> None:
    """Tool names, duplicates, schemas, and a forced tool that is not declared."""
    for tool in reading.tools:
        where = f"tools[{tool.name}]"
        if not NAME.fullmatch(tool.name):
            reading.flag("tool-name", where, f"does not match {NAME.pattern}")
        dialect: Provider = "openai-strict" if tool.strict and provider == "openai" else provider
        for problem in schema_problems(tool.schema, dialect):
            reading.flag("tool-schema", where, problem)
    for name, count in Counter(tool.name for tool in reading.tools).items():
        if count > 1:
            reading.flag("tool-duplicate", f"tools[{name}]", "tool names must be unique")
    if reading.forced_tool not in [None, *(tool.name for tool in reading.tools)]:
        reading.flag("tool-choice", "tool_choice", f"tool {reading.forced_tool!r} is not declared")


def check_call_names(reading: Reading) -> None:
    """Names of calls in the history: a provider checks their form, not whether such a tool exists."""
    for part in reading.parts:
        if part.kind == "call" and not NAME.fullmatch(part.name):
            reading.flag("tool-name", part.where, f"call name {part.name!r} does not match {NAME.pattern}")


def check_pictures(reading: Reading, limits: PictureLimits) -> None:
    """Each picture against the limits, and how many there are."""
    found = [(part.where, part.picture) for part in reading.parts if part.picture is not None]
    for where, picture in found:
        for rule, message in picture.problems(limits):
            reading.flag(rule, where, message)
    if len(found) > limits.max_pictures:
        reading.flag("too-many-pictures", "", f"{len(found)} pictures > {limits.max_pictures}")


def check_ids(reading: Reading) -> None:
    """Call ids are unique, and no call has two results; true of every protocol, in any order."""
    for kind, rule, what in (
        ("call", "call-id-duplicate", "calls"),
        ("result", "result-duplicate", "results"),
    ):
        for call_id, count in Counter(p.id for p in reading.parts if p.kind == kind and p.id).items():
            if count > 1:
                reading.flag(rule, "", f"{count} {what} with id {call_id}")


def check_reasoning_returned(reading: Reading, issued: Mapping[str, Mapping[str, Any]], sent: Sequence[Any]) -> None:
    """Reasoning that came with a call goes back unmodified wherever that call goes back.

    `issued` maps a call's id to the reasoning block it came with; `sent` is every reasoning block sent.
    """
    for part in reading.parts:
        expected = issued.get(part.id) if part.kind == "call" else None
        if expected is not None and not any(_same(block, expected) for block in sent):
            reading.flag(
                "reasoning-not-returned",
                part.where,
                f"call {part.id} came with reasoning, which must go back unmodified before it",
            )


def _same(block: Any, expected: Mapping[str, Any]) -> bool:
    """Every field we issued is there unchanged, but `status`, which a client may drop."""
    return isinstance(block, Mapping) and all(
        block.get(key) == value for key, value in expected.items() if key != "status"
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "["):  # arguments are JSON in JSON: what is escaped in there is still sent
            try:
                yield from _strings(json.loads(value))
            except json.JSONDecodeError:
                return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def check_secrets(reading: Reading, forbid: Collection[str], path: str, headers: Mapping[str, str], body: Any) -> None:
    """None of `forbid`, in any case, in path, headers (but credentials), strings, pictures, metadata."""
    if not forbid:
        return
    haystacks = [("the path", unquote(path).casefold())]
    haystacks += [
        (f"header {name}", f"{name}: {value}".casefold())
        for name, value in headers.items()
        if name.lower() not in _CREDENTIAL_HEADERS
    ]
    haystacks += [("the body", text.casefold()) for text in _strings(body)]
    blobs = [
        (part.where, blob.lower())
        for part in reading.parts
        if part.picture is not None
        for blob in metadata(part.picture.data)
    ]
    for secret in forbid:
        needle = secret.casefold()
        places = {where for where, text in haystacks if needle in text}
        encodings = [needle.encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be")]  # EXIF's XP tags are 16
        places |= {where for where, blob in blobs if any(code in blob for code in encodings)}
        for where in sorted(places):
            reading.flag("secret", where, f"contains {secret!r}")


def check_size(reading: Reading, raw: bytes, limit: int) -> None:
    """The whole body, in bytes."""
    if len(raw) > limit:
        reading.flag("prompt-too-large", "", f"{len(raw)} bytes > {limit} bytes")


def parse_tool(reading: Reading, where: str, declared: Mapping[str, Any], schema_key: str) -> None:
    """Read one function declaration; its name and schema are judged by `check_tools`."""
    name = declared.get("name")
    if not isinstance(name, str):
        reading.flag("tool-form", where, f"a tool needs a name, got {name!r}")
        return
    description = declared.get("description", "")
    if not isinstance(description, str):
        reading.flag("tool-form", where, "description must be a string")
        description = ""
    if schema_key not in declared:
        reading.flag("tool-schema", where, f"{schema_key} is missing")
        return
    reading.tools.append(Tool(name, description, declared[schema_key], declared.get("strict") is True))


def unanswered(parts: Sequence[Part]) -> list[str]:
    """Ids of calls that have no result anywhere."""
    answered = {part.id for part in parts if part.kind == "result"}
    return [part.id for part in parts if part.kind == "call" and part.id not in answered]
