"""Which promises break when one layer of a cage is left out? Asks the canary, for each cage and each of its layers.

    python -m tests.hostile.layers [--user 1234] OUT.json
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from autograder.candidate.cage import proof
from autograder.candidate.cage.layers import Layers, offered
from autograder.candidate.process import Nursery
from tests.hostile.grading import become_ordinary, make_reachable

# Each cage with nothing in it that another layer backs up.
BARE = {"namespaces": Layers(namespaces=True), "landlock": Layers(landlock=True)}
ALWAYS = ("seccomp", "limits", "supervisor")


def broken() -> dict[str, list[str]]:
    """For each cage, whole ("namespaces") and without a layer ("namespaces - seccomp"), the promises that break."""
    kinds = [kind for kind in BARE if kind in offered()]
    nursery = Nursery(Layers())
    found: dict[str, list[str]] = {}
    try:
        for kind in kinds:
            nursery.layers = BARE[kind]
            found[kind] = _broken(nursery)
            for layer in (kind, *ALWAYS):
                nursery.layers = BARE[kind].without(layer)
                found[f"{kind} - {layer}"] = _broken(nursery)
    finally:
        nursery.close()
    return found


def _broken(nursery: Nursery) -> list[str]:
    return [promise.id for promise in proof.prove(nursery) if not promise.held]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--user", type=int)
    given = parser.parse_args()
    out = given.out.open("w", encoding="utf-8")
    if os.geteuid() == 0:
        make_reachable()
        if given.user:
            become_ordinary(given.user)
    json.dump(broken(), out)


if __name__ == "__main__":
    main()
