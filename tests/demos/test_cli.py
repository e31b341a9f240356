"""The command as a person types it: real processes, exit codes, one line where something is wrong."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from servers import Call, Fail, ModelServer, png

from sightline.demos.doctor import examine

SIGHTLINE = str(Path(sys.executable).parent / "sightline")


@pytest.fixture
def coins(repository: Path) -> str:
    return str(repository / "demos" / "samples" / "coins.png")


def run(*arguments: str, cwd: Path, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SIGHTLINE_RUNS": str(cwd / "runs"), **env}
    return subprocess.run(
        [SIGHTLINE, *arguments],
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def one_line_error(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().split("\n")
    assert line.startswith("error: ")
    return line


def test_help_names_the_commands(tmp_path: Path) -> None:
    done = run("--help", cwd=tmp_path)
    assert done.returncode == 0
    for command in ("ask", "resume", "branch", "trace", "tools", "doctor"):
        assert command in done.stdout


def test_a_question_about_the_bundled_photo(tmp_path: Path, coins: str) -> None:
    done = run("ask", coins, "-q", "How many coins are there?", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("24\n")
    assert done.stderr == ""


def test_json_is_one_object(tmp_path: Path, coins: str) -> None:
    done = run(
        "ask", coins, "-q", "How many coins are there?", "--option", "12", "--option", "24", "--json", cwd=tmp_path
    )
    data = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (data["status"], data["value"], data["text"]) == ("answered", "B", "B. 24")
    assert data["usage"]["dollars"] == 0
    assert (tmp_path / "runs" / data["run"] / "trace.jsonl").is_file()


def test_the_question_from_standard_input(tmp_path: Path, coins: str) -> None:
    done = run("ask", coins, "-q", "-", cwd=tmp_path, stdin="How many coins are there?\n")
    assert done.stdout.startswith("24\n")


def test_marks_and_facts(tmp_path: Path, coins: str) -> None:
    done = run(
        "ask", coins, "-q", "Is the cup left of the spoon?", "--mark", "cup=10,10,60,60",
        "--mark", "spoon=img1:200,100", "--known", "door height=2.03 m", "--fov", "60", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.startswith("yes\n")
    trace = run("trace", "last", cwd=tmp_path)
    assert "door height" in trace.stdout
    assert "2.03 m" in trace.stdout


def test_what_is_outside_the_rules_is_said(tmp_path: Path, coins: str) -> None:
    done = run("ask", coins, "-q", "What is the emperor's name?", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("cannot tell: This question is outside what I understand.")
    assert "How many coins are there?" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope.png", "-q", "How many?"], "nope.png"),
        (["PHOTO", "-q", ""], "question is empty"),
        (["PHOTO", "-q", "How many?", "--model", "nonsense:x"], "nonsense"),
        (["PHOTO", "-q", "How many?", "--strategy", "magic"], "magic"),
        (["PHOTO", "-q", "How many?", "--tools", "crop_zom"], "crop_zoom"),
        (["PHOTO", "-q", "How many?", "--known", "door"], "name=value"),
        (["PHOTO", "-q", "How many?", "--mark", "mug=1,2,3"], "x0,y0,x1,y1"),
        (["PHOTO", "-q", "How many?", "--mark", "mug=img7:1,2"], "img7"),
        (["PHOTO", "-q", "How many?", "--mark", "mug=9000,2"], "inside img1"),
        (["PHOTO", "-q", "How many?", "--fov", "200"], "field of view"),
        (["PHOTO", "-q", "How many?", "--expect", "choice"], "options"),
        (["PHOTO", "-q", "How many?", "--steps", "0"], "steps"),
        (["PHOTO", "-q", "How many?", "--panorama", "PHOTO"], "2:1"),
        (["-q", "How many?", "--video", "PHOTO"], "video"),
        (["PHOTO", "-q", "How many?", "--mark", "a=1,2", "--mark", "a=3,4"], "Two marks in img1"),
        (["PHOTO", "-q", "How many?", "--known", "a=1", "--known", "a=2"], "stated twice"),
        (["PHOTO", "-q", "How many?", "--base-url", "http://127.0.0.1:9"], "need no server"),
    ],
)
def test_a_wrong_input_is_one_line(arguments: list[str], says: str, tmp_path: Path, coins: str) -> None:
    filled = [coins if argument == "PHOTO" else argument for argument in arguments]
    assert says in one_line_error(run("ask", *filled, cwd=tmp_path), 2)
    assert not list((tmp_path / "runs").glob("*"))


def test_an_error_as_json(tmp_path: Path) -> None:
    done = run("ask", "nope.png", "-q", "How many?", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["kind"] == "input"


def spot(width: int, height: int) -> np.ndarray:
    """A dark square on a light ground."""
    pixels = np.full((height, width, 3), 230, np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2] = 30
    return pixels


@pytest.fixture
def bad_files(tmp_path: Path) -> dict[str, Path]:
    names = "text.png cut.jpg one.png deep.png alpha.png cmyk.jpg moving.gif turned.jpg photo.heic empty.png bomb.png"
    files = {name: tmp_path / name for name in names.split()}
    files["text.png"].write_text("not a picture")
    files["empty.png"].write_bytes(b"")
    Image.fromarray(spot(400, 300)).save(files["cut.jpg"], quality=95)
    whole = files["cut.jpg"].read_bytes()
    files["cut.jpg"].write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (1, 1), "red").save(files["one.png"])
    deep = np.full((60, 80), 9000, np.uint16)
    deep[20:40, 30:50] = 60000
    Image.fromarray(deep).save(files["deep.png"])
    see_through = Image.fromarray(spot(80, 60)).convert("RGBA")
    see_through.putalpha(Image.fromarray(255 - spot(80, 60)[..., 0]))
    see_through.save(files["alpha.png"])
    Image.fromarray(spot(80, 60)).convert("CMYK").save(files["cmyk.jpg"], quality=95)
    frames = [Image.fromarray(np.roll(spot(80, 60), shift, axis=1)).convert("P") for shift in (0, 10, 20)]
    frames[0].save(files["moving.gif"], save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(spot(80, 60)).save(files["turned.jpg"], exif=exif)
    from pillow_heif import from_pillow

    from_pillow(Image.fromarray(spot(80, 64))).save(files["photo.heic"])
    # A 20000x20000 picture of one colour is small on disk and 1.2 GB in memory.
    Image.new("1", (20000, 20000)).save(files["bomb.png"])
    return files


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("text.png", 2), ("empty.png", 2), ("cut.jpg", 2), ("bomb.png", 2), ("one.png", 1), ("deep.png", 0),
        ("alpha.png", 0), ("cmyk.jpg", 0), ("moving.gif", 0), ("turned.jpg", 0), ("photo.heic", 0),
    ],
)  # fmt: skip
def test_every_kind_of_file_is_right_or_refused(
    name: str, code: int, bad_files: dict[str, Path], tmp_path: Path
) -> None:
    done = run("ask", str(bad_files[name]), "-q", "How many objects are there?", cwd=tmp_path)
    if code == 1:
        assert done.stdout.startswith("cannot tell: ")
    elif code:
        assert name in one_line_error(done, code)
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout.split("\n")[0].isdigit()


def test_a_model_behind_a_server_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(320, 240))
    with ModelServer("chat_completions", [Call("answer", {"value": "A"})]) as server:
        done = run(
            "ask", "photo.png", "-q", "Which mug is closer to the edge of the table?", "--option", "A. the red one",
            "--option", "B. the blue one", "--model", "openai:Qwen/Qwen3-VL-8B-Instruct", "--base-url", server.base_url,
            cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A. the red one\n")


@pytest.mark.parametrize(("status", "says"), [(401, "refuses the key"), (404, "knows no model"), (500, "failed (500")])
def test_a_failing_provider_is_one_line(status: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(64, 48))
    script = [Fail(status, {"retry-after-ms": "1"}, times=math.inf)]
    with ModelServer("chat_completions", script) as server:
        done = run(
            "ask", "photo.png", "-q", "Where?", "--model", "openai:x", "--base-url", server.base_url, cwd=tmp_path
        )
    assert says in one_line_error(done, 3)


def without(package: str, folder: Path) -> str:
    """A PYTHONPATH on which a package is not installed."""
    (folder / "path").mkdir()
    said = f"No module named {package!r}"
    (folder / "path" / f"{package}.py").write_text(f"raise ModuleNotFoundError({said!r}, name={package!r})\n")
    return os.pathsep.join([str(folder / "path"), os.environ.get("PYTHONPATH", "")])


def test_a_missing_extra_ends_with_the_command_that_installs_it(tmp_path: Path, repository: Path) -> None:
    """The command of docs/space.md, where only the core is installed."""
    rooms = [str(repository / "demos" / "samples" / f"room{n}.jpg") for n in (1, 2, 3)]
    asked = [
        *rooms, "-q", "Which is closer to the camera of img1, the teddy or the monitor?",
        "--mark", "teddy=img1:45,333,158,454", "--mark", "teddy=img2:112,297,210,407",
        "--mark", "monitor=img1:304,158,377,227", "--mark", "monitor=img2:406,149,482,218",
    ]  # fmt: skip
    path = without("pycolmap", tmp_path)
    done = run("ask", *asked, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 3
    assert done.stdout.startswith("cannot tell: ")
    (line,) = done.stderr.splitlines()
    assert line.startswith("not available: ")
    assert line.endswith("pip install 'sightline[recon]'")
    done = run("ask", *asked, "--json", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 3
    (failure,) = json.loads(done.stdout)["failures"]
    assert failure.endswith("pip install 'sightline[recon]'")
    page = tmp_path / "page.html"
    run("trace", "last", "--html", str(page), cwd=tmp_path)
    assert "pip install" in page.read_text("utf-8")
    assert "<summary>Traceback</summary>" not in page.read_text("utf-8")


def test_what_was_missing_on_the_way_is_said_with_the_answer(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(64, 48))
    script = [Call("detect", {"image": "img1", "names": ["mug"]}), Call("answer", {"value": 2})]
    with ModelServer("chat_completions", script) as server:
        done = run(
            "ask", "photo.png", "-q", "How many mugs are there?", "--model", "openai:x", "--base-url", server.base_url,
            "--offline", cwd=tmp_path,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "2\n")
    assert done.stderr.startswith("not available: ")
    # Which of the two is missing depends on what is installed here.
    assert "pip install 'sightline[vision]'" in done.stderr or "--back-end detection=" in done.stderr


def test_a_missing_key_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(64, 48))
    done = run("ask", "photo.png", "-q", "Where?", "--model", "openai:gpt-5", cwd=tmp_path)
    assert "OPENAI_API_KEY" in one_line_error(done, 3)


def test_trace_resume_and_branch(tmp_path: Path, coins: str) -> None:
    run("ask", coins, "-q", "Which object is the largest?", cwd=tmp_path)
    listed = run("trace", cwd=tmp_path)
    assert "Which object is the largest?" in listed.stdout
    again = run("resume", "last", cwd=tmp_path)
    assert again.returncode == 0
    assert "grey circle" in again.stdout
    page = tmp_path / "out.html"
    assert run("trace", "last", "--html", str(page), cwd=tmp_path).returncode == 0
    assert page.read_text("utf-8").startswith("<!")
    branched = run("branch", "last", "--after", "1", cwd=tmp_path)
    assert branched.stdout == again.stdout
    assert len(list((tmp_path / "runs").iterdir())) == 2
    assert "no complete step" in one_line_error(run("branch", "last", "--after", "9", cwd=tmp_path), 2)
    assert "There is no run" in one_line_error(run("trace", "xyz", cwd=tmp_path), 2)


def test_the_catalogue(tmp_path: Path) -> None:
    done = run("tools", cwd=tmp_path)
    for name in ("draw_box", "ruler", "crop_zoom", "find_regions", "ask_image", "plan"):
        assert name in done.stdout
    one = run("tools", "crop_zoom", cwd=tmp_path)
    assert '"box"' in one.stdout
    assert "Example:" in one.stdout
    schema = json.loads(run("tools", "crop_zoom", "--json", cwd=tmp_path).stdout)
    assert schema["parameters"]["required"] == ["image", "box"]
    assert "crop_zoom" in one_line_error(run("tools", "crop_zom", cwd=tmp_path), 2)


def test_help_imports_nothing_but_the_commands(tmp_path: Path) -> None:
    """What a command does is imported when it runs; numpy alone would double the start."""
    code = "import sys, sightline.demos.cli.app; print(*sorted(m for m in sys.modules if m.startswith('sightline.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name.startswith("sightline.demos") for name in done.stdout.split()), done.stdout
    assert "sightline.demos.cli.failing" not in done.stdout


def test_doctor_looks_and_never_prints_a_key(tmp_path: Path) -> None:
    secret = "sk-" + "very-secret"
    done = run("doctor", cwd=tmp_path, OPENAI_API_KEY=secret)
    assert done.returncode == 0
    assert "langgraph" in done.stdout
    assert secret not in done.stdout + done.stderr
    findings = {f["what"]: f for f in json.loads(run("doctor", "--json", cwd=tmp_path).stdout)}
    assert findings["OPENAI_API_KEY"]["state"] == "missing"
    assert findings["numpy"]["state"] == "ok"


def test_doctor_names_the_command_that_brings_a_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def version_without_clingo(name: str) -> str:
        if name == "clingo":
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr("sightline.demos.doctor.version", version_without_clingo)
    found = {finding.what: finding for finding in examine()}["[symbolic]"]
    assert (found.state, found.found) == ("missing", "without clingo")
    assert found.mend.startswith("pip install '")
    assert found.mend.endswith("[symbolic]'")


def test_doctor_says_which_blender_there_is(tmp_path: Path) -> None:
    found = {f["what"]: f for f in json.loads(run("doctor", "--json", cwd=tmp_path, PATH=str(tmp_path)).stdout)}
    assert found["Blender"]["state"] == "missing"
    assert found["Blender"]["mend"].startswith("sightline blender install")
    assert found["LibreOffice"]["mend"] == "apt-get install libreoffice-impress"
    blender = tmp_path / "blender"
    blender.write_text("#!/bin/sh\necho 'Blender 4.2.0'\n")
    blender.chmod(0o755)
    found = {f["what"]: f for f in json.loads(run("doctor", "--json", cwd=tmp_path, PATH=str(tmp_path)).stdout)}
    assert found["Blender"]["state"] == "ok"
    assert found["Blender"]["found"] == f"4.2.0, {blender} (on the path)"


def test_installing_blender_says_what_it_needs(tmp_path: Path) -> None:
    refused = run("blender", "install", "--python", str(tmp_path / "none"), cwd=tmp_path)
    assert "is no Python 3.11 with venv" in one_line_error(refused, 2)


def test_runs_that_cannot_be_kept_are_one_line(tmp_path: Path, coins: str) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    done = run("ask", coins, "-q", "How many coins are there?", "--runs", str(blocked), cwd=tmp_path)
    assert "No run can be kept" in one_line_error(done, 3)
    findings = {
        f["what"]: f for f in json.loads(run("doctor", "--json", cwd=tmp_path, SIGHTLINE_RUNS=str(blocked)).stdout)
    }
    assert findings["runs"]["state"] == "broken"


def test_a_run_goes_on_at_a_server_that_has_moved(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(64, 48))
    asked = ["photo.png", "-q", "Which?", "--option", "one", "--option", "two", "--model", "openai:x"]
    with ModelServer("chat_completions", [Fail(500, {"x-should-retry": "false"})]) as server:
        assert run("ask", *asked, "--base-url", server.base_url, cwd=tmp_path).returncode == 3
    with ModelServer("chat_completions", [Call("answer", {"value": "B"})]) as server:
        done = run("resume", "last", "--base-url", server.base_url, cwd=tmp_path)
    assert done.stdout.startswith("B. two\n")
