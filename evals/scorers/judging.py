"""A model as the judge of an answer: a pinned prompt, a checked verdict, and failures that are errors.

The judge is the model that the run names for the role `grader`:

    sightline eval solidgeo --model ... --grader openai:gpt-5
    inspect eval sightline/solidgeo --model ... --model-role grader=openai/gpt-5

Without one, nothing is judged: a model never marks its own answers unasked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from sightline.agents.models.failures import explain
from sightline.evals.item import Item
from sightline.evals.scorers.mark import Mark
from sightline.memory import InfrastructureError

ROLE = "grader"
"""Name of the model role in Inspect."""

_REMEDY = "See to its server or key, then: sightline eval --resume LOGDIR."


@dataclass(frozen=True)
class Request:
    """What a judge is asked.

    Attributes:
        prompt: The user's message.
        system: The system's message; "" for none.
        temperature: Of its answer.
        max_tokens: Of its answer.
    """

    prompt: str
    system: str = ""
    temperature: float = 0.0
    max_tokens: int = 1024


Ask = Callable[[Request], Awaitable[str]]
"""Asks a model and gives its words. Raises `InfrastructureError` where it cannot."""


@dataclass(frozen=True)
class ModelJudge:
    """Scores by asking a model; a `Judge`.

    Attributes:
        request: What it is asked about an answer.
        verdict: Its words to a mark; None where they are no verdict: then it is asked again.
        decided: A mark that needs no model, or None; asked first.
        attempts: How often it is asked for a verdict.
        ask: How it is asked; the model in the role `grader` of the running evaluation by default.
    """

    request: Callable[[Item, str], Request]
    verdict: Callable[[Item, str], Mark | None]
    decided: Callable[[Item, str], Mark | None]
    attempts: int = 3
    ask: Ask | None = None

    def asking(self, ask: Ask) -> ModelJudge:
        """The same judge, asked in another way."""
        return replace(self, ask=ask)

    async def __call__(self, item: Item, said: str) -> Mark:
        """See `Judge`."""
        if (mark := self.decided(item, said)) is not None:
            return mark
        ask, request = self.ask or ask_grader, self.request(item, said)
        words = ""
        for _ in range(self.attempts):
            words = await ask(request)
            if (mark := self.verdict(item, words)) is not None:
                return mark
        raise InfrastructureError(
            f"The judge gave no verdict in {self.attempts} attempts; the last time it said {words.strip()[:80]!r}.",
            "Judge with another model: --grader MODEL, then sightline eval --resume LOGDIR.",
        )


async def ask_grader(request: Request) -> str:
    """Ask the model in the role `grader` of the running Inspect evaluation.

    Raises:
        InfrastructureError: There is none, or it cannot be asked.
    """
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model, model_roles

    if ROLE not in model_roles():
        raise InfrastructureError(
            "These answers are scored by a model, and none is named for it.",
            "Name one: --grader MODEL (inspect eval: --model-role grader=MODEL).",
        )
    judge = get_model(role=ROLE)
    system = [ChatMessageSystem(content=request.system)] if request.system else []
    settings = GenerateConfig(temperature=request.temperature, max_tokens=request.max_tokens)
    try:
        output = await judge.generate([*system, ChatMessageUser(content=request.prompt)], config=settings)
    except Exception as error:
        explained = explain(error, judge.name, str(judge).partition("/")[0], judge.api.base_url)
        if explained is None:
            raise
        raise InfrastructureError(f"The judge {judge}: {explained.message}", _REMEDY) from error
    if output.error:
        raise InfrastructureError(f"The judge {judge} failed: {output.error}.", _REMEDY)
    return str(output.completion)
