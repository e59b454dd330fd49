"""One submission under examination: whom checks ask, what they may look at, and what they found."""

from __future__ import annotations

import builtins
import hashlib
import importlib
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.course import Assignment, Band, CourseError
from autograder.judge import weights_file
from autograder.judge.compare import raised_numbers, raised_text
from autograder.judge.oracle import Oracle
from autograder.judge.probes import generator
from autograder.judge.verdict import Blocked, Failed, NotAttempted, Verdict
from autograder.results import CheckResult, OwnDigit, TaskResult
from autograder.sandbox.respondent import Respondent, StudentError
from autograder.submission.definitions import meant

if TYPE_CHECKING:  # a student's package keeps no cache
    from autograder.grading.cache import CachedChecks

PICTURE_PIXELS = 4_000_000
HIDDEN_IMAGES = (
    5000  # of the test set: an accuracy of 98 % is then known to 0.2 points, of 99.6 % to 0.09 (binomial sd)
)
Place = tuple[str, str]  # task and check
WEIGHTS = (".pt", ".pth", ".pkl", ".bin", ".safetensors")  # how weights files end, where somebody chose another name
# Words that an answer to a hidden question may hold, beside the lab's own (`answers.WORDS`); any other could be made of
# what was hidden.
PLAIN_WORDS = re.compile(
    r"torch\.(float|int|uint|bfloat|complex)\d{1,3}|torch\.bool|cpu|cuda|u?int\d{0,2}|float\d{0,2}|Tensor|Parameter|ndarray"
    r"|Image|Figure|Trial|NoneType"
)


