"""Names of things, as people and detectors write them: case, articles, plurals, and the near misses of a closed set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "oxen": "ox",
    "sheep": "sheep",
    "fish": "fish",
    "skis": "skis",
    "scissors": "scissors",
    "knives": "knife",
    "shelves": "shelf",
    "leaves": "leaf",
    "loaves": "loaf",
    "wolves": "wolf",
    "halves": "half",
    "scarves": "scarf",
    "wives": "wife",
}
_PLURALS = {singular: many for many, singular in _IRREGULAR.items()} | {"person": "people"}

_PLURAL_ONLY = frozenset(
    {"glasses", "sunglasses", "eyeglasses", "goggles", "binoculars", "headphones", "scissors", "pliers", "tongs"}
    | {"trousers", "pants", "jeans", "shorts", "tights", "leggings", "pyjamas", "pajamas", "clothes", "stairs", "skis"}
)
"""Plurals that name one thing."""

_SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(group)
    for group in (
        {"couch", "sofa"},
        {"tv", "television", "tv set"},
        {"cell phone", "cellphone", "mobile phone", "smartphone"},
        {"motorcycle", "motorbike"},
        {"airplane", "aeroplane"},
        {"bicycle", "bike"},
        {"refrigerator", "fridge"},
        {"donut", "doughnut"},
        {"potted plant", "houseplant", "pot plant"},
        {"hair drier", "hair dryer", "hairdryer"},
        {"remote", "remote control"},
        {"mug", "cup"},
    )
)

_DRINKS = ("wine", "beer", "water", "drinking", "champagne", "cocktail")
_ARTICLE = re.compile(r"^(?:a|an|the)\s+")
_SPACES = re.compile(r"[\s_\-]+")
_NEAR_ENOUGH = 0.6
"""Similarity of spelling from which a name is offered as a near one."""


def normal(name: str) -> str:
    """A name in lower case, without article, punctuation at its ends, hyphens and doubled spaces."""
    return _ARTICLE.sub("", _SPACES.sub(" ", name.casefold().strip(" \t\n.,;:!?\"'"))).strip()


def forms(name: str) -> list[str]:
    """The name as `normal` gives it, then what it may be the plural of; only its last word changes."""
    base = normal(name)
    head, _, last = base.rpartition(" ")
    out = [base]
    for word in _singulars(last):
        whole = f"{head} {word}".strip()
        if whole not in out:
            out.append(whole)
    return out


def plural(name: str) -> str:
    """English plural of a name's last word: `wine glass` -> `wine glasses`, `person` -> `people`."""
    head, space, last = name.rpartition(" ")
    low = last.casefold()
    if low in _IRREGULAR or low in _PLURAL_ONLY:
        return name
    if low in _PLURALS:
        return head + space + _PLURALS[low]
    if re.search(r"(?:s|x|z|ch|sh)$", low):
        return name + "es"
    if re.search(r"[^aeiou]y$", low):
        return name[:-1] + "ies"
    return name + "s"


def singular(name: str) -> str:
    """A name in the singular where it is surely a plural, else as it is: `Red Chairs` -> `red chair`."""
    base = normal(name)
    head, _, last = base.rpartition(" ")
    if last in _PLURAL_ONLY and not (last == "glasses" and head.endswith(_DRINKS)):
        return name
    return next((form for form in forms(name)[1:] if plural(form) == base), name)


def same(a: str, b: str) -> bool:
    """Whether two names are one: case, articles, hyphens and the plural do not matter."""
    return bool(set(forms(a)) & set(forms(b)))


def known_as(name: str, known: Sequence[str]) -> str | None:
    """The name of a closed set that is meant, or None.

    Args:
        name: As asked for, in any case, singular or plural.
        known: The closed set.
    """
    asked = forms(name)
    by_form = {form: entry for entry in reversed(known) for form in reversed(forms(entry))}
    for form in asked:
        if form in by_form:
            return by_form[form]
    for group in _SYNONYMS:
        if group & set(asked):
            for other in sorted(group):
                if other in by_form:
                    return by_form[other]
    return None


def nearest(name: str, known: Sequence[str], most: int = 3) -> list[str]:
    """Names of a closed set that may have been meant, best first: those that share a word, then similar spellings."""
    words = {word for form in forms(name) for word in form.split()}

    def likeness(entry: str) -> float:
        shared = words & {word for form in forms(entry) for word in form.split()}
        spelling = max(SequenceMatcher(None, form, normal(entry)).ratio() for form in forms(name))
        return spelling + (1.0 if shared else 0.0)

    ranked = sorted(known, key=lambda entry: (-likeness(entry), entry))
    return [entry for entry in ranked[:most] if likeness(entry) >= _NEAR_ENOUGH]


def distinct(names: Sequence[str]) -> list[str]:
    """The names that differ, as first written, empty ones left out."""
    out: list[str] = []
    for name in names:
        if normal(name) and not any(same(name, other) for other in out):
            out.append(" ".join(name.split()))
    return out


def _singulars(word: str) -> list[str]:
    if word in _IRREGULAR:
        return [_IRREGULAR[word]]
    out = []
    if len(word) > 3 and word.endswith("ies"):
        out += [word[:-3] + "y", word[:-1]]  # berries, cookies
    elif re.search(r"(?:s|x|z|ch|sh|o)es$", word):
        out += [word[:-2], word[:-1]]  # glasses, boxes, tomatoes; shoes, vases
    elif word.endswith("s") and not re.search(r"(?:ss|us|is)$", word) and len(word) > 3:
        out.append(word[:-1])
    return out
