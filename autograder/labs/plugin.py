"""The pytest plugin that runs checks on one submission and turns what they conclude into results."""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
from collections.abc import Collection, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from autograder.course import CourseError
from autograder.judge.verdict import Blocked, Failed, NotAttempted, Partial, Verdict
from autograder.labs.catalogue import check_id, code_digest
from autograder.labs.examination import Examination
from autograder.results import CheckResult
from autograder.states import CHECK_BADGES

MARKERS = (
    "task(id): the task that a check belongs to",
    "points(n): what the check is worth; comes from course.yml",
    "public: students can run it themselves",
    "hidden: only the marker has it",
    "needs(id, …): checks of the same task, or task/check, that must have passed",
)


class ChecksPlugin:
    """Runs the checks of `tasks` (default: all) on an examination."""

    def __init__(
        self,
        examination: Examination | None = None,
        tasks: Collection[str] | None = None,
        hidden: bool = True,
    ) -> None:
        self.current = examination
        self.tasks = tasks
        self.hidden = hidden
        self._stack = ExitStack()
        self._details: dict[tuple[str, str], str] = {}

    # --- set-up -------------------------------------------------------------------------------------------------------

    @pytest.hookimpl
    def pytest_configure(self, config: pytest.Config) -> None:
        for line in MARKERS:
            config.addinivalue_line("markers", line)
        if not config.pluginmanager.hasplugin("terminal"):
            config.option.tbstyle = "no"  # a traceback for each check that does not pass costs more than most checks

    @pytest.hookimpl
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if self.current is None:
            self.current = _from_options(session.config, self._stack)

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        self._stack.close()

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        assert self.current is not None
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            task, check = _name(item)
            points = self.current.assignment.task(task).checks.get(check)
            wanted = (self.tasks is None or task in self.tasks) and (self.hidden or _public(item))
            if points is None:
                raise pytest.UsageError(f"course.yml gives no points to {task}/{check}")
            item.add_marker(pytest.mark.points(points))
            (kept if wanted else dropped).append(item)
        items[:] = kept
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    @pytest.fixture
    def examination(self) -> Examination:
        """The submission under examination."""
        assert self.current is not None
        return self.current

    # --- each check ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Takes the result of an earlier run where nothing has changed on which this check depends."""
        assert self.current is not None
        place = _name(item)
        if self.current.tell is not None and place[0] != self.current.current[0]:
            self.current.tell(self.current.assignment.task(place[0]).title)
        self.current.current, self.current.secret = place, not _public(item)
        if self.current.known is not None and self.current.recall(place, self._key(item)):
            return True
        return None

    def _key(self, item: pytest.Item) -> str:
        """The digest of a check's own code, its points, and the results before it that it may look at."""
        assert self.current is not None
        assert self.current.known is not None
        place = task, check = _name(item)
        assignment = self.current.assignment
        before = [
            [*other, result.status, result.score, result.message]
            for other, result in self.current.results.items()
            if other[0] == task or other in _needed(item)
        ]
        described = [
            self.current.known.shared,
            code_digest(item.path, item.name.split("[")[0]),
            assignment.task(task).checks[check],
            {data: band.model_dump(mode="json") for data, band in assignment.bands.get(task, {}).items()},
            before,
        ]
        return hashlib.sha256(json.dumps([place, described], sort_keys=True).encode()).hexdigest()

    @pytest.hookimpl
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        assert self.current is not None
        for needed in _needed(item):
            result = self.current.results.get(needed)
            if result is None or result.status in ("passed", "partial"):
                continue
            if result.status == "not attempted":
                raise NotAttempted(result.message)
            raise Blocked(f"Waits for “{result.title}”.")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        outcome = yield
        report: pytest.TestReport = outcome.get_result()
        if call.when == "call" or call.excinfo is not None:
            result = self._conclude(item, call)
            report.outcome = "passed" if result.status == "passed" else "failed"
            report.longrepr = None if result.status == "passed" else f"{result.message}\n{result.hint}".strip()
            if result.status == "error":
                report.longrepr = self._details[_name(item)]
            report.sections = []

    def _conclude(self, item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
        assert self.current is not None
        task, check = _name(item)
        points = float(next(item.iter_markers("points")).args[0])
        sentence = " ".join((getattr(item, "function", item).__doc__ or "").split("\n\n")[0].split())
        result = CheckResult(
            id=check, status="passed", score=points, max_score=points, public=_public(item), title=sentence
        )
        if call.excinfo is not None:
            problem = call.excinfo.value
            if isinstance(problem, (KeyboardInterrupt, pytest.exit.Exception)):
                raise problem
            result.score = 0
            information = call.excinfo
            said: BaseException = problem
            if isinstance(problem, (Failed, Partial)):
                try:
                    said = self.current.diagnosed(problem, lambda twin: _run(item, twin))
                except Exception as error:
                    said, information = error, pytest.ExceptionInfo.from_exception(error)
            if isinstance(problem, Verdict) and isinstance(said, Verdict):
                result.status = problem.status  # type: ignore[assignment]
                result.score = round(points * problem.fraction, 2)
                result.message, result.hint, result.diagnosis = said.message, said.hint, said.diagnosis
            else:  # whatever else goes wrong is ours
                result.status = "error"
                result.message = f"The grader failed here: {type(said).__name__}: {str(said)[:500]}"
                self._details[task, check] = str(information.getrepr(style="short"))
        earlier = {one.message for (other, _), one in self.current.results.items() if other == task}
        if result.status in ("failed", "partial") and result.message in earlier:
            result.message, result.hint = "The same as above.", ""
        pictures = [name for name in self.current.pictures if name.startswith(f"{task}-{check}")]
        result.pictures = sorted(pictures)
        result.measured, result.fingerprint = self.current.remarks((task, check))
        self.current.results[task, check] = result
        return result

    # --- what the terminal shows --------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        assert self.current is not None
        write = terminalreporter.write_line
        score = total = 0.0
        for task in self.current.task_results():
            score, total = score + task.score, total + (0 if task.extra else task.max_score)
            write("")
            write(f"{task.title}: {task.score:g} of {task.max_score:g}{' (extra credit)' if task.extra else ''}")
            for check in task.checks:
                kind = "" if check.public else "  (hidden)"
                write(f"  {CHECK_BADGES[check.status].sign} {check.score:g}/{check.max_score:g}  {check.title}{kind}")
        write("")
        write(f"{score:g} of {total:g} points")


def _name(item: pytest.Item) -> tuple[str, str]:
    return str(next(item.iter_markers("task")).args[0]), check_id(item.name)


def _run(item: pytest.Item, examination: Examination) -> None:
    """Runs a check on another examination than the current one."""
    assert isinstance(item, pytest.Function)
    given = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    item.obj(**{**given, "examination": examination})


def _needed(item: pytest.Item) -> list[tuple[str, str]]:
    """The checks that must have passed before this one."""
    task, _ = _name(item)
    parts = [needed.rpartition("/") for mark in item.iter_markers("needs") for needed in mark.args]
    return [(other or task, check) for other, _, check in parts]


def _public(item: pytest.Item) -> bool:
    return item.get_closest_marker("public") is not None


def _from_options(config: pytest.Config, stack: ExitStack) -> Examination:
    """The examination that `pytest autograder/labs/<lab> --submission FOLDER` asks for."""
    from autograder.labs.lab import Setting
    from autograder.sandbox.client import ForkServer, StudentProcess
    from autograder.submission.collect import SubmissionError, single_submission

    folder = config.getoption("submission")
    if not folder:
        raise pytest.UsageError("say whose work is checked: --submission FOLDER")
    lab = next((Path(arg).resolve() for arg in config.args), Path.cwd())
    lab = lab.parent if lab.is_file() else lab
    try:
        setting = Setting.find(lab.name)
    except CourseError as error:
        raise pytest.UsageError(str(error)) from None
    seed = config.getoption("seed")
    seed = secrets.randbits(32) if seed is None else seed
    print(f"seed {seed} (give --seed {seed} to repeat)")
    staging = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-")))
    try:
        submission = single_submission(Path(folder), staging, setting.assignment.limits)
    except SubmissionError as error:
        raise pytest.UsageError(str(error)) from None
    fork_server = ForkServer(_sandbox(config), setting.assignment.limits)
    stack.callback(fork_server.close)

    def student_process() -> StudentProcess:
        return StudentProcess(fork_server, submission.folder, setting.lab, setting.assignment.limits, threads=2)

    return stack.enter_context(
        Examination(
            lab=setting.lab,
            assignment=setting.assignment,
            respondent=stack.enter_context(student_process()),
            restart=student_process,
            folder=submission.folder,
            oracle=setting.oracle(seed),
            hidden_seed=seed,
        )
    )


def _sandbox(config: pytest.Config) -> Any:
    """The layers of the sandbox; None in a student's own package, which has none, and where none is wanted."""
    import importlib.util

    if config.getoption("unsafe_no_sandbox") or importlib.util.find_spec("autograder.sandbox.layers") is None:
        return None
    from autograder.sandbox.layers.choice import SandboxError, choose

    try:
        return choose()
    except SandboxError as error:
        raise pytest.UsageError(str(error)) from None
