"""Makes up a class of any size for the pages: real tasks, mistakes and code, invented students, some with nasty names.

    python -m tests.synthetic_class FOLDER --students 300

Nobody's work is marked; scores, flags, lateness and decisions are drawn from a seed, pictures are random grids.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image

from autograder.course import Assignment, Task, read_course
from autograder.feedback.marked.pages import write_report
from autograder.judge.bank import Mistake
from autograder.labs.lab import open_lab
from autograder.results import (
    CheckResult,
    Lateness,
    Override,
    OwnDigit,
    Promise,
    Results,
    StudentResult,
    TaskResult,
    folder_name,
    settle,
)

ROOT = Path(__file__).resolve().parents[1]
LAB = "lab4"
NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    '=HYPERLINK("https://example.org","a")',
    "n" * 200,
    "Maria-Magdalena " * 12,
    "李小龙",
    "سارة",
    "Zoë Müller-Ångström",
    "../../x",
    "Ada",
)
FIRST = (
    *("ada", "bob", "carla", "dan", "eve", "finn", "gita", "hugo", "ines", "jan", "kira", "leo"),
    *("mona", "nils", "olga", "paul", "qi", "rosa", "sam", "tara", "uma", "vera", "wim", "xu"),
)
LAST = (
    *("abel", "brandt", "cruz", "diaz", "eriksen", "fischer", "garcia", "haas", "ito"),
    *("jansen", "khan", "lopez", "meyer", "novak", "okafor", "patel", "rossi"),
)
PICTURES = {("filters", "every-filter"), ("feature-maps", "picture")}


def names(count: int) -> list[str]:
    """That many different names; the nasty ones are among them."""
    tame = [f"{first}.{last}" for last in LAST for first in FIRST]
    return [*NASTY, *tame][:count] if count > len(NASTY) else list(NASTY[:count])


class _Invention:
    """What all invented students have in common: the lab's tasks, checks, mistakes and code, and one random stream."""

    def __init__(self, assignment: Assignment, marks: Path, seed: int) -> None:
        self.assignment = assignment
        self.marks = marks
        self.random = random.Random(seed)
        self.checks = {(check.task, check.id): check for check in open_lab(LAB).checks}
        bank = open_lab(LAB).mistakes
        self.mistakes: dict[tuple[str, str], list[Mistake]] = {}
        for mistake in (mistake for task in bank.values() for mistake in task.values()):
            for place in mistake.loses:
                self.mistakes.setdefault((mistake.task, place[1]), []).append(mistake)
        self.code = {
            task.id: [
                path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/accepted" / task.id).glob("*.py"))
            ]
            for task in assignment.tasks
        }

    def student(self, name: str, place: int) -> StudentResult:
        """One student; what is true of them besides the marks goes by their `place` in the class."""
        folder = Path("students") / folder_name(name)
        (self.marks / folder).mkdir(parents=True, exist_ok=True)
        skill = self.random.triangular(0.3, 1.2, 0.95)
        tasks = [self._task(task, folder, skill) for task in self.assignment.tasks]
        extra = 3 if place % 5 == 0 else 0
        check = CheckResult(
            id="no-worse",
            status="passed" if extra else "failed",
            score=extra,
            max_score=3,
            public=True,
            title="A wider network is no worse than the better CNN.",
            message="" if extra else "The wider network should get 99.2 % of the images right, but gets 98.7 %.",
        )
        tasks.append(
            TaskResult(
                id="wider-cnn",
                title="A wider CNN",
                notebook="4_6_branches",
                score=0,
                max_score=3,
                checks=[check],
                extra=True,
            )
        )
        if place % 11 == 3:
            self._decide(tasks, by="Dr Quist" if place % 2 else "")
        if place % 29 == 4:
            broken = tasks[place % len(tasks)].checks[0]
            broken.status, broken.score, broken.message = "error", 0, "CandidateError: the fork server went away."
            broken.diagnosis = None
        for task in tasks:
            task.score = sum(check.score for check in task.checks)
        status, score = settle(tasks)
        late = self._late(place, score) if place % 9 == 1 else None
        flags = (
            "best-model: tara.haas, uma.haas handed in exactly the same weights.",
            "best-model: right on every hidden image (100.0 %); even the best known networks get some wrong.",
        )
        remark = "4_2_better_cnn.ipynb, cell 7: `BetterCNN` is defined twice; the last one counts."
        return StudentResult(
            student=name,
            status=status,
            score=score if score is None or late is None else score - late.points,
            max_score=sum(task.max_score for task in tasks if not task.extra),
            tasks=tasks,
            messages=[remark] if place % 6 == 1 else [],
            digits=[self._digit(folder, digit) for digit in range(self.random.choice((0, 3, 4)))],
            flags=list(flags[: 1 + place % 2]) if place % 7 == 2 else [],
            late=late,
        )

    def _task(self, described: Task, folder: Path, skill: float) -> TaskResult:
        checks = [self._check(described.id, name, points, folder, skill) for name, points in described.checks.items()]
        return TaskResult(
            id=described.id,
            title=described.title,
            notebook=described.notebook,
            score=0,
            max_score=described.points,
            checks=checks,
            code=self.random.choice(self.code[described.id]) if self.code[described.id] else "",
        )

    def _check(self, task: str, name: str, points: float, folder: Path, skill: float) -> CheckResult:
        declared = self.checks[task, name]
        check = CheckResult(
            id=name, status="passed", score=points, max_score=points, public=declared.public, title=declared.sentence
        )
        if self.random.random() > skill:
            check.status = self.random.choice(("failed", "failed", "failed", "partial", "not attempted", "blocked"))
            check.score = points / 2 if check.status == "partial" else 0
            check.message = {
                "failed": "With the same weights and images, its outputs differ from those of the task's network.",
                "partial": "4 of 8 are right.",
                "not attempted": "The stub is untouched.",
                "blocked": "Another check must pass first.",
            }[check.status]
            known = self.mistakes.get((task, name), [])[:6]
            if known and check.status == "failed":
                mistake = self.random.choice(known)
                check.diagnosis = mistake.id
                check.message += f"\n{mistake.sentence}"
            elif check.status == "failed":
                check.hint = "Which layer's output is the first that differs?"
        if (task, name) in PICTURES and check.status != "not attempted":
            check.pictures = [self._picture(folder / f"{task}-{name}.png", 6, 5)]
        if name == "accuracy":
            check.measured = round(self.random.uniform(0.95, 0.995), 4)
        return check

    def _decide(self, tasks: list[TaskResult], by: str) -> None:
        lost = [check for task in tasks for check in task.checks if check.status in ("failed", "partial")]
        for check, full in zip(lost, (True, False), strict=False):
            reason = (
                "Right, and written in a way that the check cannot see."
                if full
                else "The idea is there; the sum is not."
            )
            check.override = Override(reason=reason, by=by, found_score=check.score, found_status=check.status)
            check.score = check.max_score if full else check.max_score / 2
            check.status = "passed" if full else "partial"

    def _late(self, place: int, score: float | None) -> Lateness:
        days = place % 4
        points = 0 if score is None else round(score * days / 10, 2)
        return Lateness(
            submitted=f"2027-0{2 if days == 3 else 1}-{(30, 30, 31, 1)[days]:02}T0{days}:14:00+00:00",
            deadline="2027-01-29T23:59:00+00:00",
            days=days,
            percent=10 * days,
            points=points,
        )

    def _digit(self, folder: Path, digit: int) -> OwnDigit:
        said = self.random.choice((digit, digit, digit, 8))
        picture = self._picture(folder / f"own-digit-{digit}.png", 1, 1)
        return OwnDigit(file=f"{digit}_felt pen.png", label=digit, said=said, picture=picture)

    def _picture(self, file: Path, rows: int, columns: int) -> str:
        """A grid of random grey squares, as a figure of filters has them."""
        noise = np.frombuffer(self.random.randbytes(rows * columns * 25), np.uint8).reshape(rows, columns, 5, 5)
        grid = np.pad(noise, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=255)
        image = Image.fromarray(grid.transpose(0, 2, 1, 3).reshape(rows * 6, columns * 6))
        scale = 14 if rows > 1 else 30
        image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(self.marks / file)
        return file.as_posix()


