"""The results file and the pages made from it, on a class with malicious names, messages and pictures."""

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

from autograder.cli import program
from autograder.cli.report import register
from autograder.feedback.marked.pages import write_report
from autograder.results import (
    CheckResult,
    Lateness,
    NotTakenIn,
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


def results(*students: StudentResult, sandbox: str = "bubblewrap, Landlock, seccomp: escape probe held") -> Results:
    return Results(
        course="Deep Learning",
        assignment="lab4",
        data="mnist",
        sandbox=sandbox,
        device="cpu",
        students=list(students),
    )


@pytest.fixture
def malicious() -> Results:
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
        check(
            "resume",
            "partial",
            score=1,
            override={"reason": f"reason {SCRIPT}", "by": SCRIPT, "found_score": 0, "found_status": "blocked"},
        ),
    ]
    digits = [
        OwnDigit(file=f"7_{SCRIPT}.png", label=7, said=1, picture="students/ada/plot.png"),
        OwnDigit(file="x.png"),
    ]
    late = {"submitted": SCRIPT, "deadline": f"\x1b{SCRIPT}", "days": 1, "percent": 10, "points": 0.5}
    facts = {"messages": [f"cell 7: {SCRIPT}"], "digits": digits, "flags": [f"flag `{SCRIPT}`"], "late": late}
    class_ = [student(name, *checks, **facts) for name in HOSTILE_NAMES]
    for one in class_:
        one.tasks[0].code = f"# {SCRIPT}\nx = '\u202e</pre>{SCRIPT}'\r\n\x1b[2J"
    class_.append(student("unlucky", check("same-function"), check("dropout", "error", message=f"died {SCRIPT}")))
    return results(*class_)


class Page(HTMLParser):
    """Reads a page, with an error for tags that do not nest."""

    void = frozenset({"meta", "link", "img", "br", "path", "circle", "input"})

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
def marks(tmp_path: Path, malicious: Results) -> Path:
    marks = tmp_path / "marks"
    (marks / "students/ada").mkdir(parents=True)
    for picture in (marks / "students/ada/plot.png", tmp_path / "secret.png"):
        Image.new("L", (28, 28)).save(picture)
    assert write_report(malicious, marks) == marks / "index.html"
    return marks


def test_no_text_of_a_student_becomes_markup(marks: Path) -> None:
    for file in marks.rglob("*.html"):
        page = Page(file)
        assert page.scripts
        assert all("alert(" not in script for script in page.scripts)
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
        assert "alert(1)" in page.text


@pytest.mark.processes
def test_the_browser_may_run_the_pages_own_scripts_and_nothing_else(marks: Path) -> None:
    for file in marks.rglob("*.html"):
        page = Page(file)
        policy = next(attrs["content"] or "" for tag, attrs in page.tags if tag == "meta" and "http-equiv" in attrs)
        digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in page.scripts}
        allowed = policy.partition("script-src ")[2].split(";")[0].split()
        assert set(allowed) == {f"'sha256-{digest}'" for digest in digests}
        assert "default-src 'none'" in policy


def test_control_characters_are_shown_not_obeyed(marks: Path) -> None:
    for file in marks.rglob("*.html"):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", file.read_text(encoding="utf-8"))
    text = Page(marks / folder_of("a\nb") / "index.html").text
    assert "a‹U+000A›b" in text
    assert "line one\nline two" in text
    assert "‹U+001B›[31mred" in text
    assert "‹U+202E›esrever" in text


def test_every_student_is_linked_and_no_file_lies_outside(marks: Path, malicious: Results) -> None:
    pages = {file.parent.name for file in (marks / "students").glob("*/index.html")}
    assert len({name.lower() for name in pages}) == len(malicious.students)
    links = {unquote(link) for link in Page(marks / "index.html").values("href")}
    assert {f"marker/{name}/index.html" for name in pages} <= links
    assert all((marks / link).is_file() for link in links if link.startswith("marker/"))
    assert {path.name for path in marks.parent.iterdir()} == {"marks", "secret.png"}
    assert {path.name for path in marks.iterdir()} == {
        "index.html",
        "contact-sheet.html",
        "students",
        "marker",
        ".shown",
    }


def test_pictures_come_from_the_marks_folder_alone(marks: Path) -> None:
    sources = {name: Page(marks / folder_of(name) / "index.html").values("src") for name in ("ada", "..")}
    assert set(sources["ada"]) == {"plot.png"}
    assert set(sources[".."]) == {"../../students/ada/plot.png"}


