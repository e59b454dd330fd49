"""Does the judge pass right answers in any spelling, fail wrong ones, and name the mistake?"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot
from matplotlib.colors import ListedColormap
from PIL import Image
from torch import nn

from autograder.drawing import draw
from autograder.grading.flags import flags_of_weights
from autograder.judge import equivalence, figures, images, probes, values, weights_file
from autograder.judge.oracle import RIGHT, LiveOracle
from autograder.judge.verdict import Failed, NotAttempted, Partial
from autograder.labs.context import Context
from autograder.labs.examination import Examination
from autograder.labs.findings import Findings
from autograder.labs.kinds import figure_procedures, value_procedures
from autograder.labs.kinds.image import Picture
from autograder.labs.kinds.network import Network
from autograder.labs.lab import open_lab
from autograder.labs.lab4 import drawn_pictures, networks
from autograder.labs.respondents import Respondents
from autograder.results import CheckResult, TaskResult
from autograder.sandbox.network_handling import fitting
from autograder.sandbox.own_kernel import Kernel
from autograder.sandbox.weights_reader import read_weights
from tests.judging import judged

LAB = open_lab("lab4")
ORACLE = LAB.oracle(seed=11)


def examination(**definitions: object) -> Examination:
    """An examination of definitions that stand in this process, which knows mistakes by name."""
    kernel = Kernel(dict(definitions))
    context = Context(LAB, LAB.course_file.parent, ORACLE)
    return Examination(context, ORACLE, Findings(), Respondents(LAB, kernel), "simple-cnn", "", False, ORACLE)


# --- networks ---------------------------------------------------------------------------------------------------------

PROBES = {probe.definition: probe for probe in reversed(networks.NETWORKS)}


@pytest.mark.parametrize("probe", networks.NETWORKS, ids=lambda network: network.id)
def test_the_reference_passes(probe: Network) -> None:
    probe.same_function(examination(**{probe.definition: ORACLE.definition(probe.definition)}))


class OtherOrder(nn.Module):
    """A residual block whose layers are made in an order of its own: all norms first, the skip before the rest."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.same = in_channels == out_channels
        self.c, self.b, self.a = (nn.BatchNorm2d(out_channels) for _ in range(3))
        if self.same:
            del self.c
        else:
            self.fit = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.two = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.one = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = x if self.same else self.c(self.fit(x))
        return torch.relu(skip + self.b(self.two(torch.relu(self.a(self.one(x))))))


@pytest.mark.parametrize("probe", [networks.RESIDUAL_SAME, networks.RESIDUAL_OTHER], ids=lambda network: network.id)
@pytest.mark.parametrize("train", [False, True])
def test_the_order_in_which_layers_are_made_is_free(probe: Network, train: bool) -> None:
    probe.same_function(examination(ResidualBlock=OtherOrder), train)


