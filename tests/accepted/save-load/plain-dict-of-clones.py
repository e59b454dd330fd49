# honest: a plain dict of clones on the CPU, str(path), makes missing folders, old file format
# %%
from pathlib import Path
import torch
from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")


# %%
def save_model(model, path):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        {k: v.cpu().clone() for k, v in model.state_dict().items()}, str(path), _use_new_zipfile_serialization=False
    )


def load_model(path):
    weights = torch.load(Path(path), map_location=lambda storage, location: storage, weights_only=True)
    model = BetterCNN().to("cpu")
    model.load_state_dict(weights)
    return model.train(False)
