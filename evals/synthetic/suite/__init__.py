"""The synthetic suite: questions with exact truth, any number of them by seed; docs/synthetic-suite.md."""

from __future__ import annotations
