# honest: one chain of calls from Trial to run, and evaluation by Trial.evaluate
# %%
import torch
import torch.nn as nn
import torchbearer
from torchbearer import Trial


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    return (
        Trial(
            model,
            torch.optim.Adam(model.parameters(), lr=lr),
            nn.CrossEntropyLoss(),
            metrics=["loss", "acc"],
            verbose=0,
        )
        .to(device)
        .with_train_generator(loader)
        .run(epochs)
    )


def evaluate(model, loader, device="cpu"):
    trial = Trial(model, criterion=nn.CrossEntropyLoss(), metrics=["acc"]).to(device)
    trial.with_test_generator(loader)
    return trial.evaluate(verbose=0, data_key=torchbearer.TEST_DATA)["test_acc"]
