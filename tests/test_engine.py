"""Does the engine redo only what has changed, survive the death of its parts, and stop when it is told to?"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.grading import class_run
from autograder.grading.cache import Cache, CacheError
from autograder.grading.class_run import RunListener
from autograder.grading.grader import Grader, GradingSpec, Marked, withheld
from autograder.grading.worker import Job
from autograder.grading.worker_pool import WorkerPool
from autograder.labs import run as labs_run
from autograder.labs.context import Context
from autograder.labs.findings import SAME, SAME_MISTAKE, CachedChecks, Findings
from autograder.labs.kinds.saved_weights_procedures import load_file
from autograder.labs.lab import Lab, open_lab
from autograder.labs.respondents import Respondents
from autograder.labs.run import ChecksError, run_checks
from autograder.results import CheckResult, Results
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.layers.choice import SandboxError
from autograder.sandbox.own_kernel import Kernel
from autograder.submission.taken_in import Submission
from tests.conftest import SUBMISSIONS, autograder
from tests.judging import LAB, Here, definitions_of, live_oracle


def spec() -> GradingSpec:
    """Without a sandbox, on the small data: what is tested here is the engine."""
    return GradingSpec(open_lab("lab4"), "digits", "cpu", 7, 1)


# --- cores ---


@pytest.mark.parametrize(
    ("asked", "usable", "jobs", "threads"),
    [
        ("", 8, 2, 1),
        ("1", 8, 2, 1),
        ("16", 8, 2, 4),
        ("2,1", 8, 1, 2),
        ("none", 4, 1, 1),
        ("", 1, 1, 1),
        ("0", 2, 2, 1),
    ],
)
def test_a_worker_takes_one_thread_and_where_more_are_asked_for_at_most_its_share_of_the_cores(
    asked: str, usable: int, jobs: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(class_run, "cores", lambda: usable)
    run = class_run.ClassRun(open_lab("lab4"), tmp_path, Cache(tmp_path), "digits", "cpu", None, None, RunListener())
    assert run._pool(7, jobs, 30).spec.threads == threads


# --- a busy machine ---


class BusyAtFirst(WorkerPool[Any]):
    """Marks nothing: every second submission meets a busy machine where others are marked beside it."""

    def __init__(self, alone: bool, asked: list[tuple[str, bool]]) -> None:
        self.alone, self.asked = alone, asked

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        for number, job in enumerate(jobs):
            self.asked.append((job.submission.student, self.alone))
            words = "a busy machine" if number % 2 and not self.alone else "as it is"
            result = withheld(open_lab("lab4"), job.submission.student, [words])
            yield job, Marked(result, {}, busy=3 if words == "a busy machine" else 0)

    start_workers = wait_for_replies = on_idle_death = on_refusal = None  # type: ignore[assignment]


def test_what_ran_out_of_time_on_a_busy_machine_is_marked_again_alone_and_only_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(class_run.ClassRun, "_pool", lambda run, seed, jobs, to_do: BusyAtFirst(jobs == 1, asked))
    for student in ("ada", "ben", "eve", "max"):
        (tmp_path / "class" / student).mkdir(parents=True)
        (tmp_path / "class" / student / "notes.py").write_text("x = 1\n")
    warned: list[str] = []
    outcome = class_run.mark_class(
        open_lab("lab4"), tmp_path / "class", tmp_path / "marks", "digits", listener=RunListener(warned=warned.append)
    )
    assert asked == [("ada", False), ("ben", False), ("eve", False), ("max", False), ("ben", True), ("max", True)]
    assert [student.messages for student in outcome.results.students] == [["as it is"]] * 4
    assert outcome.again == {"ben": 3, "max": 3}
    assert warned == ["The machine was too busy for 2 submissions: marking again, alone."]


# --- a broken check file ---


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("import nothing_of_the_kind", "ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ("def check(:", "SyntaxError: invalid syntax"),
        ("nobody.knows()", "NameError: name 'nobody' is not defined"),
    ],
)
def test_an_error_in_a_check_file_is_told_with_its_line_and_is_neither_ctrl_c_nor_a_zero(
    line: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = open_lab("lab4")
    file = tmp_path / "test_4_1_simple_cnn.py"
    file.write_text(f'"""Checks."""\n\n{line}\n')
    monkeypatch.setattr(Lab, "folder", tmp_path)
    kernel = Kernel({})
    with pytest.raises(ChecksError, match=re.escape(f"{file}, line 3: {error}")):
        run_checks(Context(lab, tmp_path, lab.live_oracle(7)), Respondents(lab, kernel), ["simple-cnn"])
    kernel.close()


# --- who is asked, and when ---


class Process:
    """Stands for a process of the student's; has no answers."""

    notes: tuple[str, ...] = ()
    ended = False

    def end(self) -> None:
        self.ended = True


def test_who_could_listen_is_ended_before_the_first_hidden_question_and_nobody_is_asked_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Process] = []

    def start() -> Process:
        started.append(Process())
        return started[-1]

    monkeypatch.setattr(Respondents, "_answer", lambda self, whom, *_: whom)
    first = Process()
    asked = Respondents(open_lab("lab4"), first, start)
    reader = asked._reader = start()
    assert asked.ask(load_file, [], {"file": 0}) is first
    assert asked.ask(load_file, [], {"file": 1}, afresh=True) is reader  # it has run nothing of the student's
    assert asked._reader is None, "what runs the student's code reads weights no more"
    other = asked._reader = start()
    hidden = asked.ask(load_file, [], {"file": 1}, hidden=True, afresh=True)
    assert first.ended
    assert reader.ended
    assert other.ended
    assert hidden not in (first, reader, other)
    assert asked.ask(load_file, [], {"file": 2}, hidden=True) not in (first, reader, other, hidden)
    assert asked.ask(load_file, [], {"file": 0}) is first, "it is asked each question once"
    with pytest.raises(RuntimeError, match="after a hidden one"):
        asked.ask(load_file, [], {"file": 2.5})
    assert not hidden.ended
    asked.__exit__()
    assert all(one.ended for one in started)


