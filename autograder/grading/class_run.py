"""Marks a class: collects the submissions, skips the unchanged ones, has workers mark the rest, keeps every result.

The cache keeps what the checks found. Flags, lateness and people's decisions are added each time results are written.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.data import chosen_data
from autograder.grading.cache import Cache, CachedResult, depends_on
from autograder.grading.flags import flagged
from autograder.grading.grader import GradingSpec, Marked
from autograder.grading.lateness import with_lateness
from autograder.grading.overrides import Decision, apply, fit_course, misfits, read_overrides
from autograder.grading.times import Times, find_times
from autograder.grading.worker import Job, gpus
from autograder.grading.worker_pool import LocalWorkers, WorkerPool
from autograder.labs.findings import CachedChecks
from autograder.labs.lab import Lab
from autograder.results import Promise, Results, StudentResult, folder_name, storable
from autograder.sandbox.layers.choice import Layers
from autograder.storage import write_whole
from autograder.submission.collect import Submission, SubmissionError, find_submissions
from autograder.submission.names import spelt_as

if TYPE_CHECKING:
    from autograder.grading.cluster import Cluster


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
    unreadable: list[str] = field(default_factory=list)
    """Students whose submission has no notebook or script that could be read, and who have no mark yet."""
    again: dict[str, int] = field(default_factory=dict)
    """Students who were marked again alone, and how many of their questions had run out of time on a busy machine."""


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
) -> Outcome:
    """Marks all submissions in `source` and writes `marks/results.json` and the students' pictures.

    `data` is "auto", "mnist" or "digits". `jobs` is the number of workers (default: one for each core, or for each
    GPU). `layers` is the sandbox, None for none. `times` is a file that says when submissions came. With `cluster` its
    workers mark, in sandboxes of their own, and `jobs` and `layers` count for nothing. KeyboardInterrupt ends the run
    early, and the results of those who are marked are written.

    Raises `SubmissionError` if there are no submissions, `CourseError` if `course.yml` and the checks disagree,
    `SandboxError` if the sandbox does not hold, `MarkingError` if no worker can mark, `CacheError`, `TimesError`, and
    `OverridesError` (also at the end, if the file was edited meanwhile; what was marked is kept).
    """
    _ = lab.checks  # first of all: do the checks and course.yml agree?
    data, _ = chosen_data(data)  # type: ignore[arg-type]
    marks = Path(marks)
    _require_apart(Path(source), marks)
    cache = Cache(marks)
    with cache.alone() as staging:
        fit_course(read_overrides(marks), lab.assignment, marks)
        submissions = find_submissions(Path(source), lab.name, staging, lab.assignment.limits)
        known = find_times(submissions, marks, times) if lab.assignment.deadline or times else None
        run = ClassRun(lab, marks, cache, data, device, layers, known, listener or RunListener(), cluster)
        return run.mark(submissions, jobs)


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
    unreadable: dict[str, str] = field(default_factory=dict)
    """Students whose submission has no notebook or script that could be read, and why."""
    submissions: dict[str, Submission] = field(default_factory=dict)

    def mark(self, submissions: list[Submission], jobs: int | None) -> Outcome:
        """Marks what has changed and writes the results."""
        started = time.monotonic()
        lab, cache, decisions = self.lab, self.cache, read_overrides(self.marks)
        seed = cache.seed()
        has_sandbox = self.cluster.sandbox if self.cluster else self.layers
        # Marks that were made without a sandbox are made again if there is one.
        sandboxed = "in a sandbox" if has_sandbox else "without a sandbox"
        whole, shared = depends_on(lab, self.data, self.device, str(seed), sandboxed)
        self.listener.started(len(submissions))
        entries: dict[str, CachedResult] = {}
        to_do: list[Job] = []
        digests: dict[str, tuple[str, str]] = {}
        self.submissions = {storable(submission.student): submission for submission in submissions}
        for submission in submissions:
            if not any(path.suffix.lower() in (".ipynb", ".py") for path in submission.files()):
                reason = submission.problems[0] if submission.problems else "there is no notebook and no script"
                self.unreadable[storable(submission.student)] = reason.rstrip(".")
            files = submission.digest()
            own = f"{files}\n{chr(10).join(submission.problems)}".encode("utf-8", "replace")
            digest = hashlib.sha256(whole.encode() + own).hexdigest()
            part = hashlib.sha256(shared.encode() + own).hexdigest()
            entry = cache.find(submission.student)
            if entry is not None and entry.digest == digest:
                entries[submission.student] = entry
                self.listener.done(self._settled(entry.result, decisions), False)
                continue
            known = entry.known if entry is not None and entry.known.shared == part else CachedChecks(part)
            digests[submission.student] = digest, files
            to_do.append(Job(submission, f"students/{folder_name(submission.student)}", known))
        fresh: list[str] = []
        left = 0
        again: dict[str, int] = {}
        try:
            for job, marked in self._mark(to_do, seed, jobs, again):
                digest, files = digests[job.submission.student]
                result = marked.result.model_copy(update={"submission": files})
                folder = self.marks / job.name
                folder.mkdir(parents=True, exist_ok=True)
                for name, picture in marked.pictures.items():
                    (folder / name).write_bytes(picture)
                known = CachedChecks(job.known.shared, marked.checks, marked.notes)
                entry = CachedResult(digest, result, marked.sandbox, marked.promises, known, marked.seconds)
                cache.keep(entry)
                entries[job.submission.student] = entry
                fresh.append(result.student)
                self.listener.done(self._settled(result, decisions), True)
        except KeyboardInterrupt:
            left = len(submissions) - len(entries)
        outcome = self._written(list(entries.values()))
        outcome.fresh, outcome.left, outcome.again = fresh, left, again
        outcome.unreadable = [result.student for result in outcome.results.students if result.no_mark_yet]
        names = [storable(submission.student) for submission in submissions]
        outcome.extended = sorted(set(lab.assignment.extensions) - set(spelt_as(lab.assignment.extensions, names)))
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
                again[storable(job.submission.student)] = marked.busy
                postponed.append(job)
            else:
                yield job, marked
        if postponed:
            count = len(postponed)
            self.listener.warned(
                f"The machine was too busy for {count} submission{'' if count == 1 else 's'}: marking again, alone."
            )
            yield from self._begun(self._pool(seed, 1, 1)).mark(postponed)

    def _begun(self, pool: WorkerPool[Any]) -> WorkerPool[Any]:
        """The pool, whose progress the listener hears."""
        pool.begun = lambda job: self.listener.marking(storable(job.submission.student))
        return pool

    def _pool(self, seed: int, jobs: int | None, to_do: int) -> WorkerPool[Any]:
        """The workers: on this machine, or in the cluster."""
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
        submission = self.submissions[result.student]
        result = result.model_copy(update={"person": submission.person})
        submitted = self.times.known.get(result.student) if self.times else None
        late = with_lateness(result, self.lab.assignment, submitted)
        if self.times and result.student in self.times.unreadable:
            text = self.times.unreadable[result.student]
            flag = f"timestamp.txt does not hold a time ({text[:60]!r}): nothing is taken off for lateness."
            late = late.model_copy(update={"flags": [*late.flags, flag]})
        if submission.late and self.times and submitted is None:
            flag = f"{submission.late} calls this late, but not since when: nothing is taken off. Use --times."
            late = late.model_copy(update={"flags": [*late.flags, flag]})
        if result.student in self.unreadable:
            reason = self.unreadable[result.student]
            flag = f"Nothing that was handed in could be read: {reason}. Ask for it again before the 0 counts."
            late = late.model_copy(update={"flags": [*late.flags, flag], "unread": reason})
        return apply(late, decisions, self.marks)

    def _written(self, entries: list[CachedResult]) -> Outcome:
        """Writes the results of these students."""
        lab = self.lab
        decisions = read_overrides(self.marks)  # again: somebody may have decided meanwhile
        fit_course(decisions, lab.assignment, self.marks)
        sandboxes = sorted(
            {entry.sandbox for entry in entries}, key=lambda sandbox: (not sandbox.startswith("none"), sandbox)
        )
        promises = max((entry.promises for entry in entries), key=len, default=[])
        found = sorted((entry.result for entry in entries), key=lambda result: result.student)
        with_flags = flagged(found, lab.reference, lab.assignment, lab.release)
        results = Results(
            schema=1,
            course=lab.course,
            assignment=lab.name,
            data=self.data,
            sandbox="; ".join(sandboxes),
            device=self.device,
            promises=[Promise.model_validate(promise) for promise in promises],
            students=[self._settled(result, decisions) for result in with_flags],
        )
        results.write(self.marks / "results.json")
        return Outcome(results, times=self.times, overrides=decisions, misfits=misfits(results.students, decisions))

    def _write_timing(self, entries: Iterable[CachedResult], wall: float) -> None:
        """Writes how many seconds each student and this run took. Not in the results: those depend on marks alone."""
        seconds = {entry.result.student: round(entry.seconds, 2) for entry in entries}
        timing = {"students": dict(sorted(seconds.items())), "wall": round(wall, 2)}
        write_whole(self.marks / "timing.json", json.dumps(timing, indent=1, ensure_ascii=False) + "\n")
