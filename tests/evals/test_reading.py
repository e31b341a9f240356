"""Question files in every form, what is said of broken ones, pictures inside them, and downloads from a hub."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from benchmark_kit import on_hub, picture, write_parquet

from sightline.evals.benchmark import Source
from sightline.evals.reading import (
    DataError,
    PictureKeeper,
    Record,
    fetch,
    file_in,
    inline_options,
    letter_in,
    lettered,
    read_records,
)
from sightline.memory import InfrastructureError, InputError

ROWS = [
    {"id": "1", "question": "Is it, or is it not?"},
    {"id": "2", "question": 'Say "left"'},
    {"id": "3", "question": "?"},
]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        case ".json":
            path.write_text(json.dumps(rows), "utf-8")
        case ".csv":
            lines = ["id,question", *(f'{row["id"]},"{row["question"].replace(chr(34), chr(34) * 2)}"' for row in rows)]
            path.write_text("\n".join(lines) + "\n", "utf-8")
        case ".tsv":
            lines = [
                "id\tquestion",
                *(f'{row["id"]}\t"{row["question"].replace(chr(34), chr(34) * 2)}"' for row in rows),
            ]
            path.write_text("\n".join(lines) + "\n", "utf-8")
        case _:
            write_parquet(path, rows)


FORMS = [".jsonl", ".json", ".csv", ".tsv", ".parquet"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_records(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"test{form}"
    write(path, ROWS)
    assert [dict(record.data) for record in read_records(path)] == ROWS


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_cut_off_is_named_with_its_line(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"test{form}"
    write(path, ROWS)
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError) as caught:
        list(read_records(path))
    said = caught.value.message
    assert said.startswith(f"test{form}")
    assert "\n" not in said
    if form != ".parquet":
        assert ", line " in said


def test_a_key_of_a_json_object_is_kept(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text('{"7": {"question": "?"}}')
    assert [dict(record.data) for record in read_records(tmp_path / "all.json")] == [{"key": "7", "question": "?"}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", "[1]\n", "a.jsonl, line 1: an object is needed, not a list."),
        ("a.json", '"text"', "a.json: a list of questions is needed, not the text 'text'."),
        ("a.tsv", "id\tq\n1\n", "a.tsv, line 2: the line has another number of fields than the head."),
        ("a.xlsx", "", "a.xlsx: files that end with '.xlsx' are not read."),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError) as caught:
        list(read_records(tmp_path / name))
    assert caught.value.message == said


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"^nothing\.jsonl: there is no such file"):
        list(read_records(Path("nothing.jsonl")))


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"id": "1"}\n{"id": "\xff"}\n')
    with pytest.raises(DataError, match=r"^a\.jsonl, line \d+: the line is not UTF-8"):
        list(read_records(tmp_path / "a.jsonl"))


RECORD = Record({"text": "x", "blank": " ", "number": "3.5", "list": ["a"], "none": None, "flag": True}, "f.jsonl", 7)


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda r: r.text("missing"), "it is missing"),
        (lambda r: r.text("blank"), "it is blank"),
        (lambda r: r.text("list"), "a text is needed, not a list"),
        (lambda r: r.text("flag"), "a text is needed, not true or false"),
        (lambda r: r.number("text"), "a number is needed, not the text 'x'"),
        (lambda r: r.number("none"), "a number is needed, not null"),
        (lambda r: r.texts("text"), "a list of texts is needed, not the text 'x'"),
        (lambda r: r.one_of("text", {"y": 1}), "'x' is none of y"),
        (lambda r: lettered(r, "list"), "at least two options are needed, not 1"),
        (lambda r: letter_in(r, "text", ("A. a", "B. b")), "'x' is none of the options A, B"),
        (lambda r: file_in(Path("d"), r, "text", "../x"), "'../x' is no file inside the data folder"),
        (lambda r: file_in(Path("d"), r, "text", "/etc/x"), "'/etc/x' is no file inside the data folder"),
        (lambda r: PictureKeeper(Path("d")).one(r, "text"), "the picture is no base64"),
        (lambda r: PictureKeeper(Path("d")).one(r, "none"), "there is no picture"),
        (lambda r: PictureKeeper(Path("d")).several(r, "none"), "there is no picture"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_line(read: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read(RECORD)
    assert caught.value.message.startswith('f.jsonl, line 7, field "')
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_options_and_their_letters() -> None:
    record = Record({"choices": ["left ", "right"], "answer": "(B)", "bare": "B", "whole": "B. right"}, "f", 1)
    options = lettered(record, "choices")
    assert options == ("A. left", "B. right")
    assert [letter_in(record, field, options) for field in ("answer", "bare", "whole")] == ["B", "B", "B"]


@pytest.mark.parametrize(
    ("text", "mark", "question", "options"),
    [
        ("Where is it? A. Left B. Right", ".", "Where is it?", ("A. Left", "B. Right")),
        ("Am I at A. or not? A. Yes B. No", ".", "Am I at A. or not?", ("A. Yes", "B. No")),
        (
            "Where?\nOptions: A: Left, B: In front, C: No",
            ":",
            "Where?",
            ("A. Left", "B. In front", "C. No"),
        ),
        ("Which?\nA: one\nB: two", ":", "Which?", ("A. one", "B. two")),
        ("Only A. here", ".", "Only A. here", ()),
        ("Blank A. B. C.", ".", "Blank A. B. C.", ()),
    ],
)
def test_options_within_a_question(text: str, mark: str, question: str, options: tuple[str, ...]) -> None:
    assert inline_options(text, mark) == (question, options)


def test_pictures_are_written_once_under_their_content(tmp_path: Path) -> None:
    png, jpeg = picture(1), picture(2, "JPEG")
    row = {
        "struct": on_hub(png),
        "bytes": png,
        "base64": base64.b64encode(png).decode(),
        "many": [on_hub(png), jpeg],
        "texts": json.dumps([base64.b64encode(jpeg).decode()]),
    }
    record = Record(row, "test.parquet", 1)
    keeper = PictureKeeper.beside(tmp_path)
    one = keeper.one(record, "struct")
    assert one.read_bytes() == png
    assert one.is_relative_to(tmp_path)
    assert one.stat().st_mode & 0o044 == 0o044, "who may read the data may read its pictures"
    assert {keeper.one(record, field) for field in ("struct", "bytes", "base64")} == {one}
    first, second = keeper.several(record, "many")
    assert (first, second.suffix) == (one, ".jpg")
    assert keeper.several(record, "texts") == (second,)
    assert keeper.several(record, "bytes") == (one,)
    assert sorted(path.name for path in keeper.folder.iterdir()) == sorted([one.name, second.name])


def test_where_the_data_cannot_be_written_the_users_cache_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # root, who runs tests in containers, may write everywhere
    keeper = PictureKeeper.beside(tmp_path / "data")
    kept = keeper.one(Record({"image": picture()}, "f", 1), "image")
    assert kept.is_relative_to(tmp_path / "cache" / "sightline" / "benchmarks")


@pytest.mark.parametrize(
    "data",
    [
        b"no picture",
        base64.b64encode(picture())[:-1].decode(),
        base64.b64encode(picture())[:-40].decode(),
        picture(form="JPEG")[:-9],
        "",
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, data: bytes | str) -> None:
    record = Record({"image": data}, "test.tsv", 12)
    with pytest.raises(DataError, match=r'^test\.tsv, line 12, field "image": '):
        PictureKeeper.beside(tmp_path).one(record, "image")
    assert not (tmp_path / ".sightline").exists()


def test_a_list_of_pictures_that_is_cut_off_is_named(tmp_path: Path) -> None:
    record = Record({"image": '["aGVsbG8=", "aGV'}, "test.tsv", 3)
    with pytest.raises(DataError, match="it may be cut off"):
        PictureKeeper.beside(tmp_path).several(record, "image")


def test_a_large_file_is_read_a_few_rows_at_a_time(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", [{"id": str(k), "image": on_hub(picture(k % 250))} for k in range(300)])
    records = read_records(tmp_path / "a.parquet")
    assert next(records).line == 1
    assert [record.line for record in records] == list(range(2, 301))


# ---------------------------------------------------------------------------------------------------- downloads
COMMIT = "1" * 40


class Hub(BaseHTTPRequestHandler):
    """What the real client asks of a hub for one public data set; counts what it is asked."""

    files: dict[str, bytes]
    asked: list[str]
    gated = False

    def log_message(self, format: str, *args: Any) -> None:
        del format, args

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.split("?")[0]
        self.asked.append(f"{self.command} {path}")
        if self.gated:
            return self._send(403, b"{}", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})
        if path.startswith("/api/datasets/someone/rooms/revision/") or path == "/api/datasets/someone/rooms":
            return self._send(200, json.dumps({"id": "someone/rooms", "sha": COMMIT, "siblings": []}).encode())
        if path.startswith("/api/datasets/someone/rooms/tree/"):
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": f"{len(data):040x}"}
                for name, data in self.files.items()
            ]
            return self._send(200, json.dumps(tree).encode())
        name = path.removeprefix(f"/datasets/someone/rooms/resolve/{COMMIT}/")
        if name in self.files:
            data = self.files[name]
            return self._send(200, data, {"ETag": f'"{len(data):040x}"', "X-Repo-Commit": COMMIT})
        return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@contextmanager
def hub(files: dict[str, bytes], gated: bool = False) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("OneHub", (Hub,), {"files": files, "asked": asked, "gated": gated})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


FETCH = """
from sightline.evals.benchmark import Source
from sightline.evals.reading import fetch
from sightline.memory import SightlineError
source = Source(layout="test.jsonl", hub="someone/rooms", files=("test.jsonl", "*.zip"), unpack=("*.zip",))
try:
    print(fetch(source, "rooms"))
