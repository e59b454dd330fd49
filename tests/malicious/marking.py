"""Marks attacks of the corpus with our own grader, in one kind of sandbox, and says all that they achieved.

    python -m tests.malicious.marking --sandbox namespaces [--without seccomp] [--user 1234] OUT.json [NAME…]

marks the named attacks, categories, or all of them; a line of JSON for each goes to OUT.json as it is done. `--plan`
is a file with several kinds of sandbox and the names for each, {"namespaces": […], "landlock": […]}. As root, `--user`
does it as an ordinary user, for whom the interpreter is made reachable.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from autograder.sandbox.layers.choice import Layers, choose
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.proof import promises
from autograder.sandbox.respondent import StudentError
from autograder.labs.context import Context
from autograder.labs.respondents import Respondents
from autograder.labs.lab import open_lab
from autograder.labs.run import run_checks
from autograder.course import Limits
from autograder.grading.grader import Grader, GradingSpec
from autograder.submission.collect import find_submissions
from tests.malicious.corpus import RIGHT_BLOCK, ROOT, Attack, Decoys, attacks, hand_in

SMALL = {
    "load_seconds": 8,
    "check_seconds": 8,
    "submission_seconds": 30,
    "memory_mb": 1024,
    "scratch_mb": 64,
    "processes": 64,
}
ENDLESS = {"load_seconds": 0.8, "check_seconds": 0.8}  # for attacks that only waste time, and get nothing for it
AFTERWARDS = "honest work after all of them"
SEED = 20261123


@dataclass
class Outcome:
    """What an attack got and did in a kind of sandbox: `mark` is None where the grader failed."""

    sandbox: str
    attack: str
    mark: float | None
    said: str
    seconds: float
    heard: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left_running: int = 0
    told_the_secret: bool = False
    errors: list[str] = field(default_factory=list)


class CorpusGrader:
    """Marks single tasks in the given sandbox, of a kind, with small limits, and looks around after each."""

    def __init__(self, kind: str, layers: Layers, data: str) -> None:
        self.kind = kind
        self.grader = Grader(GradingSpec(open_lab("lab4"), data, "cpu", SEED, 1, layers))
        self._own = with_command_line(self.grader.fork_server.name)  # the fork server, and the box around it
        self.limits = self.grader.lab.assignment.limits.model_copy(update=SMALL)

    def close(self) -> None:
        self.grader.close()

    def enter(self, kind: str, layers: Layers) -> None:
        """Goes on in another sandbox, which it proves; one fork server forks into all but bubblewrap's."""
        self.kind = kind
        self.grader.fork_server.layers = layers
        promises.require(promises.prove(self.grader.fork_server), layers)

    def attacked(self, attack: Attack) -> Outcome:
        """Marks an attack, then looks around."""
        decoys = Decoys()
        with decoys, tempfile.TemporaryDirectory(prefix="malicious-") as folder:
            given = hand_in(attack, Path(folder, "given"), decoys.tokens)
            endless = attack.naive == "hangs" and not attack.mark
            limits = self.limits.model_copy(update=ENDLESS if endless else {})
            started = time.monotonic()
            mark, said, errors = self.mark(given, attack.tasks, limits)
            outcome = Outcome(self.kind, attack.id, mark, said, time.monotonic() - started, errors=errors)
            outcome.left_running = self.left_running()
            outcome.heard = decoys.wait_for_words(0.02)
            outcome.changed = [*decoys.changed(), *([] if decoys.alive() else ["the process of the marker"])]
            outcome.told_the_secret = decoys.secret in said
        return outcome

    def mark(self, given: Path, tasks: tuple[str, ...], limits: Limits) -> tuple[float | None, str, list[str]]:
        """Points over `tasks`, everything that was said, and the grader's own errors."""
        with tempfile.TemporaryDirectory(prefix="malicious-") as folder:
            taken = Path(folder, "class")
            taken.mkdir()
            given.rename(taken / (f"student{given.suffix}" if given.is_file() else "student"))
            [submission] = find_submissions(taken, "lab4", Path(folder, "staging"), limits).submissions

            lab = replace(
                self.grader.lab, assignment=self.grader.lab.assignment.model_copy(update={"limits": limits})
            )

            def start() -> StudentProcess:
                return StudentProcess(self.grader.fork_server, submission.folder, limits)

            said = list(submission.problems)
            context = Context(lab, submission.folder, self.grader.oracle, self.grader.spec.data, hidden_seed=SEED)
            try:
                with start() as first, Respondents(lab, first, start) as respondents:
                    with contextlib.suppress(StudentError):
                        said += first.describe().problems
                        first.source(lab.assignment.tasks)  # as the grader asks; no points come of it
                    findings = run_checks(context, respondents, tasks, namer=self.grader.namer)
                    said += respondents.notes
            except Exception as error:
                return None, "", [f"{type(error).__name__}: {error}"]
        results = findings.task_results(lab.assignment)
        for task in results:
            for check in task.checks:
                said += [f"{task.id}/{check.id} {check.status}", check.message, check.hint, check.diagnosis or ""]
        checks = [check for task in results for check in task.checks]
        errors = [check.unjudged or check.message for check in checks if check.unjudged or check.status == "error"]
        return round(sum(task.score for task in results), 2), "\n".join(said), errors

    def honest(self) -> float | None:
        """What a right InceptionBlock gets now."""
        with tempfile.TemporaryDirectory(prefix="malicious-") as folder:
            Path(folder, "given").mkdir()
            Path(folder, "given", "work.py").write_text(RIGHT_BLOCK, encoding="utf-8")
            return self.mark(Path(folder, "given"), ("inception-block",), self.limits)[0]

    def left_running(self) -> int:
        """How many processes that this grader's fork server has forked still run: their command lines hold its name."""
        alive: set[int] = set()
        for _ in range(40):
            alive = with_command_line(self.grader.fork_server.name) - self._own
            if not alive:
                break
            time.sleep(0.025)
        return len(alive)


