"""Reading question files: records with their place, faults that name file, line and field; pictures; downloads."""

from __future__ import annotations

from sightline.evals.reading.hub import fetch
from sightline.evals.reading.options import inline_options, letter_in, lettered
from sightline.evals.reading.pictures import PictureKeeper, cache_folder, file_in
from sightline.evals.reading.records import DataError, Record, read_records

__all__ = [
    "DataError",
    "PictureKeeper",
    "Record",
    "cache_folder",
    "fetch",
    "file_in",
    "inline_options",
    "letter_in",
    "lettered",
    "read_records",
]
