"""Does each export say what the marks are, in the way that its consumer reads, and never a 0 where there is no mark?"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import junitparser
import pandas
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from autograder.results import StudentResult
from tests.export_class import FIXTURES, export, marks_folder, student

RELU = {"better-cnn/same-function": 5.0}
HALF = {"better-cnn-accuracy/accuracy": 2.75, "save-load/round-trip": 3.0}
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1-2",
    "-x",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=1",
    "a\nb",
    "tab\there",
    'quo"te',
    "comma, semicolon; pipe|",
    "\u202egnp.exe",
    "‌نام",
    "<script>alert(1)</script>",
    "../../etc",
    "caf\udce9",
    "nul\x00byte",
    "\x1b[31m",
    "007",
    "李小龙",
    "n" * 300,
]
FORMULA = tuple("=+-@\t\r\n")


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """Ada has everything, Miles a mistake, Bruce half a point; the mark of Nobody is withheld."""
    people = [student("ada"), student("miles", RELU, message="No ReLU."), student("bruce", HALF)]
    return marks_folder(tmp_path / "marks", [*people, student("nobody", withheld=True)])


def cells(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> list[list[str]]:
    text = path.read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_formats_are_listed_with_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_COLUMNS", "80")
    lines = export("--formats").output.splitlines()
    assert max(map(len, lines)) <= 80
    listed = re.sub(r"\n +", " ", "\n".join(map(str.rstrip, lines))).splitlines()
    names = {line.split()[0] for line in listed}
    assert names == {
        "nbgrader", "moodle", "canvas", "blackboard", "brightspace", "gradescope", "gradescope-autograder",
        "classroom50", "actions", "junit", "csv", "json",
    }  # fmt: skip
    assert all(len(line.split()) > 5 for line in listed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{marks}",), "--formats lists the formats"),
        (("{marks}", "--to", "excel"), "there is no format 'excel'; choose one of actions, blackboard"),
        (("{marks}/nowhere", "--to", "csv"), "there is no such file"),
        (("{marks}", "--to", "csv", "--worksheet", "x.csv"), "--worksheet cannot be used with --to csv"),
        (("{marks}", "--to", "junit", "--gradebook", "g.db"), "--gradebook cannot be used with --to junit"),
        (("{marks}", "--to", "csv", "--student", "nemo"), "the results have no student 'nemo'"),
        (("{marks}", "--to", "csv", "--gradebook", "nowhere.db"), "nowhere.db: there is no such gradebook"),
        (("{marks}", "--to", "csv", "--gradebook", "{marks}/results.json"), "is not a gradebook"),
        (("{marks}", "--to", "csv", "--gradebook", "nonsense://x"), "the database cannot be opened"),
        (("{marks}", "--to", "json", "-o", "{marks}/results.json"), "is read for this export"),
        (("{marks}", "--to", "canvas"), "or use --new-column"),
        (("{marks}", "--to", "moodle", "--id", "shoe size"), "--id must be a field that Moodle can import by, login"),
        (("{marks}", "--to", "classroom50"), "CLASSROOM"),
        (("{marks}", "--to", "gradescope", "-o", "one.json"), "there are 4 students"),
    ],
)
def test_what_cannot_be_is_told_in_a_line_and_writes_nothing(
    marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLASSROOM", raising=False)
    before = sorted(tmp_path.rglob("*"))
    done = export(*(argument.format(marks=marks) for argument in arguments))
    assert done.exit_code == 2
    assert words in done.stderr.replace("\n", " ")
    assert sorted(tmp_path.rglob("*")) == before


def test_who_has_no_mark_is_named_and_the_exit_status_says_so(marks: Path, tmp_path: Path) -> None:
    done = export(marks, "--to", "csv", "-o", tmp_path / "grades.csv")
    assert done.exit_code == 1
    assert "nobody: withheld" in done.stderr
    assert export(marks, "--to", "csv", "-o", tmp_path / "grades.csv", "--allow-missing").exit_code == 0
    alone = export(marks, "--to", "csv", "-o", tmp_path / "ada.csv", "--student", "ada")
    assert (alone.exit_code, alone.stderr) == (0, "")


# --- csv and json -----------------------------------------------------------------------------------------------------


def test_what_an_export_says_is_as_wide_as_the_terminal(
    marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPORT_COLUMNS", "80")
    done = export(marks, "--to", "moodle", "-o", tmp_path / "moodle.csv")
    notes = done.stdout.partition("\n")[2].partition("These are")[2]  # without the path, which has no spaces
    assert "aborts the whole import" in notes.replace("\n", " ")
    assert max(map(len, [*notes.splitlines(), *done.stderr.splitlines()])) <= 80


def test_pandas_reads_the_csv(tmp_path: Path) -> None:
    people = [
        student("007", RELU),
        student("late", late=19.5),
        student("more", extra=7),
        student("none", withheld=True),
        student("decided", override="better-cnn/dropout"),
    ]
    export(marks_folder(tmp_path, people), "--to", "csv", "-o", tmp_path / "grades.csv")
    table = pandas.read_csv(tmp_path / "grades.csv", dtype={"student": str}).set_index("student")
    assert table["total"].drop("none").to_dict() == {"007": 95, "late": 80.5, "more": 107, "decided": 100}
    assert table.loc["none", ["automatic", "total", "better-cnn"]].isna().all()
    assert set(table["total_max"]) == {100}
    assert table.loc["late", ["late_days", "late_points"]].tolist() == [2, 19.5]
    assert table.loc["late", "remarks"] == "2 days late: 19.5 points off"
    assert table.loc["decided", "remarks"] == "1 check decided by a marker"
    assert table.loc["007", "better-cnn"] == 3


def test_the_csv_is_for_excel_and_has_its_texts_in_quotes(marks: Path, tmp_path: Path) -> None:
    export(marks, "--to", "csv", "-o", tmp_path / "grades.csv")
    data = (tmp_path / "grades.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b'\r\n"ada","marked",100,100,' in data


def test_the_json_says_null_for_a_mark_that_is_not_there(marks: Path, tmp_path: Path) -> None:
    export(marks, "--to", "json", "-o", tmp_path / "grades.json", "--roster", FIXTURES / "roster.csv")
    data = json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    students = {one["student"]: one for one in data["students"]}
    assert {name: one["total"] for name, one in students.items()} == {
        "ada": 100, "bruce": 94.25, "miles": 95, "nobody": None,
    }  # fmt: skip
    assert set(students["nobody"]["tasks"].values()) == {None}
    assert students["bruce"]["person"]["idnumber"] == "0003"
    assert students["bruce"]["person"]["first"] == "小龙"


def test_totals_are_scaled_where_that_is_asked_for(marks: Path, tmp_path: Path) -> None:
    export(marks, "--to", "json", "-o", tmp_path / "grades.json", "--out-of", 30)
    data = json.loads((tmp_path / "grades.json").read_text(encoding="utf-8"))
    assert [(one["total"], one["total_max"]) for one in data["students"]] == [
        (30, 30), (28.28, 30), (28.5, 30), (None, 30),
    ]  # fmt: skip


# --- names ------------------------------------------------------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(st.text(min_size=1, max_size=12), min_size=1, max_size=6))
def test_no_name_breaks_a_table_or_is_a_formula(tmp_path: Path, names: set[str]) -> None:
    check_tables(tmp_path, sorted(names))


def test_malicious_names_break_no_table(tmp_path: Path) -> None:
    check_tables(tmp_path, HOSTILE)
    grades = cells(tmp_path / "grades.csv", "utf-8-sig")
    assert "'=cmd|' /C calc'!A0" in [row[0] for row in grades]
    assert "007" in [row[0] for row in grades]
    assert "李小龙" in [row[0] for row in grades]


def check_tables(folder: Path, names: list[str]) -> None:
    """Every table has a row of the right width for each student who is not told to be left out, and no formula."""
    marks = marks_folder(folder / "marks", [student(name, RELU) for name in names])
    made = {
        "csv": (("--to", "csv", "-o", folder / "grades.csv"), "utf-8-sig", ",", 1),
        "moodle": (("--to", "moodle", "-o", folder / "moodle.csv"), "utf-8", ",", 1),
        "canvas": (("--to", "canvas", "-o", folder / "canvas.csv", "--new-column"), "utf-8", ",", 2),
        "blackboard": (("--to", "blackboard", "-o", folder / "bb.xls", "--new-column"), "utf-16", "\t", 1),
    }
    for arguments, encoding, delimiter, heads in made.values():
        done = export(marks, *arguments, "-v")
        rows = cells(Path(arguments[3]), encoding, delimiter)
        without = int(match[1]) if (match := re.search(r"^(\d+) ha(s|ve) no mark in it", done.stderr)) else 0
        assert len(rows) - heads + without == len(names)
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
        assert all(row.count("95") >= 1 for row in rows[heads:])


def ada_of_moodle(lost: Mapping[str, float] | None = None) -> StudentResult:
    """A student whose work was downloaded from Moodle."""
    person = {"name": "Ada Lovelace", "participant": "4711"}
    return student("Ada Lovelace_4711", lost).model_copy(update={"person": person})


# --- Moodle -----------------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_a_moodle_worksheet_is_filled_in_and_else_kept_byte_for_byte(tmp_path: Path) -> None:
    people = [
        ada_of_moodle(RELU),
        student("miles@example.org"),
        student("李小龙", withheld=True),
        student("stranger"),
    ]
    out = tmp_path / "out.csv"
    done = export(
        marks_folder(tmp_path / "marks", people), "--to", "moodle", "--worksheet", FIXTURES / "moodle_en.csv", "-o", out
    )
    old, new = lines_of(FIXTURES / "moodle_en.csv"), lines_of(out)
    assert new[1] == old[1].replace(b'grading",,100.00', b'grading",95,100.00')
    assert new[2] == old[2].replace(b",12.50,", b",100,")
    assert [new[0], *new[3:]] == [old[0], *old[3:]]
    assert done.exit_code == 1
    assert "stranger: not found in moodle_en.csv" in done.stderr
    assert "李小龙: withheld" in done.stderr
    assert "miles@example.org (12.50 → 100)" in done.stdout


def test_a_german_worksheet_is_understood(tmp_path: Path) -> None:
    people = [ada_of_moodle(HALF), student("juergen@example.org")]
    out = tmp_path / "out.csv"
    marks = marks_folder(tmp_path / "marks", people)
    assert export(marks, "--to", "moodle", "--worksheet", FIXTURES / "moodle_de.csv", "-o", out).exit_code == 0
    old, new = (FIXTURES / "moodle_de.csv").read_bytes(), out.read_bytes()
    assert new == old.replace(b'abgegeben",,', b'abgegeben",94.25,', 1).replace(b'abgegeben",,', b'abgegeben",100,', 1)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda text: text.replace("Grade,", "Points,"), (), "line 1: no column is known to have grades"),
        (lambda text: text.replace("Grade,", "Points,"), ("--column", "Marks"), "line 1: there is no column 'Marks'"),
        (lambda text: text.replace(",100.00,", ",20.00,"), (), "--out-of 20"),
        (lambda text: "", (), "line 1: the header"),
    ],
)
def test_a_moodle_worksheet_that_does_not_fit_is_told(
    tmp_path: Path, change: Callable[[str], str], options: tuple[str, ...], words: str
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(change((FIXTURES / "moodle_en.csv").read_text(encoding="utf-8")), encoding="utf-8", newline="")
    marks = marks_folder(tmp_path / "marks", [ada_of_moodle()])
    out = tmp_path / "out.csv"
    done = export(marks, "--to", "moodle", "--worksheet", sheet, "-o", out, *options)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not out.exists()


def test_scaled_marks_fit_a_moodle_worksheet(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    text = (FIXTURES / "moodle_en.csv").read_text(encoding="utf-8").replace(",100.00,", ",20.00,")
    sheet.write_text(text, encoding="utf-8", newline="")
    marks = marks_folder(tmp_path / "marks", [student("ada@example.org", RELU)])
    export(marks, "--to", "moodle", "--worksheet", sheet, "-o", tmp_path / "out.csv", "--out-of", 20)
    assert cells(tmp_path / "out.csv")[1][4] == "19"


def test_moodles_import_file_has_the_id_that_was_asked_for(marks: Path, tmp_path: Path) -> None:
    roster = FIXTURES / "roster.csv"
    done = export(marks, "--to", "moodle", "--id", "idnumber", "--roster", roster, "-o", tmp_path / "m.csv")
    assert cells(tmp_path / "m.csv") == [
        ["idnumber", "name", "Lab 4: convolutional networks for MNIST"],
        ["0001", "Ada Lovelace", "100"],
        ["0003", "小龙 李", "94.25"],
        ["0002", """Miles O'Brien, "Chief\"""", "95"],
    ]
    assert "map 'idnumber'" in done.stdout
    no_id = export(marks, "--to", "moodle", "--id", "sis", "-o", tmp_path / "none.csv")
    assert "ada, bruce and miles: no sis is known of this student; add it to the roster" in no_id.stderr


