"""Depth of pictures: estimate it, read it, compare it, and put it in words."""

from __future__ import annotations
