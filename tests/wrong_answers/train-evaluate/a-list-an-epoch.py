# loses: history same-training
# says: Each entry of the history should be a dictionary
# never: plain numbers
# %%
import torch
import torchbearer
from torch import nn
from torchbearer import Trial


def train(model, loader, epochs, device="cpu", lr=1e-3):
    trial = Trial(model, torch.optim.Adam(model.parameters(), lr=lr), nn.CrossEntropyLoss(), metrics=["loss", "acc"])
    trial.to(device).with_generators(train_generator=loader)
    return [trial.run(epochs=1, verbose=0) for _ in range(epochs)]


def evaluate(model, loader, device="cpu"):
    trial = Trial(model, criterion=nn.CrossEntropyLoss(), metrics=["acc"], verbose=0).to(device)
    trial.with_generators(test_generator=loader)
    return float(trial.evaluate(data_key=torchbearer.TEST_DATA)["test_acc"])
