"""Tests as they are usually written: student, reference, expected values and labels in one process."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
REFERENCE = Path(os.environ["LAB_REFERENCE"])
IMAGES = 500


def load_work():
    """The student's module: work.py, else the first other script, else all cells of the first notebook."""
    scripts = sorted(p for p in HERE.rglob("*.py") if p.name not in ("test_lab.py", "conftest.py", "sitecustomize.py"))
    if (HERE / "work.py").exists():
        import work

        return work
    notebooks = sorted(HERE.rglob("*.ipynb"))
    if notebooks:
        module = type(sys)("work")
        sys.modules["work"] = module
        for cell in json.loads(notebooks[0].read_text())["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), module.__dict__)
        return module
    return load(scripts[0], "work")


def load(path, name):
    found = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


work = load_work()


def reference(notebook):
    return load(next(REFERENCE.glob(f"{notebook}_*.py")), f"reference_{notebook}")


def with_same_weights(own, theirs):
    """Both networks in evaluation mode, the student's with the reference's weights, in order."""
    own.load_state_dict(dict(zip(own.state_dict(), theirs.state_dict().values(), strict=True)))
    return own.eval(), theirs.eval()


def hidden_test_set():
    with np.load(os.environ["LAB_DATA"]) as data:
        return torch.tensor(data["images"][:IMAGES]), torch.tensor(data["labels"][:IMAGES])


def accuracy(model, images, labels):
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


# --- 4.1 ---


def small():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def batches(count=160):
    images, labels = hidden_test_set()
    dataset = torch.utils.data.TensorDataset(images[:count], labels[:count])
    return torch.utils.data.DataLoader(dataset, batch_size=32)


def test_train_evaluate__history():
    history = work.train(small(), batches(), 2)
    assert len(history) == 2
    assert all("loss" in entry and "acc" in entry for entry in history)


def test_train_evaluate__loss_falls():
    history = work.train(small(), batches(), 3)
    assert history[-1]["loss"] < history[0]["loss"]


def test_train_evaluate__same_training():
    history = work.train(small(), batches(), 3)
    expected = reference("4_1").train(small(), batches(), 3)
    assert abs(history[-1]["loss"] - expected[-1]["loss"]) < 0.05


def test_train_evaluate__evaluate_counts():
    images, labels = hidden_test_set()
    model = small()
    assert abs(work.evaluate(model, batches()) - accuracy(model.eval(), images[:160], labels[:160])) < 1e-4


def test_train_evaluate__eval_mode():
    model = small().train()
    work.evaluate(model, batches())
    assert not model.training


def test_shapes__conv1_output():
    assert work.conv1_output_shape == (128, 32, 24, 24)


def test_shapes__conv1_7x3_output():
    assert work.conv1_7x3_output_shape == (128, 32, 22, 26)


def test_shapes__parameters():
    assert work.simple_cnn_parameters == 592_074


# --- 4.2 ---


def test_better_cnn__layer_shapes():
    assert tuple(work.BetterCNN()(torch.zeros(2, 1, 28, 28)).shape) == (2, 10)


def test_better_cnn__same_function():
    own, theirs = with_same_weights(work.BetterCNN(), reference("4_2").BetterCNN())
    images = torch.rand(7, 1, 28, 28)
    expected = theirs(images).detach().numpy()
    np.testing.assert_allclose(own(images).detach().numpy(), expected, atol=1e-4)


def test_better_cnn__dropout():
    model = work.BetterCNN()
    images = torch.rand(3, 1, 28, 28)
    model.train()
    assert not torch.equal(model(images), model(images))
    model.eval()
    assert torch.equal(model(images), model(images))


def test_better_cnn_accuracy__weights_fit():
    state = torch.load(HERE / "weights" / "better_cnn.pt", map_location="cpu", weights_only=False)
    work.BetterCNN().load_state_dict(state)


def test_better_cnn_accuracy__accuracy():
    model = work.BetterCNN()
    model.load_state_dict(torch.load(HERE / "weights" / "better_cnn.pt", map_location="cpu", weights_only=False))
    images, labels = hidden_test_set()
    assert accuracy(model.eval(), images, labels) > 0.9


def best_model():
    model = work.best_model()
    file = HERE / "weights" / "best_model.pt"
    if file.exists():
        model.load_state_dict(torch.load(file, map_location="cpu", weights_only=False))
    return model.eval()


def test_best_model__weights_fit():
    assert best_model()(torch.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_best_model__accuracy():
    images, labels = hidden_test_set()
    assert accuracy(best_model(), images, labels) > 0.95


# --- 4.3 ---


def saved_and_loaded(folder):
    path = folder / "model.pt"
    model = work.BetterCNN()
    work.save_model(model, path)
    return model, work.load_model(path), path


def test_save_load__round_trip(tmp_path):
    model, loaded, _ = saved_and_loaded(tmp_path)
    for one, other in zip(model.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(one, other)
    assert not loaded.training


def test_save_load__state_dict(tmp_path):
    model, _, path = saved_and_loaded(tmp_path)
    assert set(torch.load(path, weights_only=False)) == set(model.state_dict())


def test_save_load__fresh_process(tmp_path):
    _, _, path = saved_and_loaded(tmp_path)
    assert isinstance(work.load_model(path), nn.Module)


# --- 4.4 ---


def pictures():
    return sorted((REFERENCE / "images").glob("*.png"))


def compare_pictures(paths):
    theirs = reference("4_4")
    for path in paths:
        torch.testing.assert_close(work.load_image(path), theirs.load_image(path), atol=0.05, rtol=0)


def test_load_image__image_kinds():
    compare_pictures(pictures()[:4])


def test_load_image__more_image_kinds():
    compare_pictures(pictures()[4:])


def test_classify__in_order():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    expected = reference("4_4").classify(model, pictures())
    assert work.classify(model, pictures()) == expected


def test_classify__own_pictures():
    """The reference's network reads the pictures; the digit is in a picture's name."""
    model = reference("4_2").BetterCNN()
    model.load_state_dict(torch.load(REFERENCE / "weights" / os.environ["LAB_DATA_NAME"] / "better_cnn.pt"))
    said = work.classify(model, pictures())
    assert sum(int(path.name[0]) == digit for path, digit in zip(pictures(), said, strict=True)) >= 8


# --- 4.5 ---


def test_filters__every_filter():
    model = reference("4_2").BetterCNN()
    figure = work.plot_filters(model)
    assert len(figure.axes) == 30
    for axis, weights in zip(figure.axes, model.conv1.weight.detach(), strict=True):
        assert np.allclose(axis.get_images()[0].get_array(), weights[0].numpy(), atol=1e-5)


def test_feature_maps__maps():
    model, image = reference("4_2").BetterCNN().eval(), torch.rand(1, 28, 28)
    expected = model.conv1(image[None])[0]
    assert torch.allclose(work.feature_maps(model, model.conv1, image), expected, atol=1e-5)


def test_feature_maps__hook_removed():
    model = reference("4_2").BetterCNN().eval()
    work.feature_maps(model, model.conv1, torch.rand(1, 28, 28))
    assert not model.conv1._forward_hooks


def test_feature_maps__picture():
    assert len(work.plot_feature_maps(torch.rand(11, 14, 14)).axes) == 11


def test_maximise__image():
    model = reference("4_2").BetterCNN().eval()
    assert work.maximise_activation(model, model.conv1, 3).shape == (1, 28, 28)


def test_maximise__raises_the_unit():
    model = reference("4_2").BetterCNN().eval()
    found = model.conv1(work.maximise_activation(model, model.conv1, 3)[None])[0, 3].mean()
    assert not found <= model.conv1(torch.rand(1, 1, 28, 28))[0, 3].mean()


# --- 4.6 ---


def test_branch_model__layer_shapes():
    assert tuple(work.BranchModel()(torch.zeros(2, 1, 28, 28)).shape) == (2, 10)


def test_branch_model__same_function():
    own, theirs = with_same_weights(work.BranchModel(), reference("4_6").BranchModel())
    images = torch.rand(7, 1, 28, 28)
    difference = abs(own(images) - theirs(images))
    assert not (difference > 1e-4).any()


def test_branch_model__dropout():
    model, images = work.BranchModel(), torch.rand(3, 1, 28, 28)
    assert not torch.equal(model.train()(images), model(images))
    assert torch.equal(model.eval()(images), model(images))


def test_inception_block__same_function():
    torch.manual_seed(0)
    own, theirs = with_same_weights(work.InceptionBlock(3, 4), reference("4_6").InceptionBlock(3, 4))
    images = torch.rand(3, 3, 8, 8)
    expected = theirs(images)
    answer = own(images)
    assert torch.allclose(answer, expected, atol=1e-5)


def residual(width_in, width_out):
    own, theirs = with_same_weights(
        work.ResidualBlock(width_in, width_out), reference("4_6").ResidualBlock(width_in, width_out)
    )
    images = torch.rand(3, width_in, 8, 8)
    expected = theirs(images)
    torch.testing.assert_close(own(images), expected, atol=1e-4, rtol=1e-4)


def test_residual_block__same_width():
    residual(6, 6)


def test_residual_block__projection():
    residual(4, 6)
