"""Reading question files: records with their place, and faults that name file, line and field."""

from __future__ import annotations

from sightline.evals.reading.records import DataError, Record, read_records

__all__ = ["DataError", "Record", "read_records"]
