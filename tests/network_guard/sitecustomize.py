"""Guards the Python processes that tests start: Python imports this where the folder is on PYTHONPATH."""

from __future__ import annotations

import loopback_guard

loopback_guard.install()
