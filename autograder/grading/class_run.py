"""Marks a class: collects, skips what is unchanged, gives the rest to a pool of workers, keeps every result.

The cache keeps what was found. Flags, lateness and people's decisions are put on top of that each time results are
written.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.data import chosen_data
from autograder.grading.cache import Cache, CachedResult, depends_on
from autograder.grading.flags import flagged
from autograder.grading.grader import GradingSpec
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

if TYPE_CHECKING:
    from autograder.grading.cluster import Elsewhere


@dataclass
class Progress:
    """Told about each student: `started(total)` once, then `done(student, fresh)`; about workers elsewhere: `told`."""

    started: Callable[[int], None] = lambda total: None
    done: Callable[[StudentResult, bool], None] = lambda result, fresh: None
    told: Callable[[str], None] = lambda sentence: None


@dataclass
class Outcome:
    """The results, which students were marked in this run, and how many were left when it was stopped."""

    results: Results
    fresh: list[str] = field(default_factory=list)
    left: int = 0
    times: Times | None = None
    """When the submissions came; None where the assignment has no deadline."""
    overrides: list[Decision] = field(default_factory=list)
    misfits: list[Decision] = field(default_factory=list)
    """Overrides that fit nobody."""
    extended: list[str] = field(default_factory=list)
    """Names in the course file's extensions that nobody has."""
    unreadable: list[str] = field(default_factory=list)
    """Students of whose submission no file could be taken in."""


def mark_class(
    lab: Lab,
    source: Path,
    marks: Path,
    data: str = "auto",
    device: str = "cpu",
    jobs: int | None = None,
    progress: Progress | None = None,
    layers: Layers | None = None,
    times: Path | None = None,
    elsewhere: Elsewhere | None = None,
) -> Outcome:
    """Marks all submissions in `source` and writes `marks/results.json` and the students' pictures.

    `data` is "auto", "mnist" or "digits"; `jobs` workers work at once (default: the number of cores; on GPUs, one on
    each); `layers` is the sandbox, None for none; `times` is a file that says when submissions came; `elsewhere` are
    the workers of a cluster, which have sandboxes and numbers of their own. KeyboardInterrupt ends it early: what is
    marked by then is written. Raises `SubmissionError` where nothing can be taken in, `CourseError` where `course.yml`
    and checks disagree, `SandboxError` where the sandbox does not hold, `MarkingError` where nobody can mark,
    `CacheError`, `TimesError`, and `OverridesError`: at the start, or at the end if the file was broken in between;
    what was marked is then kept.
    """
    _ = lab.checks  # before anything else: do checks and course.yml agree?
    data, _ = chosen_data(data)  # type: ignore[arg-type]
    marks = Path(marks)
    _apart(Path(source), marks)
    cache = Cache(marks)
    with cache.alone() as staging:
        fit_course(read_overrides(marks), lab.assignment, marks)
        submissions = find_submissions(Path(source), lab.name, staging, lab.assignment.limits)
        known = find_times(submissions, marks, times) if lab.assignment.deadline or times else None
        marking = ClassRun(lab, marks, cache, data, device, layers, known, progress or Progress(), elsewhere)
        return marking.mark(submissions, jobs)


def _apart(source: Path, marks: Path) -> None:
    """Raises `SubmissionError` where marks would lie among the submissions: they would be taken for one."""
    inner, outer = marks.resolve(), source.resolve()
    if inner == outer or outer in inner.parents:
        raise SubmissionError(f"{marks}: lies among the submissions in {source}; say another folder with -o")


