"""Which promises does each layer of the sandbox keep, and does each kind of sandbox hold alone?"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from autograder.sandbox.layers.choice import offered
from tests.test_malicious import USERS, run

pytestmark = [pytest.mark.processes, pytest.mark.skipif(not offered(), reason="this machine offers no sandbox")]

# Left out of a sandbox in which no other layer backs it up, a layer takes these promises with it.
TAKEN = {
    "namespaces - namespaces": {"reading", "writing", "others"},
    "namespaces - seccomp": {"network", "kernel", "programs", "plain-files"},
    "namespaces - limits": {"descriptors"},
    "namespaces - supervisor": {"memory"},
    "landlock - landlock": {"reading", "writing"},
    "landlock - seccomp": {"network", "kernel", "others"},
    "landlock - limits": {"descriptors"},
    "landlock - supervisor": {"memory", "disk"},
}


# What all kinds of sandbox share is left out of the first of them on a push, and of the other on demand.
SHARED = ("landlock - seccomp", "landlock - limits", "landlock - supervisor")
SHARED_OUT = [pytest.param(name, marks=[pytest.mark.slow] if name in SHARED else []) for name in TAKEN]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, set[str]]:
    """The promises that the escape probe breaks in each sandbox, whole and without a layer, of those to be tested."""
    out = tmp_path_factory.mktemp("layers") / "out.json"
    given = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    names = [spec.params["name"] for spec in given if spec]
    done = run("tests.malicious.layers", str(out), "--without", *names, user=USERS[0])
    assert done.returncode == 0, done.stderr
    return {name: set(promises) for name, promises in json.loads(out.read_text()).items()}


def test_each_of_two_sandboxes_that_back_each_other_up_holds_alone(broken: dict[str, set[str]]) -> None:
    """Where both are there, both are put on; before each corpus run the escape probe has proved that, too."""
    whole = {name: promises for name, promises in broken.items() if name in ("namespaces", "landlock")}
    assert whole
    assert not any(whole.values()), whole


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's student code runs as another user")
def test_a_python_that_the_sandboxs_user_cannot_reach_is_named_with_the_folder_that_is_closed(
    broken: dict[str, set[str]],
) -> None:
    if "landlock" not in broken:
        pytest.skip("this machine has no Landlock")
    prefix = Path(os.path.realpath(sys.prefix))
    [told] = broken["closed"]
    assert re.search(
        rf"Student code runs not as root but as the user \d+, who cannot enter {re.escape(str(prefix.parent))}"
        rf" \(drwx------\), the way to the installed packages \(\S+/site-packages\)\. Install",
        told,
    )
    assert told.endswith(f"open it to every user: chmod o+x {prefix.parent}")


@pytest.mark.parametrize("name", SHARED_OUT)
def test_without_one_layer_promises_break(broken: dict[str, set[str]], name: str) -> None:
    if name not in broken:
        pytest.skip(f"this machine has no {name.split()[0]}")
    assert TAKEN[name] <= broken[name]
