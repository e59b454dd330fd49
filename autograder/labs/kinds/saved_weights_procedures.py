"""What a student process does with weights on disk: saves and loads a student's network, reads a file of weights.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

import io
import operator
import pickle
import pickletools
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.labs import forms
from autograder.labs.kinds.plain_data import with_path
from autograder.sandbox.network_handling import Arrays, give_weights, numbers, shapes_of, state_of
from autograder.sandbox.student import Student
from autograder.sandbox.weights_reader import state_dict


def _loaded(state: forms.Fields, *fields: forms.Fields) -> forms.Form:
    """What was loaded, beside these fields."""
    seen = forms.told(own=forms.flag, training=forms.flag, devices=forms.each(forms.text))
    return forms.either(
        forms.record(*fields, forms.told(kind=forms.text, module=forms.is_(False))),
        forms.record(*fields, forms.told(kind=forms.text, module=forms.is_(True)), seen, state),
    )


GPUS_NAME = b"X\x06\x00\x00\x00cuda:0"  # as pickles of any protocol may write it
# What the process that saved it loads again, it may have kept: the file is evidence, the weights are not.
SAVED = (
    forms.told(
        fits=forms.flag,
        written=forms.is_(True),
        held=forms.text,
        alone=forms.flag,
        refuses=forms.flag,
        elsewhere=forms.flag,
        no_text=forms.each(forms.text),
        stale=forms.text,
    ),
    forms.measured(file=forms.bytes_),
)


@forms.answers(forms.SHAPES)
def own_shapes(student: Student, load: str, network: str, image: list[int]) -> list[list[Any]]:
    """Names and shapes of the parameters of the `network` that `load` makes, for images of shape `image`."""
    model = _class_of(student, load, network)()
    if any(isinstance(value, nn.parameter.UninitializedParameter) for value in model.parameters()):
        with torch.no_grad():
            model(torch.zeros(1, *image))
    return shapes_of(model)


class StandIn(nn.Module):
    """Stands in for a network that cannot be made, which is another task's matter: one that saves and loads."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 5)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(4, 10)

    def forward(self, images: Tensor) -> Tensor:
        return self.out(self.dropout(torch.relu(self.conv(images)).amax((2, 3))))


def _class_of(student: Student, load: str, network: str) -> Any:
    """The class `network` of the notebook in which the function `load` stands, which may be a class of its own; where
    it cannot be made, a network that stands in, there and for `student`."""
    names = getattr(student.get(load), "__globals__", {})
    own = names.get(network) or student.get(network)
    try:
        own()
    except Exception:
        own = names[network] = type(network, (StandIn,), {})
    return own


@forms.answers(
    forms.either(
        forms.record(forms.told(fits=forms.flag, written=forms.is_(False))),
        _loaded(forms.told(state=forms.STATE), *SAVED),
    )
)
def round_trip(student: Student, state: Arrays, save: str, load: str, network: str, image: list[int]) -> dict[str, Any]:
    """Saves a `network` that has the weights `state`, spoils the original, loads the file."""
    model = _class_of(student, load, network)()
    fits = give_weights(model, state, torch.zeros(1, *image))
    model.train()
    path = student.scratch / "kept" / "model of mine.pt"
    path.parent.mkdir(exist_ok=True)
    _, save_no_text = with_path(partial(student.get(save), model), path)
    if not path.is_file():
        return {"fits": fits, "written": False}
    with torch.no_grad():
        for value in model.parameters():
            value.zero_()
    loaded, load_no_text = with_path(student.get(load), path)
    refuses = _refuses_code(student, load, path, model)
    return {
        "fits": fits,
        "written": True,
        "file": np.frombuffer(path.read_bytes(), np.uint8),
        "held": _held(path, dict(state)),
        "alone": _is_state_dict_of(model, path),
        "refuses": refuses,
        "elsewhere": _is_written(student, save, model),
        "no_text": [save] * save_no_text + [load] * load_no_text,
        **_described(student, loaded, load, network),
        "stale": _stale(student, save, load, model, path),
    }


