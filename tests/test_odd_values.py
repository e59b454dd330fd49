"""Do our own procedures take whatever odd value student code may return, and say so where it holds no numbers?"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import colors
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from autograder.judge.equivalence import ROWS, side_by_side
from autograder.judge.figures import judge_figure
from autograder.judge.verdict import Failed
from autograder.labs import forms
from autograder.labs.kinds import (
    figure_procedures,
    function_procedures,
    image_procedures,
    network_procedures,
    training_procedures,
    value_procedures,
)
from autograder.labs.kinds.saved_weights_procedures import logits, round_trip
from autograder.labs.lab4 import procedures
from autograder.labs.run import MOST_WORDS, words_from
from autograder.sandbox import wire
from autograder.sandbox.network_handling import numbers
from autograder.sandbox.respondent import StudentError, unpack
from autograder.sandbox.student import guarded


class Own(Tensor):
    """A student's own kind of tensor."""


PLAIN = torch.rand(2, 3)
COMPLEX = PLAIN.to(torch.complex64)
# Those that hold real numbers, and what these are.
REAL: dict[str, tuple[Any, Any]] = {
    "sparse": (PLAIN.to_sparse(), PLAIN),
    "compressed": (PLAIN.to_sparse_csr(), PLAIN),
    "quantised": (torch.quantize_per_tensor(PLAIN.round(), 1.0, 0, torch.quint8), PLAIN.round()),
    "bfloat16": (PLAIN.round().bfloat16(), PLAIN.round()),
    "float8": (PLAIN.round().to(torch.float8_e4m3fn), PLAIN.round()),
    "float16": (PLAIN.round().half(), PLAIN.round()),
    "negated": (COMPLEX.conj().imag, torch.zeros(2, 3)),
    "with a gradient": (PLAIN.clone().requires_grad_(), PLAIN),
    "a parameter": (nn.Parameter(PLAIN), PLAIN),
    "of a subclass": (PLAIN.as_subclass(Own), PLAIN),  # type: ignore[arg-type]
    "uint16": (PLAIN.round().to(torch.uint16), PLAIN.round()),
    "bool": (PLAIN > 0.5, PLAIN > 0.5),
    "empty": (torch.zeros(0, 3), torch.zeros(0, 3)),
    "a single one": (torch.tensor(2.0), torch.tensor(2.0)),
    "NaN": (PLAIN * float("nan"), PLAIN * float("nan")),
    "expanded": (PLAIN[:1].expand(4, 3), PLAIN[:1].expand(4, 3)),
    "long double": (np.ones((2, 3), np.longdouble), torch.ones(2, 3)),
    "big-endian": (np.ones((2, 3), ">f4"), torch.ones(2, 3)),
    "uint32": (np.ones((2, 3), np.uint32), torch.ones(2, 3)),
    "masked": (np.ma.masked_array(np.ones(2), [False, False]), torch.ones(2)),
}
UNREAL: dict[str, Any] = {
    "complex": COMPLEX,
    "conjugate": COMPLEX.conj(),
    "meta": PLAIN.to("meta"),
    "nested": torch.nested.nested_tensor([PLAIN, PLAIN[:1]], layout=torch.jagged),
    "nested and strided": torch.nested.nested_tensor([PLAIN, PLAIN[:1]]),
    "complex array": np.array([1j]),
    "objects": np.array([object()]),
    "texts": np.array(["a"]),
    "dates": np.array(["2027-01-01"], "datetime64[D]"),
    "fields": np.zeros(2, [("a", int)]),
}
OTHERS: dict[str, Any] = {
    "a long number": 10**5000,
    "a complex number": 1j,
    "bytes": b"x",
    "nothing": None,
    "an ellipsis": ...,
    "a type": int,
    "deep": [[[[[[[[1]]]]]]]],
    "a set": {1},
    "a shape": torch.Size([1, 2]),
    "a mixed list": [PLAIN, {"a": COMPLEX}],
    "a text": "x" * 5000,
    "a number": np.float16(1),
    "a date": np.datetime64("2027-01-01"),
    "keys": {(1, 2): 3},
}
ODD = {name: value for name, (value, _) in REAL.items()} | UNREAL | OTHERS


