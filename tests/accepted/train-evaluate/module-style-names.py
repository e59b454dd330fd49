# honest: torchbearer.Trial, metrics the other way round, both generators by with_generators, progress bars left on
# %%
import torch
import torch.nn.functional as F
import torchbearer
import torch.optim as optim

# %%
METRICS = ["acc", "loss"]


def train(model: torch.nn.Module, loader, epochs: int, device: str = "cpu", lr: float = 1e-3) -> list[dict]:
    optimiser = optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr)
    trial = torchbearer.Trial(model, optimiser, F.cross_entropy, metrics=METRICS)
    trial = trial.to(device)
    trial = trial.with_generators(train_generator=loader)
    history = trial.run(epochs=epochs)
    return history


def evaluate(model: torch.nn.Module, loader, device: str = "cpu") -> float:
    trial = torchbearer.Trial(model, None, F.cross_entropy, metrics=METRICS)
    trial.to(device).with_generators(test_generator=loader)
    results = trial.evaluate(data_key=torchbearer.TEST_DATA)
    return float(results["test_acc"])
