"""Is what the notebooks of lab 4 state true? Each number that they give about a network is computed anew.

A quote of the table below must be in its notebook, word for word, and its numbers in braces must be what the function
beside it computes. What a notebook's own cells define (`chain`, `small_network`, …) is run as it is there.
"""

from __future__ import annotations

import ast
import collections
import functools
import io
import json
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torchbearer
from torch import Tensor, nn
from torch.nn import functional as F

from autograder.build.source_notebooks import source_notebook
from autograder.data import Data, DataUnavailable, load_data
from autograder.training.recipes import Recipe, accuracy, fit
from autograder.training.reference import find_networks
from tests.conftest import ROOT

REFERENCE = ROOT / "reference" / "lab4"
NUMBER = re.compile(r"\{([\d.,]*\d)\}")
SEEDS = range(3)


@dataclass(frozen=True)
class Statement:
    """A sentence or a line of a table, and what its numbers in braces must be."""

    notebook: str
    quote: str
    computed: Callable[[], Sequence[float]]
    off: float = (
        0.0  # by which share a number may differ, besides its rounding: another machine, another release of torch
    )
    slow: bool = False  # trains at full size


# --- what the notebooks hold ------------------------------------------------------------------------------------------


@functools.cache
def cells(notebook: str) -> Any:
    return source_notebook(REFERENCE / f"{notebook}.py").cells


@functools.cache
def text(notebook: str) -> str:
    return " ".join(" ".join(cell.source for cell in cells(notebook)).split())


@functools.cache
def defined(notebook: str) -> dict[str, Any]:
    """What the code cells import and define; `data` is MNIST, and what they borrow is the reference's."""
    namespace: dict[str, Any] = {"data": mnist(), "device": "cpu"}
    for borrowed, lender in (
        ("train", "4_1_simple_cnn"),
        ("evaluate", "4_1_simple_cnn"),
        ("BetterCNN", "4_2_better_cnn"),
    ):
        if lender < notebook:
            namespace[borrowed] = defined(lender)[borrowed]
    for cell in cells(notebook):
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
            body = [node for node in ast.parse("\n".join(lines)).body if defines(node)]
            exec(compile(ast.Module(body, []), notebook, "exec"), namespace)
    return namespace


def defines(node: ast.stmt) -> bool:
    """Whether it imports or defines something: a function, a class, a constant."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id.isupper() for target in node.targets)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


@functools.cache
def mnist() -> Data:
    try:
        return load_data("mnist")
    except DataUnavailable:
        pytest.skip("MNIST cannot be had here: set MNIST_ROOT")


@functools.cache
def trained() -> Any:
    """The reference's BetterCNN with the weights that it learned on MNIST."""
    model = defined("4_2_better_cnn")["BetterCNN"]()
    model.load_state_dict(torch.load(REFERENCE / "weights" / "mnist" / "better_cnn.pt", weights_only=True))
    return model.eval()


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def moved(images: Tensor, down: int, right: int) -> Tensor:
    """Images moved by whole pixels; the digits are far enough from the border to stay whole."""
    return torch.roll(images, (down, right), (2, 3))


# --- 4.1 --------------------------------------------------------------------------------------------------------------


EDGES = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])[None, None]


@torch.no_grad()
def change_by_a_shift() -> Sequence[float]:
    images = mnist().test_images[:1000]
    before, after = (F.relu(trained().conv1(given)) for given in (images, moved(images, 0, 1)))
    pooled = F.max_pool2d(before, 2), F.max_pool2d(after, 2)
    return [100 * float((old - new).norm() / old.norm()) for old, new in ((before, after), pooled)]


def fully_connected_in_its_place() -> Sequence[float]:
    outputs = 32 * 24 * 24
    return [784, outputs, outputs, (784 * outputs + outputs) / 1e6, parameters(nn.Conv2d(1, 32, 5)), 24 * 24]


@functools.cache
def simple_cnn_reaches() -> Sequence[float]:
    """The training accuracy in % in the first and the third epoch, and the test accuracy: means over the seeds."""
    reached = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = defined("4_1_simple_cnn")["SimpleCNN"]()
        history = defined("4_1_simple_cnn")["train"](model, mnist().loader("train"), epochs=3)
        reached.append((history[0]["acc"], history[2]["acc"], accuracy(model, *mnist().part("test"))))
    return [100 * statistics.mean(values) for values in zip(*reached, strict=True)]


