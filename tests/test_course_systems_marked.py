"""Do the real commands bring every student's mark back to the system that the work came from?"""

from __future__ import annotations

import csv
import json
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from autograder.export.gradebook import opened
from tests.conftest import ROOT, autograder
from tests.test_course_systems import put

pytestmark = [pytest.mark.slow, pytest.mark.processes]

SHAPES = "conv1_output_shape = (128, 32, 24, 24)\n"
FILTERS = (ROOT / "tests" / "accepted" / "filters" / "one-row.py").read_text(encoding="utf-8")
UNTOUCHED = (ROOT / "release" / "lab4" / "4_1_simple_cnn.ipynb").read_text(encoding="utf-8")
RIGHT = f"{SHAPES}conv1_7x3_output_shape = (128, 32, 22, 26)\nsimple_cnn_parameters = 592074\n"
CHECKING = (
    f"from autograder.notebook import check\n{RIGHT}simple_cnn_parameters = 1 + check('shapes')\ncheck('shapes')\n"
)


@dataclass(frozen=True)
class Person:
    """A student of the class; `attempts` are the files of each hand-in, the last of which is worth `points`."""

    first: str
    last: str
    login: str
    attempts: tuple[dict[str, str], ...]
    points: float | None

    @property
    def number(self) -> int:
        return 41 + CLASS.index(self)

    @property
    def last_attempt(self) -> dict[str, str]:
        return self.attempts[-1] if self.attempts else {}

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def decomposed(name: str) -> str:
    """As macOS spells it."""
    return unicodedata.normalize("NFD", name)


CLASS = [
    Person(decomposed("Zoë"), decomposed("Brontë"), "zoe_b", ({"work.py": RIGHT},), 6),
    Person("Jürgen", "Müller", "jmueller", ({"work.py": CHECKING},), 4),
    Person("Conrad", "Zuse", "zuse2", ({"work.py": SHAPES},), 2),
    Person("Konrad", "Zuse", "zuse", ({"work.py": RIGHT, "more.py": FILTERS},), 9),
    Person("Grace", "Hopper", "gh", (), None),
    Person("Alan", "Turing", "at1", ({"report.pdf": "%PDF-1.7"},), None),
    Person("Edsger", "van den Berg", "e-berg", ({"work.py": RIGHT}, {"work.py": SHAPES + FILTERS}), 5),
    Person("Linus", "Øster", "linus", ({"4_1_simple_cnn.ipynb": UNTOUCHED},), 0),
]


# --- what each system hands out for a person: every attempt, or the last one ------------------------------------------


def canvas(folder: Path, person: Person) -> None:
    name = (person.last + person.first).replace(" ", "").lower()
    for again, files in enumerate(person.attempts):
        for place, (file, text) in enumerate(files.items()):
            stem, _, suffix = file.partition(".")
            again_as = f"-{again}" if again else ""
            put(folder, f"{name}_{person.number}_{100 * again + place + 1000}_{stem}{again_as}.{suffix}", text)


def blackboard(folder: Path, person: Person) -> None:
    for day, files in enumerate(person.attempts, 10):
        head = f"gradebook_DL_101_Lab4_{person.login}_attempt_2027-01-{day}-10-00-00"
        put(folder, f"{head}.txt", f"Name: {person.name} ({person.login})\nAssignment: Lab 4\n")
        for file, text in files.items():
            put(folder, f"{head}_{file}", text)


def moodle(folder: Path, person: Person) -> None:
    own = folder / f"{person.name}_{person.number}_assignsubmission_file_"
    own.mkdir(parents=True)
    for file, text in person.last_attempt.items():
        put(own, file, text)


def brightspace(folder: Path, person: Person) -> None:
    put(folder, "index.html", "<html>")
    for day, files in enumerate(person.attempts, 9):
        for file, text in files.items():
            put(folder, f"{person.number}00-9 - {person.name} - Jan {day}, 2027 1205 PM/{file}", text)


def gradescope(folder: Path, person: Person) -> None:
    inner = folder / "assignment_9_export"
    for file, text in person.last_attempt.items():
        put(inner, f"submission_{person.number}/{file}", text)
    if person.attempts:
        with (inner / "submission_metadata.yml").open("a", encoding="utf-8") as metadata:
            metadata.write(
                f"submission_{person.number}:\n  :submitters:\n  - :name: {person.name}\n"
                f"    :sid: '{person.number}'\n    :email: {person.login}@uni.example\n"
                "  :created_at: 2027-01-20 08:15:00.000000000 Z\n"
            )


def github(folder: Path, person: Person) -> None:
    put(folder, f"lab-4-{person.login}/.git/config", "")
    put(folder, f"lab-4-{person.login}/README.md", "# Lab 4")
    for file, text in person.last_attempt.items():
        put(folder, f"lab-4-{person.login}/{file}", text)


def nbgrader(folder: Path, person: Person) -> None:
    own = folder / person.name / "lab4"
    own.mkdir(parents=True)
    for file, text in person.last_attempt.items():
        put(own, file, text)


# --- the way back: what is exported, and the points that each number has there ----------------------------------------