def test_a_folder_to_hand_back_names_no_other_student(tmp_path: Path) -> None:
    names = ["first-student", "second-student", "third-student"]
    class_ = [student(name, check("a", "failed", diagnosis="softmax"), flags=[f"like {names}"]) for name in names]
    write_report(results(*class_), tmp_path)
    for name in names:
        files = list((tmp_path / folder_of(name)).iterdir())
        assert [file.name for file in files] == ["index.html"]
        text = files[0].read_text(encoding="utf-8")
        assert [other for other in names if other in text] == [name]


def test_pages_load_nothing_from_elsewhere(marks: Path) -> None:
    for file in marks.rglob("*.html"):
        for address in Page(file).values("src") + Page(file).values("href"):
            assert not re.match(r"[a-z]+:|//", address.replace("data:,", ""))


def test_a_withheld_mark_shows_no_points(marks: Path) -> None:
    page = Page(marks / "students/unlucky/index.html")
    assert "No mark yet" in page.text
    assert not {"points", "total"} & set(page.values("class"))
    assert {"points", "total"} <= set(Page(marks / "students/ada/index.html").values("class"))
    class_page = Page(marks / "index.html")
    assert "1 mark is withheld" in class_page.text
    assert "died" in class_page.text
    assert "died" not in page.text


@pytest.mark.parametrize(
    ("sandbox", "sandboxed"),
    [
        ("bubblewrap and Landlock: held", True),
        ("none", False),
        ("unsafe: --unsafe-no-sandbox", False),
        ("", False),
    ],
)
def test_marks_made_without_a_sandbox_say_so_on_every_page(tmp_path: Path, sandbox: str, sandboxed: bool) -> None:
    write_report(results(student("ada", check("a")), sandbox=sandbox), tmp_path)
    for file in tmp_path.rglob("*.html"):
        assert ("Marked without a sandbox" in Page(file).text) is not sandboxed


def test_the_page_of_a_student_who_is_gone_goes_too(tmp_path: Path) -> None:
    write_report(results(student("ada", check("a")), student("bob", check("a"))), tmp_path)
    write_report(results(student("ada", check("a"))), tmp_path)
    assert [file.parent.name for file in tmp_path.glob("*/*/index.html")] == ["ada", "ada"]


@pytest.mark.parametrize("link", ["students", "students/ada", "students/gone", "students/ada/index.html", "index.html"])
def test_no_page_is_written_or_removed_over_a_link(tmp_path: Path, link: str) -> None:
    marks, outside = tmp_path / "marks", tmp_path / "outside"
    outside.mkdir()
    (outside / "index.html").write_text("Mine.", encoding="utf-8")
    results(student("ada", check("a"))).write(marks / "results.json")
    (marks / link).parent.mkdir(parents=True, exist_ok=True)
    (marks / link).symlink_to(outside / "index.html" if link.endswith(".html") else outside)
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    done = CliRunner().invoke(app, ["report", str(marks)])
    assert (done.exit_code, f"{marks / link}: is a symbolic link" in done.output) == (1, True)
    marked = CliRunner().invoke(program(), ["mark", str(tmp_path), "-o", str(marks), "--unsafe-no-sandbox"])
    assert (marked.exit_code, f"{marks / link}: is a symbolic link" in marked.output) == (2, True)
    assert {file.name: file.read_text(encoding="utf-8") for file in outside.iterdir()} == {"index.html": "Mine."}


def test_the_class_page_lists_what_was_not_taken_in(tmp_path: Path) -> None:
    left_out = [
        NotTakenIn(student="ada", name=f"own/{SCRIPT}.png", reason="a link"),
        NotTakenIn(name="notes.txt", reason="is no folder or archive of a student"),
    ]
    class_of_one = results(student("ada", check("same-function"))).model_copy(update={"left_out": left_out})
    page = write_report(class_of_one, tmp_path).read_text(encoding="utf-8")
    assert "Not taken in" in page
    assert SCRIPT not in page.partition("Not taken in")[2].partition("</section>")[0]
    assert "is no folder or archive of a student" in page
    assert '<th scope="row" class="name"><bdi>ada</bdi></th>' in page  # as high as the cells beside it
    assert "notes.txt" not in (tmp_path / "students/ada/index.html").read_text(encoding="utf-8")


def test_an_empty_class_has_a_page(tmp_path: Path) -> None:
    assert "marks of the class" in Page(write_report(results(), tmp_path)).text
    assert "No student’s code produced a picture" in Page(tmp_path / "contact-sheet.html").text


def test_reading_and_writing_keeps_every_byte(tmp_path: Path, malicious: Results) -> None:
    first, second = tmp_path / "a" / "results.json", tmp_path / "b" / "results.json"
    malicious.write(first)
    Results.read(first).write(second)
    assert first.read_bytes() == second.read_bytes()
    malicious.students.reverse()
    malicious.write(second)
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
        "sandbox": "held",
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
        (b'{"schema": 2}', r"results\.json: has schema 2, but this program can only read schema 1"),
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