def with_command_line(part: str) -> set[int]:
    """The processes whose command line holds `part`."""
    found = set()
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and part.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                found.add(int(name))
    return found


def make_reachable() -> None:
    """Root lets every user reach the interpreter and this checkout, wherever they lie, for this process alone."""
    from autograder.sandbox.layers import linux

    linux.unshare(linux.NEW_NS)
    linux.mount("none", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    for place in (sys.base_prefix, sys.prefix, str(ROOT), os.environ.get("MNIST_ROOT", "")):
        closed = next((one for one in [*reversed(Path(place).parents)] if not one.stat().st_mode & 0o001), None)
        if not place or closed is None:
            continue
        _alone_below(str(closed), place, "755")


def shut_in(place: str) -> None:
    """Root shuts everybody else out of the folder that `place` is in, for this process and its children alone."""
    _alone_below(os.path.dirname(place), place, "700")


def _alone_below(above: str, place: str, mode: str) -> None:
    """In `above`, which has this mode, there is nothing but `place` as it was."""
    from autograder.sandbox.layers import linux

    held = os.open(place, os.O_PATH | os.O_DIRECTORY)
    linux.mount("tmpfs", above, "tmpfs", 0, f"mode={mode}")
    old = os.umask(0o022)
    os.makedirs(place)
    os.umask(old)
    linux.mount(f"/proc/self/fd/{held}", place, "", linux.MS_BIND | linux.MS_REC)
    os.close(held)


def become_ordinary(user: int) -> None:
    """Root becomes an ordinary user."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.environ.update(HOME=tempfile.mkdtemp(prefix="home-"))
    ctypes.CDLL(None).prctl(4, 1)  # as a process that was started by that user


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--user", type=int)
    parser.add_argument("--data", default="auto")
    parser.add_argument("--part", default="0/1", help="every n-th attack, as 0/2")
    given = parser.parse_args()
    part, parts = map(int, given.part.split("/"))
    plan = json.loads(given.plan.read_text()) if given.plan else {given.sandbox: given.names}
    out = given.out.open("w", encoding="utf-8")
    if os.geteuid() == 0 and (given.user or "landlock" in plan):
        make_reachable()
    if given.user:
        become_ordinary(given.user)
    from autograder.data import load_data

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    grader: CorpusGrader | None = None
    try:
        for kind, names in plan.items():
            layers = choose(kind)
            for layer in given.without:
                layers = layers.without(layer)
            if grader is not None and not layers.bubblewrap:
                grader.enter(kind, layers)
            else:
                if grader is not None:
                    grader.close()
                grader = CorpusGrader(kind, layers, load_data(given.data).name)
            wanted = [one for one in attacks() if not names or {one.name, one.category, one.id} & set(names)]
            for attack in wanted[part::parts]:
                print(json.dumps(asdict(grader.attacked(attack))), file=out, flush=True)
            print(json.dumps(asdict(Outcome(kind, AFTERWARDS, grader.honest(), "", 0))), file=out, flush=True)
    finally:
        if grader is not None:
            grader.close()


if __name__ == "__main__":
    main()
