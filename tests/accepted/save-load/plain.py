# honest: the shortest spelling, with the class borrowed from notebook 4.2
# %%
import torch
from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")


# %%
def save_model(model, path):
    torch.save(model.state_dict(), path)


def load_model(path):
    model = BetterCNN()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    model.eval()
    return model
