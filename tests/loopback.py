"""A real Dask cluster of separate processes on this machine's loopback, for tests and `tests.bench`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.sample_class import ROOT


class Loopback:
    """A scheduler, and workers as they are asked for; all of it ends with the `with` block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Loopback:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self._file))
        wait_until(self._file.is_file)
        return self

    def __exit__(self, *_: Any) -> None:
        for one in reversed(self._running):
            one.terminate()
        for one in self._running:
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()

    @property
    def address(self) -> str:
        return json.loads(self._file.read_text())["address"]

    def worker(
        self, name: str, *arguments: str, core: int | None = None, **environment: str
    ) -> subprocess.Popen[bytes]:
        """A worker of one thread, kept to `core` where one is given; returns when the scheduler knows it."""
        from distributed import Client

        started = self._start(
            *("worker", "--scheduler-file", str(self._file), "--name", name, "--nthreads", "1", *arguments),
            core=core,
            **environment,
        )
        with Client(self.address, set_as_default=False) as client:
            wait_until(lambda: name in names(client).values())
        return started

    def _start(self, *arguments: str, core: int | None = None, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", arguments[0], "--no-dashboard", *arguments[1:]]
        if core is not None:  # and what it starts: a process hands its cores down
            command = ["taskset", "--cpu-list", str(core), *command]
        where = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(where), **environment}
        with (self._folder / "log").open("ab") as log:
            started = subprocess.Popen(command, cwd=self._folder, env=variables, stdout=log, stderr=log)
        self._running.append(started)
        return started


def names(client: Any) -> dict[str, str]:
    """The workers' names by their addresses."""
    return {address: one["name"] for address, one in client.scheduler_info(n_workers=-1)["workers"].items()}


def wait_until(there: Any, seconds: float = 1200) -> None:
    """Waits for something to become true; fails where it never does, even on a very busy machine."""
    deadline = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(0.05)