# --- 4.2 --------------------------------------------------------------------------------------------------------------


def trained_by(
    optimizer: str, max_lr: float, epochs: int = 3, network: tuple[str, str] = ("4_2_better_cnn", "BetterCNN")
) -> Callable[[], Sequence[float]]:
    """The mean test accuracy in % of a network; a rate of 0.001 stands still, a higher one is the top of a cycle."""

    def one(seed: int) -> float:
        torch.manual_seed(seed)
        model = defined(network[0])[network[1]]()
        if optimizer == "AdamW" and max_lr > 0.001:
            fit(model, mnist(), Recipe(epochs=epochs, max_lr=max_lr), verbose=0)
        else:
            by_hand(model, optimizer, max_lr, epochs)
        return 100 * accuracy(model, *mnist().part("test"))

    return lambda: [statistics.mean(one(seed) for seed in SEEDS)]


def by_hand(model: nn.Module, optimizer: str, max_lr: float, epochs: int) -> None:
    loader = mnist().loader("train")
    as_in_fit = {"betas": (0.7, 0.9), "weight_decay": 0.01} if optimizer == "AdamW" else {}
    steps = getattr(torch.optim, optimizer)(model.parameters(), lr=max_lr, **as_in_fit)
    schedule = None
    if max_lr > 0.001:
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            steps, max_lr, total_steps=epochs * len(loader), pct_start=0.25, cycle_momentum=False
        )
    model.train()
    for _ in range(epochs):
        for images, labels in loader:
            steps.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            steps.step()
            if schedule:
                schedule.step()


def sizes_of_better_cnn() -> Sequence[float]:
    model = defined("4_2_better_cnn")["BetterCNN"]()
    pooled = F.max_pool2d(model.conv1(torch.zeros(1, 1, 28, 28)), 2)
    return [pooled.numel(), F.max_pool2d(model.conv2(pooled), 2).numel()]


def parameters_of(*names: str) -> Sequence[float]:
    return [parameters(network.make()) for network in find_networks(REFERENCE, list(names))]


def binomial_sd(right: float, images: int = 10_000) -> float:
    return 100 * float((right * (1 - right) / images) ** 0.5)


def committed(file: str) -> list[dict[str, Any]]:
    return json.loads((REFERENCE / "weights" / file).read_text(encoding="utf-8"))


def the_last_row() -> Sequence[float]:
    """What the reference's log says of its best model, and of the row before: accuracies, and images that are wrong."""
    best = [row["validation"] for row in committed("mnist/seeds.json") if row["network"] == "best"][:2]
    before = defined_log()[-2]["validation"]
    return [*best, *(round(5000 * (1 - right), 6) for right in (*best, *before))]


def defined_log() -> list[dict[str, Any]]:
    [cell] = [cell for cell in cells(BETTER) if cell.source.startswith("experiments = ...")]
    namespace: dict[str, Any] = {}
    exec(cell.source, namespace)
    return namespace["experiments"]


def validation_reached(name: str, **recipe: Any) -> Callable[[], Sequence[float]]:
    """What a network reaches on the validation images with a recipe that is changed in this way, from two seeds."""

    def one(seed: int) -> float:
        [network] = find_networks(REFERENCE, [name])
        torch.manual_seed(seed)
        model = network.make()
        fit(model, mnist(), replace(network.recipe("mnist"), **recipe), verbose=0)
        return accuracy(model, *mnist().part("validation"))

    return lambda: [one(0), one(1)]


# --- 4.3 --------------------------------------------------------------------------------------------------------------


def passes(value: object) -> bool:
    """Whether `torch.load` with `weights_only=True` reads it."""
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    try:
        torch.load(file, weights_only=True)
    except Exception:
        return False
    return True


def next_epoch(seeds: Sequence[int]) -> tuple[float, float]:
    """The loss of the second epoch with a new Adam, and with the one of the first epoch: means over the seeds."""
    new, old = [], []
    make, run_until = defined("4_3_save_and_load")["new_trial"], defined("4_3_save_and_load")["run_until"]
    for seed in seeds:
        model, trial = make(seed)
        run_until(trial, 1)
        weights = {name: value.clone() for name, value in model.state_dict().items()}
        old.append(run_until(trial, 2)[-1]["loss"])
        model, trial = make(seed)
        model.load_state_dict(weights)
        torch.manual_seed(2)
        new.append(trial.run(epochs=1)[-1]["loss"])
    return statistics.mean(new), statistics.mean(old)


