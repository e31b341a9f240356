"""Scripted model providers on loopback that check what they receive.

    with ModelServer("messages", [Call("crop", {"box": [0, 0, 9, 9]}), "B"]) as server:
        agent = SpatialAgent("anthropic:x", base_url=server.base_url, ...)
        ...
        assert picture_sizes(server.requests[1]) == [(640, 480), (9, 9)]

Leaving the block raises AssertionError if the client broke a rule of the protocol.
"""

from __future__ import annotations

from servers.pictures import ANTHROPIC_LIMITS, OPENAI_LIMITS, PictureLimits, data_url, jpeg, png
from servers.request import Request, calls, picture_sizes, pictures, results, texts
from servers.schemas import schema_problems
from servers.script import Call, CutOff, Drop, Fail, Hang, Say, Turn, Usage
from servers.server import ModelServer

__all__ = [
    "ANTHROPIC_LIMITS",
    "OPENAI_LIMITS",
    "Call",
    "CutOff",
    "Drop",
    "Fail",
    "Hang",
    "ModelServer",
    "PictureLimits",
    "Request",
    "Say",
    "Turn",
    "Usage",
    "calls",
    "data_url",
    "jpeg",
    "picture_sizes",
    "pictures",
    "png",
    "results",
    "schema_problems",
    "texts",
]
