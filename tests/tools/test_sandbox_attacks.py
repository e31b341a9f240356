"""Attacks from inside the sandbox on what is outside: each is a real attempt, succeeds outside, and fails inside."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_kit import inside, outcomes, outside, processes_with, python_job, sandboxes_of_this_process

from sightline.tools.sandbox import sandbox

CANARY = f"canary-{secrets.token_hex(8)}"


@pytest.fixture(autouse=True)
def host_left_clean() -> Iterator[None]:
    """After every attack no sandbox of this process lives, and nothing of it lies in the host's temporary folders."""
    yield
    assert sandboxes_of_this_process() == []
    assert not [place for folder in ("/tmp", "/dev/shm", "/out", "/box") for place in Path(folder).glob(f"*{CANARY}*")]


# ------------------------------------------------------------------------- files
def test_files_of_the_home_folder(isolated: Path) -> None:
    secret = isolated / f"{CANARY}.txt"
    secret.write_text(CANARY)
    attack = f"""
        import pathlib
        attempt("read", lambda: open({str(secret)!r}).read())
        attempt("list", lambda: os.listdir({str(isolated)!r}))
        for start in ("/home", "/root", "/tmp", "/var", "/mnt", "/opt", "/srv", "/run"):
            for folder, folders, names in os.walk(start):
                if {secret.name!r} in names:
                    print("walk REACHED", folder)
    """
    assert outcomes(outside(attack))["read"] == "REACHED"
    assert outcomes(inside(attack).stdout) == {"read": "refused", "list": "refused"}


def test_nothing_is_there_but_the_system_and_the_folders_of_its_own() -> None:
    ended = inside("""
        print(" ".join(sorted(os.listdir("/"))))
        print(" ".join(sorted(os.listdir("/etc"))))
        print(" ".join(os.listdir("/usr/local")), ".")
    """)
    top, settings, local = ended.stdout.splitlines()
    expected = {
        "bin",
        "dev",
        "etc",
        "in",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "out",
        "proc",
        "sbin",
        "tmp",
        "usr",
        "var",
    }
    assert set(top.split()) - expected <= {"box", "root", "home", "opt"}  # the interpreter may lie in the last three
    assert set(settings.split()) <= {"alternatives", "fonts", "group", "ld.so.cache", "passwd"}
    assert local == " ."


def test_writing_anywhere_but_in_its_own_folders(tmp_path: Path) -> None:
    attack = f"""
        for place in ({str(tmp_path)!r}, "/", "/usr", "/usr/lib", "/usr/local", "/etc", "/in", "/dev", "/proc", "/var"):
            name = os.path.join(place, {CANARY!r})
            attempt(place, lambda: open(name, "w").write("x"))
        attempt("/in/attack.py", lambda: open("/in/attack.py", "a"))
        attempt("chmod", lambda: os.chmod("/in/attack.py", 0o777))
        attempt("rename", lambda: os.rename("/in/attack.py", "/box/attack.py"))
        attempt("core_pattern", lambda: open("/proc/sys/kernel/core_pattern", "w").write("|/x"))
        attempt("sysrq", lambda: open("/proc/sysrq-trigger", "w").write("h"))
        for place in ("/box", "/out", "/tmp", "/dev/shm"):
            attempt("own" + place, lambda: open(place + "/x", "w").write("x"))
    """
    ended = inside(attack)
    came = outcomes(ended.stdout)
    assert {what for what, outcome in came.items() if outcome == "REACHED"} == {
        "own/box", "own/out", "own/tmp", "own/dev/shm",
    }  # fmt: skip
    assert len(came) == 19
    assert not list(tmp_path.iterdir())
    probe = f"attempt('write', lambda: open({str(tmp_path / CANARY)!r}, 'w').write('x'))"
    assert outcomes(outside(probe)) == {"write": "REACHED"}


def test_files_of_another_job() -> None:
    plant = """
        for place in ("/box", "/tmp", "/out", "/dev/shm"):
            open(place + "/secret", "w").write("%s")
        print("planted")
        sys.stdin.readline()
    """
    other = sandbox().open(python_job(plant % CANARY, outputs=("secret",)))
    try:
        assert other.read_line(20) == "planted"
        spied = inside("""
            for place in ("/box", "/tmp", "/out", "/dev/shm"):
                attempt(place, lambda: open(place + "/secret").read())
                for pid in filter(str.isdigit, os.listdir("/proc")):
                    attempt(pid + place, lambda: open(f"/proc/{pid}/root{place}/secret").read())
        """)
    finally:
        ended = other.kill()
    assert len(outcomes(spied.stdout)) >= 8
    assert set(outcomes(spied.stdout).values()) == {"refused"}
    assert ended.files == {"secret": CANARY.encode()}, "the secret was there to be found"


