"""Do the documentation's words lead a marker from marks to a written answer's points: JupyterLab, its menu, a box?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import SCREENSHOTS, chromium
from tests.conftest import ROOT
from tests.export_class import export, marks_folder, student

pytestmark = [pytest.mark.processes, pytest.mark.slow]
WRITTEN = "written-shared-weights"
ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+/lab\S*")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def course(gradebooks: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder as the documentation has it: the configuration, `source/`, a student's submission, and marks."""
    root = tmp_path_factory.mktemp("course")
    ignored = shutil.ignore_patterns("weights", "own")
    shutil.copytree(ROOT / "tests" / "submissions" / "reference", root / "submitted" / "ada", ignore=ignored)
    shutil.copytree(ROOT / "source" / "lab4", root / "source" / "lab4")
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    marks_folder(root / "marks", [student("ada")])
    submissions = root / "submitted"
    done = export(root / "marks", "--to", "nbgrader", "-o", root / "gradebook.db", "--submissions", submissions)
    assert done.exit_code == 0, done.output
    return root


@pytest.fixture(scope="module")
def lab(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that `jupyter lab` prints, started in the course folder."""
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "HOME": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home), "OMP_NUM_THREADS": "1"}
    environment |= {"JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    log = home / "log"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options], cwd=course, env=environment, stdout=out, stderr=out
        )
    try:
        while not (found := ADDRESS.search(log.read_bytes())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        yield found[0].decode()
    finally:
        process.terminate()
        process.wait(30)


def test_the_documentation_leads_to_a_written_answers_points(browser: Browser, lab: str, course: Path) -> None:
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(lab)
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader").click()
    formgrader = page.frame_locator("iframe")
    formgrader.get_by_role("link", name="Manual Grading").click()
    formgrader.get_by_role("link", name="lab4", exact=True).click()
    formgrader.get_by_role("link", name="4_1_simple_cnn").click()
    formgrader.get_by_role("link", name="Submission #1").click()
    expect(formgrader.locator("input#shapes-check")).to_have_attribute(
        "placeholder", "6", timeout=120_000
    )  # has loaded
    box = formgrader.locator(f"input#{WRITTEN}")
    box.fill("1.5")
    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"):
        box.press("Tab")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "formgrader.png")
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert book.find_grade(WRITTEN, "4_1_simple_cnn", "lab4", "ada").manual_score == 1.5
