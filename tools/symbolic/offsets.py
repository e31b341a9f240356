"""Composition of relations: what follows for two things from a set of statements about others.

Two readings of a distance that nobody stated:

- `unit`: each statement is one step of eight directions, all steps of one length, as StepGame's stories mean it.
  Offsets add up along any chain; two chains that lead to different offsets contradict each other.
- `unknown`: a statement gives an order along each axis and nothing more. What follows is what holds for every choice of
  distances: an axis is decided only where a chain of statements that all point one way decides it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import networkx as nx

from sightline.tools.symbolic.relations import Relation, Sign

Steps = Literal["unit", "unknown"]
Offset = tuple[int, int]


@dataclass(frozen=True)
class Conclusion:
    """What follows for a thing and another.

    Attributes:
        x: Sign of the offset to the right; None where it does not follow.
        y: Sign of the offset upwards; None where it does not follow.
        offset: Steps to the right and upwards, where steps count.
        chain: The statements that it rests on, by number, in order.
    """

    x: Sign
    y: Sign
    offset: Offset | None
    chain: tuple[int, ...]


class Contradiction(Exception):
    """Statements that cannot all hold.

    Args:
        sources: Their numbers: the fewest, in order.
    """

    def __init__(self, sources: Iterable[int]) -> None:
        self.sources = tuple(sorted(set(sources)))
        super().__init__(f"statements {self.sources} contradict each other")


def conclude(relations: Sequence[Relation], a: str, b: str, steps: Steps = "unit") -> Conclusion | None:
    """Which way `a` lies from `b`; None where no chain of statements connects them.

    Raises:
        Contradiction: The statements about what is connected with them cannot all hold.
    """
    return _by_steps(relations, a, b) if steps == "unit" else _by_order(relations, a, b)


def _by_steps(relations: Sequence[Relation], a: str, b: str) -> Conclusion | None:
    """Offsets from `b`, breadth first, so that the chain is the shortest."""
    near: dict[str, list[tuple[str, Offset, int]]] = {}
    for relation in relations:
        x, y = relation.step
        near.setdefault(relation.b, []).append((relation.a, (x, y), relation.source))
        near.setdefault(relation.a, []).append((relation.b, (-x, -y), relation.source))
    found: dict[str, tuple[Offset, tuple[int, ...]]] = {b: ((0, 0), ())}
    waiting = deque([b])
    while waiting:
        here = waiting.popleft()
        (x, y), chain = found[here]
        for there, (dx, dy), source in near.get(here, ()):
            offset = x + dx, y + dy
            if there not in found:
                found[there] = offset, (*chain, source)
                waiting.append(there)
            elif found[there][0] != offset:
                raise Contradiction({*chain, source, *found[there][1]})
    if a not in found:
        return None
    (x, y), chain = found[a]
    # From b the chain leads to a; told the other way it reads like the question.
    return Conclusion(_sign(x), _sign(y), (x, y), chain)


def _by_order(relations: Sequence[Relation], a: str, b: str) -> Conclusion | None:
    connected = nx.Graph([(relation.a, relation.b) for relation in relations])
    if b not in connected:
        return None
    linked = nx.node_connected_component(connected, b)
    about = [relation for relation in relations if relation.a in linked]
    x, of_x = _order([(r.a, r.b, r.x, r.source) for r in about if r.x is not None], a, b)
    y, of_y = _order([(r.a, r.b, r.y, r.source) for r in about if r.y is not None], a, b)
    if a not in linked:
        return None  # only now: a contradiction about b is told also where a is elsewhere, as with steps
    return Conclusion(x, y, None, tuple(dict.fromkeys((*of_x, *of_y))))


def _order(signs: Sequence[tuple[str, str, int, int]], a: str, b: str) -> tuple[Sign, tuple[int, ...]]:
    """How `a` and `b` lie along one axis, and the statements that decide it.

    An edge leads from the smaller to the larger, an equality both ways. A cycle with one strict edge in it contradicts.
    """
    smaller: nx.DiGraph[str] = nx.DiGraph()
    for p, q, sign, source in signs:
        for low, high, strict in ((q, p, sign == 1), (p, q, sign == -1)):
            if sign == 0 or strict:
                known = smaller.get_edge_data(low, high)
                if known is None or (strict and not known["strict"]):
                    smaller.add_edge(low, high, strict=strict, source=source)
    for part in nx.strongly_connected_components(smaller):
        for low, high, data in smaller.subgraph(part).edges(data=True):
            if data["strict"]:
                back = nx.shortest_path(smaller, high, low)
                raise Contradiction([data["source"], *_sources(smaller, back)])
    for low, high, sign in ((b, a, 1), (a, b, -1)):
        if low in smaller and high in smaller and nx.has_path(smaller, low, high):
            path = _strictest(smaller, low, high)
            strict = any(smaller.edges[edge]["strict"] for edge in pairwise(path))
            if strict:
                return sign, _sources(smaller, path)
            if nx.has_path(smaller, high, low):
                return 0, _sources(smaller, path)
    return None, ()


def _strictest(smaller: nx.DiGraph[str], low: str, high: str) -> list[str]:
    """A way from low to high with a strict edge on it, where there is one; else any."""
    for p, q, data in smaller.edges(data=True):
        if data["strict"] and nx.has_path(smaller, low, p) and nx.has_path(smaller, q, high):
            return [*nx.shortest_path(smaller, low, p), *nx.shortest_path(smaller, q, high)]
    found: list[str] = nx.shortest_path(smaller, low, high)
    return found


def _sources(smaller: nx.DiGraph[str], path: Sequence[str]) -> tuple[int, ...]:
    return tuple(smaller.edges[edge]["source"] for edge in pairwise(path))


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
