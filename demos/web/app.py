"""The page: what stands where, and what its controls do. `demos/trace` and `assets/app.js` write the trace itself.

Gradio is imported here at once: only `serving` imports this module.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Any

import gradio as gr

from sightline.demos.trace import asset
from sightline.demos.web.asking import Controls, ask_column
from sightline.demos.web.desk import Desk, page_functions
from sightline.demos.web.limits import sort_files
from sightline.demos.web.marking import mark_of, marks_html, to_draw_on
from sightline.demos.web.panels.cloud import cloud_file
from sightline.demos.web.panels.graphics import graphics_view
from sightline.demos.web.panels.memory import EMPTY
from sightline.demos.web.samples import SAMPLES
from sightline.demos.web.session import Brain, Form, House, Session
from sightline.demos.web.start import trace_html_template
from sightline.memory import InputError, SightlineError

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
NO_CLOUD = "No reconstruction yet. It appears here when the agent makes one from several photos."
NO_PROGRAM = (
    "No program yet. It appears here when the agent writes one: the picture it is to match, and how close it is."
)


def style(gradio: Any) -> dict[str, Any]:
    """What `launch` needs for the page to look like itself: no font and no script of another host is asked for."""
    own = files("sightline.demos.web").joinpath("assets", "app.css").read_text("utf-8")
    # Nested, so that what the trace says of `section` or `h2` holds within it alone.
    css = f"{asset('tokens.css')}\n.trace {{ {asset('trace.css')} }}\n{own}"
    theme = gradio.themes.Base(
        font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"], text_size="sm", radius_size="md"
    )
    return {"theme": theme, "head": f"<style>{css}</style><script>{asset('page.js')}</script>"}


def build(house: House) -> gr.Blocks:
    """The page, not yet served."""
    desk = Desk(house)
    script = files("sightline.demos.web").joinpath("assets", "app.js").read_text("utf-8")
    with gr.Blocks(title="Sightline", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)) as page:
        gr.HTML("<h1>Sightline</h1><p>spatial reasoning, with instruments</p>", elem_id="head", apply_default_css=False)
        with gr.Row(elem_id="bench", equal_height=False):
            with gr.Column(elem_id="left", min_width=280):
                controls = ask_column(house)
            with gr.Column(elem_id="middle", elem_classes="centre", min_width=320):
                trace = gr.HTML(
                    html_template=trace_html_template(house.limits),
                    js_on_load=script,
                    server_functions=page_functions(desk),
                    apply_default_css=False,
                    elem_id="trace",
                )
            with gr.Column(elem_id="side", min_width=300):
                gr.HTML('<div class="trace" id="stage-host"></div>', apply_default_css=False)
                with gr.Tabs():
                    with gr.Tab("Memory"):
                        gr.HTML(
                            f'<div class="trace" id="memory-host"><p class="quiet nothing">{EMPTY}</p></div>',
                            apply_default_css=False,
                        )
                    with gr.Tab("3D") as space:
                        cloud_words = gr.HTML(_quiet(NO_CLOUD), apply_default_css=False, elem_id="cloud-words")
                        cloud = gr.Model3D(
                            label="Reconstruction", show_label=False, interactive=False, height=340,
                            clear_color=(0.07, 0.08, 0.09, 1.0), elem_id="cloud",
                        )  # fmt: skip
                    with gr.Tab("Graphics"):
                        slider = gr.ImageSlider(
                            label="Target and best picture", interactive=False, visible=False, max_height=320
                        )
                        program = gr.HTML(_quiet(NO_PROGRAM), apply_default_css=False, elem_id="program")
        _wire_asking(desk, controls, trace)
        _wire_marks(house, controls)
        _wire_panels(desk, trace, space, [cloud_words, cloud, slider, program])

        async def leave(request: gr.Request) -> None:
            await desk.leave(request.session_hash)

        page.unload(leave)
    # What a page asks for is short or waits for news; runs have a queue of their own, with a place that is shown.
    page.queue(default_concurrency_limit=None)
    return page


def _quiet(words: str) -> str:
    return f'<div class="trace"><p class="quiet nothing">{words}</p></div>'


def form_of(values: dict[Any, Any], controls: Controls) -> Form:
    """The form as the page's controls hold it."""
    model, key, base_url = (str(values[c] or "") for c in (controls.model, controls.key, controls.base_url))
    brains = [Brain(model, values[controls.strategy], key, base_url)]
    if values[controls.compare]:
        other = str(values[controls.other_model] or "")
        # A key is a provider's, and a server is a model's: another provider's model must be sent neither.
        same = other.partition(":")[0] == model.partition(":")[0]
        brains.append(Brain(other, values[controls.other_strategy], key if same else "", base_url if same else ""))
    return Form(
        values[controls.question],
        values[controls.files] or [],
        values[controls.panorama],
        tuple(values[controls.marks]),
        tuple(brains),
        int(values[controls.steps]),
    )


