# honest: save_model is a lambda, and load_model reads the file memory-mapped
# %%
import torch
from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")

# %%
save_model = lambda model, path: torch.save(model.state_dict(), path)


# %%
def load_model(path):
    state = torch.load(str(path), map_location="cpu", mmap=True, weights_only=True)
    model = BetterCNN()
    print(model.load_state_dict(state))
    return model.eval()