# --- 4.4 --------------------------------------------------------------------------------------------------------------


@functools.cache
def pictures() -> tuple[Tensor, list[int], list[str]]:
    paths = [*sorted((REFERENCE / "own").glob("*.png")), *sorted((REFERENCE / "images").glob("*"))]
    images = torch.stack([defined("4_4_own_image")["load_image"](path) for path in paths])
    return images, [int(path.name[0]) for path in paths], [path.stem for path in paths]


def right_when_moved() -> Sequence[float]:
    """How many are read right when they are moved up and to the left by 1 to 4 pixels, and what the 8 is read as."""
    images, labels, _ = pictures()
    with torch.no_grad():
        read = [trained()(moved(images, -pixels, -pixels)).argmax(1).tolist() for pixels in range(1, 5)]
    right = [sum(a == b for a, b in zip(answers, labels, strict=True)) for answers in read]
    return [right[0], right[1], right[2], right[3], read[3][labels.index(8)]]


def mass_off_the_middle() -> float:
    """How far from row and column 14 the centre of mass of a training image lies at most."""
    images = mnist().train_images[:, 0]
    places, mass = torch.arange(28.0), images.sum((1, 2))
    return max(float(((images.sum(axis) * places).sum(1) / mass - 14).abs().max()) for axis in (1, 2))


# --- 4.5 --------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def negative() -> Sequence[float]:
    """The share in % of values that are negative after the first and the second convolution."""
    first = trained().conv1(mnist().test_images[:1000])
    second = trained().conv2(F.max_pool2d(F.relu(first), 2))
    return [100 * float((values < 0).float().mean()) for values in (first, second)]


def largest_weights() -> Sequence[float]:
    torch.manual_seed(0)
    untrained = defined("4_2_better_cnn")["BetterCNN"]()
    return [float(model.conv1.weight.detach().abs().max()) for model in (untrained, trained())]


# --- 4.6 --------------------------------------------------------------------------------------------------------------


def chains(kind: str) -> Callable[[], Sequence[float]]:
    def computed() -> Sequence[float]:
        found = []
        for skip in (False, True):
            gradients, spread = defined("4_6_branches")["chain"](kind, skip)
            found += [gradients[0] / gradients[-1], spread]
        return found

    return computed


def explosion() -> Sequence[float]:
    """The spread at the end of He's chain with skips: the seed shown, then the least and most of four others."""
    first, *others = (defined("4_6_branches")["chain"]("He", True, seed)[1] for seed in range(5))
    return [first, min(others), max(others)]


def luck_of_he() -> Sequence[float]:
    """The least and the largest spread at the end of He's chain without skips, over six seeds."""
    spreads = [defined("4_6_branches")["chain"]("He", False, seed)[1] for seed in range(6)]
    return [min(spreads), max(spreads)]


