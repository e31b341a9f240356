"""Starting the page's server: on this machine only, unless the person says otherwise and gives a password."""

from __future__ import annotations

import ipaddress
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.demos.web.limits import Limits
from sightline.memory import InfrastructureError, InputError, runs_folder

USER = "sightline"
"""The name to log in with."""


@dataclass(frozen=True)
class Address:
    """Where the page is served.

    Attributes:
        host: An address of this machine; anything but loopback is open to others.
        port: 0 for any that is free.
        password: Asked for before anything is shown.
        share: Whether Gradio's relay gives the page a public address.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    password: str = ""
    share: bool = False

    @property
    def exposed(self) -> bool:
        """Whether others than this machine's user can reach it."""
        if self.share:
            return True
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"

    def check(self) -> None:
        """Refuse to open the page to others without a password.

        Raises:
            InputError: There is none, or it is short.
        """
        if self.exposed and len(self.password) < 8:
            raise InputError(
                "A page that others can reach needs a password of eight characters or more.",
                "Set SIGHTLINE_DEMO_PASSWORD, or leave out --host and --share.",
            )


@dataclass
class Served:
    """A page that is being served.

    Attributes:
        url: Where.
        blocks: Gradio's.
        uploads: What was uploaded; removed at the end.
    """

    url: str
    blocks: Any
    uploads: tempfile.TemporaryDirectory[str]

    def wait(self) -> None:
        """Until the process is interrupted."""
        self.blocks.block_thread()

    def close(self) -> None:
        """End the server, and the runs of its pages."""
        self.blocks.close(verbose=False)
        self.uploads.cleanup()


def serve(address: Address, limits: Limits, runs: Path | None = None) -> Served:
    """Start the server and return.

    Args:
        address: Where.
        limits: For each visitor.
        runs: Folder of the runs; the usual one by default. On a page that others can reach, runs live in a folder of
            their session and go with it.

    Raises:
        InputError: The page would be open to others without a password.
        InfrastructureError: Gradio is missing, or the port is taken.
    """
    address.check()
    # Gradio reads these when it is imported: nothing is sent to its makers, and no version is asked for.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Uploads lie in a folder of this process, which nobody else can read, and go when it ends.
    uploads = tempfile.TemporaryDirectory(prefix="sightline-uploads-")
    os.environ["GRADIO_TEMP_DIR"] = uploads.name
    try:
        import gradio
    except ImportError:
        raise InfrastructureError("The page needs Gradio.", "Install it with: pip install 'sightline[demo]'") from None
    from sightline.demos.web.app import build, style
    from sightline.demos.web.session import House
    from sightline.demos.web.slots import Slots

    kept = None if address.exposed else (runs or runs_folder())
    house = House(limits, kept, address.exposed, Slots(limits.at_once, limits.waiting))
    blocks = build(house)
    try:
        _, local, public = blocks.launch(
            server_name=address.host,
            server_port=address.port or _free_port(address.host),
            share=address.share,
            auth=(USER, address.password) if address.password else None,
            auth_message=f"The name is {USER}.",
            max_file_size=limits.upload_mb * 1_000_000,
            allowed_paths=[str(_samples())],
            run_history=False,  # it would keep all that is typed in the browser, the key too
            footer_links=[],
            enable_monitoring=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            quiet=True,
            inbrowser=False,
            prevent_thread_lock=True,
            show_error=True,
            **style(gradio),
        )
    except OSError as error:
        raise InfrastructureError(
            f"The page cannot be served on {address.host}:{address.port} ({error}).", "Name another one with --port."
        ) from error
    return Served(public or local, blocks, uploads)


def _samples() -> Path:
    from sightline.demos.web.samples import SAMPLES

    return SAMPLES[0].paths[0].parent


def _free_port(host: str) -> int:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