@dataclass
class Examination:
    """Everything that the checks of one submission share. `folder` holds the files as they were handed in."""

    lab: str
    assignment: Assignment
    respondent: Respondent
    folder: Path
    oracle: Oracle
    data: str = "auto"
    device: str = "cpu"
    restart: Any = None  # makes a fresh respondent, for checks that need a fresh process
    hidden_seed: int = 0  # from which the hidden images are made: the same for a whole class
    namer: Oracle | None = None  # knows mistakes by name, where `oracle` does not
    known: CachedChecks | None = None  # what earlier runs found, check by check
    tell: Callable[[str], object] | None = None  # hears which task is looked at
    results: dict[Place, CheckResult] = field(default_factory=dict)
    keys: dict[Place, str] = field(default_factory=dict)  # what each result depends on
    pictures: dict[str, bytes] = field(default_factory=dict)
    digits: list[OwnDigit] = field(default_factory=list)
    current: Place = ("", "")  # the check that runs now
    secret: bool = False  # whether it is a hidden one
    _behind: Any = None  # answers hidden checks
    _reader: Any = None  # reads weights
    _fresh: Any = None  # answers what is asked afresh
    _told: bool = False  # whether that has been asked something hidden
    _twin: Examination | None = None  # gives names to mistakes
    _again: Any = None  # whom it asks
    _answers: dict[bytes, Any] = field(default_factory=dict)
    _digits_of: dict[Place, list[OwnDigit]] = field(default_factory=dict)
    _measured: dict[Place, float] = field(default_factory=dict)
    _fingerprints: dict[Place, str] = field(default_factory=dict)

    def __enter__(self) -> Examination:
        return self

    def __exit__(self, *_: object) -> None:
        if self._twin is not None:
            self._twin.__exit__()
        for one in (self._behind, self._reader, self._fresh, self._again):
            if one is not None and one is not self.respondent:
                one.end()

    def diagnosed(self, failed: Verdict, check: Callable[[Examination], Any]) -> Verdict:
        """A verdict of the current `check` with the known mistake's name and sentence, if it is one.

        What each known mistake answers is worked out for the namer's inputs alone, and once: so `check` is run again
        with these, in processes of their own. Its outcome decides on the name and on no point.
        """
        if self.namer is None or self.restart is None or failed.diagnosis or not failed.nameable:
            return failed
        if self._twin is None:
            self._again = self.restart()
            self._twin = Examination(
                lab=self.lab,
                assignment=self.assignment,
                respondent=self._again,
                folder=self.folder,
                oracle=self.namer,
                data=self.data,
                device=self.device,
                restart=self.restart,
                hidden_seed=self.hidden_seed,
                results=self.results,
            )
        self._twin.current, self._twin.secret = self.current, self.secret
        try:
            check(self._twin)
        except Verdict as verdict:
            if verdict.diagnosis:
                return verdict
        return failed

    def ask(self, procedure: str, uses: Sequence[str], **arguments: Any) -> Any:
        """What the lab's `procedure` gives on the student's definitions; student's errors become verdicts.

        The same question is asked once. A hidden check's questions go to a process of their own, which answers nothing
        that a student gets to see, and words of the student's own do not come out of it.
        """
        question = _digest([procedure, list(uses), arguments])
        if question not in self._answers:
            respondent = self.respondent
            if self.secret and self.restart is not None:
                respondent = self._behind = self._behind or self.restart()
            try:
                self._answers[question] = self._ask(respondent, procedure, uses, arguments)
            except Verdict as verdict:
                self._answers[question] = verdict
        answer = self._answers[question]
        if isinstance(answer, Verdict):
            raise answer.with_traceback(None)
        return answer

    def ask_afresh(self, procedure: str, uses: Sequence[str], **arguments: Any) -> Any:
        """The same, in a process that has answered nothing but what was asked so before.

        That is the one that has read weights, which has run nothing of the student's; the next weights are read by
        another. Once it has been asked something hidden, it is asked nothing whose answer a student gets to see.
        """
        if self._told and not self.secret and self._fresh is not None:
            self._fresh.end()
            self._fresh, self._told = None, False
        if self._fresh is None:
            self._fresh, self._reader = self._reader or self.restart(), None
        self._told = self._told or self.secret
        return self._ask(self._fresh, procedure, uses, arguments)

    def read_weights(self, content: np.ndarray, name: str) -> weights_file.Arrays:
        """The names and arrays in a weights file, which a process reads that runs nothing of the student's."""
        limit = self.assignment.limits.weights_mb
        question = _digest(["weights", content])
        if question not in self._answers:
            if self._reader is None:
                self._reader = self.restart() if self.restart is not None else self.respondent
            try:
                answer = self._reader.ask("weights_file", [], {}, {"file": content, "limit_mb": limit})
                if not self._well_formed("weights_file", answer):
                    answer = {"problem": "unreadable"}
            except StudentError:  # it took too long, or too much
                answer = {"problem": "unreadable"}
            self._answers[question] = answer
        return weights_file.arrays_of(self._answers[question], name, limit)

    @property
    def notes(self) -> list[str]:
        """What the student should know of how their definitions were found."""
        return list(self.respondent.notes)  # not of the process behind: it has seen what is hidden

    def measured(self, accuracy: float) -> None:
        """Keeps the accuracy that the current check has measured, for the marker."""
        self._measured[self.current] = accuracy

    def fingerprint(self, digest: str) -> None:
        """Keeps what identifies the weights that the current check has read."""
        self._fingerprints[self.current] = digest

    def remarks(self, place: Place) -> tuple[float | None, str]:
        """What a check has measured, and the fingerprint of the weights that it has read."""
        return self._measured.get(place), self._fingerprints.get(place, "")

    def show_digit(self, digit: OwnDigit) -> None:
        """Puts one of the student's own pictures on their page."""
        self.digits.append(digit)
        self._digits_of.setdefault(self.current, []).append(digit)

    def digits_of(self, place: Place) -> list[OwnDigit]:
        """The own pictures that a check has put on the page."""
        return [digit.model_copy() for digit in self._digits_of.get(place, [])]

    def recall(self, place: Place, key: str) -> bool:
        """Takes the result of the check at `place` from an earlier run, if `key` says that nothing has changed."""
        self.keys[place] = key
        found = self.known.checks.get(place) if self.known is not None else None
        if found is None or found.key != key or found.result.status == "error":
            return False
        self.results[place] = found.result.model_copy(deep=True)
        self.digits += [digit.model_copy() for digit in found.digits]
        self._digits_of[place] = found.digits
        return True

    def _ask(self, respondent: Respondent, procedure: str, uses: Sequence[str], arguments: dict[str, Any]) -> Any:
        notebooks = {name: task.notebook for task in self.assignment.tasks for name in task.definitions}
        try:
            answer = respondent.ask(procedure, list(uses), notebooks, arguments)
        except StudentError as error:
            if self.secret:
                error = _without_words(error)
            raise self._verdict(error, uses) from None
        if not self._well_formed(procedure, answer):
            called = " and ".join(f"`{name}`" for name in uses)
            raise Failed(f"The answer cannot be used: {called or procedure} gave something else than was asked for.")
        return _discreet(answer, _words(arguments) | self._own_words()) if self.secret else answer

    def _well_formed(self, procedure: str, answer: Any) -> bool:
        """Whether an answer has the form that the lab declares for it (`answers.py`)."""
        forms = importlib.import_module(f"autograder.labs.{self.lab}.answers").FORMS
        name = procedure.replace("-", "_")
        if name not in forms:
            raise LookupError(f"autograder/labs/{self.lab}/answers.py says no form for the procedure {name!r}")
        return bool(forms[name](answer))

    def _own_words(self) -> set[str]:
        """Words of the lab's own that an answer to a hidden question may hold."""
        return set(getattr(importlib.import_module(f"autograder.labs.{self.lab}.answers"), "WORDS", ()))

    def _verdict(self, error: StudentError, uses: Sequence[str]) -> Exception:
        called = " and ".join(f"`{name}`" for name in uses)
        if error.kind == StudentError.STUB:
            inner = error.places[-1].rpartition(", in ")[2] if error.places else ""
            inner = inner.partition(":")[0]
            functions = [name for name in uses if name[:1].islower()]
            if functions and inner and inner not in functions:  # theirs is written; a stub that it needs is not
                return Blocked(f"{called} cannot run yet: something else is not filled in.\n  {error.places[-1]}")
            # What was found beside an untouched stub stands on further lines; the words are ours, and the names theirs.
            first, told, found = error.message.partition("\n")
            named = [name for name in uses if first == f"`{name}` is not filled in yet."]
            return NotAttempted(f"{first if named else f'{called}: not filled in yet.'}{told}{found}")
        if error.kind == StudentError.MISSING:
            if any(f"`{name}`" in error.message for name in uses):
                return NotAttempted(error.message)
            return Blocked(error.message)
        if error.kind == StudentError.RAISED:
            where = "\n".join(f"  {place}" for place in error.places)
            kind, _, message = error.message.partition(": ")
            words, hint = error.message, ""
            if kind == "UnpicklingError":  # what follows advises to read the file in a way that runs code from it
                words = f"{kind}: {message.partition('. ')[0]}."
            elif "mat1 and mat2 shapes cannot be multiplied" in message:
                hint = "Print `x.shape` before that layer: is there a row for each image, as long as the layer takes?"
            loading = "could not be defined" in error.message
            said = words if loading else f"Calling {called} raised {words}"
            failed = Failed(f"{said}\n{where}".rstrip(), hint=hint)
            failed.raised = raised_text({"type": kind, "message": message})
            failed.numbers = raised_numbers({"message": message})
            return failed
        hint = ""
        if error.kind == StudentError.TIMEOUT:
            hint = "Is there a loop that does not end, or training where nothing is trained?"
        failed = Failed(error.message, hint=hint)
        failed.nameable = False  # asking again would take as long
        return failed

    def file(self, name: str) -> Path:
        """Where the file `name` (such as "weights/better_cnn.pt") lies: at its place, else anywhere by that name."""
        path = self.folder / name
        if not path.is_file():
            found = sorted(self.folder.rglob(Path(name).name))
            if found:
                return found[0]
        return path

    def file_like(self, name: str, without: Collection[str] = ()) -> str:
        """A question about a weights file whose name is like that of `name`; those in `without` are asked for, too."""
        taken = {Path(one).name for one in without}
        found = [path for path in sorted(self.folder.rglob("*")) if path.suffix.lower() in WEIGHTS and path.is_file()]
        places = {path.name: path.relative_to(self.folder).as_posix() for path in found if path.name not in taken}
        return meant(Path(name).name, places)

    def hidden_images(self) -> tuple[np.ndarray, np.ndarray, str]:
        """Secretly perturbed test images as bytes (N, 28, 28), their labels (N,), and the data set's name."""
        return hidden_images(self.data, self.hidden_seed)

    def band(self, task: str, data: str) -> Band:
        """The accuracy band of a task for a data set; raises `CourseError` where `course.yml` has none."""
        try:
            return self.assignment.bands[task][data]
        except KeyError:
            raise CourseError(f"course.yml has no band for {task!r} on {data!r}") from None

    def keep_picture(self, name: str, content: Any) -> None:
        """Keeps a picture for the feedback page, if it is a PNG of sensible size; else does nothing."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(content.tobytes()), formats=["PNG"]) as image:
                if image.width * image.height > PICTURE_PIXELS:
                    return
                clean = io.BytesIO()
                image.convert("RGB").save(clean, "PNG")
        except Exception:  # whatever a student's bytes do to the decoder, the mark does not depend on it
            return
        self.pictures[name] = clean.getvalue()

    def task_results(self) -> list[TaskResult]:
        """The results so far, by task, in the order of `course.yml`."""
        tasks = []
        for task in self.assignment.tasks:
            checks = [self.results[task.id, name] for name in task.checks if (task.id, name) in self.results]
            if checks:
                tasks.append(
                    TaskResult(
                        id=task.id,
                        title=task.title,
                        notebook=task.notebook,
                        score=sum(check.score for check in checks),
                        max_score=sum(check.max_score for check in checks),
                        checks=checks,
                        extra=task.extra,
                    )
                )
        return tasks


def _digest(value: Any) -> bytes:
    """The digest of plain data with arrays in it."""
    whole = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, np.ndarray):
            whole.update(f"array {value.dtype} {value.shape} ".encode())
            whole.update(np.ascontiguousarray(value).data)
        elif isinstance(value, Mapping):
            whole.update(f"map {len(value)} ".encode())
            for key, item in value.items():
                add(str(key))
                add(item)
        elif isinstance(value, (list, tuple)):
            whole.update(f"list {len(value)} ".encode())
            for item in value:
                add(item)
        else:
            text = repr(value).encode("utf-8", "backslashreplace")
            whole.update(f"{type(value).__name__} {len(text)} ".encode() + text)

    add(value)
    return whole.digest()


def _words(value: Any) -> set[str]:
    """All strings in plain data."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return {str(key) for key in value} | {word for item in value.values() for word in _words(item)}
    if isinstance(value, (list, tuple)):
        return {word for item in value for word in _words(item)}
    return set()


