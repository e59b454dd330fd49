# honest: a Trainer class in another cell does the work, and the two functions only call it
# %%
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import nn
from torchbearer import Trial


# %%
@dataclass
class Trainer:
    model: nn.Module
    device: str | torch.device = "cpu"
    lr: float = 1e-3

    def fit(self, loader, epochs: int) -> list[dict]:
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self.lr)
        trial = Trial(self.model, optimizer, nn.CrossEntropyLoss(), metrics=["acc", "loss"], verbose=0)
        trial.to(self.device)
        trial.with_generators(train_generator=loader)
        trial.run(epochs=epochs)
        return trial.run(epochs=0)  # the history once more

    def score(self, loader) -> float:
        count = defaultdict(int)
        self.model.to(self.device)
        self.model.eval()
        with torch.set_grad_enabled(False):
            for images, labels in loader:
                scores = self.model(images.to(self.device)).softmax(-1)
                for guess, label in zip(scores.argmax(-1).tolist(), labels.tolist()):
                    count[guess == label] += 1
        return count[True] / (count[True] + count[False])


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    return Trainer(model, device, lr).fit(loader, epochs)


def evaluate(model, loader, device="cpu"):
    return Trainer(model, device).score(loader)