def test_the_command_makes_the_pages_again(tmp_path: Path, malicious: Results) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    missing = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert missing.exit_code == 1
    assert f"{tmp_path / 'results.json'}: there are no results" in missing.output
    malicious.write(tmp_path / "results.json")
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
    write_report(results(one), tmp_path)  # as at the end of a marking: what students see stays
    assert page.read_text() == before
    write_report(results(one), tmp_path, "after")
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


# --- decisions, lateness, extra credit, code, time --------------------------------------------------------------------


def pages_of(one: StudentResult, marks: Path, level: str = "after") -> tuple[str, str, str]:
    """The text of the student's page, the marker's page of the student, and the class page."""
    write_report(results(one), marks, level)  # type: ignore[arg-type]
    name = Path(one.folder).name
    return tuple(
        Page(marks / page).text for page in (f"{one.folder}/index.html", f"marker/{name}/index.html", "index.html")
    )


def test_a_decision_is_told_with_its_reason_and_to_the_marker_with_who_and_what_was_found(tmp_path: Path) -> None:
    decision = {"reason": "the idea is right", "by": "Dr Quist", "found_score": 0, "found_status": "failed"}
    told = {"message": "what the grader said", "diagnosis": "no-dropout"}
    full = student("ada", check("a", "passed", override=decision, **told))
    students, markers, class_page = pages_of(full, tmp_path)
    assert "the idea is right" in students
    assert "Dr Quist" not in students
    assert "what the grader said" not in students  # full points: there is nothing left to mend
    for page in (markers, class_page):
        assert "the idea is right" in page
        assert "Dr Quist" in page
    assert "found: failed, 0 points" in markers
    assert "what the grader said" in markers
    assert "no-dropout" not in class_page
    half = student("ada", check("a", "partial", score=1, override=decision, **told))
    students, _, class_page = pages_of(half, tmp_path)
    assert "what the grader said" in students
    assert "no-dropout" in class_page


def test_what_a_graders_error_said_stays_with_the_marker_after_a_decision(tmp_path: Path) -> None:
    decision = {"reason": "looked at by hand", "found_score": 0, "found_status": "error"}
    one = student("ada", check("a", "partial", score=1, message="fork server died", override=decision))
    students, markers, _ = pages_of(one, tmp_path)
    assert "looked at by hand" in students
    assert "fork server died" not in students
    assert "fork server died" in markers


def test_lateness_is_one_sentence_with_the_numbers(tmp_path: Path) -> None:
    late = Lateness(
        submitted="2027-01-31T10:30:00+00:00", deadline="2027-01-29T23:59:00Z", days=2, percent=20, points=0.8
    )
    one = student("ada", check("a"), check("b"), late=late, score=3.2)
    sentence = (
        "Handed in on 31 January 2027, 10:30 UTC, on day 2 after your deadline of 29 January 2027, 23:59 UTC: "
        "20 % of the 4 points earned (0.8) are taken off."
    )
    students, markers, class_page = pages_of(one, tmp_path)
    assert students.count(sentence) == 1
    assert sentence.replace("your", "their") in markers
    assert "31 January 2027, 10:30 UTC" in class_page
    before, _, _ = pages_of(one, tmp_path, "before")
    assert "taken off" not in before
    assert "4 of 4 points" in " ".join(before.split())
    grace = one.model_copy(update={"late": late.model_copy(update={"days": 0, "percent": 0, "points": 0}), "score": 4})
    assert "within the grace period" in pages_of(grace, tmp_path)[0]
    withheld = student("ada", check("a", "error"), late=late)
    assert "20 % of the points will be taken off" in pages_of(withheld, tmp_path)[0]


def test_extra_credit_comes_on_top(tmp_path: Path) -> None:
    one = student("ada", check("a"))
    extra = TaskResult(id="more", title="More", score=2, max_score=2, checks=[check("b")], extra=True)
    one = one.model_copy(update={"tasks": [*one.tasks, extra], "score": 4})
    for level in ("after", "before"):
        students, _, class_page = pages_of(one, tmp_path, level)
        assert "4 of 2 points" in " ".join(students.split())
        assert students.count("extra credit") == 1
        assert "2 extra" in class_page


@pytest.mark.parametrize("level", ["before", "after"])
def test_the_code_of_a_task_stands_beside_its_messages(tmp_path: Path, level: str) -> None:
    one = student("ada", check("a", "failed", message="the message"))
    code = "class BetterCNN(nn.Module):\n\tdef forward(self, x):\n        return '<b>' # \x07"
    one.tasks[0].code = code
    for page in pages_of(one, tmp_path, level)[:2]:
        assert code.replace("\x07", "‹U+0007›") in page
        assert page.index("the message") < page.index("class BetterCNN") < page.index("Device")