def sheet(header: list[str], row: Callable[[Person], list[str]], *options: str) -> Callable[..., dict[int, str]]:
    """For systems that take a table: each row is found again by its own place, and nothing else in it has changed."""

    def points(tmp_path: Path, way_back: Callable[..., None]) -> dict[int, str]:
        class_list = CLASS[::-1]  # not in the order of the download
        before = [header, *(row(person) for person in class_list)]
        with (tmp_path / "grades.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(before)
        way_back("--worksheet", tmp_path / "grades.csv", *options, "-o", tmp_path / "up.csv")
        after = list(csv.reader((tmp_path / "up.csv").read_text(encoding="utf-8").splitlines()))
        (column,) = [number for number, title in enumerate(header) if "Lab 4" in title or title == "Grade"]
        for old, new in zip(before, after, strict=True):
            assert old[:column] + old[column + 1 :] == new[:column] + new[column + 1 :]
        return {one.number: new[column] for one, new in zip(class_list, after[1:], strict=True) if new[column]}

    return points


def gradescope_files(tmp_path: Path, way_back: Callable[..., None]) -> dict[int, str]:
    way_back("-o", tmp_path / "out")
    return {
        int(path.parent.name.removeprefix("submission_")): f"{json.loads(path.read_text())['score']:g}"
        for path in (tmp_path / "out").rglob("*.json")
    }


def classroom_files(tmp_path: Path, way_back: Callable[..., None]) -> dict[int, str]:
    roster = ["identifier,github_username", *(f"{one.number},{one.login.title()}" for one in CLASS)]
    put(tmp_path, "roster.csv", "\n".join(roster))
    way_back("--roster", tmp_path / "roster.csv", "-o", tmp_path / "out")
    numbers = {one.login.title(): one.number for one in CLASS}
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "out").rglob("result.json")]
    assert len({one["owner"] for one in found}) == len(found)
    return {numbers[one["owner"]]: f"{one['score']:g}" for one in found}


def gradebook(tmp_path: Path, way_back: Callable[..., None]) -> dict[int, str]:
    """The gradebook has the class already, with every name in its composed form."""
    with opened(str(tmp_path / "gradebook.db"), create=True) as book:
        for one in CLASS:
            book.add_student(unicodedata.normalize("NFC", one.name))
    way_back("-o", tmp_path / "gradebook.db", "--submissions", tmp_path / "download")
    with opened(str(tmp_path / "gradebook.db")) as book:
        assert sorted(one.id for one in book.students) == sorted(
            unicodedata.normalize("NFC", one.name) for one in CLASS
        )
        found = {}
        for one in CLASS:
            own = unicodedata.normalize("NFC", one.name)
            submissions = [s for s in book.student_submissions(own) if s.assignment.name in ("lab4", "lab4-hidden")]
            if submissions:
                grades = [grade for s in submissions for notebook in s.notebooks for grade in notebook.grades]
                found[one.number] = f"{sum(grade.auto_score or 0 for grade in grades):g}"
                assert (tmp_path / "autograded" / own / "lab4").is_dir()
    return found


@dataclass(frozen=True)
class System:
    download: Callable[[Path, Person], None]
    points: Callable[..., dict[int, str]]
    packed: bool = True
    empty_seen: bool = False
    """Whether the download has an entry of somebody who has handed in nothing."""


def other(name: str) -> str:
    """The spelling that the download does not have."""
    found = unicodedata.normalize("NFC", name)
    return found if found != name else decomposed(name)


SYSTEMS = {
    "canvas": System(
        canvas,
        sheet(
            ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 4 (12345)"],
            lambda one: [f"{other(one.last)}, {other(one.first)}", str(one.number), "", one.login, "S1", ""],
            *("--column", "12345"),
        ),
    ),
    "blackboard": System(
        blackboard,
        sheet(
            ["Last Name", "First Name", "Username", "Student ID", "Lab 4 [Total Pts: 100 Score] |12345"],
            lambda one: [other(one.last), other(one.first), one.login, f"9{one.number}", ""],
            *("--column", "12345"),
        ),
    ),
    "moodle": System(
        moodle,
        sheet(
            ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"],
            lambda one: [
                f"Participant {one.number}",
                other(one.name),
                f"{one.login}@uni.example",
                "Submitted",
                "",
                "100.00",
            ],
        ),
        empty_seen=True,
    ),
    "brightspace": System(
        brightspace,
        sheet(
            ["OrgDefinedId", "Username", "Last Name", "First Name", "Lab 4 Points Grade <Numeric MaxPoints:100>"]
            + ["End-of-Line Indicator"],
            lambda one: [f"#{one.number}", f"#{one.login}", other(one.last), other(one.first), "", "#"],
            *("--column", "Lab 4"),
        ),
    ),
    "gradescope": System(gradescope, gradescope_files),
    "classroom50": System(github, classroom_files, packed=False, empty_seen=True),
    "nbgrader": System(nbgrader, gradebook, packed=False, empty_seen=True),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_student_of_a_marked_download_finds_the_own_mark_in_the_same_system(name: str, tmp_path: Path) -> None:
    system = SYSTEMS[name]
    download = tmp_path / "download"
    for person in CLASS:
        system.download(download, person)
    if system.packed:
        download = Path(shutil.make_archive(str(download), "zip", download))
    marks = tmp_path / "marks"
    marked = autograder("mark", download, "-o", marks, "--data", "digits", "--jobs", "1", OMP_NUM_THREADS="1")
    assert marked.returncode == 0, marked.stdout + marked.stderr

    def way_back(*options: str | Path) -> None:
        exported: CompletedProcess[str] = autograder(
            *("export", marks, "--to", name, *options),
            **dict.fromkeys(("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"), "x"),
        )
        assert exported.returncode == 1, exported.stdout + exported.stderr  # somebody is left out
        said = " ".join(exported.stderr.split())
        assert said.count("no mark yet") == 1 + system.empty_seen, exported.stderr
        assert "not found" not in said

    found = system.points(tmp_path, way_back)
    assert found == {one.number: f"{one.points:g}" for one in CLASS if one.points is not None}
