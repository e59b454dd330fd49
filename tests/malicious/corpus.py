"""Reads the malicious corpus, writes a hand-in of an attack, and lays the decoys that attacks are aimed at."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import secrets
import selectors
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ACHIEVEMENTS = ("gains", "reads", "writes", "heard", "dies", "hangs", "leaves", "none")
KINDS = ("script", "generator")
NOT_CATEGORIES = ("naive_lab", "__pycache__")
RIGHT_BLOCK = """import torch
from torch import nn
from torch.nn import functional as F


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.one = nn.Conv2d(in_channels, branch_channels, 1)
        self.three = nn.Conv2d(in_channels, branch_channels, 3, padding=1)
        self.five = nn.Conv2d(in_channels, branch_channels, 5, padding=2)

    def forward(self, x):
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x)), F.relu(self.five(x))], 1)
"""


class CorpusError(Exception):
    """A file of the corpus is malformed; the message names file and line."""


@dataclass(frozen=True)
class Attack:
    """One submission of the corpus, as its header describes it."""

    path: Path
    name: str
    category: str
    attack: str
    tasks: tuple[str, ...] = ("inception-block",)
    mark: float = 0
    reason: str = ""
    seconds: float = 20
    naive: str = "gains"
    kind: str = "script"

    @property
    def id(self) -> str:
        """What the test is called: `lying/nan-outputs`."""
        return f"{self.category}/{self.name}"


def attacks() -> list[Attack]:
    """All attacks of the corpus, by category and name; raises `CorpusError` for a malformed header."""
    paths = sorted(path for path in HERE.glob("*/*.py") if path.parent.name not in NOT_CATEGORIES)
    found = [read_attack(path) for path in paths]
    names: dict[str, Attack] = {}
    for attack in found:
        if attack.name in names:
            raise CorpusError(f"{attack.path}, line 1: {names[attack.name].path} has the same name")
        names[attack.name] = attack
    return found


def read_attack(path: Path) -> Attack:
    """The attack in one file; raises `CorpusError` naming file and line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        header.append(line[1:])

    def wrong(line: int, what: str) -> CorpusError:
        return CorpusError(f"{path}, line {line}: {what}")

    if not header:
        raise wrong(1, "the header is missing: comment lines of YAML, then a blank line")
    if len(header) == len(lines) or lines[len(header)].strip():
        raise wrong(len(header) + 1, "a blank line must end the header")
    try:
        given: Any = yaml.safe_load("\n".join(header))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise wrong(
            mark.line + 1 if mark else 1, f"the header is no YAML ({getattr(error, 'problem', error)})"
        ) from None
    if not isinstance(given, dict):
        raise wrong(1, "the header is no YAML mapping")

    def at(key: str) -> int:
        return next((n for n, line in enumerate(header, 1) if line.strip().startswith(f"{key}:")), 1)

    for needed in ("attack", "naive"):
        if needed not in given:
            raise wrong(1, f"the header has no {needed!r}")
    types: dict[str, tuple[type, ...]] = {
        "attack": (str,),
        "tasks": (list,),
        "mark": (int, float),
        "reason": (str,),
        "seconds": (int, float),
        "naive": (str,),
        "kind": (str,),
    }
    for key, value in given.items():
        if key not in types:
            raise wrong(at(str(key)), f"no field is called {key!r}")
        if not isinstance(value, types[key]) or isinstance(value, bool):
            raise wrong(at(key), f"{key!r} cannot be {value!r}")
    if given["naive"] not in ACHIEVEMENTS:
        raise wrong(at("naive"), f"'naive' is one of {', '.join(ACHIEVEMENTS)}")
    if given.get("kind", "script") not in KINDS:
        raise wrong(at("kind"), f"'kind' is one of {', '.join(KINDS)}")
    known = points_by_task()
    for task in given.get("tasks", []):
        if task not in known:
            raise wrong(at("tasks"), f"course.yml has no task {task!r}")
    tasks = tuple(given.pop("tasks", ["inception-block"]))
    if not 0 <= given.get("mark", 0) <= sum(known[task] for task in tasks):
        raise wrong(at("mark"), "the tasks do not give so many points")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem):
        raise wrong(1, "the file's name is to be words-in-kebab-case")
    return Attack(path=path, name=path.stem, category=path.parent.name, tasks=tasks, **given)


@functools.cache
def points_by_task() -> dict[str, float]:
    """The points of each task of course.yml."""
    course = yaml.safe_load((ROOT / "course.yml").read_text(encoding="utf-8"))
    return {task["id"]: sum(task["checks"].values()) for task in course["assignments"]["lab4"]["tasks"]}


