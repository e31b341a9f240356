"""The fixtures that hold for every test do hold: no network, no keys, an empty home."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import loopback_guard
import pytest

BEYOND = ("192.0.2.1", 80)  # a documentation address: nobody answers there


@pytest.fixture
def refusals(loopback_only: Path):
    """The log of refused attempts, emptied so that the attempts this test makes on purpose do not fail it."""
    yield loopback_only
    assert loopback_only.exists(), "nothing was refused"
    loopback_only.unlink()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.socket().connect(BEYOND),
        lambda: socket.socket().connect_ex(BEYOND),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", BEYOND),
        lambda: socket.create_connection(BEYOND),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: socket.gethostbyname("example.org"),
        lambda: asyncio.run(asyncio.open_connection("example.org", 443)),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_what_leaves_the_machine_is_refused(attempt, refusals: Path) -> None:
    with pytest.raises(loopback_guard.NetworkRefused, match="loopback only"):
        attempt()


def test_a_process_that_a_test_starts_is_refused_too(refusals: Path) -> None:
    code = "import urllib.request; urllib.request.urlopen('http://example.org')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "NetworkRefused" in done.stderr
    assert "example.org" in refusals.read_text()


def test_a_swallowed_refusal_still_fails_the_test(pytester: pytest.Pytester, repository: Path) -> None:
    pytester.makeconftest((repository / "tests/conftest.py").read_text("utf-8"))
    pytester.makepyfile(
        """
        import contextlib, socket

        def test_swallows():
            with contextlib.suppress(Exception):
                socket.getaddrinfo("example.org", 443)

        def test_stays_here():
            socket.getaddrinfo("localhost", 443)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*the network was refused*"])


async def test_loopback_works() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


def test_nobodys_keys_and_an_empty_home(isolated: Path) -> None:
    assert not [name for name in os.environ if name.endswith(("_API_KEY", "_PROXY"))]
    assert not [name for name in os.environ if name.startswith(("SIGHTLINE_", "XDG_"))]
    assert os.environ["LANGSMITH_TRACING"] == "false"
    assert Path.home() == isolated
    assert list(isolated.iterdir()) == []
