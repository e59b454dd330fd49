"""What a student process does with definitions that only lab 4 asks for: filters, feature maps, activations.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.labs import forms
from autograder.labs.kinds.figure_procedures import FIGURE, shown
from autograder.labs.kinds.plain_data import with_kind
from autograder.labs.kinds.pretended_gpu import on_gpu, seen_on_gpu
from autograder.sandbox.network_handling import Arrays, assign_weights, give_weights, numbers
from autograder.sandbox.student import Student

FOUND = forms.measured(image=forms.either(forms.nothing, forms.numbers))


class Stand(nn.Module):
    """Stands in for a BetterCNN that cannot take the weights or overwrites its outputs: the same first layer."""

    def __init__(self, state: Arrays) -> None:
        super().__init__()
        first = state[0][1].shape
        self.conv1 = nn.Conv2d(1, first[0], first[2])
        self.conv2 = nn.Conv2d(first[0], 15, 3)
        self.fc1 = nn.Linear(15, 10)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc1(torch.relu(self.conv2(torch.relu(self.conv1(images)))).amax((2, 3)))


class Broken(Exception):
    """What a network raises that fails on purpose: no error that anybody could expect."""


class Looked(nn.Module):
    """The grader's own network, with batch norm and dropout before its second convolution. (N, 1, 28, 28) → (N, 10)."""

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
            raise Broken("this network fails on purpose")
        return self.out(torch.relu(maps).mean((2, 3)))


def looked(state: Arrays) -> Looked:
    """The grader's network with the weights `state`, in training mode."""
    model = Looked()
    with torch.no_grad():
        model.load_state_dict({name: torch.tensor(value) for name, value in state}, strict=False)
    return model.train()


class Renamed(nn.Module):
    """Has the same first layer, in a block after one without weights, and no attribute of the usual names."""

    def __init__(self, state: Arrays) -> None:
        super().__init__()
        count, channels, height, width = state[0][1].shape
        first = nn.Conv2d(channels, count, (height, width))
        self.block_a = nn.Sequential(nn.Identity(), first, nn.ReLU())
        self.block_b = nn.Sequential(nn.Conv2d(count, 15, 3), nn.ReLU())
        self.head = nn.Linear(15, 10)
        assign_weights(first, {"weight": state[0][1], "bias": state[1][1]})

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.block_b(self.block_a(images)).amax((2, 3)))


@forms.answers(FIGURE)
def filters(
    student: Student, state: Arrays, stand: bool = False, renamed: bool = False, picture: bool = False
) -> dict[str, Any]:
    """The image arrays on the axes of `plot_filters`, for the student's own BetterCNN or for one that stands in; if
    `renamed`, that one's first convolution is in a block."""
    model = Renamed(state).eval() if renamed else _seen(student, state, stand)[0]
    return shown(lambda: student.get("plot_filters")(model), picture)


@forms.answers(
    forms.record(
        forms.measured(maps=forms.either(forms.nothing, forms.numbers)),
        forms.told(kind=forms.text, tensor=forms.flag, before=forms.count, after=forms.count, attached=forms.flag),
    )
)
def maps(student: Student, state: Arrays, image: np.ndarray, stand: bool = False) -> dict[str, Any]:
    """The feature maps of the first convolution, and how many hooks are on the model before and after."""
    model, layer = _seen(student, state, stand)
    before = _hooks(model)
    answer = student.get("feature_maps")(model, layer, torch.tensor(image))
    attached = isinstance(answer, Tensor) and answer.requires_grad
    return {**with_kind("maps", answer), "before": before, "after": _hooks(model), "attached": attached}


@forms.answers(forms.record(forms.told(seen=forms.text)))
def maps_on_gpu(student: Student) -> dict[str, Any]:
    """What is seen of `feature_maps` where the model is on a pretended GPU: empty if all goes well."""
    feature_maps = student.get("feature_maps")

    def use(seen: list[str]) -> None:
        model = Looked().eval()
        answer = feature_maps(on_gpu(model, seen), model.conv2, torch.zeros(1, 28, 28))
        if isinstance(answer, Tensor) and answer.device.type != "cpu":
            seen.append("the maps that came back are still on the GPU")

    return {"seen": seen_on_gpu(feature_maps, use)}


@forms.answers(FIGURE)
def map_figure(student: Student, maps: np.ndarray, picture: bool = False) -> dict[str, Any]:
    """The image arrays on the axes of `plot_feature_maps`."""
    return shown(lambda: student.get("plot_feature_maps")(torch.tensor(maps)), picture)


@forms.answers(forms.each(forms.record(forms.told(kind=forms.text, tensor=forms.flag), FOUND), length=2))
def maximise(student: Student, state: Arrays, units: list[int], steps: int, lr: float) -> list[dict[str, Any]]:
    """What `maximise_activation` finds for units of the first convolution."""
    answers = []
    for unit in units:
        torch.manual_seed(0)
        model, layer = _seen(student, state)
        if _changes_in_place(model, layer):
            model, layer = _seen(student, state, stand=True)
        answers.append(_maximised(student, model, layer, unit, steps, lr))
    return answers


