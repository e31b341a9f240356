"""The ways in: the command line, and a run's trace as text and as one self-contained page.

Nothing is imported here, so that `sightline --help` starts at once. What others use lies in
`sightline.demos.trace` (`trace_text`, `trace_html`) and `sightline.demos.cli` (`main`).
"""

from __future__ import annotations

__all__: list[str] = []
