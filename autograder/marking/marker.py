"""Marks a class: collects, skips what is unchanged, gives the rest to a pool of examiners, keeps every result."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.candidate.cage.layers import Layers
from autograder.checks.catalogue import agree
from autograder.checks.setting import Setting
from autograder.marking.examine import Order
from autograder.marking.flags import flagged
from autograder.marking.journal import Entry, Journal, Known, depends_on
from autograder.marking.pool import Job, Pool, gpus
from autograder.results import Promise, Results, StudentResult, folder_name
from autograder.submission.collect import find_submissions

NO_CAGE = "none: --unsafe-no-cage, student code could reach everything that the marker can"


@dataclass
class Progress:
    """Told about each student: `started(total)` once, then `done(student, fresh)`."""

    started: Callable[[int], None] = lambda total: None
    done: Callable[[StudentResult, bool], None] = lambda result, fresh: None


@dataclass
class Outcome:
    """The results, which students were marked in this run, and how many were left when it was stopped."""

    results: Results
    fresh: list[str] = field(default_factory=list)
    left: int = 0


def mark_class(
    setting: Setting,
    source: Path,
    marks: Path,
    data: str = "auto",
    device: str = "cpu",
    jobs: int | None = None,
    progress: Progress | None = None,
    layers: Layers | None = None,
) -> Outcome:
    """Marks all submissions in `source` and writes `marks/results.json` and the students' pictures.

    `data` is "auto", "mnist" or "digits"; `jobs` examiners work at once (default: the number of cores; on GPUs, one on
    each); `layers` is the cage, None for none. KeyboardInterrupt ends it early: what is marked by then is written.
    Raises `SubmissionError` where nothing can be taken in, `CourseError` where `course.yml` and checks disagree,
    `CageError` where the cage does not hold, and `JournalError`.
    """
    from autograder.data import load_data

    progress = progress or Progress()
    agree(setting.lab, setting.assignment, setting.course_file)
    data = load_data(data).name  # type: ignore[arg-type]
    journal = Journal(marks)
    with journal.alone() as staging:
        return _mark(setting, Path(source), Path(marks), journal, staging, data, device, jobs, progress, layers)


def _mark(
    setting: Setting,
    source: Path,
    marks: Path,
    journal: Journal,
    staging: Path,
    data: str,
    device: str,
    jobs: int | None,
    progress: Progress,
    layers: Layers | None,
) -> Outcome:
    seed = journal.seed()
    caged = "in a cage" if layers else "without a cage"  # a mark made without one is made again with one
    whole, shared = depends_on(setting, data, device, str(seed), caged)
    submissions = find_submissions(source, setting.lab, staging, setting.assignment.limits)
    progress.started(len(submissions))
    entries: dict[str, Entry] = {}
    to_do: list[Job] = []
    digests: dict[str, str] = {}
    for submission in submissions:
        own = f"{submission.digest()}\n{chr(10).join(submission.problems)}".encode("utf-8", "replace")
        digest = hashlib.sha256(whole.encode() + own).hexdigest()
        part = hashlib.sha256(shared.encode() + own).hexdigest()
        entry = journal.find(submission.student)
        if entry is not None and entry.digest == digest:
            entries[submission.student] = entry
            progress.done(entry.result, False)
            continue
        known = entry.known if entry is not None and entry.known.shared == part else Known(part)
        digests[submission.student] = digest
        to_do.append(Job(submission, f"students/{folder_name(submission.student)}", known))
    count = os.cpu_count() or 1
    most = gpus() if device == "cuda" else count
    jobs = max(1, min(jobs or most, len(to_do)))
    order = Order(setting.course_file, setting.lab, data, device, seed, max(1, count // jobs), layers)
    pool = Pool(order, jobs)
    outcome = Outcome(
        Results(schema=1, course=setting.course, assignment=setting.lab, data=data, cage="", device=device)
    )
    try:
        for job, marked in pool.mark(to_do):
            result = marked.result
            folder = marks / job.name
            folder.mkdir(parents=True, exist_ok=True)
            for name, picture in marked.pictures.items():
                (folder / name).write_bytes(picture)
            cage = f"{layers}; every promise held" if layers else NO_CAGE
            entry = Entry(
                digests[result.student],
                result,
                cage,
                pool.promises,
                Known(job.known.shared, marked.checks, marked.notes),
            )
            journal.keep(entry)
            entries[result.student] = entry
            outcome.fresh.append(result.student)
            progress.done(result, True)
    except KeyboardInterrupt:
        outcome.left = len(submissions) - len(entries)
    cages = sorted({entry.cage for entry in entries.values()}, key=lambda cage: (not cage.startswith("none"), cage))
    promises = max((entry.promises for entry in entries.values()), key=len, default=[])
    outcome.results = outcome.results.model_copy(
        update={
            "cage": "; ".join(cages),
            "promises": [Promise.model_validate(one) for one in promises],
            "students": flagged(
                sorted((entry.result for entry in entries.values()), key=lambda one: one.student), setting.reference
            ),
        }
    )
    outcome.results.write(marks / "results.json")
    return outcome