@forms.answers(
    forms.record(
        forms.measured(maps=forms.either(forms.nothing, forms.numbers)),
        forms.told(kind=forms.text, tensor=forms.flag, steady=forms.flag, after_error=forms.count),
    )
)
def maps_in_training(student: Student, state: Arrays, image: np.ndarray) -> dict[str, Any]:
    """The feature maps (6, 22, 22) of the grader's network, which is in training mode; and hooks after an error.

    The layer has a hook of its own beforehand, which is to stay.
    """
    torch.manual_seed(0)
    model = looked(state)
    answer, again = (student.get("feature_maps")(model, model.conv2, torch.tensor(image)) for _ in range(2))
    broken = looked(state)
    broken.fails = True
    broken.conv2.register_forward_hook(_nothing)
    with contextlib.suppress(Exception):  # on purpose
        student.get("feature_maps")(broken, broken.conv2, torch.tensor(image))
    return {
        **with_kind("maps", answer),
        "steady": all(isinstance(each, Tensor) for each in (answer, again))
        and np.array_equal(numbers(answer), numbers(again)),
        "after_error": abs(_hooks(broken) - 1),
    }


def _nothing(*_: Any) -> None:
    """A hook that does nothing."""


@forms.answers(
    forms.record(forms.measured(maps=forms.either(forms.nothing, forms.numbers)), forms.told(weightless=forms.text))
)
def only_map(student: Student, weight: np.ndarray, image: np.ndarray) -> dict[str, Any]:
    """The feature maps (1, 26, 26) of a network whose layer has a single channel; and what is raised for its next
    layer, which has no weights."""
    layer, next_layer = nn.Conv2d(1, 1, 3, bias=False), nn.MaxPool2d(2)
    assign_weights(layer, {"weight": weight})
    model = nn.Sequential(layer, next_layer, nn.Flatten(), nn.Linear(13 * 13, 10)).eval()
    feature_maps, weightless = student.get("feature_maps"), ""
    answer = feature_maps(model, layer, torch.tensor(image))
    try:
        feature_maps(model, next_layer, torch.tensor(image))
    except Exception as error:
        weightless = type(error).__name__
    return {"maps": with_kind("maps", answer)["maps"], "weightless": weightless}


@forms.answers(
    forms.each(forms.record(forms.told(kind=forms.text, tensor=forms.flag, changed=forms.each(forms.text)), FOUND))
)
def maximise_elsewhere(
    student: Student, state: Arrays, layer: str, training: list[bool], unit: int, steps: int, lr: float
) -> list[dict[str, Any]]:
    """What is found for a later layer of the grader's network, in each of the modes, and what changed in it."""
    answers = []
    for mode in training:
        torch.manual_seed(0)
        model = looked(state).train(mode)
        for value in model.parameters():
            value.grad = torch.full_like(value, 0.5)  # as after a step of training
        model.conv1.eval()  # as in a network of which a part is frozen
        model.out.bias.requires_grad_(False)
        getattr(model, layer).register_forward_hook(_nothing)
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
    return with_kind("image", student.get("maximise_activation")(model, layer, unit, steps=steps, lr=lr))


def _condition(model: nn.Module) -> dict[str, list[Any]]:
    """All that `maximise_activation` must leave as it was."""
    parameters = list(model.parameters())
    return {
        "parameters": [value.detach().clone() for value in parameters],
        "gradients": [None if value.grad is None else value.grad.clone() for value in parameters],
        "wants gradients": [value.requires_grad for value in parameters],
        "running statistics": [value.clone() for value in model.buffers()],
        "modes": [module.training for module in model.modules()],
        "settings": [
            value
            for module in model.modules()
            for name, value in sorted(vars(module).items())
            if name != "training" and isinstance(value, (bool, int, float, str, tuple))
        ],
        "hooks": [_hooks(model)],
    }


def _same_values(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a, b)
        if isinstance(a, Tensor) and isinstance(b, Tensor)
        else a is b or (type(a) is type(b) and a == b)
        for a, b in zip(one, other, strict=True)
    )


def _seen(student: Student, state: Arrays, stand: bool = False) -> tuple[nn.Module, nn.Module]:
    """A model in evaluation mode that has the weights `state`, and its first convolution."""
    fits = False
    if not stand:
        try:
            model = student.get("BetterCNN")()
            fits = give_weights(model, state, torch.zeros(1, 1, 28, 28))
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


def _changes_in_place(model: nn.Module, layer: nn.Module) -> bool:
    """Whether the output of a layer is overwritten (an in-place ReLU), so that a hook cannot just keep it."""
    outputs: list[tuple[Tensor, Tensor]] = []
    hook = layer.register_forward_hook(lambda _, given, output: outputs.append((output, output.clone())))
    with hook, torch.no_grad():
        model(torch.linspace(0, 1, 28 * 28).view(1, 1, 28, 28))
    return any(not torch.equal(kept, before) for kept, before in outputs)


def _hooks(model: nn.Module) -> int:
    """How many hooks are on the model's modules, or on all modules; a replaced `forward` counts as one."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    own = sum(len(getattr(module, kind, ())) for module in model.modules() for kind in kinds)
    everywhere = sum(len(getattr(torch.nn.modules.module, f"_global{kind}", ())) for kind in kinds)
    return own + everywhere + sum("forward" in vars(module) for module in model.modules())
