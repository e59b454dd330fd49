"""What a student process is asked to do with a student's definitions in lab 4.

Each function gets the student's definitions and plain data, and returns plain data: arrays, numbers, strings. They run
beside student code, so they hold no expected value; the checks judge what comes back.
"""

from __future__ import annotations

import contextlib
import copy
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.sandbox.function_modes import DropoutOff, LayerOutputs
from autograder.sandbox.student import Student
from autograder.sandbox.weight_assignment import assign_weights, fitting, shapes_of, state_of
from autograder.sandbox.weights_reader import read_weights, state_dict

CHUNK = 100  # images at once: larger batches cost more, in memory and in time
FEW = 5  # ways to give weights out (a residual block has as many); with more, the first circumstances are enough
STILL = 16  # passes that show whether evaluation mode is still
State = list[list[Any]]  # [[name, array], …]


# --- networks ---------------------------------------------------------------------------------------------------------


def parameters(student: Student, definition: str, arguments: list[int]) -> dict[str, Any]:
    """Names and shapes of the network's parameters, and the shape of what it makes of two images."""
    model = student.get(definition)(*arguments)
    channels = arguments[0] if arguments else 1
    size = 12 if arguments else 28
    output = model(torch.zeros(2, channels, size, size))
    return {"parameters": shapes_of(model), "output": _shape(output)}


def outputs(
    student: Student,
    definition: str,
    arguments: list[int],
    state: State,
    images: np.ndarray,
    batches: list[int],
    train: bool = False,
) -> dict[str, Any]:
    """What the network makes of `images` with the weights `state`, dropout off, once for each way to give them out.

    `train` runs it in training mode (batch norm by the batch's own statistics), all images at once; in evaluation mode
    they come in batches of the given sizes, and again in other circumstances: in training mode where there is no batch
    norm, as float64, as a view of a larger tensor, and once more with a tensor that it has changed. One that cannot
    be run so is none: nobody asked for it.
    """
    torch.backends.cudnn.allow_tf32 = False  # a GPU's short sums would differ by more than mistakes may
    batch = torch.tensor(images)
    model = student.get(definition)(*arguments).eval()
    ways = fitting(model, _arrays(state), batch)
    answers, others = [], []
    for weights in ways:
        fresh = copy.deepcopy(model)
        assign_weights(fresh, weights)
        fresh = fresh.to(student.device).train(train)
        parts = [batch] if train else list(batch.split(batches))
        with DropoutOff(), torch.no_grad():
            answers.append(_joined([_numbers(fresh(part.clone().to(student.device))) for part in parts]))
        others.append([] if train or len(ways) > FEW else _elsewhere(fresh, batch.to(student.device)))
    return {"outputs": answers, "others": others, "parameters": shapes_of(model)}


def _elsewhere(model: nn.Module, batch: Tensor) -> list[list[Any]]:
    """What a network makes of a batch in circumstances that should change nothing."""
    wide = torch.zeros(*batch.shape[:2], 2 * batch.shape[2], 2 * batch.shape[3], device=batch.device)
    wide[:, :, ::2, ::2] = batch
    attempts: list[tuple[str, Any]] = [
        ("again", lambda: _changed(model, batch.clone())),
        ("strided", lambda: model(wide[:, :, ::2, ::2])),
    ]
    if not any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules()):
        attempts.append(("training", lambda: _still(model.train(), batch)))
    attempts.append(("float64", lambda: model.eval().double()(batch.double().clone())))
    found = []
    for name, attempt in attempts:
        try:
            with DropoutOff(), torch.no_grad():
                found.append([name, _numbers(attempt())])
        except Exception:
            continue
    return found


def _still(model: nn.Module, batch: Tensor) -> Any:
    """What a network makes of a batch, if it makes the same of it twice: dropout may be written by hand."""
    first, second = _numbers(model(batch.clone())), _numbers(model(batch.clone()))
    if not np.array_equal(first, second):
        raise RuntimeError("something random is left")
    return first


def _changed(model: nn.Module, batch: Tensor) -> Any:
    """What a network makes of a batch that it has changed when it was given it before; it must have changed it."""
    before = batch.clone()
    model(batch)
    if torch.equal(before, batch):
        raise RuntimeError("the batch is as it was")
    return model(batch)


