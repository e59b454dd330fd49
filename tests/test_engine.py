"""Does the engine redo only what has changed, survive the death of its parts, and stop when it is told to?"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.course import Limits
from autograder.grading import class_run
from autograder.grading.cache import Cache, CacheError
from autograder.grading.class_run import RunListener
from autograder.grading.grader import Grader, GradingSpec, Marked
from autograder.grading.worker import Job, Worker
from autograder.grading.worker_pool import LocalWorkers
from autograder.labs import plugin
from autograder.labs.findings import CachedChecks
from autograder.labs.lab import open_lab
from autograder.results import Results
from autograder.sandbox.client import StudentProcess
from autograder.submission.collect import Submission, find_submissions
from tests.conftest import LIGHT, ROOT, SUBMISSIONS, autograder, with_seed_of
from tests.loopback import wait_until


def spec() -> GradingSpec:
    """Without a sandbox, on the small data: what is tested here is the engine."""
    return GradingSpec(open_lab("lab4"), "digits", "cpu", 7, 1)


# --- cores ---


@pytest.mark.parametrize(
    ("asked", "usable", "jobs", "threads"),
    [
        ("", 8, 2, 4),
        ("1", 8, 2, 1),
        ("16", 8, 2, 4),
        ("2,1", 8, 1, 2),
        ("none", 4, 1, 4),
        ("", 1, 1, 1),
        ("0", 2, 2, 1),
    ],
)
def test_a_worker_takes_its_share_of_the_cores_and_no_more_threads_than_are_asked_for(
    asked: str, usable: int, jobs: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(class_run, "cores", lambda: usable)
    run = class_run.ClassRun(open_lab("lab4"), tmp_path, Cache(tmp_path), "digits", "cpu", None, None, RunListener())
    assert run._pool(7, jobs, 30).spec.threads == threads


# --- check by check ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    opened = Grader(spec())
    yield opened
    opened.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The procedures that student processes are asked for."""
    found: list[str] = []
    original = StudentProcess._request

    def request(self: StudentProcess, message: dict[str, Any], seconds: float) -> Any:
        if message["kind"] == "call":
            found.append(message["procedure"])
        return original(self, message, seconds)

    monkeypatch.setattr(StudentProcess, "_request", request)
    return found


def marked(grader: Grader, folder: Path, known: CachedChecks) -> Marked:
    return grader.mark(Submission("half-done", folder / "half-done" / "lab4"), "students/half-done", known)


