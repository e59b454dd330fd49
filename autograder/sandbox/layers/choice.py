"""Which kinds of sandbox this machine offers, and which layers each consists of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cache

from autograder.sandbox.layers import landlock

KINDS = ("namespaces", "bubblewrap", "landlock")


class SandboxError(Exception):
    """This machine has no sandbox, or it does not hold; the message says what to do."""


@dataclass(frozen=True)
class Layers:
    """The layers of one kind of sandbox. Every kind has seccomp, limits and a supervisor."""

    namespaces: bool = False
    bubblewrap: bool = False
    landlock: bool = False
    seccomp: bool = True
    limits: bool = True
    supervisor: bool = True

    @property
    def names(self) -> list[str]:
        """The layers that this sandbox has, by the names that people use."""
        return self.names_of(layer.name for layer in fields(self))

    def names_of(self, layers: Iterable[str]) -> list[str]:
        """Those of `layers` that this sandbox has, by the names that people use."""
        words = {"limits": "rlimits", "landlock": "Landlock"}
        return [words.get(layer, layer) for layer in layers if getattr(self, layer)]

    def __str__(self) -> str:
        return " + ".join(self.names)

    def without(self, layer: str) -> Layers:
        """The same without one layer, for the tests that show what each layer is for."""
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
    """The layers of `kind`, or for "auto" of the best kind there is; raises `SandboxError`."""
    known_kind(kind)
    found = offered()
    if kind == "auto" and found:
        return next(iter(found.values()))
    if kind in found:
        return found[kind]
    raise SandboxError(f"{why_not(kind)}\nIf you trust everyone whose work you mark, go without: --unsafe-no-sandbox")


def known_kind(kind: str) -> None:
    """Raises `SandboxError` if no machine has such a kind."""
    if kind not in ("auto", *KINDS):
        raise SandboxError(f"there is no kind of sandbox called {kind!r}; choose one of: auto, {', '.join(KINDS)}")


def why_not(kind: str = "auto") -> str:
    """Why this machine has no sandbox, and what to do."""
    if sys.platform == "darwin":
        return (
            "No sandbox: it is built from namespaces or Landlock, and macOS has neither. Mark in a Linux virtual"
            " machine or container (Lima, OrbStack, Docker with --security-opt seccomp=unconfined)."
        )
    if sys.platform != "linux":
        return "No sandbox: it needs a Linux kernel. On Windows, mark inside WSL 2 (`wsl --install`) or in a container."
    release = os.uname().release.lower()
    if "microsoft" in release and "wsl2" not in release:
        return "No sandbox: WSL 1 has no Linux kernel. Run `wsl --set-version <distribution> 2` to turn it into WSL 2."
    if kind != "auto":
        return f"No sandbox of the kind {kind!r} on this machine. It offers: {', '.join(offered()) or 'none'}."
    return (
        "No sandbox: this kernel offers neither user namespaces nor Landlock (Linux 5.13). On Ubuntu 24.04 `sysctl"
        " kernel.apparmor_restrict_unprivileged_userns=0` allows namespaces; start a container with --security-opt"
        " seccomp=unconfined."
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