def test_all_that_is_hidden_is_asked_last_also_to_name_mistakes_and_pages_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = ["train-evaluate", "save-load", "load-image"]
    wrong = live_oracle().variant(LAB.mistakes["load-image"]["always-inverted"])
    history: list[tuple[bool, int]] = []
    alive: dict[int, bool] = {}  # whether it was asked something hidden

    class Watched(Here):
        def end(self) -> None:
            alive.pop(id(self), None)
            super().end()

    answer = Respondents._answer

    def watched(self: Respondents, whom: Watched, procedure: Any, uses: Any, arguments: Any, hidden: bool) -> Any:
        knew = alive.setdefault(id(whom), hidden)
        assert knew == hidden, "one process is asked public and hidden questions"
        assert len(set(alive.values())) == 1, "one process could listen to another"
        history.append((hidden, len(alive)))
        return answer(self, whom, procedure, uses, arguments, hidden)

    monkeypatch.setattr(Respondents, "_answer", watched)
    context = Context(LAB, tmp_path, LAB.oracle(11), data="digits")
    with Watched(definitions_of(wrong)) as first:
        start = lambda: Watched(definitions_of(wrong))  # noqa: E731
        with Respondents(LAB, first, start) as respondents:
            findings = run_checks(context, respondents, tasks, namer=live_oracle())
    assert [result.message for result in findings.results.values() if result.status == "error"] == []
    asked = [hidden for hidden, _ in history]
    assert asked == sorted(asked)
    assert sum(asked) == 3, "in a fresh process, more kinds of images, and those once more for the mistake's name"
    assert max(count for hidden, count in history if not hidden) > 1, "processes were seen beside one another"
    results = {task.id: task.checks for task in findings.task_results(LAB.assignment)}
    for task in tasks:
        assert [check.id for check in results[task]] == list(LAB.assignment.task(task).checks)
    assert [check.diagnosis for check in results["load-image"]] == ["always-inverted", "always-inverted", None]
    assert results["load-image"][1].message.endswith(SAME_MISTAKE)


def test_a_public_check_cannot_need_a_hidden_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (LAB.folder / "test_4_1_simple_cnn.py").read_text()
    marks = '@pytest.mark.task("simple-cnn")\n@pytest.mark.'
    turned = source.replace(f"{marks}public", f"{marks}hidden", 1)
    (tmp_path / "test_4_1_simple_cnn.py").write_text(turned)
    monkeypatch.setattr(Lab, "folder", tmp_path)
    kernel = Kernel({})
    with pytest.raises(ChecksError, match="test_same_function is public, so it cannot need a hidden check"):
        run_checks(Context(LAB, tmp_path, LAB.oracle(7)), Respondents(LAB, kernel), ["simple-cnn"])
    kernel.close()


def test_same_as_above_stands_below_and_a_public_check_says_it_of_public_ones_alone() -> None:
    words = {"history": "a", "loss-falls": "a", "same-training": "b", "evaluate-counts": "b", "eval-mode": "b"}
    findings = Findings()
    for check in sorted(words, key="same-training".__eq__):  # as they are asked, what is hidden last
        public = check != "same-training"
        findings.results["train-evaluate", check] = CheckResult(
            id=check, status="failed", score=0, max_score=1, public=public, message=words[check]
        )
    [task] = findings.task_results(LAB.assignment)
    assert [check.message for check in task.checks] == ["a", SAME, "b", "b", SAME]


# --- check by check ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    opened = Grader(spec())
    yield opened
    opened.close()


@pytest.mark.processes
@pytest.mark.skipif("__import__('torch').cuda.is_available()", reason="there is a GPU here")
def test_where_student_code_cannot_use_the_gpu_nobody_is_marked() -> None:
    """A right network would fail there. (On a machine with a GPU, test_gpu sees the same in a sandbox.)"""
    with pytest.raises(SandboxError, match=r"(?s)The GPU cannot be used in a student process: .*--device cpu"):
        Grader(replace(spec(), device="cuda"))


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

    digest = labs_run.code_digest
    monkeypatch.setattr(
        labs_run, "code_digest", lambda path, name: digest(path, name) + ("!" if name == "test_conv1_output" else "")
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
        return labs_run.code_digest(path, "test_a"), labs_run.code_digest(path, "test_b")

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


def test_another_assignment_is_refused_by_the_marks_of_one(tmp_path: Path) -> None:
    Cache(tmp_path).require("lab4")
    Cache(tmp_path).require("lab4")
    with pytest.raises(CacheError, match="holds the marks of lab4; choose another folder for lab5"):
        Cache(tmp_path).require("lab5")


def test_marks_from_before_folders_knew_their_assignment_are_refused_too(tmp_path: Path) -> None:
    results = Results(course="Deep learning", assignment="lab4", data="digits", sandbox="none", device="cpu", schema=1)
    results.write(tmp_path / "results.json")
    with pytest.raises(CacheError, match="holds the marks of lab4"):
        Cache(tmp_path).require("lab5")


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
