"""Marks a class: collects the submissions, skips the unchanged ones, has workers mark the rest, keeps every result.

The cache keeps what the checks found. Flags, lateness and people's decisions are added each time results are written.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import Assignment
from autograder.data import chosen_data
from autograder.grading.cache import Cache, CachedResult, CacheError, depends_on
from autograder.grading.flags import flagged
from autograder.grading.grader import GradingSpec, Marked, withheld
from autograder.grading.lateness import spelt_as_in, with_lateness
from autograder.grading.overrides import Decision, OverridesError, apply, fit_course, misfits, read_overrides
from autograder.grading.times import KEPT, Times, find_times, read_times
from autograder.grading.worker import Job, gpus
from autograder.grading.worker_pool import LocalWorkers, ThisProcess, WorkerPool
from autograder.labs.findings import CachedChecks
from autograder.labs.lab import Lab
from autograder.results import AGAIN, NotTakenIn, Promise, Results, ResultsError, StudentResult, folder_name
from autograder.sandbox.layers.choice import Layers
from autograder.sandbox.own_program import can_fork
from autograder.storage import write_whole
from autograder.submission.collect import TOLD, SubmissionError, find_submissions, require_source
from autograder.submission.names import alphabetical, composed, listed
from autograder.submission.taken_in import Submission, TakenIn
from autograder.submission.versions import notebook_of
from autograder.wall import Wall

if TYPE_CHECKING:
    from autograder.grading.cluster import Cluster

ASK_AGAIN = "Nothing that was handed in could be read"  # the beginning of a flag
LATE_BY_UNKNOWN = "calls this late, but not since when"  # in a flag, after the course system's name


@dataclass
class RunListener:
    """Is told how a run goes: `started` with the number of students, then for each `marking` as a worker begins, and
    `done` with the result and whether it was marked now; `warned` with a sentence about the machine, or the cluster's
    workers."""

    started: Callable[[int], None] = lambda total: None
    marking: Callable[[str], None] = lambda student: None
    done: Callable[[StudentResult, bool], None] = lambda result, fresh: None
    warned: Callable[[str], None] = lambda sentence: None


@dataclass
class Outcome:
    """The results, which students were marked in this run, and how many were not when Ctrl-C stopped it."""

    results: Results
    fresh: list[str] = field(default_factory=list)
    left: int = 0
    times: Times | None = None
    """When the submissions came; None if the assignment has no deadline."""
    overrides: list[Decision] = field(default_factory=list)
    misfits: list[Decision] = field(default_factory=list)
    """Overrides of students or checks that are not in the results."""
    extended: list[str] = field(default_factory=list)
    """Names in the course file's extensions that no student of the class has."""
    gone: list[str] = field(default_factory=list)
    """Students who were in the results, and are no longer in the class."""
    unreadable: list[str] = field(default_factory=list)
    """Students who have no mark yet, since their work, or a part of it, did not come through."""
    again: dict[str, int] = field(default_factory=dict)
    """Students who were marked again alone, and how many of their questions had run out of time on a busy machine."""
    wall: Wall = field(default_factory=Wall)
    """On whom the grader has failed."""


