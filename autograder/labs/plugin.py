"""The pytest plugin that runs checks on one submission and turns what they conclude into results."""

from __future__ import annotations

import hashlib
import json
import traceback
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autograder.judge.oracle import Nameless, Oracle
from autograder.judge.verdict import Blocked, NotAttempted, Verdict
from autograder.labs.catalogue import check_id, code_digest
from autograder.labs.context import Context
from autograder.labs.examination import Examination
from autograder.labs.findings import CachedChecks, Findings, Place
from autograder.labs.naming import ToName, name_mistakes
from autograder.labs.respondents import Respondents
from autograder.manifest import PACKAGE
from autograder.results import CheckResult
from autograder.states import CHECK_BADGES

MARKERS = (
    "task(id): the task that a check belongs to",
    "points(n): what the check is worth; comes from course.yml",
    "public: students can run it themselves",
    "hidden: only the marker has it",
    "needs(id, …): checks of the same task, or task/check, that must have passed",
)
PLACE: pytest.StashKey[Place] = pytest.StashKey()
DETAILS: pytest.StashKey[str] = pytest.StashKey()  # of the grader's own error


@dataclass(eq=False)  # pytest keeps its plugins in sets
class ChecksPlugin:
    """Runs the checks of `tasks` (default: all), hidden ones if `hidden`, and puts what they conclude into `findings`.

    `namer` knows mistakes by name; by default, that is the context's own oracle. `cached` holds what an earlier run
    found; `tell` hears which task is being checked.
    """

    context: Context
    respondents: Respondents
    findings: Findings
    tasks: Collection[str] | None = None
    hidden: bool = True
    namer: Oracle | None = None
    cached: CachedChecks | None = None
    tell: Callable[[str], object] | None = None
    to_name: list[ToName] = field(default_factory=list)
    reports: dict[Place, pytest.TestReport] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """Why check files could not be used: each with its line and the error."""
    _task: str = ""

    # --- set-up -------------------------------------------------------------------------------------------------------

    @pytest.hookimpl
    def pytest_configure(self, config: pytest.Config) -> None:
        for line in MARKERS:
            config.addinivalue_line("markers", line)
        if not config.pluginmanager.hasplugin("terminal"):
            config.option.tbstyle = "no"  # a traceback for each check that does not pass costs more than most checks

    @pytest.hookimpl
    def pytest_exception_interact(self, node: Any, call: pytest.CallInfo[Any], report: Any) -> None:
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            self.broken.append(_placed(call.excinfo.value, node.path))

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            task, check = _place(item)
            points = self.context.assignment.task(task).checks.get(check)
            wanted = (self.tasks is None or task in self.tasks) and (self.hidden or _public(item))
            if points is None:
                self.broken.append(f"{item.path}: course.yml gives no points to {task}/{check}")
                raise pytest.UsageError(self.broken[-1])
            item.add_marker(pytest.mark.points(points))
            (kept if wanted else dropped).append(item)
        items[:] = kept
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    @pytest.fixture
    def examination(self, request: pytest.FixtureRequest) -> Examination:
        """The submission under examination, for the check that asks for it."""
        task, check = _place(request.node)
        hidden = not _public(request.node)
        return Examination(self.context, self.findings, self.respondents, task, check, hidden, Nameless())

    # --- each check ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Takes the result of an earlier run where nothing has changed on which this check depends."""
        place = _place(item)
        if self.tell is not None and place[0] != self._task:
            self.tell(self.context.assignment.task(place[0]).title)
        self._task = place[0]
        if self.cached is not None and self.findings.recall(place, self._key(item, self.cached), self.cached):
            return True
        return None

    def _key(self, item: pytest.Item, cached: CachedChecks) -> str:
        """The digest of a check's own code, its points, and the results before it that it may look at."""
        place = task, check = _place(item)
        assignment = self.context.assignment
        before = [
            [*other, result.status, result.score]
            for other, result in self.findings.results.items()
            if other[0] == task or other in _needed(item)
        ]
        described = [
            cached.shared,
            code_digest(item.path, item.name.split("[")[0]),
            assignment.task(task).checks[check],
            {data: band.model_dump(mode="json") for data, band in assignment.bands.get(task, {}).items()},
            before,
        ]
        return hashlib.sha256(json.dumps([place, described], sort_keys=True).encode()).hexdigest()

    @pytest.hookimpl
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for needed in _needed(item):
            result = self.findings.results.get(needed)
            if result is None or result.status in ("passed", "partial"):
                continue
            if result.status == "not attempted":
                raise NotAttempted(result.message)
            raise Blocked(f"Blocked until this passes: “{result.title}”")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "call" or call.excinfo is not None:
            result = self._conclude(item, call)
            report.outcome = "passed" if result.status == "passed" else "failed"
            report.longrepr = item.stash[DETAILS] if result.status == "error" else words_of(result)
            report.sections = []
            if result.status in ("failed", "partial"):
                self.reports[_place(item)] = report
        return report

    def _conclude(self, item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
        place = task, check = _place(item)
        points = float(next(item.iter_markers("points")).args[0])
        sentence = " ".join((getattr(item, "function", item).__doc__ or "").split("\n\n")[0].split())
        findings = self.findings
        told: dict[str, Any] = {"status": "passed", "score": points}
        if call.excinfo is not None:
            problem = call.excinfo.value
            if isinstance(problem, (KeyboardInterrupt, pytest.exit.Exception)):
                raise problem
            if isinstance(problem, Verdict):
                told = concluded(problem, points)
                if problem.status in ("failed", "partial") and problem.nameable and not problem.sentence:
                    assert isinstance(item, pytest.Function)
                    self.to_name.append(ToName(place, not _public(item), item.obj))
            else:  # whatever else goes wrong is ours
                words = f"The grader itself failed here, not your code: {type(problem).__name__}: {str(problem)[:500]}"
                told = {"status": "error", "score": 0, "message": words}
                item.stash[DETAILS] = str(call.excinfo.getrepr(style="short"))
        result = CheckResult(
            id=check,
            max_score=points,
            public=_public(item),
            title=sentence,
            pictures=sorted(name for name in findings.pictures if name.startswith(f"{task}-{check}")),
            measured=findings.measured.get(place),
            fingerprint=findings.fingerprints.get(place, ""),
            **told,
        )
        findings.results[place] = result
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """After all checks, the mistakes get their names."""
        ran = yield
        namer = self.namer or self.context.oracle
        if self.to_name and namer.seed == self.context.oracle.seed:
            name_mistakes(self.to_name, self.context, self.findings, self.respondents, namer)
        elif self.to_name and self.respondents.several:
            with self.respondents.another() as others:
                name_mistakes(self.to_name, self.context, self.findings, others, namer)
        for place, report in self.reports.items():
            report.longrepr = words_of(self.findings.results[place])
        return ran

    # --- what the terminal shows --------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        write = terminalreporter.write_line
        score = total = 0.0
        for task in self.findings.task_results(self.context.assignment):
            score, total = score + task.score, total + (0 if task.extra else task.max_score)
            write("")
            write(f"{task.title}: {task.score:g} of {task.max_score:g}{' (extra credit)' if task.extra else ''}")
            for check in task.checks:
                kind = "" if check.public else "  (hidden)"
                write(f"  {CHECK_BADGES[check.status].sign} {check.score:g}/{check.max_score:g}  {check.title}{kind}")
        write("")
        write(f"{score:g} of {total:g} points")


def _placed(error: BaseException, path: Path) -> str:
    """An error while a check file was imported, with the last line of ours that it came from."""
    error = error.__cause__ or error  # pytest wraps some
    line = None
    if isinstance(error, SyntaxError) and error.filename:
        path, line = Path(error.filename), error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).is_relative_to(PACKAGE) or Path(frame.filename) == path:
                path, line = Path(frame.filename), frame.lineno
    what = error.msg if isinstance(error, SyntaxError) else error
    return f"{path}, line {line}: {type(error).__name__}: {what}"


def words_of(result: CheckResult) -> str | None:
    """What is said of a check that did not pass."""
    return None if result.status == "passed" else f"{result.message}\n{result.hint}".strip()


def concluded(verdict: Verdict, points: float) -> dict[str, Any]:
    """The fields of a result that a verdict decides on."""
    return {
        "status": verdict.status,
        "score": round(points * verdict.fraction, 2),
        "message": verdict.said,
        "hint": verdict.hint,
        "diagnosis": verdict.diagnosis,
    }


def _place(item: pytest.Item) -> Place:
    if PLACE not in item.stash:
        item.stash[PLACE] = str(next(item.iter_markers("task")).args[0]), check_id(item.name)
    return item.stash[PLACE]


def _needed(item: pytest.Item) -> list[Place]:
    """The checks that must have passed before this one."""
    task, _ = _place(item)
    parts = [needed.rpartition("/") for mark in item.iter_markers("needs") for needed in mark.args]
    return [(other or task, check) for other, _, check in parts]


def _public(item: pytest.Item) -> bool:
    return item.get_closest_marker("public") is not None