def hand_in(attack: Attack, folder: Path, tokens: dict[str, str]) -> Path:
    """Writes the attack's submission into `folder`; returns what is handed in: the folder, or the one zip in it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = attack.path.read_text(encoding="utf-8")
    if attack.kind == "script":
        code = re.sub(r"\A(#.*\n)+", "", text).lstrip("\n")
        (folder / "work.py").write_text(filled(code, tokens), encoding="utf-8")
        return folder
    names: dict[str, Any] = {"__name__": f"hostile_{attack.name}", "__file__": str(attack.path)}
    exec(compile(text, str(attack.path), "exec"), names)
    names["submission"](folder, dict(tokens))
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    single = len(files) == 1 and files[0].suffix == ".zip" and not files[0].is_symlink()
    return files[0] if single else folder


def filled(text: str, tokens: dict[str, str]) -> str:
    """`text` with its @TOKENS@ replaced."""
    return re.sub(r"@([A-Z]+)@", lambda found: tokens.get(found[1], found[0]), text)


class Decoys:
    """What attacks are aimed at, in a temporary folder: files to read and to change, sockets, a process, a home.

    `tokens` maps the names in a submission to them, `heard` lists what came to the sockets, `changed()` which files
    are no longer what they were, `alive()` whether the process still runs. `pid` stands in for that process.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._given_pid = pid
        self.heard: list[str] = []
        self.tokens: dict[str, str] = {}
        self.secret = ""

    def __enter__(self) -> Decoys:
        self.folder = Path(tempfile.mkdtemp(prefix="decoys-"))
        self.secret = "42424242" + str(secrets.randbelow(10**12)).zfill(12)
        places = {name: self.folder / name for name in ("marker", "other", "marks", "home")}
        for place in places.values():
            place.mkdir(mode=0o700)
        secret, victim = places["marker"] / "secret.txt", places["marker"] / "victim.txt"
        secret.write_text(f"answer = {self.secret}\n", encoding="utf-8")
        victim.write_text("This must not change.\n", encoding="utf-8")
        (places["home"] / ".profile").write_text("# the marker's own\n", encoding="utf-8")
        (places["other"] / "work.py").write_text(RIGHT_BLOCK, encoding="utf-8")
        (places["marks"] / "results.json").write_text('{"students": []}\n', encoding="utf-8")
        for path in (secret, victim):
            path.chmod(0o600)
        self._sleeper = None
        if self._given_pid is None:
            self._sleeper = subprocess.Popen(["sleep", "900"], stdin=subprocess.DEVNULL)
        self._watched = [place for name, place in places.items()]
        self._before = self._state()
        port = self._listen()
        self.tokens = {
            "PORT": str(port),
            "ABSTRACT": self._abstract,
            "SOCKET": str(self.folder / "socket"),
            "SECRET": str(secret),
            "VICTIM": str(victim),
            "OTHER": str(places["other"]),
            "MARKS": str(places["marks"]),
            "REFERENCE": str(ROOT / "reference" / "lab4"),
            "CHECKS": str(ROOT / "autograder" / "labs" / "lab4"),
            "PID": str(self._given_pid or (self._sleeper.pid if self._sleeper else 0)),
            "HOME": str(places["home"]),
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.send(b"x")
        self._thread.join(5)
        for listener in [*self._listeners, self._stop, self._stopped]:
            listener.close()
        if self._sleeper is not None:
            self._sleeper.kill()
            self._sleeper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def alive(self) -> bool:
        """Whether the process of the token PID still runs, and is not stopped."""
        if self._sleeper is None:
            return True
        if self._sleeper.poll() is not None:
            return False
        state = Path(f"/proc/{self._sleeper.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state not in "TtZX"

    def changed(self) -> list[str]:
        """The files of the marker, of the other student, of the marks and of the home that are not as they were."""
        now = self._state()
        names = sorted(set(now) | set(self._before))
        return [name for name in names if now.get(name) != self._before.get(name)]

    def wait_for_words(self, seconds: float = 1.0) -> list[str]:
        """What the sockets have heard, once they have heard anything or the time is over."""
        deadline = time.monotonic() + seconds
        while not self.heard and time.monotonic() < deadline:
            time.sleep(0.02)
        return list(self.heard)

    def _state(self) -> dict[str, str]:
        state: dict[str, str] = {}
        for place in self._watched:
            for path in [place, *sorted(place.rglob("*"))]:
                found = path.lstat()
                content = ""
                if stat.S_ISLNK(found.st_mode):
                    content = os.readlink(path)
                elif stat.S_ISREG(found.st_mode):
                    content = hashlib.sha256(path.read_bytes()).hexdigest()
                state[str(path.relative_to(self.folder))] = f"{found.st_mode:o} {content}"
        return state

    def _listen(self) -> int:
        for _ in range(20):
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            tcp.bind(("127.0.0.1", 0))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(tcp.getsockname())
                break
            except OSError:
                tcp.close()
                udp.close()
        else:
            raise CorpusError("no port is free for both TCP and UDP")
        tcp.listen()
        self._abstract = f"decoys-{secrets.token_hex(8)}"
        abstract, path = (socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(2))
        abstract.bind(f"\0{self._abstract}")
        abstract.listen()
        path.bind(str(self.folder / "socket"))
        path.listen()
        names = {tcp: "TCP", udp: "UDP", abstract: "abstract socket", path: "path socket"}
        self._listeners = list(names)
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, args=(names,), daemon=True)
        self._thread.start()
        return int(tcp.getsockname()[1])

    def _serve(self, names: dict[socket.socket, str]) -> None:
        with selectors.DefaultSelector() as selector:
            for one in [*names, self._stopped]:
                one.setblocking(False)
                selector.register(one, selectors.EVENT_READ)
            talking: dict[socket.socket, str] = {}
            while True:
                for key, _ in selector.select():
                    assert isinstance(key.fileobj, socket.socket)
                    one = key.fileobj
                    if one is self._stopped:
                        for each in talking:
                            each.close()
                        return
                    try:
                        if one in names and names[one] != "UDP":
                            connection, _address = one.accept()
                            connection.setblocking(False)
                            selector.register(connection, selectors.EVENT_READ)
                            talking[connection] = names[one]
                            self.heard.append(f"{names[one]}: a connection")
                            continue
                        said = one.recv(65536)
                    except OSError:
                        said = b""
                    if said:
                        self.heard.append(f"{names.get(one) or talking.get(one)}: {said[:200]!r}")
                    elif one in talking:
                        selector.unregister(one)
                        del talking[one]
                        one.close()