def _wire_asking(desk: Desk, controls: Controls, trace: gr.HTML) -> None:
    async def ask(values: dict[Any, Any], request: gr.Request) -> None:
        session = desk.session(request.session_hash)
        try:
            await session.ask(form_of(values, controls))
        except SightlineError as error:
            session.feed.tell({"do": "error", "text": str(error)})

    async def take_sample(event: gr.EventData) -> list[Any]:
        sample = SAMPLES[int(event.sample)]
        question = sample.offered[int(event.question)]
        paths = [str(path) for path in sample.paths]
        handles = [f"{'pano' if sample.panorama else 'img'}{number}" for number in range(1, len(paths) + 1)]
        return [
            paths, sample.panorama, question, sample.marks, marks_html(sample.marks),
            gr.Dropdown(choices=handles, value=None), gr.ImageEditor(value=None, visible=False),
        ]  # fmt: skip

    async def open_run(values: dict[Any, Any], request: gr.Request) -> None:
        session = desk.session(request.session_hash)
        try:
            session.brain = form_of(values, controls).brains[0]
            await session.open(values[controls.upload_run], values[controls.run_name])
        except SightlineError as error:
            session.feed.tell({"do": "error", "text": str(error)})

    ask_event: dict[str, Any] = {"fn": ask, "inputs": set(controls.form), **QUIET}
    controls.ask.click(**ask_event)
    controls.question.submit(**ask_event)
    filled = [
        controls.files, controls.panorama, controls.question, controls.marks, controls.marks_shown, controls.picture,
        controls.editor,
    ]  # fmt: skip
    trace.sample(take_sample, None, filled, **QUIET).then(**ask_event)
    opened_with = {controls.upload_run, controls.run_name, *controls.form}
    controls.open_run.click(open_run, opened_with, None, **QUIET)
    controls.compare.change(lambda on: gr.Group(visible=on), controls.compare, controls.other, **QUIET)


def _wire_marks(house: House, controls: Controls) -> None:
    def pictures(given: list[str] | None, panorama: bool) -> dict[str, str]:
        return sort_files(given or [], house.limits, panorama=panorama).pictures

    def files_changed(given: list[str] | None, panorama: bool) -> list[Any]:
        try:
            choices = list(pictures(given, panorama))
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return [gr.Dropdown(choices=choices, value=None), gr.ImageEditor(value=None, visible=False), [], ""]

    def choose(handle: str | None, given: list[str] | None, panorama: bool) -> Any:
        file = pictures(given, panorama).get(handle or "")
        if file is None:
            return gr.ImageEditor(value=None, visible=False)
        return gr.ImageEditor(value={"background": to_draw_on(file), "layers": [], "composite": None}, visible=True)

    def add(
        name: str, handle: str | None, drawn: Any, given: list[str] | None, panorama: bool, marks: list[Any]
    ) -> Any:
        try:
            file = pictures(given, panorama).get(handle or "")
            if handle is None or file is None:
                raise InputError("No picture is chosen.", "Choose one above, then draw on it.")
            mark = mark_of(name, handle, file, drawn)
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None
        kept = [m for m in marks if (m.name, m.picture) != (mark.name, mark.picture)] + [mark]
        return [kept, marks_html(kept), ""]

    changed = [controls.picture, controls.editor, controls.marks, controls.marks_shown]
    for event in (controls.files.upload, controls.files.clear, controls.files.delete, controls.panorama.input):
        event(files_changed, [controls.files, controls.panorama], changed, **QUIET)
    controls.picture.input(choose, [controls.picture, controls.files, controls.panorama], controls.editor, **QUIET)
    controls.add_mark.click(
        add,
        [controls.mark_name, controls.picture, controls.editor, controls.files, controls.panorama, controls.marks],
        [controls.marks, controls.marks_shown, controls.mark_name],
        **QUIET,
    )
    controls.clear_marks.click(lambda: [[], ""], None, [controls.marks, controls.marks_shown], **QUIET)


def _wire_panels(desk: Desk, trace: gr.HTML, space: gr.Tab, outputs: list[Any]) -> None:
    async def panels(event: gr.EventData, request: gr.Request) -> list[Any]:
        session = desk.session(request.session_hash)
        lane = session.watched = session.lanes.get(str(event.lane))
        view = await asyncio.to_thread(graphics_view, lane.workspace) if lane is not None and lane.begun else None
        both = (str(view.target), str(view.best)) if view and view.target and view.best else None
        return [
            *(await _cloud(session)),
            gr.ImageSlider(value=both, visible=both is not None),
            f'<div class="trace">{view.html}</div>' if view else _quiet(NO_PROGRAM),
        ]

    async def open_space(request: gr.Request) -> list[Any]:
        session = desk.session(request.session_hash)
        session.space_open = True
        return await _cloud(session)

    space.select(open_space, None, outputs[:2], **QUIET)
    trace.panels(panels, None, outputs, **QUIET)


async def _cloud(session: Session) -> list[Any]:
    """The words over the reconstruction that is watched, and its file.

    The file is given once, and only after the tab was opened: Gradio's component loads its viewer with the first file,
    and shows nothing if it is hidden then, or is told the same one again meanwhile.
    """
    lane = session.watched
    made = None
    if lane is not None and lane.begun:
        made = await asyncio.to_thread(cloud_file, lane.workspace, session.folder / "clouds" / lane.name)
    path, words = made or (None, NO_CLOUD)
    if not session.space_open or path == session.cloud:
        return [_quiet(words), gr.skip()]
    session.cloud = path
    return [_quiet(words), None if path is None else str(path)]
