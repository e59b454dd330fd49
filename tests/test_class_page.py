"""Does the class page say each thing once, of the right people, and can a script find a student's folder?"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from autograder.feedback.marked.pages import write_report
from autograder.results import AGAIN, UNTIMED, GivenExtension, Lateness, Results, StudentResult
from tests.export_class import marks_folder, student

SAME = "Nearly the same code, apart from names: ada, bob and cy share 98% of it, in every task."
GRACE = Lateness(
    submitted="2027-01-30T00:05:00+00:00", deadline="2027-01-29T23:59:00+00:00", days=0, percent=0, points=0
)


def page(folder: Path, *students: StudentResult) -> str:
    marks = marks_folder(folder, students)
    text = write_report(Results.read(marks / "results.json"), marks).read_text(encoding="utf-8")
    return " ".join(re.sub(r"<style>.*?</style>|<script.*?</script>", "", text, flags=re.DOTALL).split())


def row(text: str, name: str) -> str:
    """A student's row in the table of the class."""
    return next(part for part in text.split("<tr data-kinds=")[1:] if f"<bdi>{name}</bdi>" in part).split("</tr>")[0]


def test_a_flag_of_several_students_stands_there_once_with_all_of_them(tmp_path: Path) -> None:
    flagged = [student(name).model_copy(update={"flags": [SAME]}) for name in ("ada", "bob", "cy")]
    text = page(tmp_path, *flagged, student("dan"))
    assert text.count("Nearly the same code") == 1
    names = text.split("Nearly the same code")[0].rpartition("<tr>")[2]
    assert re.findall(r"<bdi>(.*?)</bdi>", names) == ["ada", "bob", "cy"]
    assert "1 flag" in row(text, "bob")


def test_who_is_to_be_asked_comes_first_and_an_unknown_time_alone_flags_nobody(tmp_path: Path) -> None:
    flags = {"ada": [UNTIMED], "bob": [UNTIMED, SAME], "cy": [f"Ask for it {AGAIN}.", SAME, SAME]}
    text = page(tmp_path, *(student(name).model_copy(update={"flags": of}) for name, of in flags.items()))
    table = text.partition('id="flags">')[2].partition("</table>")[0].split("<tr>")[2:]
    assert [re.findall(r"<bdi>(.*?)</bdi>", line) for line in table] == [["cy"], ["bob", "cy"], ["ada", "bob"]]
    assert '<option value="flagged">flagged (2)</option>' in text
    assert '<option value="untimed">without a known time (2)</option>' in text


def test_who_is_within_the_grace_period_is_not_called_late(tmp_path: Path) -> None:
    text = page(tmp_path, student("ada").model_copy(update={"late": GRACE}), student("bob", late=10))
    assert "in grace period" in row(text, "ada")
    assert "late" not in row(text, "ada")
    assert "late, −10" in row(text, "bob")
    assert '<option value="late">late (1)</option>' in text


def test_an_extension_and_its_reason_show(tmp_path: Path) -> None:
    extended = GivenExtension(deadline="2027-02-05T23:59:00+00:00", reason="ill <i>")
    text = page(tmp_path, student("ada").model_copy(update={"extension": extended}))
    assert "extension" in row(text, "ada")
    assert "5 February 2027, 23:59 UTC" in text
    assert "ill &lt;i&gt;" in text
    for folder in ("students", "marker"):
        own = (tmp_path / folder / "ada" / "index.html").read_text(encoding="utf-8")
        assert "Extension until 5 February 2027, 23:59 UTC (ill &lt;i&gt;)." in own


def test_a_table_says_which_folder_is_whose(tmp_path: Path) -> None:
    names = ["ada", "g.hopper@uni.example", "Größe-é", "a,b", "=1+1"]
    page(tmp_path, *map(student, names))
    header, *rows = csv.reader((tmp_path / "students" / "index.csv").open(encoding="utf-8", newline=""))
    assert header == ["student", "folder"]
    assert {name for name, _ in rows} == {*names[:-1], "'=1+1"}
    assert len({folder for _, folder in rows}) == len(names)
    assert all((tmp_path / "students" / folder / "index.html").is_file() for _, folder in rows)
