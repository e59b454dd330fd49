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

from autograder.candidate.process import Candidate
from autograder.checks import plugin
from autograder.checks.setting import Setting
from autograder.course import Limits
from autograder.marking import marker
from autograder.marking.examine import Desk, Marked, Order
from autograder.marking.examiner import Job
from autograder.marking.journal import Journal, JournalError, Known
from autograder.marking.marker import Progress
from autograder.marking.pool import Pool
from autograder.results import Results
from autograder.submission.collect import Submission, find_submissions
from tests.conftest import ROOT, autograder

SUBMISSIONS = ROOT / "tests" / "submissions"
LIGHT = ("half-done", "no-weights", "release", "syntax-error")


def order() -> Order:
    """Without a cage, on the small data: what is tested here is the engine."""
    return Order(ROOT / "course.yml", "lab4", "digits", "cpu", 7, 1)


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class whose weights nobody needs to evaluate."""
    folder = tmp_path_factory.mktemp("light")
    for student in LIGHT:
        shutil.copytree(SUBMISSIONS / student, folder / student, ignore=shutil.ignore_patterns("*.pt"))
    return folder


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
def test_an_examiner_takes_its_share_of_the_cores_and_no_more_threads_than_are_asked_for(
    asked: str, usable: int, jobs: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(marker, "cores", lambda: usable)
    run = marker.Marking(Setting.find("lab4"), tmp_path, Journal(tmp_path), "digits", "cpu", None, None, Progress())
    assert run._staff(7, jobs, 30).order.threads == threads


# --- check by check ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    opened = Desk(order())
    yield opened
    opened.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The procedures that candidates are asked for."""
    found: list[str] = []
    original = Candidate._request

    def request(self: Candidate, message: dict[str, Any], seconds: float) -> Any:
        if message["kind"] == "call":
            found.append(message["procedure"])
        return original(self, message, seconds)

    monkeypatch.setattr(Candidate, "_request", request)
    return found


def marked(desk: Desk, folder: Path, known: Known) -> Marked:
    return desk.mark(Submission("half-done", folder / "half-done" / "lab4"), "students/half-done", known)