def mark_class(
    lab: Lab,
    source: Path,
    marks: Path,
    data: str = "auto",
    device: str = "cpu",
    jobs: int | None = None,
    listener: RunListener | None = None,
    layers: Layers | None = None,
    times: Path | None = None,
    cluster: Cluster | None = None,
    only_these: bool = False,
) -> Outcome:
    """Marks all submissions in `source` and writes `marks/results.json` and the students' pictures.

    `data` is "auto", "mnist" or "digits". `jobs` is the number of workers (default: one for each core, or for each
    GPU). `layers` is the sandbox, None for none. `times` is a file that says when submissions came. With `cluster` its
    workers mark, in sandboxes of their own, and `jobs` and `layers` count for nothing. KeyboardInterrupt ends the run
    early, and the results of those who are marked are written. `only_these` lets most of those go who have results and
    are not in `source`.

    Raises `SubmissionError` if there are no submissions, or most of those in the results would go, `CourseError` if
    `course.yml` and the checks disagree, `SandboxError` if the sandbox does not hold, `MarkingError` if no worker can
    mark, `CacheError`, `TimesError`, and `OverridesError` (also at the end, if the file was edited meanwhile; what was
    marked is kept).
    """
    _ = lab.checks  # first of all: do the checks and course.yml agree?
    require_inputs(lab, Path(source), Path(marks), times)
    data, _ = chosen_data(data)  # type: ignore[arg-type]
    marks = Path(marks)
    cache = Cache(marks)
    with cache.alone() as staging:
        assignment = lab.assignment
        limits, notebooks = assignment.limits, assignment.notebooks
        taken_in = find_submissions(Path(source), lab.name, staging, limits, notebooks, lab.release)
        gone = _gone(marks, [submission.student for submission in taken_in.submissions], only_these)
        timed = bool(assignment.deadline or times)
        known = find_times(taken_in.submissions, marks, times, assignment.zone) if timed else None
        run = ClassRun(lab, marks, cache, data, device, layers, known, listener or RunListener(), cluster)
        outcome = run.mark(taken_in, jobs)
        outcome.gone = gone
        return outcome


def require_inputs(lab: Lab, source: Path, marks: Path, times: Path | None) -> None:
    """Raises what `mark_class` raises for a folder or a file that cannot be right, before anything takes time."""
    require_source(source)
    _require_apart(source, marks)
    if marks.exists() and not marks.is_dir():
        raise CacheError(f"{marks}: is a file; choose a folder with -o")
    fit_course(read_overrides(marks), lab.assignment, marks)
    kept = marks / KEPT
    if times is not None or (lab.assignment.deadline and kept.is_file()):
        read_times(times or kept, lab.assignment.zone)
    Cache(marks).require(lab.name)


def _gone(marks: Path, students: list[str], only_these: bool) -> list[str]:
    """Those who are in the results and not among these students; `SubmissionError` if that is most of them."""
    try:
        before = Results.read(marks / "results.json").names
    except ResultsError:
        return []
    there = {composed(student) for student in students}
    gone = [student for student in before if composed(student) not in there]
    if len(gone) > len(before) / 2 and not only_these:
        who = listed([repr(student) for student in gone])
        raise SubmissionError(
            f"{marks}: has the marks of {len(before)} students, and {len(gone)} of them are not in this class ({who})."
            " Give the folder of the whole class, or another MARKS folder with -o. If they are to go, add --only-these."
        )
    return gone


def withhold(results: Results, wall: Wall, marks: Path) -> Results:
    """The results without the marks of those on whom the grader has failed since; these are tried again next time."""
    decisions = read_overrides(marks, results.names)
    students = [_decided(student, wall, decisions, marks) for student in wall.settled(results.students)]
    results = results.model_copy(update={"students": students})
    results.write(marks / "results.json")
    for student in wall.failures:
        Cache(marks).forget(student)
    return results


def _decided(student: StudentResult, wall: Wall, decisions: list[Decision], marks: Path) -> StudentResult:
    """A result on which the grader has failed, with people's decisions on it, if those can be applied."""
    if student.student in wall.failures:
        with wall.around(student.student, "applying decisions"):
            return apply(student, decisions, marks)
    return student


def _require_apart(source: Path, marks: Path) -> None:
    """Raises `SubmissionError` if the marks would be written among the submissions: they would be taken for one."""
    inner, outer = marks.resolve(), source.resolve()
    if inner == outer or outer in inner.parents:
        raise SubmissionError(f"{marks}: is inside the submissions folder {source}; choose another folder with -o")


def cores() -> int:
    """The cores that this process may use; in a batch job those can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_wanted() -> int | None:
    """The number of threads in OMP_NUM_THREADS, which torch uses too; None if it is not set to a number."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else None


@dataclass(frozen=True)
class ToDo:
    """A submission to be marked, the digest of what its result will depend on, and that of its files."""

    job: Job
    digest: str
    files: str


