"""Which sandbox: bubblewrap where it works, else a container engine that runs, else a refusal that says what to do."""

from __future__ import annotations

from sightline.memory import InfrastructureError
from sightline.tools.sandbox.bubblewrap import Bubblewrap
from sightline.tools.sandbox.protocol import Sandbox

_KINDS: dict[str, type[Bubblewrap]] = {"bubblewrap": Bubblewrap}

_working: dict[str, Sandbox] = {}
"""Those that were tried, by the name that was asked for: trying takes as long as a job."""


def sandbox(name: str | None = None) -> Sandbox:
    """A sandbox that works.

    Args:
        name: Only this one; None: the first that works.

    Raises:
        InfrastructureError: None works; there is no other way to run a program.
        ValueError: Unknown name.
    """
    wanted = list(_KINDS) if name is None else [name]
    if name is not None and name not in _KINDS:
        raise ValueError(f"no sandbox is named {name!r}; there are {', '.join(_KINDS)}")
    first: InfrastructureError | None = None
    for kind in wanted:
        if kind not in _working:
            candidate = _KINDS[kind]()
            try:
                candidate.check()
            except InfrastructureError as error:
                first = first or error
                continue
            _working[kind] = candidate
        return _working[kind]
    assert first is not None
    raise first
