"""The pages as a person meets them in Chromium: sorted, filtered, dark, narrow, printed, and read aloud (axe-core)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from autograder.feedback.marked.pages import write_report
from autograder.results import Results
from tests.browser import SCREENSHOTS, chromium
from tests.synthetic_class import make_class

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    """An invented class of thirty, some with nasty names, and the folder of its pages."""
    marks = tmp_path_factory.mktemp("class")
    results = make_class(marks, 30)
    write_report(results, marks)
    return results, marks


@pytest.fixture
def marks(class_: tuple[Results, Path]) -> Path:
    return class_[1]


@pytest.fixture
def results(class_: tuple[Results, Path]) -> Results:
    return class_[0]


class Tab:
    """A page of the report in a window of its own, and what the browser complained about."""

    def __init__(self, browser: Browser, file: Path, colours: str = "light", width: int = 1400) -> None:
        self.context = browser.new_context(
            color_scheme=colours,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
            offline=True,
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"not loaded: {request.url}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.goto(file.as_uri())

    def names(self, what: str = "#class tr") -> list[str]:
        """The students that can be seen, from top to bottom."""
        return [one.locator("bdi").inner_text() for one in self.page.locator(what).all() if one.is_visible()]

    def picture(self, name: str, whole: bool = True) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(Error):  # for people to look at; a browser on a busy machine cannot always take one
            self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    def background(self) -> str:
        return self.page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.fixture
def tab(browser: Browser) -> Iterator[type[Tab]]:
    """Opens pages, and fails the test afterwards if the browser refused, missed or broke anything on one of them."""
    opened: list[Tab] = []

    def open_(file: Path, **how: object) -> Tab:
        opened.append(Tab(browser, file, **how))  # type: ignore[arg-type]
        return opened[-1]

    yield open_  # type: ignore[misc]
    for one in opened:
        one.context.close()
        assert one.complaints == []


def pages(results: Results, marks: Path) -> dict[str, Path]:
    """A page of each kind. The student is one with a decision, the late one also has a remark."""
    decided = next(s for s in results.students if sum(check.override is not None for _, check in s.checks) == 2)
    late = next(s for s in results.students if s.late and s.late.points and s.messages)
    withheld = next(s for s in results.students if s.status == "withheld")
    return {
        "class": marks / "index.html",
        "contact-sheet": marks / "contact-sheet.html",
        "student": marks / decided.folder / "index.html",
        "student-late": marks / late.folder / "index.html",
        "student-withheld": marks / withheld.folder / "index.html",
        "marker": marks / "marker" / Path(decided.folder).name / "index.html",
    }


def test_the_class_is_sorted_by_any_column_with_mouse_or_keyboard(
    marks: Path, results: Results, tab: type[Tab]
) -> None:
    one = tab(marks / "index.html")
    score = one.page.get_by_role("button", name="Score")
    score.click()
    scores = {each.student: -1 if each.score is None else each.score for each in results.students}
    seen = [
        float(cell) for cell in one.page.eval_on_selector_all("#class .score", "all => all.map(c => c.dataset.value)")
    ]
    assert seen == sorted(value for value in scores.values() if value >= 0)
    expect(one.page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", "ascending")
    assert "withheld" in one.page.locator("#class tr").first.inner_text()
    one.picture("class-sorted")
    score.focus()
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", "descending")
    one.page.get_by_role("button", name="Student").click()
    names = one.names()
    assert names.index("ada.abel") < names.index("bob.abel") < names.index("rosa.abel")


def test_the_heads_of_the_columns_stay_in_sight(marks: Path, tab: type[Tab]) -> None:
    one = tab(marks / "index.html")
    head = one.page.get_by_role("columnheader", name="Score")
    one.page.locator("#class tr").last.scroll_into_view_if_needed()
    box = head.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 50
    edge = "found => found.getBoundingClientRect().right"
    card, table = (one.page.eval_on_selector(place, edge) for place in ("section:has(table.class)", "table.class"))
    assert table < card
    one.picture("class-scrolled", whole=False)


def test_the_class_is_filtered_by_name_kind_and_mistake(marks: Path, results: Results, tab: type[Tab]) -> None:
    one = tab(marks / "index.html")
    form = one.page.get_by_role("search")
    form.get_by_label("Name").fill("MULLER ang")  # no capitals, no accents needed
    assert one.names() == ["Zoë Müller-Ångström"]
    expect(form.get_by_role("status")).to_have_text("1 of 30 students")
    one.picture("class-filtered")
    form.get_by_label("Name").fill("nobody at all")
    assert one.names() == []
    expect(one.page.get_by_text("No student matches.")).to_be_visible()
    form.get_by_role("button", name="Show all").click()
    expect(form.get_by_role("status")).to_have_text("30 students")
    wanted = {
        "withheld": {s.student for s in results.students if s.status == "withheld"},
        "flagged": {s.student for s in results.students if s.flags},
        "late": {s.student for s in results.students if s.late and s.late.days},
        "decided": {s.student for s in results.students if any(check.override for _, check in s.checks)},
    }
    for kind, students in wanted.items():
        form.get_by_label("Show", exact=True).select_option(kind)
        assert len(one.names()) == len(students) > 0
        assert {name for name in students if name.isascii() and name.isprintable()} <= set(one.names())
    form.get_by_label("Show", exact=True).select_option("")
    link = one.page.locator("a[data-mistake]").first
    count = int(link.inner_text())
    link.press("Enter")
    assert len(one.names()) == count
    expect(form.get_by_role("status")).to_have_text(f"{count} of 30 students")


def test_a_filter_is_still_there_on_the_way_back_from_a_student(marks: Path, tab: type[Tab]) -> None:
    one = tab(marks / "index.html")
    one.page.get_by_label("Name", exact=True).fill("a.abel")
    shown = one.names()
    one.page.locator("#class a:visible").first.click()
    expect(one.page.get_by_role("heading", level=1)).to_have_text(shown[0])
    one.page.go_back()
    expect(one.page.get_by_label("Name", exact=True)).to_have_value("a.abel")
    assert one.names() == shown


def test_a_marker_goes_from_student_to_student(marks: Path, results: Results, tab: type[Tab]) -> None:
    one = tab(marks / "marker" / "ada.abel" / "index.html")
    one.page.get_by_role("link", name=re.compile("Next student")).click()
    after = results.students[[s.student for s in results.students].index("ada.abel") + 1]
    expect(one.page.get_by_role("heading", level=1)).to_have_text(after.student)
    one.page.get_by_role("link", name="Marks of the class").click()
    expect(one.page.get_by_role("heading", level=1)).to_have_text("lab4: marks of the class")


def test_a_students_page_shows_what_is_not_right_and_folds_the_rest_up(
    marks: Path, results: Results, tab: type[Tab]
) -> None:
    one = tab(pages(results, marks)["student"])
    tasks = one.page.locator("details.task")
    failed = tasks.filter(has=one.page.locator(".check.failed")).filter(has=one.page.locator(".source")).first
    assert failed.get_attribute("open") is not None
    closed = one.page.locator(f"#{one.page.locator('details.task:not([open])').first.get_attribute('id')}")
    expect(closed.get_by_role("heading", level=4)).to_have_count(0)
    closed.locator("> summary").press("Enter")
    expect(closed.get_by_role("heading", level=4).first).to_be_visible()
    one.page.get_by_role("button", name="Open all tasks").click()
    assert one.page.locator("details.task:not([open])").count() == 0
    code, message = failed.locator("pre").bounding_box(), failed.locator(".check").first.bounding_box()
    assert code is not None
    assert message is not None
    assert code["x"] > message["x"] + message["width"] - 1  # beside it
    assert abs(code["y"] - message["y"]) < 80
    failed.locator(".source > summary").click()
    expect(failed.locator("pre")).not_to_be_visible()


def test_the_contact_sheet_loads_its_pictures_and_is_filtered_and_ordered(
    marks: Path, results: Results, tab: type[Tab]
) -> None:
    one = tab(marks / "contact-sheet.html")
    sheet = one.page.locator("#sheet > li")
    first = sheet.locator("img").first
    expect(first).to_be_visible()
    assert first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    one.page.get_by_label("Order").select_option("worst")
    scores = [float(card.get_attribute("data-score") or 0) for card in sheet.all()]
    assert scores == sorted(scores)
    one.page.get_by_label("Pictures").select_option(label="Look at the filters")
    assert {text.strip() for text in one.page.locator(".what:visible").all_inner_texts()} == {"Look at the filters"}
    one.page.get_by_label("Name").fill("abel")
    assert one.names("#sheet > li")
    assert all("abel" in name for name in one.names("#sheet > li"))
    sheet.get_by_role("link", name="ada.abel", exact=True).click()
    expect(one.page.get_by_role("heading", level=1)).to_have_text("ada.abel")


def test_colours_follow_the_system_until_the_button_is_pressed_and_then_on_every_page(
    marks: Path, tab: type[Tab]
) -> None:
    light, dark = tab(marks / "index.html"), tab(marks / "index.html", colours="dark")
    assert light.background() != dark.background()
    dark_background = dark.background()
    light.page.get_by_role("button", name="Dark colours").press("Enter")
    assert light.background() == dark_background
    light.page.locator("#class a").first.click()
    assert light.background() == dark_background
    light.page.get_by_role("button", name="Light colours").click()
    assert light.background() != dark_background


PAGES = ("class", "contact-sheet", "student", "student-late", "student-withheld", "marker")
LOOKS = [
    *((page, "light", 1400) for page in PAGES),
    *((page, "dark", 1400) for page in ("class", "contact-sheet", "student", "marker")),
    *((page, "light", 400) for page in ("class", "contact-sheet", "student")),
]
# On a push every template once, and one in each other look: dark colours and narrow windows are of one style sheet.
ON_PUSH = (*((page, "light", 1400) for page in PAGES[:3]), ("marker", "dark", 1400), ("class", "light", 400))
SHARED_OUT = [pytest.param(*look, marks=[] if look in ON_PUSH else [pytest.mark.slow]) for look in LOOKS]


@pytest.mark.parametrize(("page", "colours", "width"), SHARED_OUT)
def test_axe_finds_nothing_serious(
    marks: Path, results: Results, tab: type[Tab], page: str, colours: str, width: int
) -> None:
    one = tab(pages(results, marks)[page], colours=colours, width=width)
    one.picture(f"{page}-{colours}-{width}")
    one.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(one.page).response
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in serious] == []
    assert len(found["passes"]) > 20  # it has looked


def test_no_page_is_wider_than_its_window(marks: Path, results: Results, tab: type[Tab]) -> None:
    for kind, file in pages(results, marks).items():
        one = tab(file)
        for width in (320, 400, 800, 1100):
            one.page.set_viewport_size({"width": width, "height": 900})
            assert one.page.evaluate("document.documentElement.scrollWidth") <= width, f"{kind} at {width}"


def test_what_is_printed_is_light_and_complete(marks: Path, results: Results, tab: type[Tab]) -> None:
    for name in ("class", "student"):
        one = tab(pages(results, marks)[name], colours="dark")
        pdf = one.page.pdf(path=SCREENSHOTS / f"{name}.pdf", format="A4")
        assert pdf.startswith(b"%PDF")
        one.page.emulate_media(media="print", color_scheme="dark")
        assert one.background() == "rgb(255, 255, 255)"
        expect(one.page.get_by_role("button", name="Light colours")).not_to_be_visible()
        expect(one.page.get_by_role("search")).not_to_be_visible()
        one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert one.page.locator("details:not([open])").count() == 0 or name == "class"
        one.picture(f"{name}-printed")


def test_without_scripts_everything_can_be_read(browser: Browser, marks: Path) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto((marks / "index.html").as_uri())
    assert page.locator("#class tr").count() == 30
    expect(page.get_by_role("search")).not_to_be_visible()  # it could do nothing
    page.goto((marks / "contact-sheet.html").as_uri())
    assert page.locator("#sheet > li").count() == 30
    context.close()


@pytest.mark.slow
def test_a_class_of_three_hundred_is_a_light_page(tmp_path: Path, tab: type[Tab]) -> None:
    """Bytes and elements, which decide how long a browser takes, and not the time that this machine takes."""
    results = make_class(tmp_path, 300)
    write_report(results, tmp_path)
    for file in ("index.html", "contact-sheet.html"):
        assert (tmp_path / file).stat().st_size < 1_000_000
        one = tab(tmp_path / file)
        assert one.page.evaluate("document.querySelectorAll('*').length") < 20_000
        assert one.page.get_by_role("status").inner_text() == "300 students"
