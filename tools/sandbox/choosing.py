"""Which sandbox: bubblewrap where it works, else a container engine that runs, else a refusal that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.bubblewrap import Bubblewrap
from sightline.tools.sandbox.container import Container
from sightline.tools.sandbox.protocol import Sandbox

_KINDS: dict[str, Callable[[], Sandbox]] = {
    "bubblewrap": Bubblewrap,
    "docker": partial(Container, "docker"),
    "podman": partial(Container, "podman"),
}
"""In order of preference."""

_working: dict[str, Sandbox] = {}
"""Those that were tried and work: trying takes as long as a job."""


def sandbox(name: str | None = None) -> Sandbox:
    """A sandbox that works.

    Args:
        name: Only this one: `bubblewrap`, `docker` or `podman`. None: the first that works.

    Raises:
        InfrastructureError: None works, and why bubblewrap does not; there is no other way to run a program.
        ValueError: Unknown name.
    """
    if name is not None and name not in _KINDS:
        raise ValueError(f"no sandbox is named {name!r}; there are {', '.join(_KINDS)}")
    failures = []
    for kind in _KINDS if name is None else [name]:
        if kind not in _working:
            candidate = _KINDS[kind]()
            try:
                candidate.check()
            except InfrastructureError as error:
                failures.append(error)
                continue
            _working[kind] = candidate
        return _working[kind]
    raise failures[0]
