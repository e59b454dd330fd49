# loses: round-trip state-dict fresh-process from-gpu
# says: how it is taken out again
# says: Same as above.
# never: longer names
# %%
import torch


def save_model(model, path):
    torch.save({"model": model.state_dict()}, path)


def load_model(path):
    model = BetterCNN()
    model.load_state_dict(torch.load(path, map_location="cpu"))
    return model.eval()