class Merged(nn.Module):
    """BranchModel with its branches summed or concatenated, with a left branch of another size, or without it."""

    def __init__(self, merge: str, left: int = 1) -> None:
        super().__init__()
        self.merge = merge
        self.left, self.right = nn.Conv2d(1, 16, left, padding=left // 2), nn.Conv2d(1, 16, 5, padding=2)
        self.fc1 = nn.Linear((32 if merge == "concatenation" else 16) * 14 * 14, 128)
        self.fc2 = nn.Linear(128, 10)
        if merge == "none":
            del self.left

    def forward(self, x: Tensor) -> Tensor:
        maps = F.relu(self.right(x))
        if self.merge == "sum":
            maps = F.relu(self.left(x)) + maps
        elif self.merge == "concatenation":
            maps = torch.cat([F.relu(self.left(x)), maps], dim=1)
        maps = F.dropout(F.max_pool2d(maps, 2), 0.2, training=self.training)
        return self.fc2(F.relu(self.fc1(maps.flatten(1))))


def over_seeds(make: Callable[[int], nn.Module], epochs: int, few: bool) -> Sequence[float]:
    """The test accuracy in % of `make(seed)` for each seed, and their mean."""
    data, reached = mnist(), []
    batches = list(zip(data.train_images[:10000].split(128), data.train_labels[:10000].split(128), strict=True))
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = make(seed)
        defined("4_1_simple_cnn")["train"](model, batches if few else data.loader("train"), epochs)
        reached.append(100 * accuracy(model, *data.part("test")))
    return [*reached, statistics.mean(reached)]


def branches(merge: str, left: int = 1) -> Callable[[], Sequence[float]]:
    return lambda: [
        *over_seeds(lambda seed: Merged(merge, left), epochs=2, few=False),
        parameters(Merged(merge, left)),
    ]


def middles(name: str) -> nn.Module:
    if name == "inception block":
        return defined("4_6_branches")["InceptionBlock"](16, 8)
    side = int(name[0])
    return nn.Sequential(nn.Conv2d(16, 24, side, padding=side // 2), nn.ReLU())


def inception(name: str) -> Callable[[], Sequence[float]]:
    def make(seed: int) -> nn.Module:
        return defined("4_6_branches")["small_network"](lambda: middles(name), seed)

    return lambda: [parameters(middles(name)), *over_seeds(make, epochs=2, few=True)]


def deep(skips: bool) -> Callable[[], Sequence[float]]:
    def make(seed: int) -> nn.Module:
        found = defined("4_6_branches")
        block = functools.partial(found["ResidualBlock"], 16, 16) if skips else found["without_skip"]
        return found["deep_network"](block, seed)

    return lambda: over_seeds(make, epochs=1, few=True)


def letter_tests(which: int) -> Callable[[], Sequence[float]]:
    """The accuracy in % on letters of known fonts (0) or new ones (1), for each seed, and the mean."""

    def computed() -> Sequence[float]:
        reached = [100 * both[which] for both in three_letter_tests()]
        return [*reached, statistics.mean(reached)]

    return computed


@functools.cache
def three_letter_tests() -> list[list[float]]:
    return [defined("4_6_branches")["letter_tests"](seed) for seed in SEEDS]


@torch.no_grad()
def sure_of(images: Tensor) -> list[float]:
    """For how many of the images, in %, the trained network's confidence is above 90 % and above 99 %."""
    confidence = trained()(images).softmax(1).max(1).values
    return [100 * float((confidence > limit).float().mean()) for limit in (0.9, 0.99)]


def sure_of_letters() -> list[float]:
    found = defined("4_6_branches")
    return sure_of(found["letters"](found["KNOWN"] + found["NEW"], 10, seed=2)[0])


def change_of_a_block() -> Sequence[float]:
    """How long the change is that an untrained residual block makes, by the length of its input: a mean over seeds."""
    found = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        block, x = defined("4_6_branches")["ResidualBlock"](32, 32), F.relu(torch.randn(32, 32, 14, 14))
        found.append(float(((block(x) - x).norm() / x.norm()).detach()))
    return [statistics.mean(found)]


# --- the table --------------------------------------------------------------------------------------------------------

SIMPLE, BETTER, SAVING, OWN, LOOKING, BRANCHES = (
    "4_1_simple_cnn",
    "4_2_better_cnn",
    "4_3_save_and_load",
    "4_4_own_image",
    "4_5_visualise",
    "4_6_branches",
)

# Trained at full size. Roundings differ between machines, and training magnifies them.
TRAINED = [
    Statement(
        BETTER, "| Adam, as in 4.1 | always 0.001 | 3 | {98.7} |", trained_by("Adam", 0.001), off=0.002, slow=True
    ),
    Statement(
        BETTER,
        "| AdamW with the betas of `fit` | always 0.001 | 3 | {98.7} |",
        trained_by("AdamW", 0.001),
        off=0.002,
        slow=True,
    ),
    Statement(
        BETTER,
        "| Adam, as in 4.1 | one cycle up to 0.01 | 3 | {99.2} |",
        trained_by("Adam", 0.01),
        off=0.001,
        slow=True,
    ),
    Statement(
        BETTER,
        "| AdamW with the betas of `fit` | one cycle up to 0.01 (this is `fit`) | 3 | {99.2} |",
        trained_by("AdamW", 0.01),
        off=0.001,
        slow=True,
    ),
    Statement(
        BETTER, "| Adam, as in 4.1 | always 0.001 | 10 | {99.2} |", trained_by("Adam", 0.001, 10), off=0.0015, slow=True
    ),
    Statement(
        BETTER,
        "trained by `fit`, `SimpleCNN` comes to {99.0} %",
        trained_by("AdamW", 0.01, network=(SIMPLE, "SimpleCNN")),
        off=0.001,
        slow=True,
    ),
    Statement(BETTER, '"validation": [{0.9906}, {0.9912}]', validation_reached("better"), off=0.001, slow=True),
    Statement(
        BETTER,
        '"validation": [{0.9926}, {0.9914}]',
        validation_reached("better", max_shift=2, max_degrees=10),
        off=0.001,
        slow=True,
    ),
    Statement(BETTER, '"validation": [{0.995}, {0.9944}]', validation_reached("plain", epochs=2), off=0.001, slow=True),
    Statement(
        BRANCHES,
        "| both branches, summed: `BranchModel` | {97.0} | {96.1} | {97.5} | {96.9} | {403,274} |",
        branches("sum"),
        off=0.004,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "(We ran it: {97.8}, {97.9} and {97.8} %, {97.8} on average.",
        lambda: branches("sum", left=3)()[:4],
        off=0.004,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| both branches, concatenated | {97.2} | {97.1} | {97.7} | {97.4} | {804,682} |",
        branches("concatenation"),
        off=0.004,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| the 5×5 branch alone | {98.0} | {97.5} | {98.1} | {97.9} | {403,242} |",
        branches("none"),
        off=0.004,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| inception block: 1×1, 3×3, 5×5 | {4,504} | {90.9} | {92.0} | {92.3} | {91.7} |",
        inception("inception block"),
        off=0.01,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| 3×3 convolution | {3,480} | {91.1} | {90.9} | {91.6} | {91.2} |",
        inception("3×3"),
        off=0.01,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| 5×5 convolution | {9,624} | {93.0} | {93.1} | {94.0} | {93.4} |",
        inception("5×5"),
        off=0.01,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| with skips: ten residual blocks | {78} | {90} | {74} | {80} |",
        deep(skips=True),
        off=0.1,
        slow=True,
    ),
    Statement(BRANCHES, "| without skips | {48} | {33} | {46} | {43} |", deep(skips=False), off=0.3, slow=True),
    Statement(
        BRANCHES,
        "| new drawings in the six known fonts | {97.3} | {98.2} | {98.4} | {98.0} |",
        letter_tests(0),
        off=0.01,
        slow=True,
    ),
    Statement(
        BRANCHES,
        "| drawings in the eight new fonts | {84.1} | {84.4} | {83.1} | {83.9} |",
        letter_tests(1),
        off=0.04,
        slow=True,
    ),
]

STATEMENTS = [
    Statement(SIMPLE, "change by {73} %, the pooled ones by {55} %", change_by_a_shift),
    Statement(
        SIMPLE,
        "would have {784} · {18,432} weights and {18,432} biases, about {14.5} million parameters; the convolution has "
        "32 · 25 + 32 = {832}. Locality: each output sees 25 pixels and not 784, which assumes that what matters in a "
        "picture is made of small parts whose pixels are neighbours. Shared weights: the {576} places",
        fully_connected_in_its_place,
    ),
    Statement(
        SIMPLE,
        "Expect about {98.5} % on MNIST's test images",
        lambda: simple_cnn_reaches()[2:],
        off=0.003,
        slow=True,
    ),
    Statement(
        SIMPLE,
        "was {92.7} % in the first epoch and {98.4} % in the third; at the end, {98.5} % of the test images",
        simple_cnn_reaches,
        off=0.003,
        slow=True,
    ),
    Statement(
        SIMPLE, "28 became (28 + 0 − 3) / 1 + 1 = {26}", lambda: [F.conv2d(mnist().test_images[:1], EDGES).shape[2]]
    ),
    Statement(
        SIMPLE,
        "With 3 input channels and 5×5 windows, a kernel has 3 · 5 · 5 = {75} weights",
        lambda: [nn.Conv2d(3, 1, 5).weight.numel()],
    ),
    Statement(
        BETTER,
        "| conv 30@5×5 and pool | 30 × 12 × 12 = {4,320} | | conv 15@3×3 and pool | 15 × 5 × 5 = {375} |",
        sizes_of_better_cnn,
    ),
    Statement(
        BETTER, "| `BetterCNN` by the recipe above | {59,933} |", lambda: [parameters(defined(BETTER)["BetterCNN"]())]
    ),
    Statement(BETTER, "images moved and turned | {75,452} |", lambda: parameters_of("plain")),
    Statement(
        BETTER, "| a tiny one: five convolutions of 8 and 16 channels | {7,988} |", lambda: parameters_of("tiny")
    ),
    Statement(BETTER, "| our best model: branches and merges | {177,828} |", lambda: parameters_of("best")),
    Statement(
        BETTER,
        "for $p = 0.99$ and $n = 10{,}000$ is {0.10} percentage points, and for 5,000 validation images {0.14}.",
        lambda: [binomial_sd(0.99), binomial_sd(0.99, 5_000)],
    ),
    Statement(BETTER, "√(0.99 · 0.01 / 5,000) ≈ {0.14} points", lambda: [binomial_sd(0.99, 5_000)]),
    Statement(
        BETTER,
        "over 20 seeds, `BetterCNN` after two epochs varied by {0.06} points (sd)",
        lambda: [100 * row["sd"] for row in committed("calibration.json") if row["network"] == "better"][1:],
    ),
    Statement(
        BETTER,
        '"validation": [{0.9974}, {0.9972}], "conclude": "half of them: {13} and {14} in place of {25} and {28},',
        the_last_row,
    ),
    Statement(BETTER, "√(0.993 · 0.007 / 10,000) ≈ {0.08} points", lambda: [binomial_sd(0.993)]),
    Statement(
        SAVING,
        "was {0.552} with a new Adam and {0.539} with the old one",
        lambda: next_epoch([0]),
        off=0.003,
        slow=True,
    ),
    Statement(
        SAVING,
        "over six seeds, it was {0.520} and {0.501} on average",
        lambda: next_epoch(range(6)),
        off=0.003,
        slow=True,
    ),
    Statement(
        OWN,
        "by one pixel, all {28} were still right, by two pixels {25}, by three {13}, and by four {6}; the 8 was then "
        "read as a {4}.",
        right_when_moved,
    ),
    Statement(LOOKING, "{92} % after the first convolution and {88} % after the second", negative, off=0.002),
    Statement(LOOKING, "was {0.20} before the training and {0.77} after it", largest_weights),
    Statement(
        BRANCHES,
        "{102,400} weights. Squeezed to 16 channels by a 1×1 convolution first, it takes "
        "64 · 16 + 16 · 64 · 25 = {26,624}",
        lambda: [
            parameters(nn.Conv2d(64, 64, 5, bias=False)),
            parameters(nn.Conv2d(64, 16, 1, bias=False)) + parameters(nn.Conv2d(16, 64, 5, bias=False)),
        ],
    ),
    *TRAINED,
    Statement(BRANCHES, "| 97.9 | {403,242} |", lambda: [parameters(Merged("none"))]),
    Statement(
        BRANCHES, "| inception block: 1×1, 3×3, 5×5 | {4,504} |", lambda: [parameters(middles("inception block"))]
    ),
    Statement(BRANCHES, "| 3×3 convolution | {3,480} |", lambda: [parameters(middles("3×3"))]),
    Statement(BRANCHES, "| 5×5 convolution | {9,624} |", lambda: [parameters(middles("5×5"))]),
    Statement(
        BRANCHES, "| default first weights | {0.0000000014} | {0.048} | {0.55} | {18} |", chains("default"), off=0.03
    ),
    Statement(BRANCHES, "| He's first weights | {1.9} | {0.0034} | {0.92} | {1,210} |", chains("He"), off=0.01),
    Statement(BRANCHES, "| default first weights, batch norm | {3.7} | {0.61} | {3.2} | {3.4} |", chains("batch norm")),
    Statement(BRANCHES, "spread of {1,210} here, and of {944} to {14,200} with four other seeds", explosion, off=0.02),
    Statement(BRANCHES, "after twenty layers lay between {0.0034} and {0.12}", luck_of_he, off=0.02),
    Statement(BRANCHES, "is {1.09} times the length of `x`", change_of_a_block),
    Statement(
        BRANCHES,
        "and for {43} % of the letters; above 99 % for 94.4 % of the digits, and for {21} % of the letters",
        sure_of_letters,
        off=0.05,
    ),
    Statement(
        BRANCHES,
        "only answers above 99 % count, {79} % of the letters are refused",
        lambda: [100 - sure_of_letters()[1]],
        off=0.05,
    ),
    Statement(
        BRANCHES,
        "for {98.1} % of the test digits, and for 43 % of the letters; above 99 % for {94.4} % of the digits",
        lambda: sure_of(mnist().test_images),
        slow=True,
    ),
    Statement(
        BRANCHES, "but so are {5.6} % of the real digits", lambda: [100 - sure_of(mnist().test_images)[1]], slow=True
    ),
    Statement(
        BRANCHES,
        "its input would be 32 · 14 · 14 = 6,272 values in place of 3,136, so it would have {802,944} parameters in "
        "place of {401,536}, and the network {804,682} in place of {403,274}",
        lambda: [
            *(parameters(model.fc1) for model in (Merged("concatenation"), Merged("sum"))),
            *(parameters(model) for model in (Merged("concatenation"), Merged("sum"))),
        ],
    ),
]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: f"{statement.notebook}: {statement.quote[:40]}")
def test_the_notebook_still_says_so(statement: Statement) -> None:
    quote = NUMBER.sub(r"\1", statement.quote)
    assert quote in text(statement.notebook), "the text has changed: change the quote too, and what its numbers must be"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            statement, id=f"{statement.notebook}: {statement.quote[:40]}", marks=[pytest.mark.slow] * statement.slow
        )
        for statement in STATEMENTS
    ],
)
def test_its_numbers_are_right(statement: Statement) -> None:
    told = NUMBER.findall(statement.quote)
    computed = statement.computed()
    assert len(told) == len(computed) > 0
    for number, value in zip(told, computed, strict=True):
        decimals = len(number.partition(".")[2])
        shown = float(number.replace(",", ""))
        assert abs(shown - value) <= 0.501 * 10**-decimals + statement.off * abs(value), f"{number}, but it is {value}"


