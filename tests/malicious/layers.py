"""Which promises break when one layer of a sandbox is left out? Asks the escape probe, for each sandbox and each of its layers.

    python -m tests.malicious.layers [--user 1234] OUT.json [--without "namespaces - seccomp" …]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from autograder.sandbox.proof import promises
from autograder.sandbox.layers.choice import Layers, SandboxError, offered
from autograder.sandbox.fork_server import ForkServer
from tests.malicious.marking import become_ordinary, make_reachable, shut_in

# Each sandbox with nothing in it that another layer backs up.
BARE = {"namespaces": Layers(namespaces=True), "landlock": Layers(landlock=True)}
ALWAYS = ("seccomp", "limits", "supervisor")


def broken(without: list[str]) -> dict[str, list[str]]:
    """For each sandbox, whole ("namespaces") and `without` a layer ("namespaces - seccomp"), the promises that break.

    As root, also what is said of Landlock's sandbox ("closed") where its user cannot enter the folder of the libraries.
    """
    kinds = [kind for kind in BARE if kind in offered()]
    fork_server = ForkServer(Layers())
    found: dict[str, list[str]] = {}
    try:
        for kind in kinds:
            fork_server.layers = BARE[kind]
            found[kind] = _broken(fork_server)
            for layer in (kind, *ALWAYS):
                if (name := f"{kind} - {layer}") in without:
                    fork_server.layers = BARE[kind].without(layer)
                    found[name] = _broken(fork_server)
        if os.geteuid() == 0 and "landlock" in kinds:
            fork_server.layers = BARE["landlock"]
            shut_in(os.path.realpath(sys.prefix))
            try:
                found["closed"] = _broken(fork_server)
            except SandboxError as error:
                found["closed"] = [str(error)]
    finally:
        fork_server.close()
    return found


def _broken(fork_server: ForkServer) -> list[str]:
    return [promise.id for promise in promises.prove(fork_server) if not promise.held]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--user", type=int)
    parser.add_argument("--without", nargs="*", default=[])
    given = parser.parse_args()
    out = given.out.open("w", encoding="utf-8")
    if os.geteuid() == 0:
        os.umask(0o077)  # as careful as root may be
        make_reachable()
        if given.user:
            become_ordinary(given.user)
    json.dump(broken(given.without), out)


if __name__ == "__main__":
    main()
