"""The agent: any model, wrapped in a loop with tools and memory."""

from __future__ import annotations

from sightline.agents.agent import Delta, SpatialAgent
from sightline.agents.answer import Answer
from sightline.agents.answers import AnswerSpec
from sightline.agents.budget import Budget
from sightline.agents.models import ModelProfile, Prices, profile_for
from sightline.agents.question import Given, Mark
from sightline.agents.strategies import STRATEGIES, Strategy

__all__ = [
    "STRATEGIES",
    "Answer",
    "AnswerSpec",
    "Budget",
    "Delta",
    "Given",
    "Mark",
    "ModelProfile",
    "Prices",
    "SpatialAgent",
    "Strategy",
    "profile_for",
]
