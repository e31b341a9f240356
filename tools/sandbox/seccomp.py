"""The system calls that a job may not make, as a seccomp filter: a second wall behind the namespaces.

What is refused is of no use to a program that computes, and is where kernels are broken into; or it would get round a
limit. Sockets other than unix ones are refused here and not only by the empty network namespace, because some families
(vsock, which reaches the host of a virtual machine) do not heed it. Memory that no process maps (memfd, System V) is
refused because nothing could count it.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct
from typing import Any

from sightline.memory import InfrastructureError

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""The kernel's name of the architecture, and which number of the pairs below is its own."""

_REFUSED: dict[str, tuple[int, int]] = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "perf_event_open": (298, 241), "process_madvise": (440, 440),
    # the kernel itself
    "bpf": (321, 280), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "syslog": (103, 116),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "acct": (163, 89),
    "swapon": (167, 224), "swapoff": (168, 225), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
}  # fmt: skip
"""Refused with EPERM."""

_ABSENT: dict[str, tuple[int, int]] = {
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "userfaultfd": (323, 282), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "msgget": (68, 186),
}  # fmt: skip
"""Refused with ENOSYS, as if the kernel had none: libraries then do without."""

_SOCKET, _IOCTL = (41, 198), (16, 29)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # they type into a terminal
_X32 = 0x40000000  # numbers of a second interface of x86_64, which would get round those above

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data (low halves of arguments)


def profile() -> dict[str, Any]:
    """The same refusals as a container engine reads them."""

    def refuse(names: list[str], code: int, **more: Any) -> dict[str, Any]:
        return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": code, **more}

    def argument(index: int, value: int, comparison: str) -> dict[str, list[dict[str, Any]]]:
        return {"args": [{"index": index, "value": value, "op": comparison}]}

    terminal = [refuse(["ioctl"], errno.EPERM, **argument(1, code, "SCMP_CMP_EQ")) for code in (_TIOCSTI, _TIOCLINUX)]
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            refuse(list(_REFUSED), errno.EPERM),
            refuse(list(_ABSENT), errno.ENOSYS),
            refuse(["socket"], errno.EAFNOSUPPORT, **argument(0, socket.AF_UNIX, "SCMP_CMP_NE")),
            *terminal,
        ],
    }


def refusals() -> bytes:
    """The filter for this machine's architecture, as an array of struct sock_filter.

    Raises:
        InfrastructureError: The numbers of this architecture's system calls are not known.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise InfrastructureError(
            f"The sandbox has no system call filter for {machine}.", "Use an x86_64 or aarch64 machine."
        )
    architecture, which = _ARCHITECTURES[machine]
    program: list[tuple[int, int, int, int]] = []

    def add(code: int, k: int, skip_if_true: int = 0, skip_if_false: int = 0) -> None:
        program.append((code, skip_if_true, skip_if_false, k))

    add(_LOAD, _ARCHITECTURE)
    add(_EQUAL, architecture, 1, 0)
    add(_RETURN, _KILL)
    add(_LOAD, _NUMBER)
    add(_AT_LEAST, _X32, 0, 1)
    add(_RETURN, _ERRNO | errno.ENOSYS)
    for numbers, code in ((_REFUSED, errno.EPERM), (_ABSENT, errno.ENOSYS)):
        for pair in numbers.values():
            add(_EQUAL, pair[which], 0, 1)
            add(_RETURN, _ERRNO | code)
    add(_EQUAL, _SOCKET[which], 0, 4)
    add(_LOAD, _FIRST)
    add(_EQUAL, socket.AF_UNIX, 0, 1)
    add(_RETURN, _ALLOW)
    add(_RETURN, _ERRNO | errno.EAFNOSUPPORT)
    add(_EQUAL, _IOCTL[which], 1, 0)
    add(_RETURN, _ALLOW)
    add(_LOAD, _SECOND)
    for request in (_TIOCSTI, _TIOCLINUX):
        add(_EQUAL, request, 0, 1)
        add(_RETURN, _ERRNO | errno.EPERM)
    add(_RETURN, _ALLOW)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
