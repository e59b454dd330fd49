"""Does formgrader show the marks, and do those that a person gives there come back in the total?"""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.export_class import export, marks_folder, student

RELU = {"better-cnn/same-function": 5.0}
HIDDEN = {"simple-cnn/dropout": 0.0, "load-image/more-image-kinds": 3.0}
WRITTEN = {
    "written-shared-weights": "4_1_simple_cnn",
    "written-experiments": "4_2_better_cnn",
    "written-deeper": "4_2_better_cnn",
    "written-state-dict": "4_3_save_and_load",
    "written-own-digits": "4_4_own_image",
    "written-filters": "4_5_visualise",
    "written-merges": "4_6_branches",
}
EVIL = "window.stolen=1"
BAD = f"<script>{EVIL}</script>"
ATTACKS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "source": f"{BAD} <img src=x onerror={EVIL}> [a](java&#115;cript:{EVIL})"},
    {"cell_type": "markdown", "source": f"[b][r]\n\n> [r]:\n> javascript:{EVIL}\n\n$\\href{{javascript:{EVIL}}}{{x}}$"},
    {"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": BAD},
    {"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "grade_id": f'">{BAD}'}}, "source": ""},
    {
        "cell_type": "code",
        "source": f"# </pre>{BAD}",
        "outputs": [
            {"output_type": "display_data", "data": {"text/html": BAD, "text/plain": "<b>seen</b>"}},
            {"output_type": "display_data", "data": {"image/svg+xml": f"<svg onload={EVIL}>"}},
            {"output_type": "display_data", "data": {"image/png": f'">{BAD}'}},
            {"output_type": "stream", "name": "stdout", "text": f"\x1b[31m{BAD}"},
            {"output_type": "error", "ename": "E", "evalue": "", "traceback": [BAD]},
            "no output",
        ],
    },
    {"cell_type": "code", "source": ["no list", 3], "outputs": "none"},
    {"cell_type": "unheard of", "source": "x"},
]
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "OMP_NUM_THREADS": "1",
}


def submitted(folder: Path, *names: str) -> Path:
    """Submissions of the sample class, in nbgrader's tree, without their weights."""
    for name in names:
        source = ROOT / "tests" / "submissions" / name / "lab4"
        shutil.copytree(source, folder / name / "lab4", ignore=shutil.ignore_patterns("weights", "own"))
    return folder


def gradebook_in(path: Path) -> Any:
    """The opened gradebook. nbgrader takes seconds to import, so only whoever runs these tests does."""
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{path}")


def points(gradebook: Path, name: str, assignment: str = "lab4") -> dict[str, float | None]:
    with gradebook_in(gradebook) as opened:
        submission = opened.find_submission(assignment, name)
        return {grade.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades}


def mark_written(gradebook: Path, name: str, given: float = 2.0) -> None:
    """Every written answer of a student gets `given` points, as formgrader gives them."""
    with gradebook_in(gradebook) as opened:
        for cell, notebook in WRITTEN.items():
            grade = opened.find_grade(cell, notebook, "lab4", name)
            grade.manual_score = given
            grade.needs_manual_grade = False
        opened.db.commit()


def totals(marks: Path, gradebook: Path) -> dict[str, float | None]:
    out = marks.parent / "with-written.json"
    export(marks, "--to", "json", "--gradebook", gradebook, "-o", out)
    return {one["student"]: one["total"] for one in json.loads(out.read_text(encoding="utf-8"))["students"]}


def nbgraders_own_sums(gradebook: Path, out: Path) -> dict[str, float]:
    """What `nbgrader export` says, all assignments together."""
    with gradebook_in(gradebook) as opened:
        from nbgrader.plugins.export import CsvExportPlugin

        CsvExportPlugin(to=str(out)).export(opened)
    sums: dict[str, float] = {}
    for row in csv.DictReader(out.open(encoding="utf-8")):
        sums[row["student_id"]] = round(sums.get(row["student_id"], 0) + float(row["score"]), 2)
    return sums


