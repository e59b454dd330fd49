"""Runs a lab's checks on one submission with pytest, turns what they conclude into results, and names the mistakes."""

from __future__ import annotations

import hashlib
import json
import os
import traceback
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from autograder.course import CourseError, check_id
from autograder.judge.fault import is_the_answers, told
from autograder.judge.oracle import Nameless, Oracle
from autograder.judge.verdict import Blocked, NotAttempted, Verdict
from autograder.labs.catalogue import code_digest
from autograder.labs.context import Context
from autograder.labs.examination import Examination
from autograder.labs.findings import CachedChecks, Findings, Place
from autograder.labs.forms import evidence_of
from autograder.labs.lab import LABS
from autograder.labs.respondents import Respondents
from autograder.manifest import PACKAGE
from autograder.results import CheckResult
from autograder.states import CHECK_BADGES

QUIET = [
    f"-pno:{plugin}"
    for plugin in (
        "terminal",
        "cacheprovider",
        "warnings",
        "faulthandler",
        "logging",
        "junitxml",
        "pastebin",
        "threadexception",
        "unraisableexception",
    )
]
MOST_WORDS = 6000  # characters of a message, of which an answer may have made some
UNJUDGED = "This answer could not be judged: it is like none that this check was made for."
UNJUDGED_HINT = (
    "Compare its type, shape and values with what the task asks for. Whoever marks your work is told to look at it."
)
FILE = "file"  # a file of the submission that the grader reads itself
MARKERS = (
    "task(id): the task that a check belongs to",
    "public: students can run it themselves",
    "hidden: only the marker has it",
    "needs(id, …): checks of the same task, or task/check, that must have passed",
    "rests_on(procedure, field, …): the measured fields of an answer that its points rest on, or rests_on('file')",
)


class ChecksError(CourseError):
    """The checks could not be run: the fault of whoever wrote them."""


def run_checks(
    context: Context,
    respondents: Respondents,
    tasks: Collection[str] | None = None,
    hidden: bool = True,
    namer: Oracle | None = None,
    cached: CachedChecks | None = None,
    tell: Callable[[str], object] | None = None,
) -> Findings:
    """What the checks of `tasks` (default: all) find, hidden ones too if `hidden`.

    `namer` names mistakes in a second pass, with inputs of its own seed; without one, the context's oracle names them
    as they are found. `cached` holds what an earlier run found; `tell` hears the title of each task. Raises
    `ChecksError` where the checks could not be run, and `KeyboardInterrupt`.
    """
    findings = Findings()
    arguments: list[str] = []
    for task in context.lab.assignment.tasks:
        file = str(context.lab.folder / f"test_{task.notebook}.py")
        if (tasks is None or task.id in tasks) and file not in arguments:
            arguments.append(file)
    # The plugin here is the one that `conftest.py` would make of pytest's options.
    # Without the cut, pytest would list every folder on the way from / to the checks, whatever lies in them.
    arguments += ["-s", "--assert=plain", "--noconftest", f"--rootdir={LABS}", f"--confcutdir={LABS}"]
    arguments += [f"-c{os.devnull}", *QUIET]
    plugin = ChecksPlugin(context, respondents, findings, tasks, hidden, namer, cached, tell)
    # Plugins and options of whoever runs this are no business of the checks.
    with mock.patch.dict(os.environ, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}):
        status = pytest.main(arguments, plugins=[plugin])
    if plugin.broken:  # pytest calls this an interruption, too
        raise ChecksError(f"the checks cannot be run, through no fault of the submission: {'; '.join(plugin.broken)}")
    if status == pytest.ExitCode.INTERRUPTED:  # by Ctrl-C: whoever is above is to hear of it
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise ChecksError(f"the checks in {context.lab.folder} could not be run (pytest ended with {status!r})")
    return findings


class Declaration(NamedTuple):
    """What a check says of itself, and its points in `course.yml`."""

    place: Place
    public: bool
    needs: list[Place]
    """The checks that must have passed before."""
    points: float
    sentence: str


DECLARATION: pytest.StashKey[Declaration] = pytest.StashKey()
DETAILS: pytest.StashKey[str] = pytest.StashKey()  # of the grader's own error


@dataclass(frozen=True)
class ToName:
    """A check that lost points for a reason that may be a known mistake."""

    place: Place
    hidden: bool
    check: Callable[..., Any]