def make_class(marks: Path, students: int = 30, seed: int = 4) -> Results:
    """Writes the results.json, timing.json and pictures of an invented class into `marks`."""
    course = read_course(ROOT / "course.yml")
    _, assignment = course.assignment(LAB)
    invention = _Invention(assignment, marks, seed)
    promises = ("No network.", "No file outside its own folder can be read.", "No file outside it can be written.")
    results = Results(
        schema=1,
        course=course.course,
        assignment=LAB,
        data="mnist",
        sandbox="namespaces + Landlock + seccomp + rlimits + supervisor; every promise held",
        device="cpu",
        promises=[
            Promise(id=str(n), sentence=said, kept_by=["seccomp", "Landlock"]) for n, said in enumerate(promises)
        ],
        students=[invention.student(name, place) for place, name in enumerate(names(students))],
    )
    results.write(marks / "results.json")
    seconds = {student.student: round(invention.random.uniform(2, 14), 2) for student in results.students}
    timing = {"students": seconds, "wall": round(sum(seconds.values()) / 2, 2)}
    (marks / "timing.json").write_text(json.dumps(timing), encoding="utf-8")
    return results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes up a class and writes its pages.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--students", type=int, default=30)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(write_report(make_class(arguments.folder, arguments.students), arguments.folder))
