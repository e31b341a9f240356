"""What the middle of the page shows before anything was asked: what this is, and the samples."""

from __future__ import annotations

import base64
import io

from sightline.demos.trace.markup import escape, tag
from sightline.demos.web.limits import Limits
from sightline.demos.web.samples import SAMPLES, Sample, can_reconstruct

THUMBNAIL = (320, 200)
"""Pixels of a sample's picture."""


def trace_html_template(limits: Limits) -> str:
    """The frame that `assets/app.js` fills: runs, and what is shown while there are none."""
    return tag(
        "div",
        tag("nav", class_="lanes-bar", hidden="", aria_label="Runs"),
        tag("div", class_="alert", role="alert", hidden=""),
        tag("p", "Starting", class_="pending doing", role="status", hidden=""),
        tag("div", class_="lanes"),
        _start(limits),
        class_="trace",
    )


def _start(limits: Limits) -> str:
    lead = (
        "Give photos, a video or a panorama, ask, and watch: every thought, every tool with what it measured, every "
        "picture it drew. Or begin with a sample; it is answered on this machine, without a key."
    )
    cards = [_card(number, sample) for number, sample in enumerate(SAMPLES)]
    notes = [tag("p", escape(limits.in_words()), class_="quiet")]
    if not can_reconstruct():
        missing = "Distances between things in several photos need more: pip install 'sightline[recon]'"
        notes.append(tag("p", escape(missing), class_="quiet"))
    return tag(
        "section",
        tag("h2", "Ask about space", class_="big"),
        tag("p", escape(lead), class_="lead"),
        tag("div", *cards, class_="samples"),
        *notes,
        class_="start",
        aria_label="Samples",
    )


def _card(number: int, sample: Sample) -> str:
    asked = [
        tag("button", escape(question), type="button", data_sample=str(number), data_question=str(index))
        for index, question in enumerate(sample.offered)
    ]
    picture = tag("img", src=_thumbnail(sample), alt=f"{sample.name}: {sample.about}", width="320", height="200")
    return tag(
        "article",
        picture.removesuffix("</img>"),
        tag("h3", escape(sample.name), tag("span", escape(sample.about), class_="quiet")),
        tag("div", *asked, class_="questions"),
        tag("p", escape(sample.licence), class_="quiet licence"),
    )


def _thumbnail(sample: Sample) -> str:
    from PIL import Image, ImageOps

    with Image.open(sample.paths[0]) as opened:
        small = ImageOps.fit(opened.convert("RGB"), THUMBNAIL)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
