"""Does a marking that is killed or stopped lose anything, or repeat anything?"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autograder.results import Results
from tests.conftest import LIGHT, ROOT, SUBMISSIONS, with_seed_of
from tests.loopback import wait_until


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
