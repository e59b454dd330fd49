"""Does what a course system hands out find its way back into the same system, with every student matched?"""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.grading.cache import Cache
from autograder.grading.class_run import ClassRun, RunListener
from autograder.grading.times import find_times
from autograder.labs.lab import open_lab
from autograder.submission.collect import SubmissionError, find_submissions
from autograder.submission.taken_in import Submission, TakenIn
from tests.export_class import export, marks_folder, student
from tests.test_overrides import override

WORK = "class SimpleCNN: pass\n"
BERLIN = timezone(timedelta(hours=1))
LOST = {"better-cnn/same-function": 5.0}


def put(folder: Path, name: str, text: str = WORK) -> None:
    """A file; in `name`, what follows a `!` is packed into the zip before it."""
    outer, _, inner = name.partition("!")
    path = folder / outer
    path.parent.mkdir(parents=True, exist_ok=True)
    if not inner:
        path.write_text(text, encoding="utf-8")
        return
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(inner, text)


def taken(source: Path, staging: Path) -> dict[str, Submission]:
    return {one.student: one for one in find_submissions(source, "lab4", staging, Limits()).submissions}


def files(submission: Submission) -> list[str]:
    return [path.as_posix() for path in submission.files()]


def read(path: Path, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter=delimiter))


# --- a download, what is taken in, and the sheet of the same class ---------------------------------------------------


def canvas(folder: Path) -> None:
    put(folder, "lovelaceada_3143_207797_submission.zip!4_1_simple_cnn.py")
    put(folder, "zuseconrad_LATE_3144_207798_4_1_simple_cnn.py", "x = 1\n")
    put(folder, "zuseconrad_LATE_3144_207799_4_1_simple_cnn-1.py")
    put(folder, "zuseconrad_LATE_3144_207800_own.py")
    put(folder, "zuseconrad_3145_207801_submission-2.zip!4_1_simple_cnn.py")  # another of the same name


def canvas_sheet(folder: Path) -> list[str | Path]:
    put(
        folder,
        "grades.csv",
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 4 (12345)\n    Points Possible,,,,,100\n"
        '"Zuse, Conrad",3145,sis3,cz2,S1,\n"Lovelace, Ada",3143,sis1,ada,S1,\n"Zuse, Conrad",3144,sis2,cz,S1,\n',
    )
    return ["--worksheet", folder / "grades.csv", "--column", "12345"]


def blackboard(folder: Path) -> None:
    head = "gradebook_DL_101_Lab4"
    put(folder, f"{head}_s111_attempt_2027-01-20-10-00-00.txt", "Name: Ada Lovelace (s111)\nAssignment: Lab 4\n")
    put(folder, f"{head}_s111_attempt_2027-01-20-10-00-00_submission.zip!4_1_simple_cnn.py", "x = 1\n")
    put(folder, f"{head}_s111_attempt_2027-01-21-10-00-00.txt", "Name: Ada Lovelace (s111)\nAssignment: Lab 4\n")
    put(folder, f"{head}_s111_attempt_2027-01-21-10-00-00_submission.zip!4_1_simple_cnn.py")
    put(folder, f"{head}_c_zuse_attempt_2027-01-21-10-00-00.txt", "Name: Conrad Zuse (c_zuse)\nAssignment: Lab 4\n")
    put(folder, f"{head}_c_zuse_attempt_2027-01-21-10-00-00_4_1_simple_cnn.py")
    put(folder, f"{head}_gh_attempt_2027-01-21-10-00-00_4_1_simple_cnn.py")  # whose text is missing


def blackboard_sheet(folder: Path) -> list[str | Path]:
    put(
        folder,
        "grades.csv",
        '"Last Name","First Name","Username","Student ID","Lab 4 [Total Pts: 100 Score] |12345"\n'
        '"Lovelace","Ada","s111","900",""\n"Zuse","Conrad","c_zuse","901",""\n"Hopper","Grace","gh","902",""\n',
    )
    return ["--worksheet", folder / "grades.csv", "--column", "12345"]