@dataclass(eq=False)  # pytest keeps its plugins in sets
class ChecksPlugin:
    """Runs the checks of `tasks` (default: all), hidden ones if `hidden`, and puts what they conclude into `findings`.

    `namer` names mistakes in a second pass, with inputs of its own seed; without one, the context's oracle names them
    as they are found. `cached` holds what an earlier run found; `tell` hears which task is being checked.
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
        """Chooses the checks, and puts the hidden ones last: what they are asked reaches nobody who could tell it."""
        kept: dict[bool, list[pytest.Item]] = {True: [], False: []}  # by whether they are public
        secret: set[Place] = set()
        dropped: list[pytest.Item] = []
        for item in items:
            public = item.get_closest_marker("public") is not None
            task = str(next(item.iter_markers("task")).args[0])
            if (self.hidden or public) and (self.tasks is None or task in self.tasks):
                declared = item.stash[DECLARATION] = self._declared(item, task, public)
                kept[public].append(item)
                if not public:
                    secret.add(declared.place)
            else:
                dropped.append(item)
        for item in kept[True]:
            if secret.intersection(item.stash[DECLARATION].needs):
                self.broken.append(f"{item.path}: {item.name} is public, so it cannot need a hidden check")
                raise pytest.UsageError(self.broken[-1])
        items[:] = kept[True] + kept[False]
        if dropped:
            config.hook.pytest_deselected(items=dropped)

    def _declared(self, item: pytest.Item, task: str, public: bool) -> Declaration:
        check = check_id(item.name)
        points = self.context.lab.assignment.task(task).checks.get(check)
        if points is None:
            self.broken.append(f"{item.path}: course.yml gives no points to {task}/{check}")
            raise pytest.UsageError(self.broken[-1])
        unsound = _no_evidence(item)
        if unsound:
            self.broken.append(f"{item.path}: {item.name} {unsound}")
            raise pytest.UsageError(self.broken[-1])
        needs = []
        for mark in item.iter_markers("needs"):
            for needed in mark.args:
                other, _, one = needed.rpartition("/")
                needs.append((other or task, one))
        sentence = " ".join((getattr(item, "function", item).__doc__ or "").split("\n\n")[0].split())
        return Declaration((task, check), public, needs, float(points), sentence)

    @pytest.fixture
    def examination(self, request: pytest.FixtureRequest) -> Examination:
        """The submission under examination, for the check that asks for it."""
        declared = request.node.stash[DECLARATION]
        task, check = declared.place
        oracle, hidden = self.context.oracle, not declared.public
        self.respondents.heard = False
        mistakes = oracle if self.namer is None else Nameless()
        return Examination(self.context, oracle, self.findings, self.respondents, task, check, hidden, mistakes)

    # --- each check ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Takes the result of an earlier run where nothing has changed on which this check depends.

        Names the mistakes that public checks have found before the first hidden check.
        """
        place = item.stash[DECLARATION].place
        if self.to_name and not item.stash[DECLARATION].public:
            self._name_mistakes(hidden=False)
        if self.tell is not None and place[0] != self._task:
            self.tell(self.context.lab.assignment.task(place[0]).title)
        self._task = place[0]
        if self.cached is not None and self.findings.recall(place, self._key(item, self.cached), self.cached):
            return True
        return None

    def _key(self, item: pytest.Item, cached: CachedChecks) -> str:
        """The digest of a check's own code, its points, and the results before it that it may look at."""
        place, _, needs, points, _ = item.stash[DECLARATION]
        bands = self.context.lab.assignment.bands.get(place[0], {})
        before = [
            [*other, result.status, result.score]
            for other, result in self.findings.results.items()
            if other[0] == place[0] or other in needs
        ]
        described = [
            cached.shared,
            code_digest(item.path, item.name.split("[")[0]),
            points,
            {data: band.model_dump(mode="json") for data, band in bands.items()},
            before,
        ]
        return hashlib.sha256(json.dumps([place, described], sort_keys=True).encode()).hexdigest()

    @pytest.hookimpl
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for needed in item.stash[DECLARATION].needs:
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
            report.longrepr = None
            report.sections = []
            if result.status != "passed":
                report.longrepr = item.stash.get(DETAILS, words_of(result))
            if result.status in ("failed", "partial"):
                self.reports[item.stash[DECLARATION].place] = report
        return report

    def _conclude(self, item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
        place, public, _, points, sentence = item.stash[DECLARATION]
        task, check = place
        findings = self.findings
        found: dict[str, Any] = {"status": "passed", "score": points}
        if call.excinfo is not None:
            problem = call.excinfo.value
            if isinstance(problem, (KeyboardInterrupt, pytest.exit.Exception)):
                raise problem
            if isinstance(problem, Verdict):
                score = round(points * problem.fraction, 2)
                found = {"status": problem.status, "score": score, **words_from(problem)}
                findings.sentences[place] = problem.sentence
                if self.namer is not None and problem.status in ("failed", "partial") and problem.nameable:
                    assert isinstance(item, pytest.Function)
                    self.to_name.append(ToName(place, not public, item.obj))
            else:  # whatever else goes wrong is ours
                found = self._failure(problem, self.respondents)
                item.stash[DETAILS] = str(call.excinfo.getrepr(style="short"))
        result = CheckResult(
            id=check,
            max_score=points,
            public=public,
            title=sentence,
            pictures=sorted([name for name in findings.pictures if name.startswith(f"{task}-{check}")]),
            measured=findings.measured.get(place),
            fingerprint=findings.fingerprints.get(place, ""),
            **found,
        )
        findings.results[place] = result
        return result

    def _failure(self, error: BaseException, respondents: Respondents) -> dict[str, Any]:
        """What a result says of an exception of our own: the check fails where an answer is to blame."""
        if respondents.heard and is_the_answers(error):
            return {
                "status": "failed",
                "score": 0,
                "message": UNJUDGED,
                "hint": UNJUDGED_HINT,
                "unjudged": f"while it judged the answer: {told(error)}",
            }
        return {"status": "error", "score": 0, "message": grader_error(error)}

    # --- the second pass ----------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """After all checks, `namer` names the mistakes that are not named yet."""
        ran = yield
        self.respondents.forget()
        for hidden in (False, True) if self.to_name else ():
            self._name_mistakes(hidden)
        return ran

    def _name_mistakes(self, hidden: bool) -> None:
        """Names the mistakes that public checks have found, or hidden ones, in processes of their own."""
        lost = [one for one in self.to_name if one.hidden == hidden]
        self.to_name = [one for one in self.to_name if one.hidden != hidden]
        if lost and self.namer is not None:
            if hidden:
                self.respondents.end_public()
            with self.respondents.another() as others:
                self._name(lost, self.namer, others)

    def _name(self, losses: list[ToName], namer: Oracle, respondents: Respondents) -> None:
        """Runs each check that lost points again with the inputs for which `namer` knows what each mistake answers.

        Decides on a name and a sentence, and on no point. A failure of the grader here withholds the mark all the same,
        unless an answer is to blame.
        """
        results = self.findings.results
        for lost in losses:
            respondents.heard = False
            try:
                lost.check(
                    Examination(self.context, namer, self.findings, respondents, *lost.place, lost.hidden, namer)
                )
            except Verdict as verdict:
                if verdict.diagnosis:
                    results[lost.place] = results[lost.place].model_copy(update=words_from(verdict))
                    self.findings.sentences[lost.place] = verdict.sentence
            except Exception as error:
                found = self._failure(error, respondents)
                if found["status"] == "failed":  # the points stand
                    found = {"unjudged": f"while it looked for the mistake's name: {told(error)}"}
                results[lost.place] = results[lost.place].model_copy(update=found)
        for place, report in self.reports.items():
            report.longrepr = words_of(results[place])

    # --- what the terminal shows --------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        write = terminalreporter.write_line
        score = total = 0.0
        for task in self.findings.task_results(self.context.lab.assignment):
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


def grader_error(error: BaseException) -> str:
    """What is said of a failure of our own."""
    return f"The grader itself failed here, not your code: {type(error).__name__}: {str(error)[:500]}"


def words_of(result: CheckResult) -> str:
    """What is said of a check that did not pass."""
    return f"{result.message}\n{result.hint}".strip()


def words_from(verdict: Verdict) -> dict[str, Any]:
    """The fields of a result that say what a verdict says: the known mistake's sentence follows the message."""
    message = verdict.message
    if len(message) > MOST_WORDS:
        message = f"{message[:MOST_WORDS]} …"
    message = f"{message}\n{verdict.sentence}" if verdict.sentence else message
    return {"message": message, "hint": verdict.hint, "diagnosis": verdict.diagnosis}


def _no_evidence(item: pytest.Item) -> str:
    """Why a check's points would rest on the word of a student's process; empty where they rest on evidence."""
    fields = 0
    for mark in item.iter_markers("rests_on"):
        if mark.args == (FILE,):
            fields += 1
            continue
        procedure, *named = mark.args
        evidence = evidence_of(procedure)
        for name in named:
            if not evidence.get(name, False):
                what = "is only told" if name in evidence else "is no field of its answer"
                return f"cannot rest on {name!r} of {procedure.__module__}.{procedure.__name__}, which {what}"
            fields += 1
    return "" if fields else "rests on nothing that is measured (@pytest.mark.rests_on)"
