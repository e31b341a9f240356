"""The same conclusions by answer set programming (clingo): a second, independent solver.

Needs the extra `symbolic`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sightline.memory import InfrastructureError
from sightline.tools.symbolic.offsets import Conclusion, Contradiction, Steps
from sightline.tools.symbolic.relations import Relation

_BY_STEPS = """
step(B, A, -X, -Y) :- step(A, B, X, Y).
at(from, 0, 0).
at(A, X + DX, Y + DY) :- at(B, X, Y), step(A, B, DX, DY), |X + DX| <= most, |Y + DY| <= most.
contradiction :- at(A, X, Y), at(A, V, W), (X, Y) < (V, W).
#show at(X, Y) : at(to, X, Y).
#show contradiction/0.
"""

_BY_ORDER = """
axis(x; y).
linked(B) :- B = from.
linked(A) :- linked(B), said(A, B).
linked(B) :- linked(A), said(A, B).
less(K, P, Q) :- below(K, P, Q), linked(P).
same(K, P, Q) :- level(K, P, Q), linked(P).
same(K, Q, P) :- same(K, P, Q).
same(K, P, R) :- same(K, P, Q), same(K, Q, R).
less(K, P, R) :- less(K, P, Q), same(K, Q, R).
less(K, P, R) :- same(K, P, Q), less(K, Q, R).
less(K, P, R) :- less(K, P, Q), less(K, Q, R).
contradiction :- less(_, P, P).
sign(K, 1) :- less(K, from, to).
sign(K, -1) :- less(K, to, from).
sign(K, 0) :- same(K, from, to).
#show sign/2.
#show linked : linked(to).
#show contradiction/0.
"""


def conclude(relations: Sequence[Relation], a: str, b: str, steps: Steps = "unit") -> Conclusion | None:
    """Which way `a` lies from `b`; None where no chain of statements connects them. Gives no chain.

    Raises:
        Contradiction: The statements cannot all hold; it names all that were read.
        InfrastructureError: clingo is missing.
    """
    try:
        import clingo
    except ImportError:
        raise InfrastructureError(
            "The solver clingo needs the extra symbolic.", 'Install it: pip install "sightline[symbolic]"'
        ) from None
    names = _names(relations, a, b)
    facts = _steps(relations, names) if steps == "unit" else _orders(relations, names)
    control = clingo.Control(["--warn=none", f"--const=most={len(relations)}"])
    control.add("base", [], facts + (_BY_STEPS if steps == "unit" else _BY_ORDER))
    control.ground([("base", [])])
    shown: list[clingo.Symbol] = []
    control.solve(on_model=lambda model: shown.extend(model.symbols(shown=True)))
    if any(symbol.name == "contradiction" for symbol in shown):
        raise Contradiction(relation.source for relation in relations)
    if steps == "unit":
        places = [symbol.arguments for symbol in shown if symbol.name == "at"]
        if not places:
            return None
        x, y = (value.number for value in places[0])
        return Conclusion((x > 0) - (x < 0), (y > 0) - (y < 0), (x, y), ())
    if not any(symbol.name == "linked" for symbol in shown):
        return None
    signs = {symbol.arguments[0].name: symbol.arguments[1].number for symbol in shown if symbol.name == "sign"}
    return Conclusion(signs.get("x"), signs.get("y"), None, ())


def _names(relations: Sequence[Relation], a: str, b: str) -> dict[str, str]:
    """Names as constants of a program: what things are called may hold anything."""
    names = {b: "from", a: "to"}
    for relation in relations:
        for thing in (relation.a, relation.b):
            names.setdefault(thing, f"t{len(names)}")
    return names


def _steps(relations: Sequence[Relation], names: dict[str, str]) -> str:
    lines = [f"step({names[r.a]}, {names[r.b]}, {r.step[0]}, {r.step[1]})." for r in relations]
    return "\n".join(lines)


def _orders(relations: Sequence[Relation], names: dict[str, str]) -> str:
    lines = []
    for relation in relations:
        a, b = names[relation.a], names[relation.b]
        lines.append(f"said({a}, {b}).")
        for axis, sign in (("x", relation.x), ("y", relation.y)):
            if sign == 0:
                lines.append(f"level({axis}, {a}, {b}).")
            elif sign is not None:
                low, high = (b, a) if sign > 0 else (a, b)
                lines.append(f"below({axis}, {low}, {high}).")
    return "\n".join(lines)
