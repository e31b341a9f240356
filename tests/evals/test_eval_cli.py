"""`sightline eval` and `sightline benchmarks` on the command line: what they print, and the codes they end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eval_kit import guessed, write_blink
from servers import Fail, ModelServer

from sightline.demos.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The command's exit code, output and errors."""
    import sys

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["sightline", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_blink(tmp_path / "data", 6)


def test_a_run_says_its_score_and_where_the_log_is(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with ModelServer("chat_completions", guessed) as server:
        code, out, err = run(
            capsys, "eval", "blink", "--data", "data", "--model", "openai:gpt-4.1", "--base-url", server.base_url,
            "--strategy", "cot,prior", "--task", "Relative_Depth", "--limit", "4",
        )  # fmt: skip
    assert code == 0, err
    assert "blink val, cot: 4 questions (sample " in err
    assert "cot" in out
    assert "prior" in out
    (folder,) = (tmp_path / "logs").iterdir()
    assert f"sightline report logs/{folder.name}" in out
    assert len(list(folder.glob("*.eval"))) == 2


def test_a_run_for_scripts_is_one_json_list(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys, "eval", "blink", "--data", str(data), "--strategy", "prior", "--log-dir", str(tmp_path / "l"), "--json"
    )
    (record,) = json.loads(out)
    assert code == 0
    assert (record["benchmark"], record["arm"], record["questions"], record["errors"]) == ("blink", "prior", 6, 0)


def test_errors_leave_no_score_and_say_what_to_do(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = tmp_path / "logs"
    with ModelServer("chat_completions", lambda request, index: Fail(404)) as server:
        code, out, _ = run(
            capsys, "eval", "blink", "--data", str(data), "--model", "openai:gpt-4.1", "--base-url", server.base_url,
            "--strategy", "cot", "--max-retries", "0", "--log-dir", str(logs),
        )  # fmt: skip
    assert code == 3
    assert "6 of 6 questions ended in an error" in " ".join(out.split())
    assert "knows no model gpt-4.1" in " ".join(out.split())
    assert f"sightline eval --resume {logs}" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["blnk"], "Did you mean blink?"),
        (["blink", "--data", "nowhere"], "There is no folder"),
        (["blink", "--strategy", "reakt", "--data", "."], "Did you mean react?"),
        (["blink", "--task", "Depth", "--data", "data"], "no question type 'Depth'"),
        (["blink", "--variant", "train", "--data", "data"], "no variant 'train'"),
        (["blink", "--perception", "xray", "--data", "data"], "no perception 'xray'"),
        (["blink", "--model", "gpt", "--data", "data"], "does not tell whose model it is"),
        (["blink", "--tools", "hammer", "--data", "data"], "hammer"),
        (["blink", "--strategy", "code", "--data", "data"], "write no programs"),
        (["--resume", "data"], "no log folder"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_before_anything_is_asked(
    arguments: list[str], said: str, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "eval", *arguments)
    assert code == 2
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "logs").exists()


def test_a_dollar_budget_needs_a_price(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(
        capsys, "eval", "blink", "--data", str(data), "--model", "mine", "--base-url", "http://127.0.0.1:9/v1",
        "--dollars", "0.1", "--log-dir", str(tmp_path / "l"),
    )  # fmt: skip
    assert code == 2
    assert "price" in err


def test_a_broken_data_file_is_named_with_line_and_field(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = data / "Relative_Depth" / "val-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    code, _, err = run(capsys, "eval", "blink", "--data", str(data), "--log-dir", str(tmp_path / "l"))
    assert code == 2
    assert "val-00000-of-00001.parquet" in err


def test_a_benchmark_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "benchmarks", "blink")
    assert code == 0
    for said in (
        "Apache-2.0",
        "BLINK-Benchmark/BLINK",
        "unweighted mean of 14 tasks",
        "1,901",
        "The record's own prompt",
    ):
        assert said in out
    code, out, _ = run(capsys, "benchmarks", "blink", "--json")
    assert json.loads(out)["size"] == {"val": 1901}
