"""What tests of the loop share: agents on the scripted servers, one per protocol, with real SDKs between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from servers import ModelServer

from sightline.agents import ModelProfile, SpatialAgent, profile_for

Protocol = Literal["chat_completions", "responses", "messages"]
PROTOCOLS: tuple[Protocol, ...] = ("chat_completions", "responses", "messages")

MODELS: dict[Protocol, str] = {
    "chat_completions": "openai:gpt-4.1",
    "responses": "openai:gpt-5",
    "messages": "anthropic:claude-sonnet-5-5",
}


def profile(protocol: Protocol) -> ModelProfile:
    """The profile of the provider's own model: its picture limits are what the scripted server checks."""
    return profile_for(MODELS[protocol])


def agent_on(server: ModelServer, protocol: Protocol, runs: Path, **settings: Any) -> SpatialAgent:
    """An agent whose model is the scripted server."""
    arguments: dict[str, Any] = {"base_url": server.base_url, "profile": profile(protocol), "runs": runs}
    return SpatialAgent(MODELS[protocol], **(arguments | settings))


def photo(width: int = 640, height: int = 480, seed: int = 0) -> np.ndarray:
    """A textured picture, (H, W, 3) uint8, different for each seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(16, axis=0).repeat(16, axis=1)[:height, :width])
