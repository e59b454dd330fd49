# honest: makes the model on the meta device and assigns the loaded tensors
# %%
import torch
from torch import nn
from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")


# %%
def save_model(model: nn.Module, path) -> None:
    torch.save(obj=model.state_dict(), f=path)


def load_model(path) -> nn.Module:
    with torch.device("meta"):
        model = BetterCNN()
    model.load_state_dict(torch.load(f=path, map_location="cpu", weights_only=True), assign=True)
    return model.eval()