# --- Canvas -----------------------------------------------------------------------------------------------------------


def test_a_canvas_gradebook_is_filled_in_and_else_kept(marks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = export(
        marks, "--to", "canvas", "--worksheet", FIXTURES / "canvas.csv", "--column", "Lab 4 (1002)", "-o", out
    )
    old, new = lines_of(FIXTURES / "canvas.csv"), lines_of(out)
    assert new[3] == old[3].replace(b"41.0,,9.0", b"41.0,100,9.0")
    assert new[4] == old[4].replace(b"55.0", b"95")
    assert new[5] == old[5].replace(b"CS 1,,,", b"CS 1,,94.25,")
    assert [*new[:3], new[6]] == [*old[:3], old[6]]
    assert "nobody: withheld" in done.stderr
    assert "In canvas.csv, but with no mark here: Student, Test.\n" in done.stdout
    table = pandas.read_csv(out, skiprows=[1, 2], dtype={"ID": str}).set_index("ID")
    assert table["Lab 4 (1002)"].dropna().to_dict() == {"501": 100, "502": 95, "503": 94.25}


@pytest.mark.parametrize("column", ["1002", "lab 4", "Lab 4 (1002)"])
def test_a_canvas_column_is_found_by_title_or_number(marks: Path, tmp_path: Path, column: str) -> None:
    sheet = FIXTURES / "canvas.csv"
    export(marks, "--to", "canvas", "--worksheet", sheet, "--column", column, "-o", tmp_path / "out.csv")
    assert [row[6] for row in cells(tmp_path / "out.csv")] == ["Lab 4 (1002)", "", "100.0", "100", "95", "94.25", ""]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Lab 5", "there is no column 'Lab 5'; the columns are 'Lab 3 (1001)', 'Lab 4 (1002)', 'Quiz (1003)'"),
        ("Lab 3", "line 3, column 'Lab 3 (1001)': the maximum there is 50"),
        ("Final Score", "no column 'Final Score'"),
    ],
)
def test_canvas_gets_no_assignment_that_nobody_wants(marks: Path, tmp_path: Path, column: str, words: str) -> None:
    out = tmp_path / "out.csv"
    done = export(marks, "--to", "canvas", "--worksheet", FIXTURES / "canvas.csv", "--column", column, "-o", out)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not out.exists()


