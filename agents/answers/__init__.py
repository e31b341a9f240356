"""Typed answers: the form a question wants, the `answer` tool's schema, and reading what a model gave."""

from __future__ import annotations

from sightline.agents.answers.extract import Extraction, extract, without_thinking
from sightline.agents.answers.read import Read, read_value
from sightline.agents.answers.spec import CANNOT_TELL, KINDS, AnswerSpec, Kind, Value, answer_schema

__all__ = [
    "CANNOT_TELL",
    "KINDS",
    "AnswerSpec",
    "Extraction",
    "Kind",
    "Read",
    "Value",
    "answer_schema",
    "extract",
    "read_value",
    "without_thinking",
]
