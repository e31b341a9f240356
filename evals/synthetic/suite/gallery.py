"""The gallery of a set: one page that opens from disk, its pictures beside it, nothing fetched from elsewhere."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.evals.synthetic.suite.dataset import About, Question

_PAGE = Path(__file__).with_name("gallery.html")


def write_gallery(folder: Path, about: About, questions: Iterable[Question]) -> Path:
    """Write `index.html`: question, pictures and options; the answer, margin and pair on demand; filters.

    Args:
        folder: The set's; pictures are shown from `pictures/` in it.
        about: What the set is.
        questions: All of them.
    """
    uses = "Test questions: not for training." if about.split == "test" else "Training questions."
    types = f"{len(about.categories)} type{'s' if len(about.categories) != 1 else ''}"
    shown = {
        "TITLE": html.escape(f"Sightline: {about.name}"),
        "NAME": html.escape(about.name),
        "ABOUT": html.escape(
            f"{about.questions:,} questions of {types}, "
            f"made from seeds {about.first_seed} to {about.last_seed} by Sightline {about.made_with}. {uses} "
            f"Licence {about.licence}."
        ),
        # `<` is written as an escape: no text of a question can end the script.
        "DATA": json.dumps([_card(q) for q in questions], ensure_ascii=False).replace("<", "\\u003c"),
    }
    page = _PAGE.read_text("utf-8")
    for name, value in shown.items():
        page = page.replace(f"[[{name}]]", value)
    path = folder / "index.html"
    path.write_text(page, "utf-8")
    return path


def _card(question: Question) -> dict[str, Any]:
    answer = question.answer
    if isinstance(answer, list):
        answer = "\n".join(map(str, answer))
    return {
        "id": question.id,
        "category": question.category,
        "question": question.question,
        "options": question.options,
        "answer": f"{answer} {question.unit}" if question.unit else str(answer),
        "pictures": [*question.pictures, *question.panoramas],
        "video": question.video,
        "known": dict(question.known),
        "pair": question.pair,
        "variation": question.variation,
        "margin": question.margin,
    }