# --- statements without numbers ---------------------------------------------------------------------------------------


def test_a_quote_that_is_no_longer_in_the_text_is_noticed() -> None:
    with pytest.raises(AssertionError, match="the text has changed"):
        test_the_notebook_still_says_so(Statement(SIMPLE, "a network of {7} layers of gold", lambda: [7]))


def test_a_number_that_is_off_is_noticed() -> None:
    test_its_numbers_are_right(Statement(SIMPLE, "{1.5}", lambda: [1.54]))
    with pytest.raises(AssertionError, match=r"1\.5, but it is 1\.56"):
        test_its_numbers_are_right(Statement(SIMPLE, "{1.5}", lambda: [1.56]))


@pytest.mark.parametrize("value", [1, 1.5, "a", b"a", [1], (1,), {1}, {"a": 1}, torch.zeros(1), torch.float32, None])
def test_what_is_on_the_short_list_of_weights_only_passes(value: object) -> None:
    assert passes(value)


@pytest.mark.parametrize("value", [nn.Linear(1, 1), print, Path("a"), torchbearer.MODEL, collections.deque([1])])
def test_what_is_not_on_it_is_refused(value: object) -> None:
    assert not passes(value)


def test_two_convolutions_in_a_row_are_one_with_a_larger_kernel() -> None:
    """Two 5×5 ones are a 9×9 one, which the notebook says, and two fully connected layers are one."""
    x, first, second = torch.randn(1, 1, 20, 20), torch.randn(3, 1, 5, 5), torch.randn(2, 3, 5, 5)
    one = F.conv2d(first.transpose(0, 1), second.flip(2, 3), padding=4).transpose(0, 1)
    assert one.shape == (2, 1, 9, 9)
    assert torch.allclose(F.conv2d(x, one), F.conv2d(F.conv2d(x, first), second), atol=1e-3)
    assert not torch.allclose(F.conv2d(x, one), F.conv2d(F.relu(F.conv2d(x, first)), second), atol=1)