def moodle(folder: Path) -> None:
    (folder / "Ada Lovelace_4711_assignsubmission_file_").mkdir(parents=True)
    put(folder, "Ada Lovelace_4711_assignsubmission_onlinetext_/onlinetext.html", "<p>Sorry.</p>")
    put(folder, "Conrad Zuse_4712_assignsubmission_file_/lab4/4_1_simple_cnn.py")
    put(folder, "Conrad Zuse_4712_assignsubmission_onlinetext_/onlinetext.html", "<p>Here it is.</p>")
    put(folder, "Conrad Zuse_4713_assignsubmission_file_submission.zip!4_1_simple_cnn.py")  # another of the same name


def moodle_sheet(folder: Path) -> list[str | Path]:
    put(
        folder,
        "grades.csv",
        "Identifier,Full name,Status,Grade,Maximum Grade\nParticipant 4713,Conrad Zuse,,,100.00\n"
        "Participant 4711,Ada Lovelace,,,100.00\nParticipant 4712,Conrad Zuse,,,100.00\n",
    )
    return ["--worksheet", folder / "grades.csv"]


def brightspace(folder: Path) -> None:
    put(folder, "index.html", "<html>")
    put(folder, "12345-67890 - Ada Lovelace - Jan 1, 2027 1000 AM/4_1_simple_cnn.py", "x = 1\n")
    put(folder, "12345-67890 - Ada Lovelace - Jan 1, 2027 1205 PM/4_1_simple_cnn.py")
    put(folder, "12345-67890 - Ada Lovelace - Dec 31, 2026 1159 PM/4_1_simple_cnn.py", "x = 2\n")
    put(folder, "12346-67890 - Jean-Luc van der Berg - 2 January, 2027 915 AM/submission.zip!4_1_simple_cnn.py")
    put(folder, "12347-67890 - Conrad Zuse - Jan 2, 2027 1000 AM - 4_1_simple_cnn.py")


def brightspace_sheet(folder: Path) -> list[str | Path]:
    put(
        folder,
        "grades.csv",
        "OrgDefinedId,Username,Last Name,First Name,Lab 4 Points Grade <Numeric MaxPoints:100>,End-of-Line Indicator\n"
        "#900,#ada,Lovelace,Ada,,#\n#901,#jl,van der Berg,Jean-Luc,,#\n#902,#cz,Zuse,Conrad,,#\n",
    )
    return ["--worksheet", folder / "grades.csv", "--column", "Lab 4"]


def gradescope(folder: Path) -> None:
    put(folder, "assignment_9100_export/submission_101/4_1_simple_cnn.py")
    put(folder, "assignment_9100_export/submission_102/submission.zip!4_1_simple_cnn.py")
    put(
        folder,
        "assignment_9100_export/submission_metadata.yml",
        "submission_101:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '900'\n    :email: ada@uni.example\n"
        "  :created_at: 2027-01-30 08:15:00.000000000 Z\n  :status: processed\n"
        "submission_102:\n  :submitters:\n  - :name: Conrad Zuse\n    :sid: '901'\n    :email: cz@uni.example\n"
        "  - :name: Grace Hopper\n    :sid:\n    :email: gh@uni.example\n"
        "  :created_at: 2027-01-29 09:15:00.000000000 +01:00\n",
    )


def github(folder: Path) -> None:
    for login in ("ada", "conrad-z", "z"):
        put(folder, f"lab-4-{login}/4_1_simple_cnn.py")
        put(folder, f"lab-4-{login}/.git/config", "")


def github_roster(folder: Path) -> list[str | Path]:
    put(
        folder,
        "roster.csv",
        '"identifier","github_username","github_id","name"\n"900","z","1",""\n"901","Ada","2",""\n'
        '"902","conrad-z","3",""\n',
    )
    return ["--roster", folder / "roster.csv"]


def nbgrader(folder: Path) -> None:
    for login in ("ada", "cz"):
        put(folder, f"{login}/lab4/4_1_simple_cnn.py")


@dataclass(frozen=True)
class System:
    """A system's download, the students in it, and the options and the column of the way back."""

    download: Callable[[Path], None]
    students: list[str]
    sheet: Callable[[Path], list[str | Path]] = lambda folder: []
    column: int = 0


