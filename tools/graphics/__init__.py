"""Graphics programs: written, rendered, compared and revised."""

from __future__ import annotations
