# loses: round-trip state-dict fresh-process from-gpu
# says: `load_model` is not defined in any notebook or script.
# says: Did you mean `loadModel` (4_3_save_and_load.ipynb, cell 2)?
# %%
import torch


def save_model(model, path):
    torch.save(model.state_dict(), path)


def loadModel(path):
    model = BetterCNN()
    model.load_state_dict(torch.load(path, map_location="cpu"))
    return model.eval()