def _stale(student: Student, save: str, load: str, model: nn.Module, path: Path) -> str:
    """Which of both leaves things as they were when a `model`, all zeros, is saved to the same file and loaded."""
    before = path.read_bytes()
    try:
        with_path(partial(student.get(save), model), path)
        if path.read_bytes() == before:
            return save
        loaded, _ = with_path(student.get(load), path)
    except Exception:
        return ""  # nobody asked for zeros
    stale = isinstance(loaded, nn.Module) and any(bool(value.any()) for value in loaded.parameters())
    return load if stale else ""


@forms.answers(
    forms.either(
        forms.record(forms.told(written=forms.is_(False))),
        _loaded(forms.measured(state=forms.STATE), forms.told(written=forms.is_(True))),
    )
)
def load_file(
    student: Student,
    save: str,
    load: str,
    network: str,
    image: list[int],
    state: Arrays = (),
    file: np.ndarray | None = None,
    gpu: bool = False,
) -> dict[str, Any]:
    """Loads `file`, which another process saved, or one that is saved here of a `network` with the weights `state`.

    If `gpu`, its tensors are marked as a GPU's first.
    """
    path = student.scratch / "from elsewhere.pt"
    path.unlink(missing_ok=True)
    if file is None:
        model = _class_of(student, load, network)()
        give_weights(model, state, torch.zeros(1, *image))
        with_path(partial(student.get(save), model), path)
    else:
        path.write_bytes(file.tobytes())
    if not path.is_file():
        return {"written": False}
    if gpu:
        _mark_as_gpus(path)
    return {"written": True} | _described(student, with_path(student.get(load), path)[0], load, network)


def _held(path: Path, state: dict[str, np.ndarray]) -> str:
    """What a file holds, in words: nothing depends on it but the name of a mistake."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=False)
        if not isinstance(held, dict):
            return f"a {type(held).__name__}"
        tensors = {str(name): numbers(value) for name, value in held.items() if isinstance(value, Tensor)}
    except Exception:
        return "not read"
    kinds = sorted({str(value.dtype) for value in tensors.values()})
    same = sum(name in state and np.array_equal(value, state[name]) for name, value in tensors.items())
    other = len(held) - len(tensors)
    return f"{len(tensors)} tensors, {same} the same, of {kinds}, and {other} other things"


def _is_state_dict_of(model: nn.Module, path: Path) -> bool:
    """Whether a file holds what the model's own state dict holds, under the same names, and nothing else."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
        return isinstance(held, dict) and set(held) == set(model.state_dict())
    except Exception:
        return False


class _MadeByCode:
    """Pickled as a call of a harmless function, which gives the tensor."""

    def __init__(self, value: Tensor) -> None:
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return operator.getitem, ([self.value], 0)


def _refuses_code(student: Student, load: str, path: Path, model: nn.Module) -> bool:
    """Whether `load` refuses a file like the one at `path` where it calls functions, however harmless, that
    `weights_only` refuses."""
    other = path.with_name("with code.pt")
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
        torch.save({name: _MadeByCode(value) for name, value in held.items()}, other)
    except Exception:  # it holds something else than tensors, or is no file of PyTorch's
        made = {name: _MadeByCode(value) for name, value in model.state_dict().items()}
        other.write_bytes(pickle.dumps(made))
    try:
        with_path(student.get(load), other)
    except Exception:
        return True
    return False


def _is_written(student: Student, save: str, model: nn.Module) -> bool:
    """Whether `save` writes to a path without an ending, too."""
    path = student.scratch / "kept" / "without ending"
    try:
        with_path(partial(student.get(save), model), path)
    except Exception:
        return False
    return path.is_file()


