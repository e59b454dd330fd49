# honest: imports the package's own training, and trains with it in other cells; its own functions do without
# %%
import torch
from autograder.data import load_data
from autograder.notebook import best_device, check
from autograder.training.recipes import Recipe, accuracy, fit, predict
from torch import nn
from torchbearer import Trial

# %%
data = load_data("auto")


def compared(model: nn.Module, epochs: int) -> float:
    fit(model, data, Recipe(epochs=epochs), best_device())
    return accuracy(model, *data.part("validation"))


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    trial = Trial(model, torch.optim.Adam(model.parameters(), lr), nn.CrossEntropyLoss(), metrics=["loss", "acc"])
    return trial.to(device).with_train_generator(loader).run(epochs, verbose=0)


# %%
def evaluate(model, loader, device="cpu"):
    right = count = 0
    for images, labels in loader:
        right += int((predict(model, images, device).argmax(1) == labels.cpu()).sum())
        count += len(labels)
    return right / count


# %%
check("train-evaluate")
print(compared(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), 3))