def test_a_new_column_for_canvas_is_made_where_it_is_wanted(marks: Path, tmp_path: Path) -> None:
    sheet, out = FIXTURES / "canvas.csv", tmp_path / "out.csv"
    export(marks, "--to", "canvas", "--worksheet", sheet, "--column", "Lab 5", "--new-column", "-o", out)
    old, new = cells(sheet), cells(out)
    assert [row[:-1] for row in new] == old
    assert [row[-1] for row in new] == ["Lab 5", "", "100", "100", "95", "94.25", ""]


def test_a_canvas_file_is_made_from_a_roster(marks: Path, tmp_path: Path) -> None:
    done = export(
        marks,
        "--to",
        "canvas",
        "--roster",
        FIXTURES / "roster.csv",
        "--column",
        "Lab 4 (1002)",
        "-o",
        tmp_path / "c.csv",
    )
    assert cells(tmp_path / "c.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 4 (1002)"],
        ["    Points Possible", "", "", "", "", "100"],
        ["Lovelace, Ada", "", "S001", "ada.l", "", "100"],
        ["李, 小龙", "", "S003", "bruce", "", "94.25"],
        ["""O'Brien, "Chief", Miles""", "", "S002", "miles", "", "95"],
    ]
    assert "nobody" in done.stderr


