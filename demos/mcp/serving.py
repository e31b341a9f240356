"""How the MCP server is reached: over the standard streams of a client that started it, or over HTTP."""

from __future__ import annotations

import contextlib
import hmac
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from sightline.memory import InfrastructureError, InputError
from sightline.tools.back_ends import BackEnds

TOKEN_VARIABLE = "SIGHTLINE_MCP_TOKEN"
"""Holds the token that clients must send over HTTP; a secret is no argument, which every process can read."""

LARGEST_REQUEST = 64 << 20
"""Bytes of a request: a picture as a data: URI."""

MOST_SESSIONS = 64
"""Sessions over HTTP at once; each holds a workspace."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHORTEST_TOKEN = 16


def serve_stdio(roots: Sequence[Path], back_ends: BackEnds) -> None:
    """Serve the client that started this process, until it leaves.

    What anything prints goes to standard error: standard output is the protocol's alone.
    """
    _needed()
    import anyio

    protocol = os.dup(1)
    os.dup2(2, 1)

    async def serve() -> None:
        from mcp.server.stdio import stdio_server

        from sightline.demos.mcp.server import build_server, options

        server = build_server(roots, back_ends, trust_client_roots=True)
        out = anyio.wrap_file(TextIOWrapper(os.fdopen(protocol, "wb"), encoding="utf-8"))
        async with stdio_server(stdout=out) as (read, write):
            await server.run(read, write, options(server))

    anyio.run(serve)


def serve_http(roots: Sequence[Path], back_ends: BackEnds, host: str, port: int) -> None:
    """Serve any number of clients over streamable HTTP at `/mcp`, until stopped.

    Args:
        roots: Folders whose files may be opened; what clients call their roots does not count here.
        back_ends: What serves the tools.
        host: An address of this machine; others than loopback need the token.
        port: 0 for any free one; the address is written to standard error.

    Raises:
        InputError: It would be open to others without a token, or the token is short.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    if host not in LOOPBACK and not token:
        raise InputError(
            f"{host} can be reached from other machines, and no token is set.",
            f"Set one: export {TOKEN_VARIABLE}=..., or leave --host out.",
        )
    if token and len(token) < _SHORTEST_TOKEN:
        raise InputError(f"The token in {TOKEN_VARIABLE} is short.", f"Use at least {_SHORTEST_TOKEN} characters.")
    _needed()
    import socket

    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen()
        except OSError as error:
            raise InputError(
                f"{host}:{port} cannot be listened on: {error.strerror}.", "Name another --port."
            ) from None
        taken = listening.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"MCP at http://{shown}:{taken}/mcp; stop with Ctrl-C\n")
        sys.stderr.flush()
        config = uvicorn.Config(_app(roots, back_ends, host, taken, token), log_level="warning", lifespan="on")
        uvicorn.Server(config).run(sockets=[listening])


def _app(roots: Sequence[Path], back_ends: BackEnds, host: str, port: int, token: str) -> Any:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.applications import Starlette
    from starlette.routing import Route

    from sightline.demos.mcp.server import build_server

    names = [f"[{name}]" if ":" in name else name for name in dict.fromkeys([*LOOPBACK, host])]
    # A page of a foreign site reaches loopback through a name of its own (DNS rebinding): host and origin must be ours.
    security = TransportSecuritySettings(
        allowed_hosts=[f"{name}:{port}" for name in names],
        allowed_origins=[f"http://{name}:{port}" for name in names],
    )
    manager = StreamableHTTPSessionManager(
        build_server(roots, back_ends, trust_client_roots=False),
        security_settings=security,
        max_request_body_size=LARGEST_REQUEST,
        max_sessions=MOST_SESSIONS,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    return Starlette(routes=[Route("/mcp", _Guarded(manager.handle_request, token))], lifespan=lifespan)


class _Guarded:
    """Asks for the token, where one is set, before it lets a request through."""

    def __init__(self, inner: Callable[[Any, Any, Any], Awaitable[None]], token: str) -> None:
        self._inner = inner
        self._expected = b"Bearer " + token.encode() if token else b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.responses import JSONResponse

        given = dict(scope["headers"]).get(b"authorization", b"")
        if self._expected and not hmac.compare_digest(given, self._expected):
            refusal = JSONResponse(
                {"error": f"Send the token: Authorization: Bearer ... ({TOKEN_VARIABLE} of the server)."},
                401,
                {"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        await self._inner(scope, receive, send)


def _needed() -> None:
    from importlib.util import find_spec

    if find_spec("mcp") is None or find_spec("uvicorn") is None:
        raise InfrastructureError("The MCP server needs the extra mcp.", 'Install it: pip install "sightline[mcp]"')
