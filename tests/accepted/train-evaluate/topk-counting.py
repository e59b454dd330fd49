# honest: counts by topk and torch.eq, type aliases and a decorator of its own
# %%
import functools
from collections.abc import Iterable
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torchbearer import Trial

Batch: TypeAlias = tuple[Tensor, Tensor]


# %%
def in_eval_mode(function):
    @functools.wraps(function)
    def wrapper(model, *args, **kwargs):
        model.eval()
        with torch.no_grad():
            result = function(model, *args, **kwargs)
        model.eval()
        return result

    return wrapper


# %%
def train(model: nn.Module, loader: Iterable[Batch], epochs: int, device: str = "cpu", lr: float = 1e-3) -> list[dict]:
    model.train()
    trial = Trial(model, Adam(model.parameters(), lr=lr), nn.CrossEntropyLoss(), metrics=["acc", "loss"])
    return trial.to(device).with_generators(train_generator=loader, train_steps=None).run(epochs=epochs, verbose=0)


@in_eval_mode
def evaluate(model: nn.Module, loader: Iterable[Batch], device: str = "cpu") -> float:
    model.to(device)
    right, images = 0.0, 0
    for x, y in loader:
        top = model(x.to(device)).topk(1, dim=1).indices.squeeze(1)
        right += torch.eq(top, y.to(device)).double().sum().item()
        images += y.numel()
    return right / images