def test_the_edges_of_even_areas_are_nothing_and_a_stroke_has_two_of_opposite_sign() -> None:
    assert not F.conv2d(torch.ones(1, 1, 5, 5), EDGES).any()
    stroke = torch.zeros(1, 1, 9, 12)
    stroke[..., 4:8] = 1
    answer = F.conv2d(stroke, EDGES)[0, 0, 3]
    assert answer.tolist() == (-answer.flip(0)).tolist()
    assert answer.max() == 4


def test_a_white_digit_is_nothing_to_the_kernel_that_looks_for_red() -> None:
    weights = torch.tensor([1.0, -0.5, -0.5])
    answers = [float((colour * weights).sum()) for colour in (*torch.eye(3)[:2], torch.ones(3))]
    assert answers == [1.0, -0.5, 0.0]


def test_the_loss_of_a_history_is_a_mean_over_batches_and_its_accuracy_one_over_images() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    images = torch.rand(5, 1, 28, 28)
    with torch.no_grad():
        logits = model(images)
    labels = logits.argmax(1)
    labels[4] = (labels[4] + 1) % 10  # the batch of one is wrong: 80 % of the images, half of the batches' accuracies
    trial = torchbearer.Trial(
        model, torch.optim.SGD(model.parameters(), lr=0.0), nn.CrossEntropyLoss(), metrics=["loss", "acc"], verbose=0
    )
    batches = [(images[:4], labels[:4]), (images[4:], labels[4:])]
    [epoch] = trial.with_generators(train_generator=batches).run(1)
    losses = F.cross_entropy(logits, labels, reduction="none")
    assert epoch["loss"] == pytest.approx(float((losses[:4].mean() + losses[4]) / 2), rel=1e-4)
    assert epoch["acc"] == pytest.approx(0.8)