except SightlineError as error:
    print(type(error).__name__, error.message, error.remedy, sep="|")
"""


def run_fetch(cache: Path, **settings: str) -> tuple[str, str]:
    # A process of its own: the client reads its settings when it is imported.
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "HF_HOME": str(cache / "hf"), **settings}
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", FETCH],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.strip(), done.stderr


def zipped(folder: Path, name: str, data: bytes) -> bytes:
    with zipfile.ZipFile(folder / "made.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return (folder / "made.zip").read_bytes()


def test_data_is_downloaded_unpacked_and_then_found_without_a_network(tmp_path: Path) -> None:
    files = {
        "test.jsonl": b'{"id": 1}\n',
        "scenes.zip": zipped(tmp_path, "scenes/1.mp4", b"a video " * 99),
        "weights.bin": b"not asked for",
    }
    with hub(files) as (address, asked):
        folder, progress = run_fetch(tmp_path / "cache", HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
        assert (Path(folder) / "scenes" / "1.mp4").read_bytes() == b"a video " * 99
        assert [record.get("id") for record in read_records(Path(folder) / "test.jsonl")] == [1]
        assert not (Path(folder) / "weights.bin").exists()
        assert "Unpacking scenes.zip" in progress
        assert "Fetching" in progress or "Downloading" in progress or "test.jsonl" in progress
        before = len(asked)
        again, _ = run_fetch(tmp_path / "cache", HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
        assert again == folder
        assert len(asked) == before, "what is whole needs no hub"
    offline, _ = run_fetch(tmp_path / "cache", HF_HUB_OFFLINE="1")
    assert offline == folder


def test_what_a_download_cannot_do_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    with hub({}, gated=True) as (address, _):
        said, _ = run_fetch(tmp_path / "gated", HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
        assert said.startswith("InfrastructureError|The data set someone/rooms is gated.|Accept its terms")
        assert "--data DIR: test.jsonl" in said
    offline, _ = run_fetch(tmp_path / "offline", HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE forbids a download" in offline
    nobody, _ = run_fetch(tmp_path / "nobody", HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="0")
    assert nobody.startswith("InfrastructureError|The data set someone/rooms cannot be downloaded (")
    assert "\n" not in nobody


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    whole = zipped(tmp_path, "scenes/1.mp4", os.urandom(4096))
    broken = whole[:2000] + bytes(100) + whole[2100:]
    with hub({"test.jsonl": b"{}", "scenes.zip": broken}) as (address, _):
        said, _ = run_fetch(tmp_path / "cache", HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
    assert said.startswith("DataError|scenes.zip: it is no whole ZIP file (")


def test_what_is_not_on_the_hub_says_where_it_is() -> None:
    source = Source(layout="questions.json", where="Ask the authors for the archive and unpack it.")
    with pytest.raises(InputError) as caught:
        fetch(source, "rooms")
    assert caught.value.remedy == "Ask the authors for the archive and unpack it. Then give the folder with --data DIR."


def test_a_fault_is_a_persons_to_mend() -> None:
    assert issubclass(DataError, InputError)
    assert not issubclass(DataError, InfrastructureError)