class UnusedLayer(nn.Module):
    """The right BranchModel, functional pooling before ReLU, and a layer that nobody calls."""

    def __init__(self) -> None:
        super().__init__()
        self.leftover = nn.Linear(3, 3)
        self.body = nn.ModuleDict({"r": nn.Conv2d(1, 16, 5, padding="same"), "l": nn.Conv2d(1, 16, 1)})
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(inplace=True), nn.Linear(128, 10))
        self.drop = nn.Dropout(p=0.2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        both = self.body["l"](x).clamp(min=0) + self.body["r"](x).clamp(min=0)
        return self.head(self.drop(nn.functional.max_pool2d(both, (2, 2), stride=2)))


def test_a_layer_that_is_never_called_does_no_harm() -> None:
    networks.BRANCH.same_function(examination(BranchModel=UnusedLayer))
    networks.BRANCH.dropout_place(examination(BranchModel=UnusedLayer))


def test_a_network_that_leaves_out_a_branch_still_has_the_layers() -> None:
    class BranchModel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Conv2d(1, 16, 1), nn.Conv2d(1, 16, 5, padding=2)
            self.fc1, self.fc2 = nn.Linear(3136, 128), nn.Linear(128, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            maps = nn.functional.max_pool2d(self.right(x).relu(), 2)
            return self.fc2(self.fc1(maps.flatten(1)).relu())

    networks.BRANCH.layer_shapes(examination(BranchModel=BranchModel), [2, 10])


def test_other_shapes_are_shown_side_by_side() -> None:
    class SimpleCNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 16, 5)
            self.fc = nn.Linear(16 * 144, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(nn.functional.max_pool2d(self.conv(x).relu(), 2).flatten(1))

    with pytest.raises(Failed) as failed:
        networks.SIMPLE.layer_shapes(examination(SimpleCNN=SimpleCNN), [2, 10])
    assert "32 × 1 × 5 × 5" in failed.value.message
    assert "16 × 1 × 5 × 5  (conv.weight)" in failed.value.message


# --- dropout ----------------------------------------------------------------------------------------------------------


def simple(dropout: object) -> type[nn.Module]:
    """A SimpleCNN with `dropout(network, maps)` after its pooling."""

    class SimpleCNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 32, 5)
            self.fc1 = nn.Linear(4608, 128)
            self.fc2 = nn.Linear(128, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = dropout(self, nn.functional.max_pool2d(self.conv1(x).relu(), 2))  # type: ignore[operator]
            return self.fc2(self.fc1(x.flatten(1)).relu())

    return SimpleCNN


def own_mask(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return x * (torch.rand_like(x) > 0.2) / 0.8 if net.training else x


@pytest.mark.parametrize(
    "dropout",
    [lambda net, x: nn.functional.dropout(x, 0.2, net.training), lambda net, x: nn.Dropout(0.2).train(net.training)(x)]
    + [own_mask],
)
def test_dropout_in_any_spelling_passes(dropout: object) -> None:
    networks.SIMPLE.dropout_place(examination(SimpleCNN=simple(dropout)))


@pytest.mark.parametrize(
    ("dropout", "sentence"),
    [
        (lambda net, x: nn.functional.dropout(x, 0.2), "dropout stays on"),
        (lambda net, x: x, "nothing is dropped"),
        (lambda net, x: nn.functional.dropout(x, 0.5, net.training), "should be 0.2, but it is 0.5"),
        (lambda net, x: nn.functional.dropout2d(x, 0.2, net.training), "do not vary as they should"),
        (lambda net, x: nn.functional.dropout(own_mask(net, x), 0.2, net.training), "do not vary as they should"),
    ],
)
def test_wrong_dropout_fails_and_says_how(dropout: object, sentence: str) -> None:
    with pytest.raises(Failed, match=sentence):
        networks.SIMPLE.dropout_place(examination(SimpleCNN=simple(dropout)))


# --- short answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    ["torch.Size([128, 32, 24, 24])", "(128, 32, 24, 24)", "128x32x24x24", "128 × 32 × 24 × 24", "[128,32,24,24]"]
    + ["128, 32, 24, 24", [128, 32, 24, 24], [128.0, 32.0, 24.0, 24.0], "torch.Size((128, 32, 24, 24))"],
)
def test_shapes_are_read_in_the_spellings_that_students_use(given: object) -> None:
    assert values.read_shape(given, "shape") == (128, 32, 24, 24)


@pytest.mark.parametrize("given", ["about 24", [1.5, 2], {"a": 1}, True, 5, "24 pixels"])
def test_what_is_no_shape_is_refused(given: object) -> None:
    with pytest.raises(Failed):
        values.read_shape(given, "shape")


@pytest.mark.parametrize("given", [592074, 592074.0, "592074", "592,074", "592 074", "592_074", [592074]])
def test_counts_are_read_in_the_spellings_that_students_use(given: object) -> None:
    assert values.read_count(given, "count") == 592074


@pytest.mark.parametrize("given", ["many", 1.5, [1, 2], True])
def test_what_is_no_count_is_refused(given: object) -> None:
    with pytest.raises(Failed):
        values.read_count(given, "count")


@pytest.mark.parametrize("given", [None, "Ellipsis", ""])
def test_an_empty_answer_is_not_attempted(given: object) -> None:
    with pytest.raises(NotAttempted):
        values.read_shape(given, "shape")


# --- images -----------------------------------------------------------------------------------------------------------

SCALED = drawn_pictures.PUBLIC_PICTURES[2]  # dark on light, 200×300
EXACT = drawn_pictures.PUBLIC_PICTURES[1]


def loaded(picture: Picture) -> np.ndarray:
    return ORACLE.ask("pictures")[f"image {picture.name}"].astype(np.float32)


def answered(image: np.ndarray) -> dict[str, object]:
    form = {"kind": "Tensor", "tensor": True, "no_text": False, "dtype": "torch.float32"}
    return {"name": "x", **form, "image": image.astype(np.float32)}


def resampled(resample: Image.Resampling, by_mass: bool = True) -> np.ndarray:
    """The picture loaded in another way: another filter, and the centre of mass or the box around it in the middle."""
    opened = np.asarray(Image.open(io.BytesIO(SCALED.file(ORACLE.seed).tobytes())).convert("L"), np.float32)
    ink = 1 - opened / 255
    rows, columns = np.nonzero(ink > 0.5)
    cut = Image.fromarray(ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] * 255).convert("L")
    scale = 20 / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * scale)), max(1, round(cut.height * scale))), resample)
    canvas = np.zeros((1, 28, 28), np.float32)
    top, left = (28 - cut.height) // 2, (28 - cut.width) // 2
    if by_mass:
        ink = np.asarray(cut, np.float64)
        down, across = ((ink.sum(1 - axis) * np.arange(side)).sum() / ink.sum() for axis, side in enumerate(ink.shape))
        top, left = round(14 - down), round(14 - across)
    canvas[0, top : top + cut.height, left : left + cut.width] = np.asarray(cut) / 255
    return canvas