@pytest.fixture(scope="module")
def course(gradebooks: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with a gradebook, which the export has made, and with notebooks for formgrader."""
    root = tmp_path_factory.mktemp("course")
    submitted(root / "submitted", "reference", "no-second-relu", "merged", "half-done", "release")
    (root / "submitted" / "reference" / "lab4" / "timestamp.txt").write_text("2027-01-29 10:00:00 UTC")
    malicious = root / "submitted" / "half-done" / "lab4" / "4_1_simple_cnn.ipynb"
    notebook = json.loads(malicious.read_text(encoding="utf-8"))
    notebook["cells"] = [*ATTACKS, *notebook["cells"]]
    malicious.write_text(json.dumps(notebook), encoding="utf-8")
    (root / "submitted" / "half-done" / "lab4" / "4_2_better_cnn.ipynb").write_text("no notebook")
    (root / "submitted" / "half-done" / "lab4" / "4_3_save_and_load.ipynb").unlink()
    shutil.copytree(ROOT / "source" / "lab4", root / "source" / "lab4")
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    people = [
        student("reference"),
        student("no-second-relu", RELU, late=9.5),
        student("merged", HIDDEN),
        student("half-done", withheld=True),
        student("release", RELU),
        student("<b>bold</b>"),
    ]
    marks_folder(root / "marks", people)
    done = export(root / "marks", "--to", "nbgrader", "-o", root / "gradebook.db")
    assert done.exit_code == 1
    assert "half-done: withheld" in done.stderr
    assert "<b>bold</b>: formgrader cannot show this name safely" in done.stderr
    return root


@pytest.fixture
def book(course: Path, tmp_path: Path) -> Path:
    """A copy of the gradebook that a test may write into."""
    return Path(shutil.copyfile(course / "gradebook.db", tmp_path / "gradebook.db"))


def test_nbgraders_gradebook_has_the_public_points_and_the_hidden_ones_beside_them(course: Path) -> None:
    public = points(course / "gradebook.db", "no-second-relu")
    assert sum(score for name, score in public.items() if name.endswith("-check") and score) == 83 - 5
    assert public["better-cnn-check"] == 3
    assert public["written-deeper"] is None
    hidden = points(course / "gradebook.db", "merged", "lab4-hidden")
    assert sum(score for score in hidden.values() if score) == 17 - 3
    with gradebook_in(course / "gradebook.db") as opened:
        assert {one.name: one.max_score for one in opened.assignments} == {"lab4": 83 + 15, "lab4-hidden": 17}
        assert [one.student.id for one in opened.find_assignment("lab4").submissions] == [
            "merged", "no-second-relu", "reference", "release",
        ]  # fmt: skip


def test_written_points_come_into_every_total_and_nbgraders_own_export_says_the_same(
    course: Path, book: Path, tmp_path: Path
) -> None:
    for name, given in {"reference": 2.0, "no-second-relu": 1.5, "merged": 0.25}.items():
        mark_written(book, name, given)
    with gradebook_in(book) as opened:  # a person changes a test cell, and gives extra credit
        grade = opened.find_grade("resume-check", "4_3_save_and_load", "lab4", "merged")
        grade.manual_score, grade.extra_credit = 1.0, 0.5
        opened.db.commit()
    ours = totals(course / "marks", book)
    changed = 1.0 + 0.5 - 5
    assert ours == {
        "reference": 114, "no-second-relu": 95 - 9.5 + 10.5, "merged": 97 + 1.75 + changed, "release": 95,
        "half-done": None, "<b>bold</b>": None,
    }  # fmt: skip
    theirs = nbgraders_own_sums(book, tmp_path / "nbgrader.csv")
    assert theirs == {name: total for name, total in ours.items() if total is not None}


def test_who_waits_for_a_person_has_no_total_and_is_told(course: Path, book: Path, tmp_path: Path) -> None:
    mark_written(book, "reference")
    mark_written(book, "merged")
    with gradebook_in(book) as opened:
        opened.find_grade("written-deeper", "4_2_better_cnn", "lab4", "merged").needs_manual_grade = True
        opened.db.commit()
    done = export(course / "marks", "--to", "csv", "--gradebook", book, "-o", tmp_path / "grades.csv")
    assert done.exit_code == 1
    assert "merged: 1 cell has yet to be marked in formgrader (4_2_better_cnn/written-deeper)" in done.stderr
    assert "no-second-relu: 7 cells have yet to be marked" in done.stderr
    rows = {row["student"]: row for row in csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8-sig"))}
    assert (rows["merged"]["automatic"], rows["merged"]["written"], rows["merged"]["total"]) == ("97", "", "")
    assert (rows["reference"]["written"], rows["reference"]["total"]) == ("14", "114")
    assert rows["reference"]["total_max"] == "115"


def test_an_answer_that_nobody_wrote_is_worth_nothing_as_in_nbgrader(course: Path) -> None:
    """The released notebooks, handed in as they are: no person need look at them."""
    given = points(course / "gradebook.db", "release")
    assert {given[cell] for cell in WRITTEN} == {0.0}
    with gradebook_in(course / "gradebook.db") as opened:
        comment = opened.find_comment("written-deeper", "4_2_better_cnn", "lab4", "release")
        assert comment.auto_comment == "No response."


def test_a_second_export_keeps_what_people_gave_and_asks_again_where_the_mark_moved(
    course: Path, book: Path, tmp_path: Path
) -> None:
    mark_written(book, "reference")
    with gradebook_in(book) as opened:
        grade = opened.find_grade("better-cnn-check", "4_2_better_cnn", "lab4", "reference")
        grade.manual_score = 5.0
        opened.db.commit()
    assert totals(course / "marks", book)["reference"] == 114 - 3
    same = export(course / "marks", "--to", "nbgrader", "-o", book, "--student", "reference")
    assert same.exit_code == 0
    assert totals(course / "marks", book)["reference"] == 114 - 3
    marks = marks_folder(tmp_path / "marks", [student("reference", RELU), student("merged", withheld=True)])
    export(marks, "--to", "nbgrader", "-o", book)
    assert totals(marks, book)["reference"] is None  # 5 automatic points now, 7 by hand: which is it?
    assert set(points(book, "merged", "lab4-hidden").values()) == {None}  # withheld now, so what stood there is gone
    with gradebook_in(book) as opened:
        assert opened.find_grade("written-deeper", "4_2_better_cnn", "lab4", "reference").manual_score == 2.0


def test_points_for_an_answer_do_not_count_for_another_one(course: Path, book: Path, tmp_path: Path) -> None:
    """A student hands in again, with one answer and one solution changed and one notebook gone."""
    mark_written(book, "reference")
    with gradebook_in(book) as opened:
        opened.find_grade("resume-check", "4_3_save_and_load", "lab4", "reference").manual_score = 4.0
        opened.db.commit()
    again = submitted(tmp_path / "again", "reference")
    same = ["--to", "nbgrader", "-o", book, "--submissions", again]
    first = marks_folder(tmp_path / "first", [student("reference").model_copy(update={"submission": "1"})])
    assert "has changed since" not in export(first, *same).output
    assert totals(first, book) == {"reference": 113}
    own = again / "reference" / "lab4"
    for name, kind in {"4_1_simple_cnn": "markdown", "4_3_save_and_load": "code"}.items():
        notebook = json.loads((own / f"{name}.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == kind and cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"] = "# Another one."
        (own / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (own / "4_6_branches.ipynb").unlink()
    second = marks_folder(tmp_path / "second", [student("reference").model_copy(update={"submission": "2"})])
    grades = export(second, "--to", "csv", "--gradebook", book, "-o", tmp_path / "grades.csv")
    assert "reference: handed in again since the answers went to formgrader" in grades.stderr
    changed = "4_1_simple_cnn/written-shared-weights, 4_3_save_and_load/resume-check, 4_6_branches/written-merges"
    told = export(second, *same).output
    assert f"reference: what was marked by hand has changed since; mark {changed} again in formgrader" in told
    assert totals(second, book) == {"reference": None}
    mark_written(book, "reference")
    with gradebook_in(book) as opened:
        opened.find_grade("resume-check", "4_3_save_and_load", "lab4", "reference").needs_manual_grade = False
        opened.db.commit()
    assert "has changed since" not in export(second, *same).output
    assert totals(second, book) == {"reference": 113}


def test_a_gradebook_of_another_course_file_is_refused(book: Path, course: Path) -> None:
    with gradebook_in(book) as opened:
        opened.find_grade_cell("resume-check", "4_3_save_and_load", "lab4").max_score = 50
        opened.db.commit()
    before = points(book, "reference")
    done = export(course / "marks", "--to", "nbgrader", "-o", book)
    assert done.exit_code == 2
    assert "the cell 4_3_save_and_load/resume-check is worth 50 points" in done.stderr
    assert points(book, "reference") == before


def test_a_new_gradebook_needs_the_released_notebooks(course: Path, tmp_path: Path) -> None:
    done = export(course / "marks", "--to", "nbgrader", "-o", tmp_path / "new.db", "--notebooks", tmp_path)
    assert done.exit_code == 2
    assert "Give their folder with --notebooks" in done.stderr
    assert not (tmp_path / "new.db").exists()


@pytest.mark.processes
def test_a_gradebook_that_nbgrader_made_takes_the_marks(tmp_path: Path) -> None:
    """The cells are those that `nbgrader generate_assignment` records, and one that the teacher has added."""
    shutil.copytree(ROOT / "source" / "lab4", tmp_path / "source" / "lab4", ignore=shutil.ignore_patterns("images"))
    shutil.copyfile(ROOT / "nbgrader_config.py", tmp_path / "nbgrader_config.py")
    own = tmp_path / "source" / "lab4" / "4_1_simple_cnn.ipynb"
    notebook = json.loads(own.read_text(encoding="utf-8"))
    marked = {"grade": True, "grade_id": "own", "locked": False, "points": 3, "schema_version": 3, "solution": True}
    cell = {"cell_type": "markdown", "id": "own", "metadata": {"nbgrader": {**marked, "task": False}}, "source": "?"}
    notebook["cells"].append(cell)
    own.write_text(json.dumps(notebook), encoding="utf-8")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "lab4", "--create"]
    made = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    submitted(tmp_path / "submitted", "reference")
    marks = marks_folder(tmp_path / "marks", [student("reference", RELU)])
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"  # a database URL is taken as well
    done = export(marks, "--to", "nbgrader", "-o", url, "--submissions", tmp_path / "submitted")
    assert done.exit_code == 0, done.stderr
    assert len(list((tmp_path / "autograded" / "reference" / "lab4").glob("*.ipynb"))) == 6
    mark_written(tmp_path / "gradebook.db", "reference", 1.0)
    assert totals(marks, tmp_path / "gradebook.db") == {"reference": None}
    with gradebook_in(tmp_path / "gradebook.db") as opened:
        grade = opened.find_grade("own", "4_1_simple_cnn", "lab4", "reference")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        opened.db.commit()
    assert totals(marks, tmp_path / "gradebook.db") == {"reference": 95 + 7 + 3}


# --- formgrader -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(course: Path) -> Iterator[str]:
    """A Jupyter server with formgrader in the course folder; its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ServerApp.token=secret", f"--ServerApp.port={port}", "--ip=127.0.0.1"]
    command = [sys.executable, "-m", "jupyter", "server", *options]
    process = subprocess.Popen(
        command, cwd=course, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"http://127.0.0.1:{port}/formgrader"
    process.terminate()
    process.wait(20)


def asked(address: str, data: dict[str, Any] | None = None) -> str:
    body = None if data is None else json.dumps(data).encode()
    method = "GET" if data is None else "PUT"
    request = urllib.request.Request(address, body, {"Authorization": "token secret"}, method=method)
    for _ in range(240):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError:
            raise
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.25)
    raise AssertionError(f"{address} does not answer")


def page_of(server: str, name: str, notebook: str) -> tuple[str, str]:
    """The id of a submitted notebook, and its page in formgrader."""
    listed = json.loads(asked(f"{server}/api/submitted_notebooks/lab4/{notebook}"))
    (own,) = [one["id"] for one in listed if one["student"] == name]
    return own, asked(f"{server}/submissions/{own}/")


class Active(HTMLParser):
    """Collects what a browser would run of a page: scripts, event attributes, addresses that are scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script"
        for name, value in attrs:
            if name.startswith("on") or "script:" in (value or ""):
                self.found.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)
        else:
            self.text += data


@pytest.mark.processes
def test_formgrader_shows_the_marks_and_a_mark_given_there_is_in_the_export(
    server: str, course: Path, tmp_path: Path
) -> None:
    listed = {one["student"]: one for one in json.loads(asked(f"{server}/api/submissions/lab4"))}
    assert {name: (one["code_score"], one["max_code_score"]) for name, one in listed.items() if one["autograded"]} == {
        "merged": (83, 83), "no-second-relu": (78, 83), "reference": (83, 83), "release": (78, 83),
    }  # fmt: skip
    assert listed["reference"]["display_timestamp"].startswith("2027-01-29 10:00:00")
    assert (listed["reference"]["needs_manual_grade"], listed["release"]["needs_manual_grade"]) == (True, False)
    for cell, notebook in WRITTEN.items():
        own, page = page_of(server, "reference", notebook)
        assert f'id="{cell}"' in page  # the box for the points
        grades = {one["name"]: one for one in json.loads(asked(f"{server}/api/grades?submission_id={own}"))}
        told = json.loads(
            asked(f"{server}/api/grade/{grades[cell]['id']}", {"manual_score": 1.5, "extra_credit": 0.25})
        )
        assert (told["manual_score"], told["needs_manual_grade"]) == (1.5, False)
    out = tmp_path / "grades.csv"
    export(course / "marks", "--to", "csv", "--gradebook", course / "gradebook.db", "-o", out)
    (row,) = [row for row in csv.DictReader(out.open(encoding="utf-8-sig")) if row["student"] == "reference"]
    assert (row["automatic"], row["written"], row["total"]) == ("100", "12.25", "112.25")


@pytest.mark.processes
def test_a_merged_notebook_is_shown_in_the_place_of_each(server: str) -> None:
    _, page = page_of(server, "merged", "4_6_branches")
    assert "No notebook called 4_6_branches was handed in" in Active(page).text
    assert 'id="written-merges"' in page
    assert "class BranchModel" in "".join(Active(page).text.split("\u2060"))


@pytest.mark.processes
def test_nothing_of_a_students_notebook_acts_in_the_markers_browser(course: Path, tmp_path: Path) -> None:
    """The same page as formgrader renders it, beside that of a notebook in which a student attacks."""
    book = shutil.copyfile(course / "gradebook.db", tmp_path / "gradebook.db")
    marks = marks_folder(tmp_path / "marks", [student("half-done", RELU)])
    export(marks, "--to", "nbgrader", "-o", book, "--submissions", course / "submitted")
    written = tmp_path / "autograded" / "half-done" / "lab4"
    rendered = formgraders_html(written / "4_1_simple_cnn.ipynb")
    clean = formgraders_html(course / "autograded" / "no-second-relu" / "lab4" / "4_1_simple_cnn.ipynb")
    assert Active(rendered).found == Active(clean).found
    assert BAD in Active(rendered).text.replace("\u2060", "")
    assert "<b>seen</b>" in Active(rendered).text.replace("\u2060", "")
    unreadable = (written / "4_2_better_cnn.ipynb").read_text(encoding="utf-8")
    assert "4_2_better_cnn.ipynb could not be read" in unreadable
    assert "is missing in what was handed in" not in unreadable
    # What can't be read, and what is not there, is nobody's answer.
    assert {path.name for path in written.glob("*.ipynb")} == {f"{name}.ipynb" for name in WRITTEN.values()} - {
        "4_3_save_and_load.ipynb"
    }
    given = points(book, "half-done")
    assert given["written-state-dict"] == 0


def formgraders_html(notebook: Path) -> str:
    """A notebook by formgrader's own exporter and template, with what its handler tells the template."""
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader import handlers

    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[handlers.template_path])
    told = ("assignment_id", "notebook_id", "submission_id", "student", "last_name", "first_name", "notebook_path")
    resources = {**dict.fromkeys(told, "x"), "index": 0, "total": 1, "base_url": ""}
    html, _ = exporter.from_filename(str(notebook), resources=resources)
    return str(html)