SYSTEMS = {
    "canvas": System(canvas, ["lovelaceada_3143", "zuseconrad_3144", "zuseconrad_3145"], canvas_sheet, 5),
    "blackboard": System(blackboard, ["c_zuse", "gh", "s111"], blackboard_sheet, 4),
    "moodle": System(moodle, ["Ada Lovelace_4711", "Conrad Zuse_4712", "Conrad Zuse_4713"], moodle_sheet, 3),
    "brightspace": System(
        brightspace, ["Ada Lovelace_12345", "Conrad Zuse_12347", "Jean-Luc van der Berg_12346"], brightspace_sheet, 4
    ),
    "gradescope": System(gradescope, ["ada@uni.example", "cz@uni.example", "gh@uni.example"]),
    "classroom50": System(github, ["lab-4-ada", "lab-4-conrad-z", "lab-4-z"], github_roster),
    "nbgrader": System(nbgrader, ["ada", "cz"]),
}
FULL = {name for name, system in SYSTEMS.items() if system.column}
"""Systems that take a table."""


def marked(system: System, tmp_path: Path) -> Path:
    """A MARKS folder: the students of a download with different marks, as `mark` would find them."""
    system.download(tmp_path / "download")
    found = taken(tmp_path / "download", tmp_path / "staging")
    results = [
        student(name, LOST if number == 0 else None).model_copy(update={"person": one.person, "messages": one.problems})
        for number, (name, one) in enumerate(found.items())
    ]
    return marks_folder(tmp_path / "marks", results)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("packed", [False, True])
def test_each_student_of_a_download_is_one_submission(tmp_path: Path, name: str, packed: bool) -> None:
    system = SYSTEMS[name]
    source = tmp_path / "download"
    system.download(source)
    if packed:
        source = Path(shutil.make_archive(str(tmp_path / "download"), "zip", source))
    found = taken(source, tmp_path / "staging")
    assert sorted(found) == system.students
    for submission in found.values():
        if submission.student != "Ada Lovelace_4711":  # who typed a text and handed in no file
            assert (submission.folder / "4_1_simple_cnn.py").read_text() == WORK, submission


