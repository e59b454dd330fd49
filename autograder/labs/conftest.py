"""Lets the checks run by themselves: `pytest autograder/labs/lab4 --submission FOLDER`."""

from __future__ import annotations

import pytest

from autograder.labs.plugin import ChecksPlugin


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("submission")
    group.addoption("--submission", metavar="FOLDER", help="the folder with a student's notebooks")
    group.addoption("--seed", type=int, default=None, help="repeats an earlier run; default: a fresh one")
    group.addoption("--unsafe-no-sandbox", action="store_true", help="for the work of people you trust")


def pytest_configure(config: pytest.Config) -> None:
    if not any(isinstance(plugin, ChecksPlugin) for plugin in config.pluginmanager.get_plugins()):
        config.pluginmanager.register(ChecksPlugin(), "checks")
