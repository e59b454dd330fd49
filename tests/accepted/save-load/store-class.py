# honest: a class with static methods, and the two names are assigned from it
# %%
from pathlib import Path
import torch
from autograder.notebook import borrow


# %%
class Store:
    network = borrow("BetterCNN")

    @staticmethod
    def save(model, path):
        with Path(path).open("wb") as file:
            torch.save(dict(model.state_dict()), file)

    @classmethod
    def load(cls, path):
        net = cls.network()
        net.load_state_dict(torch.load(path, "cpu", weights_only=True))
        net.eval()
        return net


# %%
save_model, load_model = Store.save, Store.load
