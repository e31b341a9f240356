"""Yes or no by published rules; the target is `yes` or `no`.

official = Choice(begins_yes_no)
"""

from __future__ import annotations


def begins_yes_no(said: str, labels: tuple[str, ...]) -> str | None:
    """RoboSpatial-Home's rule: what the words begin with, in lower case.

    "Not sure" and "Now I see" begin with `no`, and count as that.
    Source: chanhee-luke/RoboSpatial-Eval, evaluation.py:evaluate_answer (19f04a5).

    Args:
        said: A model's words.
        labels: Not used; extractors of choices have it.
    """
    del labels
    words = said.strip().lower()
    return next((word for word in ("yes", "no") if words.startswith(word)), None)