@pytest.mark.parametrize("name", sorted(FULL))
def test_every_student_is_found_in_the_sheet_of_the_same_system(tmp_path: Path, name: str) -> None:
    system = SYSTEMS[name]
    marks = marked(system, tmp_path)
    sheet = system.sheet(tmp_path)
    done = export(marks, "--to", name, *sheet, "-o", tmp_path / "up.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = read(tmp_path / "up.csv")
    points = [row[system.column] for row in rows[1:] if row[0].strip() != "Points Possible"]
    assert sorted(points) == ["100", "100", "95"]
    first = {"canvas": "Lovelace, Ada", "blackboard": "Zuse", "moodle": "Participant 4711", "brightspace": "#900"}[name]
    assert [row[system.column] for row in rows if row[0] == first] == ["95"]


def test_gradescope_gets_a_file_for_each_submission_by_its_own_name(tmp_path: Path) -> None:
    marks = marked(SYSTEMS["gradescope"], tmp_path)
    done = export(marks, "--to", "gradescope", "-o", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, "")
    written = {path.parent.name: json.loads(path.read_text())["score"] for path in (tmp_path / "out").rglob("*.json")}
    assert written == {"submission_101": 95, "submission_102": 100}


@pytest.mark.parametrize("only", [[], ["--student", "gh@uni.example"]])
def test_one_result_at_gradescope_is_not_given_to_two_with_different_marks(tmp_path: Path, only: list[str]) -> None:
    marks = marked(SYSTEMS["gradescope"], tmp_path)
    old = tmp_path / "out" / "submission_102" / "results.json"
    assert export(marks, "--to", "gradescope", "-o", tmp_path / "out").exit_code == 0
    together = json.loads(old.read_text())
    assert together["extra_data"]["student"] == "cz@uni.example, gh@uni.example"
    assert "Handed in together" not in together["output"]
    override(marks, "gh@uni.example", "filters/every-filter", "--points", "1", "--reason", "Not by her.")
    done = export(marks, "--to", "gradescope", *only, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "Conrad Zuse 100" in done.stderr
    assert "Grace Hopper 98" in done.stderr
    assert "enter them by hand at Gradescope" in done.stderr
    assert not old.exists()  # it would give 100 to both
    for name in ("cz@uni.example", "gh@uni.example"):
        override(marks, name, "filters/every-filter", "--points", "2", "--reason", "For both.")
    done = export(marks, "--to", "gradescope", "-o", tmp_path / "out")
    assert (done.exit_code, json.loads(old.read_text())["score"]) == (0, 99)


@pytest.mark.parametrize(
    "roster",
    [
        github_roster,
        lambda folder: [
            "--roster",
            (folder / "grades.csv").write_text(
                "github_username,student_repository_name\nz,lab-4-z\nAda,lab-4-ada\nconrad-z,lab-4-conrad-z\n"
            )
            and folder / "grades.csv",
        ],
    ],
)
def test_repositories_of_github_classroom_find_their_owners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roster: Callable[[Path], list[str | Path]]
) -> None:
    for variable in ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"):
        monkeypatch.setenv(variable, "x")
    marks = marked(SYSTEMS["classroom50"], tmp_path)
    done = export(marks, "--to", "classroom50", *roster(tmp_path), "-o", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, "")
    owners = {
        path.parent.name: json.loads(path.read_text())["owner"] for path in (tmp_path / "out").rglob("result.json")
    }
    assert owners == {"lab-4-ada": "Ada", "lab-4-conrad-z": "conrad-z", "lab-4-z": "z"}
    put(tmp_path, "canvas.csv", "Student,ID,SIS Login ID,Lab 4 (1)\nA,1,Ada,\nB,2,conrad-z,\nC,3,z,\n")
    sheet = tmp_path / "canvas.csv"
    done = export(marks, "--to", "canvas", "--worksheet", sheet, "--column", "1", "-o", tmp_path / "up.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    assert [row[3] for row in read(tmp_path / "up.csv")[1:]] == ["95", "100", "100"]


# --- what is said of it -----------------------------------------------------------------------------------------------


def test_the_last_attempt_counts_and_it_says_so(tmp_path: Path) -> None:
    canvas(tmp_path / "canvas")
    late = taken(tmp_path / "canvas", tmp_path / "1")["zuseconrad_3144"]
    assert files(late) == ["4_1_simple_cnn.py", "own.py"]
    assert late.late == "Canvas"
    (said,) = late.problems
    assert re.search(r"4_1_simple_cnn.py was handed in again; zuse\S+207799_\S+ counts, zuse\S+207798_\S+ does", said)
    blackboard(tmp_path / "blackboard")
    ada = taken(tmp_path / "blackboard", tmp_path / "2")["s111"]
    assert ada.problems == ["2 attempts were handed in; the last one counts, of 2027-01-21 10:00:00."]
    assert ada.person == {"login": "s111", "name": "Ada Lovelace"}
    brightspace(tmp_path / "brightspace")
    ada = taken(tmp_path / "brightspace", tmp_path / "3")["Ada Lovelace_12345"]
    assert ada.problems == ["3 attempts were handed in; the last one counts, of 2027-01-01 12:05."]


def test_what_canvas_hands_out_of_a_text_or_without_names(tmp_path: Path) -> None:
    for name in ("hoppergrace_3147_text.html", "hopperjane_LATE_3148_link.html"):
        put(tmp_path / "in", name, "<p>My work is at …</p>")
    put(tmp_path / "in", "LATE_anon_a1B2c_20007_4_1_simple_cnn.py")
    put(tmp_path / "in", "anon_a1B2d_20008_4_1_simple_cnn.py")
    put(tmp_path / "in", "anonradu_31431_20009_4_1_simple_cnn.py")
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert {name: (one.late, files(one), one.person) for name, one in found.items()} == {
        "hoppergrace_3147": ("", ["text.html"], {"id": "3147"}),
        "hopperjane_3148": ("Canvas", ["link.html"], {"id": "3148"}),
        "anon_a1B2c": ("Canvas", ["4_1_simple_cnn.py"], {}),
        "anon_a1B2d": ("", ["4_1_simple_cnn.py"], {}),
        "anonradu_31431": ("", ["4_1_simple_cnn.py"], {"id": "31431"}),
    }


def test_numbers_that_a_student_chose_are_no_attempts(tmp_path: Path) -> None:
    for number, file in enumerate(["3_a-1.png", "3_a-2.png", "net-1.py", "net.py", "4_1_simple_cnn-2.ipynb"], 20):
        put(tmp_path / "in", f"zuseconrad_3144_{number}_{file}")
    (found,) = taken(tmp_path / "in", tmp_path / "staging").values()
    assert files(found) == ["3_a-1.png", "3_a-2.png", "4_1_simple_cnn.ipynb", "net.py"]
    assert len(found.problems) == 1


def test_moodles_text_counts_only_where_no_file_was_handed_in(tmp_path: Path) -> None:
    moodle(tmp_path / "in")
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert files(found["Ada Lovelace_4711"]) == ["onlinetext.html"]
    assert found["Conrad Zuse_4712"].problems == [
        "The text that was typed into the course system is not read; the files are."
    ]


def test_gradescope_says_who_worked_together_and_when_it_came(tmp_path: Path) -> None:
    gradescope(tmp_path / "in")
    submissions = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits()).submissions
    assert [one.problems for one in submissions] == [
        [],
        ["Handed in together with Grace Hopper."],
        ["Handed in together with Conrad Zuse."],
    ]
    times = find_times(submissions, tmp_path)
    assert times.known["ada@uni.example"] == datetime(2027, 1, 30, 8, 15, tzinfo=timezone.utc)
    assert times.known["gh@uni.example"] == datetime(2027, 1, 29, 8, 15, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("name", "who", "when"),
    [
        ("brightspace", "Ada Lovelace_12345", datetime(2027, 1, 1, 12, 5, tzinfo=BERLIN)),  # the last of three
        ("brightspace", "Jean-Luc van der Berg_12346", datetime(2027, 1, 2, 9, 15, tzinfo=BERLIN)),
        ("blackboard", "s111", datetime(2027, 1, 21, 10, tzinfo=BERLIN)),
        ("gradescope", "ada@uni.example", datetime(2027, 1, 30, 8, 15, tzinfo=timezone.utc)),
    ],
)
def test_the_systems_own_time_of_the_attempt_that_counts_is_known(
    tmp_path: Path, name: str, who: str, when: datetime
) -> None:
    SYSTEMS[name].download(tmp_path / "in")
    submissions = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits()).submissions
    times = find_times(submissions, tmp_path, zone=BERLIN)
    assert times.known[who] == when
    assert times.missing == []
    system = name.capitalize()
    assert times.whose(who) == f"{system}'s time"
    zone = "" if name == "gradescope" else ", without a time zone there, so read as UTC+01:00"
    assert times.sources == f"{system}'s own times{zone}"
    put(tmp_path, "times.csv", f"student,time\n{who},2027-01-25T10:00:00Z\n")
    times = find_times(submissions, tmp_path, tmp_path / "times.csv", BERLIN)  # the marker's word counts before all
    assert times.known[who] == datetime(2027, 1, 25, 10, tzinfo=timezone.utc)
    assert times.whose(who) == "the marker's list of times"
    assert times.missing == []  # whom the list does not name, the system does
    other = next(each.student for each in submissions if each.student != who)
    assert times.whose(other) == f"{system}'s time"