def layers(student: Student, definition: str, arguments: list[int], state: State, image: np.ndarray) -> list[list[Any]]:
    """Kind and output of each layer with parameters, in the order of use, for one image (1, C, H, W)."""
    model = student.get(definition)(*arguments).eval()
    batch = torch.tensor(image)
    ways = fitting(model, _arrays(state), batch)
    if ways:
        assign_weights(model, ways[0])
    with LayerOutputs() as noted, DropoutOff(), torch.no_grad():
        model(batch)
    return [[kind, _numbers(value)] for kind, value in noted.outputs]


def dropout_samples(
    student: Student, definition: str, state: State, images: np.ndarray, repeats: int
) -> dict[str, Any]:
    """Each image `repeats` times through the network, in training and in evaluation mode, and its dropout calls."""
    torch.manual_seed(0)
    model = student.get(definition)()
    batch = torch.tensor(images)
    ways = fitting(model, _arrays(state), batch)
    if ways:
        assign_weights(model, ways[0])
    calls: list[dict[str, Any]] = []
    with torch.no_grad():
        model.train()
        trained = []
        for image in batch:
            samples = []
            for start in range(0, repeats, CHUNK):
                with DropoutOff(off=False) as noted:
                    samples.append(_numbers(model(image.expand(min(CHUNK, repeats - start), *image.shape))))
                calls = calls or noted.calls
            trained.append(_joined(samples))
        model.eval()
        evaluated = [_numbers(model(image.expand(STILL, *image.shape))) for image in batch]
    return {
        "train": np.stack(trained).reshape(len(images), repeats, -1),
        "eval": np.stack(evaluated).reshape(len(images), STILL, -1),
        "calls": calls[:200],
        "batch": min(CHUNK, repeats),
        "fits": bool(ways),
    }


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Answers to parts of a batch, as one; what does not fit together stays what it is, for the judge."""
    try:
        return np.concatenate(parts)
    except ValueError:
        return parts[-1]


# --- training and evaluation ------------------------------------------------------------------------------------------


class Small(nn.Module):
    """The grader's own little network, so that a student's `train` is judged by itself. (N, 1, 28, 28) → (N, 10)."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, 16)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(16, 10)
        self.modes: set[bool] = set()  # whether it was in training mode, whenever a gradient was wanted

    def forward(self, images: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            self.modes.add(self.training)
        return self.out(self.dropout(torch.relu(self.hidden(images.flatten(1)))))


def train_small(
    student: Student, state: State, images: np.ndarray, labels: np.ndarray, batch: int, epochs: int, lr: float
) -> dict[str, Any]:
    """Trains the little network, which comes in evaluation mode, with the student's `train`; returns the history and
    the weights it ends with."""
    torch.manual_seed(0)
    model = _small(state).eval()
    loader = _loader(images, labels, batch)
    history = student.get("train")(model, loader, epochs, device=student.device, lr=lr)
    return {
        "history": _plain(history),
        "kind": type(history).__name__,
        "state": _lists(state_of(model)),
        "trained": model.modes != {False},
    }


def evaluate_small(
    student: Student, state: State, images: np.ndarray, labels: np.ndarray, batch: int
) -> dict[str, Any]:
    """Evaluates the little network, which has dropout and starts in training mode, with the student's `evaluate`."""
    torch.manual_seed(0)
    model = _small(state, dropout=0.5).train()
    accuracy = student.get("evaluate")(model, _loader(images, labels, batch), device=student.device)
    return {"accuracy": _plain(accuracy), "kind": type(accuracy).__name__, "training": model.training}


class Seen(BaseException):
    """Enough has been seen: no code of the student's should catch it."""


class Moved(Small):
    """Notes on which device it is when images come, and on which they are, and leaves it at that."""

    seen: list[str]  # shared with its copies

    def __deepcopy__(self, memo: dict[int, Any]) -> Moved:
        made = Moved()
        made.load_state_dict(self.state_dict())
        made.seen = self.seen
        return made

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(f"model {self.out.weight.device.type}, images {images.device.type}")
        raise Seen


def devices(student: Student, state: State) -> dict[str, Any]:
    """On which devices model and images are when `train` and `evaluate` are told to use the device "meta".

    That device has every machine. It holds no values, so that nothing is computed.
    """
    images, labels = np.zeros((8, 1, 28, 28), np.float32), np.zeros(8, np.int64)
    found = {}
    student.get("train"), student.get("evaluate")
    for name, given in (("train", {"epochs": 3, "lr": 1e-3}), ("evaluate", {})):
        model = Moved()
        model.seen = []
        assign_weights(model, dict(_arrays(state)))
        try:
            student.get(name)(model, _loader(images, labels, 4), device="meta", **given)
        except Seen:
            found[name] = model.seen[0]
        except NotImplementedError:
            raise
        except Exception:  # it cannot be told: something that wants values came first
            found[name] = "cannot be told"
        else:
            found[name] = "the model was not called"
    return found


def values(student: Student, name: str) -> Any:
    """A short answer, as plain data."""
    return _plain(student.get(name))


# --- saving and loading -----------------------------------------------------------------------------------------------


def own_shapes(student: Student) -> list[list[Any]]:
    """Names and shapes of the parameters of the BetterCNN that `load_model` makes."""
    model = _class_of(student)()
    if any(isinstance(value, nn.parameter.UninitializedParameter) for value in model.parameters()):
        with torch.no_grad():
            model(torch.zeros(1, 1, 28, 28))
    return shapes_of(model)


def _class_of(student: Student) -> Any:
    """The BetterCNN of the notebook in which `load_model` stands, which may be a class of its own."""
    return getattr(student.get("load_model"), "__globals__", {}).get("BetterCNN") or student.get("BetterCNN")


def round_trip(student: Student, state: State) -> dict[str, Any]:
    """Saves a BetterCNN that has the weights `state`, spoils the original, loads the file."""
    model, fits = _better(_class_of(student), state)
    model.train()
    path = student.scratch / "kept" / "model of mine.pt"
    path.parent.mkdir(exist_ok=True)
    student.get("save_model")(model, str(path))
    if not path.is_file():
        return {"fits": fits, "written": False}
    with torch.no_grad():
        for value in model.parameters():
            value.zero_()
    loaded = student.get("load_model")(str(path))
    return {
        "fits": fits,
        "written": True,
        "file": _bytes(path),
        "held": _held(path, dict(_arrays(state))),
    } | _described(student, loaded)


def from_gpu(student: Student, state: State, file: np.ndarray | None = None) -> dict[str, Any]:
    """Marks the tensors in `file`, or in one that holds a BetterCNN with the weights `state`, as a GPU's; loads it."""
    path = student.scratch / "from a GPU.pt"
    if file is None:
        model, _ = _better(_class_of(student), state)
        student.get("save_model")(model, str(path))
    else:
        path.write_bytes(file.tobytes())
    if not path.is_file():
        return {"written": False}
    _mark_as_gpus(path)
    return {"written": True} | _described(student, student.get("load_model")(str(path)))


def _held(path: Path, state: dict[str, np.ndarray]) -> str:
    """What a file holds, in words: nothing depends on it but the name of a mistake."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=False)
    except Exception:
        return "not read"
    if not isinstance(held, dict):
        return f"a {type(held).__name__}"
    tensors = {str(name): value.detach().numpy() for name, value in held.items() if isinstance(value, Tensor)}
    kinds = sorted({str(value.dtype) for value in tensors.values()})
    same = sum(name in state and np.array_equal(value, state[name]) for name, value in tensors.items())
    other = len(held) - len(tensors)
    return f"{len(tensors)} tensors, {same} the same, of {kinds}, and {other} other things"


def _mark_as_gpus(path: Path) -> None:
    """Rewrites a file of `torch.save`: where it says that a tensor was on the CPU, it says CUDA."""
    here, there = b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"  # strings as pickle writes them
    content = path.read_bytes()
    if not zipfile.is_zipfile(path):
        path.write_bytes(content.replace(here, there))
        return
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
        for entry in old.namelist():
            part = old.read(entry)
            new.writestr(entry, part.replace(here, there) if entry.endswith("data.pkl") else part)


def load_file(student: Student, file: np.ndarray) -> dict[str, Any]:
    """Loads a file that another process saved."""
    path = student.scratch / "from-elsewhere.pt"
    path.write_bytes(file.tobytes())
    return _described(student, student.get("load_model")(str(path)))


def _described(student: Student, loaded: Any) -> dict[str, Any]:
    if not isinstance(loaded, nn.Module):
        return {"kind": type(loaded).__name__, "module": False}
    return {
        "kind": type(loaded).__name__,
        "module": True,
        "better": type(loaded).__name__ == "BetterCNN" or _is_made_by(student.get("BetterCNN"), loaded),
        "training": any(module.training for module in loaded.modules()),
        "devices": sorted({str(value.device) for value in loaded.parameters()}),
        "state": _lists(state_of(loaded)),
    }


def _is_made_by(made: Any, model: nn.Module) -> bool:
    """Whether a model is what `made`, a class or a function, makes."""
    if isinstance(made, type):
        return isinstance(model, made)
    own = made()
    return type(model) is type(own) and shapes_of(model) == shapes_of(own)


def resume_small(
    student: Student,
    state: State,
    images: np.ndarray,
    labels: np.ndarray,
    batch: int,
    lr: float,
    epochs: list[int],
) -> dict[str, Any]:
    """Trains for `epochs[0]` epochs, saves the trial, and lets a new trial go on up to `epochs[1]` epochs."""
    import torchbearer

    def trial(model: nn.Module) -> Any:
        optimiser = torch.optim.Adam(model.parameters(), lr=lr)
        made = torchbearer.Trial(model, optimiser, nn.functional.cross_entropy, metrics=["loss", "acc"], verbose=0)
        return made.with_train_generator(_loader(images, labels, batch)).to(student.device)

    torch.manual_seed(0)
    first = trial(_small(state))
    first.run(epochs=epochs[0], verbose=0)
    path = student.scratch / "trial of mine.pt"
    student.get("save_trial")(first, str(path))
    if not path.is_file():
        return {"written": False}
    parts = _parts_of(path)
    second = trial(Small())
    resumed = student.get("resume_trial")(second, str(path))
    if not isinstance(resumed, torchbearer.Trial):
        return {"written": True, "trial": False, "kind": type(resumed).__name__}
    before = len(resumed.state[torchbearer.state.HISTORY] or [])
    resumed.run(epochs=epochs[1], verbose=0)
    history = resumed.state[torchbearer.state.HISTORY]
    model = resumed.state[torchbearer.state.MODEL]
    return {
        "written": True,
        "trial": True,
        "before": before,
        "after": len(history or []),
        "history": _plain(history),
        "state": _lists(state_of(model)),
        "held": parts,
    }


def _parts_of(path: Path) -> str:
    """Which parts of a trial's state a file holds, in words: nothing depends on it but the name of a mistake."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=False)
        full = {str(key) for key, value in held.items() if value is not None and len(value)}
    except Exception:
        return "not told"
    return ", ".join(part for part in ("model", "optimizer", "history") if part in full) or "not told"


# --- own images -------------------------------------------------------------------------------------------------------


def load_images(student: Student, files: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """What `load_image` makes of each file, in order."""
    from autograder.sandbox.student import describe

    answers: list[dict[str, Any]] = []
    for name, path in _write(student, files):
        try:
            image = student.get("load_image")(str(path))
        except Exception as error:
            answers.append({"name": name, "error": describe(error)})
        else:
            described: dict[str, Any] = {
                "name": name,
                "kind": type(image).__name__,
                "dtype": str(getattr(image, "dtype", "")),
            }
            if isinstance(image, Tensor):
                described["image"] = image.detach().cpu().numpy()
            answers.append(described)
    return answers


def _read_grey(path: str | Path) -> Tensor:
    """Stands in for `load_image`: pictures of 28×28 in greys, light on dark."""
    from PIL import Image

    with Image.open(path) as opened:
        return torch.tensor(np.asarray(opened.convert("L"), np.float32) / 255)[None]


def classify_files(
    student: Student, files: dict[str, np.ndarray], weight: np.ndarray, bias: np.ndarray, stand: bool = False
) -> Any:
    """The student's `classify` on a linear network with the given weights, with the student's `load_image` or not."""
    torch.manual_seed(0)
    linear = nn.Linear(784, 10)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(weight))
        linear.bias.copy_(torch.tensor(bias))
    # On the CPU, like everything whose contract has no device: nobody was asked to move an image to the model's.
    model = nn.Sequential(nn.Dropout(0.5), nn.Flatten(), linear).train()
    classify = student.get("classify")
    names = getattr(classify, "__globals__", {})
    theirs = names.get("load_image")
    if stand:
        names["load_image"] = _read_grey
    none: Any = None
    try:
        answer = classify(model, [str(path) for _, path in _write(student, files)])
        try:
            none = _plain(classify(model, []))
        except Exception as error:
            none = f"{type(error).__name__}: {error}"[:200]
    finally:
        if stand and theirs is not None:
            names["load_image"] = theirs
    inner = sorted({type(one).__name__ for one in answer}) if isinstance(answer, list) else []
    return {"kind": type(answer).__name__, "inner": inner, "said": _plain(answer), "none": none}


def _write(student: Student, files: dict[str, np.ndarray]) -> Iterator[tuple[str, Path]]:
    for name, content in files.items():
        path = student.scratch / name
        path.write_bytes(content.tobytes())
        yield name, path


# --- what the network learned -----------------------------------------------------------------------------------------


class Stand(nn.Module):
    """Stands in where the student's own BetterCNN cannot take the weights: the same first layer."""

    def __init__(self, state: State) -> None:
        super().__init__()
        first = state[0][1].shape
        self.conv1 = nn.Conv2d(1, first[0], first[2])
        self.conv2 = nn.Conv2d(first[0], 15, 3)
        self.fc1 = nn.Linear(15, 10)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc1(torch.relu(self.conv2(torch.relu(self.conv1(images)))).amax((2, 3)))


def filters(student: Student, state: State, stand: bool = False, picture: bool = False) -> dict[str, Any]:
    """The image arrays on the axes of `plot_filters`, for the student's own BetterCNN or for one that stands in."""
    return _figure(lambda: student.get("plot_filters")(_seen(student, state, stand)[0]), picture)


def maps(student: Student, state: State, image: np.ndarray, stand: bool = False) -> dict[str, Any]:
    """The feature maps of the first convolution, and how many hooks are on the model before and after."""
    model, layer = _seen(student, state, stand)
    before = _hooks(model)
    answer = student.get("feature_maps")(model, layer, torch.tensor(image))
    return {
        "kind": type(answer).__name__,
        "maps": _numbers(answer) if isinstance(answer, Tensor) else None,
        "before": before,
        "after": _hooks(model),
    }


def map_figure(student: Student, maps: np.ndarray, picture: bool = False) -> dict[str, Any]:
    """The image arrays on the axes of `plot_feature_maps`."""
    return _figure(lambda: student.get("plot_feature_maps")(torch.tensor(maps)), picture)


def maximise(student: Student, state: State, units: list[int], steps: int, lr: float) -> list[dict[str, Any]]:
    """What `maximise_activation` finds for units of the first convolution."""
    answers = []
    for unit in units:
        torch.manual_seed(0)
        model, layer = _seen(student, state)
        answers.append(_maximised(student, model, layer, unit, steps, lr))
    return answers


class Looked(nn.Module):
    """The grader's own network, with batch norm and dropout before what is looked at. (N, 1, 28, 28) → (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 5)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)
        self.conv2 = nn.Conv2d(4, 6, 3)
        self.out = nn.Linear(6, 10)
        self.fails = False

    def forward(self, images: Tensor) -> Tensor:
        maps = self.conv2(self.dropout(torch.relu(self.norm(self.conv1(images)))))
        if self.fails:
            raise RuntimeError("this network fails on purpose")
        return self.out(torch.relu(maps).mean((2, 3)))


def looked(state: State) -> Looked:
    """The grader's network with the weights `state`, in training mode."""
    model = Looked()
    with torch.no_grad():
        model.load_state_dict({name: torch.tensor(value) for name, value in state}, strict=False)
    return model.train()


def maps_in_training(student: Student, state: State, image: np.ndarray) -> dict[str, Any]:
    """The feature maps (6, 22, 22) of the grader's network, which is in training mode; and hooks after an error."""
    model = looked(state)
    answer, again = (student.get("feature_maps")(model, model.conv2, torch.tensor(image)) for _ in range(2))
    broken = looked(state)
    broken.fails = True
    with contextlib.suppress(Exception):  # on purpose
        student.get("feature_maps")(broken, broken.conv2, torch.tensor(image))
    return {
        "kind": type(answer).__name__,
        "maps": _numbers(answer) if isinstance(answer, Tensor) else None,
        "steady": isinstance(answer, Tensor) and isinstance(again, Tensor) and torch.equal(answer, again),
        "after_error": _hooks(broken),
    }


def maximise_elsewhere(
    student: Student, state: State, layer: str, training: list[bool], unit: int, steps: int, lr: float
) -> list[dict[str, Any]]:
    """What is found for a later layer of the grader's network, in each of the modes, and what changed in it."""
    answers = []
    for mode in training:
        torch.manual_seed(0)
        model = looked(state).train(mode)
        for value in model.parameters():
            value.grad = torch.full_like(value, 0.5)  # as after a step of training
        before = _condition(model)
        answer = _maximised(student, model, getattr(model, layer), unit, steps, lr)
        after = _condition(model)
        changed = [part for part in before if not _same_values(before[part], after[part])]
        if "gradients" in changed and not any(value is not None and value.any() for value in after["gradients"]):
            changed[changed.index("gradients")] = "no gradients"
        answers.append({**answer, "changed": changed})
    return answers


def _maximised(
    student: Student, model: nn.Module, layer: nn.Module, unit: int, steps: int, lr: float
) -> dict[str, Any]:
    answer = student.get("maximise_activation")(model, layer, unit, steps=steps, lr=lr)
    return {"kind": type(answer).__name__, "image": _numbers(answer) if isinstance(answer, Tensor) else None}


def _condition(model: nn.Module) -> dict[str, list[Any]]:
    """All that a look at a network may not change."""
    parameters = list(model.parameters())
    return {
        "parameters": [value.detach().clone() for value in parameters],
        "gradients": [None if value.grad is None else value.grad.clone() for value in parameters],
        "wants gradients": [value.requires_grad for value in parameters],
        "running statistics": [value.clone() for value in model.buffers()],
        "modes": [module.training for module in model.modules()],
        "hooks": [_hooks(model)],
    }


def _same_values(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a, b)
        if isinstance(a, Tensor) and isinstance(b, Tensor)
        else a is b or (type(a) is type(b) and a == b)
        for a, b in zip(one, other, strict=True)
    )


