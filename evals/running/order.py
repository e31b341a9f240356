"""`sightline eval` without its terminal: what was ordered, run on Inspect, and gone on with after a kill.

LOGDIR/order.json says what was ordered, so that `--resume LOGDIR` also asks what had not been begun.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sightline.evals.result import RunRecord
from sightline.evals.running.folders import finished
from sightline.evals.running.logs import read_runs
from sightline.memory import InfrastructureError, InputError

FILE_NAME = "order.json"


@dataclass(frozen=True)
class Order:
    """What a person wants run; plain data.

    Attributes:
        tasks: Name of a benchmark and arguments of its task, one for each arm.
        model: As the person named it.
        base_url: A server of their own.
        grader: The model that judges, for benchmarks that have a judge; "" for none.
        generation: Settings of generation, as Inspect's `GenerateConfig` takes them.
        limits: `max_samples`, `retry_on_error`: arguments of Inspect's `eval`.
    """

    tasks: tuple[tuple[str, dict[str, Any]], ...]
    model: str = "rules"
    base_url: str | None = None
    grader: str = ""
    generation: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Keep it in a log folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Order:
        """The order that a log folder was made for.

        Raises:
            InputError: There is none.
        """
        path = folder / FILE_NAME
        if not path.is_file():
            raise InputError(
                f"{folder} is no log folder of `sightline eval`.", "Name one, or use `inspect eval-retry`."
            )
        data = json.loads(path.read_text("utf-8"))
        return cls(**{**data, "tasks": tuple((name, arguments) for name, arguments in data["tasks"])})


def new_log_folder(parent: Path, name: str) -> Path:
    """A new folder for the logs of one order, named by its time (UTC) and what is run."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    folder, number = parent / f"{stamp}-{name}", 1
    while folder.exists():
        number += 1
        folder = parent / f"{stamp}-{name}-{number}"
    return folder


def require_inspect() -> None:
    """Refuse to go on without Inspect.

    Raises:
        InfrastructureError: It is not installed.
    """
    from importlib.util import find_spec

    if find_spec("inspect_ai") is None:
        raise InfrastructureError("Evals need the extra evals.", 'Install it: pip install "sightline[evals]"')


def run(order: Order, folder: Path, display: str, announce: Callable[[Any], None]) -> list[RunRecord]:
    """Run an order from its beginning.

    Args:
        order: What to run.
        folder: Where the logs go.
        display: Inspect's display: `rich`, `plain`, `none`.
        announce: Hears each task before its first question is asked.

    Raises:
        InputError: A name or the data is wrong; nothing has been asked then.
        InfrastructureError: A key, a package or the data is missing.
        KeyboardInterrupt: It was stopped.
    """
    require_inspect()
    from sightline.evals.tasks import TASKS

    # All tasks are made before the first is run: a wrong name or file is told at once.
    made = [TASKS[name](**arguments) for name, arguments in order.tasks]
    model, roles = _models(order)
    _check(order, model)
    order.write(folder)
    for task in made:
        announce(task)
        _evaluate(task, order, model, roles, folder, display)
    finished.remove()
    return read_runs(folder)


def resume(folder: Path, display: str, announce: Callable[[Any], None]) -> list[RunRecord]:
    """Go on with the order of a log folder: what was not asked, and what ended in an error.

    No model call that had completed is made again.

    Raises:
        InputError, InfrastructureError, KeyboardInterrupt: As `run`.
    """
    require_inspect()
    from sightline.evals.tasks import TASKS

    order = Order.read(folder)
    model, roles = _models(order)
    logs = list(folder.glob("*.eval"))
    begun = {_key(record): record for record in (read_runs(folder) if logs else [])}
    for name, arguments in order.tasks:
        task = TASKS[name](**arguments)
        known = begun.get(_key_of(task))
        if known is None:
            announce(task)
            _evaluate(task, order, model, roles, folder, display)
        elif not known.complete or any(result.outcome == "error" for result in known.results):
            announce(task)
            _go_on(Path(known.log), folder, order, display)
    finished.remove()
    return read_runs(folder)


def _check(order: Order, model: Any) -> None:
    """Refuse, before anything is asked, what no question could be asked with.

    Raises:
        InputError: The model writes no programs, or its price is unknown and a budget is in dollars.
    """
    from sightline.agents import Budget, SpatialAgent
    from sightline.evals.arms import arm_named
    from sightline.evals.running.bridge import InspectChatModel, profile_of

    for _, arguments in order.tasks:
        arm = arm_named(arguments.get("strategy", "react"))
        if arm.kind == "agent":
            SpatialAgent(
                InspectChatModel.over(model),
                profile=profile_of(model),
                strategy=arm.strategy,
                budget=Budget(dollars=arguments.get("dollars")),
            )


def _models(order: Order) -> tuple[Any, dict[str, Any]]:
    from sightline.evals.running.models import connected

    asks = any(arguments.get("strategy") != "prior" for _, arguments in order.tasks)
    model = connected(order.model, order.base_url) if asks else None
    return model, {"grader": connected(order.grader, None)} if order.grader else {}


def _evaluate(task: Any, order: Order, model: Any, roles: dict[str, Any], folder: Path, display: str) -> None:
    from inspect_ai import eval as evaluate

    logs = evaluate(
        task,
        model=model,
        model_roles=roles or None,
        log_dir=str(folder),
        display=display,
        ctl_server=False,
        **order.limits,
        **order.generation,
    )
    _stopped(logs)


def _go_on(log: Path, folder: Path, order: Order, display: str) -> None:
    from inspect_ai import eval_retry
    from inspect_ai.log import read_eval_log

    header = read_eval_log(str(log), header_only=True)
    logs = eval_retry(
        header,
        log_dir=str(folder),
        display=display,
        ctl_server=False,
        max_samples=order.limits.get("max_samples"),
        retry_on_error=order.limits.get("retry_on_error"),
        max_retries=order.generation.get("max_retries"),
        max_connections=order.generation.get("max_connections"),
    )
    _stopped(logs)


def _stopped(logs: Sequence[Any]) -> None:
    if not logs or any(log.status == "cancelled" for log in logs):
        raise KeyboardInterrupt
    for log in logs:
        if log.status == "error" and log.error is not None:
            raise InfrastructureError(
                f"The run broke off: {log.error.message}", "Then: sightline eval --resume LOGDIR."
            )


def _key(record: RunRecord) -> tuple[Any, ...]:
    return record.benchmark, record.variant, record.arm, record.settings["perception"], record.sample


def _key_of(task: Any) -> tuple[Any, ...]:
    about = task.metadata["sightline"]
    return about["benchmark"], about["variant"], about["arm"], about["perception"], about["sample"]
