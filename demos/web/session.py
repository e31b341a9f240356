"""What one visitor's page has: its runs, and what can be done with them. Sessions know nothing of each other."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.demos.trace import trace_html
from sightline.demos.web.feed import Feed
from sightline.demos.web.lane import Lane
from sightline.demos.web.limits import Limits, sort_files
from sightline.demos.web.opening import open_upload
from sightline.demos.web.slots import Slots
from sightline.memory import InputError, find_run

if TYPE_CHECKING:
    from sightline.agents import Mark, SpatialAgent


@dataclass(frozen=True)
class Brain:
    """Who is to answer, as the page's form says it.

    Attributes:
        model: `rules`, or provider:name.
        strategy: Of the agent.
        key: The provider's; kept in the session's memory only. No part of what is printed.
        base_url: An OpenAI-compatible server; "" for the provider's own.
    """

    model: str = "rules"
    strategy: str = "react"
    key: str = field(default="", repr=False)
    base_url: str = ""

    @property
    def label(self) -> str:
        """For the person."""
        return f"{self.model}, {self.strategy}"

    def settings(self) -> dict[str, Any]:
        """As `SpatialAgent` takes it."""
        chosen: dict[str, Any] = {"model": self.model.strip() or "rules", "base_url": self.base_url.strip() or None}
        if self.key.strip():
            chosen["model_settings"] = {"api_key": self.key.strip()}
        return chosen


@dataclass(frozen=True)
class Form:
    """What a person asks with.

    Attributes:
        question: In plain words.
        files: Paths of what was uploaded.
        panorama: Whether the pictures are panoramas.
        marks: What was drawn.
        brains: One, or two to compare.
        steps: Turns of the model, at most.
    """

    question: str
    files: Sequence[str]
    panorama: bool = False
    marks: Sequence[Mark] = ()
    brains: Sequence[Brain] = (Brain(),)
    steps: int = 12


@dataclass(frozen=True)
class House:
    """What all sessions share, and know of the server they are on.

    Attributes:
        limits: For each visitor.
        runs: Where runs are kept; None for a folder of the session that goes when the tab is closed.
        exposed: Whether others than this machine's user can reach the page: then the owner's keys, servers and
            runs are not theirs to use.
        slots: The queue.
    """

    limits: Limits
    runs: Path | None
    exposed: bool
    slots: Slots

    def check(self, brain: Brain) -> None:
        """Refuse what a stranger must not make this machine do.

        Raises:
            InputError: The server is open to others, and the model would need the owner's key or network.
        """
        if self.exposed and brain.base_url.strip():
            raise InputError(
                "A server's address cannot be given on a page that is open to others.", "Name a provider's model."
            )
        if self.exposed and brain.model.strip() not in ("", "rules") and not brain.key.strip():
            raise InputError(f"{brain.model} needs a key.", "Give yours; it stays in this tab's session.")


class Session:
    """One visitor's runs. All methods belong to the server's event loop.

    Args:
        house: What sessions share.
    """

    def __init__(self, house: House) -> None:
        self.feed = Feed()
        self.lanes: dict[str, Lane] = {}
        self.brain = Brain()
        """Who the form named last: an opened run goes on with its key."""
        self.watched: Lane | None = None
        """The run that the panels are about."""
        self.space_open = False
        """Whether the page's 3D panel was ever opened."""
        self.cloud: Path | None = None
        """The file that it shows."""
        self._house = house
        self.folder = Path(tempfile.mkdtemp(prefix="sightline-session-"))
        """For what only this session needs; gone when it is closed."""
        self._runs = house.runs or self.folder / "runs"

    async def ask(self, form: Form) -> None:
        """Begin a run, or two side by side.

        Raises:
            InputError: Something given cannot be used.
            InfrastructureError: The model's package is missing.
        """
        self._check_room(len(form.brains))
        self.brain = form.brains[0]
        inputs = await asyncio.to_thread(sort_files, form.files, self._house.limits, panorama=form.panorama)
        if not form.question.strip():
            raise InputError("The question is empty.", "Write what you want to know about the pictures.")
        agents = []
        for brain in form.brains:
            self._house.check(brain)
            agents.append(await asyncio.to_thread(self._agent, brain, form.steps))
        marks = [mark for mark in form.marks if mark.picture in inputs.pictures]
        beside = ""
        for brain, agent in zip(form.brains, agents, strict=True):
            lane = self._new_lane(brain.label, agent, beside=beside)
            beside = lane.name

            def stream(agent: SpatialAgent = agent) -> Any:
                return agent.astream(
                    form.question,
                    inputs.photos,
                    video=list(inputs.videos),
                    panorama=list(inputs.panoramas),
                    marks=marks,
                )

            lane.start(stream, self._house.slots, self._house.limits)

    async def resume(self, name: str) -> None:
        """Go on with a run that was stopped or failed."""
        if not self._lane(name).busy and self._lane(name).start_again(self._house.slots, self._house.limits):
            return
        lane, folder = self._at_rest(name)
        agent = await self._whose(lane, folder)
        lane.start(lambda: agent.astream_resume(folder), self._house.slots, self._house.limits)

    async def branch(self, name: str, after: int, say: str, edit: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Go on from a step of a run in a new one; both are kept."""
        self._check_room(1)
        lane, folder = self._at_rest(name)
        agent = await self._whose(lane, folder)
        where = f"step {after + 1} edited" if edit else f"after step {after}"
        branched = self._new_lane(f"{lane.label}; branch, {where}", agent)
        branched.start(
            lambda: agent.astream_branch(folder, after, say, edit=edit), self._house.slots, self._house.limits
        )

    async def stop(self, name: str) -> None:
        """Stop a run; it can be resumed."""
        await self._lane(name).stop()

    async def open(self, upload: str | None, named: str) -> None:
        """Show an old run: an uploaded one, or, on one's own machine, one by its id or folder.

        Args:
            upload: A file, see `open_upload`; None for none.
            named: The run's id or folder; beside a log, the sample's id.

        Raises:
            InputError: There is no such run, or the file holds none.
        """
        self._check_room(1)
        if upload:
            folder = await asyncio.to_thread(
                open_upload, Path(upload), self.folder / "opened", self._house.limits, named.strip()
            )
            label = Path(upload).name
        elif named.strip() and not self._house.exposed:
            folder = await asyncio.to_thread(find_run, named.strip(), self._house.runs)
            label = folder.name
        else:
            raise InputError("No run was named.", "Upload a run's folder as a .zip, its trace.jsonl, or an .eval log.")
        lane = self._new_lane(label, None)
        await lane.show(folder)

    def calls(self, name: str, step: int) -> list[dict[str, Any]]:
        """The calls of a step as they can be edited: id, name, arguments."""
        record = next((s for s in self._lane(name).workspace.steps if s.number == step), None)
        if record is None or record.reply is None:
            raise InputError(f"This run has no step {step} with a reply.", "Name a step that is over.")
        return [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in record.reply.calls]

    async def share(self, name: str) -> str:
        """A run as one self-contained HTML page."""
        workspace = self._lane(name).workspace
        return await asyncio.to_thread(trace_html, workspace)

    async def close(self) -> None:
        """The tab was closed: its runs end, and what only it had is removed."""
        for lane in self.lanes.values():
            await lane.stop()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    # Behind these

    def _agent(self, brain: Brain, steps: int) -> SpatialAgent:
        from sightline.agents import Budget, SpatialAgent

        limits = self._house.limits
        budget = Budget(steps=min(steps, limits.steps), seconds=limits.seconds)
        return SpatialAgent(strategy=brain.strategy, budget=budget, runs=self._runs, **brain.settings())

    async def _whose(self, lane: Lane, folder: Path) -> SpatialAgent:
        """The agent that goes on with a lane's run; made anew for one that was opened."""
        if lane.agent is None:
            lane.agent = await asyncio.to_thread(self._agent_of, folder)
        return lane.agent

    def _agent_of(self, folder: Path) -> SpatialAgent:
        """An agent as an opened run had it; its key is the form's."""
        from sightline.agents import SpatialAgent
        from sightline.memory import Workspace

        brain = self.brain
        started = Workspace.open(folder).started
        if started is not None:
            self._house.check(replace(brain, model=started.model))
        changes: dict[str, Any] = {}
        if brain.key.strip() and started is not None:
            kept = {name: value for name, value in started.model_settings.items() if name != "base_url"}
            changes["model_settings"] = kept | {"api_key": brain.key.strip()}
        if self._house.exposed:
            changes["base_url"] = None
        return SpatialAgent.from_run(folder, runs=self._runs, **changes)

    def _new_lane(self, label: str, agent: SpatialAgent | None, beside: str = "") -> Lane:
        lane = Lane(f"r{len(self.lanes) + 1}", label, self.feed, self._runs, agent)
        self.lanes[lane.name] = lane
        self.feed.tell({"do": "lane", "lane": lane.name, "label": label, "beside": beside})
        return lane

    def _lane(self, name: str) -> Lane:
        if name not in self.lanes:
            raise InputError("There is no such run on this page.", "Reload the page, and ask again.")
        return self.lanes[name]

    def _at_rest(self, name: str) -> tuple[Lane, Path]:
        lane = self._lane(name)
        if lane.busy:
            raise InputError("This run is still under way.", "Stop it first.")
        if lane.folder is None:
            raise InputError("This run had not begun.", "Ask again.")
        return lane, lane.folder

    def _check_room(self, more: int) -> None:
        if len(self.lanes) + more > self._house.limits.lanes:
            raise InputError(f"This page keeps {self._house.limits.lanes} runs.", "Open a new tab, or reload this one.")