def _seen(student: Student, state: State, stand: bool = False) -> tuple[nn.Module, nn.Module]:
    """A model in evaluation mode that has the weights `state`, and its first convolution."""
    fits = False
    if not stand:
        try:
            model, fits = _better(student.get("BetterCNN"), state)
            with torch.no_grad():
                model.eval()(torch.zeros(1, 1, 28, 28))
        except Exception:  # a BetterCNN that does not run is another task's matter
            fits = False
    if not fits:
        model = Stand(state)
        assign_weights(model, {"conv1.weight": state[0][1], "conv1.bias": state[1][1]})
    model = model.eval()
    wanted = torch.tensor(state[0][1])
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.shape == wanted.shape:
            return model, layer
    return _seen(student, state, stand=True)  # the first convolution may be no layer, but a parameter and a function


def _better(made: Any, state: State) -> tuple[nn.Module, bool]:
    model = made()
    ways = fitting(model, _arrays(state), torch.zeros(1, 1, 28, 28))
    if ways:
        assign_weights(model, ways[0])
    return model, bool(ways)


def _hooks(model: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind, ())) for module in model.modules() for kind in kinds)


def _figure(make: Any, drawn: bool) -> dict[str, Any]:
    """The figure that `make` returns or leaves current: its axes' images in order, their places, and it `drawn`."""
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    pyplot.close("all")
    try:
        figure = made = make()
        if isinstance(made, tuple) and made and isinstance(made[0], Figure):
            figure = made[0]  # what `plt.subplots` returns
        if not isinstance(figure, Figure):
            if not pyplot.get_fignums():
                return {"figure": False, "kind": type(made).__name__}
            figure = pyplot.gcf()
        images, places, blank, covered = [], [], 0, 0
        for axes in figure.axes:
            covered += max(0, len(axes.get_images()) - 1)
            for image in axes.get_images()[:1]:
                values = np.ma.filled(image.get_array(), 0)
                blank += values.ndim == 2 and np.ptp(values) > 0 and np.ptp(np.clip(image.norm(values), 0, 1)) == 0
                images.append(_numbers(values))
                box = axes.get_position()
                places.append([round(float(box.x0), 3), round(float(box.y0), 3)])
        picture = io.BytesIO()
        if drawn:  # takes longer than all the rest
            figure.savefig(picture, format="png", dpi=70)
        return {
            "figure": True,
            "images": images[:256],
            "places": places[:256],
            "blank": int(blank),
            "covered": covered,
            "picture": np.frombuffer(picture.getvalue(), np.uint8),
        }
    finally:
        pyplot.close("all")