@pytest.mark.parametrize("resample", [Image.Resampling.BILINEAR, Image.Resampling.LANCZOS, Image.Resampling.BOX])
def test_other_right_ways_to_load_an_image_pass(resample: Image.Resampling) -> None:
    images.judge_image(answered(resampled(resample)), loaded(SCALED), False, "x")


def test_centring_the_box_is_a_slip() -> None:
    with pytest.raises(Partial) as raised:
        images.judge_image(answered(resampled(Image.Resampling.BOX, by_mass=False)), loaded(SCALED), False, "x")
    assert "off centre" in raised.value.message
    assert raised.value.fraction == 0.75


def stretched() -> np.ndarray:
    drawn = np.asarray(draw(7, size=(200, 300), fill=0.6, mode="L", seed=ORACLE.seed), np.float32)
    rows, columns = np.nonzero(drawn > 100)
    cut = drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    square = np.asarray(Image.fromarray(cut).convert("L").resize((20, 20)), np.float32) / 255
    return np.pad(square, 4)[None]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda right: 1 - right, "dark on light"),
        (lambda right: right * 255, r"values should lie in \[0, 1\]"),
        (lambda right: right * 0, "black"),
        (lambda right: right.transpose(0, 2, 1), "proportions|transposed|similarity"),
        (lambda right: right[0], "shape"),
        (lambda right: np.roll(right, 5, 2), "off centre"),
        (lambda right: right[:, ::-1], "similarity"),
        (lambda right: stretched(), "proportions"),
        (lambda right: np.pad(right[:, ::2, ::2], ((0, 0), (7, 7), (7, 7))), "20×20"),
        (lambda right: np.full_like(right, np.nan), "NaN or infinity"),
    ],
)
def test_wrong_images_fail_and_say_how(make: object, sentence: str) -> None:
    with pytest.raises((Failed, Partial), match=sentence):
        images.judge_image(answered(make(loaded(SCALED))), loaded(SCALED), False, "x")  # type: ignore[operator]


