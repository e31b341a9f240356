"""Which of several possible questions to ask, so that no shortcut learns anything from those that were asked.

A probe (`sightline.evals.synthetic.probing`) learns from cues: it gains where a cue goes with right answers more often
than with wrong ones. For each cue the difference is summed over the questions asked so far, and of the questions that
a scene allows that one is asked which brings the sums closest to zero: the method of minimisation by which clinical
trials are balanced (S. J. Pocock, R. Simon, Sequential treatment assignment with balancing for prognostic factors in
the controlled clinical trial, Biometrics 31, 1975). Where the sums are zero, weights of zero are the probe's optimum.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sightline.evals.synthetic import cues
from sightline.evals.synthetic.cues import Answer, Seen
from sightline.evals.synthetic.suite.dataset import Question

_CUES: tuple[Callable[[Question, Answer, Seen], dict[str, float]], ...] = (
    cues.words,
    cues.habits,
    cues.order,
    cues.low_or_large,
)
_VOTES = {"words": 3, "order": 4, "low_or_large": 8}
"""Where things lie in a picture tells more of a scene than its words do: these cues need the stronger pull."""
_WHOLE = tuple(Answer(str(n), str(n)) for n in range(1, 7))
_METRES = Answer("", "")


class Balance:
    """The cues' sums over the questions asked, by question type.

    Args:
        free: Cues that may tell the answer, by question type: those are what the type asks for.
    """

    def __init__(self, free: frozenset[tuple[str, str]] = frozenset()) -> None:
        self._free = free
        self._sums: defaultdict[tuple[str, str], float] = defaultdict(float)

    def pick(self, offered: Sequence[Sequence[Question]]) -> Sequence[Question]:
        """One of several groups of questions; the first of those that are equally good. It counts as asked."""
        pulls = [self._pull(group) for group in offered]
        costs = [self._cost(pull) for pull in pulls]
        best = min(range(len(offered)), key=costs.__getitem__)
        for key, value in pulls[best].items():
            self._sums[key] += value
        return offered[best]

    def _cost(self, pull: Mapping[tuple[str, str], float]) -> float:
        """How much asking would add to the sums; each kind of cue has its votes, however many cues it has."""
        totals: defaultdict[str, float] = defaultdict(float)
        counts: Counter[str] = Counter()
        for key, value in pull.items():
            kind = key[1].partition(":")[0]
            totals[kind] += self._sums[key] * value
            counts[kind] += 1
        return sum(_VOTES.get(kind, 1) * total / counts[kind] for kind, total in totals.items())

    def _pull(self, group: Sequence[Question]) -> dict[tuple[str, str], float]:
        """By how much asking these would change each sum."""
        out: defaultdict[tuple[str, str], float] = defaultdict(float)
        for question in group:
            for cue, value in _differences(question, self._free).items():
                out[question.category, cue] += value
        return out


def _differences(question: Question, free: frozenset[tuple[str, str]]) -> dict[str, float]:
    """Each cue of the right answer less its mean over all answers; of a number, times its deviation."""
    view = cues.seen(question, None)
    ways = [(of.__name__, of, view) for of in _CUES] + [("first picture", cues.everything, view.only_first())]
    out: defaultdict[str, float] = defaultdict(float)
    answers, right, scale = _answers(question)
    for name, of, shown in ways:
        if (question.category, name) in free:
            continue
        each = [of(question, answer, shown) for answer in answers]
        for k, found in enumerate(each):
            weight = scale * ((k == right) - (1 / len(each) if len(each) > 1 else 0.0))
            for cue, value in found.items():
                out[f"{name}: {cue}"] += weight * value
    return out


def _answers(question: Question) -> tuple[Sequence[Answer], int, float]:
    """What could be answered, which is right, and a number's deviation from what is usual."""
    answer: Any = question.answer
    if question.kind == "choice":
        parted = [option.partition(".") for option in question.options]
        answers = [Answer(label, text.strip()) for label, _, text in parted]
        return answers, [entry.label for entry in answers].index(answer), 1.0
    if question.kind == "yes_no":
        return (Answer("yes", "yes"), Answer("no", "no")), 0 if answer == "yes" else 1, 1.0
    if question.kind == "integer":
        return _WHOLE, [entry.label for entry in _WHOLE].index(str(answer)), 1.0
    return (_METRES,), 0, math.log(max(float(answer), 1e-3) / question.facts["usual"])
