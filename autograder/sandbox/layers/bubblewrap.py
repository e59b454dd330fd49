"""Bubblewrap: a box around the fork server and all of its student processes, for machines that give us no namespaces of
our own.

Student processes share the box, so the other layers protect each from the next.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import PurePath

ROOM = "/room"
# If root runs the fork server, its supervisors give the student process another user and its files, and end it.
CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETPCAP")

# Root needs no user namespace; inside one there would be no other user to switch to.
UNSHARED_BY_ROOT = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")


def command(readable: Sequence[str], incoming: str, devices: Iterable[str], room_mb: float) -> list[str]:
    """The prefix of the fork server's own command line. `incoming` is the folder that submissions are copied to."""
    root = os.geteuid() == 0
    line = [shutil.which("bwrap") or "bwrap", *(UNSHARED_BY_ROOT if root else ["--unshare-all"])]
    line += ["--die-with-parent", "--new-session"]
    line += ["--proc", "/proc", "--dev", "/dev"]
    line += ["--perms", "0711", "--size", str(16 * 2**20), "--tmpfs", "/tmp"]
    for folder in sorted({str(parent) for path in (*readable, incoming) for parent in PurePath(path).parents} - {"/"}):
        line += ["--perms", "0755", "--dir", folder]
    for path in sorted(set(readable)):
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            line += ["--ro-bind", path, path]
    for path in devices:
        if os.path.exists(path) and not path.startswith(("/dev/null", "/dev/zero", "/dev/full", "/dev/u", "/dev/r")):
            line += ["--dev-bind", path, path]
    line += ["--perms", "0711", "--size", str(int(room_mb * 2**20)), "--tmpfs", ROOM]
    line += ["--ro-bind", incoming, incoming]
    line += ["--remount-ro", "/dev", "--remount-ro", "/"]
    if root:
        for capability in CAPABILITIES:
            line += ["--cap-add", capability]
    return [*line, "--"]
