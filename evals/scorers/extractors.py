"""How published scorers read a letter out of a model's words, traps included.

An extractor takes the words and the labels of the options and gives what it read, or None. They are rules that others
published, written anew from what they do; each names its source. For a reading without traps see
`sightline.evals.scorers.typed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Extractor = Callable[[str, tuple[str, ...]], str | None]


def first_word(said: str, labels: tuple[str, ...]) -> str | None:
    """VSI-Bench: all before the first space, without the full stops at its end.

    "The answer is B" reads as THE and "(B)" as (B), both wrong; "B because" is B.
    Source: vision-x-nyu/thinking-in-space, lmms_eval/tasks/vsibench/utils.py:fuzzy_matching (51e089c).
    """
    del labels
    return said.split(" ")[0].rstrip(".").strip().upper() or None


def first_bare_word(said: str, labels: tuple[str, ...]) -> str | None:
    """lmms-eval's rule for SAT: all punctuation is taken out, then the first word is read, in either case.

    "(B)" is B here, and so is "B. because"; a line break is no space.
    Source: EvolvingLMMs-Lab/lmms-eval, lmms_eval/tasks/sat/utils.py:MultiChoiceRegexFilter (75571cf).
    """
    del labels
    return re.sub(r"[^\w\s]", "", said).strip().split(" ")[0].upper() or None


def token_in_brackets(said: str, labels: tuple[str, ...]) -> str | None:
    """BLINK: a bare letter or "(B)" alone; else the one "(B)" that stands between spaces, in the last paragraph first.

    Where that leaves none or several, the published scorer asks gpt-3.5-turbo; here nothing is read.
    Source: zeyofu/BLINK_Benchmark, eval/test_benchmark.py:analyze_answer (2d6a779).
    """
    if re.fullmatch(r"[A-E]|\([A-E]\)", said):
        return said.strip("()")
    choices = {f"({label})" for label in labels}
    everywhere = choices.intersection(said.split())
    at_the_end = choices.intersection(said.split("\n\n")[-1].split())
    found = at_the_end if len(at_the_end) == 1 else everywhere
    return found.pop().strip("()") if len(found) == 1 else None


def leading_letter(said: str, labels: tuple[str, ...]) -> str | None:
    """lmms-eval's rule for CV-Bench and BLINK: the first letter, whatever word it begins.

    "The answer is B" reads as T.
    Source: EvolvingLMMs-Lab/lmms-eval, lmms_eval/tasks/cv_bench/utils.py:_extract_answer_letter (75571cf).
    """
    del labels
    found = re.match(r"[(\s]*([A-Za-z])", said.strip())
    return found[1].upper() if found else None


# Of the nine patterns there, those with a full stop cannot match any more, and one is contained in the first of these.
_AFTER_THE_TAG = (
    r"([A-E])(?:$|\s)",
    r"[*\"]([A-E])[*\"]",
    r"\bAnswer:?\s*([A-E])\b",
    r"[Mm]y answer is ([A-E])",
    r"answer is ([A-E])",
)


def letter_with_stop(said: str, labels: tuple[str, ...]) -> str | None:
    """MindCube: the last `B.`, wherever it stands; then the tag `<Answer>`; then a list of patterns.

    The tag is written with a capital: `<answer>B</answer>`, which the published prompt asks for, is no such tag, and
    its B is found only at the very end of the list. A capital from A to E that ends any word counts before that ("a
    NASA map").
    Source: mll-lab-nu/MindCube, src/evaluation/core/extractors.py:extract_answer (8650074).
    """
    del labels
    if stopped := re.findall(r"([A-E])\.", said):
        return str(stopped[-1])
    if tag := re.search(r"<Answer>(.*?)(?:<|$)", said, re.DOTALL):
        for pattern in (r"[Mm]y answer is ([A-E])", r"[Tt]he answer is ([A-E])", r"\b([A-E])\b"):
            if found := re.findall(pattern, tag[1]):
                return str(found[-1])
    for pattern in _AFTER_THE_TAG:
        if found := re.findall(pattern, said):
            return str(found[-1])
    alone = (re.search(r"\b([A-E])\b", line) for line in reversed(said.split("\n")))
    return next((found[1] for found in alone if found), None)


def backticked(said: str, labels: tuple[str, ...]) -> str | None:
    """MMSI-Bench: between double, then single backticks where there are any, the first lone capital A to D.

    A capital before a space and another letter does not count ("A bike"), so "B because" reads as nothing.
    Source: OpenRobotLab/MMSI-Bench, vlmeval/dataset/mmsi_bench.py:extract_single_choice_with_word_boundary (4e28bff).
    """
    del labels
    for ticks in ("``", "`"):
        if inside := re.search(f"{ticks}([^`]*){ticks}", said):
            said = inside[1]
    found = re.search(r"\b[A-D]\b(?!\s[a-zA-Z])", said)
    return found[0] if found else None


def letter_in_last_line(said: str, labels: tuple[str, ...]) -> str | None:
    """ViewSpatial-Bench: the first lone letter A to D of the last line, in either case.

    The article counts: "it is a chair, so B" reads as A. A line break at the end leaves nothing to read.
    Source: ZJU-REAL/ViewSpatial-Bench, evaluate.py:extract_option, evaluate_vlm (2e85a5e).
    """
    del labels
    found = re.search(r"\b([A-D])\b", said.split("\n")[-1], re.IGNORECASE)
    return found[1].upper() if found else None


_PATTERNS = (
    r"^([A-D])(?:[.\s)]|$)",
    r"[Aa]nswer[:\s]+([A-D])",
    r"[Tt]he answer is[:\s]+([A-D])",
    r"[Mm]y answer is[:\s]+([A-D])",
    r"\(([A-D])\)",
    r"([A-D])\.",
    r"\b([A-D])\b",
)


def first_pattern(said: str, labels: tuple[str, ...]) -> str | None:
    """lmms-eval's rule for 3DSRBench: a list of patterns, the first match of the first that matches.

    What begins with a capital article is that letter: "A car is higher, so B" reads as A.
    Source: EvolvingLMMs-Lab/lmms-eval, lmms_eval/tasks/3dsrbench/utils.py:extract_answer (75571cf).
    """
    del labels
    words = said.strip()
    matches = (re.search(pattern, words) for pattern in _PATTERNS)
    return next((found[1] for found in matches if found), None)


def answer_line_or_a(said: str, labels: tuple[str, ...]) -> str | None:
    """OmniSpatial's rule `re`: the last "Answer: B" in any case, else A; a small letter stays small, and so is wrong.

    Saying nothing is right wherever A is.
    Source: qizekun/OmniSpatial, api_eval.py:process_info (208bac2).
    """
    del labels
    found: list[str] = re.findall(r"Answer\s*:\s*([A-D])\b", said, re.IGNORECASE)
    return found[-1] if found else "A"
