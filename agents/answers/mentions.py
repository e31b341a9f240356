"""Which option, or yes or no, a free text settles on; nothing where it leaves more than one.

Options are found by label (`(B)`, `option B`, a capital B on its own) and by text (whole words, longest first). The
article "A", the pronoun "I" and letters inside words are no labels. Then, in this order:

1. an answer said as such: "the answer is B", "B is correct", "I choose B";
2. a label that is a sentence or line of its own: "B." (unless all options are merely listed);
3. the only option mentioned at all.

Negated ("not A", "neither A nor B", "A is wrong") and hypothetical ("if A ...", "whether A or B") mentions are left
out, questions too. Two different options at the same step, or at the first two, mean no value.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sightline.agents.answers.prose import UNABLE, plain_prose, sentences, without_clauses
from sightline.agents.answers.read import label_of
from sightline.agents.answers.spec import AnswerSpec
from sightline.agents.answers.units import NUMBER_WORDS

# Options found in a text are replaced by one private-use character each, so that the patterns below stay simple.
_BY_LABEL, _BY_TEXT = 0xE000, 0xE100
_TOKEN = "[\ue000-\ue1ff]"
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_GROUP = re.compile(
    rf"{_TOKEN}(?:\s*(?:,\s*(?:or|and|nor)|,|/|&|or|and|nor)\s*(?:the\s+|option\s+|also\s+)*{_TOKEN})*", re.IGNORECASE
)

# After "A" these show that it is no article: no noun phrase begins with them.
# fmt: off
_NO_NOUN = frozenset({
    "after", "also", "and", "appears", "are", "as", "at", "based", "be", "because", "being", "but", "by",
    "can", "can't", "cannot", "did", "does", "doesn't", "due", "fits", "for", "from", "given", "had", "has",
    "here", "if", "in", "is", "isn't", "it", "looks", "matches", "may", "might", "must", "nor", "not", "on",
    "or", "over", "seems", "should", "since", "so", "than", "that", "then", "they", "this", "to", "too",
    "was", "wasn't", "were", "when", "where", "which", "while", "will", "wins", "with", "would",
})
# fmt: on
_MIDDLE = (
    r"(?:(?:be|been|option|options|choice|answer|letter|the|it|is|think|believe|say|see|choose|pick|select"
    r"|either|that|it's)\s+)*"
)
_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:not|never|neither|nor|rather\s+than|instead\s+of|except|excluding|excludes?|eliminat\w+|reject\w*|rul(?:e|es|ed|ing)"
    rf"\s+out|other\s+than|without|cannot)|n't)\s+{_MIDDLE}[\"'(]*$",
    re.IGNORECASE,
)
_GOOD = (
    r"(?:correct|right|true|possible|valid|accurate|visible|seen|shown"
    r"|the\s+(?:correct\s+|right\s+|best\s+)?(?:answer|option|choice|one))"
)
_NEGATED_AFTER = re.compile(
    r"^[\"').:]*\s*(?:(?:both|all|also|clearly|obviously|definitely|probably|is|are|was|were|seems?|looks?|can|could|must|would|be)\s+)*"
    r"(?:wrong|incorrect|false|impossible|unlikely|invalid|ruled\s+out|eliminated|excluded|rejected|hidden|out(?=\W|$)"
    rf"|(?:not|cannot\s+be|can't\s+be|isn't|aren't|wasn't|couldn't\s+be)\s+{_GOOD}"
    r"|(?:does\s+not|doesn't|do\s+not|don't)\s+(?:fit|match|work))",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(r"\b(?:if|unless|whether|suppose|assuming|had)\b[^,;]*$", re.IGNORECASE)
_SAID_BEFORE = re.compile(
    r"(?:\b(?:answer|correct\s+(?:option|choice|one|letter)|best\s+(?:option|choice)|final\s+choice)"
    r"[\s\"':=*-]*(?:(?:is|would\s+be|should\s+be|must\s+be|→|->)[\s\"':(*-]*)?"
    r"|\bI(?:'d|'ll|\s+would|\s+will|\s+therefore|\s+thus)?\s+(?:choose|chose|pick|select|go\s+with|answer)\s+)"
    r"(?:(?:option|choice|letter|definitely|clearly|probably|likely|most\s+likely|indeed|the|it's|it\s+is)\s*)*[\"'(:]*$",
    re.IGNORECASE,
)
_SAID_AFTER = re.compile(
    r"^[\"')]*\s*(?:is|seems|must\s+be|would\s+be)\s+(?:(?:the|clearly|definitely|most\s+likely|therefore|thus|probably)\s+)*"
    r"(?:(?:correct|right|best)(?:\s+(?:answer|option|choice|one))?|answer)\s*(?:$|[.,;:!]|because\b|since\b|as\b|here\b|for\b)",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"^(?:[\"'(]|option\s+|so,?\s+)*({_TOKEN})[\"').:,;!]*$", re.IGNORECASE)

_YES_NO = re.compile(
    r"(?:^|[:\"(—–-]\s*|\banswer\s+(?:is|would\s+be|should\s+be)\W*|,\s+(?:so|then|thus|therefore)\W*|\b(?:so|therefore|thus|hence)\W+)"
    r"(?:(?:definitely|clearly|probably|most\s+likely|a|the\s+answer\s+is)\s+)?"
    r"(?:(?P<yes>yes)\b|(?P<no>no)\b(?=\s*(?:$|[,.;:!)\"—–-])|\s+(?:because|it|they|he|she|the|this|that|there|since|as)\b))",
    re.IGNORECASE,
)
_YES_AND_NO = re.compile(
    r"\byes\b\W*(?:\b(?:and|or)\s|[/|&])\s*no\b|\bno\b\W*(?:\b(?:and|or)\s|[/|&])\s*yes\b|\byes,?\s+no\s*(?:[.,;!]|$)|\bno,?\s+yes\b",
    re.IGNORECASE,
)
NEAR = 200
"""Characters on either side of a mention that are looked at: they say whether it counts."""

# "B. the red one", where that is A's text: the model contradicts itself.
_PAIR = re.compile(rf"({_TOKEN})[\"').:,–-]*\s*({_TOKEN})(?=\W*(?:[.!?\n]|$))")


class _Mention(NamedTuple):
    labels: frozenset[str]
    said: bool
    alone: bool


def yes_or_no(text: str) -> str | None:
    """`yes` or `no` where a text says one of them as an answer, and never the other.

    "No" before a noun ("no chairs"), "none", "nothing" and "not" are no answers; neither is "yes and no".
    """
    said: set[str] = set()
    for sentence in sentences(plain_prose(text)):
        if sentence.endswith("?") or UNABLE.search(sentence):
            continue
        if _YES_AND_NO.search(sentence):
            return None
        for match in _YES_NO.finditer(sentence):
            said.add("yes" if match["yes"] else "no")
    return said.pop() if len(said) == 1 else None


def chosen_option(spec: AnswerSpec, text: str) -> str | None:
    """The label of the option that a text settles on, or None."""
    whole = label_of(spec, plain_prose(text).strip())
    if whole is not None:
        return whole
    mentions = _mentions(spec, text)
    said = {label for m in mentions if m.said for label in m.labels}
    alone = {label for m in mentions if m.alone for label in m.labels}
    if len(alone) > 1:
        # Every option on a line of its own is the question said again.
        mentions = [m for m in mentions if not m.alone]
        alone = set()
    for settled in (said | alone, {label for m in mentions for label in m.labels}):
        if settled:
            return settled.pop() if len(settled) == 1 else None
    texts = {words.casefold(): label for label, words in spec.choices.items()}
    if set(texts) <= {"yes", "no"}:
        return texts.get(yes_or_no(text) or "")
    return None


def _mentions(spec: AnswerSpec, text: str) -> list[_Mention]:
    labels = spec.labels
    out = []
    marked = _marked(spec, plain_prose(without_clauses(text, UNABLE)))
    for first, second in _PAIR.findall(marked):
        if ord(first) < _BY_TEXT <= ord(second) and ord(first) & 0xFF != ord(second) & 0xFF:
            return []
    for sentence in sentences(marked):
        if sentence.endswith("?"):
            continue
        alone = _ALONE.match(sentence)
        for group in _GROUP.finditer(sentence):
            before, after = sentence[max(0, group.start() - NEAR) : group.start()], sentence[group.end() :][:NEAR]
            if _NEGATED_BEFORE.search(before) or _NEGATED_AFTER.search(after) or _HYPOTHETICAL.search(before):
                continue
            found = frozenset(labels[ord(token) & 0xFF] for token in re.findall(_TOKEN, group[0]))
            said = _SAID_BEFORE.search(before) is not None or _SAID_AFTER.search(after) is not None
            out.append(_Mention(found, said, alone is not None and ord(alone[1]) < _BY_TEXT))
    return out


def _marked(spec: AnswerSpec, text: str) -> str:
    """The text with each option that it names replaced by a token."""
    text = _PRIVATE.sub("", text)
    # "The right answer is left" names one side only.
    text = re.sub(
        r"\b(?:right|left)(?=[\s-]+(?:answer|option|choice)\b)|\b(?<=all )right\b", "correct", text, flags=re.IGNORECASE
    )
    words = {label: _core(option) for label, option in spec.choices.items()}
    if all(re.fullmatch(r"\d+", core) for core in words.values()):
        for word, number in NUMBER_WORDS.items():
            if word != "one":
                text = re.sub(rf"(?<![\w-]){word}(?![\w-])", str(number), text, flags=re.IGNORECASE)
    for i, label in enumerate(spec.labels):
        if words[label] != label.casefold():
            text = re.sub(
                rf"(?<![\w'.-])[(\[\"]?{label}[)\]\".:,–-]+\s*{_whole(words[label])}",
                chr(_BY_LABEL + i),
                text,
                flags=re.IGNORECASE,
            )
    cores = list(words.values())
    for i, core in sorted(enumerate(cores), key=lambda item: -len(item[1])):
        named = len(core) > 1 and core not in ("yes", "no")
        if cores.count(core) == 1 and (named or core.isdigit()):
            text = re.sub(rf"(?<![\w.-]){_whole(core)}", chr(_BY_TEXT + i), text, flags=re.IGNORECASE)
    shuffled = any(core.upper() in words and core.upper() != label for label, core in words.items())
    for i, label in enumerate(spec.labels):
        token = chr(_BY_LABEL + i)
        text = re.sub(rf"\(\s*{label}\s*\)|\[\s*{label}\s*\]", token, text, flags=re.IGNORECASE)
        text = re.sub(rf"\b(?i:option|choice|letter)\s+[\"']?{label}(?![\w'-])[\"']?", token, text)
        if label.isdigit():
            text = re.sub(
                rf"(?i:\banswer(?:\s+is)?)\s*:?\s*{label}(?![\w.%°]*\d|\s*[a-z%°])", f"answer is {token}", text
            )
        elif not shuffled:
            text = _replace_labels(text, label, token)
    return text


def _replace_labels(text: str, label: str, token: str) -> str:
    """Put the token where the label stands as a capital on its own."""
    return re.sub(rf"(?<![\w'.-]){label}(?![\w'-])", lambda match: token if _is_label(match) else match[0], text)


def _core(option: str) -> str:
    """An option's text as it is looked for: lower case, without a leading article or closing punctuation."""
    text = " ".join(option.casefold().split()).strip("\"'.,;:! ")
    return re.sub(r"^(?:the|an?)\s+(?=\S)", "", text)


def _whole(core: str) -> str:
    words = r"\s+".join(re.escape(word) for word in core.split())
    return rf"(?:(?:the|an?)\s+)?(?<![\w.-]){words}(?![\w-]|[.,]\d)"


def _is_label(match: re.Match[str]) -> bool:
    """Whether a capital on its own is a label, and not the article or the pronoun."""
    letter, before, after = match[0], match.string[: match.start()], match.string[match.end() :]
    if letter == "I":
        return re.search(r"\banswer\s*(?:is|:)\s*[\"']?$", before, re.IGNORECASE) is not None
    if letter != "A":
        return True
    following = re.match(r"\s+([\w']+)", after)
    if following is None:
        return True
    word = following[1]
    # In capitals throughout, the article looks like the label.
    shouting = word.isupper() and len(word) > 1 and word.lower() not in _NO_NOUN
    return word.lower() in _NO_NOUN or not (word.islower() or word.istitle() or shouting)