def test_a_changed_check_is_asked_again_and_no_other(
    desk: Desk, light: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = marked(desk, light, Known("shared"))
    assert len(first.checks) == len(first.result.tasks and list(first.result.checks))
    assert asked
    asked.clear()
    known = Known("shared", first.checks, first.notes)
    again = marked(desk, light, known)
    assert asked == []
    assert again.result == first.result

    digest = plugin.code_digest
    monkeypatch.setattr(
        plugin, "code_digest", lambda path, name: digest(path, name) + ("!" if name == "test_conv1_output" else "")
    )
    third = marked(desk, light, known)
    assert asked == ["values"]
    assert third.result == first.result

    asked.clear()
    marked(desk, light, Known("other grader", first.checks))  # what all checks share has changed
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
    with Journal(tmp_path).alone():
        with pytest.raises(JournalError, match="another run is marking"):
            with Journal(tmp_path).alone():
                pass


# --- deaths -----------------------------------------------------------------------------------------------------------


def test_the_death_of_an_examiner_costs_nobody_a_mark(light: Path, tmp_path: Path) -> None:
    submissions = find_submissions(light, "lab4", tmp_path, Limits())
    jobs = [Job(one, one.student, Known("")) for one in submissions]
    killed: list[int] = []

    def kill() -> None:
        while not killed:
            for child in examiners():
                child.kill()
                killed.append(child.pid)
            time.sleep(0.1)

    threading.Thread(target=kill, daemon=True).start()
    results = {job.submission.student: given.result for job, given in Pool(order(), 2).mark(jobs)}
    assert killed
    assert set(results) == set(LIGHT)
    assert {one.status for one in results.values()} == {"marked"}
    assert examiners() == []


def examiners() -> list[psutil.Process]:
    """Those that this process has started."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "autograder.marking.examiner" in child.cmdline():
                found.append(child)
    return found


class Marking:
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
            "1",  # each examiner takes seconds to start
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


def test_kill_9_and_ctrl_c_lose_nothing_and_repeat_nothing(light: Path, tmp_path: Path) -> None:
    """A marking that is killed, one that is stopped, and the last: its marks are those of an undisturbed one."""
    undisturbed, marks = tmp_path / "undisturbed", tmp_path / "marks"
    assert Marking(light, undisturbed).end() == 0
    with_seed_of(undisturbed, marks)

    killed = Marking(light, marks)
    assert killed.first.wait(300)
    killed.end(signal.SIGKILL)
    kept = journaled(marks)
    assert kept

    stopped = Marking(light, marks)
    assert stopped.first.wait(300)
    assert stopped.end(signal.SIGINT) == 130, stopped.lines
    partial = Results.read(marks / "results.json")
    assert {student.student for student in partial.students} == {
        path.stem for path in (marks / "journal").glob("*.json")
    }
    assert (marks / "index.html").is_file()
    assert "Run the same command to go on" in "".join(stopped.lines)

    last = Marking(light, marks)
    assert last.end() == 0, last.lines
    assert kept.items() <= journaled(marks).items(), "somebody was marked twice"
    # Ctrl-C may fall between the writing of a line and the forgetting of it, which prints it once more.
    assert len(kept) + len(set(stopped.marked())) + len(last.marked()) == len(LIGHT)
    assert (marks / "results.json").read_bytes() == (undisturbed / "results.json").read_bytes()
    time.sleep(3)
    assert nurseries() == set(), "a killed marking left processes"


@pytest.mark.slow
def test_kill_9_twenty_times_in_a_class_of_thirty(tmp_path: Path) -> None:
    students = [path for path in sorted(SUBMISSIONS.iterdir()) if path.is_dir() and path.name != "endless-loop"]
    for number in range(30):
        shutil.copytree(students[number % len(students)], tmp_path / "class" / f"student-{number:02}")
    undisturbed, marks = tmp_path / "undisturbed", tmp_path / "marks"
    first = Marking(tmp_path / "class", undisturbed)
    assert first.end() == 0, first.lines
    with_seed_of(undisturbed, marks)
    moment = random.Random(9)
    kept: dict[str, int] = {}
    for _ in range(20):
        run = Marking(tmp_path / "class", marks)
        time.sleep(moment.uniform(1, 40))
        run.end(signal.SIGKILL)
        assert kept.items() <= journaled(marks).items(), "somebody was marked twice"
        kept = journaled(marks)
    last = Marking(tmp_path / "class", marks)
    assert last.end() == 0, last.lines
    assert kept.items() <= journaled(marks).items()
    assert len(last.marked()) == 30 - len(kept)
    assert (marks / "results.json").read_bytes() == (undisturbed / "results.json").read_bytes()
    time.sleep(3)
    assert nurseries() == set(), "a killed marking left processes"


def with_seed_of(marks: Path, others: Path) -> None:
    """Gives a MARKS folder that is to be the secret seed of another one."""
    (others / "journal").mkdir(parents=True)
    shutil.copyfile(marks / "journal" / "seed", others / "journal" / "seed")


def journaled(marks: Path) -> dict[str, int]:
    """The students in the journal, each with what tells one writing of their entry from the next."""
    return {path.name: path.stat().st_ino for path in (marks / "journal").glob("*.json")}


def nurseries() -> set[str]:
    """The nurseries that nobody owns any more: their examiner is gone."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"autograder.candidate.nursery" in command and parent == "1":
            found.add(path.name)
    return found


def test_a_broken_cage_stops_the_marking_with_a_clear_word(tmp_path: Path) -> None:
    done = autograder("mark", SUBMISSIONS, "-o", tmp_path, "--cage", "no-such-kind")
    assert done.returncode == 2
    assert "there is no kind of cage called 'no-such-kind'" in done.stderr


def test_without_a_cage_every_page_says_so(light: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(light / "release", Path(folder, "in", "release"))
        done = autograder(
            "mark", Path(folder, "in"), "-o", Path(folder, "marks"), "--unsafe-no-cage", "--data", "digits"
        )
        assert done.returncode == 0, done.stderr
        results = Results.read(Path(folder, "marks", "results.json"))
        assert not results.caged
        assert results.promises == []
        for page in (Path(folder, "marks", "index.html"), Path(folder, "marks", "students", "release", "index.html")):
            assert "Marked without a cage" in page.read_text()
        # A mark that was made without a cage is made again in one.
        again = autograder("mark", Path(folder, "in"), "-o", Path(folder, "marks"), "--data", "digits")
        assert "1 marked in" in again.stdout
        caged = Results.read(Path(folder, "marks", "results.json"))
        assert caged.caged
        assert len(caged.promises) >= 13
        assert "promises, all held" in Path(folder, "marks", "index.html").read_text()