# --- Blackboard -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_blackboard_file_is_filled_in_in_its_own_encoding(marks: Path, tmp_path: Path, encoding: str) -> None:
    text = (FIXTURES / "blackboard.csv").read_text(encoding="utf-8")
    if encoding == "utf-16":
        text = text.replace('","', '"\t"').replace("\n", "\r\n")
    sheet = tmp_path / "gc.xls"
    sheet.write_bytes(text.encode(encoding))
    out = tmp_path / "out.xls"
    export(marks, "--to", "blackboard", "--worksheet", sheet, "--column", "Lab 4", "-o", out)
    expected = text
    for old, new in (
        ('"41"?""?"41"', '"41"?100?"41"'),
        ('"12.5"?"55"?', '"12.5"?95?'),
        ('"Yes"?""?""?', '"Yes"?""?94.25?'),
    ):
        delimiter = "\t" if encoding == "utf-16" else ","
        assert old.replace("?", delimiter) in expected
        expected = expected.replace(old.replace("?", delimiter), new.replace("?", delimiter))
    assert out.read_bytes() == expected.encode(encoding)


def test_a_new_blackboard_file_is_what_blackboard_downloads(marks: Path, tmp_path: Path) -> None:
    column = "Lab 4 [Total Pts: 100 Score] |77002"
    export(marks, "--to", "blackboard", "--column", column, "-o", tmp_path / "bb.xls")
    table = pandas.read_csv(tmp_path / "bb.xls", sep="\t", encoding="utf-16").set_index("Username")
    assert table[column].to_dict() == {"ada": 100, "bruce": 94.25, "miles": 95}
    wrong = export(marks, "--to", "blackboard", "--column", "Lab 4 [Total Pts: 10 Score] |77002")
    assert "--out-of 10" in wrong.stderr


