"""Reads the file that describes a cluster, and starts it: on this machine, by SSH, or by Slurm."""

from __future__ import annotations

import shlex
import shutil
import signal
import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from autograder.course import CourseError, Strict, read_mapping, validated
from autograder.grading.cluster import require
from autograder.grading.cluster_worker import COURSE
from autograder.grading.worker_pool import MarkingError


def _not_a_number(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError(f'YAML reads this as the number {value}; put it in quotes, as "12:00:00" or "8GB"')
    return value


QuotedText = Annotated[str, BeforeValidator(_not_a_number)]


class ClusterFile(Strict):
    """What every kind has: how many submissions a Dask worker marks at once, and where it finds the course."""

    threads: int = Field(default=1, gt=0, strict=True)
    course: str | None = None
    """The course repository on the workers' machines; by default they look for it as `autograder mark` does."""
    environment: dict[str, QuotedText] = Field(default={})
    options: dict[str, Any] = Field(default={})
    """More keyword arguments for the Dask class that starts the cluster."""

    @property
    def variables(self) -> dict[str, str]:
        """The workers' environment."""
        return {**({COURSE: self.course} if self.course else {}), **self.environment}

    @abstractmethod
    def start(self) -> Any:
        """Starts it; returns one of Dask's cluster objects."""

    @contextmanager
    def started(self) -> Iterator[str]:
        """The address of its scheduler, for as long as it runs. Raises `MarkingError`."""
        try:
            cluster = self.start()
        except MarkingError:
            raise
        except Exception as error:  # from SSH, sbatch, or a missing key
            raise MarkingError(f"the cluster could not be started: {type(error).__name__}: {error}") from error
        with cluster:
            yield cluster.scheduler_address


class Local(ClusterFile):
    """Worker processes on this machine."""

    kind: Literal["local"]
    workers: int = Field(gt=0, strict=True)

    def start(self) -> Any:
        from distributed import LocalCluster

        settings = {"n_workers": self.workers, "threads_per_worker": self.threads, "env": self.variables}
        with _ignoring_ctrl_c():
            return LocalCluster(processes=True, dashboard_address=None, **{**settings, **self.options})


class Ssh(ClusterFile):
    """A worker on each of `hosts`; the scheduler is on the first, unless `scheduler` names another."""

    kind: Literal["ssh"]
    hosts: list[str] = Field(min_length=1)
    scheduler: str | None = None
    python: str
    connect: dict[str, Any] = Field(default={})
    """Arguments for `asyncssh.connect`: username, port, client_keys, known_hosts …"""

    def start(self) -> Any:
        require("asyncssh", "a cluster by SSH")
        from distributed import SSHCluster

        variables = [f"{name}={shlex.quote(value)}" for name, value in self.variables.items()]
        settings = {
            "connect_options": self.connect,
            "worker_options": {"nthreads": self.threads, "death_timeout": 60},  # seconds without their scheduler
            "scheduler_options": {"port": 0, "dashboard_address": ":0"},
            "remote_python": " ".join(["env", *variables, shlex.quote(self.python)]),
        }
        return SSHCluster([self.scheduler or self.hosts[0], *self.hosts], **{**settings, **self.options})


class Slurm(ClusterFile):
    """`workers` Slurm jobs, each with a Dask worker."""

    kind: Literal["slurm"]
    workers: int = Field(gt=0, strict=True)
    memory: QuotedText
    walltime: QuotedText
    queue: QuotedText | None = None
    account: QuotedText | None = None
    python: str | None = None
    directives: list[str] = Field(default=[])
    """More options for `#SBATCH` lines, such as `--gres=gpu:1`."""

    def start(self) -> Any:
        require("dask_jobqueue", "a cluster by Slurm")
        if shutil.which("sbatch") is None:
            raise MarkingError("there is no `sbatch` here; start a Slurm cluster on a login node")
        from dask_jobqueue import SLURMCluster

        settings = {
            "cores": self.threads,
            "processes": 1,
            "memory": self.memory,
            "walltime": self.walltime,
            "queue": self.queue,
            "account": self.account,
            "python": self.python,
            "job_extra_directives": self.directives,
            "job_script_prologue": [f"export {name}={shlex.quote(value)}" for name, value in self.variables.items()],
            "scheduler_options": {"dashboard_address": ":0"},
        }
        cluster = SLURMCluster(**{**settings, **self.options})
        cluster.scale(jobs=self.workers)
        return cluster


@contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Processes that are started meanwhile ignore a terminal's Ctrl-C; this process gets it, and ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


KINDS: dict[str, type[ClusterFile]] = {"local": Local, "ssh": Ssh, "slurm": Slurm}


def read_cluster(path: Path) -> ClusterFile:
    """Reads the FILE of `--cluster`; raises `CourseError`, which names the file and the line of each mistake."""
    value, lines = read_mapping(path, f"a mapping with the key `kind` ({', '.join(KINDS)})")
    kind = value.get("kind")
    if kind not in KINDS:
        line, wrong = lines.get(("kind",), 1), f"is {kind!r}" if "kind" in value else "is missing"
        raise CourseError(f"{path}, line {line}: the key `kind` {wrong}; it is one of {', '.join(KINDS)}")
    return validated(KINDS[kind], value, Path(path), lines)