def test_the_path_and_name_of_an_input_on_the_host(tmp_path: Path) -> None:
    target = tmp_path / f"{CANARY}.png"
    target.write_bytes(b"pixels")
    (tmp_path / "answers.txt").write_text("42")
    ended = inside(
        f"""
        assert open("/in/target.png").read() == "pixels"
        for name in ("mountinfo", "mounts", "mountstats", "environ", "cmdline", "maps"):
            for pid in ("1", "self"):
                with open(f"/proc/{{pid}}/{{name}}", errors="replace") as file:
                    print(pid, name, {CANARY!r} in file.read() or {tmp_path.name!r} in file.read())
        for fd in os.listdir("/proc/self/fd"):
            try: print("fd", {CANARY!r} in os.readlink("/proc/self/fd/" + fd))
            except OSError: pass
        attempt("link", lambda: os.readlink("/in/target.png"))
        attempt("data", lambda: open({str(tmp_path / "answers.txt")!r}).read())
        """,
        inputs={"target.png": target},
    )
    assert "True" not in ended.stdout
    assert ended.stdout.count("False") >= 12
    assert {outcomes(ended.stdout)[what] for what in ("link", "data")} == {"refused"}


# ------------------------------------------------------------------------- processes
def test_the_environment_and_proc_of_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", CANARY)
    half, rest = CANARY[:9], CANARY[9:]
    attack = f"""
        canary = {half!r} + {rest!r}
        found = canary in os.environ.values()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            for name in ("environ", "cmdline"):
                try:
                    with open(f"/proc/{{pid}}/{{name}}", errors="replace") as file:
                        found = found or canary in file.read()
                except OSError:
                    pass
        attempt("parent", lambda: open("/proc/{os.getpid()}/environ").read(1))
        print("canary", "REACHED" if found else "refused")
        print("processes", len(list(filter(str.isdigit, os.listdir("/proc")))))
        print("variables", *sorted(os.environ))
    """
    freed = outside(attack, env={"SECRET_CANARY": CANARY})
    assert outcomes(freed)["canary"] == "REACHED"
    assert outcomes(freed)["parent"] == "REACHED"
    ended = inside(attack)
    came = outcomes(ended.stdout)
    assert (came["canary"], came["parent"], came["processes"]) == ("refused", "refused", "2")
    variables = next(line for line in ended.stdout.splitlines() if line.startswith("variables")).split()[1:]
    assert set(variables) <= {"HOME", "LANG", "PATH", "PWD", "TMPDIR", "LC_CTYPE"}


def test_a_descriptor_of_the_parent(tmp_path: Path) -> None:
    (tmp_path / "open").write_text(CANARY)
    with (tmp_path / "open").open() as file:
        os.set_inheritable(file.fileno(), True)
        attack = """
            for fd in range(3, 512):
                try: content = os.pread(fd, 100, 0)
                except OSError: continue
                print("descriptor REACHED", content)
            print("tried", fd)
        """
        assert CANARY in outside(attack, close_fds=False)
        assert inside(attack).stdout == "tried 511\n"


def test_a_daemon_does_not_outlive_its_job() -> None:
    marker = f"daemon-{secrets.token_hex(8)}"
    ended = inside(f"""
        import subprocess
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                null = os.open("/dev/null", os.O_RDWR)
                for fd in (0, 1, 2): os.dup2(null, fd)
                os.execv("/bin/sh", ["sh", "-c", "touch /out/alive; sleep 60; : {marker}"])
            os._exit(0)
        os.wait()
        while not os.path.exists("/out/alive"):
            time.sleep(0.01)
        print("detached")
    """)
    assert (ended.stdout, ended.code, ended.reason) == ("detached\n", 0, "")
    assert processes_with(marker) == []


def test_signals_to_processes_outside() -> None:
    ended = inside(f"""
        import signal
        attempt("parent", lambda: os.kill({os.getpid()}, 0))
        attempt("getppid", lambda: os.getppid())
        attempt("init", lambda: os.kill(1, signal.SIGKILL))
        attempt("all", lambda: os.kill(-1, signal.SIGKILL))
        time.sleep(0.2)
        print("alive")
    """)
    assert outcomes(ended.stdout)["parent"] == "refused"
    assert ended.stdout.endswith("alive\n"), "the first process of its namespace cannot be killed from within"