def _discreet(value: Any, allowed: set[str]) -> Any:
    """An answer to a hidden question without strings that the student could have made of what was hidden."""
    if isinstance(value, str):
        plain = value in allowed or PLAIN_WORDS.fullmatch(value) or hasattr(builtins, value)
        return value if plain else "something else"
    if isinstance(value, dict):
        return {key: _discreet(item, allowed) for key, item in value.items()}
    if isinstance(value, list):
        return [_discreet(item, allowed) for item in value]
    return value


def _without_words(error: StudentError) -> StudentError:
    """A student's exception in a hidden check: no more than its kind, if that is one of Python's own."""
    if error.kind in (StudentError.TIMEOUT, StudentError.ENDED, StudentError.NONSENSE):
        return error  # these words are ours
    kind = error.message.partition(":")[0]
    name = kind if isinstance(getattr(builtins, kind, None), type) else "an exception"
    return StudentError(StudentError.RAISED, f"{name} (on inputs that are not shown)")


@cache
def hidden_images(data: str, seed: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Test images of `data` under small shifts and rotations: bytes (N, 28, 28), labels (N,), and the data set's name.

    Which ones, in which order, and how they are moved is drawn from `seed`.
    """
    from autograder.data import load_data, perturb

    loaded = load_data(data)  # type: ignore[arg-type]
    order = generator(seed, "hidden order").permutation(len(loaded.test_images))[:HIDDEN_IMAGES]
    moved = perturb(loaded.test_images[order], seed)
    as_bytes = (moved[:, 0].clamp(0, 1) * 255).round().byte().numpy()
    return as_bytes, loaded.test_labels.numpy()[order], loaded.name