def test_moodles_worksheet_says_when_it_came_and_a_students_own_file_does_not(tmp_path: Path) -> None:
    moodle(tmp_path / "in")
    put(tmp_path / "in", "Conrad Zuse_4712_assignsubmission_file_/lab4/timestamp.txt", "2020-01-01 12:00:00 UTC")
    submissions = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits()).submissions
    assert find_times(submissions, tmp_path).known == {}
    header = "Identifier,Full name,Status,Last modified (submission),Last modified (grade)\n"
    at = '"Thursday, 28 January 2027, 9:15 PM"'
    graded = '"Sunday, 31 January 2027, 9:15 PM"'
    rows = f"Participant 4713,Conrad Zuse,,{at},{graded}\nParticipant 4711,Ada,,-,-\nParticipant 9,Eve,,{at},-\n"
    put(tmp_path, "grades.csv", "\ufeff" + header + rows)
    times = find_times(submissions, tmp_path, tmp_path / "grades.csv", BERLIN)
    assert times.known == {"Conrad Zuse_4713": datetime(2027, 1, 28, 21, 15, tzinfo=BERLIN)}
    assert times.missing == ["Ada Lovelace_4711", "Conrad Zuse_4712"]
    assert times.strangers == ["Participant 9"]
    assert times.sources.endswith("grades.csv, without a time zone there, so read as UTC+01:00")
    german = (
        "ID;Vollständiger Name;Zuletzt geändert (Abgabe)\nTeilnehmer/in4712;Conrad;Donnerstag, 28. Januar 2027, 21:15\n"
    )
    put(tmp_path, "grades.csv", german)
    times = find_times(submissions, tmp_path, tmp_path / "grades.csv", BERLIN)
    assert times.known == {"Conrad Zuse_4712": datetime(2027, 1, 28, 21, 15, tzinfo=BERLIN)}


