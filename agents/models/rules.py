"""`rules`: the embedded model. No key, no weights, no network: a chat model whose replies follow from written rules.

It reads the same prompt as any model, understands the question forms in `forms.py`, calls the same tools through the
same loop (`find_regions` to see what stands out, drawing tools to show what it found), and answers by arithmetic
(`rules_solver.py`). A question outside its forms gets an honest "outside what I understand". It is also the baseline
"tools without a vision-language model".
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from sightline.agents.models.form_patterns import parse, parse_referent
from sightline.agents.models.forms import FORMS, Angle, Count, Distance, Extent, Form
from sightline.agents.models.rules_prompt import Prompt
from sightline.agents.models.rules_solver import Thing, UnclearError, Verdict, View, find, needs_regions, solve
from sightline.agents.models.space_answers import option_for, value_for
from sightline.agents.models.space_case import Case, Next
from sightline.agents.models.space_forms import SPACE_FORMS, SpaceForm, parse_space
from sightline.agents.models.space_rules import next_step
from sightline.agents.models.stories import FORM as STORY
from sightline.agents.models.stories import Story, parse_story, relation_in

Decision: TypeAlias = tuple[str, list[tuple[str, dict[str, Any]]]]
"""What to say, and which tools to call."""

MOST_DRAWN = 40

_NUMBER = r"-?\d+(?:\.\d+)?"
_REGION = re.compile(
    rf"^r(?P<number>\d+): (?P<color>\w+) (?P<shape>\w+).*?box \((?P<box>[^)]*)\), centre \((?P<centre>[^)]*)\), "
    rf"(?P<area>{_NUMBER}) px",
    re.MULTILINE,
)
_SHORT = re.compile(r"\br\d+\b")


class RulesModel(BaseChatModel):
    """The embedded model; see the module's text."""

    tools: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Parameters of the tools it was given, by name."""

    @property
    def _llm_type(self) -> str:
        return "sightline-rules"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """This model with tools; what `tool_choice` asks is told by the prompt as well."""
        functions = [convert_to_openai_tool(tool)["function"] for tool in tools]
        return RulesModel(tools={f["name"]: f.get("parameters", {}) for f in functions})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        said, calls = self._decide(Prompt.read(messages))
        tool_calls = [
            {"type": "tool_call", "name": name, "args": args, "id": f"rules_{len(messages)}_{index}"}
            for index, (name, args) in enumerate(calls, start=1)
        ]
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        message = AIMessage(said, tool_calls=tool_calls, usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _decide(self, prompt: Prompt) -> Decision:
        """What to say, and which tools to call."""
        if "answer" not in self.tools:
            return "The embedded rules answer with tools: use the strategy react.\nANSWER: cannot tell", []
        story = parse_story(prompt.question)
        if story is not None and not prompt.added:
            return self._story(prompt, story)
        in_space = _space_form(prompt, "match_objects" in self.tools)
        if in_space is not None and not prompt.added:
            return self._space(prompt, in_space)
        picture, reason = self._picture(prompt)
        marks = prompt.marks.get(picture, [])
        form = parse(prompt.question, list(prompt.options.values()), [m.mark for m in marks if m.mark])
        if form is None and in_space is None:
            return self._cannot(prompt, OUTSIDE)
        if prompt.added:
            return self._cannot(prompt, "I cannot follow what was added to the question; ask it anew.")
        assert form is not None, "a question about space that nothing was added to is answered above"
        if reason:
            return self._cannot(prompt, reason)
        if prompt.unit is not None and not _has_unit(form, prompt.unit):
            return self._cannot(prompt, f"I measure in pixels of the picture and in degrees, not in {prompt.unit}.")
        regions: list[Thing] = []
        if needs_regions(form) or self._options_need_regions(prompt, marks):
            looked = prompt.result_of("find_regions")
            if looked is None:
                if "find_regions" not in self.tools:
                    return self._cannot(prompt, "I look with the tool find_regions, and was not given it.")
                if prompt.last_turn:
                    return self._cannot(prompt, "the budget is too small: looking takes a step of its own.")
                return "I look at what stands out in the picture.", [("find_regions", {"image": picture})]
            seen = str(looked.text)
            if looked.status == "error":
                return self._cannot(prompt, f"I could not look: {seen}")
            regions = _regions(seen)
            if re.search(r"^and \d+ more", seen, re.MULTILINE):
                return self._cannot(prompt, "there are more things in the picture than I can keep apart.")
            if isinstance(form, Count) and "do not rely on" in seen:
                return self._cannot(prompt, seen.split("\n")[0])
        view = View(prompt.pictures[picture], tuple(regions), tuple(marks))
        try:
            verdict = solve(form, view)
        except UnclearError as unclear:
            return self._cannot(prompt, str(unclear))
        if (
            "draw_box" in self.tools
            and prompt.result_of("draw_box") is None
            and verdict.things
            and not prompt.last_turn
        ):
            return f"{_sentence(verdict.words)} I draw what I mean.", [("draw_box", _drawn(picture, verdict))]
        return self._answer(prompt, form, verdict, view)

    def _picture(self, prompt: Prompt) -> tuple[str, str]:
        """Which picture is asked about, or why that is not clear."""
        if not prompt.pictures:
            return "", "I cannot look at videos, only at pictures." if prompt.has_video else "there is no picture."
        named = re.search(r"\b(?:img|pano)\d+\b", prompt.question)
        if named is not None and named.group(0) in prompt.pictures:
            return named.group(0), ""
        marked = [picture for picture in prompt.marks if picture in prompt.pictures]
        if len(prompt.pictures) == 1:
            return next(iter(prompt.pictures)), ""
        if len(marked) == 1:
            return marked[0], ""
        names = ", ".join(prompt.pictures)
        return next(iter(prompt.pictures)), f"I look at one picture at a time; say which in the question: {names}."

    def _options_need_regions(self, prompt: Prompt, marks: Sequence[Thing]) -> bool:
        """Whether an option names something by its colour or shape, so that it has to be found."""
        names = [m.mark for m in marks if m.mark]
        found = [parse_referent(text, names) for text in prompt.options.values()]
        return any(r is not None and r.mark is None and (r.color or r.shape) for r in found)

    def _space(self, prompt: Prompt, form: SpaceForm) -> Decision:
        """The next step of a question about space."""
        case = Case(
            question=prompt.question,
            options=prompt.options,
            pictures=prompt.photos,
            objects=prompt.objects,
            seen_in=prompt.seen_in,
            known=prompt.known,
            done=prompt.done,
            tools=frozenset(self.tools),
            unit=prompt.unit,
        )
        try:
            step = next_step(form, case)
            if isinstance(step, Next):
                if prompt.last_turn:
                    return self._cannot(prompt, f"the budget is too small: {step.words} That takes a step of its own.")
                return step.words, step.calls
            if prompt.options:
                return self._say(prompt, option_for(step, prompt.options), step.words)
            kind = self.tools["answer"].get("properties", {}).get("value", {})
            return self._say(prompt, value_for(step, kind, prompt.unit), step.words)
        except UnclearError as unclear:
            return self._cannot(prompt, str(unclear))

    def _story(self, prompt: Prompt, story: Story) -> Decision:
        """The next step of a story."""
        solved = prompt.result_of("relation_solve")
        if solved is None:
            if "relation_solve" not in self.tools:
                return self._cannot(prompt, "I compose relations with the tool relation_solve, and was not given it.")
            if prompt.last_turn:
                return self._cannot(prompt, "the budget is too small: composing takes a step of its own.")
            return "I compose the statements.", [("relation_solve", story.arguments)]
        said = str(solved.text)
        relation = relation_in(said)
        if relation is None or solved.status == "error":
            return self._cannot(prompt, said)
        if not prompt.options:
            value = _as_kind(relation, self.tools["answer"].get("properties", {}).get("value", {}))
            return self._cannot(prompt, said) if value is None else self._say(prompt, value, said)
        letters = [letter for letter, text in prompt.options.items() if text.strip().lower() == relation]
        if len(letters) != 1:
            return self._cannot(prompt, f"{said} None of the options says that, or more than one does.")
        return self._say(prompt, letters[0], said)

    # Answering

    def _answer(self, prompt: Prompt, form: Form, verdict: Verdict, view: View) -> Decision:
        if prompt.options:
            letter = _option_for(verdict, prompt.options, view)
            if letter is None:
                return self._cannot(prompt, f"{verdict.words} None of the options says that, or more than one does.")
            return self._say(prompt, letter, verdict.words)
        kind = self.tools["answer"].get("properties", {}).get("value", {})
        value = _as_kind(verdict.value, kind)
        if value is None:
            return self._cannot(prompt, f"{verdict.words} That is not the kind of answer asked for.")
        return self._say(prompt, value, verdict.words)

    def _say(self, prompt: Prompt, value: Any, words: str) -> Decision:
        if prompt.last_turn:
            return f"{_sentence(words)}\nANSWER: {value if isinstance(value, str) else json.dumps(value)}", []
        return _sentence(words), [("answer", {"value": value, "details": words})]

    def _cannot(self, prompt: Prompt, reason: str) -> Decision:
        if prompt.last_turn:
            return f"{_sentence(reason)}\nANSWER: cannot tell", []
        return "", [("answer", {"cannot_tell": True, "details": reason})]


OUTSIDE = (
    "This question is outside what I understand. I am the embedded rules, not a vision-language model; I understand:\n"
    + "\n".join(f"- {what}: {example}" for what, example in FORMS)
    + "\nWith two or more photos of one place, about what is marked in them, or is named and a detector finds:\n"
    + "\n".join(f"- {what}: {example}" for what, example in SPACE_FORMS)
    + f"\nWithout a picture:\n- {STORY[0]}: {STORY[1]}"
    + "\nFor anything else give a model, e.g. --model openai:gpt-5."
)
"""What is said to a question that is none of the forms."""


def _space_form(prompt: Prompt, finds: bool) -> SpaceForm | None:
    """What is asked about space, where there are several photos and it is not about pixels.

    Args:
        prompt: What was read.
        finds: Whether things that nobody marked can be found by name; only where nothing at all is marked.
    """
    if len(prompt.photos) < 2 or re.search(
        r"\b(?:pixels?|px)\b", f"{prompt.question} {prompt.unit or ''}", re.IGNORECASE
    ):
        return None
    options = list(prompt.options.values())
    found = parse_space(prompt.question, options, list(prompt.objects), prompt.photos)
    if found is None and finds and not prompt.marks:
        return parse_space(prompt.question, options, None, prompt.photos)
    return found


def _has_unit(form: Form, unit: str) -> bool:
    """Whether a form's number is in this unit."""
    if isinstance(form, Angle):
        return unit in ("deg", "degree", "degrees")
    return not isinstance(form, Distance | Extent) or unit in ("px", "pixel", "pixels")