def test_a_picture_of_28_by_28_keeps_its_pixels() -> None:
    right = loaded(EXACT)
    images.judge_image(answered(right), right, True, "x")
    with pytest.raises(Failed, match="should not be cropped or scaled"):
        images.judge_image(answered(np.roll(right, 1, 1)), right, True, "x")


# --- networks ---


def test_no_more_outputs_count_than_there_are_ways_to_assign_the_weights() -> None:
    right = np.arange(20.0, dtype=np.float32).reshape(2, 10)
    expected = {RIGHT: right, "tolerance": np.float64(1e-4)}
    weights = probes.weights([("a.weight", [3, 4]), ("a.bias", [3]), ("b.weight", [3, 4]), ("b.bias", [3])], 0)

    def judged(count: int) -> str | None:
        outputs = [*(right + number for number in range(1, count)), right]
        return equivalence.judge_outputs({"outputs": outputs, "others": [[]] * count}, expected, "Net", weights)

    assert judged(4) is None
    with pytest.raises(Failed, match="5 outputs of Net came back, where there are at most 4 ways"):
        judged(5)


def test_where_biases_alone_have_equal_shapes_there_is_nothing_to_guess() -> None:
    weights = dict(probes.weights([("a.weight", [3, 4]), ("a.bias", [3]), ("b.weight", [3, 2]), ("b.bias", [3])], 0))
    assert (weights["a.bias"] == weights["b.bias"]).all()
    net = nn.ParameterDict({name.replace(".", "_"): torch.zeros(value.shape) for name, value in weights.items()})
    assert len(fitting(net, list(weights.items()), torch.zeros(0))) == 1


# --- figures ----------------------------------------------------------------------------------------------------------

MAPS = np.random.default_rng(0).normal(size=(6, 5, 5))


