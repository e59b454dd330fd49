# honest: evaluate is a lambda and train a functools.partial
# %%
from functools import partial
import torch
from torch import nn
from torchbearer import Trial


# %%
def fit(model, loader, epochs, device="cpu", lr=1e-3, *, verbose):
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    trial = Trial(model, adam, nn.CrossEntropyLoss(), ["loss", "acc"], verbose=verbose)
    return trial.to(device).with_generators(loader).run(epochs)


def hits(model, loader, device):
    with torch.no_grad():
        return [bool(h) for x, y in loader for h in model(x.to(device)).argmax(1).to(y.device) == y]


mean = lambda values: sum(values) / len(values)

# %%
train = partial(fit, verbose=0)
evaluate = lambda model, loader, device="cpu": mean(hits(model.to(device).eval(), loader, device))
