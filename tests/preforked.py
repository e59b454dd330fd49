"""Runs our commands as forks of one process that has imported the libraries: importing torch takes longer than most
tests.

What runs is what a user runs, in a process of its own: the command, its workers, and their fork servers. They only
share where they come from, what had been computed there of the checkout's own files, and the proof that a kind of
sandbox holds, which the first of them gives for all. What a start itself must show (that it is clean, that it dies with
its parent, what a kill does, that it proves its sandbox) is tested with starts of the usual kind: `test_kill`,
`test_worker_deaths`, `test_layers`, `test_cluster`, `test_malicious`.

Run as `python -m tests.preforked SOCKET PID`: the Unix socket where it takes orders, and the process whose end is its
own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[1]
MESSAGE = 1 << 20
SHARED = ("autograder.cli.mark", "autograder.cli.check", "autograder.labs.run", "autograder.feedback.self_check")
SHARED += ("autograder.feedback.marked.pages", "autograder.export.formats", "autograder.grading.grader", "rich.live")


def run(arguments: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `autograder ARGUMENTS` prints and how it ends."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _server() as server:
        order = json.dumps([arguments, str(cwd), environment]).encode()
        socket.send_fds(server, [order], [out.fileno(), err.fileno()])
        server.shutdown(socket.SHUT_WR)
        said = server.recv(32)
        if not said:
            raise RuntimeError("the process that forks commands for tests has died")
        return subprocess.CompletedProcess(arguments, int(said), _text(out), _text(err))


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@functools.cache
def _address() -> str:
    """Where the process of this test run takes orders; starts it if nobody has."""
    leader = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    address = Path(tempfile.gettempdir()) / f"autograder-tests-{leader}.socket"
    with FileLock(f"{address}.lock"):
        if not _answers(address):
            address.unlink(missing_ok=True)  # of a run that was killed
            command = [sys.executable, "-m", "tests.preforked", str(address), str(leader)]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            while not _answers(address):
                if process.poll() is not None:
                    raise RuntimeError("the process that forks commands for tests could not start")
                time.sleep(0.01)
    return str(address)


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as server:
        return server.connect_ex(str(address)) == 0


def _server() -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.connect(_address())
    return server


# --- the process itself -----------------------------------------------------------------------------------------------


def serve(address: str, leader: int) -> socket.socket:
    """Forks a child for every order and reports how it ends. Returns in the children alone, with the order."""
    with socket.socket(socket.AF_UNIX) as server, selectors.DefaultSelector() as events:
        server.bind(f"{address}.new")
        server.listen(64)
        os.rename(f"{address}.new", address)  # from here on there is somebody who answers
        events.register(server, selectors.EVENT_READ)
        events.register(os.pidfd_open(leader), selectors.EVENT_READ, "leader")
        while True:
            for key, _ in events.select():
                if key.data == "leader":
                    for left in Path(address).parent.glob(f"{Path(address).name}*"):
                        left.unlink()
                    os._exit(0)
                if key.data is None:
                    order, _ = server.accept()
                    if not order.recv(1, socket.MSG_PEEK):  # somebody has looked whether we answer
                        order.close()
                        continue
                    child = os.fork()
                    if child == 0:
                        return order
                    events.register(os.pidfd_open(child), selectors.EVENT_READ, (child, order))
                else:
                    child, order = key.data
                    events.unregister(key.fd)
                    os.close(key.fd)  # type: ignore[arg-type]
                    with order, contextlib.suppress(OSError):
                        order.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _become(order: socket.socket, address: str) -> None:
    """Makes this process the command that was ordered, but for running it."""
    with order:
        data, descriptors, _, _ = socket.recv_fds(order, MESSAGE, 2)
    arguments, cwd, environment = json.loads(data)
    for ours, given in zip((1, 2), descriptors, strict=True):
        os.dup2(given, ours)
    _close_all_but({0, 1, 2})
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.path[0] = cwd
    sys.argv = ["autograder", *arguments]
    _prove_once(address)
    _fork_workers()


def _close_all_but(kept: set[int]) -> None:
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _fork_workers() -> None:
    """From here on, this process forks its workers, and the fork server of a self-check, instead of starting them."""
    from autograder.grading import worker
    from autograder.sandbox import own_machine

    class Starting:
        """`subprocess` as the module of workers sees it."""

        def __getattr__(self, name: str) -> Any:
            return ForkedWorker if name == "Popen" else getattr(subprocess, name)

    worker.subprocess = Starting()  # type: ignore[assignment]
    separate = own_machine.ForkServer

    def local_fork_server(folder: Path, names: object, device: str = "cpu") -> own_machine.ForkServer:
        return own_machine.LocalForkServer([], []) if device == "cpu" else separate()

    own_machine.local_fork_server = local_fork_server


class ForkedWorker:
    """A worker that is a fork of this process; with the methods of `subprocess.Popen` that `Worker` needs."""

    def __init__(self, command: list[str], env: dict[str, str], stdin: int, pass_fds: list[int]) -> None:
        from autograder.sandbox.fork_server import Forked

        self._status: int | None = None
        child = os.fork()
        if child == 0:
            try:
                _be_worker(command, env, pass_fds)
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(0)
        self._process = Forked(child)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; raises `subprocess.TimeoutExpired`."""
        if self._status is None:
            self._status = self._process.wait(timeout)
        return self._status

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()


