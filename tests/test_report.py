"""The results file and the pages made from it, on a class with hostile names, messages and pictures."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from autograder.cli.report import register
from autograder.report import write_report
from autograder.results import (
    CheckResult,
    OwnDigit,
    Results,
    ResultsError,
    StudentResult,
    TaskResult,
    folder_name,
    settle,
)

SCRIPT = "<script>alert(1)</script>"
HOSTILE_NAMES = [
    "ada",
    "Ada",
    SCRIPT,
    "../../x",
    "/etc/passwd",
    "..",
    "a\nb",
    "\u202egnp.exe",
    "con",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}",
    "caf\udce9",
    "n" * 300,
    "李小龙",
]


def check(name: str, status: str = "passed", **more: object) -> CheckResult:
    facts = {"score": 2 if status == "passed" else 0, "max_score": 2, "public": True, **more}
    return CheckResult.model_validate({"id": name, "status": status, **facts})


def student(name: str, *checks: CheckResult, **more: object) -> StudentResult:
    score = sum(each.score for each in checks)
    task = TaskResult(
        id="better-cnn",
        title=f"A better network {SCRIPT}",
        notebook="4_2_better_cnn",
        score=score,
        max_score=sum(each.max_score for each in checks),
        checks=list(checks),
    )
    status, score_or_none = settle([task])
    facts = {"status": status, "score": score_or_none, "max_score": task.max_score, "tasks": [task], **more}
    return StudentResult.model_validate({"student": name, **facts})


def results(*students: StudentResult, cage: str = "bubblewrap, Landlock, seccomp: canary held") -> Results:
    return Results(
        course="Deep Learning",
        assignment="lab4",
        data="mnist",
        cage=cage,
        device="cpu",
        students=list(students),
    )


@pytest.fixture
def hostile() -> Results:
    """A class in which every text that a student can choose is an attack on the page."""
    checks = [
        check("same-function", title="The network computes what was asked for."),
        check(
            "dropout",
            "failed",
            message=f"line one\nline two {SCRIPT} \x1b[31mred\x1b[0m \u202eesrever",
            hint="<img src=x onerror=alert(1)>",
            diagnosis="no-dropout",
            notes=["</style><script>alert(2)</script>"],
            pictures=["students/ada/plot.png", "../secret.png", "/etc/passwd", "nul\0byte.png", "index.html"],
        ),
        check("accuracy", "partial", score=1.0000001, public=False),
        check("weights", "not attempted"),
        check("resume", "blocked"),
    ]
    digits = [
        OwnDigit(file=f"7_{SCRIPT}.png", label=7, said=1, picture="students/ada/plot.png"),
        OwnDigit(file="x.png"),
    ]
    class_ = [student(name, *checks, messages=[f"cell 7: {SCRIPT}"], digits=digits) for name in HOSTILE_NAMES]
    class_.append(student("unlucky", check("same-function"), check("dropout", "error", message=f"died {SCRIPT}")))
    return results(*class_)


class Page(HTMLParser):
    """Reads a page, with an error for tags that do not nest."""

    void = frozenset({"meta", "link", "img", "br", "path", "circle", "rect", "line"})

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))
        self.close()
        assert self.open == [], f"{file}: left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open:
            self.scripts.append(data)
        elif "style" not in self.open:
            self.text += data

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]


@pytest.fixture
def marks(tmp_path: Path, hostile: Results) -> Path:
    marks = tmp_path / "marks"
    (marks / "students/ada").mkdir(parents=True)
    for picture in (marks / "students/ada/plot.png", tmp_path / "secret.png"):
        Image.new("L", (28, 28)).save(picture)
    assert write_report(hostile, marks) == marks / "index.html"
    return marks


def test_no_text_of_a_student_becomes_markup(marks: Path) -> None:
    for file in marks.rglob("*.html"):
        page = Page(file)
        own_script = [attrs for tag, attrs in page.tags if tag == "script"]
        assert len(own_script) == (file == marks / "index.html")
        assert all("alert(" not in script for script in page.scripts)
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
        assert "alert(1)" in page.text


def test_the_browser_may_run_the_sorting_script_and_nothing_else(marks: Path) -> None:
    page = Page(marks / "index.html")
    policy = next(attrs["content"] for tag, attrs in page.tags if tag == "meta" and "http-equiv" in attrs)
    digest = base64.b64encode(hashlib.sha256("".join(page.scripts).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    for file in (marks / "students").rglob("*.html"):
        assert "script-src" not in Page(file).values("content")[0]


def test_control_characters_are_shown_not_obeyed(marks: Path) -> None:
    for file in marks.rglob("*.html"):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", file.read_text(encoding="utf-8"))
    text = Page(marks / folder_of("a\nb") / "index.html").text
    assert "a‹U+000A›b" in text
    assert "line one\nline two" in text
    assert "‹U+001B›[31mred" in text
    assert "‹U+202E›esrever" in text


def test_every_student_is_linked_and_no_file_lies_outside(marks: Path, hostile: Results) -> None:
    pages = {file.parent.name for file in (marks / "students").glob("*/index.html")}
    assert len({name.lower() for name in pages}) == len(hostile.students)
    links = {unquote(link) for link in Page(marks / "index.html").values("href")}
    assert {f"marker/{name}/index.html" for name in pages} <= links
    assert all((marks / link).is_file() for link in links if link.startswith("marker/"))
    assert {path.name for path in marks.parent.iterdir()} == {"marks", "secret.png"}
    assert {path.name for path in marks.iterdir()} == {"index.html", "students", "marker"}


def test_pictures_come_from_the_marks_folder_alone(marks: Path) -> None:
    sources = {name: Page(marks / folder_of(name) / "index.html").values("src") for name in ("ada", "..")}
    assert set(sources["ada"]) == {"plot.png"}
    assert set(sources[".."]) == {"../../students/ada/plot.png"}


def test_a_page_names_no_other_student_and_loads_nothing_from_elsewhere(marks: Path) -> None:
    page = Page(marks / "students/ada/index.html")
    assert "李小龙" not in page.text
    for file in marks.rglob("*.html"):
        for address in Page(file).values("src") + Page(file).values("href"):
            assert not re.match(r"[a-z]+:|//", address.replace("data:,", ""))


def test_a_withheld_mark_shows_no_points(marks: Path) -> None:
    page = Page(marks / "students/unlucky/index.html")
    assert "No mark yet" in page.text
    assert not {"points", "n score"} & set(page.values("class"))
    assert {"points", "n score"} <= set(Page(marks / "students/ada/index.html").values("class"))
    class_page = Page(marks / "index.html")
    assert "1 mark is withheld" in class_page.text
    assert "died" in class_page.text
    assert "died" not in page.text


@pytest.mark.parametrize(
    ("cage", "caged"),
    [
        ("bubblewrap and Landlock: held", True),
        ("none", False),
        ("unsafe: --unsafe-no-cage", False),
        ("", False),
    ],
)
def test_marks_made_without_a_cage_say_so_on_every_page(tmp_path: Path, cage: str, caged: bool) -> None:
    write_report(results(student("ada", check("a")), cage=cage), tmp_path)
    for file in tmp_path.rglob("*.html"):
        assert ("Marked without a cage" in Page(file).text) is not caged


def test_the_page_of_a_student_who_is_gone_goes_too(tmp_path: Path) -> None:
    write_report(results(student("ada", check("a")), student("bob", check("a"))), tmp_path)
    write_report(results(student("ada", check("a"))), tmp_path)
    assert [file.parent.name for file in tmp_path.glob("students/*/index.html")] == ["ada"]


def test_an_empty_class_has_a_page(tmp_path: Path) -> None:
    assert "Withheld" in Page(write_report(results(), tmp_path)).text


def test_reading_and_writing_keeps_every_byte(tmp_path: Path, hostile: Results) -> None:
    first, second = tmp_path / "a" / "results.json", tmp_path / "b" / "results.json"
    hostile.write(first)
    Results.read(first).write(second)
    assert first.read_bytes() == second.read_bytes()
    hostile.students.reverse()
    hostile.write(second)
    assert first.read_bytes() == second.read_bytes()
    assert list(first.parent.iterdir()) == [first]


def test_points_carry_no_float_noise(tmp_path: Path) -> None:
    class_ = results(student("ada", *(check(f"c{i}", "partial", score=0.1) for i in range(3)), check("d")))
    class_.write(tmp_path / "results.json")
    data = json.loads((tmp_path / "results.json").read_text())
    assert data["schema"] == 1
    ada = data["students"][0]
    assert (ada["score"], ada["max_score"]) == (2.3, 8)
    assert isinstance(ada["max_score"], int)


def test_the_example_of_the_design_is_a_results_file(tmp_path: Path) -> None:
    checks = [{"id": "same-function", "status": "failed", "score": 0, "max_score": 6, "public": True}]
    tasks = [{"id": "better-cnn", "score": 4, "max_score": 10, "checks": checks}]
    ada = {"student": "ada", "status": "marked", "score": 87.5, "max_score": 100, "tasks": tasks}
    head = {
        "schema": 1,
        "course": "DL",
        "assignment": "lab4",
        "data": "mnist",
        "cage": "held",
        "device": "cpu",
    }
    (tmp_path / "results.json").write_text(json.dumps({**head, "students": [ada]}))
    assert Results.read(tmp_path / "results.json").student("ada").score == 87.5


def test_a_graders_error_withholds_the_mark() -> None:
    ada = student("ada", check("a"), check("b", "error"), check("c", public=False))
    assert (ada.status, ada.score) == ("withheld", None)
    assert (ada.public_score, ada.public_max_score) == (2, 4)
    with pytest.raises(ValueError, match="withheld"):
        StudentResult(student="ada", status="withheld", score=3, max_score=10)


def test_a_score_above_the_maximum_is_refused() -> None:
    with pytest.raises(ValueError, match="more than max_score"):
        check("a", score=3)


def test_the_same_student_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        results(student("ada", check("a")), student("ada", check("a")))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"schema": 1,\n"course": "DL",\n "students": [}', r"results\.json, line 3, column 15: "),
        (b'{"schema": 1,\n"course": "\xff"}', r"results\.json, line 2: not UTF-8"),
        (b'{"schema": 2}', r"results\.json: schema 2, but"),
        (b"[]", r"results\.json: the file: "),
        (
            b'{"schema": 1, "students": [{"student": 3}]}',
            r"results\.json: course: Field required \(and \d+ more",
        ),
        (b"[" * 100_000, r"results\.json"),
    ],
)
def test_a_broken_file_is_named_with_line_or_field(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(content)
    with pytest.raises(ResultsError, match=fault):
        Results.read(file)


def test_the_command_makes_the_pages_again(tmp_path: Path, hostile: Results) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    missing = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert missing.exit_code == 1
    assert f"{tmp_path / 'results.json'}: there are no results" in missing.output
    hostile.write(tmp_path / "results.json")
    made = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert (made.exit_code, made.output) == (0, f"{tmp_path / 'index.html'}\n")


def folder_of(name: str) -> str:
    return f"students/{folder_name(name)}"


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_a_student_sees_public_checks_before_the_deadline_and_everything_after_it(tmp_path: Path) -> None:
    shown = check("open", message="open message", hint="open hint", public=True)
    secret = check("hidden", message="hidden message", hint="hidden hint", public=False)
    one = student("ada", shown, secret).model_copy(update={"flags": ["equal weights"]})
    page = tmp_path / one.folder / "index.html"
    write_report(results(one), tmp_path, "before")
    before = page.read_text()
    write_report(results(one), tmp_path)
    after = page.read_text()
    markers = (tmp_path / "marker" / Path(one.folder).name / "index.html").read_text()
    assert "open message" in before
    assert "open hint" in before
    assert "hidden message" not in before
    assert f"of {shown.max_score:g} points" in before
    assert "hidden message" in after
    assert "equal weights" not in after
    assert "hidden message" in markers
    assert "equal weights" in markers
    assert "equal weights" in (tmp_path / "index.html").read_text()