@dataclass
class ClassRun:
    """One run over a class."""

    lab: Lab
    marks: Path
    cache: Cache
    data: str
    device: str
    layers: Layers | None
    times: Times | None
    listener: RunListener
    cluster: Cluster | None = None
    wall: Wall = field(default_factory=lambda: Wall(passed=(OverridesError,)))
    taken_in: TakenIn = field(default_factory=lambda: TakenIn([]))
    assignment: Assignment = field(init=False)
    """The lab's, with its extensions' names spelt as the class spells them."""

    def __post_init__(self) -> None:
        self.assignment = self.lab.assignment

    def mark(self, taken_in: TakenIn, jobs: int | None) -> Outcome:
        """Marks what has changed and writes the results."""
        started = time.monotonic()
        lab, cache = self.lab, self.cache
        self.taken_in, submissions = taken_in, taken_in.submissions
        names = [submission.student for submission in submissions]
        decisions = read_overrides(self.marks, names)
        self.assignment = spelt_as_in(lab.assignment, names)
        seed = cache.seed()
        has_sandbox = self.cluster.sandbox if self.cluster else self.layers
        # Marks that were made without a sandbox are made again if there is one.
        sandboxed = "in a sandbox" if has_sandbox else "without a sandbox"
        digests = depends_on(lab, self.data, self.device, str(seed), sandboxed)
        self.listener.started(len(submissions))
        entries: dict[str, CachedResult] = {}
        to_do: list[ToDo] = []
        for submission in submissions:
            with self.wall.around(submission.student, "reading the submission"):
                if submission.failure:
                    self.wall.fail(submission.student, "taking in the files", submission.failure)
                    continue
                found = self._known(submission, *digests)
                if isinstance(found, ToDo):
                    to_do.append(found)
                else:
                    entries[submission.student] = found
                    self.listener.done(self._settled(found.result, decisions), False)
        fresh: list[str] = []
        left = 0
        again: dict[str, int] = {}
        by_job = {each.job.name: each for each in to_do}
        try:
            for job, marked in self._mark([each.job for each in to_do], seed, jobs, again):
                student = job.submission.student
                with self.wall.around(student, "storing the result"):
                    entries[student] = self._kept(by_job[job.name], marked)
                    fresh.append(student)
                    self.listener.done(self._settled(entries[student].result, decisions), True)
        except KeyboardInterrupt:
            left = len(submissions) - len(set(entries) | set(self.wall.failures))
        for student in self.wall.failures:
            entries[student] = CachedResult("", withheld(lab, student, []), "", [], CachedChecks(""))
        outcome = self._written(list(entries.values()))
        outcome.fresh, outcome.left, outcome.again, outcome.wall = fresh, left, again, self.wall
        for result in outcome.results.students:
            with self.wall.around(result.student, "looking for what could not be read"):
                if result.no_mark_yet:
                    outcome.unreadable.append(result.student)
        outcome.extended = sorted(set(self.assignment.extensions) - set(names))
        for student in self.wall.failures:
            cache.forget(student)
        if fresh:
            self._write_timing(entries.values(), time.monotonic() - started)
        return outcome

    def _mark(
        self, jobs: list[Job], seed: int, workers: int | None, again: dict[str, int]
    ) -> Iterator[tuple[Job, Marked]]:
        """Marks the submissions; those for which the machine was too busy are marked again at the end, alone.

        `again` receives their students, and how many of their questions had run out of time.
        """
        postponed: list[Job] = []
        for job, marked in self._begun(self._pool(seed, workers, len(jobs))).mark(jobs):
            if marked.busy:
                again[job.submission.student] = marked.busy
                postponed.append(job)
            else:
                yield job, marked
        if postponed:
            count = len(postponed)
            self.listener.warned(
                f"The machine was too busy for {count} submission{'' if count == 1 else 's'}: marking again, alone."
            )
            yield from self._begun(self._pool(seed, 1, 1)).mark(postponed)

    def _begun(self, pool: WorkerPool[Any] | ThisProcess) -> WorkerPool[Any] | ThisProcess:
        """The pool, whose progress the listener hears."""
        pool.begun = lambda job: self.listener.marking(job.submission.student)
        return pool

    def _known(self, submission: Submission, whole: str, shared: str) -> CachedResult | ToDo:
        """The result of an earlier run, if nothing has changed that it depends on, or else what is to be done."""
        files = submission.digest()
        own = f"{files}\n{chr(10).join(submission.problems)}".encode()
        digest = hashlib.sha256(whole.encode() + own).hexdigest()
        part = hashlib.sha256(shared.encode() + own).hexdigest()
        entry = self.cache.find(submission.student)
        if entry is not None and entry.digest == digest:
            return entry
        known = entry.known if entry is not None and entry.known.shared == part else CachedChecks(part)
        return ToDo(Job(submission, f"students/{folder_name(submission.student)}", known), digest, files)

    def _kept(self, done: ToDo, marked: Marked) -> CachedResult:
        """Keeps what was found of a submission, and its pictures."""
        result = marked.result.model_copy(update={"submission": done.files})
        folder = self.marks / done.job.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in marked.pictures.items():
            (folder / name).write_bytes(picture)
        known = CachedChecks(done.job.known.shared, marked.checks, marked.notes)
        entry = CachedResult(done.digest, result, marked.sandbox, marked.promises, known, marked.seconds)
        self.cache.keep(entry)
        return entry

    def _pool(self, seed: int, jobs: int | None, to_do: int) -> WorkerPool[Any] | ThisProcess:
        """The workers: on this machine, or in the cluster."""
        if self.cluster is None and not can_fork():
            return ThisProcess(GradingSpec(self.lab, self.data, self.device, seed, 1))
        if self.cluster is not None:
            from autograder.grading.cluster import ClusterWorkers

            spec = GradingSpec(self.lab, self.data, self.device, seed, 1)
            return ClusterWorkers(spec, self.cluster, self.listener.warned)
        most = (gpus() or 1) if self.device == "cuda" else cores()
        jobs = max(1, min(jobs or most, to_do))
        # Two threads that share a busy core wait for each other: marking takes five times as long then.
        threads = max(1, min(cores() // jobs, threads_wanted() or 1))
        return LocalWorkers(GradingSpec(self.lab, self.data, self.device, seed, threads, self.layers), jobs)

    def _settled(self, result: StudentResult, decisions: list[Decision]) -> StudentResult:
        """A student's result with lateness and people's decisions on top of what the checks found."""
        submission = next(each for each in self.taken_in.submissions if each.student == result.student)
        result = result.model_copy(update={"person": submission.person})
        submitted = self.times.known.get(result.student) if self.times else None
        late = with_lateness(result, self.assignment, submitted, self.times.whose(result.student) if self.times else "")
        if submitted is None and self.times:
            late = late.model_copy(update={"flags": [*late.flags, *_untimed(submission, self.times)]})
        late = late.model_copy(
            update={"flags": [*late.flags, *_of_files(submission, result, self.assignment.notebooks)]}
        )
        if submission.unread and not result.unread:
            late = late.model_copy(update={"unread": submission.unread})
        if late.unread:
            flag = f"{ASK_AGAIN}: {late.unread.rstrip('.')}. Ask for it {AGAIN}."
            late = late.model_copy(update={"flags": [*late.flags, flag]})
        elif result.status == "marked" and not result.score:
            late = late.model_copy(update={"unread": _did_not_come_through(late.flags)})
        return apply(late, decisions, self.marks)

    def _written(self, entries: list[CachedResult]) -> Outcome:
        """Writes the results of these students."""
        lab = self.lab
        names = [entry.result.student for entry in entries]
        decisions = read_overrides(self.marks, names)  # again: somebody may have decided meanwhile
        fit_course(decisions, lab.assignment, self.marks)
        sandboxes = sorted(
            {entry.sandbox for entry in entries if entry.sandbox},
            key=lambda sandbox: (not sandbox.startswith("none"), sandbox),
        )
        promises = max((entry.promises for entry in entries), key=len, default=[])
        found = sorted((entry.result for entry in entries), key=lambda result: alphabetical(result.student))

        def compared(students: list[StudentResult]) -> list[StudentResult]:
            return flagged(students, lab.reference, lab.assignment, lab.release, self.data)

        def results(students: list[StudentResult]) -> Results:
            whole = Results(
                schema=1,
                course=lab.course,
                assignment=lab.name,
                data=self.data,
                sandbox="; ".join(sandboxes),
                device=self.device,
                promises=[Promise.model_validate(promise) for promise in promises],
                students=[_decided(student, self.wall, decisions, self.marks) for student in students],
                left_out=_not_taken_in(self.taken_in),
            )
            whole.to_json()
            return whole

        settled = []
        for result in self.wall.whole("comparing it with others", found, compared):
            settled.append(result)
            with self.wall.around(result.student, "applying lateness and decisions"):
                settled[-1] = self._settled(result, decisions)
        written = self.wall.whole("storing the result", settled, results)
        written.write(self.marks / "results.json")
        return Outcome(written, times=self.times, overrides=decisions, misfits=misfits(written.students, decisions))

    def _write_timing(self, entries: Iterable[CachedResult], wall: float) -> None:
        """Writes how many seconds each student and this run took. Not in the results: those depend on marks alone."""
        seconds = {entry.result.student: round(entry.seconds, 2) for entry in entries}
        timing = {"students": dict(sorted(seconds.items())), "wall": round(wall, 2)}
        write_whole(self.marks / "timing.json", json.dumps(timing, indent=1, ensure_ascii=False) + "\n")


def _did_not_come_through(flags: Sequence[str]) -> str:
    """Why the 0 of a student with these flags is not to count before the student was asked; empty if it is to."""
    return " ".join(flag.rpartition(" Ask ")[0] for flag in flags if AGAIN in flag).rstrip(".")


def _untimed(submission: Submission, times: Times) -> Iterator[str]:
    """Flags of a submission of which it is not known when it was handed in."""
    text = times.unreadable.get(submission.student)
    if text is not None:
        what = f"{submission.clock}'s time" if submission.clock else "timestamp.txt"
        yield f"{what} does not hold a time ({text[:60]!r}): nothing is taken off for lateness."
    if submission.late:
        yield f"{submission.late} {LATE_BY_UNKNOWN}: nothing is taken off. Use --times."
    if text is None and not submission.late and times.known:
        yield "When this was handed in is not known: nothing is taken off for lateness."


def _of_files(submission: Submission, result: StudentResult, notebooks: Sequence[str]) -> Iterator[str]:
    """Flags of the files: several versions, of which one counts, a name like another student's, another lab's work."""
    ask = "See whether the right one does." if result.score else f"Ask which is to count, and mark {AGAIN}."
    if submission.versions:
        yield f"What may hold other versions of the work does not count: {listed(submission.versions)}. {ask}"
    for sentence in submission.chosen:
        yield f"{sentence} {ask}"
    if submission.alike:
        yield f"Nearly the same name as {listed(submission.alike)}. If they are one person, which submission counts?"
    named = any(notebook_of(path.name, notebooks) for path in submission.files())
    unread = submission.unread or result.unread
    if not (result.score or named or unread or any(task.code for task in result.tasks)):
        there = ", ".join(path.name for path in submission.files()[:5])
        yield f"None of the names that the lab asks for is in the work: there is {there}. Ask for it {AGAIN}."


def _not_taken_in(taken_in: TakenIn) -> list[NotTakenIn]:
    """Everything that was left out, but for caches and the like; of one student no more than can be read."""
    found = [NotTakenIn(name=entry.name, reason=entry.reason) for entry in taken_in.left_out if not entry.routine]
    for submission in taken_in.submissions:
        told = [entry for entry in submission.left_out if not entry.routine]
        own = [NotTakenIn(student=submission.student, name=entry.name, reason=entry.reason) for entry in told[:TOLD]]
        if len(told) > TOLD:
            own.append(
                NotTakenIn(student=submission.student, name=f"{len(told) - TOLD} more entries", reason="left out, too")
            )
        found += own
    return found