def test_the_mean_of_a_first_map_weighs_all_pixels_in_the_middle_alike() -> None:
    conv = trained().conv1
    image = mnist().test_images[:1].clone().requires_grad_()
    for unit in range(conv.out_channels):
        [gradient] = torch.autograd.grad(conv(image)[0, unit].mean(), image)
        expected = conv.weight[unit].sum() / 576
        assert torch.allclose(gradient[0, 0, 4:24, 4:24], expected.expand(20, 20), atol=1e-6)


def test_every_centre_of_mass_is_within_about_half_a_pixel_of_the_middle() -> None:
    assert mass_off_the_middle() < 0.55


def test_the_filters_that_the_answer_describes_look_as_it_says() -> None:
    upper, right = trained().conv1.weight[14, 0], trained().conv1.weight[29, 0]
    assert upper[:2].min() > 0 > upper[3:].max()
    assert right[:, :2].mean() > 0 > right[:, 4].max()


def test_the_favourite_images_of_the_digits_are_nearly_sure() -> None:
    favourites = [defined(LOOKING)["maximise_activation"](trained(), trained().fc3, digit) for digit in range(10)]
    with torch.no_grad():
        assert trained()(torch.stack(favourites)).softmax(1).diagonal().min() > 0.95


def test_all_pictures_are_read_right() -> None:
    images, labels, _ = pictures()
    with torch.no_grad():
        assert trained()(images).argmax(1).tolist() == labels


