"""Does a Dask cluster give the marks of this machine, whatever happens to its workers, and only to those that may?"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from autograder.cli.mark import choose_cluster
from autograder.course import CourseError
from autograder.grading import cluster, cluster_keys, cluster_wire, cluster_worker
from autograder.grading.cluster_file import read_cluster
from autograder.grading.cluster_worker import differences
from autograder.grading.grader import Marked
from autograder.grading.worker import Job
from autograder.grading.worker_pool import MarkingError
from autograder.labs.findings import CachedCheck, CachedChecks
from autograder.labs.lab import open_lab
from autograder.results import CheckResult, StudentResult
from autograder.sandbox.layers.choice import SandboxError, offered
from autograder.submission.taken_in import Submission
from tests.conftest import LIGHT, ROOT, SUBMISSIONS, autograder, with_seed_of
from tests.loopback import Loopback, names, wait_until

FIXTURES = ROOT / "tests" / "fixtures" / "cluster"
sandboxed = pytest.mark.skipif(not offered(), reason="this machine offers no sandbox")


@pytest.fixture
def loopback(tmp_path: Path) -> Iterator[Loopback]:
    with Loopback(tmp_path / "cluster") as started:
        yield started


def other_course(folder: Path) -> Path:
    """A course that gives student code a second more."""
    folder.mkdir()
    text = (ROOT / "course.yml").read_text()
    (folder / "course.yml").write_text(text.replace("load_seconds: 30", "load_seconds: 31"))
    for name in ("reference", "release"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.processes
@sandboxed
def test_a_worker_dies_and_one_is_outdated_and_the_marks_are_those_of_this_machine(
    light_class: Path, light_marks: Path, loopback: Loopback, tmp_path: Path
) -> None:
    from distributed import Client
    from distributed.security import Security

    victim = loopback.worker("victim", "--no-nanny")
    loopback.worker("outdated", AUTOGRADER_COURSE=str(other_course(tmp_path / "course")))
    marks = with_seed_of(light_marks, tmp_path / "marks")
    with Client(loopback.address, set_as_default=False) as client, ThreadPoolExecutor(1) as beside:
        cluster.require_scheduler(loopback.address, Security())
        with pytest.raises(MarkingError, match="this is the address of a Dask worker"):
            cluster.require_scheduler(next(iter(names(client))), Security())
        [at_victim] = [address for address, name in names(client).items() if name == "victim"]
        marking = beside.submit(
            autograder, "mark", light_class, "-o", marks, "--data", "digits", "--scheduler", loopback.address
        )
        at_work = lambda: any("mark" in str(key) for key in client.processing()[at_victim])  # noqa: E731
        wait_until(lambda: marking.done() or at_work())
        victim.send_signal(signal.SIGSTOP)  # it keeps its submission until another worker is there, and then dies
        loopback.worker("survivor")
        by_name = {name: address for address, name in names(client).items()}
        victim.kill()
        done = marking.result()
    said = " ".join(done.stdout.split())
    assert done.returncode == 0, said + done.stderr
    assert f"{by_name['victim']}: has left the cluster; its submissions go to other workers." in said
    assert f"{by_name['outdated']}: gets no work. Another version: the build of torch, the grader, its limits" in said
    assert by_name["survivor"] not in said
    for student in LIGHT:
        assert said.count(f" {student}: ") == 1
    assert (marks / "results.json").read_bytes() == (light_marks / "results.json").read_bytes()
    pictures = {path.relative_to(light_marks): path.read_bytes() for path in light_marks.rglob("students/**/*.png")}
    assert pictures
    assert pictures == {path.relative_to(marks): path.read_bytes() for path in marks.rglob("students/**/*.png")}


@pytest.mark.processes
@pytest.mark.slow
@sandboxed
def test_a_worker_whose_sandbox_has_a_hole_gets_no_work(light_class: Path, loopback: Loopback, tmp_path: Path) -> None:
    """Nor does one without a course; and where there is no other worker, the reasons are told."""
    given = with_broken_sandbox(loopback, tmp_path)
    loopback.worker("astray", AUTOGRADER_COURSE=str(tmp_path / "nowhere.yml"))
    done = autograder(
        "mark", light_class, "-o", tmp_path / "marks", "--data", "digits", "--scheduler", loopback.address
    )
    assert done.returncode == 2
    assert "no worker of the cluster can mark:\n  tcp://127.0.0.1:" in done.stderr
    assert re.search(r"no sandbox: The sandbox \(.*\) does not hold on this machine:\n  No network", done.stderr)
    assert "nowhere.yml: cannot be read" in done.stderr
    assert not given.exists()


def with_broken_sandbox(loopback: Loopback, folder: Path) -> Path:
    """Starts a worker without seccomp; gives a file that is there once it was given a submission."""
    loopback.worker("holed", "--preload", str(FIXTURES / "broken_sandbox.py"), GIVEN=str(folder / "given"))
    return folder / "given"


# --- what is told before anything starts ------------------------------------------------------------------------------


@pytest.mark.processes
def test_without_a_cluster_nothing_of_it_is_imported() -> None:
    code = "import sys, autograder.cli.mark, autograder.grading.class_run as _; print({*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "'autograder.grading.class_run'" in done.stdout
    assert not [name for name in ("dask", "distributed") if f"'{name}'" in done.stdout]


def test_where_dask_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MarkingError, match=r"--scheduler needs the package distributed: pip install 'lab4-autograder"):
        choose_cluster("tcp://host:8786", None, "auto", None)


@pytest.mark.parametrize("address", ["head:8786", "http://head:8786", "tcp://head"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MarkingError, match="is not a scheduler's address, such as tcp://host:8786"):
        choose_cluster(address, None, "auto", None)


def test_whatever_else_answers_is_told_from_a_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed.security import Security

    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MarkingError, match=r"could not connect to a Dask scheduler \(no answer within 1 sec"):
            cluster.require_scheduler(address, Security())
    with pytest.raises(MarkingError, match=r"a Dask scheduler .*TLS needs certificates\); name them in Dask's"):
        cluster.require_scheduler("tls://127.0.0.1:1", Security())


def test_a_kind_of_sandbox_that_there_is_not_is_refused_before_any_worker_is_asked() -> None:
    with pytest.raises(SandboxError, match="no kind of sandbox called 'birdcage'"):
        choose_cluster("tcp://host:8786", None, "birdcage", None)


WRONG = {
    "kind: local\nworkers: true": "line 2: workers: Input should be a valid integer",
    "kind: condor": "line 1: the key `kind` is 'condor'; it is one of local, ssh, slurm",
    "workers: 2": "line 1: the key `kind` is missing; it is one of local, ssh, slurm",
    "- local": "line 1: the file must be a mapping with the key `kind`",
    "kind: local\nwokers: 2": "line 2: unknown key `wokers`",
    "kind: local\nworkers: 0": "line 2: workers: Input should be greater than 0",
    "kind: ssh\npython: python3\nhosts: []": "line 3: hosts: List should have at least 1 item",
    "kind: local\nworkers: 1\noptions: {protocol: tcp}": "line 3: options: leave out `protocol`: a cluster",
    "kind: local\nworkers: 1\noptions: {scheduler_kwargs: {dashboard: true}}": "line 3: options: leave out `dashb",
    "kind: slurm\nworkers: 2\nmemory: 8GB\nwalltime: 12:00:00": "line 4: walltime: YAML reads this as the number 43200",
}


@pytest.mark.parametrize("text", WRONG)
def test_an_error_in_the_file_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "cluster.yml"
    file.write_text(text)
    with pytest.raises(CourseError) as error:
        read_cluster(file)
    assert f"{file}, {WRONG[text]}" in str(error.value)


# --- what travels -----------------------------------------------------------------------------------------------------


def test_versions_that_differ_are_named() -> None:
    marker = {"Python": "3.11", "torch": "2.9.0", "the checks": "a", "the sandbox": "b"}
    assert differences(marker, dict(marker)) == []
    assert differences(marker, {**marker, "torch": "2.8.0", "the checks": "c"}) == [
        "torch is 2.8.0 here, but 2.9.0 on the marker's machine"
    ]
    [told] = differences(marker, {**marker, "the sandbox": "c"})
    assert told.startswith("the sandbox are not the same as on the marker's machine")


def test_data_that_differ_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = open_lab("lab4")
    monkeypatch.setattr(cluster_worker, "digest_of", lambda name: f"{name} as they are")
    marker = cluster_worker.content(lab, "mnist")
    monkeypatch.setattr(cluster_worker, "digest_of", lambda name: "others")
    [told] = differences(marker, cluster_worker.content(lab, "mnist"))
    assert told.startswith("the images or labels of mnist are not the same as on the marker's machine")


def test_a_submission_and_its_result_travel_whole(tmp_path: Path) -> None:
    strange = "\udce9 and \ud800"
    (tmp_path / "here" / "own").mkdir(parents=True)
    (tmp_path / "here" / "own" / "3.png").write_bytes(bytes(range(256)))
    (tmp_path / "here" / os.fsdecode(b"\xff.py")).write_text("x = 1")
    check = CheckResult(id="c", status="partial", score=0.5, max_score=1, public=False, measured=0.1 + 0.2)
    known = CachedChecks("shared", {("t", "c"): CachedCheck("key", check)}, [strange])
    job = Job(Submission("ada", tmp_path / "here", [strange]), "students/ada", known)
    there = cluster_wire.unpack_job(cluster_wire.pack_job(job), tmp_path / "there")
    assert there.submission.digest() == job.submission.digest()
    assert (there.submission.student, there.submission.problems) == ("ada", [strange])
    assert (there.name, there.known) == (job.name, known)

    result = StudentResult(student="ada", status="marked", score=0.5, max_score=1, messages=[strange])
    marked = Marked(result, {"a.png": b"\x89PNG"}, known.checks, [strange], 1.25)
    assert cluster_wire.unpack_reply(cluster_wire.pack_reply(("marked", marked))) == ("marked", marked)
    assert cluster_wire.unpack_reply(cluster_wire.pack_reply(None)) is None


def test_no_file_is_written_outside_the_submission(tmp_path: Path) -> None:
    job = Job(Submission("ada", tmp_path / "here"), "students/ada", CachedChecks(""))
    packed = cluster_wire._unpacked(cluster_wire.pack_job(job))
    packed["files"] = [["../escaped.py", b""]]
    with pytest.raises(ValueError, match="is outside the submission"):
        cluster_wire.unpack_job(cluster_wire._packed(packed), tmp_path / "there")
    assert not (tmp_path / "escaped.py").exists()


# --- a cluster that is started here -----------------------------------------------------------------------------------

WITH_SLURM = f"{FIXTURES / 'slurm'}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def ssh_port() -> Iterator[int]:
    command = [sys.executable, str(FIXTURES / "ssh_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.terminate()


def cluster_of(kind: str, folder: Path, ssh_port: int, workers: int = 2) -> Path:
    """A file for `--cluster`. SSH is a server of the test's own, Slurm a script that knows `sbatch` and `scancel`."""
    shared = folder / "shared by all"
    shared.mkdir(exist_ok=True)
    own = {
        "local": f"workers: {workers}",
        "ssh": f"hosts: {['127.0.0.1'] * workers}\npython: {sys.executable}\n"
        f"connect: {{port: {ssh_port}, known_hosts: null, username: jo}}",
        "slurm": f'workers: {workers}\nmemory: 4GB\nwalltime: "00:10:00"\npython: {sys.executable}\n'
        f"options: {{interface: lo, shared_temp_directory: {shared}}}",
    }
    file = folder / "cluster.yml"
    file.write_text(f"kind: {kind}\n{own[kind]}\ncourse: {ROOT}\nenvironment: {{PYTHONPATH: {ROOT}}}\n")
    return file