def _regions(text: str) -> list[Thing]:
    things = []
    for match in _REGION.finditer(text):
        x0, y0, x1, y1 = (float(v) for v in match.group("box").split(","))
        x, y = (float(v) for v in match.group("centre").split(","))
        color, shape = match.group("color"), match.group("shape")
        noun = "region" if shape == "irregular" else shape
        name = f"the {color} {noun} r{match.group('number')} at ({x:.0f}, {y:.0f})"
        things.append(Thing(name, (x0, y0, x1, y1), (x, y), float(match.group("area")), color, shape))
    return things


def _drawn(picture: str, verdict: Verdict) -> dict[str, Any]:
    things = [thing for thing in verdict.things if thing.area is not None][:MOST_DRAWN]
    labels = [str(number) for number in range(1, len(things) + 1)]
    if len(things) < 6:
        labels = [thing.mark or _SHORT.findall(thing.name)[0] for thing in things]
    return {"image": picture, "boxes": [list(thing.box) for thing in things], "labels": labels}


def _option_for(verdict: Verdict, options: dict[str, str], view: View) -> str | None:
    """The one option that says what was found."""
    fitting = [letter for letter, text in options.items() if _says(text, verdict.value, view)]
    return fitting[0] if len(fitting) == 1 else None


def _says(text: str, value: float | str | bool | Thing, view: View) -> bool:
    if isinstance(value, Thing):
        referent = parse_referent(text, [m.mark for m in view.marks if m.mark])
        if referent is None:
            return False
        try:
            return find(referent, view) == value
        except UnclearError:
            return False
    words = re.findall(r"[a-z]+", text.lower())
    if isinstance(value, bool):
        return ("yes" if value else "no") in words or ("true" if value else "false") in words
    if isinstance(value, str):
        return all(word in words for word in value.split() if word != "and")
    if set(words) & {
        "more",
        "less",
        "fewer",
        "than",
        "at",
        "least",
        "most",
        "over",
        "under",
        "about",
        "between",
        "not",
    }:
        return False
    numbers = re.findall(_NUMBER, text)
    return len(numbers) == 1 and abs(float(numbers[0]) - value) <= 0.05 * max(1.0, abs(value)) * (value != round(value))


def _as_kind(value: float | str | bool | Thing, schema: dict[str, Any]) -> Any:
    """The value as the answer tool wants it, or None where it does not fit."""
    if isinstance(value, Thing):
        value = value.mark or value.name
    if isinstance(value, bool):
        value = "yes" if value else "no"
    wanted = schema.get("type")
    if wanted == "integer":
        return int(value) if isinstance(value, float | int) and value == int(value) else None
    if wanted == "number":
        return round(value, 2) if isinstance(value, float | int) else None
    if wanted != "string":
        return None
    text = value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
    allowed = schema.get("enum")
    return text if not allowed or text in allowed else None


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