def _be_worker(command: list[str], environment: dict[str, str], pass_fds: list[int]) -> None:
    from autograder.grading import worker_start

    _close_all_but({0, 1, 2, *pass_fds})
    os.environ.clear()
    os.environ.update(environment)
    packages, pool, parent = command[3:6]
    serve_students = worker_start._serve

    def _serve(ours: socket.socket) -> None:
        """As a fork server that was started cleanly, it imports the copy that has no answers."""
        for name in [name for name in sys.modules if name.partition(".")[0] == "autograder"]:
            del sys.modules[name]
        sys.path[:] = [place for place in sys.path if place != packages]
        serve_students(ours)

    worker_start._serve = _serve
    worker_start.start(packages, int(pool), int(parent), [])


def _prove_once(address: str) -> None:
    """The proof that a kind of sandbox holds on this machine is given once for all commands of a test run."""
    from autograder.sandbox.proof import promises

    prove = promises.prove

    def proved(server: Any) -> list[Any]:
        kept = Path(f"{address}.proved-{'-'.join(str(server.layers).split())}")
        with FileLock(f"{kept}.lock"):
            if kept.exists():
                return pickle.loads(kept.read_bytes())
            found = prove(server)
            if all(promise.held for promise in found):
                kept.write_bytes(pickle.dumps(found))
            return found

    promises.prove = proved


def _warm_up() -> None:
    """Computes once what each command would compute of the checkout's own files, and keeps it."""
    from autograder.data import load_data
    from autograder.feedback.marked.pages import page_templates
    from autograder.grading import flags
    from autograder.labs.catalogue import code_digest
    from autograder.labs.lab import open_lab

    lab = open_lab("lab4", ROOT / "course.yml")
    assert lab.reference is not None
    load_data("digits")
    flags.reference_fingerprints(lab.reference)
    flags.released_code(ROOT / "release" / lab.name)
    for path in {check.file for check in lab.checks}:
        code_digest(path, "")  # reads the file
    for name in ("class.html.j2", "student.html.j2"):
        page_templates().get_template(name)


def main() -> None:
    """Imports what the commands and their workers need, and serves; a child goes on as a command."""
    gc.disable()
    from autograder.sandbox.fork_server_main import LIBRARIES
    from autograder.sandbox.huge_pages import use_huge_pages

    for name in (*LIBRARIES, *SHARED):
        importlib.import_module(name)
    _warm_up()
    gc.freeze()
    gc.enable()
    use_huge_pages()  # each command is a fork of this, so are its workers, and so are their students' processes
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    address = sys.argv[1]
    _become(serve(address, int(sys.argv[2])), address)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from autograder.cli import main as command

    try:
        command()
        status: object = 0
    except SystemExit as ended:
        status = ended.code
    except BaseException:
        traceback.print_exc()
        status = 1
    _end(status)


def _end(status: object) -> None:
    """Ends as Python does, but for taking the libraries apart, which would copy all that this shares with others."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    if isinstance(status, str):
        print(status, file=sys.stderr)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    main()