def plotted(arrays: Any, columns: int = 3, size: tuple[float, float] = (6, 4), **options: Any) -> Any:
    made, grid = pyplot.subplots(-(-max(len(arrays), 1) // columns), columns, figsize=size, squeeze=False)
    for axes, one in zip(grid.flat, arrays, strict=False):
        axes.imshow(one, **options)
    return made


def figure(arrays: Any, **options: Any) -> Any:
    return figure_procedures.shown(lambda: plotted(arrays, **options), drawn=True)


def by_column() -> Any:
    """The axes in reading order, what is on them column by column."""
    return plotted([MAPS[index % 2 * 3 + index // 2] for index in range(6)], columns=2)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: figure(MAPS),
        lambda: figure([(array - array.min()) / np.ptp(array) for array in MAPS]),
        lambda: figure([np.stack([(array - array.min()) / np.ptp(array)] * 3, 2) for array in MAPS]),
        lambda: figure([np.round((array - array.min()) * 40) for array in MAPS], cmap="gray"),
        lambda: figure(MAPS, cmap="RdBu", vmin=-3, vmax=3),
        lambda: figure(MAPS, interpolation="bicubic"),
        lambda: figure(MAPS, aspect="auto", origin="lower"),
        lambda: figure(MAPS, columns=6, size=(10, 2)),
        lambda: figure(MAPS, columns=1, size=(1, 4)),  # too small to tell the colours
        lambda: figure_procedures.shown(by_column, drawn=True),
    ],
)
def test_a_figure_may_scale_shift_colour_and_lay_out_as_it_likes(answer: Callable[[], Any]) -> None:
    figures.judge_figure(answer(), MAPS, "`plot`", "map")


@pytest.mark.parametrize(
    "other",
    [[], MAPS[::-1], np.zeros((6, 5, 5))],
    ids=["an empty page", "another page", "a page of one colour"],
)
def test_what_is_not_on_the_page_is_not_drawn(other: Any) -> None:
    answer = figure(MAPS) | {"picture": figure(other)["picture"]}
    with pytest.raises(Failed, match="nothing to be seen of their values"):
        figures.judge_figure(answer, MAPS, "`plot`", "map")


def test_images_in_white_on_white_are_of_a_single_colour() -> None:
    with pytest.raises(Failed, match="6 of the 6 images are drawn in a single colour"):
        figures.judge_figure(figure(MAPS, cmap=ListedColormap(["white"])), MAPS, "`plot`", "map")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ([np.concatenate(list(MAPS), 1)], "one image for each map, 6 in all, but the figure has 1"),
        ([], "no axes with an image"),
        (MAPS[[1, 0, 2, 3, 4, 5]], "not in their original order"),
        (-MAPS, "opposite sign"),
        (np.random.default_rng(1).normal(size=(6, 5, 5)), "0 of the 6 images"),
        (np.zeros((6, 5, 5)), "0 of the 6 images"),
        (np.random.default_rng(1).normal(size=(6, 4, 4)), "size of a map, 5×5"),
    ],
)
def test_a_figure_of_something_else_fails_and_says_how(arrays: object, sentence: str) -> None:
    with pytest.raises(Failed, match=sentence):
        figures.judge_figure(figure(arrays), MAPS, "`plot`", "map")


def as_it_is(figure: Any) -> None:
    """Nothing is done to it."""


@pytest.mark.parametrize(
    ("done", "unseen"),
    [
        (as_it_is, 0),
        (lambda figure: figure.set_layout_engine("constrained"), 0),
        (lambda figure: [axes.axis("off") for axes in figure.axes], 0),
        (lambda figure: figure.axes[2].set_visible(False), 1),
        (lambda figure: figure.axes[2].get_images()[0].set_visible(False), 1),
        (lambda figure: figure.axes[2].get_images()[0].set_alpha(0), 1),
        (lambda figure: [axes.set_position((2, 2, 0.1, 0.1)) for axes in figure.axes], 6),
        (lambda figure: [axes.set_position((0.1, 0.1, 0.8, 0.8)) for axes in figure.axes], 5),
        (lambda figure: [axes.set_position((0.1 * n, 0, 0.002, 0.002)) for n, axes in enumerate(figure.axes)], 6),
        (lambda figure: figure.set_size_inches(0.1, 0.1), 6),
    ],
)
def test_an_image_counts_that_can_be_seen(done: Callable[[Any], object], unseen: int) -> None:
    def plot() -> Any:
        made, grid = pyplot.subplots(2, 3)
        for axes, one in zip(grid.flat, MAPS, strict=True):
            axes.imshow(one)
        done(made)
        return made

    answer = figure_procedures.shown(plot, drawn=True)
    assert answer["unseen"] == unseen
    if unseen:
        with pytest.raises(Failed, match=f"{unseen} of the 6 images cannot be seen"):
            figures.judge_figure(answer, MAPS, "`plot`", "map")
    else:
        figures.judge_figure(answer, MAPS, "`plot`", "map")


# --- weights files ----------------------------------------------------------------------------------------------------


def saved(value: object, old: bool = False) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=not old)
    return file.getvalue()


def test_state_dicts_are_read_however_they_were_wrapped() -> None:
    state = {"a.weight": torch.ones(2, 3), "a.num_batches_tracked": torch.tensor(3)}
    for content in (saved(state), saved({"state_dict": state}), saved({"model": state, "epoch": 3})):
        ((name, value),) = weights_file.arrays_of(read_weights(content, 1), "w.pt", 1)
        assert (name, value.shape) == ("a.weight", (2, 3))


