# honest: gives the trial a batch loader of its own by with_loader, and its own callback that prints a line an epoch
# %%
import torch
import torchbearer
from torch import nn
from torchbearer import Trial, callbacks


# %%
@callbacks.on_end_epoch
def tell(state):
    metrics = state[torchbearer.METRICS]
    print(f"epoch {state[torchbearer.EPOCH] + 1}: loss {metrics['loss']:.3f}, accuracy {metrics['acc']:.1%}")


def load_batch(state):
    images, labels = next(state[torchbearer.ITERATOR])
    state[torchbearer.X] = images.to(state[torchbearer.DEVICE])
    state[torchbearer.Y_TRUE] = labels.to(state[torchbearer.DEVICE])


# %%
def train(model, loader, epochs, device="cpu", lr=1e-3):
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    trial = Trial(model, adam, nn.CrossEntropyLoss(), ["loss", "acc"], [tell], 0)
    trial.to(device).with_generators(loader).with_loader(load_batch)
    return trial.run(epochs)


# %%
@torch.no_grad()
def evaluate(model, loader, device="cpu"):
    model.to(device)
    model.eval()
    right = total = 0
    for x, y in loader:
        right += (model(x.to(device)).argmax(1) == y.to(device)).sum().item()
        total += len(y)
    return right / total
