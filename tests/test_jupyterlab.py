"""Does a student see red and then green: real JupyterLab, in a browser, from a copy of the release folder alone?

Needs a Chromium: $CHROMIUM, else one on the path. Screenshots go to build/screenshots/ to be looked at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on the path (or in $CHROMIUM)"),
]

WRONG = """class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 5)
        self.hidden = nn.Linear(4608, 128)
        self.out = nn.Linear(128, 10)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        x = self.drop(F.max_pool2d(self.conv(x), 2))
        return self.out(F.relu(self.hidden(x.flatten(1))))
"""
RIGHT = WRONG.replace("self.conv(x), 2", "F.relu(self.conv(x)), 2")
SETTINGS = {
    # All cells are in the page, also those out of sight; and no question pops up.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module")
def lab(student_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of JupyterLab, in the environment that a student has: the release's package, and nothing of ours."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    shutil.copytree(ROOT / "release" / "lab4", folder / "lab4")
    python = student_environment / "python"
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment = {
        "PATH": f"{python.parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",  # the parts of JupyterLab that lie beside its Python package
        "JUPYTERLAB_DIR": f"{sys.prefix}/share/jupyter/lab",
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "AUTOGRADER_DATA": "digits",
        "OMP_NUM_THREADS": "1",
    }
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token="]
    log = folder / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [python, "-m", "jupyterlab", *options], cwd=folder / "lab4", env=environment, stdout=written, stderr=written
        )
    try:
        address = ""
        for _ in range(600):
            if found := re.search(r"http://127\.0\.0\.1:\d+/lab", log.read_text()):
                address = found[0]
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        assert address, log.read_text()
        yield address
    finally:
        process.terminate()
        process.wait(20)


def test_a_mistake_is_red_and_named_and_the_right_network_is_green(lab: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    expect = playwright.expect
    expect.set_options(timeout=60_000)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{lab}/tree/4_1_simple_cnn.ipynb")
        cells = page.locator(".jp-Notebook .jp-CodeCell")
        imports, data = (cells.filter(has_text=words).first for words in ("import torchbearer", "best_device()"))
        stub = cells.filter(has_text="class SimpleCNN").first
        check = cells.filter(has_text='check("simple-cnn")').first
        output = check.locator(".jp-OutputArea-output")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

        def run(cell: playwright.Locator, text: str | None = None) -> None:
            """Clicks into a cell, types what is to stand there, and runs it."""
            cell.locator(".cm-content").click()
            if text is not None:
                page.keyboard.press("Control+A")
                page.keyboard.insert_text(text)
            page.keyboard.press("Control+Enter")

        def picture(name: str) -> None:
            check.scroll_into_view_if_needed()
            page.screenshot(path=SCREENSHOTS / f"jupyterlab-{name}.png")

        run(imports)
        imports.locator(".jp-InputPrompt", has_text="[1]:").wait_for()
        run(data)
        data.locator(".jp-OutputArea-output", has_text="Networks run on: c").wait_for()
        run(check)
        output.filter(has_text="not started").wait_for()
        picture("not-started")

        run(stub, WRONG)
        run(check)
        output.filter(has_text="no ReLU after the").wait_for()
        expect(output.last).to_have_text("5.0")
        told = " ".join(output.first.inner_text().split())
        assert "✗ needs fixing A simple CNN 5 of 10 points" in told
        assert "✗ failed With the same weights, SimpleCNN computes the same as the task's network. 0/5" in told
        expect(output.first.get_by_text("✗ needs fixing")).to_have_css("background-color", "rgb(195, 32, 43)")
        picture("red")

        stub.scroll_into_view_if_needed()
        run(stub, RIGHT)
        run(check)
        output.filter(has_text="10 of 10 points").wait_for()
        expect(output.last).to_have_text("10.0")
        assert " ".join(output.first.inner_text().split()) == "✓ done A simple CNN 10 of 10 points"
        expect(output.first.get_by_text("✓ done")).to_have_css("background-color", "rgb(26, 127, 55)")
        picture("green")

        run(stub, WRONG)
        run(check)
        output.filter(has_text="no ReLU after the").wait_for()
        page.get_by_role("menuitem", name="Settings").click()
        page.get_by_text("Theme", exact=True).hover()
        page.get_by_text("JupyterLab Dark", exact=True).click()
        page.locator("body[data-jp-theme-light=false]").wait_for(state="attached")
        picture("red-dark")
        browser.close()
