"""Options of multiple choice in the forms that question files have, as `A. left`, `B. right`."""

from __future__ import annotations

import re
from string import ascii_uppercase

from sightline.evals.reading.records import Record


def lettered(record: Record, field: str) -> tuple[str, ...]:
    """A list of options without letters, with them.

    Raises:
        DataError: There are fewer than two, or one is blank.
    """
    texts = record.texts(field)
    if len(texts) < 2:
        raise record.fault(field, f"at least two options are needed, not {len(texts)}")
    if not all(text.strip() for text in texts):
        raise record.fault(field, "an option is blank")
    return tuple(f"{letter}. {text.strip()}" for letter, text in zip(ascii_uppercase, texts, strict=False))


def letter_in(record: Record, field: str, options: tuple[str, ...]) -> str:
    """The letter of the right option in a field that has it as `B`, `(B)` or `B. left`.

    Args:
        record: The question.
        field: The field with the answer.
        options: The options, each beginning with its letter.

    Raises:
        DataError: It is none of them.
    """
    said = record.text(field).strip()
    found = re.match(r"\(?([A-Z])(?:[).:]|$)", said)
    letters = [option[0] for option in options]
    if found is None or found[1] not in letters:
        raise record.fault(field, f"{said!r} is none of the options {', '.join(letters)}")
    return found[1]


def inline_options(text: str, mark: str) -> tuple[str, tuple[str, ...]]:
    """Question and options, where both are one text: `... A. left B. right`, or `... Options: A: left, B: right`.

    Args:
        text: Both.
        mark: What follows the letters there, `.` or `:`.

    Returns:
        The question alone and the options as `A. left`; the whole text and none where they cannot be told apart.
    """
    best: list[re.Match[str]] = []
    for start in re.finditer(rf"(?:^|\s)A{re.escape(mark)}\s*", text):
        chain = [start]
        for letter in ascii_uppercase[1:]:
            following = re.compile(rf",?\s+{letter}{re.escape(mark)}\s*").search(text, chain[-1].end())
            if following is None:
                break
            chain.append(following)
        if len(chain) >= len(best):
            best = chain
    if len(best) < 2:
        return text, ()
    ends = [match.start() for match in best[1:]] + [len(text)]
    texts = [text[match.end() : end].strip() for match, end in zip(best, ends, strict=True)]
    if not all(texts):
        return text, ()
    question = re.sub(r"\s*Options:\s*$", "", text[: best[0].start()]).rstrip()
    return question, tuple(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, texts, strict=False))
