"""The left column: what is given, the question, who answers, what is drawn, and old runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from sightline.demos.web.limits import PICTURES, VIDEOS
from sightline.demos.web.marking import SHOWN
from sightline.demos.web.session import House

STRATEGIES = [
    ("tools (react)", "react"),
    ("tools from Python (code)", "code"),
    ("no tools (direct)", "direct"),
    ("no tools, step by step (cot)", "cot"),
    ("programs (inverse_graphics)", "inverse_graphics"),
]
MODELS = ["rules", "openai:gpt-5", "openai:gpt-5-mini", "anthropic:claude-sonnet-4-5", "google_genai:gemini-2.5-pro"]
"""Offered; any other can be typed."""


@dataclass(frozen=True)
class Controls:
    """The column's components."""

    files: gr.File
    panorama: gr.Checkbox
    question: gr.Textbox
    ask: gr.Button
    model: gr.Dropdown
    key: gr.Textbox
    base_url: gr.Textbox
    strategy: gr.Dropdown
    steps: gr.Slider
    compare: gr.Checkbox
    other: gr.Group
    other_model: gr.Dropdown
    other_strategy: gr.Dropdown
    marks: gr.State
    marks_shown: gr.HTML
    picture: gr.Dropdown
    editor: gr.ImageEditor
    mark_name: gr.Textbox
    add_mark: gr.Button
    clear_marks: gr.Button
    upload_run: gr.File
    run_name: gr.Textbox
    open_run: gr.Button

    @property
    def form(self) -> list[Any]:
        """What a question is asked with, see `app.form_of`."""
        return [
            self.question,
            self.files,
            self.panorama,
            self.marks,
            self.model,
            self.key,
            self.base_url,
            self.strategy,
            self.steps,
            self.compare,
            self.other_model,
            self.other_strategy,
        ]


def ask_column(house: House) -> Controls:
    """Lay the column out."""
    files = gr.File(
        label="Photos, a video, or a panorama",
        file_count="multiple",
        file_types=sorted(PICTURES | VIDEOS),
        height=130,
        elem_id="files",
    )
    panorama = gr.Checkbox(label="The picture is a panorama (2:1, all around)", container=False)
    question = gr.Textbox(
        label="Question",
        lines=3,
        max_lines=8,
        placeholder="How far is the chair from the window?",
        elem_id="question",
        submit_btn=False,
    )
    marks_shown = gr.HTML("", apply_default_css=False)
    ask = gr.Button("Ask", variant="primary", elem_id="ask")
    with gr.Accordion("Draw on a picture", open=False, elem_id="drawing"):
        picture = gr.Dropdown([], label="Picture", info="Draw over a thing or around it; a dot is a point.")
        editor = gr.ImageEditor(
            label="Drawing",
            show_label=False,
            sources=(),
            transforms=(),
            layers=gr.LayerOptions(disabled=True),
            brush=gr.Brush(default_size=14, colors=["#00b4c8"], color_mode="fixed"),
            eraser=gr.Eraser(default_size=24),
            type="numpy",
            image_mode="RGBA",
            canvas_size=(SHOWN, SHOWN),
            buttons=[],
            height=300,
            visible=False,
            elem_id="editor",
        )
        mark_name = gr.Textbox(label="What it is", placeholder="mug", max_lines=1)
        with gr.Row():
            add_mark = gr.Button("Add to the question", size="sm")
            clear_marks = gr.Button("Remove all", size="sm")
    with gr.Accordion("Who answers", open=False, elem_id="who"):
        model = gr.Dropdown(
            MODELS, value="rules", label="Model", allow_custom_value=True, info="rules is built in and needs no key."
        )
        key = gr.Textbox(
            label="Key",
            type="password",
            max_lines=1,
            info="Stays in this tab's session; never written or logged.",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        base_url = gr.Textbox(
            label="Server, if not the provider's own",
            placeholder="http://127.0.0.1:8000/v1",
            max_lines=1,
            visible=not house.exposed,
        )
        strategy = gr.Dropdown(STRATEGIES, value="react", label="Strategy")
        steps = gr.Slider(1, house.limits.steps, value=min(12, house.limits.steps), step=1, label="Steps at most")
        compare = gr.Checkbox(label="Ask another one too, side by side", container=False)
        with gr.Group(visible=False) as other:
            other_model = gr.Dropdown(MODELS, value="rules", label="Other model", allow_custom_value=True)
            other_strategy = gr.Dropdown(STRATEGIES, value="direct", label="Other strategy")
    with gr.Accordion("Open an old run", open=False, elem_id="old"):
        upload_run = gr.File(
            label="Run: .zip, .jsonl, .eval",
            file_types=[".zip", ".jsonl", ".eval"],
            height=100,
        )
        run_name = gr.Textbox(
            label="Sample of the log" if house.exposed else "Or a run's id or folder; of a log, the sample",
            max_lines=1,
        )
        open_run = gr.Button("Open", size="sm")
    return Controls(
        files,
        panorama,
        question,
        ask,
        model,
        key,
        base_url,
        strategy,
        steps,
        compare,
        other,
        other_model,
        other_strategy,
        gr.State([]),
        marks_shown,
        picture,
        editor,
        mark_name,
        add_mark,
        clear_marks,
        upload_run,
        run_name,
        open_run,
    )
