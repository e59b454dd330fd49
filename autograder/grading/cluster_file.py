"""Reads the file that describes a cluster, and starts it: on this machine, by SSH, or by Slurm."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from autograder.course import CourseError, Strict, read_mapping, validated
from autograder.grading import cluster_keys
from autograder.grading.cluster import Scheduler, require
from autograder.grading.cluster_worker import COURSE
from autograder.grading.worker_pool import MarkingError


def _not_a_number(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError(f'YAML reads this as the number {value}; put it in quotes, as "12:00:00" or "8GB"')
    return value


QuotedText = Annotated[str, BeforeValidator(_not_a_number)]

# Dask serves pages about a scheduler or a worker to everybody who asks. It cannot be kept from listening.
NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
ONLY_HERE = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
SETTLED = ("security", "protocol", "dashboard", "dashboard_address", "worker_dashboard_address")


class ClusterFile(Strict):
    """What every kind has: how many submissions a Dask worker marks at once, and where it finds the course."""

    threads: int = Field(default=1, gt=0, strict=True)
    course: str | None = None
    """The course repository on the workers' machines; by default they look for it as `autograder mark` does."""
    environment: dict[str, QuotedText] = Field(default={})
    options: dict[str, Any] = Field(default={})
    """More keyword arguments for the Dask class that starts the cluster."""

    @field_validator("options")
    @classmethod
    def _leaves_the_doors_shut(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = {name for part in (options, *options.values()) if isinstance(part, dict) for name in part}
        for name in SETTLED:
            if name in given:
                raise ValueError(
                    f"leave out `{name}`: a cluster that is started here has its own keys, and no dashboard"
                )
        return options

    @property
    def variables(self) -> dict[str, str]:
        """The workers' environment."""
        return {**({COURSE: self.course} if self.course else {}), **self.environment}

    @property
    def keys_in(self) -> Path | None:
        """The folder for the cluster's keys on this machine; None: where temporary files are."""
        return None

    @abstractmethod
    def start(self, pair: str, stack: ExitStack) -> Any:
        """Starts it with the keys in the file `pair`; returns one of Dask's cluster objects.

        `stack` is closed when the cluster has ended.
        """

    @contextmanager
    def started(self) -> Iterator[Scheduler]:
        """Its scheduler, for as long as it runs. Raises `MarkingError`."""
        require("cryptography", "--cluster")
        import dask
        from distributed.security import Security

        with ExitStack() as stack:
            try:
                pair = stack.enter_context(cluster_keys.new_pair_in(self.keys_in))
                stack.enter_context(dask.config.set(NO_PAGES))
                cluster = stack.enter_context(self.start(pair, stack))
            except MarkingError:
                raise
            except Exception as error:  # from SSH, sbatch, or a missing key
                raise MarkingError(f"the cluster could not be started: {type(error).__name__}: {error}") from error
            yield Scheduler(cluster.scheduler_address, Security(**cluster_keys.as_security(pair)))

    def with_options(self, settings: dict[str, Any]) -> dict[str, Any]:
        """`settings` and the file's options, which win; a list or a mapping that both have gets all of both."""
        merged = {**settings, **self.options}
        for name in settings.keys() & self.options.keys():
            ours, theirs = settings[name], self.options[name]
            if isinstance(ours, list) and isinstance(theirs, list):
                merged[name] = [*theirs, *ours]
            elif isinstance(ours, dict) and isinstance(theirs, dict):
                merged[name] = {**ours, **theirs}
        return merged


class Local(ClusterFile):
    """Worker processes on this machine."""

    kind: Literal["local"]
    workers: int = Field(gt=0, strict=True)

    def start(self, pair: str, stack: ExitStack) -> Any:
        from distributed import LocalCluster
        from distributed.security import Security

        settings = {
            "n_workers": self.workers,
            "threads_per_worker": self.threads,
            "processes": True,
            "env": self.variables,
            "security": Security(**cluster_keys.as_security(pair)),
            "dashboard_address": None,
            "scheduler_kwargs": ONLY_HERE,
        }
        with _ignoring_ctrl_c():
            return LocalCluster(**self.with_options(settings))


class Ssh(ClusterFile):
    """A worker on each of `hosts`; the scheduler is on the first, unless `scheduler` names another."""

    kind: Literal["ssh"]
    hosts: list[str] = Field(min_length=1)
    scheduler: str | None = None
    python: str
    connect: dict[str, Any] = Field(default={})
    """Arguments for `asyncssh.connect`: username, port, client_keys, known_hosts …"""

    def start(self, pair: str, stack: ExitStack) -> Any:
        require("asyncssh", "a cluster by SSH")
        from distributed import SSHCluster
        from distributed.security import Security

        hosts = [self.scheduler or self.hosts[0], *self.hosts]
        theirs = stack.enter_context(cluster_keys.copied_by_ssh(pair, hosts, self.connect))
        common = {"security": cluster_keys.as_security(theirs), "protocol": "tls", **ONLY_HERE}
        variables = [f"{name}={shlex.quote(value)}" for name, value in self.variables.items()]
        settings = {
            "connect_options": self.connect,
            "worker_options": {"nthreads": self.threads, "death_timeout": 60, **common},  # seconds without a scheduler
            "scheduler_options": {"port": 0, **common},
            "remote_python": " ".join(["env", *variables, shlex.quote(self.python)]),
            "security": Security(**cluster_keys.as_security(pair)),
        }
        return SSHCluster(hosts, **self.with_options(settings))


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

    @property
    def keys_in(self) -> Path:
        """A folder that the nodes have too, as dask-jobqueue is told it, or the home folder."""
        import dask

        told = self.options.get("shared_temp_directory") or dask.config.get(
            "jobqueue.slurm.shared-temp-directory", None
        )
        return Path(os.path.expandvars(told or "~")).expanduser()

    def start(self, pair: str, stack: ExitStack) -> Any:
        require("dask_jobqueue", "a cluster by Slurm")
        if shutil.which("sbatch") is None:
            raise MarkingError("there is no `sbatch` here; start a Slurm cluster on a login node")
        import dask
        from dask_jobqueue import SLURMCluster

        variables = {**self.variables, "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]"}
        more = dask.config.get("jobqueue.slurm.worker-extra-args")
        settings = {
            "cores": self.threads,
            "processes": 1,
            "memory": self.memory,
            "walltime": self.walltime,
            "queue": self.queue,
            "account": self.account,
            "python": self.python,
            "job_extra_directives": self.directives,
            "job_script_prologue": [f"export {name}={shlex.quote(value)}" for name, value in variables.items()],
            "worker_extra_args": [*more, "--no-dashboard", "--dashboard-address", ONLY_HERE["dashboard_address"]],
            "scheduler_options": ONLY_HERE,
            "security": cluster_keys.for_job_scripts(pair),
        }
        cluster = SLURMCluster(**self.with_options(settings))
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