# --- rosters, and who is who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("folder,name\nada,Ada\nmiles,O'Brien, Miles\n", "line 3: 3 cells, but the header has 2"),
        ("folder,name\nada,Ada\nbruce,B\n\nada,Ada L.\n", "line 5: 'ada' is listed twice (first on line 2)"),
        ("first name,last name\nAda,Lovelace\n", "no column has the submissions' names, such as 'ada'"),
        ("only one column\nada\n", "line 1: the header must have at least two columns"),
        ("PK\x03\x04", "is an Excel workbook or a zip"),
    ],
)
def test_a_roster_that_is_wrong_is_told_with_its_line(marks: Path, tmp_path: Path, text: str, words: str) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(text, encoding="utf-8")
    done = export(marks, "--to", "csv", "--roster", roster, "-o", tmp_path / "out.csv")
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_roster_in_latin_1_is_told(marks: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_bytes("folder,name\nada,Ada\nmiles,Zoë\n".encode("latin-1"))
    assert "line 3: is not UTF-8" in export(marks, "--to", "csv", "--roster", roster).stderr


def test_the_column_of_the_submissions_is_found_by_what_it_holds(marks: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("Name;GitHub username;Student ID\nLovelace;ADA;1\nOBrien;miles;2\n", encoding="utf-8")
    export(marks, "--to", "json", "--roster", roster, "-o", tmp_path / "out.json")
    people = {one["student"]: one["person"] for one in json.loads((tmp_path / "out.json").read_text())["students"]}
    assert people["ada"] == {"name": "Lovelace", "login": "ADA", "idnumber": "1"}
    assert people["miles"]["idnumber"] == "2"
    assert people["bruce"] == {}


def test_who_is_in_the_roster_and_has_no_mark_is_named(marks: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("folder,first name,last name\nADA,Ada,L\nnancy,Nan,C\nmiles,M,O\n,,\nzed,,\n", encoding="utf-8")
    sentence = "In roster.csv, but with no mark here: Nan C and zed."
    for system in ("csv", "json"):
        done = export(marks, "--to", system, "--roster", roster, "-o", tmp_path / "out")
        assert sentence in " ".join(done.stdout.split())
    one = export(marks, "--to", "csv", "--roster", roster, "--student", "ada", "-o", tmp_path / "one.csv")
    assert "no mark here" not in one.stdout


@pytest.mark.parametrize("system", ["moodle", "canvas", "blackboard", "brightspace"])
def test_of_two_whom_a_system_takes_for_one_neither_is_written_and_both_are_named(tmp_path: Path, system: str) -> None:
    folder = marks_folder(tmp_path / "marks", [student("Max"), student("max"), student("ada")])
    new = ["--new-column"] if system in ("canvas", "blackboard") else []
    done = export(folder, "--to", system, *new, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{system}: 1 student in" in done.stdout
    assert "Max: cannot be told from max there" in done.stderr
    assert "max: cannot be told from Max there" in done.stderr
    written = (tmp_path / "out").read_bytes().replace(b"\0", b"").lower()
    assert (b"ada" in written, b"max" in written) == (True, False)


def test_nobody_is_guessed(tmp_path: Path) -> None:
    """Two rows for a student, or two students for a row: no row changes, and all of them are told."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        "Identifier,Full name,Email address,Grade,Maximum Grade\n"
        "Participant 1,John Smith,john1@example.org,,100\n"
        "Participant 2,John Smith,john2@example.org,,100\n"
        "Participant 3,Eve Adams,eve@example.org,,100\n",
        encoding="utf-8",
    )
    marks = marks_folder(
        tmp_path / "marks", [student("John Smith"), student("Eve Adams"), student("eve@example.org"), student("1")]
    )
    out = tmp_path / "out.csv"
    done = export(marks, "--to", "moodle", "--worksheet", sheet, "-o", out)
    assert out.read_bytes() == sheet.read_bytes()
    assert done.exit_code == 1
    assert "John Smith: sheet.csv: lines 2, 3 could all be this student" in done.stderr
    assert "  Eve Adams and eve@example.org: sheet.csv: line 4 could be Eve Adams or eve@example.org\n" in done.stderr
    assert "1: not found in sheet.csv" in done.stderr


# --- a report of checks for each student ------------------------------------------------------------------------------


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class GradescopeTest(Strict):
    """https://gradescope-autograders.readthedocs.io/en/latest/specs/"""

    score: float
    max_score: float
    status: Literal["passed", "failed"]
    name: str
    name_format: Literal["text", "html", "simple_format", "md", "ansi"]
    number: str
    output: str
    output_format: Literal["text", "html", "simple_format", "md", "ansi"]
    tags: list[str]
    visibility: Literal["hidden", "after_due_date", "after_published", "visible"]


class Gradescope(Strict):
    score: float
    output: str
    output_format: Literal["text", "html", "simple_format", "md", "ansi"]
    visibility: Literal["hidden", "after_due_date", "after_published", "visible"]
    stdout_visibility: Literal["hidden", "after_due_date", "after_published", "visible"]
    extra_data: dict[str, str | float]
    tests: list[GradescopeTest]


def test_gradescope_gets_results_of_its_own_form(marks: Path, tmp_path: Path) -> None:
    done = export(marks, "--to", "gradescope", "-o", tmp_path / "gs")
    assert sorted(path.name for path in (tmp_path / "gs").iterdir()) == ["ada", "bruce", "miles"]
    assert "nobody: withheld" in done.stderr
    found = Gradescope.model_validate_json((tmp_path / "gs" / "miles" / "results.json").read_text(encoding="utf-8"))
    assert found.score == sum(test.score for test in found.tests) == 95
    assert sum(test.max_score for test in found.tests) == 100
    (failed,) = [test for test in found.tests if test.status == "failed"]
    assert (failed.tags, failed.output) == (["better-cnn", "same-function"], "No ReLU.")
    assert sum(test.max_score for test in found.tests if test.visibility == "visible") == 83


class Classroom50Test(Strict):
    name: Annotated[str, Field(min_length=1, alias="test-name")]
    passed: bool
    score: Annotated[StrictInt, Field(ge=0)]
    max_score: Annotated[StrictInt, Field(ge=0, alias="max-score")]


class Classroom50(Strict):
    schema_name: Literal["classroom50/result/v1"] = Field(alias="schema")
    classroom: Literal["dl"]
    assignment: Literal["lab-4"]
    assignment_type: Literal["individual"]
    owner: Annotated[str, Field(min_length=1)]
    submission: Annotated[str, Field(pattern="^submit/")]
    commit: Annotated[str, Field(min_length=1)]
    release: Annotated[str, Field(min_length=1)]
    review: Annotated[str, Field(min_length=1)]
    datetime: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    score: Annotated[StrictInt, Field(ge=0)]
    max_score: Annotated[StrictInt, Field(ge=0, alias="max-score")]
    tests: list[Classroom50Test]


def test_classroom_50_gets_whole_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CLASSROOM": "dl",
        "ASSIGNMENT": "lab-4",
        "SUBMISSION_TAG": "submit/2027-01-29",
        "COMMIT_URL": "https://example.org/commit/1",
        "RELEASE_URL": "https://example.org/releases/1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("REVIEW_URL", raising=False)
    people = [student("half", HALF), student("more", extra=7), student("late", late=50), student("no", withheld=True)]
    export(marks_folder(tmp_path / "marks", people), "--to", "classroom50", "-o", tmp_path / "c50")
    found = {
        path.parent.name: Classroom50.model_validate_json(path.read_text(encoding="utf-8"))
        for path in (tmp_path / "c50").glob("*/result.json")
    }
    assert {name: (one.score, one.max_score) for name, one in found.items()} == {
        "half": (94, 100), "more": (107, 110), "late": (50, 100),
    }  # fmt: skip
    assert all(test.score <= test.max_score for one in found.values() for test in one.tests)
    alone = export(tmp_path / "marks", "--to", "classroom50", "--student", "half", "-o", tmp_path / "result.json")
    assert alone.exit_code == 0
    assert json.loads((tmp_path / "result.json").read_text())["owner"] == "half"


def test_the_legacy_reporter_adds_up_to_the_mark(tmp_path: Path) -> None:
    """It sums the scores, crashes without tests, and takes 96 kB of base64 from the environment."""
    talkative = {f"{task}/layer-shapes": 1.0 for task in ("simple-cnn", "better-cnn", "branch-model")}
    people = [student("ada", late=12.5), student("talks", talkative, message="ü" * 50_000)]
    export(marks_folder(tmp_path / "marks", people), "--to", "actions", "-o", tmp_path / "actions")
    for name, mark in {"ada": 87.5, "talks": 97}.items():
        encoded = (tmp_path / "actions" / name / "result.base64").read_bytes()
        assert len(encoded) < 96_000
        report = json.loads(base64.b64decode(encoded, validate=True))
        assert report == json.loads((tmp_path / "actions" / name / "result.json").read_text(encoding="utf-8"))
        assert sum(test["score"] for test in report["tests"]) == mark
        assert (report["version"], report["status"], report["max_score"]) == (1, "fail", 100)
        assert {test["status"] for test in report["tests"]} == {"pass", "fail"}


def test_junit_is_valid_and_junitparser_reads_it(marks: Path, tmp_path: Path) -> None:
    out = tmp_path / "junit.xml"
    export(marks, "--to", "junit", "-o", out)
    xmlschema.XMLSchema(str(FIXTURES / "junit.xsd")).validate(str(out))
    suites = {suite.name: suite for suite in junitparser.JUnitXml.fromfile(str(out))}
    checks = sum(len(task.checks) for task in student("nobody").tasks)
    assert {name: (one.failures, one.errors) for name, one in suites.items()} == {
        "ada": (0, 0), "bruce": (2, 0), "miles": (1, 0), "nobody": (0, checks),
    }  # fmt: skip
    points = {one.name: one.value for one in suites["miles"].properties()}
    assert (points["points"], points["max_points"]) == ("95", "100")
    assert points["points.better-cnn/same-function"] == "0"
    assert "points" not in {one.name for one in suites["nobody"].properties()}
    (failed,) = [case for case in suites["miles"] if case.result]
    assert failed.result[0].text == "No ReLU."


def test_malicious_names_and_messages_break_no_report(tmp_path: Path) -> None:
    people = [student(name, RELU, message=f"{name} ]]> \x00\x1b\ufffe") for name in HOSTILE]
    marks = marks_folder(tmp_path / "marks", people)
    export(marks, "--to", "junit", "-o", tmp_path / "junit.xml")
    xmlschema.XMLSchema(str(FIXTURES / "junit.xsd")).validate(str(tmp_path / "junit.xml"))
    assert len(list(junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml")))) == len(HOSTILE)
    export(marks, "--to", "gradescope", "-o", tmp_path / "gs")
    files = list((tmp_path / "gs").rglob("results.json"))
    assert len(files) == len(HOSTILE)
    assert all(path.parent.parent == tmp_path / "gs" for path in files)


# --- a whole class ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("students", [40, pytest.param(300, marks=pytest.mark.slow)])
def test_a_whole_class_is_complete_in_every_file(
    students: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"):
        monkeypatch.setenv(name, name.lower())
    names = [f"s{number:04}" for number in range(students)]
    marks = marks_folder(
        tmp_path / "marks",
        [student(name, RELU if place % 2 else HALF, withheld=place == 7) for place, name in enumerate(names)],
    )
    settled = {name for name in names if name != "s0007"}
    sheet = tmp_path / "sheet.csv"
    rows = [f"Participant {place},{name},{name},,100" for place, name in enumerate(reversed(names))]
    sheet.write_text("\n".join(["Identifier,Full name,Email address,Grade,Maximum Grade", *rows]), encoding="utf-8")
    expected = {name: "95" if int(name[1:]) % 2 else "94.25" for name in settled}
    for to, options in {
        "csv": (), "json": (), "moodle": ("--worksheet", sheet), "canvas": ("--new-column",),
        "blackboard": ("--new-column",), "gradescope": (), "classroom50": (), "actions": (), "junit": (),
    }.items():  # fmt: skip
        assert export(marks, "--to", to, "-o", tmp_path / to, *options).exit_code == 1, to
    table = pandas.read_csv(tmp_path / "csv", dtype=str).set_index("student")
    assert table["total"].dropna().to_dict() == expected
    data = json.loads((tmp_path / "json").read_text(encoding="utf-8"))["students"]
    assert {one["student"]: f"{one['total']:g}" for one in data if one["total"] is not None} == expected
    assert {row[2]: row[3] for row in cells(tmp_path / "moodle")[1:] if row[3]} == expected
    assert {row[3]: row[5] for row in cells(tmp_path / "canvas")[2:]} == expected
    assert {row[0]: row[1] for row in cells(tmp_path / "blackboard", "utf-16", "\t")[1:]} == expected
    for to in ("gradescope", "classroom50", "actions"):
        assert {path.name for path in (tmp_path / to).iterdir()} == settled
    suites = junitparser.JUnitXml.fromfile(str(tmp_path / "junit"))
    points = {suite.name: {one.name: one.value for one in suite.properties()}.get("points") for suite in suites}
    assert {name: value for name, value in points.items() if value is not None} == expected
    assert len(points) == students
