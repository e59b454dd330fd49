"""Which layers the sandbox around a student process consists of, and what this machine offers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, fields, replace
from functools import cache

from autograder.sandbox.layers import landlock

KINDS = ("namespaces", "bubblewrap", "landlock")


class SandboxError(Exception):
    """There is no sandbox on this machine, or it does not hold; the message says what to do."""


@dataclass(frozen=True)
class Layers:
    """The layers of one kind of sandbox. Seccomp, limits and the supervisor are in every kind."""

    namespaces: bool = False
    bubblewrap: bool = False
    landlock: bool = False
    seccomp: bool = True
    limits: bool = True
    supervisor: bool = True

    @property
    def names(self) -> list[str]:
        """The layers that are there, as people call them."""
        words = {"limits": "rlimits", "landlock": "Landlock"}
        return [words.get(one.name, one.name) for one in fields(self) if getattr(self, one.name)]

    def __str__(self) -> str:
        return " + ".join(self.names)

    def without(self, layer: str) -> Layers:
        """The same without one layer: for the tests that show what each is for."""
        return replace(self, **{layer: False})


@cache
def offered() -> dict[str, Layers]:
    """The kinds of sandbox that this machine can build, the best first."""
    if sys.platform != "linux":
        return {}
    has_landlock = landlock.version() > 0
    found = {}
    if _namespaces_work():
        found["namespaces"] = Layers(namespaces=True, landlock=has_landlock)
    if _bubblewrap_works():
        found["bubblewrap"] = Layers(bubblewrap=True, landlock=has_landlock)
    if has_landlock:
        found["landlock"] = Layers(landlock=True)
    return found


def choose(kind: str = "auto") -> Layers:
    """The layers of `kind`, or of the best that there is; raises `SandboxError`."""
    known_kind(kind)
    found = offered()
    if kind == "auto" and found:
        return next(iter(found.values()))
    if kind in found:
        return found[kind]
    raise SandboxError(f"{why_not(kind)}\nTo mark all the same, the work of people you trust: --unsafe-no-sandbox")


def known_kind(kind: str) -> None:
    """Raises `SandboxError` for a kind that is none, on whatever machine."""
    if kind not in ("auto", *KINDS):
        raise SandboxError(f"there is no kind of sandbox called {kind!r}; there are {', '.join(KINDS)}, and auto")


def why_not(kind: str = "auto") -> str:
    """Why there is no sandbox here, and what to do."""
    if sys.platform == "darwin":
        return (
            "No sandbox: macOS has neither the namespaces nor Landlock that it is built from. Mark in a Linux virtual"
            " machine or container (Lima, OrbStack, Docker with --security-opt seccomp=unconfined)."
        )
    if sys.platform != "linux":
        return "No sandbox: it needs a Linux kernel. On Windows, mark inside WSL 2 (`wsl --install`)."
    release = os.uname().release.lower()
    if "microsoft" in release and "wsl2" not in release:
        return "No sandbox: WSL 1 has no kernel of its own. `wsl --set-version <distribution> 2` turns it into WSL 2."
    if kind != "auto":
        return f"No sandbox of the kind {kind!r} on this machine. There is: {', '.join(offered()) or 'none'}."
    return (
        "No sandbox: this kernel offers neither user namespaces nor Landlock (Linux 5.13). On Ubuntu 24.04 `sysctl"
        " kernel.apparmor_restrict_unprivileged_userns=0` allows namespaces; in a container, run it with"
        " --security-opt seccomp=unconfined."
    )


def _namespaces_work() -> bool:
    code = (
        "from autograder.sandbox.layers import namespaces; import os;"
        "namespaces.enter_processes(); child = os.fork();"
        "child or (namespaces.try_mounts(), os._exit(0));"
        "os._exit(os.waitpid(child, 0)[1] != 0)"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def _bubblewrap_works() -> bool:
    found = shutil.which("bwrap")
    if found is None:
        return False
    command = [found, "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
    return subprocess.run(command, capture_output=True).returncode == 0