def test_a_job_script_names_keys_in_a_folder_with_blanks() -> None:
    from dask_jobqueue.slurm import SLURMJob

    pair = "/home/jo/my keys/it's/pair.pem"
    security = cluster_keys.for_job_scripts(pair)
    script = SLURMJob("tls://127.0.0.1:1", "one", cores=1, memory="1GB", security=security, protocol="tls").job_script()
    words = shlex.split(script.splitlines()[-1])
    assert [words[words.index(f"--tls-{part}") + 1] for part in ("ca-file", "cert", "key")] == [pair] * 3
    assert security.get_tls_config_for_role("scheduler")["key"] == pair  # which opens the file itself


@pytest.mark.processes
@pytest.mark.parametrize("kind", ["local", "ssh", pytest.param("slurm", marks=pytest.mark.slow)])
def test_only_who_has_its_keys_can_connect_and_it_has_no_pages_for_others(
    kind: str, tmp_path: Path, ssh_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client
    from distributed.security import Security

    monkeypatch.setenv("PATH", WITH_SLURM)
    (tmp_path / "other.pem").write_bytes(cluster_keys.new_pair())
    other = Security(**cluster_keys.as_security(str(tmp_path / "other.pem")))
    with read_cluster(cluster_of(kind, tmp_path, ssh_port, workers=1)).started() as (address, security):
        with Client(address, security=security, set_as_default=False) as client:
            client.wait_for_workers(1)
            [worker] = client.scheduler_info()["workers"]
            [[nanny, in_nanny]] = client.run(
                lambda dask_worker: (dask_worker.address, os.getpid()), nanny=True
            ).values()
            [in_worker] = client.run(os.getpid).values()
            processes = {in_worker, in_nanny, client.run_on_scheduler(os.getpid)}
            keys = {security.tls_ca_file, *client.run(lambda dask_worker: dask_worker.security.tls_ca_file).values()}
        for place, what in ((worker, "worker"), (nanny, "nanny")):
            with pytest.raises(MarkingError, match=f"this is the address of a Dask {what}"):
                cluster.require_scheduler(place, security)
        for place in (address, worker, nanny):
            assert place.startswith("tls://")
            for stranger, scheme in ((other, "tls"), (Security(), "tcp")):
                with pytest.raises(MarkingError, match="could not connect to a Dask scheduler"):
                    cluster.require_scheduler(place.replace("tls", scheme), stranger)
        pages = {(host, port): first_line_of_a_page(host, port) for host, port in doors(processes)}
        assert [*pages.values()].count(b"HTTP/1.1 404 Not Found") == 2  # the scheduler's and the worker's, of no pages
        assert {host for (host, _), line in pages.items() if line.startswith(b"HTTP")} == {"127.0.0.1"}
        assert {oct(os.stat(key).st_mode) for key in keys} == {"0o100600"}
        assert {oct(os.stat(key).st_mode) for key in map(os.path.dirname, keys)} == {"0o40700"}
        for process in map(psutil.Process, processes):
            assert "PRIVATE KEY" not in " ".join([*process.cmdline(), *process.environ().values()])
    assert len(keys) == (2 if kind == "ssh" else 1)
    assert not any(map(os.path.exists, map(os.path.dirname, keys)))


def doors(processes: set[int]) -> list[tuple[str, int]]:
    """Where these processes listen."""
    found = [one for process in processes for one in psutil.Process(process).net_connections("tcp")]
    return [tuple(one.laddr) for one in found if one.status == psutil.CONN_LISTEN]


def first_line_of_a_page(host: str, port: int) -> bytes:
    """What is said there to a browser that wants to see Dask's page of workers; nothing if it is no browser's place."""
    with socket.create_connection(({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)) as browser:
        browser.sendall(b"GET /info/main/workers.html HTTP/1.1\r\nHost: here\r\n\r\n")
        try:
            return browser.makefile("rb").readline().strip()
        except ConnectionError:
            return b""


# --- minutes ----------------------------------------------------------------------------------------------------------


@pytest.mark.processes
@sandboxed
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "ssh", "slurm"])
def test_each_kind_of_file_starts_a_cluster_and_ends_it(
    kind: str, light_class: Path, light_marks: Path, tmp_path: Path, ssh_port: int
) -> None:
    file = cluster_of(kind, tmp_path, ssh_port)
    marks = with_seed_of(light_marks, tmp_path / "marks")
    done = autograder("mark", light_class, "-o", marks, "--data", "digits", "--cluster", file, PATH=WITH_SLURM)
    assert done.returncode == 0, done.stderr
    assert (marks / "results.json").read_bytes() == (light_marks / "results.json").read_bytes()


