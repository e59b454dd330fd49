"""Where the right answers come from: the live reference for the marker, a key of numbers for the student.

A lab's questions are functions that make arrays from definitions and a seed. Asked of the reference, they give the
right answer; asked of its variants in the bank, those of known mistakes. The marker asks them with fresh seeds. The
build asks them once with the key's seed and freezes what they say into the student's package, which holds no solution.
"""

from __future__ import annotations

import bz2
import contextlib
import importlib.util
import io
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from autograder.judge.bank import Bank, BankError, Mistake, Variant
from autograder.judge.fault import of_no_answer
from autograder.sandbox.wire import WireError, unframe
from autograder.storage import write_whole

KEY_SEED = 2027
RIGHT = "right"
KEYS = Path(__file__).parent.parent / "keys"


class OracleError(Exception):
    """There is neither a reference nor a key: the grader's own fault."""


Answers = dict[str, np.ndarray]


class Mistakes(Protocol):
    """Knows what known mistakes answer to questions, for the inputs of one seed."""

    def wrong(self, question: str) -> list[tuple[str, Answers]]:
        """What each known mistake answers, by its id; those that give the right answer are left out.

        Where a question is asked of pairs of mistakes too, their ids are joined by a plus.
        """

    def sentence(self, task: str, name: str) -> str:
        """The sentence for the student who made the mistake `name`; a pair's sentences follow each other."""

    def loses(self, task: str, name: str) -> set[str]:
        """The checks of the task that fail by this mistake."""


class Oracle(Mistakes, Protocol):
    """Knows the right answers for the inputs of one seed, and what known mistakes make of them."""

    seed: int
    live: bool  # whether it is the reference itself

    def ask(self, question: str) -> Answers:
        """The arrays that answer `question` rightly."""

    def network(self, name: str) -> Any:
        """A new network of the reference's class `name`; only a live oracle has one."""

    def definition(self, name: str) -> Any:
        """The reference's own definition of `name`; only a live oracle has it."""


class Nameless:
    """Knows no mistakes: for who decides on points alone, and has them named later."""

    def wrong(self, question: str) -> list[tuple[str, Answers]]:
        return []

    def sentence(self, task: str, name: str) -> str:
        raise KeyError(name)

    def loses(self, task: str, name: str) -> set[str]:
        return set()


@dataclass(frozen=True)
class ReferenceQuestion:
    """One question of a lab: whose mistakes it can tell apart, and how definitions answer it for a seed."""

    task: str
    answer: Callable[[Any, int], Answers]
    pairs: bool = False  # of every two mistakes together, instead of each one
    unless: str = ""  # a question: mistakes that give a wrong answer to it, or none, are left out
    public: bool = True  # whether a student's key holds it


class Known(Protocol):
    """What a lab knows of mistakes; read when a mistake is asked for."""

    @property
    def mistakes(self) -> Bank:
        """Those in its bank, by task and id."""

    @property
    def kept(self) -> Path:
        """The folder where their answers are kept."""

    def script(self, task: str) -> Path:
        """The reference's script that a task's mistakes change."""