# --- the student's best model -----------------------------------------------------------------------------------------


def best_outputs(student: Student, file: np.ndarray, images: np.ndarray, batch: int = CHUNK) -> dict[str, Any]:
    """The logits of `best_model()` with the weights `file`, for images of bytes (N, 28, 28)."""
    model = student.get("best_model")()
    if not isinstance(model, nn.Module):
        return {"fits": False, "module": False, "kind": type(model).__name__}
    state = state_dict(file.tobytes())
    try:
        model.load_state_dict(state)
    except RuntimeError:
        arrays = [(name, value.numpy()) for name, value in state.items() if value.is_floating_point()]
        ways = fitting(model, arrays, torch.zeros(2, 1, 28, 28))
        if not ways:
            return {"fits": False, "module": True, "parameters": shapes_of(model)}
        assign_weights(model, ways[0])
    model = model.to(student.device).eval()
    parts = [torch.tensor(images[start : start + batch]) for start in range(0, len(images), batch)]
    logits = []
    with torch.no_grad():
        if len(parts) > 1:
            _speed_up(model, parts[0].float().div(255)[:, None].to(student.device))
        for part in parts:
            logits.append(_numbers(model(part.float().div(255)[:, None].to(student.device))))
    return {
        "fits": True,
        "outputs": np.concatenate(logits),
        "count": sum(v.numel() for v in model.parameters()),
    }