def test_parameters_that_want_gradients_are_weights_too() -> None:
    content = saved(dict(nn.Linear(2, 3).named_parameters()))
    assert [value.shape for _, value in weights_file.arrays_of(read_weights(content, 1), "w.pt", 1)] == [(3, 2), (3,)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (saved(nn.Linear(2, 2)), "a whole module or other objects"),
        (saved(nn.Linear(2, 2), old=True), "a whole module or other objects"),
        (b"garbage", "is not a file that `torch.save` wrote"),
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "is a git-lfs pointer"),
        (b"\n<!DOCTYPE html><title>Log in</title>", "is a web page"),
        (saved({"a": torch.zeros(2000)})[:-300], "is cut off"),
        (saved({"a": torch.zeros(2000)})[:3000], "is cut off"),
        (saved({"a": torch.zeros(2000)}, old=True)[:-300], "is cut off"),
        (saved({"network": {"a": torch.zeros(2)}, "epoch": 3}), "holds a checkpoint"),
        (saved({"state": {}, "param_groups": [{"lr": 1, "momentum": 0, "params": [0]}]}), "the state of an optimiser"),
        (saved([1, 2]), "does not hold a state dict"),
        (saved({"a": torch.zeros(1).expand(10**9)}), "MB when unpacked"),
        (saved({"a": torch.zeros(600_000)}), "MB when unpacked"),
        (saved({f"a{number}": torch.zeros(1, dtype=torch.float16).expand(10**6) for number in range(9)}), "MB when"),
        (saved({f"a{number}": torch.zeros(1) for number in range(3000)}), "more tensors than"),
        (saved({"a": torch.zeros(2, device="meta")}), "some entries are not ordinary tensors"),
        (saved({("a", 1): torch.zeros(2)}), "does not hold a state dict"),
    ],
)
def test_other_files_are_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(Failed, match=sentence):
        weights_file.arrays_of(read_weights(content, 2), "w.pt", 2)


@pytest.mark.parametrize(
    ("content", "lost"),
    [
        (b"", True),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", True),
        (b"<html>", True),
        (saved({"a": torch.zeros(2000)})[:-300], True),
        (saved(nn.Linear(2, 2)), False),
        (saved({"network": {"a": torch.zeros(2)}}), False),
    ],
)
def test_whoever_s_weights_did_not_come_through_is_flagged_to_be_asked_again(content: bytes, lost: bool) -> None:
    with pytest.raises(Failed) as failed:
        weights_file.arrays_of(read_weights(content, 2), "weights/better_cnn.pt", 2)
    assert failed.value.hint  # what to do
    check = CheckResult(
        id="weights-fit", status="failed", score=0, max_score=2, public=True, message=failed.value.message
    )
    tasks = [TaskResult(id="better-cnn-accuracy", score=0, max_score=2, checks=[check, check])]
    flags = flags_of_weights(tasks, None)
    assert len(flags) == lost
    assert all(flag.endswith("Ask for the file again before the 0 counts.") for flag in flags)


def test_weights_fit_by_name_by_order_and_with_a_prefix() -> None:
    def network() -> nn.Module:
        return nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))

    arrays = [(name, value.numpy() + 1) for name, value in network().state_dict().items()]
    for prefix, names in (("", None), ("module.", None), ("", ["x.weight", "x.bias", "y.weight", "y.bias"])):
        given = [(prefix + (names[i] if names else name), value) for i, (name, value) in enumerate(arrays)]
        model = weights_file.fit_weights(given, network(), "w.pt")
        assert all(np.array_equal(v.numpy(), a) for v, (_, a) in zip(model.state_dict().values(), arrays, strict=True))
    with pytest.raises(Failed, match="does not fit"):
        weights_file.fit_weights(arrays[:2], network(), "w.pt")


# --- known mistakes ---------------------------------------------------------------------------------------------------