def _mark_as_gpus(path: Path) -> None:
    """Rewrites a file of `torch.save`: where it says that a tensor was on the CPU, it says CUDA."""
    content = path.read_bytes()
    if not zipfile.is_zipfile(path):
        path.write_bytes(_pickles_as_gpus(content))
        return
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for entry in old.namelist():
            part = old.read(entry)
            new.writestr(entry, _pickles_as_gpus(part) if entry.endswith("data.pkl") else part)


def _pickles_as_gpus(content: bytes) -> bytes:
    """The pickles that bytes begin with, of any protocol, with "cuda:0" for "cpu"; what follows them stays as it is."""
    stream, made = io.BytesIO(content), io.BytesIO()
    while True:
        start = stream.tell()
        try:
            found = [(operation.name, said, place) for operation, said, place in pickletools.genops(stream)]
        except Exception:
            found = []
        if not found or found[0][0] != "PROTO":  # numbers come after the last pickle
            return made.getvalue() + content[start:]
        ends = [place for _, _, place in found[1:]] + [stream.tell()]
        for (name, said, place), end in zip(found, ends, strict=True):
            if name == "FRAME":  # says how long what follows is, and nobody needs it
                continue
            made.write(GPUS_NAME if said == "cpu" and "UNICODE" in name else content[place:end])


def _described(student: Student, loaded: Any, load: str, network: str) -> dict[str, Any]:
    if not isinstance(loaded, nn.Module):
        return {"kind": type(loaded).__name__, "module": False}
    return {
        "kind": type(loaded).__name__,
        "module": True,
        "own": type(loaded).__name__ == network or _is_made_by(_class_of(student, load, network), loaded),
        "training": any(module.training for module in loaded.modules()),
        "devices": sorted({str(value.device) for value in loaded.parameters()}),
        "state": state_of(loaded),
    }


def _is_made_by(made: Any, model: nn.Module) -> bool:
    """Whether a model is what `made`, a class or a function, makes."""
    if isinstance(made, type):
        return isinstance(model, made)
    own = made()
    return type(model) is type(own) and shapes_of(model) == shapes_of(own)


@forms.answers(
    forms.either(
        forms.record(forms.told(fits=forms.is_(False), module=forms.is_(True))),
        forms.record(forms.told(fits=forms.is_(False), module=forms.is_(False), kind=forms.text)),
        forms.record(forms.told(fits=forms.is_(True)), forms.measured(outputs=forms.numbers)),
    )
)
def logits(student: Student, make: str, file: np.ndarray, images: np.ndarray, batch: int = 100) -> dict[str, Any]:
    """The logits of the network that the function `make` returns, with the weights `file`, for images of bytes
    (N, H, W)."""
    model = student.get(make)()
    if not isinstance(model, nn.Module):
        return {"fits": False, "module": False, "kind": type(model).__name__}
    state = state_dict(file.tobytes())
    try:
        model.load_state_dict(state)
    except RuntimeError:
        arrays = [(name, numbers(value)) for name, value in state.items() if value.is_floating_point()]
        if not give_weights(model, arrays, torch.zeros(2, 1, *images.shape[1:])):
            return {"fits": False, "module": True}
    model = model.to(student.device).eval()
    parts = [torch.tensor(images[start : start + batch]) for start in range(0, len(images), batch)]
    parts_of_logits = []
    with torch.no_grad():
        if len(parts) > 1:
            _speed_up(model, parts[0].float().div(255)[:, None].to(student.device))
        for part in parts:
            parts_of_logits.append(numbers(model(part.float().div(255)[:, None].to(student.device))))
    return {"fits": True, "outputs": np.concatenate(parts_of_logits)}


def _speed_up(model: nn.Module, batch: Tensor) -> None:
    """Lays a network's weights out channels last, where it then says the same of `batch`: half the time on a CPU.

    Not every right network can take that: `view` after a convolution raises.
    """
    before = numbers(model(batch))
    model.to(memory_format=torch.channels_last)
    try:
        same = np.allclose(numbers(model(batch)), before, rtol=1e-4, atol=1e-4)
    except Exception:
        same = False
    if not same:
        model.to(memory_format=torch.contiguous_format)