def _speed_up(model: nn.Module, batch: Tensor) -> None:
    """Lays a network's weights out channels last, where it then says the same of `batch`: half the time on a CPU.

    Not every right network can take that: `view` after a convolution raises.
    """
    before = _numbers(model(batch))
    model.to(memory_format=torch.channels_last)
    try:
        same = np.allclose(_numbers(model(batch)), before, rtol=1e-4, atol=1e-4)
    except Exception:
        same = False
    if not same:
        model.to(memory_format=torch.contiguous_format)


def weights_file(student: Student, file: np.ndarray, limit_mb: float) -> dict[str, Any]:
    """What a weights file holds; uses nothing of the student's."""
    return read_weights(file.tobytes(), limit_mb)


# --- plain data -------------------------------------------------------------------------------------------------------


def _arrays(state: State) -> list[tuple[str, np.ndarray]]:
    return [(name, value) for name, value in state]


def _lists(arrays: list[tuple[str, np.ndarray]]) -> State:
    return [[name, value] for name, value in arrays]


def _small(state: State, dropout: float = 0.0) -> Small:
    model = Small(dropout)
    assign_weights(model, dict(_arrays(state)))
    return model


def _loader(images: np.ndarray, labels: np.ndarray, batch: int) -> Any:
    from torch.utils.data import DataLoader, TensorDataset

    return DataLoader(TensorDataset(torch.tensor(images), torch.tensor(labels)), batch_size=batch)


def _bytes(path: Path) -> np.ndarray:
    return np.frombuffer(path.read_bytes(), np.uint8)


def _shape(value: Any) -> list[int] | str:
    return list(value.shape) if isinstance(value, Tensor) else type(value).__name__


def _numbers(value: Any) -> np.ndarray:
    if isinstance(value, (tuple, list)) and value and isinstance(value[0], Tensor):
        value = value[0]  # a network that returns its logits and something more
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value
        return value.contiguous().numpy()
    return np.ascontiguousarray(value)


def _plain(value: Any, depth: int = 0) -> Any:
    """Numbers, strings, lists and dicts as they are; small tensors and arrays as lists; anything else as its text."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value[:1000] if isinstance(value, str) else value
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        few = 0 < int(np.prod(value.shape)) <= 64
        return value.tolist() if few else f"an array of shape {tuple(value.shape)}"
    if isinstance(value, dict) and depth < 4:
        return {str(key)[:100]: _plain(item, depth + 1) for key, item in list(value.items())[:100]}
    if isinstance(value, (list, tuple)) and depth < 4:
        return [_plain(item, depth + 1) for item in value[:100]]
    return repr(value)[:1000]