def cores() -> int:
    """The cores that this process may use: fewer than the machine's in a batch system's job, say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_wanted() -> int | None:
    """What OMP_NUM_THREADS asks for, which torch goes by unless told otherwise; None where it asks nothing."""
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
    progress: Progress
    elsewhere: Elsewhere | None = None
    unreadable: dict[str, str] = field(default_factory=dict)
    """Students of whose submission no file could be taken in, and why."""

    def mark(self, submissions: list[Submission], jobs: int | None) -> Outcome:
        """Marks what has changed and writes the results."""
        started = time.monotonic()
        lab, cache, decisions = self.lab, self.cache, read_overrides(self.marks)
        seed = cache.seed()
        has_sandbox = self.elsewhere.sandbox if self.elsewhere else self.layers
        sandboxed = (
            "in a sandbox" if has_sandbox else "without a sandbox"
        )  # a mark made without one is made again with one
        whole, shared = depends_on(lab, self.data, self.device, str(seed), sandboxed)
        self.progress.started(len(submissions))
        entries: dict[str, CachedResult] = {}
        to_do: list[Job] = []
        digests: dict[str, tuple[str, str]] = {}
        for submission in submissions:
            if submission.problems and not any(path.is_file() for path in submission.folder.rglob("*")):
                self.unreadable[storable(submission.student)] = submission.problems[0]
            files = submission.digest()
            own = f"{files}\n{chr(10).join(submission.problems)}".encode("utf-8", "replace")
            digest = hashlib.sha256(whole.encode() + own).hexdigest()
            part = hashlib.sha256(shared.encode() + own).hexdigest()
            entry = cache.find(submission.student)
            if entry is not None and entry.digest == digest:
                entries[submission.student] = entry
                self.progress.done(self._settled(entry.result, decisions), False)
                continue
            known = entry.known if entry is not None and entry.known.shared == part else CachedChecks(part)
            digests[submission.student] = digest, files
            to_do.append(Job(submission, f"students/{folder_name(submission.student)}", known))
        pool = self._pool(seed, jobs, len(to_do))
        fresh: list[str] = []
        left = 0
        try:
            for job, marked in pool.mark(to_do):
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
                self.progress.done(self._settled(result, decisions), True)
        except KeyboardInterrupt:
            left = len(submissions) - len(entries)
        outcome = self._written(list(entries.values()))
        outcome.fresh, outcome.left = fresh, left
        outcome.unreadable = sorted(self.unreadable)
        outcome.extended = sorted(set(lab.assignment.extensions) - {storable(one.student) for one in submissions})
        if fresh:
            self._note_times(entries.values(), time.monotonic() - started)
        return outcome

    def _pool(self, seed: int, jobs: int | None, to_do: int) -> WorkerPool[Any]:
        """Who marks: workers on this machine, or at the workers of a cluster."""
        if self.elsewhere is not None:
            from autograder.grading.cluster import Cluster

            return Cluster(GradingSpec(self.lab, self.data, self.device, seed, 1), self.elsewhere, self.progress.told)
        count = cores()
        most = (gpus() or 1) if self.device == "cuda" else count
        jobs = max(1, min(jobs or most, to_do))
        threads = max(1, min(count // jobs, threads_wanted() or count))
        return LocalWorkers(GradingSpec(self.lab, self.data, self.device, seed, threads, self.layers), jobs)

    def _settled(self, result: StudentResult, decisions: list[Decision]) -> StudentResult:
        """A student's result with what is taken off for lateness and what people have decided."""
        submitted = self.times.known.get(result.student) if self.times else None
        late = with_lateness(result, self.lab.assignment, submitted)
        if self.times and result.student in self.times.unreadable:
            said = self.times.unreadable[result.student]
            flag = f"timestamp.txt says no time that can be read ({said[:60]!r}): nothing is taken off for lateness."
            late = late.model_copy(update={"flags": [*late.flags, flag]})
        if result.student in self.unreadable:
            flag = f"Nothing of it could be read: {self.unreadable[result.student]} Ask for it again before a 0 counts."
            late = late.model_copy(update={"flags": [*late.flags, flag]})
        return apply(late, decisions, self.marks)

    def _written(self, entries: list[CachedResult]) -> Outcome:
        """Writes the results that these entries make."""
        lab = self.lab
        decisions = read_overrides(self.marks)  # anew: a person may have decided in the meantime
        fit_course(decisions, lab.assignment, self.marks)
        sandboxes = sorted(
            {entry.sandbox for entry in entries}, key=lambda sandbox: (not sandbox.startswith("none"), sandbox)
        )
        promises = max((entry.promises for entry in entries), key=len, default=[])
        raw = sorted((entry.result for entry in entries), key=lambda one: one.student)
        with_flags = flagged(raw, lab.reference, lab.assignment, lab.release)
        results = Results(
            schema=1,
            course=lab.course,
            assignment=lab.name,
            data=self.data,
            sandbox="; ".join(sandboxes),
            device=self.device,
            promises=[Promise.model_validate(one) for one in promises],
            students=[self._settled(one, decisions) for one in with_flags],
        )
        results.write(self.marks / "results.json")
        return Outcome(results, times=self.times, overrides=decisions, misfits=misfits(results.students, decisions))

    def _note_times(self, entries: Iterable[CachedResult], wall: float) -> None:
        """Writes how many seconds each student took, and this run: beside the results, which marks alone decide."""
        seconds = {entry.result.student: round(entry.seconds, 2) for entry in entries}
        timing = {"students": dict(sorted(seconds.items())), "wall": round(wall, 2)}
        write_whole(self.marks / "timing.json", json.dumps(timing, indent=1, ensure_ascii=False) + "\n")
