"""Training: the augmentation, the average of the weights, 16 bits, and which weights a training leaves."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn
from torchbearer import callbacks

from autograder.data import Data, DataUnavailable, load_data, shift_and_rotate
from autograder.training.recipes import BestEpoch, InBfloat16, Recipe, RunningAverage, accuracy, fit, jitter
from autograder.training.reference import ReferenceMissing, find_networks, require_small
from tests.conftest import ROOT, autograder
from tests.judging import judged


@pytest.fixture(scope="module")
def digits() -> Data:
    return load_data("digits")


def linear() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def centres(images: Tensor) -> Tensor:
    """Where the ink of each row of each image lies: (N, H) columns."""
    columns = torch.arange(images.shape[-1], dtype=torch.float32)
    rows = images[:, 0]
    return (rows * columns).sum(-1) / rows.sum(-1)


def bar(width: int, height: int, count: int) -> Tensor:
    """Images (count, 1, 28, 28) with a bright block of that size in the middle."""
    images = torch.zeros(count, 1, 28, 28)
    images[..., 14 - height // 2 : 14 + height // 2, 14 - width // 2 : 14 + width // 2] = 1
    return images


def test_an_answer_made_of_the_packages_own_training_is_refused(digits: Data, tmp_path: Path) -> None:
    """Nothing else has changed: the same functions train before and after."""
    fit(linear(), digits, Recipe(epochs=1), verbose=0)

    def train(model: nn.Module, loader: Any, epochs: int, device: str = "cpu", lr: float = 1e-3) -> Any:
        return fit(model, digits, Recipe(epochs), device, verbose=0)

    def evaluate(model: nn.Module, loader: Any, device: str = "cpu") -> float:
        return accuracy(model, *digits.part("test"), device)

    results = judged("train-evaluate", {"train": train, "evaluate": evaluate}, tmp_path)
    assert sum(result.score for result in results.values()) == 0
    assert "`fit` of this package trains for you" in results["history"].message
    assert "`accuracy` of this package counts what is right for you" in results["evaluate-counts"].message
    fit(linear(), digits, Recipe(epochs=1), verbose=0)


def test_jitter_without_limits_changes_nothing() -> None:
    images = torch.rand(5, 1, 28, 28)
    assert torch.allclose(jitter(images, 0, 0), images, atol=1e-5)


def test_jitter_by_shift_and_turn_is_what_the_marking_does() -> None:
    images = torch.rand(5, 1, 28, 28)
    torch.manual_seed(3)
    moved = jitter(images, 2, 10)
    torch.manual_seed(3)
    shifts = (2 * torch.rand(5, 2) - 1) * 2
    radians = (2 * torch.rand(5) - 1) * torch.deg2rad(torch.tensor(10.0))
    assert torch.allclose(moved, shift_and_rotate(images, shifts, radians), atol=1e-6)


def test_a_little_stretch_agrees_with_none() -> None:
    """The two ways to build the grid, with and without stretch, are the same rotation and shift."""
    images = jitter(bar(8, 16, 6), 0, 0)
    torch.manual_seed(1)
    plain = jitter(images, 2, 10)
    torch.manual_seed(1)
    assert torch.allclose(jitter(images, 2, 10, max_stretch=1e-6), plain, atol=1e-3)


def test_stretch_changes_width_and_height_of_its_own() -> None:
    torch.manual_seed(0)
    stretched = jitter(bar(12, 12, 200), 0, 0, max_stretch=0.2)[:, 0]
    widths, heights = stretched[:, 14].sum(1), stretched[:, :, 14].sum(1)
    for sides in (widths, heights):
        assert 12 * 0.8 - 0.1 <= sides.min() < 10.2
        assert 13.8 < sides.max() <= 12 * 1.2 + 0.1
    assert abs(torch.corrcoef(torch.stack([widths, heights]))[0, 1]) < 0.3


def test_shear_slants_and_leaves_the_middle() -> None:
    torch.manual_seed(0)
    slanted = jitter(bar(4, 20, 100), 0, 0, max_shear=0.2)
    drift = centres(slanted[:, :, 6:22])
    slope = (drift[:, -1] - drift[:, 0]) / 15
    assert 0.15 < slope.abs().max() <= 0.2 + 1e-3
    assert torch.allclose(drift[:, 7:9].mean(1), torch.full((100,), 13.5), atol=0.02)
    line = drift[:, :1] + slope[:, None] * torch.arange(16)
    assert torch.allclose(drift, line, atol=0.2)


def test_wobble_pulls_parts_apart_by_about_its_pixels() -> None:
    torch.manual_seed(0)
    still = bar(4, 20, 500)
    pulled = jitter(still, 0, 0, wobble=0.5)
    off = centres(pulled[:, :, 8:20]) - 13.5
    assert 0.3 < off.std() < 0.7
    assert abs(off.mean()) < 0.05
    assert (off[:, 0] - off[:, -1]).std() > 0.4  # top and bottom go their own ways


def test_jitter_takes_every_image_by_itself() -> None:
    torch.manual_seed(0)
    changed = jitter(bar(8, 16, 1).repeat(6, 1, 1, 1), 2, 10, 0.1, 0.1, 0.5)
    assert all(not torch.equal(changed[0], other) for other in changed[1:])


def trained(digits: Data, recipe: Recipe, *extra: callbacks.Callback) -> tuple[nn.Module, list[dict[str, float]]]:
    torch.manual_seed(0)
    model = linear()
    history = fit(model, digits, recipe, verbose=0, extra=extra)
    return model, history


def test_the_average_follows_the_weights_and_remains(digits: Data) -> None:
    """Worked out again beside it, from the weights after every step."""
    after: list[Tensor] = []

    @callbacks.on_step_training
    def note(state: dict[object, object]) -> None:
        import torchbearer

        model = state[torchbearer.MODEL]
        assert isinstance(model, nn.Module)
        after.append(model.get_parameter("1.weight").detach().clone())

    torch.manual_seed(0)
    model = linear()
    average = model.get_parameter("1.weight").detach().clone()
    fit(model, digits, Recipe(epochs=2, averaging=0.8), verbose=0, extra=[note])
    for step, weights in enumerate(after, 1):
        keep = min(0.8, (1 + step) / (10 + step))
        average = keep * average + (1 - keep) * weights
    assert torch.allclose(model.get_parameter("1.weight"), average, atol=1e-6)
    assert not torch.allclose(model.get_parameter("1.weight"), after[-1], atol=1e-6)


def test_averaging_does_not_disturb_the_training(digits: Data) -> None:
    """Validation looks at the average; the next step goes on from the weights as they were."""
    without, with_average = (trained(digits, Recipe(epochs=3, averaging=averaging))[1] for averaging in (0.0, 0.9))
    assert [epoch["loss"] for epoch in without] == [epoch["loss"] for epoch in with_average]
    assert [epoch["val_loss"] for epoch in without] != [epoch["val_loss"] for epoch in with_average]


def test_validation_measures_what_remains(digits: Data) -> None:
    model, history = trained(digits, Recipe(epochs=2, averaging=0.9))
    assert history[-1]["val_acc"] == pytest.approx(accuracy(model, *digits.part("validation")))


def test_the_best_epoch_remains_where_nothing_is_averaged(digits: Data) -> None:
    model, history = trained(digits, Recipe(epochs=4, max_lr=0.05))
    best = max(epoch["val_acc"] for epoch in history)
    assert accuracy(model, *digits.part("validation")) == pytest.approx(best)


def test_the_running_statistics_are_averaged_and_counted() -> None:
    import torchbearer

    norm = nn.BatchNorm1d(2)
    state = {torchbearer.MODEL: norm}
    supervisor = RunningAverage(0.5)
    supervisor.on_start(state)
    for _ in range(30):
        norm(torch.randn(8, 2) + 3)
        supervisor.on_step_training(state)
    assert supervisor.weights["num_batches_tracked"] == 30
    assert (supervisor.weights["running_mean"] > 2).all()
    assert not torch.equal(supervisor.weights["running_mean"], norm.running_mean)


def test_sixteen_bits_give_logits_of_32_that_differ_a_little() -> None:
    torch.manual_seed(0)
    model, images = linear(), torch.rand(4, 1, 28, 28)
    logits = InBfloat16(model)(images)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, model(images), atol=0.05)
    assert not torch.equal(logits, model(images))


def test_sixteen_bits_leave_weights_with_their_names(digits: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.training.recipes.bfloat16_pays", lambda device: True)
    for averaging in (0.0, 0.9):
        model, history = trained(digits, Recipe(epochs=10, averaging=averaging, bfloat16=True))
        assert list(model.state_dict()) == list(linear().state_dict())
        assert all(value.dtype == torch.float32 for value in model.state_dict().values())
        assert history[-1]["val_acc"] > 0.8


def test_of_equal_epochs_the_last_is_kept() -> None:
    import torchbearer

    model = nn.Linear(1, 1)
    supervisor = BestEpoch()
    for value, reached in ((1.0, 0.5), (2.0, 0.9), (3.0, 0.9), (4.0, 0.7)):
        nn.init.constant_(model.weight, value)
        supervisor.on_end_epoch({torchbearer.MODEL: model, torchbearer.METRICS: {"val_acc": reached}})
    assert supervisor.weights["weight"].item() == 3.0


# --- autograder train -------------------------------------------------------------------------------------------------

NETWORKS = """
line:
  network: nets:line
  recipe: nets:recipe
  weights: line.pt
  task: best-model
  calibration: {digits: 1}