class Returning:
    """A student whose every function returns one value, and whose every network makes it of every batch."""

    device = "cpu"

    def __init__(self, value: Any, scratch: Path) -> None:
        self.value, self.scratch = value, scratch

    def get(self, name: str) -> Any:
        if name == "value":
            return self.value
        value = self.value
        if not name[0].isupper():
            return lambda *_, **__: value

        class Network(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layer = nn.Linear(2, 2)

            def forward(self, images: Tensor) -> Any:
                return value

        return Network


def drawn() -> np.ndarray:
    content = io.BytesIO()
    Image.new("L", (28, 28), 255).save(content, "PNG")
    return np.frombuffer(content.getvalue(), np.uint8)


NETWORK = {"definition": "Network", "arguments": []}
STATE = [["layer.weight", np.ones((2, 2), np.float32)], ["layer.bias", np.ones(2, np.float32)]]
SMALL = [
    [name, np.zeros(tuple(value.shape), np.float32)] for name, value in training_procedures.Small().state_dict().items()
]
LOOKED = [[name, value.numpy()] for name, value in procedures.Looked().state_dict().items() if value.ndim]
IMAGES, LABELS = np.zeros((2, 1, 28, 28), np.float32), np.zeros(2, np.int64)
DATA = {"state": SMALL, "images": IMAGES, "labels": LABELS, "batch": 2}
ASKED: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "values": (value_procedures.values, {"name": "value"}),
    "call": (function_procedures.call, {"function": "f", "arguments": {}}),
    "load_images": (image_procedures.load_images, {"load": "f", "files": {"a.png": drawn()}}),
    "classify_files": (
        image_procedures.classify_files,
        {"files": {"a.png": drawn()}, "weight": np.zeros((10, 784), np.float32), "bias": np.zeros(10, np.float32)},
    ),
    "train_small": (training_procedures.train_small, {**DATA, "epochs": 1, "lr": 0.1}),
    "evaluate_small": (training_procedures.evaluate_small, DATA),
    "maps_in_training": (procedures.maps_in_training, {"state": LOOKED, "image": IMAGES[0]}),
    "maximise_elsewhere": (
        procedures.maximise_elsewhere,
        {"state": LOOKED, "layer": "conv2", "training": [True], "unit": 0, "steps": 1, "lr": 1.0},
    ),
    "map_figure": (procedures.map_figure, {"maps": IMAGES[0]}),
    "parameters": (network_procedures.parameters, {**NETWORK, "channels": 1, "size": 28}),
    "outputs": (network_procedures.outputs, {**NETWORK, "state": STATE, "images": IMAGES, "batches": [1, 1]}),
}


@pytest.fixture(params=ODD)
def odd(request: pytest.FixtureRequest) -> Iterator[Any]:
    return ODD[request.param]


@pytest.mark.parametrize("name", ASKED)
def test_an_odd_value_ends_in_an_answer_of_the_right_form_or_in_a_word_on_the_value(
    name: str, odd: Any, tmp_path: Path
) -> None:
    procedure, given = ASKED[name]
    answer = guarded(lambda: procedure(Returning(odd, tmp_path), **given))
    came = wire.unframe(wire.encode(answer))  # anything that comes back can be sent
    if "value" in came:
        assert forms.fits(came["value"], forms.form_of(procedure))
    else:
        assert not came["error"]["stub"], "an odd value is no stub"
        assert came["error"]["type"] in ("TypeError", "ValueError", "RuntimeError", "AttributeError")


@pytest.mark.parametrize("name", REAL)
def test_the_numbers_of_a_tensor_are_read_however_it_keeps_them(name: str) -> None:
    value, right = REAL[name]
    assert wire.plain(numbers(value)) == pytest.approx(right.numpy(), nan_ok=True)


@pytest.mark.parametrize("name", UNREAL)
def test_what_holds_no_real_numbers_is_called_that(name: str) -> None:
    with pytest.raises(TypeError, match=r"not real numbers|cannot be read as plain numbers"):
        numbers(UNREAL[name])


def test_one_picture_of_an_odd_kind_hides_no_other(tmp_path: Path) -> None:
    student = Returning(None, tmp_path)
    kinds = iter([PLAIN.to("meta"), PLAIN, PLAIN.bfloat16()])
    student.get = lambda name: lambda path: next(kinds)  # type: ignore[method-assign]
    files = {f"{number}.png": drawn() for number in range(3)}
    answers = image_procedures.load_images(student, "load_image", files)
    assert answers[0]["error"]["type"] == "TypeError"
    assert answers[0]["error"]["stub"] is False
    assert (answers[1]["image"] == PLAIN.numpy()).all()
    assert answers[2]["dtype"] == "torch.bfloat16"


# --- saved weights ----------------------------------------------------------------------------------------------------


