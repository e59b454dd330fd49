"""Marks a class: collects, skips what is unchanged, gives the rest to a pool of processes, keeps every result."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from autograder.checks.catalogue import agree
from autograder.checks.setting import Setting
from autograder.marking.examine import Order, mark_at_desk, open_desk, withheld
from autograder.marking.journal import Journal, depends_on
from autograder.results import Results, StudentResult, folder_name
from autograder.submission.collect import Submission, find_submissions

CAGE = "none: a process of its own with limits, but no cage yet"
TRIES = 2  # after so many deaths of the grader's own process on one submission, its mark is withheld


@dataclass
class Progress:
    """Told about each student: `started(total)` once, then `done(student, fresh)`."""

    started: Callable[[int], None] = lambda total: None
    done: Callable[[StudentResult, bool], None] = lambda result, fresh: None


@dataclass
class Outcome:
    """The results, and which students were marked in this run rather than found in the journal."""

    results: Results
    fresh: list[str] = field(default_factory=list)


def mark_class(
    setting: Setting,
    source: Path,
    marks: Path,
    data: str = "auto",
    device: str = "cpu",
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Marks all submissions in `source` and writes `marks/results.json` and the students' pictures.

    `data` is "auto", "mnist" or "digits"; `jobs` processes work at once (default: the number of cores). Raises
    `SubmissionError` where nothing can be taken in and `CourseError` where `course.yml` and checks disagree.
    """
    from autograder.data import load_data

    progress = progress or Progress()
    agree(setting.lab, setting.assignment, setting.course_file)
    data = load_data(data).name  # type: ignore[arg-type]
    journal = Journal(marks)
    seed = journal.seed()
    common = depends_on(setting, data, device, str(seed))
    outcome = Outcome(
        Results(schema=1, course=setting.course, assignment=setting.lab, data=data, cage=CAGE, device=device)
    )
    results: list[StudentResult] = []
    with tempfile.TemporaryDirectory(prefix="autograder-") as staging:
        submissions = find_submissions(source, setting.lab, Path(staging), setting.assignment.limits)
        progress.started(len(submissions))
        to_do: list[tuple[Submission, str]] = []
        for submission in submissions:
            problems = "\n".join(submission.problems)
            digest = hashlib.sha256(
                f"{common}\n{submission.digest()}\n{problems}".encode("utf-8", "replace")
            ).hexdigest()
            known = journal.find(submission.student, digest)
            if known is None:
                to_do.append((submission, digest))
            else:
                results.append(known)
                progress.done(known, False)
        jobs = max(1, min(jobs or os.cpu_count() or 1, len(to_do)))
        threads = max(1, (os.cpu_count() or 1) // jobs)
        order = Order(setting.course_file, setting.lab, data, device, seed, threads)
        digests = {submission.student: digest for submission, digest in to_do}
        for result, pictures in _in_pool(setting, order, [submission for submission, _ in to_do], jobs):
            folder = Path(marks) / "students" / folder_name(result.student)
            folder.mkdir(parents=True, exist_ok=True)
            for name, picture in pictures.items():
                (folder / name).write_bytes(picture)
            journal.keep(result, digests[result.student])
            results.append(result)
            outcome.fresh.append(result.student)
            progress.done(result, True)
    outcome.results = outcome.results.model_copy(
        update={"students": sorted(results, key=lambda result: result.student)}
    )
    outcome.results.write(Path(marks) / "results.json")
    return outcome


def _in_pool(
    setting: Setting, order: Order, submissions: list[Submission], jobs: int
) -> Iterator[tuple[StudentResult, dict[str, bytes]]]:
    """Each submission's result as it comes; a process that dies takes nobody else's mark with it."""
    tries = {submission.student: 0 for submission in submissions}
    waiting = list(submissions)
    while waiting:
        # After a death nobody knows whose work it was: from then on one at a time, until the culprit is found.
        alone = any(tries[submission.student] for submission in waiting)
        batch = waiting[:1] if alone else waiting
        finished: set[str] = set()
        with ProcessPoolExecutor(
            1 if alone else jobs, multiprocessing.get_context("spawn"), initializer=open_desk, initargs=(order,)
        ) as pool:
            futures: dict[Future[tuple[str, dict[str, bytes]]], Submission] = {
                pool.submit(mark_at_desk, submission, f"students/{folder_name(submission.student)}"): submission
                for submission in batch
            }
            for future in as_completed(futures):
                student = futures[future].student
                try:
                    text, pictures = future.result()
                except BrokenProcessPool:
                    tries[student] += 1
                    continue
                finished.add(student)
                yield StudentResult.model_validate_json(text), pictures
        for submission in batch:
            if submission.student not in finished and tries[submission.student] > TRIES:
                finished.add(submission.student)
                message = "The grader's own process died, again and again, on this submission."
                yield withheld(setting, submission.student, [message]), {}
        waiting = [submission for submission in waiting if submission.student not in finished]