@pytest.mark.parametrize("text", ["", "[]", "submission_1: {}", "submission_1: {':submitters': 3}", "{", "a: *b"])
def test_a_broken_file_of_gradescopes_is_told(tmp_path: Path, text: str) -> None:
    put(tmp_path / "in", "submission_metadata.yml", text)
    put(tmp_path / "in", "submission_1/work.py")
    with pytest.raises(SubmissionError, match=r"submission_metadata.yml: is not as Gradescope writes it"):
        taken(tmp_path / "in", tmp_path / "staging")


def test_what_is_named_by_no_system_stands_beside_it(tmp_path: Path) -> None:
    moodle(tmp_path / "in")
    put(tmp_path / "in", "bob/work.py")
    put(tmp_path / "in", "eve_2.zip!work.py")
    assert {"bob", "eve_2", "Conrad Zuse_4713"} <= set(taken(tmp_path / "in", tmp_path / "staging"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "secret.py")
    put(tmp_path / "in", "Ada_1_assignsubmission_file_own.py")
    (tmp_path / "in" / "Ada_1_assignsubmission_file_linked.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "in" / "Ada_1_assignsubmission_file_hard.py").hardlink_to(tmp_path / "secret.py")
    (ada,) = taken(tmp_path / "in", tmp_path / "staging").values()
    assert files(ada) == ["own.py"]
    assert len(ada.problems) == 2


def test_results_keep_whose_it_is_and_flag_what_is_late_by_nobody_knows_how_much(tmp_path: Path) -> None:
    canvas(tmp_path / "in")
    submissions = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits()).submissions
    marks = tmp_path / "marks"
    marks.mkdir()
    times = find_times(submissions, marks)
    run = ClassRun(open_lab("lab4"), marks, Cache(marks), "digits", "cpu", None, times, RunListener())
    run.taken_in = TakenIn(submissions)
    ada, conrad, other = (run._settled(student(one.student), []) for one in submissions)
    assert ada.person == {"id": "3143"}
    assert [one.flags for one in (ada, other)] == [[], []]
    assert conrad.flags == ["Canvas calls this late, but not since when: nothing is taken off. Use --times."]


def test_a_students_file_cannot_be_called_another_students_attempt(tmp_path: Path) -> None:
    """Blackboard puts the file's own name behind the attempt's: it may look like a later attempt of somebody else."""
    folder = tmp_path / "in"
    folder.mkdir()
    for who, name in (("s111", "Ada"), ("s222", "Bob"), ("s333", "Eve")):
        head = f"Lab 4_{who}_attempt_2027-01-21-10-00-00"
        (folder / f"{head}.txt").write_text(f"Name: {name} ({who})\n")
        (folder / f"{head}_work.py").write_text(f"whose = {name!r}\n")
    planted = "Lab 4_s111_attempt_2027-01-21-10-00-00_x_s222_attempt_2099-01-01-00-00-00"
    (folder / f"{planted}.txt").write_text("Name: Bob (s222)\n")
    (folder / f"{planted}_work.py").write_text("whose = 'nobody'\n")
    found = taken(folder, tmp_path / "staging")
    assert set(found) == {"s111", "s222", "s333"}
    bob = found["s222"]
    assert [path.read_text() for path in bob.folder.rglob("*.py")] == ["whose = 'Bob'\n"]
    assert bob.clock is None or "2099" not in str(bob.clock)
