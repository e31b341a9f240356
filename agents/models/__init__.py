"""Models: from a name to something that can be asked, whatever provider it belongs to."""

from __future__ import annotations

from sightline.agents.models.profile import ModelProfile, Prices, profile_for

__all__ = ["ModelAdapter", "ModelProfile", "Prices", "connect", "profile_for"]


def __getattr__(name: str) -> object:
    # These need langchain_core, which takes a third of a second to import.
    if name == "connect":
        from sightline.agents.models.connecting import connect

        return connect
    if name == "ModelAdapter":
        from sightline.agents.models.adapter import ModelAdapter

        return ModelAdapter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
