"""Records of question files (JSONL, JSON, CSV, TSV, parquet), each with its place, their fields read with checks.

    for record in read_records(folder / "test.jsonl"):
        question = record.text("question")
        options = record.texts("options", empty=True)

A fault in the data is one line that names file, line and field: `test.jsonl, line 17, field "options": ...`.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sightline.memory import InputError

T = TypeVar("T")

BATCH = 8
"""Rows of a parquet file that are held at once: they may hold pictures."""

READ_AHEAD = 1 << 20
"""Bytes of a parquet file that are read at once; without it whole groups of rows are held beside what they give."""


class DataError(InputError):
    """A benchmark's data cannot be read.

    Args:
        file: The file's name.
        line: The line, row or entry, from 1; 0 for the file as a whole.
        field: The field; "" for the record as a whole.
        problem: What is wrong, as the end of a sentence.
    """

    def __init__(self, file: str, line: int, field: str, problem: str) -> None:
        place = f", line {line}" if line else ""
        named = f', field "{field}"' if field else ""
        super().__init__(f"{file}{place}{named}: {problem}.", "Download the file again, or give its official form.")


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        data: Its fields.
        file: Name of its file.
        line: Where in it, from 1: a line of JSONL or CSV, an entry of JSON, a row of parquet.
    """

    data: Mapping[str, Any]
    file: str
    line: int

    def fault(self, field: str, problem: str) -> DataError:
        """What to raise for a field that is wrong."""
        return DataError(self.file, self.line, field, problem)

    def get(self, field: str) -> Any:
        """A field as it is.

        Raises:
            DataError: It is missing.
        """
        if field not in self.data:
            raise self.fault(field, f"it is missing; the record has {', '.join(sorted(map(str, self.data)))}")
        return self.data[field]

    def text(self, field: str, *, empty: bool = False) -> str:
        """A text; numbers are written out.

        Args:
            field: Its name.
            empty: Whether it may be missing, null or blank, and is "" then.

        Raises:
            DataError: It is missing, blank or no text.
        """
        value = self.data.get(field) if empty else self.get(field)
        if value is None and empty:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.fault(field, f"a text is needed, not {_kind(value)}")
        if not (said := str(value)).strip() and not empty:
            raise self.fault(field, "it is blank")
        return said

    def number(self, field: str) -> float:
        """A finite number, also one that is written as text.

        Raises:
            DataError: It is none.
        """
        value = self.get(field)
        try:
            found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        except ValueError:
            found = None
        if found is None or not math.isfinite(found):
            raise self.fault(field, f"a number is needed, not {_kind(value)}")
        return found

    def texts(self, field: str, *, empty: bool = False) -> tuple[str, ...]:
        """A list of texts.

        Args:
            field: Its name.
            empty: Whether it may be missing, null or without entries.

        Raises:
            DataError: It is no list of texts, or empty.
        """
        value: Any = self.data.get(field) if empty else self.get(field)
        if value is None and empty:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            raise self.fault(field, f"a list of texts is needed, not {_kind(value)}")
        if not value and not empty:
            raise self.fault(field, "the list is empty")
        return tuple(value)

    def one_of(self, field: str, allowed: Mapping[str, T]) -> T:
        """What a text stands for.

        Raises:
            DataError: It is none of them.
        """
        said = self.text(field)
        if said not in allowed:
            raise self.fault(field, f"{said!r} is none of {', '.join(allowed)}")
        return allowed[said]


def read_records(path: Path, under: str = "") -> Iterator[Record]:
    """The records of a file, one after the other; the ending of its name says what it is.

    JSON is a list of objects, or an object of objects (each with its key as `key`).

    Args:
        path: The file.
        under: Field of a JSON file's object that holds the list, where it is not the whole.

    Raises:
        DataError: The file is missing, cut off, or no such thing.
    """
    if not path.is_file():
        raise DataError(path.name, 0, "", f"there is no such file in {path.parent}")
    match path.suffix.lower():
        case ".jsonl":
            yield from _json_lines(path)
        case ".json":
            yield from _json(path, under)
        case ".csv":
            yield from _table(path, ",")
        case ".tsv":
            yield from _table(path, "\t")
        case ".parquet":
            yield from _parquet(path)
        case other:
            raise DataError(path.name, 0, "", f"files that end with {other!r} are not read")


def _json_lines(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8", errors="strict") as file:
        number = 0
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _record(json.loads(line), path.name, number)
        except json.JSONDecodeError as error:
            raise DataError(
                path.name, number, "", f"the line is no JSON ({error.msg}); the file may be cut off"
            ) from None
        except UnicodeDecodeError:
            raise DataError(path.name, number + 1, "", "the line is not UTF-8") from None


def _json(path: Path, under: str) -> Iterator[Record]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(path.name, error.lineno, "", f"it is no JSON ({error.msg}); it may be cut off") from None
    except UnicodeDecodeError:
        raise DataError(path.name, 0, "", "it is not UTF-8") from None
    if under:
        data = _record(data, path.name, 0).get(under)
    if isinstance(data, dict):
        data = [{"key": key, **value} if isinstance(value, dict) else value for key, value in data.items()]
    if not isinstance(data, list):
        raise DataError(path.name, 0, "", f"a list of questions is needed, not {_kind(data)}")
    for number, entry in enumerate(data, start=1):
        yield _record(entry, path.name, number)


def _table(path: Path, delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(sys.maxsize)  # pictures in base64
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=delimiter, strict=True)
        try:
            for row in rows:
                if None in row or None in row.values():
                    raise DataError(path.name, rows.line_num, "", "the line has another number of fields than the head")
                yield Record(row, path.name, rows.line_num)
        except csv.Error as error:
            raise DataError(path.name, rows.line_num, "", f"the line cannot be read ({error})") from None
        except UnicodeDecodeError:
            raise DataError(path.name, rows.line_num + 1, "", "the line is not UTF-8") from None


def _parquet(path: Path) -> Iterator[Record]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        from sightline.memory import InfrastructureError

        raise InfrastructureError(
            "Parquet files need the extra evals.", 'Install it: pip install "sightline[evals]"'
        ) from None
    number = 0
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=READ_AHEAD) as file:
            for batch in file.iter_batches(BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(row, path.name, number)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(path.name, 0, "", f"it is no whole parquet file ({reason})") from None


def _record(entry: Any, file: str, line: int) -> Record:
    if not isinstance(entry, dict):
        raise DataError(file, line, "", f"an object is needed, not {_kind(entry)}")
    return Record(entry, file, line)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return f"the text {value[:40]!r}"
        case int() | float():
            return f"the number {value:g}"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(value).__name__