"""
NETS = """
from torch import nn

from autograder.training.recipes import Recipe


def line():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def recipe(data_name):
    return Recipe(epochs=1)
"""


@pytest.fixture
def small_reference(tmp_path: Path) -> Path:
    reference = tmp_path / "reference"
    (reference / "weights").mkdir(parents=True)
    (reference / "weights" / "networks.yml").write_text(NETWORKS)
    (reference / "nets.py").write_text(NETS)
    return reference


@pytest.mark.processes
def test_of_several_seeds_the_first_ones_weights_are_kept_and_all_are_written_down(small_reference: Path) -> None:
    train = ("train", "--reference", small_reference, "--model", "line", "--data", "digits", "--seed", "3")
    kept = small_reference / "weights" / "digits"
    alone = autograder(*train)
    assert alone.returncode == 0, alone.stderr
    weights = torch.load(kept / "line.pt", weights_only=True)
    assert not (kept / "seeds.json").exists()
    several = autograder(*train, "--seeds", "2")
    assert several.returncode == 0, several.stderr
    assert "mean" in several.stdout
    again = torch.load(kept / "line.pt", weights_only=True)
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert [row["seed"] for row in json.loads((kept / "training.json").read_text())] == [3]
    assert [row["seed"] for row in json.loads((kept / "seeds.json").read_text())] == [3, 4]


@pytest.mark.processes
def test_calibration_is_of_the_networks_that_set_a_band_and_of_two_seeds_at_least(small_reference: Path) -> None:
    calibrate = ("train", "--reference", small_reference, "--data", "digits", "--calibrate", "--jobs", "1")
    refused = autograder(*calibrate, "--seeds", "1")
    assert refused.returncode == 2
    assert "--seeds must be at least 2" in refused.stderr
    done = autograder(*calibrate, "--seeds", "2")
    assert done.returncode == 0, done.stderr
    [row] = json.loads((small_reference / "weights" / "calibration.json").read_text())
    assert (row["network"], row["seeds"], row["task"]) == ("line", 2, "best-model")


# --- the reference's weights ------------------------------------------------------------------------------------------

WEIGHTS = ROOT / "reference" / "lab4" / "weights"


def measured(file: str) -> list[dict[str, Any]]:
    return json.loads((WEIGHTS / file).read_text(encoding="utf-8"))


def of_network(name: str, file: str = "mnist/seeds.json") -> list[dict[str, Any]]:
    return [row for row in measured(file) if row["network"] == name]


def test_the_best_model_is_close_to_the_state_of_the_art() -> None:
    rows = of_network("best")
    assert len({row["seed"] for row in rows}) >= 5
    assert statistics.mean(row["test"] for row in rows) >= 0.997
    assert max(row["minutes"] for row in rows) <= 30  # when they were trained, on two cores
    assert (WEIGHTS / "mnist" / "best_model.pt").stat().st_size < 1_000_000


def test_weights_too_large_for_a_reference_are_refused_before_they_are_trained() -> None:
    folder = ROOT / "reference" / "lab4"
    require_small(find_networks(folder, ["better", "best", "tiny"]), folder)
    with pytest.raises(ReferenceMissing, match=r"simple_cnn.pt would have 2,3\d\d,\d{3} bytes"):
        require_small(find_networks(folder, ["better", "simple"]), folder)


def test_the_tiny_one_has_fewer_than_8000_parameters() -> None:
    [tiny] = find_networks(ROOT / "reference" / "lab4", ["tiny"])
    assert sum(parameter.numel() for parameter in tiny.make().parameters()) < 8_000
    rows = of_network("tiny")
    assert len({row["seed"] for row in rows}) >= 3
    assert statistics.mean(row["test"] for row in rows) >= 0.994


@pytest.mark.parametrize(
    ("data_name", "name"),
    [
        ("digits", "best"),
        ("digits", "tiny"),
        ("mnist", "tiny"),
        pytest.param("mnist", "best", marks=pytest.mark.slow),  # more than a minute for 10,000 images
    ],
)
def test_the_committed_weights_reach_what_is_written_down(name: str, data_name: Literal["mnist", "digits"]) -> None:
    try:
        data = load_data(data_name)
    except DataUnavailable:
        pytest.skip("MNIST cannot be had here: set MNIST_ROOT")
    [network] = find_networks(ROOT / "reference" / "lab4", [name])
    [row] = of_network(name, f"{data_name}/training.json")
    model = network.make()
    model.load_state_dict(torch.load(WEIGHTS / data_name / network.weights, weights_only=True))
    for part in ("validation", "test"):
        assert accuracy(model, *data.part(part)) == pytest.approx(row[part], abs=2e-4)  # rounding differs by machine


def test_the_notebook_tells_what_was_measured() -> None:
    text = (ROOT / "reference" / "lab4" / "4_2_better_cnn.py").read_text(encoding="utf-8")
    for name in ("best", "tiny"):
        rows = of_network(name)
        told = [f"{100 * statistics.mean(row[key] for row in rows):.2f}" for key in ("test", "test_perturbed")]
        line = next(line for line in text.splitlines() if f"| {rows[0]['parameters']:,} |" in line)
        assert all(f"| {number} |" in line for number in told), line


def test_the_notebook_tells_what_each_step_bought() -> None:
    text = (ROOT / "reference" / "lab4" / "4_2_better_cnn.py").read_text(encoding="utf-8")
    for row in measured("ablation.json"):
        assert len(row["test"]) >= 3
        told = [
            f"{100 * statistics.mean(row[key]):.2f} | {100 * statistics.stdev(row[key]):.2f}"
            for key in ("test", "moved")
        ]
        [line] = [line for line in text.splitlines() if line.startswith(f"# | {row['step']} |")]
        assert line == f"# | {row['step']} | {' | '.join(told)} |"
        assert f"{row['epochs']} epochs and {len(row['test'])} seeds" in text
