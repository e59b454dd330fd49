"""Decoys: files, folders, sockets and processes of the grader's that a student process must not reach."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from autograder.manifest import PACKAGE
from autograder.sandbox.layers import entering
from autograder.sandbox.proof import escape_probe


@contextmanager
def set_decoys() -> Iterator[dict[str, Any]]:
    """Sets the decoys up, and says where they are. Every user may reach them: only the sandbox is in the way."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-decoy-")))
        root.chmod(0o755)
        secret, victim = root / "secret", root / "victim"
        secret.write_text("labels")
        victim.write_text("marks")
        secret.chmod(0o644)
        root.joinpath("open").mkdir()
        root.joinpath("open").chmod(0o777)
        victim.chmod(0o666)
        addresses: list[Any] = []
        for family, where in (
            (socket.AF_INET, ("127.0.0.1", 0)),
            (socket.AF_UNIX, f"\0autograder-{os.getpid()}"),
            (socket.AF_UNIX, str(root / "socket")),
        ):
            listening = stack.enter_context(socket.socket(family))
            listening.bind(where)
            listening.listen(8)
            addresses.append(listening.getsockname() if family == socket.AF_INET else where)
        (root / "socket").chmod(0o777)
        (root / "open" / "other student").touch()
        folders = (root / "open", Path.home(), PACKAGE.parent, PACKAGE / "labs", Path("/etc"), Path("/"))
        processes = [process for process in (os.getpid(), os.getppid()) if process]
        yield {
            "addresses": [list(address) if isinstance(address, tuple) else address for address in addresses],
            "secrets": [str(secret), str(PACKAGE / "labs" / "conftest.py"), "/etc/passwd", "/etc/hostname"],
            "folders": {str(folder): _names_in(folder) for folder in folders},
            "victims": [str(victim)],
            "open_files": entering.OPEN_FILES,
            "processes": [[process, escape_probe.start_time(process)] for process in processes],
        }


def _names_in(folder: Path) -> list[str]:
    """The names in a folder, except folders on the way to a library: every sandbox shows those, without the rest."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    shown = (
        *entering.libraries(),
        *entering.SYSTEM,
        *entering.DEVICES,
        tempfile.gettempdir(),
        "/proc",
        "/room",
        "/tmp",
    )
    return [name for name in names if not any(f"{place}/".startswith(f"{folder / name}/") for place in shown)][:200]
