"""Picks the tests of the tasks that are asked for, and writes what each task has earned to results.json."""

import json
import os

import pytest

POINTS = json.loads(os.environ["LAB_POINTS"])  # {task: {check: points}}
earned = {task: 0 for task in POINTS}


def named(nodeid):
    task, _, check = nodeid.rpartition("::")[2].removeprefix("test_").partition("__")
    return task.replace("_", "-"), check.replace("_", "-")


def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if named(item.nodeid)[0] in POINTS]


@pytest.hookimpl
def pytest_runtest_logreport(report):
    if report.when == "call" and report.passed:
        task, check = named(report.nodeid)
        earned[task] += POINTS[task][check]


def pytest_sessionfinish():
    with open("results.json", "w") as file:
        json.dump({"points": earned, "total": sum(earned.values())}, file)
