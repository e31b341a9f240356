"""A run as the agent would have journalled it, with everything a trace must show, written through the real API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from sightline.memory import (
    Answered,
    Call,
    Draft,
    Fact,
    ModelFailed,
    ModelReplied,
    NoteAdded,
    ObjectSeen,
    Outcome,
    PictureRecalled,
    PlanItem,
    PlanRevised,
    RunResumed,
    RunStarted,
    StepComposed,
    ToolFinished,
    ToolStarted,
    Usage,
    Workspace,
)
from sightline.memory.refs import box_ref, point_ref

HOSTILE = "<script>alert('x')</script><img src=https://example.org/x.png onerror=alert(1)> \"quoted\" & \x1b[2J\x00"
"""Text that would run, load or clear the screen wherever it is not escaped."""


class RunWriter:
    """Writes a run event by event, with a clock of its own."""

    def __init__(self, folder: Path, **started: Any) -> None:
        from sightline.agents import profile_for

        self.ws = Workspace.create(folder)
        self.now = 1_790_000_000.0
        fields: dict[str, Any] = {
            "run": folder.name,
            "question": "Is the spoon left or right of the cup?",
            "answer_spec": {"kind": "text", "options": [], "unit": None, "picture": "img1"},
            "model": "openai:gpt-5",
            "profile": profile_for("openai:gpt-5").to_json(),
            "strategy": "react",
            "tools": ["crop_zoom", "draw_box", "plan", "note", "find_regions", "ask_image"],
            "budget": {"steps": 7},
            "version": "0.1.0",
        }
        append = self.ws.append
        # Also for what the workspace writes by itself: no time here is the machine's.
        self.ws.append = lambda event: append(event.model_copy(update={"time": self.now}))  # type: ignore[method-assign]
        self.write(RunStarted(**(fields | started)))

    def write(self, event: Any, seconds: float = 0.2) -> None:
        self.now += seconds
        self.ws.append(event)

    def step(self, text: str = "", calls: list[tuple[str, dict[str, Any]]] | None = None, **reply: Any) -> list[str]:
        """A turn of the model; returns the ids of its calls."""
        number = len(self.ws.steps) + 1
        composed = {"final": False, "reason": ""} | {k: reply.pop(k) for k in ("final", "reason") if k in reply}
        self.write(
            StepComposed(
                step=number, first_full=1, pictures=self.ws.pictures, left=f"Left: {7 - number} steps.", **composed
            )
        )
        return self.reply(number, text, calls, **reply)

    def reply(
        self, number: int, text: str, calls: list[tuple[str, dict[str, Any]]] | None = None, **reply: Any
    ) -> list[str]:
        made = [
            Call(id=f"{number}.{index}", provider_id=f"call_{number}_{index}", name=name, arguments=arguments)
            for index, (name, arguments) in enumerate(calls or [], start=1)
        ]
        fields: dict[str, Any] = {
            "usage": Usage(
                calls=1,
                input_tokens=1800 + 240 * number,
                cached_tokens=1024,
                output_tokens=96,
                pictures=2,
                dollars=0.0031,
            ),
            "seconds": 2.4,
            "calls": made,
        }
        self.write(ModelReplied(step=number, message={}, text=text, **(fields | reply)), 2.4)
        return [call.id for call in made]

    def result(
        self,
        call: str,
        text: str | Callable[[list[Draft]], str],
        pictures: list[Draft] | None = None,
        facts: list[Fact] | None = None,
        outcome: Outcome = "ok",
        **finished: Any,
    ) -> None:
        tool = self.ws.calls[call].call.name
        self.write(ToolStarted(call=call, tool=tool))
        drafts = pictures or []
        for index, draft in enumerate(drafts):
            draft.key = f"{call}/{index}"
        said = text if isinstance(text, str) else text(drafts)
        kept = [self.ws.keep(draft, draft.key) for draft in drafts]
        self.write(
            ToolFinished(
                call=call,
                tool=tool,
                outcome=outcome,
                text=said,
                artifacts=kept,
                facts=facts or [],
                **({"seconds": 0.31} | finished),
            ),
            0.31,
        )

    def commit(self, *calls: str) -> None:
        self.ws.commit(list(calls))


def sketch(size: tuple[int, int], seed: int) -> np.ndarray:
    """A picture of our own: a table with a cup, a spoon and noise, different for each seed."""
    rng = np.random.default_rng(seed)
    width, height = size
    image = Image.new("RGB", size, (226, 214, 196))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.62, width, height), fill=(134 + 8 * (seed % 5), 98, 70))
    draw.ellipse(
        (width * 0.42, height * 0.3, width * 0.68, height * 0.74), fill=(245, 245, 242), outline=(90, 90, 90), width=3
    )
    draw.ellipse((width * 0.46, height * 0.33, width * 0.64, height * 0.44), fill=(88, 54, 36))
    draw.line(
        (width * 0.12, height * 0.84, width * 0.34, height * 0.7), fill=(190, 194, 198), width=max(4, width // 60)
    )
    pixels = np.asarray(image).astype(np.int16) + rng.integers(-6, 7, (height, width, 1))
    return pixels.clip(0, 255).astype(np.uint8)


def crop(pixels: np.ndarray, box: tuple[int, int, int, int], scale: int = 1) -> np.ndarray:
    x0, y0, x1, y1 = box
    return pixels[y0:y1, x0:x1].repeat(scale, 0).repeat(scale, 1)


def outlined(pixels: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).rectangle(box, outline=(220, 40, 40), width=5)
    return np.asarray(image)


def write_example(folder: Path, first: Any = None, second: Any = None) -> None:
    """A run with everything: parallel calls, a mistake, a crash, a failed and resumed model, a forced answer."""
    run = RunWriter(
        folder,
        question="On the table in these two photos, which is nearer to the left edge: the spoon or the cup?",
        answer_spec={
            "kind": "choice",
            "options": ["A. the spoon", "B. the cup", "C. neither"],
            "unit": None,
            "picture": "img1",
        },
        known={"table width": "1.20 m", "camera height": "about 1.5 m"},
        field_of_view=66.0,
    )
    ws = run.ws
    ws.add_picture(sketch((1200, 800), 1) if first is None else first)
    ws.add_picture(sketch((600, 800), 2) if second is None else second)
    ws.add_mark("the person's cup", "img1", (610.0, 420.0))
    base = ws.pixels("img1")
    cup, spoon = (504.0, 240.0, 816.0, 592.0), (140.0, 552.0, 410.0, 680.0)

    (call,) = run.step(
        "I will plan first, then find both things and compare their distances to the left edge.",
        [("plan", {"items": ["find the cup", "find the spoon", "compare the distances to the left edge"]})],
        reasoning="The question asks for image-left.\nBoth photos may show the same table; img1 is the clearer one.",
    )
    items = ["find the cup", "find the spoon", "compare the distances to the left edge"]
    run.result(call, "The plan has 3 items, 0 done.", facts=[PlanRevised(items=[PlanItem(text=i) for i in items])])
    run.commit(call)

    calls = run.step(
        "Let me look closer at both candidates in img1 and img2.",
        [
            ("crop_zoom", {"image": "img1", "box": [504, 240, 816, 592]}),
            ("crop_zoom", {"image": "img1", "box": [140, 552, 410, 680]}),
            ("find_regions", {"image": "img2"}),
        ],
    )
    for call, box, scale in ((calls[0], cup, 2), (calls[1], spoon, 3)):
        corners = (int(box[0]), int(box[1]), int(box[2]), int(box[3]))
        run.result(
            call,
            lambda drafts, box=box, scale=scale: (
                f"{drafts[0]}: box {box_ref('img1', box)} of img1, enlarged {scale} times."
            ),
            [Draft(crop(base, corners, scale), f"part {box_ref('img1', box)} of img1")],
        )
    run.result(
        calls[2],
        "3 regions of 0.5 % of the picture or more in img2, largest first; what they are is not known:\n"
        + "\n".join(
            f"{n}. {box_ref('img2', b)}, {a} % of the picture"
            for n, b, a in (
                (1, (252, 240, 408, 592), 6.9),
                (2, (70, 550, 206, 680), 1.4),
                (3, (0, 496, 600, 800), 38.0),
            )
        ),
        facts=[
            ObjectSeen(
                object="fresh0", name="region 1", picture="img2", box=(252, 240, 408, 592), source="find_regions"
            )
        ],
        seconds=1.7,
    )
    run.commit(*calls)

    calls = run.step(
        "",
        [
            ("locate_by_vlm", {"image": "img1", "phrase": "the spoon's tip"}),
            (
                "draw_box",
                {"image": "img1", "boxes": [[504, 240, 816, 592], [140, 552, 410, 680]], "labels": ["cup", "spoon"]},
            ),
        ],
    )
    run.result(
        calls[0],
        f"the spoon's tip is at {point_ref('img1', (144.5, 672.0))} in img1, says the model that was asked; no score.",
        facts=[
            ObjectSeen(
                object="fresh1", name="spoon", picture="img1", point=(144.5, 672.0), score=0.83, source="locate_by_vlm"
            )
        ],
        usage=Usage(calls=1, input_tokens=910, output_tokens=24, pictures=1, dollars=0.0009),
        seconds=1.9,
    )
    run.result(
        calls[1],
        lambda drafts: f"{drafts[0]}: img1 with 2 boxes: cup {box_ref('img1', cup)}, spoon {box_ref('img1', spoon)}.",
        [Draft(outlined(outlined(base, cup), spoon), "img1 with 2 boxes")],
    )
    run.commit(*calls)

    calls = run.step(
        "The spoon reaches further to the left. I check the crop once more.",
        [
            ("crop_zoom", {"image": "img7", "box": [0, 0, 100, 100]}),
            ("enhance", {"image": "view2"}),
            ("note", {"text": "spoon tip at x = 144 in img1, cup begins at x = 504 (see view3)"}),
            ("recall", {"handle": "view1"}),
        ],
    )
    run.result(
        calls[0],
        "Not done: crop_zoom: there is no picture 'img7'. Pictures: img1, img2, view1, view2, view3.",
        outcome="mistake",
    )
    run.result(
        calls[1],
        "enhance crashed (MemoryError). The fault is the tool's, not yours; go on without it.",
        outcome="infrastructure",
        detail='Traceback (most recent call last):\n  File "enhance.py", line 31, in enhance\nMemoryError\n',
    )
    run.result(
        calls[2],
        "Noted.",
        facts=[
            NoteAdded(text="spoon tip at x = 144 in img1, cup begins at x = 504 (see view3)"),
            PlanRevised(
                items=[PlanItem(text=items[0], done=True), PlanItem(text=items[1], done=True), PlanItem(text=items[2])]
            ),
        ],
    )
    run.result(calls[3], "view1 is shown again.", facts=[PictureRecalled(picture="view1")])
    run.commit(*calls)

    number = len(ws.steps) + 1
    run.write(
        StepComposed(
            step=number, final=True, reason="this is step 5 of 5", first_full=1, pictures=["img1"], left="Left: 1 step."
        )
    )
    run.write(
        ModelFailed(
            step=number,
            message="The server at api.example.org answered 503 four times.",
            remedy="Go on later with: sightline resume",
        ),
        31.0,
    )
    run.write(RunResumed(), 4000.0)
    run.reply(
        number,
        "The spoon's tip is at x = 144 and the cup begins at x = 504 in img1, so the spoon is nearer.\n\nAnswer: A",
    )
    run.write(
        Answered(
            status="answered",
            value="A",
            text="A. the spoon",
            raw="The spoon's tip is at x = 144 and the cup begins at x = 504 in img1: the spoon.\n\nAnswer: A",
            extraction="strict",
            forced=True,
        )
    )
    ws.close()
