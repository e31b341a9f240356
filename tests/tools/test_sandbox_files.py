"""Files into the sandbox and out of it: by name, as plain files, and up to a size."""

from __future__ import annotations

import os
import resource
import secrets
import struct
import zlib
from pathlib import Path

import pytest
from sandbox_kit import INTERPRETER, inside, limits, outcomes, outside

from sightline.memory import InputError, runs_folder
from sightline.memory.decoding import decode_file
from sightline.tools.sandbox import Job, sandbox
from sightline.tools.sandbox.reading import read_json

CANARY = f"canary-{secrets.token_hex(8)}"


# ------------------------------------------------------------------------- in
def test_bytes_and_files_go_in_and_are_read_only(tmp_path: Path) -> None:
    (tmp_path / "on the host.bin").write_bytes(bytes(range(256)) * 1000)
    ended = inside(
        """
        print(open("/in/a.txt").read(), len(open("/in/b.bin", "rb").read()), os.getcwd())
        attempt("write", lambda: open("/in/a.txt", "w"))
        attempt("remove", lambda: os.remove("/in/a.txt"))
        """,
        inputs={"a.txt": b"hello", "b.bin": tmp_path / "on the host.bin"},
    )
    assert ended.stdout.splitlines()[0] == "hello 256000 /box"
    assert outcomes(ended.stdout)["write"] == outcomes(ended.stdout)["remove"] == "refused"


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "", ".x", "-x", "a b", "a\n", "a\0", "x" * 200])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        Job(("/bin/true",), inputs={name: b""})
    with pytest.raises(ValueError, match="no name or pattern"):
        Job(("/bin/true",), outputs=(name,))


def test_only_a_plain_file_goes_in(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ValueError, match="it is no plain file"):
            sandbox().run(Job(("/bin/true",), inputs={"x": source}))
    with pytest.raises(FileNotFoundError):
        sandbox().run(Job(("/bin/true",), inputs={"x": tmp_path / "missing"}))


def test_folders_that_are_not_shown(isolated: Path) -> None:
    runs_folder().mkdir(parents=True, exist_ok=True)
    (isolated / "link").symlink_to("/")
    for folder in (Path("/"), Path("/etc"), Path("/proc"), isolated, isolated.parent, isolated / "link", Path("/home")):
        if folder.exists():
            with pytest.raises(ValueError, match="more than a program needs"):
                sandbox().run(Job(("/bin/true",), readable=(folder,)))
    with pytest.raises(ValueError, match="in a sandbox: "):
        sandbox().run(Job(("/bin/true",), readable=(runs_folder(),)))
    for missing in (Path("relative"), isolated / "missing"):
        with pytest.raises(ValueError, match="no absolute path of something that is there"):
            sandbox().run(Job(("/bin/true",), readable=(missing,)))


def test_a_folder_that_is_shown_is_read_only_and_its_neighbours_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "program").write_text("here")
    (tmp_path / "neighbour").write_text(CANARY)
    tmp_path.chmod(0o700)
    script = 'cd "$0"; cat engine/program; ls; touch engine/x || echo refused'
    ended = sandbox().run(Job(("/bin/sh", "-c", script, str(tmp_path)), readable=(tmp_path / "engine",)))
    assert ended.stdout == "hereengine\nrefused\n"
    assert not (tmp_path / "engine" / "x").exists()


@pytest.mark.skipif(not Path("/usr/local/lib").is_dir(), reason="no /usr/local/lib here")
@pytest.mark.parametrize("shown", ["/usr/local/lib", "/usr/local"])
def test_an_interpreter_in_usr_local_can_be_shown(shown: str) -> None:
    script = f"ls -A {shown} | wc -l; touch /usr/local/x || touch {shown}/x || echo refused; ls /usr/local"
    counted, _, rest = sandbox().run(Job(("/bin/sh", "-c", script), readable=(Path(shown),))).stdout.partition("\n")
    assert int(counted) == len(list(Path(shown).iterdir()))
    assert rest.split()[0] == "refused"
    assert shown == "/usr/local" or rest.split()[1:] == ["lib"]


def test_only_the_variables_that_were_given() -> None:
    ended = sandbox().run(Job(("/usr/bin/env",), environment={"GIVEN": "a value\n=x"}))
    assert "GIVEN=a value\n=x" in ended.stdout
    names = {line.partition("=")[0] for line in ended.stdout.splitlines() if not line.startswith("=")}
    assert names == {"GIVEN", "HOME", "LANG", "PATH", "PWD", "TMPDIR"}


# ------------------------------------------------------------------------- out
def test_what_was_asked_for_comes_out() -> None:
    ended = inside(
        """
        for name in ("a.txt", "frame1.png", "frame2.png", "other.bin", "-rf", ".hidden.png"):
            with open("/out/" + name, "w") as file:
                file.write(name)
        """,
        outputs=("a.txt", "frame?.png", "*.png", "missing.json"),
    )
    assert ended.files == {"a.txt": b"a.txt", "frame1.png": b"frame1.png", "frame2.png": b"frame2.png"}
    assert ended.problems == (
        "a file in /out has a name that is not taken: '.hidden.png'.",
        "missing.json was not written to /out.",
    )


