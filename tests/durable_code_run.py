"""A run whose calls are made in a cell, to be killed and resumed; importable by the process that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from durable_run import Setup
from loop_kit import agent_on

from sightline.agents import SpatialAgent


@dataclass(frozen=True)
class CodeSetup(Setup):
    """A run whose calls are made in a cell."""

    def agent(self) -> SpatialAgent:
        """The agent of this run."""

        @dataclass
        class Address:
            base_url: str

        at: Any = Address(self.base_url)
        return agent_on(at, self.protocol, self.runs, tools=[self.logged_copy()], strategy="code")