@pytest.mark.parametrize("code", ["\x1b" * 30_000, "'" * 30_000, "(" * 30_000, "\udcff\n" * 9000])
def test_code_that_nobody_could_read_is_cut_and_makes_no_trouble(tmp_path: Path, code: str) -> None:
    one = student("ada", check("a"))
    one.tasks[0].code = code
    assert "more characters" in pages_of(one, tmp_path)[0] or len(code) < 24_000


def test_times_are_shown_where_there_are_any(tmp_path: Path) -> None:
    one = student("ada", check("a"))
    assert "Seconds" not in pages_of(one, tmp_path)[2]
    (tmp_path / "timing.json").write_text('{"students": {"ada": 2.31, "gone": 1}, "wall": 200}')
    class_page = pages_of(one, tmp_path)[2]
    assert "3 min 20 s" in class_page
    assert "2.3" in class_page


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"wall": -1}', '{"students": {"ada": "soon"}}', '{"wall": NaN}', "\xff"]
)
def test_times_that_cannot_be_read_cost_no_page(tmp_path: Path, content: str) -> None:
    (tmp_path / "timing.json").write_text(content, encoding="latin-1")
    assert "timing.json can't be read" in pages_of(student("ada", check("a")), tmp_path)[2]


def test_the_commonest_mistakes_come_with_the_sentence_that_students_read(tmp_path: Path) -> None:
    mistaken = check("same-function", "failed", diagnosis="no-relu-after-conv2")
    pair = check("same-function", "failed", diagnosis="no-relu-after-conv1+softmax")
    write_report(results(student("ada", mistaken), student("bob", mistaken), student("eve", pair)), tmp_path)
    text = Page(tmp_path / "index.html").text
    assert "as if there were no ReLU after the second convolution" in text
    assert "There is no ReLU after the first convolution" in text or "first convolution" in text
    assert "no ReLU after the first convolution" in text
    assert "returns probabilities (a softmax)" in text
    assert text.index("no-relu-after-conv2") < text.index("no-relu-after-conv1+softmax")


# --- the contact sheet ------------------------------------------------------------------------------------------------


def drawn(name: str, marks: Path, content: bytes | None = None, **more: object) -> StudentResult:
    """A student whose check has a picture: a plain one, or whatever bytes are given."""
    file = marks / folder_of(name) / "filters.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        Image.new("RGB", (420, 540), "navy").save(file)
    else:
        file.write_bytes(content)
    return student(name, check("a", pictures=[f"{folder_of(name)}/filters.png"]), **more)


def test_the_contact_sheet_shows_everybodys_pictures_small(tmp_path: Path) -> None:
    class_ = [
        drawn("ada", tmp_path),
        drawn("Ada", tmp_path),
        student("bob", check("a", "not attempted"), unread="A PDF"),
    ]
    write_report(results(*class_), tmp_path)
    sheet = Page(tmp_path / "contact-sheet.html")
    assert (sheet.text.count("no mark yet"), "0 of 2 points" in sheet.text) == (1, False)
    assert {"marker/ada/index.html", "marker/bob/index.html"} <= set(sheet.values("href"))
    small = [tmp_path / unquote(source) for source in sheet.values("src")]
    assert len(set(small)) == 2
    for file in small:
        with Image.open(file) as image:
            assert max(image.size) <= 300
    assert sheet.text.count("no picture") == 1
    assert set(sheet.values("loading")) == {"lazy"}
    assert "contact-sheet.html" in Page(tmp_path / "index.html").values("href")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_picture_is_not_on_the_contact_sheet(tmp_path: Path, content: bytes) -> None:
    write_report(results(drawn("ada", tmp_path, content)), tmp_path)
    sheet = Page(tmp_path / "contact-sheet.html")
    assert sheet.values("src") == []
    assert "no picture" in sheet.text


def test_a_picture_that_changes_changes_on_the_contact_sheet_and_goes_with_its_student(tmp_path: Path) -> None:
    class_ = results(drawn("ada", tmp_path), drawn("bob", tmp_path))
    write_report(class_, tmp_path)
    small = tmp_path / "marker/ada/thumbnail-0.webp"
    first = small.read_bytes()
    Image.new("RGB", (400, 100), "red").save(tmp_path / "students/ada/filters.png")
    write_report(class_, tmp_path)
    assert small.read_bytes() != first
    write_report(results(drawn("bob", tmp_path)), tmp_path)
    assert [file.parent.name for file in tmp_path.glob("marker/*/*.webp")] == ["bob"]