def test_outputs_of_a_job_that_was_killed_are_there() -> None:
    ended = inside(
        "open('/out/log', 'w').write('so far'); time.sleep(60)", outputs=("log",), limits=limits(wall_seconds=0.7)
    )
    assert ended.files == {"log": b"so far"}
    assert ended.reason == "it ran past 0.7 s"


def test_links_pipes_sockets_folders_and_devices_do_not_come_out(isolated: Path) -> None:
    secret = isolated / CANARY
    secret.write_text(CANARY)
    attack = f"""
        import socket
        os.chdir(sys.argv[1])
        attempt("link", lambda: os.symlink({str(secret)!r}, "link"))
        attempt("passwd", lambda: os.symlink("/etc/passwd", "passwd"))
        attempt("self", lambda: os.symlink("self", "self"))
        attempt("root", lambda: os.symlink("/proc/self/root", "root"))
        attempt("pipe", lambda: os.mkfifo("pipe"))
        attempt("folder", lambda: os.mkdir("folder"))
        s = socket.socket(socket.AF_UNIX)
        attempt("socket", lambda: s.bind("socket"))
        attempt("device", lambda: os.mknod("device", 0o60666, 0x0700))
        attempt("hard", lambda: os.link("/usr/bin/env", "hard"))
        attempt("own", lambda: open("own", "w").write("x"))
        os.chmod("own", 0)
        os.symlink(sys.argv[1] + "/own", "second")
    """
    names = ("link", "passwd", "self", "root", "pipe", "folder", "socket", "device", "hard", "own", "second")
    ended = inside(attack.replace("sys.argv[1]", "'/out'"), outputs=names)
    assert {what for what, came in outcomes(ended.stdout).items() if came == "refused"} == {"device", "hard"}
    assert set(ended.files) <= {"own"}, "root may read what nobody may; others may not"
    assert len(ended.problems) == len(names) - len(ended.files)
    assert CANARY not in repr(ended)


def test_a_file_beyond_the_limit_and_files_beyond_it_together() -> None:
    ended = inside(
        """
        with open("/out/sparse", "wb") as file:
            file.truncate(8 << 20)
        with open("/out/ok", "wb") as file:
            file.write(b"x" * (1 << 20))
        """,
        outputs=("sparse", "ok"),
        limits=limits(file_bytes=16 << 20, disk_bytes=4 << 20),
    )
    assert list(ended.files) == ["ok"]
    assert ended.problems == ("sparse was not taken from /out: the files together have more than the limit.",)


def test_more_files_than_anybody_looks_at() -> None:
    ended = inside(
        "for number in range(10_500): open(f'/out/{number}', 'w').close()",
        outputs=("x*",),
        limits=limits(memory_bytes=1 << 30),
    )
    assert ended.problems == ("/out holds more than 10000 files; others were not looked at.",)


def png_bomb(side: int) -> bytes:
    """A small PNG file of side x side black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = zlib.compressobj(9)
    packed = b"".join(row.compress(bytes(1 + 3 * side)) for _ in range(200)) + row.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_picture_that_unpacks_to_far_more_is_refused_before_it_is_unpacked() -> None:
    bomb = png_bomb(60_000)
    ended = inside(
        "open('/out/render.png', 'wb').write(open('/in/bomb.png', 'rb').read())",
        inputs={"bomb.png": bomb},
        outputs=("render.png",),
    )
    assert ended.files["render.png"] == bomb
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="60000x60000, 3600 megapixels"):
        decode_file(ended.files["render.png"], "render.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + (100 << 10)


@pytest.mark.parametrize(
    "text",
    [
        "[" + "[]," * 1_000_000 + "1]",
        "[" * 100_000,
        '{"a":' * 100_000,
        "1" * 100_000,
        "{",
        b"\xff",
        "[" + "1," * 500_000,
    ],
)
def test_json_that_unpacks_to_far_more_is_refused_before_it_is_parsed(text: str | bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError):  # noqa: PT011 - many reasons
        read_json(text)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + (50 << 10)


def test_json_as_jobs_write_it() -> None:
    assert read_json(b'{"a": [1, 2.5, "\xc3\xa9"]}') == {"a": [1, 2.5, "é"]}
    assert read_json('"' + "A" * 5_000_000 + '"') == "A" * 5_000_000


def test_the_kit_s_attacks_are_real() -> None:
    assert outcomes(outside("attempt('x', lambda: 1)\nattempt('y', lambda: 1 / 0)")) == {"x": "REACHED", "y": "refused"}
    assert INTERPRETER.is_file()