class LiveOracle:
    """Asks the reference itself, and its variants in the bank of mistakes."""

    live = True

    def __init__(
        self,
        questions: Mapping[str, ReferenceQuestion],
        reference: Path,
        seed: int,
        known: Known | None = None,
    ) -> None:
        """Without `known`, it knows of no mistakes."""
        self.seed = seed
        self._known = known
        self._reference = Reference(reference)
        self._questions = questions
        self._right: dict[str, Answers] = {}
        self._wrong: dict[str, list[tuple[str, Answers]]] = {}
        self._answers: dict[tuple[str, tuple[str, ...]], Answers | None] = {}

    @cached_property
    def bank(self) -> Mapping[str, dict[str, Mistake]]:
        """The known mistakes, by task and id."""
        return self._known.mistakes if self._known is not None else {}

    def questions(self, public: bool = False) -> list[str]:
        """All questions of the lab, or those that a student's key may answer."""
        return [name for name, question in self._questions.items() if question.public or not public]

    @of_no_answer
    def ask(self, question: str) -> Answers:
        if question not in self._right:
            right = self._questions[question].answer(self._reference, self.seed)
            if "raised" in right:
                task = self._questions[question].task
                raise OracleError(
                    f"{self._reference.folder}: the reference itself raises where it is asked {question!r}"
                    f" (task {task!r}): {right['raised']}"
                )
            self._right[question] = right
        return self._right[question]

    @of_no_answer
    def wrong(self, question: str) -> list[tuple[str, Answers]]:
        if self._known is None:
            return []
        if question not in self._wrong:
            file = self._known.kept / f"{question.replace('/', ' ')} {self.seed}.npz"
            known = _recalled(file)
            if known is None:
                with _alone(file):
                    known = _recalled(file)  # another process may have found out while this one waited
                    if known is None:
                        known = list(self._variants(question))
                        _keep(file, known)
            self._wrong[question] = known
        return self._wrong[question]

    def variant(self, *mistakes: Mistake) -> Variant:
        """The reference with mistakes of one task in it; raises `BankError` where they cannot stand together."""
        assert self._known is not None
        script = self._known.script(mistakes[0].task)
        return Variant(script, import_script(script), self._reference, mistakes)

    def _variants(self, name: str) -> Iterator[tuple[str, Answers]]:
        question = self._questions[name]
        known = list(self.bank.get(question.task, {}).values())
        if question.unless:
            known = [one for one in known if self._is_right(question.unless, one)]
        groups: list[tuple[Mistake, ...]] = [(one,) for one in known]
        if question.pairs:
            # A pair is told by what each of its mistakes does alone: one that nobody can see here tells nothing.
            seen = []
            for one in known:
                answered = self._answer(name, question, one)
                if answered is not None and not equal(answered, self.ask(name)):
                    seen.append(one)
            groups = list(itertools.combinations(seen, 2))
        for group in groups:
            answered = self._answer(name, question, *group)
            if answered is not None and not equal(answered, self.ask(name)):
                yield "+".join(one.id for one in group), answered

    def _answer(self, name: str, question: ReferenceQuestion, *group: Mistake) -> Answers | None:
        """What a variant answers; None if it gives no answer at all."""
        key = (name, tuple(one.id for one in group))
        if key not in self._answers:
            try:
                self._answers[key] = question.answer(self.variant(*group), self.seed)
            except BankError:
                if len(group) == 1:
                    raise
                self._answers[key] = None  # the same words are changed twice
            except Exception:
                self._answers[key] = None  # a network that takes no such weights, or fails on these inputs
        return self._answers[key]

    def _is_right(self, name: str, mistake: Mistake) -> bool:
        answered = self._answer(name, self._questions[name], mistake)
        return answered is not None and equal(answered, self.ask(name))

    @of_no_answer
    def sentence(self, task: str, name: str) -> str:
        return " ".join(self.bank[task][one].sentence for one in name.split("+"))

    @of_no_answer
    def loses(self, task: str, name: str) -> set[str]:
        return {check for one in name.split("+") for t, check in self.bank[task][one].loses if t == task}

    @of_no_answer
    def network(self, name: str) -> Any:
        return getattr(self._reference, name)()

    @of_no_answer
    def definition(self, name: str) -> Any:
        return getattr(self._reference, name)


def equal(one: Answers, other: Answers) -> bool:
    """Whether two answers are the same, but for rounding."""
    return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    if one.dtype.kind not in "fc":
        return bool((one == other).all())
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-5))


# --- what is kept of known mistakes -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keeps other processes waiting that want to know the same; where nothing can be kept, nobody waits."""
    from filelock import FileLock  # a student's package keeps nothing, and needs none

    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(file.with_suffix(".lock")))
        yield


def _recalled(file: Path) -> list[tuple[str, Answers]] | None:
    """What the variants answered when they were last asked; None if that is not known."""
    if not file.is_file():
        return None
    groups: dict[str, Answers] = {}
    try:
        with np.load(file, allow_pickle=False) as arrays:
            for entry in arrays.files:
                group, _, name = entry.partition("|")
                groups.setdefault(group, {})[name] = arrays[entry]
    except (OSError, ValueError, zipfile.BadZipFile):
        return None  # then they are asked again
    return _apart(groups.values())


def _keep(file: Path, known: list[tuple[str, Answers]]) -> None:
    groups = enumerate(_together(known))
    content = io.BytesIO()
    arrays = {f"{number}|{name}": value for number, group in groups for name, value in group.items()}
    np.savez(content, **arrays)  # type: ignore[arg-type]
    with contextlib.suppress(OSError):  # a folder that cannot be written: they are asked again next time
        write_whole(file, content.getvalue())


NAMES = "mistakes"


