# honest: evaluates as validation data, which is the default of Trial.evaluate; verbose=1 and keyword arguments everywhere
# %%
import torch
from torch import nn, optim
from torchbearer import Trial
from torchbearer.metrics import CategoricalAccuracy


# %%
def make_trial(model, lr=1e-3, **options):
    return Trial(
        model=model,
        optimizer=optim.Adam(params=model.parameters(), lr=lr, betas=(0.9, 0.999)),
        criterion=nn.CrossEntropyLoss(reduction="mean"),
        **options,
    )


# %%
def train(model, loader, epochs, device="cpu", lr=0.001):
    trial = make_trial(model, lr, metrics=["loss", CategoricalAccuracy()]).to(device)
    trial.with_train_generator(loader, steps=len(loader))
    return trial.run(epochs=epochs, verbose=1)


def evaluate(model, loader, device="cpu"):
    trial = make_trial(model, metrics=["accuracy"]).to(device).with_val_generator(loader)
    return trial.evaluate(verbose=0)["val_acc"]
