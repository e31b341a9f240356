"""Where programs that a model writes run: apart from the host, with limits, and with nothing but named files."""

from __future__ import annotations

from sightline.tools.sandbox.choosing import sandbox
from sightline.tools.sandbox.protocol import Ended, Job, Limits, Process, Sandbox

__all__ = ["Ended", "Job", "Limits", "Process", "Sandbox", "sandbox"]
