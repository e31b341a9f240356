"""What `rules` reads in the messages it is given: the question, the pictures, what is marked, and what tools said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from sightline.agents.models.rules_solver import Thing

_INPUT = re.compile(r"^((?:img|pano)\d+) \((\d+)x(\d+)", re.MULTILINE)
_VIDEO = re.compile(r"^vid\d+", re.MULTILINE)
_OBJECT = re.compile(r'^\W*(?P<handle>obj\d+) (?:\(also [^)]*\) )?"(?P<name>[^"]+)" (?P<where>.*)$', re.MULTILINE)
_MARK = re.compile(r"in (?P<picture>(?:img|pano)\d+) (?P<kind>box|point) \((?P<place>[^)]*)\) \(marked by the person")
_OPTION = re.compile(r"^([A-Z])\. (.+)$", re.MULTILINE)
_KNOWN = re.compile(r"^Stated by the person: (.+)\.$", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """A call of a tool with its result."""

    tool: str
    arguments: dict[str, Any]
    text: str
    failed: bool


@dataclass
class Prompt:
    """What the rules read in the messages they are given.

    Attributes:
        question: In the person's words.
        options: Texts by letter.
        pictures: Width and height by handle, as sent.
        marks: What is marked, by picture.
        objects: Handles of what is marked, by name: more than one where a name was given to several things.
        seen_in: Pictures that each of these handles is marked in, as far as they are listed.
        known: What the person states, e.g. `door height 2.03 m`.
        results: What tools said, in order.
        done: The same with the arguments of the calls.
        last_turn: Whether this turn is for the answer only.
        added: Whether the person added to the question.
        has_video: Whether there is a video.
        unit: Unit asked for, where the answer is a number.
    """

    question: str = ""
    options: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, tuple[int, int]] = field(default_factory=dict)
    marks: dict[str, list[Thing]] = field(default_factory=dict)
    objects: dict[str, list[str]] = field(default_factory=dict)
    seen_in: dict[str, list[str]] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    results: list[ToolMessage] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    last_turn: bool = False
    added: bool = False
    has_video: bool = False
    unit: str | None = None

    @classmethod
    def read(cls, messages: Sequence[BaseMessage]) -> Prompt:
        """Take the messages apart."""
        prompt = cls()
        said = [str(m.text) for m in messages if m.type == "human"]
        first = said[0] if said else ""
        found = re.search(
            r"^Question: (.+?)$(?=\n(?:Options:|Give the answer|End with))", first, re.MULTILINE | re.DOTALL
        )
        prompt.question = found.group(1) if found else first
        prompt.added = "The person adds: " in "\n".join(said)
        unit = re.search(r"`value` is a number in (.+?)\. Where", first)
        prompt.unit = unit.group(1) if unit else None
        listed = first.partition("Options:\n")[2]
        prompt.options = dict(_OPTION.findall(listed))
        prompt.known = _KNOWN.findall(first)
        prompt.pictures = {handle: (int(w), int(h)) for handle, w, h in _INPUT.findall("\n".join(said))}
        for item in _OBJECT.finditer("\n".join(said)):
            prompt._enter(item)
        prompt.results = [m for m in messages if isinstance(m, ToolMessage)]
        given = {c["id"]: c["args"] for m in messages if isinstance(m, AIMessage) for c in m.tool_calls}
        prompt.done = [
            Done(m.name or "", given.get(m.tool_call_id, {}), str(m.text), m.status == "error") for m in prompt.results
        ]
        prompt.has_video = bool(_VIDEO.search(first))
        prompt.last_turn = bool(said) and "This is your last turn" in said[-1]
        return prompt

    @property
    def photos(self) -> list[str]:
        """Handles of the pictures that are no panoramas, in order."""
        return [handle for handle in self.pictures if handle.startswith("img")]

    def result_of(self, tool: str) -> ToolMessage | None:
        """The latest result of a tool."""
        return next((message for message in reversed(self.results) if message.name == tool), None)

    def _enter(self, item: re.Match[str]) -> None:
        """An object as the prompt lists it, if the person marked it."""
        for match in _MARK.finditer(item.group("where")):
            thing = _marked(item.group("name"), [float(v) for v in match.group("place").split(",")])
            known = self.marks.setdefault(match.group("picture"), [])
            if thing not in known:
                known.append(thing)
            handle = item.group("handle")
            handles = self.objects.setdefault(item.group("name"), [])
            if handle not in handles:
                handles.append(handle)
            seen = self.seen_in.setdefault(handle, [])
            if match.group("picture") not in seen:
                seen.append(match.group("picture"))


def _marked(name: str, place: list[float]) -> Thing:
    if len(place) == 2:
        x, y = place
        return Thing(name, (x, y, x, y), (x, y), None, mark=name)
    x0, y0, x1, y1 = place
    return Thing(name, (x0, y0, x1, y1), ((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0) * (y1 - y0), mark=name)
