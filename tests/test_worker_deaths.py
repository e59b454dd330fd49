"""Does the death of a worker cost anybody a mark?"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from autograder.course import Limits
from autograder.grading.grader import GradingSpec
from autograder.grading.worker import START, Job, Worker
from autograder.grading.worker_pool import LocalWorkers
from autograder.labs.findings import CachedChecks
from autograder.labs.lab import open_lab
from autograder.submission.collect import find_submissions
from tests.conftest import LIGHT


def spec() -> GradingSpec:
    """Without a sandbox, on the small data: what is tested here is the engine."""
    return GradingSpec(open_lab("lab4"), "digits", "cpu", 7, 1)


@pytest.mark.processes
def test_the_death_of_a_worker_costs_nobody_a_mark(light_class: Path, tmp_path: Path) -> None:
    submissions = find_submissions(light_class, "lab4", tmp_path, Limits()).submissions
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
@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
def test_a_worker_and_its_fork_server_have_names_and_nothing_of_the_markers(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is forked from the worker before that is told anything; both share what the libraries take."""
    monkeypatch.setenv("TOKEN_OF_THE_MARKER", "hunter2")
    worker = Worker(spec(), 0)
    try:
        while not worker.ready:
            worker.connection.poll(None)
            assert worker.read_reply()[0] == "ready"
            worker.ready = True
        process = psutil.Process(worker.process.pid)
        assert process.name() == "grader's worker"  # as `ps` shows it
        [server] = process.children()
        assert server.name() == "fork server"
        assert "autograder-fork-server-" in " ".join(server.cmdline())
        for process in (server, worker.process):
            assert b"hunter2" not in Path(f"/proc/{process.pid}/environ").read_bytes()
        held = [os.readlink(path) for path in Path(f"/proc/{server.pid}/fd").iterdir()]
        assert len([name for name in held if name.startswith("socket:")]) == 1, held
    finally:
        worker.end()


def workers() -> list[psutil.Process]:
    """Those that this process has started."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if str(START) in child.cmdline():
                found.append(child)
    return found