@pytest.mark.processes
@sandboxed
@pytest.mark.slow
def test_sixty_submissions_and_workers_that_are_killed_three_times(loopback: Loopback, tmp_path: Path) -> None:
    from distributed import Client

    students = [path for path in sorted(SUBMISSIONS.iterdir()) if path.is_dir() and path.name != "endless-loop"]
    for number in range(60):
        shutil.copytree(students[number % len(students)], tmp_path / "class" / f"student-{number:02}")
    local = tmp_path / "local"
    assert autograder("mark", tmp_path / "class", "-o", local, "--data", "digits").returncode == 0
    marks = with_seed_of(local, tmp_path / "marks")
    nannies = [loopback.worker(name) for name in ("first", "second")]
    given = with_broken_sandbox(loopback, tmp_path)
    with Client(loopback.address, set_as_default=False) as client, ThreadPoolExecutor(1) as beside:
        marking = beside.submit(
            autograder, "mark", tmp_path / "class", "-o", marks, "--data", "digits", "--scheduler", loopback.address
        )
        for number in range(3):
            kept = 10 * number + 5
            wait_until(lambda: len([*(marks / "cache").glob("*.json")]) >= kept, 1200)  # noqa: B023
            (process,) = [
                one for one in psutil.Process(nannies[number % 2].pid).children() if "spawn_main" in str(one.cmdline())
            ]
            wait_until(lambda: any("mark" in str(key) for keys in client.processing().values() for key in keys))
            process.kill()  # its nanny starts another
        done = marking.result()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("has left the cluster; its submissions go to other workers.") == 3
    assert done.stdout.count("gets no work. No sandbox: ") == 1
    assert not given.exists()
    for number in range(60):
        assert done.stdout.count(f" student-{number:02}: ") == 1
    assert (marks / "results.json").read_bytes() == (local / "results.json").read_bytes()
