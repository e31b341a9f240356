"""Plain sentences out of a model's reply: markup taken off, abbreviations kept whole, words of doubt known."""

from __future__ import annotations

import re

_UNABLE = (
    r"\b(?:can ?not|can't|could ?not|couldn't|unable to|impossible to|not possible to|hard to|difficult to"
    r"|no way to|no way of)"
    r"\s+(?:really |reliably |definitively |accurately |be (?:\w+ly )?)?"
    r"(?:tell|told|say|said|determin\w+|know\w*|answer|answered|decided?|judged?|infer|inferred|measured?|estimated?"
    r"|identify|identified|verify|verified|establish|established|ascertain|ascertained)\b"
    r"|\b(?:not|isn't) enough (?:information|evidence)\b|\b(?:insufficient|lacks?) (?:information|evidence)\b"
    r"|\b(?:do not|don't) (?:know|have enough)\b|\bno answer (?:can|could) be\b"
    r"|\b(?:not |un)(?:sure|certain) (?:whether|if|which)\b"
)
_UNSEEN = (
    r"\b(?:not|isn't|aren't) (?:clearly )?(?:visible|shown)\b|\b(?:can ?not|can't) (?:be )?(?:clearly )?(?:see|seen)\b"
)

UNABLE = re.compile(_UNABLE, re.IGNORECASE)
"""A model's words for "I cannot tell"."""

CANNOT = re.compile(f"{_UNABLE}|{_UNSEEN}", re.IGNORECASE)
"""The same, and its words for "it is not to be seen", which may also be said of one thing among several."""

_CLAUSE_BEGINS = re.compile(
    r"[,;:!?\n]|\.(?=\s)|\b(?:but|however|so|though|although|still|nevertheless|yet)\b", re.IGNORECASE
)
_CLAUSE_ENDS = re.compile(
    r"[;\n]|[.!?](?=\s|$)|\b(?:but|however|so|though|although|still|nevertheless|yet)\b", re.IGNORECASE
)

_ABBREVIATION = re.compile(r"\b(approx|ca|fig|no|vs|resp|incl|e\.g|i\.e|etc)\.(?=\s)", re.IGNORECASE)


def plain_prose(text: str) -> str:
    """The text without markdown emphasis, LaTeX wrappers and curly quotes."""
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf|scalar)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\[()\[\]]|\$", " ", text)
    text = re.sub(r"\*+|`+|(?<!\w)_+|_+(?!\w)|^[ \t]*#+[ \t]*|^[ \t]*>[ \t]*", "", text, flags=re.MULTILINE)
    return _ABBREVIATION.sub(r"\1", text)


def sentences(text: str) -> list[str]:
    """Its sentences and lines, stripped; empty ones left out."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def without_clauses(text: str, pattern: re.Pattern[str]) -> str:
    """The text without the clauses in which `pattern` occurs.

    A clause begins after a comma, but does not end at one: "I cannot tell if it is A, or B" is all doubt.
    """
    text = text.replace("’", "'")
    kept, at = [], 0
    while match := pattern.search(text, at):
        begins = [m.end() for m in _CLAUSE_BEGINS.finditer(text, at, match.start())]
        kept.append(text[at : begins[-1] if begins else at])
        ends = _CLAUSE_ENDS.search(text, match.end())
        at = ends.start() if ends else len(text)
    return "".join(kept) + text[at:]