# ------------------------------------------------------------------------- sockets
def test_tcp_and_udp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as box:
        box.bind(("127.0.0.1", 0))
        box.setblocking(False)
        attack = f"""
            import socket
            def tcp():
                with socket.socket() as s:
                    s.settimeout(5); s.connect(("127.0.0.1", {server.getsockname()[1]}))
            def udp():
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.sendto(b"{CANARY}", ("127.0.0.1", {box.getsockname()[1]}))
            attempt("tcp", tcp)
            attempt("udp", udp)
        """
        assert outcomes(inside(attack).stdout) == {"tcp": "refused", "udp": "refused"}
        with pytest.raises(BlockingIOError):
            box.recv(100)
        assert outcomes(outside(attack)) == {"tcp": "REACHED", "udp": "REACHED"}
        assert box.recv(100) == CANARY.encode()


def test_without_the_filter_there_is_still_no_network() -> None:
    ended = inside("""
        print(sorted(line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]))
        print(len(open("/proc/net/route").readlines()))
    """)
    assert ended.stdout in ("['lo']\n1\n", "[]\n1\n")


def test_unix_sockets_of_the_host(tmp_path: Path) -> None:
    name = f"\0{CANARY}"
    place = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as by_path, socket.socket(socket.AF_UNIX) as abstract:
        by_path.bind(place)
        by_path.listen()
        abstract.bind(name)
        abstract.listen()
        attack = f"""
            import socket
            def connect(address):
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(5); s.connect(address)
            attempt("path", lambda: connect({place!r}))
            attempt("abstract", lambda: connect({name!r}))
        """
        assert outcomes(inside(attack).stdout) == {"path": "refused", "abstract": "refused"}
        assert outcomes(outside(attack)) == {"path": "REACHED", "abstract": "REACHED"}


# ------------------------------------------------------------------------- the kernel
def test_libc_through_ctypes_and_posix(isolated: Path) -> None:
    secret = isolated / "secret"
    secret.write_text(CANARY)
    ended = inside(
        f"""
        import ctypes, errno, posix
        libc = ctypes.CDLL(None, use_errno=True)
        def call(what, *arguments):
            result = getattr(libc, what)(*arguments)
            print(what, "refused" if result == -1 else "REACHED", errno.errorcode.get(ctypes.get_errno()))
        print("cat", "refused" if posix.system("cat {secret}") else "REACHED")
        call("setuid", 0)
        call("setgid", 0)
        call("chroot", b"/box")
        call("mount", b"none", b"/box", b"tmpfs", 0, None)
        call("umount2", b"/usr", 2)
        call("unshare", 0x10000000)
        call("unshare", 0x20000)
        call("ptrace", 16, 1, 0, 0)
        call("sethostname", b"x", 1)
        call("memfd_create", b"x", 0)
        call("mknod", b"/box/disk", 0o60666, 0xfe00)
        call("open", b"{secret}", 0)
        for family in (2, 10, 16, 17, 38, 40):  # inet, inet6, netlink, packet, alg, vsock
            print("family", end="")
            call("socket", family, 1, 0)
        call("personality", 0xffffffff)
        with open("/proc/self/status") as file:
            print(*[line.split()[1] for line in file if line.startswith(("CapEff", "CapBnd", "NoNewPrivs"))])
        """
    )
    lines = ended.stdout.splitlines()
    assert lines[-1] == "0000000000000000 0000000000000000 1"
    assert lines[-2].startswith("personality REACHED"), "libc was really called"
    refused = lines[:-2]
    assert len(refused) == 19
    assert all("refused" in line for line in refused), ended.stdout
    assert CANARY not in ended.stdout


@pytest.mark.parametrize(
    ("number", "said"),
    [(425, "ENOSYS"), (321, "EPERM"), (250, "EPERM"), (323, "ENOSYS"), (298, "EPERM"), (29, "ENOSYS"), (304, "EPERM")],
    ids=["io_uring_setup", "bpf", "keyctl", "userfaultfd", "perf_event_open", "shmget", "open_by_handle_at"],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86_64")
def test_system_calls_that_are_refused(number: int, said: str) -> None:
    attack = f"""
        import ctypes, errno
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall({number}, 0, 0, 0, 0, 0)
        print(errno.errorcode.get(ctypes.get_errno()))
        libc.syscall({number} | 0x40000000, 0, 0, 0, 0, 0)
        print(errno.errorcode.get(ctypes.get_errno()))
    """
    assert inside(attack).stdout.split() == [said, "ENOSYS"], "also by the numbers of the x32 interface"


def test_typing_into_a_terminal() -> None:
    ended = inside("""
        import fcntl
        def inject():
            master, slave = os.openpty()
            fcntl.ioctl(slave, 0x5412, b"x")
        attempt("inject", inject)
        attempt("terminal", lambda: os.open("/dev/tty", os.O_RDWR))
    """)
    assert outcomes(ended.stdout) == {"inject": "refused", "terminal": "refused"}
