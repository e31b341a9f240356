"""Weights: found where they are, downloaded once from a hub, refused in words that name what mends it."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("huggingface_hub", reason="needs sightline[vision]")

from sightline.memory import InfrastructureError
from sightline.tools.back_ends import weights as module
from sightline.tools.back_ends.registry import ROLES
from sightline.tools.back_ends.weights import find_weights, require
from sightline.tools.back_ends.weights_listing import list_weights

DEFAULT = "depth-anything/Depth-Anything-V2-Small-hf"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def tensors() -> bytes:
    """An empty safetensors file."""
    header = b"{}"
    return struct.pack("<Q", len(header)) + header


FILES = {"config.json": b'{"model_type": "depth_anything"}', "model.safetensors": tensors()}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache; the usual one is left alone."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path / "yolo"))
    return tmp_path / "hub"


def put_in_cache(cache: Path, hub_id: str, files: dict[str, bytes]) -> Path:
    repository = cache / ("models--" + hub_id.replace("/", "--"))
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    return write(repository / "snapshots" / COMMIT, files)


class Hub:
    """A hub on this machine that has one repository, and counts what it is asked."""

    def __init__(self, hub_id: str, files: dict[str, bytes]) -> None:
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(body=False)

            def do_GET(self) -> None:
                self.answer(body=True)

            def answer(self, body: bool) -> None:
                hub.asked.append(self.path)
                path = self.path.partition("?")[0]
                if path.startswith(f"/api/models/{hub_id}/tree/"):
                    entries = [
                        {"type": "file", "path": n, "size": len(c), "oid": sha256(c).hexdigest()[:40]}
                        for n, c in files.items()
                    ]
                    return self.send(json.dumps(entries).encode(), "application/json", body)
                if path.startswith(f"/api/models/{hub_id}"):
                    info = {"id": hub_id, "sha": COMMIT, "siblings": [{"rfilename": n} for n in files]}
                    return self.send(json.dumps(info).encode(), "application/json", body)
                name = path.rpartition("/")[2]
                if path.startswith(f"/{hub_id}/resolve/") and name in files:
                    return self.send(files[name], "application/octet-stream", body)
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None

            def send(self, content: bytes, kind: str, body: bool) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("ETag", f'"{sha256(content).hexdigest()[:40]}"')
                self.end_headers()
                if body:
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    served = Hub(DEFAULT, {**FILES, "pytorch_model.bin": b"a pickle"})
    monkeypatch.setattr(constants, "ENDPOINT", served.url)
    template = served.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    yield served
    served.close()


def test_a_folder_is_used_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", FILES)
    assert find_weights(str(folder), offline=True) == folder


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "it has no config.json"),
        ({"config.json": b"{}", "pytorch_model.bin": b"x"}, "it has no model.safetensors"),
        (
            {"config.json": b"{}", "model.safetensors.index.json": b'{"weight_map": {"a": "model-1.safetensors"}}'},
            "it lacks model-1.safetensors",
        ),
        ({"config.json": b"{}", "model.safetensors.index.json": b"[]"}, "cannot be read"),
    ],
)
def test_a_folder_that_is_no_checkpoint_is_told_what_it_lacks(
    tmp_path: Path, files: dict[str, bytes], told: str
) -> None:
    folder = write(tmp_path / "mine", files)
    with pytest.raises(InfrastructureError, match=told) as caught:
        find_weights(str(folder))
    assert "config.json and model.safetensors" in caught.value.remedy


def test_a_file_or_a_missing_folder_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InfrastructureError, match="it is not a folder"):
        find_weights(str(tmp_path / "file"))
    with pytest.raises(InfrastructureError, match="There is no folder"):
        find_weights(str(tmp_path / "none"))


def test_offline_nothing_is_tried_and_the_remedy_is_a_command(cache: Path, hub: Hub) -> None:
    with pytest.raises(InfrastructureError, match="nothing is downloaded with --offline") as caught:
        find_weights(DEFAULT, offline=True)
    assert "--back-end depth=depth-anything:FOLDER" in caught.value.remedy
    assert hub.asked == []


def test_the_hubs_own_offline_setting_counts(cache: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InfrastructureError, match="HF_HUB_OFFLINE"):
        find_weights(DEFAULT)
    assert hub.asked == []


def test_what_is_in_the_cache_is_found_without_a_word_to_the_hub(cache: Path, hub: Hub) -> None:
    folder = put_in_cache(cache, DEFAULT, FILES)
    assert find_weights(DEFAULT) == find_weights(DEFAULT, offline=True) == folder
    assert hub.asked == []


def test_weights_are_downloaded_once_without_pickles(cache: Path, hub: Hub) -> None:
    folder = find_weights(DEFAULT)
    assert cache in folder.parents
    assert {path.name for path in folder.iterdir()} == set(FILES)
    asked = len(hub.asked)
    assert asked > 0
    assert find_weights(DEFAULT) == folder
    assert len(hub.asked) == asked
    assert not any(name.endswith(".bin") for name in hub.asked)


def test_half_a_download_is_fetched_again(cache: Path, hub: Hub) -> None:
    put_in_cache(cache, DEFAULT, {"config.json": FILES["config.json"]})
    with pytest.raises(InfrastructureError, match="not on this machine"):
        find_weights(DEFAULT, offline=True)
    assert (find_weights(DEFAULT) / "model.safetensors").is_file()


def test_a_name_that_the_hub_does_not_know(cache: Path, hub: Hub) -> None:
    with pytest.raises(InfrastructureError, match="has no weights 'someone/nothing'") as caught:
        find_weights("someone/nothing")
    assert "ROLE=NAME:FOLDER" in caught.value.remedy


def test_a_hub_that_cannot_be_reached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(InfrastructureError, match="cannot be reached") as caught:
            find_weights(DEFAULT)
    assert "depth=depth-anything:FOLDER" in caught.value.remedy


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(InfrastructureError, match=r"pip install 'sightline\[vision\]'"):
        require("vision", "json", "no_such_package")
    require("vision", "json")


def test_every_back_end_is_listed_with_what_is_here(cache: Path, tmp_path: Path) -> None:
    put_in_cache(cache, DEFAULT, FILES)
    settings = tmp_path / "yolo" / "Ultralytics"
    write(settings, {"settings.json": json.dumps({"weights_dir": str(tmp_path / "w")}).encode()})
    write(tmp_path / "w", {"yolo11n.pt": b"12345"})
    states = {(state.role, state.name): state for state in list_weights()}
    assert set(states) == {(role, name) for role, kinds in ROLES.items() for name in kinds}
    assert states["depth", "depth-anything"].ready
    assert states["depth", "depth-anything"].default
    assert states["depth", "depth-anything"].size == sum(map(len, FILES.values()))
    assert str(states["depth", "depth-pro"]).startswith("depth=depth-pro: not here, downloads on first use (apple/")
    assert "not for commercial use" in str(states["depth", "depth-pro"])
    assert states["detection", "yolo"].size == 5
    assert str(states["depth", "oracle"]) == "depth=oracle: needs no weights"


def test_listing_imports_no_torch() -> None:
    code = (
        "import sys; from sightline.tools.back_ends.weights_listing import list_weights; list_weights();"
        "assert not {'torch', 'transformers', 'ultralytics'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_torch_is_kept_to_the_cpus_of_this_process() -> None:
    torch = pytest.importorskip("torch", reason="needs sightline[vision]")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(64)
        module.bound_threads()
        assert torch.get_num_threads() <= module.MOST_THREADS
    finally:
        torch.set_num_threads(before)