@pytest.mark.processes
def test_a_changed_check_is_asked_again_and_no_other(
    grader: Grader, light_class: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = marked(grader, light_class, CachedChecks("shared"))
    assert len(first.checks) == len(first.result.tasks and list(first.result.checks))
    assert asked
    asked.clear()
    known = CachedChecks("shared", first.checks, first.notes)
    again = marked(grader, light_class, known)
    assert asked == []
    assert again.result == first.result

    digest = plugin.code_digest
    monkeypatch.setattr(
        plugin, "code_digest", lambda path, name: digest(path, name) + ("!" if name == "test_conv1_output" else "")
    )
    third = marked(grader, light_class, known)
    assert asked == ["autograder.labs.kinds.value_procedures:values"]
    assert third.result == first.result

    asked.clear()
    marked(grader, light_class, CachedChecks("other grader", first.checks))  # what all checks share has changed
    assert len(asked) > 10


def test_a_check_whose_code_has_changed_has_another_digest(tmp_path: Path) -> None:
    source = "LIMIT = 1\nOTHER = 2\ndef helper(): return LIMIT\ndef test_a(): helper()\ndef test_b(): OTHER\n"

    def digests(text: str, name: str) -> tuple[str, str]:
        path = tmp_path / name
        path.write_text(text)
        return plugin.code_digest(path, "test_a"), plugin.code_digest(path, "test_b")

    first = digests(source, "1.py")
    assert digests(source.replace("helper(): return", "helper():  # why\n  return"), "2.py") == first
    changed = digests(source.replace("LIMIT = 1", "LIMIT = 3"), "3.py")
    assert changed[0] != first[0]
    assert changed[1] == first[1]


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with Cache(tmp_path).alone():
        with pytest.raises(CacheError, match="another run is using this folder"):
            with Cache(tmp_path).alone():
                pass


# --- deaths -----------------------------------------------------------------------------------------------------------


@pytest.mark.processes
@pytest.mark.xdist_group("death")
def test_the_death_of_a_worker_costs_nobody_a_mark(light_class: Path, tmp_path: Path) -> None:
    submissions = find_submissions(light_class, "lab4", tmp_path, Limits())
    jobs = [Job(one, one.student, CachedChecks("")) for one in submissions]
    killed: list[int] = []

    def kill() -> None:
        while not killed:
            for child in workers():
                child.kill()
                killed.append(child.pid)
            time.sleep(0.1)

    threading.Thread(target=kill, daemon=True).start()
    results = {job.submission.student: given.result for job, given in LocalWorkers(spec(), 2).mark(jobs)}
    assert killed
    assert set(results) == set(LIGHT)
    assert {one.status for one in results.values()} == {"marked"}
    assert workers() == []


@pytest.mark.processes
def test_ps_shows_which_process_is_a_graders_worker() -> None:
    worker = Worker(spec(), 0)
    try:
        process = psutil.Process(worker.process.pid)
        deadline = time.monotonic() + 60
        while process.name() != "grader's worker" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.name() == "grader's worker"
    finally:
        worker.process.kill()
        worker.end()


def workers() -> list[psutil.Process]:
    """Those that this process has started."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "autograder.grading.worker" in child.cmdline():
                found.append(child)
    return found


class ClassRun:
    """`autograder mark` as a process of its own, whose words are read as they come."""

    def __init__(self, source: Path, marks: Path) -> None:
        command = [
            sys.executable,
            "-u",
            "-m",
            "autograder.cli",
            "mark",
            str(source),
            "-o",
            str(marks),
            "--data",
            "digits",
            "--jobs",
            "1",  # each worker takes seconds to start
        ]
        environment = {**os.environ, "COLUMNS": "160"}
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            # A test run in the background ignores Ctrl-C, and so would this.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.lines: list[str] = []
        self.first = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if self.marked():
                self.first.set()
        self.first.set()

    def marked(self) -> list[str]:
        """The students that were marked so far, in this run."""
        found = (re.match(r"  (\S+): (\d|withheld)", line) for line in self.lines)
        return [match[1] for match in found if match]

    def end(self, kind: signal.Signals | None = None) -> int:
        if kind is not None:
            self.process.send_signal(kind)
        status = self.process.wait()
        self._reader.join()
        return status


@pytest.mark.processes
@pytest.mark.xdist_group("kill")
def test_kill_9_and_ctrl_c_lose_nothing_and_repeat_nothing(
    light_class: Path, light_marks: Path, tmp_path: Path
) -> None:
    """A marking that is killed, one that is stopped, and the last: its marks are those of an undisturbed one."""
    marks = with_seed_of(light_marks, tmp_path / "marks")

    killed = ClassRun(light_class, marks)
    assert killed.first.wait(300)
    killed.end(signal.SIGKILL)
    kept = cached(marks)
    assert kept

    stopped = ClassRun(light_class, marks)
    assert stopped.first.wait(300)
    assert stopped.end(signal.SIGINT) == 130, stopped.lines
    partial = Results.read(marks / "results.json")
    assert {student.student for student in partial.students} == {path.stem for path in (marks / "cache").glob("*.json")}
    assert (marks / "index.html").is_file()
    assert "Run the same command to continue" in "".join(stopped.lines)

    last = ClassRun(light_class, marks)
    assert last.end() == 0, last.lines
    assert kept.items() <= cached(marks).items(), "somebody was marked twice"
    # Ctrl-C may fall between the writing of a line and the forgetting of it, which prints it once more.
    assert len(kept) + len(set(stopped.marked())) + len(last.marked()) == len(LIGHT)
    assert (marks / "results.json").read_bytes() == (light_marks / "results.json").read_bytes()
    wait_until(lambda: not fork_servers())  # a killed marking leaves no processes


@pytest.mark.processes
@pytest.mark.slow
def test_kill_9_twenty_times_in_a_class_of_thirty(tmp_path: Path) -> None:
    students = [path for path in sorted(SUBMISSIONS.iterdir()) if path.is_dir() and path.name != "endless-loop"]
    for number in range(30):
        shutil.copytree(students[number % len(students)], tmp_path / "class" / f"student-{number:02}")
    undisturbed, marks = tmp_path / "undisturbed", tmp_path / "marks"
    first = ClassRun(tmp_path / "class", undisturbed)
    assert first.end() == 0, first.lines
    with_seed_of(undisturbed, marks)
    moment = random.Random(9)
    kept: dict[str, int] = {}
    for _ in range(20):
        run = ClassRun(tmp_path / "class", marks)
        time.sleep(moment.uniform(1, 40))
        run.end(signal.SIGKILL)
        assert kept.items() <= cached(marks).items(), "somebody was marked twice"
        kept = cached(marks)
    last = ClassRun(tmp_path / "class", marks)
    assert last.end() == 0, last.lines
    assert kept.items() <= cached(marks).items()
    assert len(last.marked()) == 30 - len(kept)
    assert (marks / "results.json").read_bytes() == (undisturbed / "results.json").read_bytes()
    wait_until(lambda: not fork_servers())  # a killed marking leaves no processes


def cached(marks: Path) -> dict[str, int]:
    """The students in the cache, each with what tells one writing of their entry from the next."""
    return {path.name: path.stat().st_ino for path in (marks / "cache").glob("*.json")}


def fork_servers() -> set[str]:
    """The fork servers that nobody owns any more: their worker is gone."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"autograder-fork-server-" in command and parent == "1":
            found.add(path.name)
    return found


@pytest.mark.processes
def test_a_broken_sandbox_stops_the_marking_with_a_clear_word(tmp_path: Path) -> None:
    done = autograder("mark", SUBMISSIONS, "-o", tmp_path, "--sandbox", "no-such-kind")
    assert done.returncode == 2
    assert "there is no kind of sandbox called 'no-such-kind'" in done.stderr


@pytest.mark.processes
def test_without_a_sandbox_every_page_says_so(light_class: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(light_class / "release-1", Path(folder, "in", "release"))
        done = autograder(
            "mark", Path(folder, "in"), "-o", Path(folder, "marks"), "--unsafe-no-sandbox", "--data", "digits"
        )
        assert done.returncode == 0, done.stderr
        results = Results.read(Path(folder, "marks", "results.json"))
        assert not results.sandboxed
        assert results.promises == []
        for page in (Path(folder, "marks", "index.html"), Path(folder, "marks", "students", "release", "index.html")):
            assert "Marked without a sandbox" in page.read_text()
        # A mark that was made without a sandbox is made again in one.
        again = autograder("mark", Path(folder, "in"), "-o", Path(folder, "marks"), "--data", "digits")
        assert "1 marked in" in again.stdout
        sandboxed = Results.read(Path(folder, "marks", "results.json"))
        assert sandboxed.sandboxed
        assert len(sandboxed.promises) >= 13
        assert "promises, all held" in Path(folder, "marks", "index.html").read_text()
