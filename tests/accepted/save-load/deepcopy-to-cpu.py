# honest: moves a deep copy to the CPU before it is saved; borrows inside the function
# %%
import copy
import os
import torch
import autograder.notebook


# %%
def save_model(model, path):
    model = copy.deepcopy(model).to("cpu")
    torch.save(model.state_dict(), os.fspath(path))


def load_model(path):
    better = autograder.notebook.borrow("BetterCNN")()
    better.load_state_dict(
        torch.load(os.fspath(path), map_location={"cuda:0": "cpu"} if torch.cuda.is_available() else "cpu")
    )
    return better.to("cpu").eval()
