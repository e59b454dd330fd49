# honest: saves to and loads from an open file, with tensors taken to the CPU in an OrderedDict
# %%
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")


# %%
def save_model(model: nn.Module, path: str | Path) -> None:
    state = OrderedDict((k, v.detach().cpu()) for k, v in model.state_dict().items())
    with open(path, "wb") as file:
        torch.save(state, file)


def load_model(path: str | Path) -> nn.Module:
    with open(path, "rb") as file:
        state = torch.load(file, map_location=torch.device("cpu"))
    net = BetterCNN()
    missing = net.load_state_dict(state, strict=True)
    print(missing)
    return net.cpu().eval()
