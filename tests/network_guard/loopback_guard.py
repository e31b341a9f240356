"""Refuse every connection that would leave this machine, and write down that it was tried.

`install` replaces the few functions of `socket` through which all of Python's clients go. It is used twice:
by tests/conftest.py in the test process, and by sitecustomize.py beside this file in the Python processes
that tests start. A refused attempt raises, and is also appended to the file that the variable
LOOPBACK_GUARD_LOG names, since the code under test may well catch the exception and carry on.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG_VARIABLE = "LOOPBACK_GUARD_LOG"


class NetworkRefused(RuntimeError):
    """A test tried to reach something beyond loopback."""


def is_local(host: object) -> bool:
    """Say whether a host, given as to `socket.getaddrinfo`, stays on this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check(host: object, function: str) -> None:
    if is_local(host):
        return
    message = f"socket.{function} was called for {host!r}: tests may reach loopback only"
    if log := os.environ.get(LOG_VARIABLE):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(message + "\n")
    raise NetworkRefused(message)


def _guard_method(name: str) -> Callable[..., Any]:
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = args[-1]  # connect(address), sendto(data, [flags,] address)
            _check(address[0], name)
        return original(self, *args, **kwargs)

    return guarded


def _guard_lookup(name: str) -> Callable[..., Any]:
    original = getattr(socket, name)

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check(host, name)
        return original(host, *args, **kwargs)

    return guarded


def install() -> None:
    """Guard this process from now on; there is no way back."""
    for method in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, method, _guard_method(method))
    for lookup in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        setattr(socket, lookup, _guard_lookup(lookup))