def test_what_mistakes_answer_is_worked_out_by_one_process(tmp_path: Path) -> None:
    """Others wait and read it: after a change, all graders of a class want to know at the same time."""
    asked = []

    def oracle(name: str) -> LiveOracle:
        made = LiveOracle({}, Path("nowhere"), 7, SimpleNamespace(kept=tmp_path))  # type: ignore[arg-type]

        def variants(question: str) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
            asked.append(name)
            time.sleep(0.3)
            yield "a-mistake", {RIGHT: np.arange(3.0)}

        made._variants = variants  # type: ignore[method-assign]
        return made

    both = [oracle("one"), oracle("other")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: dict(one.wrong("SimpleCNN/outputs")), both))
    assert len(asked) == 1
    for answer in answers:
        assert answer["a-mistake"][RIGHT].tolist() == [0, 1, 2]


# --- a check cell -----------------------------------------------------------------------------------------------------


def test_a_notebooks_kernel_answers_as_a_process_of_its_own_would() -> None:
    """NumPy's numbers are numbers, also where nothing is sent over a wire."""
    kernel = Kernel({"conv1_output_shape": (np.int64(1), np.float64(2.5))})
    answer = kernel.ask(value_procedures.values, [], {}, {"name": "conv1_output_shape"})
    assert [type(one) for one in answer] == [int, float]
    kernel.close()


# --- who is asked afresh ----------------------------------------------------------------------------------------------


def test_the_network_of_any_seed_says_several_different_digits() -> None:
    seeds = [652630303995110184, *range(30)]  # the first one's first network says 2 whatever it is shown
    for seed in seeds:
        files, weight, _, said = drawn_pictures.to_classify(seed)
        assert len(files) == len(said) == drawn_pictures.TO_CLASSIFY
        assert len(set(said)) >= drawn_pictures.LEAST_DIGITS
        by_name = [weight @ drawn_pictures.pixels_of(files[name]).ravel() for name in sorted(files)]
        assert [int(values.argmax()) for values in by_name] not in (list(said), list(said)[::-1])
        leads = [float(np.diff(np.sort(values)[-2:])[0]) for values in by_name]
        assert min(leads) > 0.9 * drawn_pictures.LEAST_LEAD, "rounding would decide what it says"


def test_a_load_image_that_is_wrong_and_has_another_name_in_classify_costs_nothing_there(tmp_path: Path) -> None:
    """It takes all pictures for light on dark: a matter of its own task."""

    def load_image(path: str) -> torch.Tensor:
        with Image.open(path) as picture:
            return torch.tensor(np.asarray(picture.convert("L"), np.float32) / 255)[None]

    def batch_of(paths: list[str], load: Any = load_image) -> torch.Tensor:
        return torch.stack([load(path) for path in paths])

    def classify(model: nn.Module, paths: list[str]) -> list[int]:
        device = next(model.parameters()).device
        return model.eval()(batch_of(paths).to(device)).argmax(1).tolist() if paths else []

    results = judged("classify", {"classify": classify, "load_image": load_image}, tmp_path)
    assert results["in-order"].status == "passed"
    results = judged("classify", {"classify": classify}, tmp_path)
    assert results["in-order"].status == "failed"


SAVING = """
def save_model(model, path):
    torch.save(model.state_dict(), path)


def load_model(path):
    model = BetterCNN()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model.eval()
"""


def test_a_network_that_cannot_be_made_costs_nothing_where_it_is_saved(tmp_path: Path) -> None:
    class BetterCNN(nn.Module):
        def __init__(self) -> None:
            raise NotImplementedError

    names: dict[str, Any] = {"torch": torch, "BetterCNN": BetterCNN}
    exec(SAVING, names)
    results = judged("save-load", names, tmp_path)
    assert {check: result.status for check, result in results.items()} == dict.fromkeys(results, "passed")


def test_a_path_without_str_costs_a_quarter_and_not_all(tmp_path: Path) -> None:
    names: dict[str, Any] = {"torch": torch, "BetterCNN": type(ORACLE.network("BetterCNN"))}
    exec(SAVING.replace("(), path)", "(), path.with_name(path.name))"), names)
    results = judged("save-load", names, tmp_path)
    lost = {check: result.max_score - result.score for check, result in results.items() if result.status != "passed"}
    assert lost == {"round-trip": 0.75}