def frozen(oracle: LiveOracle, decimals: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Everything that a `KeyOracle` says, by question and group of answers; numbers are rounded, and texts are lists.

    The group "" is the right answer. Answers of mistakes that have the same form lie in one array, with the mistakes'
    ids beside it.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for question in sorted(oracle.questions(public=True)):
        groups = [("", oracle.ask(question)), *enumerate(_together(oracle.wrong(question)))]
        found[question] = {
            str(number): {name: _frozen(value, decimals) for name, value in group.items()} for number, group in groups
        }
    return found


def _together(known: Iterable[tuple[str, Answers]]) -> list[Answers]:
    """Answers of the same form in one array each, with the mistakes' ids beside them."""
    forms: dict[str, list[tuple[str, Answers]]] = {}
    for mistake, answers in known:
        form = str([(name, value.shape, value.dtype.kind) for name, value in answers.items()])
        forms.setdefault(form, []).append((mistake, answers))
    return [
        {NAMES: np.array([mistake for mistake, _ in group])}
        | {name: np.stack([answers[name] for _, answers in group]) for name in group[0][1]}
        for group in forms.values()
    ]


def _apart(groups: Iterable[Answers]) -> list[tuple[str, Answers]]:
    """Each mistake's answers, out of arrays that hold them together."""
    found = []
    for group in groups:
        for number, name in enumerate(group[NAMES]):
            found.append((str(name), {key: values[number] for key, values in group.items() if key != NAMES}))
    return found


def _frozen(value: np.ndarray, decimals: int) -> Any:
    if value.dtype.kind == "U":
        return value.tolist()
    if value.dtype.kind != "f":
        return value
    return np.round(value, decimals).astype(np.float32) + np.float32(0)  # no negative zeros


class KeyOracle:
    """Reads the answers that the build froze."""

    live = False

    def __init__(self, lab: str, folder: Path = KEYS) -> None:
        try:
            described = json.loads((folder / f"{lab}.json").read_text(encoding="utf-8"))
            self._entries = unframe(bz2.decompress((folder / f"{lab}.frame.bz2").read_bytes()))
        except (OSError, ValueError, WireError) as error:
            raise OracleError(f"the answer key of {lab} cannot be read ({error})") from error
        self.seed: int = described["seed"]
        self._mistakes: dict[str, dict[str, dict[str, Any]]] = described["mistakes"]

    @of_no_answer
    def ask(self, question: str) -> Answers:
        if question not in self._entries:
            raise OracleError(f"the answer key does not hold {question!r}")
        return self._group(question, "")

    @of_no_answer
    def wrong(self, question: str) -> list[tuple[str, Answers]]:
        return _apart([self._group(question, group) for group in self._entries.get(question, {}) if group])

    def _group(self, question: str, group: str) -> Answers:
        return {
            name: np.array(value, str) if isinstance(value, (list, str)) else np.array(value)
            for name, value in self._entries[question][group].items()
        }

    @of_no_answer
    def sentence(self, task: str, name: str) -> str:
        return " ".join(self._mistakes[task][one]["sentence"] for one in name.split("+"))

    @of_no_answer
    def loses(self, task: str, name: str) -> set[str]:
        return {check for one in name.split("+") for check in self._mistakes[task][one]["loses"]}

    def network(self, name: str) -> Any:
        raise OracleError("a student's package holds no networks")

    def definition(self, name: str) -> Any:
        raise OracleError("a student's package holds no solutions")


@dataclass(frozen=True)
class Reference:
    """The reference solutions of a lab, imported from their scripts when a name is asked for."""

    folder: Path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        defined = re.compile(rf"^(class {name}\b|def {name}\(|{name} = (?!.*borrow\())", re.MULTILINE)
        for path in sorted(self.folder.glob("[0-9]*.py")):
            if defined.search(path.read_text(encoding="utf-8")):
                return getattr(import_script(path), name)
        raise OracleError(f"the reference in {self.folder} does not define {name}")


@cache
def import_script(path: Path) -> ModuleType:
    """The module of a script whose name is no identifier, such as `4_1_simple_cnn.py`."""
    name = f"reference_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise OracleError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    for borrowed in re.findall(r'^(\w+) = borrow\("\1"\)', path.read_text(encoding="utf-8"), re.MULTILINE):
        setattr(module, borrowed, getattr(Reference(path.parent), borrowed))  # the same one for all scripts
    return module
