"""`code`: think, write a cell of Python that calls the tools as functions, look at what came out, and go on.

compose -> think -> act -> compose -> ... -> answer

The graph and the tools are those of `react`; the model is given `run_python`, the notebook (`plan`, `note`, `recall`)
and `answer`, and is told the other tools as functions.
"""

from __future__ import annotations

from sightline.agents.strategies.react import react_graph
from sightline.agents.strategies.strategy import Strategy

INSTRUCTIONS = """\
You answer questions about space in pictures by writing Python: use instruments and computation instead of guessing.
Work in small steps: one call of `run_python` a turn. Say in its `thought` what you want to know, call tools as \
functions, compute, print what you need to read, and look at the result before you go on. Variables stay. For more \
than two steps, write a `plan` and keep it up to date; write a `note` when you learn something you will need later, as \
pictures and old results leave your view.
Check an important result in another way (show a crop or a drawing and look) before you rely on it.
When you know the answer, call `answer` alone. If it cannot be told from what there is, say so there."""

CODE = Strategy("code", "writes Python that calls the tools", INSTRUCTIONS, True, react_graph, calls_in_code=True)
