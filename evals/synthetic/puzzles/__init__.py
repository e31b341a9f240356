"""Puzzles of the synthetic suite, whose truth is found by enumeration: mazes, turned figures, things of cubes."""

from __future__ import annotations
