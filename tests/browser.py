"""A browser for tests: the machine's own Chromium, steered by Playwright. Screenshots go to `build/screenshots/`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SCREENSHOTS = ROOT / "build" / "screenshots"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Where Chromium is: what `$CHROMIUM` names, else the first that the path has."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; skips the test with the reason where this machine has none."""
    program = find_chromium()
    if program is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium), or $CHROMIUM that names it")
    # Its own sandbox wants rights that containers and root do not have; the pages here are the project's own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