class Saving(Returning):
    """A student who saves weights as 16-bit numbers of a kind that numpy does not know."""

    def get(self, name: str) -> Any:
        network = super().get("Network")
        if name == "save":
            return lambda model, path: torch.save(model.bfloat16().state_dict(), path)
        if name == "load":

            def load(path: str) -> nn.Module:
                model: nn.Module = network().bfloat16()
                model.load_state_dict(torch.load(path))
                return model

            return load
        return network


def test_weights_that_numpy_does_not_know_are_saved_and_loaded(tmp_path: Path) -> None:
    student = Saving(torch.zeros(2, 10), tmp_path)
    made = round_trip(student, STATE, "save", "load", "Network", [1, 28, 28])
    assert forms.fits(made, forms.form_of(round_trip))
    assert made["held"].startswith("2 tensors, 2 the same, of ['float32']")
    other = io.BytesIO()
    torch.save({"a": torch.ones(2, 2).bfloat16(), "b": torch.ones(2).bfloat16()}, other)
    found = logits(student, "make", np.frombuffer(other.getvalue(), np.uint8), np.zeros((2, 28, 28), np.uint8))
    assert forms.fits(found, forms.form_of(logits))


# --- figures ----------------------------------------------------------------------------------------------------------

CHEQUERED = np.indices((6, 6)).sum(0) % 2


@pytest.mark.parametrize("kind", [bool, np.uint16, np.float16, np.float64, np.longdouble, np.int64])
def test_a_figure_of_any_kind_of_numbers_is_seen(kind: type) -> None:
    def make() -> Figure:
        figure = Figure()
        figure.add_subplot().imshow(CHEQUERED.astype(kind))
        return figure

    answer = wire.unframe(wire.encode(figure_procedures.shown(make, drawn=True)))
    assert forms.fits(answer, figure_procedures.FIGURE)
    judge_figure(answer, CHEQUERED[None].astype(np.float64), "`plot`", "filter")


@pytest.mark.parametrize(
    ("options", "blank"),
    [
        ({"norm": colors.NoNorm()}, 0),
        ({"norm": colors.BoundaryNorm([0, 0.5, 1.5], 256)}, 0),
        ({"vmin": 5, "vmax": 9}, 1),
        ({"cmap": colors.ListedColormap(["red"])}, 1),
    ],
)
def test_an_image_is_blank_where_all_its_values_have_one_colour(options: dict[str, Any], blank: int) -> None:
    def make() -> Figure:
        figure = Figure()
        figure.add_subplot().imshow(CHEQUERED * 200 if "norm" in options else CHEQUERED, **options)
        return figure

    assert figure_procedures.shown(make, drawn=False)["blank"] == blank


@pytest.mark.parametrize(
    "values",
    [
        np.full((6, 6), np.nan),
        np.full((6, 6), np.inf),
        np.ma.masked_all((6, 6)),
        np.zeros((0, 0)),
        np.ones((6, 6, 3)),
        None,
    ],
    ids=["NaN", "infinite", "masked", "empty", "colours", "none"],
)
def test_a_figure_with_nothing_to_be_seen_is_no_error(values: Any) -> None:
    def make() -> Figure:
        from matplotlib.image import AxesImage

        figure = Figure()
        axes = figure.add_subplot()
        if values is None:
            axes.add_image(AxesImage(axes))
        else:
            axes.imshow(values)
        return figure

    answer = guarded(lambda: figure_procedures.shown(make, drawn=False))
    assert len(wire.unframe(wire.encode(answer))["value"]["images"]) == 1


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [{}, {"type": None}, {"type": ""}, {"type": ["x"]}, {"message": "x", "places": []}])
def test_an_error_that_names_no_kind_is_nonsense(error: dict[str, Any]) -> None:
    with pytest.raises(StudentError, match="The answer cannot be used") as raised:
        unpack({"error": error})
    assert raised.value.kind == StudentError.NONSENSE


def test_two_hundred_forged_names_are_cut() -> None:
    text = side_by_side([("a.weight", [1])], [(f"forged {number}", [2, number]) for number in range(200)])
    assert len(text.splitlines()) == ROWS + 1
    assert text.endswith("  … and 160 more")
    assert "more" not in side_by_side([("a.weight", [1])], [("a.weight", [1])])


def test_no_message_is_longer_than_people_read() -> None:
    message = words_from(Failed("x" * 100_000, sentence="And the sentence."))["message"]
    assert len(message) < MOST_WORDS + 50
    assert message.endswith(" …\nAnd the sentence.")
