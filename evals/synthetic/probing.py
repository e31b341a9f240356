"""Linear probes: how much of the answers can be told from some cues, on questions that the probe was not fitted on.

A probe gives every answer that could be given a score, the sum of the weights of its cues, and says the best one. It
is fitted by maximum likelihood of the right answers (a conditional logit, McFadden 1974), numbers by ridge regression
of their logarithm. Folds are of whole clusters: what a scene's questions share is never learned from one and used on
another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Floats = NDArray[np.float64]

FOLDS = 5
RIDGE = 2.0
"""Weight of the squared weights beside the log-likelihood of the fitted questions."""
RAREST = 4
"""A cue that fewer answers have is left out: it cannot be learned, only remembered."""

_FACTORS = tuple(np.geomspace(0.5, 2.0, 41).tolist())

Score = Callable[[Floats, Floats], Floats]

Cues = dict[str, float]
"""Cues of one answer to one question, with their strength."""


@dataclass(frozen=True)
class Asked:
    """A question as a probe sees it.

    Attributes:
        cluster: What it shares with dependent questions.
        right: Which answer is right.
        fitted: Cues of each answer that could be given.
        shown: The same as they are when the probe is tested; those fitted where they are the same.
    """

    cluster: str
    right: int
    fitted: Sequence[Cues]
    shown: Sequence[Cues]


def told(questions: Sequence[Asked]) -> NDArray[np.bool_]:
    """Whether a probe that was fitted on the other folds says the right answer, (n,) bool."""
    fitted, shown, mask = _table(questions)
    right = np.array([question.right for question in questions])
    folds = fold_of([question.cluster for question in questions])
    out = np.zeros(len(questions), bool)
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if not len(test) or not len(train):
            continue
        weights = _fit(_rows(fitted, train, mask.shape[1]), mask[train], right[train])
        scores = (_rows(shown, test, mask.shape[1]) @ weights).reshape(len(test), -1)
        out[test] = np.where(mask[test], scores, -np.inf).argmax(axis=1) == right[test]
    return out


def predicted(
    cues: Sequence[Cues], shown: Sequence[Cues], clusters: Sequence[str], targets: Floats, score: Score
) -> Floats:
    """Numbers (n,) > 0 as a ridge regression of their logarithm says them, fitted on the other folds.

    What the regression says is scaled by the factor that scores best where it was fitted: the mean of logarithms is
    not what a score rewards most.

    Args:
        cues: Cues of each question, to fit.
        shown: The same as they are when tested.
        clusters: What dependent questions share.
        targets: (n,) the truth, > 0.
        score: Scores numbers (m,) against targets (m,), each 0 to 1.
    """
    names = _names(cues)
    fitted, tested = _matrix(cues, names), _matrix(shown, names)
    folds = fold_of(clusters)
    out = np.zeros(len(targets))
    for fold in range(FOLDS):
        train, test = folds != fold, folds == fold
        if not test.any() or not train.any():
            continue
        known = targets[train]
        middle = np.log(known).mean()
        x = fitted[train]
        normal = (x.T @ x).toarray() + RIDGE * np.eye(x.shape[1])
        weights = np.linalg.solve(normal, x.T @ (np.log(known) - middle))
        said = np.exp(middle + x @ weights)
        gained = [float(score(factor * said, known).mean()) for factor in _FACTORS]
        factor = _FACTORS[int(np.argmax(gained))]
        out[test] = factor * np.exp(middle + tested[test] @ weights)
    return out


def fold_of(clusters: Sequence[str]) -> NDArray[np.intp]:
    """The fold of each cluster's questions, drawn by a fixed seed."""
    names = sorted(set(clusters))
    order = np.random.default_rng(0).permutation(len(names))
    place = {name: int(order[k]) % FOLDS for k, name in enumerate(names)}
    return np.array([place[name] for name in clusters], np.intp)


def _table(
    questions: Sequence[Asked],
) -> tuple[sparse.csr_matrix, sparse.csr_matrix, NDArray[np.bool_]]:
    """Cues as (n * answers, cues) matrices, and which answers there are, (n, answers)."""
    most = max(len(question.fitted) for question in questions)
    mask = np.array([[k < len(question.fitted) for k in range(most)] for question in questions])

    def padded(lists: Sequence[Sequence[Cues]]) -> list[Cues]:
        return [entry[k] if k < len(entry) else {} for entry in lists for k in range(most)]

    fitted = padded([question.fitted for question in questions])
    names = _names(fitted)
    return _matrix(fitted, names), _matrix(padded([question.shown for question in questions]), names), mask


def _names(cues: Sequence[Cues]) -> dict[str, int]:
    counts = Counter(name for entry in cues for name in entry)
    return {name: k for k, name in enumerate(sorted(name for name, n in counts.items() if n >= RAREST))}


def _matrix(cues: Sequence[Cues], names: dict[str, int]) -> sparse.csr_matrix:
    rows, columns, values = [], [], []
    for row, entry in enumerate(cues):
        for name, value in entry.items():
            if name in names:
                rows.append(row)
                columns.append(names[name])
                values.append(value)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(cues), max(1, len(names))), dtype=float)


def _rows(matrix: sparse.csr_matrix, questions: NDArray[np.intp], answers: int) -> sparse.csr_matrix:
    return matrix[(questions[:, None] * answers + np.arange(answers)).ravel()]


def _fit(x: sparse.csr_matrix, mask: NDArray[np.bool_], right: NDArray[np.intp]) -> Floats:
    n, answers = mask.shape
    chosen = np.arange(n) * answers + right
    sums = np.asarray(x[chosen].sum(axis=0)).ravel()
    transposed = x.T.tocsr()

    def loss(weights: Floats) -> tuple[float, Floats]:
        scores = np.where(mask, (x @ weights).reshape(n, answers), -np.inf)
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        total = shares.sum(axis=1, keepdims=True)
        shares /= total
        value = np.log(total).sum() - scores.ravel()[chosen].sum() + RIDGE / 2 * weights @ weights
        return float(value), transposed @ shares.ravel() - sums + RIDGE * weights

    found = optimize.minimize(
        loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 60, "ftol": 1e-5, "maxcor": 5}
    )
    return np.asarray(found.x, float)