def test_the_picture_in_a_corner_is_an_8_if_it_is_only_shrunk_and_photographs_suffer_most() -> None:
    """All other drawings of `images/` and `own/` are read right."""
    found = defined(OWN)
    _, labels, names = pictures()
    shrunk = []
    for path in [*sorted((REFERENCE / "own").glob("*.png")), *sorted((REFERENCE / "images").glob("*"))]:
        with found["Image"].open(path) as picture:
            upright = found["ImageOps"].exif_transpose(picture)
            grey = torch.from_numpy(found["light_on_dark"](found["grey_values"](upright))).float()
        shrunk.append(F.interpolate(grey[None, None], size=(28, 28), mode="bicubic", antialias=True)[0])
    with torch.no_grad():
        read = trained()(torch.stack(shrunk)).argmax(1).tolist()
    wrong = [(name, answer) for name, answer, label in zip(names, read, labels, strict=True) if answer != label]
    assert [(name, answer) for name, answer in wrong if "_made_" not in name] == [("5_off_centre", 8)]
    assert sum("_made_" in name for name, _ in wrong) == 6


def test_a_block_whose_last_scale_is_0_begins_as_the_identity() -> None:
    block = defined(BRANCHES)["ResidualBlock"](8, 8)
    nn.init.zeros_(block.norm2.weight)
    x = torch.rand(4, 8, 14, 14)
    assert torch.equal(block(x), x)
