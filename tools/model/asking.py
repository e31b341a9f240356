"""Tools that ask a vision-language model in a fresh call: isolated from the conversation, counted in its budget."""

from __future__ import annotations

import json
import re
from typing import Any

from sightline.geometry.dialects import CoordinateDialect
from sightline.memory import InfrastructureError, InstrumentLimit, ModelMistake, ObjectSeen, Picture
from sightline.memory.refs import box_ref, fresh_key, new_ref, plain, point_ref
from sightline.tools.contract import Look, ToolContext, ToolResult, tool
from sightline.tools.places import to_stored

MODEL_TIME_LIMIT = 300.0
"""Seconds: as long as a model may take to answer."""

MOST_PICTURES = 8

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@tool(
    family="model",
    time_limit=MODEL_TIME_LIMIT,
    example={"images": ["img1"], "question": "What is written on the sign?"},
)
async def ask_image(context: ToolContext, images: list[Picture], question: str) -> ToolResult:
    """Ask a fresh pair of eyes about pictures: another model call that knows nothing of this conversation.

    Use it for a second opinion, or to read one crop without distraction. It can err, as you can.

    Args:
        context: What the call may use.
        images: The pictures it sees, up to 8.
        question: One complete question; it sees nothing else.
    """
    if not images or len(images) > MOST_PICTURES:
        raise ModelMistake(
            f"ask_image takes 1 to {MOST_PICTURES} pictures, not {len(images)}.",
            "Choose the ones that matter.",
        )
    if not question.strip():
        raise ModelMistake("the question is empty.", "Ask one complete question.")
    said = await _ask(context, _look(context), question, [image.handle for image in images])
    named = ", ".join(image.handle for image in images)
    return ToolResult(f"A fresh model call on {named} says: {plain(said)}")


@tool(family="model", time_limit=MODEL_TIME_LIMIT, example={"image": "img1", "phrase": "the red mug"})
async def locate_by_vlm(context: ToolContext, image: Picture, phrase: str) -> ToolResult:
    """Ask a fresh model call where something is in a picture: a box, a point, or that it is not visible.

    A vision-language model's places are rough. Crop and look, or draw the box and look, before relying on one.

    Args:
        context: What the call may use.
        image: Where to look.
        phrase: What to find: one thing, described so that it cannot be mistaken.
    """
    look = _look(context)
    if not phrase.strip():
        raise ModelMistake("the phrase is empty.", "Describe one thing.")
    data = _read(await _ask(context, look, _locate_prompt(phrase, look.sees.dialect), [image.handle]))
    if data.get("visible") is False:
        return ToolResult(
            f"A fresh model call does not see {plain(phrase)!r} in {image.handle}. That does not show it is not there: "
            "a closer crop may show it."
        )
    box, point = _place(data, image, look)
    key = fresh_key()
    seen = [_seen(key, phrase, image.handle, box, point)]
    original = context.workspace.in_original(image.handle, box or point or ())
    if original is not None:
        # What was found in a crop is also known in the photo that the crop was made from.
        handle, place = original
        seen.append(_seen(key, phrase, handle, place if box else None, None if box else place))
    places = ", which is ".join(_where(fact) for fact in seen)
    return ToolResult(
        f"{new_ref(key)} {plain(phrase)!r}: {places}, as a fresh model call sees it (no score; rough).", facts=[*seen]
    )


def _seen(key: str, phrase: str, handle: str, box: Any, point: Any) -> ObjectSeen:
    return ObjectSeen(object=key, name=phrase.strip(), picture=handle, box=box, point=point, source="locate_by_vlm")


def _where(fact: ObjectSeen) -> str:
    if fact.box is not None:
        return f"box {box_ref(fact.picture, fact.box)} in {fact.picture}"
    return f"point {point_ref(fact.picture, fact.point or (0.0, 0.0))} in {fact.picture}"


def _look(context: ToolContext) -> Look:
    if context.look is None:
        raise InfrastructureError(
            "no vision-language model is there to ask: the model of this run cannot see pictures.",
            "Give a model that sees, e.g. --model openai:gpt-5.",
        )
    return context.look


async def _ask(context: ToolContext, look: Look, prompt: str, handles: list[str]) -> str:
    """The words of a fresh model call; what it used is counted, also where nothing came of it."""
    reply = await look(context.workspace, prompt, handles)
    context.usage += reply.usage
    if reply.refused:
        raise InstrumentLimit("the model that was asked refused to answer.", "Ask in another way, or look yourself.")
    if not reply.text:
        raise InstrumentLimit("the model that was asked gave an empty reply.", "Ask once more, or look yourself.")
    return reply.text


def _locate_prompt(phrase: str, dialect: CoordinateDialect) -> str:
    corner = "x0, y0, x1, y1" if dialect.order == "xy" else "y0, x0, y1, x1"
    pair = "x, y" if dialect.order == "xy" else "y, x"
    return (
        f"Where is {phrase}? Places are {dialect.describe()}.\n"
        "Reply with one JSON object and nothing else:\n"
        f'{{"visible": true, "box": [{corner}]}} if you see it with its extent,\n'
        f'{{"visible": true, "point": [{pair}]}} if you can only point at it,\n'
        '{"visible": false} if it is not visible.'
    )


def _read(text: str) -> dict[str, object]:
    found = _OBJECT.search(text)
    try:
        data = json.loads(found.group(0)) if found else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        shown = plain(text if len(text) <= 160 else text[:157] + "...")
        raise InstrumentLimit(f"the model that was asked gave no place but: {shown}", "Ask again, or look yourself.")
    return data


def _place(
    data: dict[str, object], image: Picture, look: Look
) -> tuple[tuple[float, float, float, float] | None, tuple[float, float] | None]:
    """The reply's box or point in stored pixels, clipped to the picture."""
    numbers = data.get("box") or data.get("point")
    if not isinstance(numbers, list) or len(numbers) not in (2, 4) or not all(_is_number(n) for n in numbers):
        raise InstrumentLimit(
            "the model that was asked gave neither a box nor a point.", "Ask again, or look yourself."
        )
    clipped = to_stored(numbers, image.size, look.sees)
    if clipped is None:
        raise InstrumentLimit(
            f"the model that was asked named a place outside {image.handle}: {numbers}.",
            "Ask again, or look yourself.",
        )
    if len(clipped) == 1:
        return None, clipped[0]
    (xa, ya), (xb, yb) = clipped
    if xa == xb or ya == yb:
        raise InstrumentLimit("the model that was asked gave a box without area.", "Ask again, or look yourself.")
    return (min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)), None


def _is_number(value: object) -> bool:
    """Whether it can be a coordinate in any dialect."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


TOOLS = [ask_image, locate_by_vlm]
"""The family, in the order it is listed."""
