"""Is only the student's time counted, and never the machine's?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.sandbox import student_time
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer
from autograder.sandbox.student_time import PATIENCE, MachineBusyError, StudentTime, Usage


class Machine:
    """A clock, and a student process that gets `share` of a processor and sleeps for `sleeping` of the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, share: float = 0, sleeping: float = 0, answers: bool = True):
        self.now, self.share, self.sleeping, self.answers = 0.0, share, sleeping, answers
        monkeypatch.setattr(student_time.time, "monotonic", lambda: self.now)

    def measure(self) -> Usage | None:
        if not self.answers:
            raise TimeoutError("the supervisor has to wait, too")
        return Usage(self.now * self.share, self.now * self.sleeping)

    def run(self, clock: StudentTime, at_most: float = 10_000) -> float:
        """Waits as long as the clock says; the time when it says that the limit is reached."""
        while (left := clock.left()) > 0:
            assert self.now < at_most
            self.now += left
        return self.now


def test_who_computes_all_the_time_has_the_limit_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, share=1)
    clock = StudentTime(30, 1, machine.measure)
    assert machine.run(clock) == pytest.approx(30, abs=0.1)
    assert not clock.was_busy
    assert clock.used() == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("sleeping", [1.0, 0.6])
def test_who_sleeps_uses_up_the_limit_too(monkeypatch: pytest.MonkeyPatch, sleeping: float) -> None:
    machine = Machine(monkeypatch, share=1 - sleeping, sleeping=sleeping)
    clock = StudentTime(30, 1, machine.measure)
    assert machine.run(clock) == pytest.approx(30, abs=0.1)
    assert not clock.was_busy


def test_waiting_for_a_processor_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, share=0.1)
    clock = StudentTime(30, 1, machine.measure)
    assert machine.run(clock) == pytest.approx(1 + 29 / 0.1, rel=0.01)
    assert clock.was_busy


def test_threads_share_the_limit_and_the_clock_bounds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four threads that compute at once have the limit each; one of four that computes alone gets more."""
    machine = Machine(monkeypatch, share=4)
    assert machine.run(StudentTime(30, 4, machine.measure)) == pytest.approx(30, abs=0.1)
    machine = Machine(monkeypatch, share=8)
    assert machine.run(StudentTime(30, 1, machine.measure)) == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("answers", [True, False])
def test_when_patience_ends_it_is_not_the_student_who_ran_out_of_time(
    monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    machine = Machine(monkeypatch, share=0.001, answers=answers)
    with pytest.raises(MachineBusyError, match="busy with other work"):
        machine.run(StudentTime(30, 1, machine.measure), 2 * PATIENCE * 30)
    assert machine.now >= PATIENCE * 30


def test_what_nobody_can_measure_any_more_counts_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a submission that computes and then crashes, again and again, would use up nothing of its budget."""
    machine = Machine(monkeypatch, share=1)
    ended = False

    def measure() -> Usage | None:
        if ended:
            raise BrokenPipeError("the process has ended")
        return machine.measure()

    clock = StudentTime(30, 1, measure)
    machine.now += 1
    clock.left()
    machine.now, ended = 20, True
    assert clock.used() == pytest.approx(20)


def test_where_the_system_does_not_tell_the_clock_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    assert machine.run(StudentTime(30, 1, lambda: None)) == pytest.approx(30, abs=0.1)


COMPUTING = """
import os, time

def computed(seconds):
    while time.process_time() < seconds:
        pass
    return 1

def computed_by_children(seconds):
    for _ in range(2):
        child = os.fork()
        if not child:
            computed(seconds)
            os._exit(0)
        os.waitpid(child, 0)
    return 1

def slept(seconds):
    time.sleep(seconds)
    return 1
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("code", "computing", "asleep"),
    [("computed(0.5)", 0.4, 0.0), ("computed_by_children(0.5)", 0.8, 0.0), ("slept(1.5)", 0.0, 1.0)],
)
def test_a_supervisor_adds_up_the_time_of_all_processes(
    fork_server: ForkServer, tmp_path: Path, code: str, computing: float, asleep: float
) -> None:
    (tmp_path / "script.py").write_text(f"{COMPUTING}\nright = {code}\n")
    with StudentProcess(fork_server, tmp_path, Limits()) as process:
        process._load("right", {})
        usage = process._usage()
    assert usage is not None
    assert usage.computing >= computing
    assert usage.asleep >= asleep
